"""What each operation costs, today and as announced, beside what the reference costs.

`python -m benchmarks.gas` measures on a fresh anvil and prints the table; `--write` also keeps the
figures in `results/gas.json`, `docs/gas.md` and where `docs/concepts` quotes them, against which
`make test` compares. Names are those of `gas-baseline.json`, which holds the same operations of the
reference contracts. Figures are of the steady state: storage that an operation writes held a value
before, as on a chain in use. Today's are of receipts; those under the announced schedule are
computed from traces (`bills.py`).
"""

import json
import sys
from pathlib import Path

from benchmarks.accounts import measure_accounts
from benchmarks.anvil import Chain, anvil
from benchmarks.bills import RepricedChain
from benchmarks.deployment import deploy_core, spent
from benchmarks.dispatch import (
    LOCAL,
    OURS,
    Figures,
    deploy_idle_mailbox,
    deploy_paymaster,
    deploy_static,
    dispatch_structures,
    measure_announce,
    measure_dispatch,
    measure_paymaster,
)
from benchmarks.gas_table import document, quote, show
from benchmarks.process import Origin, measure_process
from benchmarks.staking import measure_staking
from benchmarks.static_sets import measure_static_sets
from benchmarks.warp import measure_deliveries, measure_transfers
from hyperlane.protocol.message import Message
from hyperlane.registry import CoreConfig
from hyperlane.registry.hooks import MerkleTreeHook, ProtocolFee

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "gas.json"
DOCUMENT = HERE.parent / "docs" / "gas.md"
CONCEPTS = sorted((HERE.parent / "docs" / "concepts").glob("*.md"))


def measure_warp(chain: Chain) -> Figures:
    figures: Figures = {}
    for structure, mailbox in dispatch_structures(chain).items():
        figures |= measure_transfers(chain, mailbox, structure)
    believing = deploy_idle_mailbox(chain)
    figures |= measure_deliveries(chain, believing, LOCAL, "noop", lambda _message: b"")

    signing, origin = deploy_idle_mailbox(chain), Origin(chain.sender, 5)
    module = deploy_static(chain, "StaticMessageIdMultisigIsmFactory", origin.addresses, 3)
    chain.send(signing.functions.setDefaultIsm(module))

    def signed(message: Message) -> bytes:
        origin.tree.append(message.id)
        return origin.message_id_metadata(message, slice(3))

    return figures | measure_deliveries(chain, signing, LOCAL, "messageId.3of5", signed)


def measure_deployments(chain: Chain) -> Figures:
    fee = ProtocolFee(
        type="protocolFee", max_protocol_fee=10**18, protocol_fee=0, beneficiary=chain.sender
    )
    like_reference = CoreConfig(required_hook=fee, default_hook=MerkleTreeHook())
    return {
        "deployment.core": spent(chain, lambda: deploy_core(chain, like_reference)),
        f"deployment.core.{OURS}": spent(chain, lambda: deploy_core(chain, CoreConfig())),
        "deployment.igp": spent(chain, lambda: deploy_paymaster(chain)),
    }


def measure() -> dict[str, int]:
    """Every operation that exists, on one fresh chain."""
    with anvil() as web3:
        return measure_on(Chain(web3))


def measure_repriced() -> dict[str, int]:
    """The same under the announced schedule."""
    with anvil("--steps-tracing") as web3:
        return measure_on(RepricedChain(web3))


def measure_on(chain: Chain) -> dict[str, int]:
    figures: Figures = {}
    for part in (
        measure_dispatch,
        measure_paymaster,
        measure_process,
        measure_announce,
        measure_warp,
        measure_staking,
        measure_deployments,
        measure_static_sets,
        measure_accounts,
    ):
        figures |= part(chain)
    return {name: round(gas) for name, gas in sorted(figures.items())}


def main() -> None:
    figures, repriced = measure(), measure_repriced()
    show(figures, repriced)
    if "--write" in sys.argv:
        results = {"operations": figures, "repriced": repriced}
        RESULTS.write_text(json.dumps(results, indent=1) + "\n")
        DOCUMENT.write_text(document(DOCUMENT.read_text(), figures, repriced))
        for concept in CONCEPTS:
            concept.write_text(quote(concept.read_text(), figures))


if __name__ == "__main__":
    main()
