"""What a static multisig costs as code and as a clone: to deploy, and to verify a message."""

from benchmarks.anvil import Chain
from benchmarks.dispatch import Figures
from benchmarks.gas_table import CLONE
from benchmarks.process import Deliveries, Origin, first

FORMS = {"Static": "", "Cloned": CLONE}
KINDS = {
    "MessageId": ("messageId", first(3)),
    "MerkleRoot": (
        "merkleRoot",
        lambda origin, message: origin.merkle_root_metadata(message, slice(3)).encode(),
    ),
}


def measure_static_sets(chain: Chain) -> Figures:
    run = Deliveries(chain)
    members = Origin(chain.sender, 5).addresses
    figures: Figures = {}
    for kind, (name, metadata) in KINDS.items():
        for form, suffix in FORMS.items():
            factory = chain.deploy(f"{form}{kind}MultisigIsmFactory").functions
            receipt = chain.send(factory.deploy(members, 3))
            figures[f"deployment.{name}.3of5{suffix}"] = receipt["gasUsed"]
            module = factory.getAddress(members, 3).call()
            run.measure(f"{name}.3of5{suffix}", module, 5, metadata)
    clones = {name: gas for name, gas in run.figures.items() if name.endswith(CLONE)}
    return figures | clones
