"""Numbers that contracts use for kinds of things and that belong to no codec here."""

from enum import IntEnum


class FeeType(IntEnum):
    """`feeType()` of a token fee contract."""

    ZERO = 0
    LINEAR = 1
    REGRESSIVE = 2
    PROGRESSIVE = 3
    ROUTING = 4
    CROSS_COLLATERAL_ROUTING = 5
    OFFCHAIN_QUOTED_LINEAR = 6


class FraudType(IntEnum):
    """What is wrong with a checkpoint that someone signed."""

    WHITELIST = 0
    """The tree is not one that validators should sign."""
    PREMATURE = 1
    """The tree has no such leaf yet."""
    MESSAGE_ID = 2
    """Another message stands at the index."""
    ROOT = 3
    """The tree had another root at the index."""


class QueryMessageType(IntEnum):
    """Type of an interchain query message."""

    QUERY = 0
    RESPONSE = 1


class EnrollmentStatus(IntEnum):
    """An operator's relation to a challenger."""

    UNENROLLED = 0
    ENROLLED = 1
    PENDING_UNENROLLMENT = 2
