"""The text of a first `core-config.yaml`, with explanations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hyperlane.registry.fields import check_set

EVERY_ORIGIN = ""
"""Key of the validators that sign for all chains."""
OVERHEAD = 80_000
"""Gas of a delivery beside the recipient's own, with a multisig of a few validators."""


@dataclass(frozen=True, slots=True)
class CoreChoices:
    """Choices for the first config of a core."""

    owner: str | None = None
    validators: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Validators by origin; those under `EVERY_ORIGIN` sign for all origins."""
    threshold: int = 1
    remotes: Sequence[str] = ()
    """Chains that messages go to."""

    def check(self) -> None:
        """ValueError for sets of validators that no module can have."""
        for origin, validators in self.validators.items():
            where = f"--validators {origin}=" if origin else "--validators"
            try:
                check_set(where, validators, self.threshold)
            except ValueError as error:
                raise ValueError(str(error).replace("threshold:", "--threshold:")) from None


def core_text(choices: CoreChoices) -> str:
    """The config as commented YAML."""
    return "\n".join(
        (_HEAD, _owner(choices.owner), _module(choices), _REQUIRED_HOOK, _paymaster(choices))
    )


_HEAD = """\
# What `ape hyperlane deploy` puts on a chain. Every key may be left out; docs/deploy.md lists them.
# Change it and run the same command again: what differs is changed on the chain.
"""


def _owner(owner: str | None) -> str:
    line = f'owner: "{owner}"' if owner else '# owner: "0x…"'
    return f"""\
# The account that owns all contracts in the end: it may change modules, hooks and prices. Without
# this key it is the account that deploys. In production: a Safe or a timelock.
{line}
"""


_MODULE = """\
# The security module: who says that a message from another chain is genuine, for recipients that do
# not name a module of their own."""


def _module(choices: CoreChoices) -> str:
    if not choices.validators:
        return f"""\
{_MODULE}
# This one believes whatever one relayer delivers, by default the account that deploys: good to try
# things, and nothing else.
defaultIsm:
  type: trustedRelayerIsm
# With validators instead, which sign on the chains that messages come from:
# defaultIsm:
#   type: messageIdMultisigIsm
#   validators: ["0x…", "0x…", "0x…"]
#   threshold: 2
"""
    both = choices.validators.get(EVERY_ORIGIN)
    if both is not None:
        return f"""\
{_MODULE}
# Here {choices.threshold} of these validators have to sign, wherever the message comes from.
defaultIsm:
{_multisig(both, choices.threshold, "  ")}
"""
    origins = "\n".join(
        f"    {origin}:\n{_multisig(validators, choices.threshold, '      ')}"
        for origin, validators in choices.validators.items()
    )
    return f"""\
{_MODULE}
# Here {choices.threshold} of the validators of the chain that it comes from have to sign;
# messages from chains that are not named are refused.
defaultIsm:
  type: domainRoutingIsm
  domains:
{origins}
"""


def _multisig(validators: Sequence[str], threshold: int, indent: str) -> str:
    lines = (
        "type: messageIdMultisigIsm",
        "validators:",
        *(f'  - "{validator}"' for validator in validators),
        f"threshold: {threshold}",
    )
    return "\n".join(f"{indent}{line}" for line in lines)


_REQUIRED_HOOK = """\
# The hook of every message. The merkle tree is what validators sign: keep it.
requiredHook:
  type: merkleTreeHook
"""


def _paymaster(choices: CoreChoices) -> str:
    if not choices.remotes:
        return """\
# The hook of messages whose senders name none: it sells the gas of deliveries. No chain is named
# yet, so it refuses messages to all of them: name those that messages go to.
defaultHook:
  type: interchainGasPaymaster
#   overhead: {otherchain: 80000}
#   oracleConfig:
#     otherchain: {gasPrice: "1000000000", tokenExchangeRate: "10000000000"}
"""
    overhead = "\n".join(f"    {chain}: {OVERHEAD}" for chain in choices.remotes)
    prices = "\n".join(
        f'    {chain}: {{gasPrice: "1000000000", tokenExchangeRate: "10000000000"}}'
        for chain in choices.remotes
    )
    return f"""\
# The hook of messages whose senders name none: it sells the gas of deliveries.
defaultHook:
  type: interchainGasPaymaster
  # Gas of a delivery beside what the recipient uses, by chain.
  overhead:
{overhead}
  # What gas costs there, in the smallest unit of that chain's coin, and what such a unit is worth
  # in this chain's, times 10000000000 (two coins of equal worth and decimals: as here). The owner
  # keeps both up to date: look at what gas costs there.
  oracleConfig:
{prices}
"""
