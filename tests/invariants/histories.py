"""Running random histories."""

from collections.abc import Collection

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def run(
    machine: type[RuleBasedStateMachine],
    histories: int,
    steps: int,
    number: int,
    phases: Collection[Phase] = tuple(Phase),
) -> None:
    """So many histories of so many steps, which `number` decides on."""
    run_state_machine_as_test(
        seed(number)(machine),
        settings=settings(
            max_examples=histories,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
            phases=phases,
            report_multiple_bugs=False,
        ),
    )
