"""The text of a first `core-config.yaml`, with explanations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hyperlane.registry.fields import HOUR, check_distinct, check_set

EVERY_ORIGIN = ""
"""Key of the validators that sign for all chains."""
OVERHEAD_GAS = 80_000
"""Gas of a delivery beside the recipient's own, with a multisig of a few validators."""
GUARDIAN_PAUSE = 6 * HOUR
"""Seconds for which a guardian pauses: long enough to wake the owners, no longer than a night."""


@dataclass(frozen=True, slots=True)
class CoreChoices:
    """Choices for the first config of a core."""

    owner: str | None = None
    validators: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Validators by origin; those under `EVERY_ORIGIN` sign for all origins."""
    threshold: int = 1
    remotes: Sequence[str] = ()
    """Chains that messages go to."""
    guardians: Sequence[str] | None = None
    """Accounts that can pause besides the owner; None for a core that cannot be paused."""

    def check(self) -> None:
        """ValueError for sets of validators that no module can have."""
        for origin, validators in self.validators.items():
            where = f"--validators {origin}=" if origin else "--validators"
            try:
                check_set(where, validators, self.threshold)
            except ValueError as error:
                raise ValueError(str(error).replace("threshold:", "--threshold:")) from None
        check_distinct("--guardians", self.guardians or ())


def core_text(choices: CoreChoices) -> str:
    """The config as commented YAML."""
    return "\n".join(
        (
            _HEAD,
            _owner(choices.owner),
            _module(choices),
            _required_hook(choices),
            _paymaster(choices),
        )
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
    explained, module = _proof(choices)
    if choices.guardians is None:
        return f"{_MODULE}\n{explained}\ndefaultIsm:\n{_indented(module, 2)}\n"
    return f"""\
{_MODULE}
# Here two modules have to agree. The first can be paused: a guardian's key, which can only pause,
# stops all messages for guardianPause seconds, and again only after the owner has acted. The
# owner's pause lasts until the owner ends it: `ape hyperlane pause`, `unpause`.
{explained}
defaultIsm:
  type: staticAggregationIsm
  threshold: 2
  modules:
{_item(_pausable("guardedPausableIsm", choices.guardians))}
{_item(module)}
"""


def _proof(choices: CoreChoices) -> tuple[str, str]:
    """Explanation and config of the module that verifies messages."""
    alone = choices.guardians is None
    if not choices.validators:
        subject = "This one" if alone else "The second one"
        return f"# {subject} {_TRUSTING}", "type: trustedRelayerIsm"
    here = "Here" if alone else "For the second,"
    needed, both = choices.threshold, choices.validators.get(EVERY_ORIGIN)
    if both is not None:
        signing = f"{needed} of these validators have to sign, wherever the message comes from."
        return f"# {here} {signing}", _multisig(both, needed)
    origins = "\n".join(
        f"  {origin}:\n{_indented(_multisig(validators, needed), 4)}"
        for origin, validators in choices.validators.items()
    )
    explained = f"""\
# {here} {needed} of the validators of the chain that it comes from have to sign;
# messages from chains that are not named are refused."""
    return explained, f"type: domainRoutingIsm\ndomains:\n{origins}"


_TRUSTING = """\
believes whatever one relayer delivers, by default the account that deploys: good
# to try things, and nothing else. With validators instead, which sign on the chains that
# messages come from:
#   type: messageIdMultisigIsm
#   validators: ["0x…", "0x…", "0x…"]
#   threshold: 2"""


def _multisig(validators: Sequence[str], threshold: int) -> str:
    listed = "\n".join(f'  - "{validator}"' for validator in validators)
    return f"type: messageIdMultisigIsm\nvalidators:\n{listed}\nthreshold: {threshold}"


def _pausable(kind: str, guardians: Sequence[str]) -> str:
    if guardians:
        listed = "guardians:\n" + "\n".join(f'  - "{each}"' for each in guardians)
    else:
        listed = '# Fill in the addresses of the guardians\' keys: ["0x…", "0x…"]\nguardians: []'
    return f"type: {kind}\n{listed}\nguardianPause: {GUARDIAN_PAUSE}  # seconds"


def _indented(text: str, spaces: int) -> str:
    return "\n".join(f"{' ' * spaces}{line}" for line in text.splitlines())


def _item(text: str) -> str:
    """Text as an item of a list below a key of the top level."""
    return "    - " + _indented(text, 6).lstrip()


def _required_hook(choices: CoreChoices) -> str:
    if choices.guardians is None:
        return """\
# The hook of every message. The merkle tree is what validators sign: keep it.
requiredHook:
  type: merkleTreeHook
"""
    return f"""\
# The hooks of every message. The merkle tree is what validators sign: keep it. The other one can be
# paused like the module above; while it is, nobody can send.
requiredHook:
  type: aggregationHook
  hooks:
    - type: merkleTreeHook
{_item(_pausable("guardedPausableHook", choices.guardians))}
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
    overhead = "\n".join(f"    {chain}: {OVERHEAD_GAS}" for chain in choices.remotes)
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
