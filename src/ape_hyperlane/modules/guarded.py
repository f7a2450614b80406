"""Plans the configuration of a hook or module that guardians can pause."""

from typing import Any

from ape_hyperlane.plans.contract import PlannedContract
from ape_hyperlane.plans.steps import CREATOR, Contains, Ref, Subset, Unlisted
from hyperlane.registry.fields import LONGEST_GUARDIAN_PAUSE, GuardedPausable

ARGUMENTS: tuple[Any, ...] = (CREATOR, [], LONGEST_GUARDIAN_PAUSE)
"""Constructor arguments, the same for all configs. If they followed the config, a changed config
would create another contract instead of changing this one."""


def configure_guarded(contract: PlannedContract, config: GuardedPausable) -> Ref:
    """Plans duration, guardians, pause and owner of a contract made with `ARGUMENTS`.

    Only the owner's pause is planned; a guardian's is left as it is.
    """
    contract.set("guardianPause", config.guardian_pause)
    guardians = list(config.guardians)
    listed = contract.reading("guardians", Subset(config.guardians))
    contract.plan.expect_at_creation(listed)
    contract.call("setGuardians", (Unlisted(listed), False), listed, label="surplus ")
    if guardians:
        named = [contract.reading("guardians", Contains(each)) for each in guardians]
        contract.call("setGuardians", (guardians, True), *named)
    method = "pause" if config.paused else "unpause"
    contract.call(method, (), contract.reading("pausedForGood", config.paused))
    contract.hand_over(config.owner)
    return contract.ref
