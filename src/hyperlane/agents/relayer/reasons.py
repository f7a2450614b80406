"""Reasons why a message is not delivered yet, and the schedule of retries.

Reasons have the reference relayer's names, except for those marked as ours.
"""

import random
from enum import StrEnum

from hyperlane.errors import HyperlaneError

_LONGEST_DETAIL = 4000


class Reason(StrEnum):
    """Why a delivery waits."""

    RECIPIENT_NOT_CONTRACT = "RecipientNotContract"
    """Ours: the node knows no code at the recipient."""
    ERROR_FETCHING_ISM_ADDRESS = "ErrorFetchingIsmAddress"
    ERROR_GETTING_METADATA_BUILDER = "ErrorGettingMetadataBuilder"
    ERROR_BUILDING_METADATA = "ErrorBuildingMetadata"
    COULD_NOT_FETCH_METADATA = "CouldNotFetchMetadata"
    AWAITING_VALIDATOR_SIGNATURES = "AwaitingValidatorSignatures"
    MESSAGE_METADATA_REFUSED = "MessageMetadataRefused"
    GAS_PAYMENT_NOT_FOUND = "GasPaymentNotFound"
    GAS_PAYMENT_REQUIREMENT_NOT_MET = "GasPaymentRequirementNotMet"
    ERROR_ESTIMATING_GAS = "ErrorEstimatingGas"
    AWAITING_ICA_REVEAL = "AwaitingIcaReveal"
    ATTESTATION_USED = "AttestationUsed"
    """Ours: Circle has minted the burn already, with another message."""
    EXCEEDS_MAX_GAS_LIMIT = "ExceedsMaxGasLimit"
    ERROR_SUBMITTING = "ErrorSubmitting"
    REVERTED_OR_REORGED = "RevertedOrReorged"
    MANUAL = "Manual"
    SUBMITTED_BY_SELF = "SubmittedBySelf"
    ALREADY_SUBMITTED = "AlreadySubmitted"


UNPAID = (Reason.GAS_PAYMENT_NOT_FOUND, Reason.GAS_PAYMENT_REQUIREMENT_NOT_MET)
"""Reasons that a payment may end."""


class NotReady(HyperlaneError):
    """Raised when an attempt ends without a transaction; another one comes later.

    The detail quotes strangers' contracts and servers: it is cut, and control characters are
    replaced.
    """

    def __init__(self, reason: Reason, detail: str) -> None:
        detail = "".join(each if each.isprintable() else "�" for each in detail[:_LONGEST_DETAIL])
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


MINUTE = 60.0
HOUR = 60 * MINUTE
PARKED = 10 * 7 * 24 * HOUR
_FIRST_PAUSES = (5.0, 10.0, 30.0, 60.0)
_TRIES_OF_USED = 10
"""Attempts after a burn was minted: only a reorg can help, so they go on beyond finality."""


def backoff(reason: Reason, retries: int, max_retries: int) -> float:
    """Seconds until the next attempt after `retries` failed ones, by the reference's schedule.

    Signatures get three attempts at short intervals first.
    """
    if reason is Reason.AWAITING_VALIDATOR_SIGNATURES:
        if retries <= 3:
            return 2.0
        retries -= 3
    if reason is Reason.ATTESTATION_USED:
        max_retries = min(max_retries, _TRIES_OF_USED)
    if retries >= max_retries:
        return PARKED
    if retries <= 4:
        return _FIRST_PAUSES[max(retries, 1) - 1]
    if retries < 25:
        return 3 * MINUTE
    if retries < 40:
        return 5 * MINUTE + 90.0 * (retries - 25)
    if retries < 45:
        return 30 * MINUTE
    if retries < 50:
        return HOUR
    spread = random.uniform(0, 6 * HOUR)  # noqa: S311 - only to spread the load
    return max(1, retries - 49) * 2 * HOUR + spread


_REVEAL_POLLS = ((30, 1.0), (36, 5.0))
"""Attempts to reveal calls, and seconds between them, before one counts: the commitment is in
another message, which may take longer."""


def reveal_pause(polls: int) -> float | None:
    """Seconds until the next attempt after so many that found no commitment; None once they count
    as failures."""
    for most, pause in _REVEAL_POLLS:
        if polls <= most:
            return pause
        polls -= most
    return None


FIRST_PAUSE = 30.0
"""Seconds from a final delivery to the first check whether it is still delivered."""
TRIES_WITHOUT_CODE = 3
"""Answers in a row without code at its recipient after which a message is parked."""
_FIRST_LOOK = HOUR
_LONGEST_LOOK = 24 * HOUR


def pause_without_code(retries: int) -> float:
    """Seconds until a parked message is checked again: a contract may be deployed meanwhile."""
    looks = min(max(retries - TRIES_WITHOUT_CODE, 0), 10)
    return min(_FIRST_LOOK * float(2**looks), _LONGEST_LOOK)


_FIRST_FAILURE = 15.0
_SLOWDOWN = 4
"""Factor from one pause to the next."""
_DAY = 24 * HOUR


def pause_after_failure(failures: int) -> float:
    """Seconds until the next attempt after so many deliveries that failed in a block."""
    return min(_FIRST_FAILURE * float(_SLOWDOWN ** min(failures - 1, 10)), _DAY)
