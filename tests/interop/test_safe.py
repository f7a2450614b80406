"""A core whose owner is a Safe: the file for its Transaction Builder does what it says.

The Safe is the real one, by the bytecode of its npm package. It gets the transactions as the
Transaction Builder makes them of the file: those with a method are encoded anew.
"""

import json

import pytest
import yaml
from click.testing import CliRunner
from eth_abi import encode
from eth_utils import keccak
from tests.interop.reference import TOOL
from tests.support.deploying import (  # noqa: F401 - fixtures
    config,
    deploy,
    node,
    options,
    registry,
    start_node,
)

from ape_hyperlane import cli

ARTIFACTS = TOOL / "@safe-global" / "safe-contracts" / "build" / "artifacts" / "contracts"
ZERO = "0x" + 40 * "0"


def artifact(name):
    path = ARTIFACTS / f"{name}.sol" / f"{name.rsplit('/', 1)[-1]}.json"
    return json.loads(path.read_text())


def create(web3, sender, name, *arguments):
    made = artifact(name)
    factory = web3.eth.contract(abi=made["abi"], bytecode=made["bytecode"])
    sent = factory.constructor(*arguments).transact({"from": sender})
    return web3.eth.wait_for_transaction_receipt(sent)["contractAddress"]


@pytest.fixture
def safe(node):  # noqa: F811
    """A Safe of two of three accounts."""
    web3, sender = node.web3, node.deployer
    singleton = create(web3, sender, "Safe")
    address = create(web3, sender, "proxies/SafeProxy", singleton)
    safe = web3.eth.contract(address, abi=artifact("Safe")["abi"])
    owners = sorted(web3.eth.accounts[1:4])
    setup = safe.functions.setup(owners, 2, ZERO, b"", ZERO, ZERO, 0, ZERO)
    web3.eth.wait_for_transaction_receipt(setup.transact({"from": sender}))
    return safe


def canonical(parameter):
    """Type of a parameter as selectors have it."""
    if not parameter["type"].startswith("tuple"):
        return parameter["type"]
    inner = ",".join(map(canonical, parameter["components"]))
    return f"({inner}){parameter['type'].removeprefix('tuple')}"


def value_of(kind, text):
    if kind.endswith("]") or kind.startswith("("):
        items = json.loads(text) if isinstance(text, str) else text
        if kind.endswith("]"):
            return [value_of(kind[: kind.rindex("[")], item) for item in items]
        return [value_of(each, item) for each, item in zip(parts(kind), items, strict=True)]
    if kind == "bool":
        return text == "true"
    if kind.startswith("bytes"):
        return bytes.fromhex(text[2:])
    return int(text) if "int" in kind else text


def parts(kind):
    """Types in a tuple without tuples in it."""
    return kind[1:-1].split(",")


def encoded(transaction):
    """Data of a transaction, made from its method and values as the Transaction Builder does."""
    method, values = transaction["contractMethod"], transaction["contractInputsValues"]
    kinds = [canonical(each) for each in method["inputs"]]
    signature = f"{method['name']}({','.join(kinds)})"
    read = [
        value_of(kind, values[each["name"]])
        for kind, each in zip(kinds, method["inputs"], strict=True)
    ]
    return keccak(text=signature)[:4] + encode(kinds, read)


def execute(node, safe, transaction):  # noqa: F811
    """Has two owners approve a transaction, and executes it."""
    call = (transaction["to"], int(transaction["value"]), encoded(transaction), 0)
    rest = (0, 0, 0, ZERO, ZERO)
    nonce = safe.functions.nonce().call()
    digest = safe.functions.getTransactionHash(*call, *rest, nonce).call()
    signers = sorted(safe.functions.getOwners().call(), key=str.lower)[:2]
    for signer in signers:
        sent = safe.functions.approveHash(digest).transact({"from": signer})
        node.web3.eth.wait_for_transaction_receipt(sent)
    signatures = b"".join(int(signer, 16).to_bytes(32) + bytes(32) + b"\1" for signer in signers)
    done = safe.functions.execTransaction(*call, *rest, signatures)
    receipt = node.web3.eth.wait_for_transaction_receipt(done.transact({"from": signers[0]}))
    assert receipt["status"] == 1


def run(command, *arguments):
    result = CliRunner(mix_stderr=False).invoke(command, list(map(str, arguments)))
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_a_safe_does_what_its_file_says(node, safe, deploy, options, config, registry, tmp_path):  # noqa: F811
    hook = {"type": "pausableHook"}
    module = {"type": "domainRoutingIsm", "domains": {7: {"type": "testIsm"}}}
    before = {"owner": safe.address, "defaultHook": hook, "defaultIsm": module}
    assert deploy("--config", config(yaml.safe_dump(before))).exit_code == 0
    folder = tmp_path / "proposals"
    apply = (cli.apply_core, *options(), "--proposals", folder)
    assert "No Safe and no timelock has anything to do." in run(*apply)

    trusting = {"type": "trustedRelayerIsm", "relayer": node.other}
    module = {"type": "domainRoutingIsm", "domains": {8: trusting, 9: {"type": "testIsm"}}}
    after = {**before, "defaultHook": {**hook, "paused": True}, "defaultIsm": module}
    said = run(*apply, "--config", config(yaml.safe_dump(after)))

    assert f"Safe {safe.address} of 2 of 3 owners: 3 calls in {folder}" in said
    (path,) = folder.iterdir()
    batch = json.loads(path.read_text())
    assert batch["meta"]["createdFromSafeAddress"] == safe.address
    assert (batch["version"], batch["chainId"]) == ("1.0", "31337")
    for transaction in batch["transactions"]:
        assert f"0x{encoded(transaction).hex()}" == transaction["data"]
        execute(node, safe, transaction)

    checked = run(
        *(cli.check, "--network", node.url, "--chain", "alpha", "--registry", registry.folder)
    )
    assert checked == "alpha is as it was deployed\n"
    path.unlink()
    assert "No Safe and no timelock has anything to do." in run(*apply)
    assert not list(folder.iterdir())
