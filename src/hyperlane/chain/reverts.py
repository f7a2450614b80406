"""What contracts say when they refuse, in words for operators."""

from functools import cache

from eth_hash.auto import keccak

from hyperlane.chain.abi import decode_values
from hyperlane.errors import ChainError
from hyperlane.protocol.layout import preview
from hyperlane.protocol.typecasts import to_checksum
from hyperlane.wording import one_line

_ERROR_STRING = bytes.fromhex("08c379a0")
_PANIC = bytes.fromhex("4e487b71")

_DELIVERY_ERRORS = (
    "AlreadyDelivered(bytes32)",
    "BadVersion(uint8)",
    "Bytes32ToAddressOverflow(bytes32)",
    "ETHTransferFailed()",
    "EnforcedPause()",
    "InsufficientWeight(uint256,uint256)",
    "InvalidDeliveredMessage(bytes32)",
    "InvalidRecipient(address,address)",
    "InvalidSignature(uint256)",
    "InvalidSignatureLength(uint256)",
    "InvalidThresholdWeight(uint256)",
    "IsmVerificationFailed(bytes32,address)",
    "LeafAfterCheckpoint(uint32,uint32)",
    "MessageAlreadyPreverified(bytes32)",
    "MessageAlreadyValidated(bytes32)",
    "MessageNotDelivering(bytes32)",
    "MessageNotPreverified(bytes32)",
    "MessageNotReadyUntil(uint48)",
    "MetadataOutOfBounds(uint256,uint256,uint256,uint256)",
    "ModuleRejected(address)",
    "NoIsmForOrigin(uint32)",
    "NoThreshold()",
    "NotAttester(address,address)",
    "RateLimitExceeded(uint256,uint256)",
    "RootMismatch(bytes32,bytes32)",
    "RouterNotEnrolled(uint32)",
    "SenderNotMailbox(address,address)",
    "SenderNotRouter(uint32,bytes32,bytes32)",
    "SignaturesTooShort(uint256,uint256)",
    "SubtreeNotVerified(bytes32)",
    "ThresholdNotMet(uint256,uint256)",
    "TooLittleGas(uint256,uint256)",
    "UnexpectedDestination(uint32,uint32)",
    "UnexpectedSigner(uint256,address)",
    "WrongSending(address,address,bytes)",
)
"""Errors of our contracts with which the delivery of a message fails."""


def revert_reason(data: bytes) -> str:
    """What revert data says, fit for one line.

    That is its text, a panic code, a known error with its arguments, or an unknown one's bytes.
    """
    try:
        if data.startswith(_ERROR_STRING):
            text = decode_values("revert", ("string",), data[4:])[0]
            return one_line(text)
        if data.startswith(_PANIC):
            return f"panic {decode_values('revert', ('uint256',), data[4:])[0]:#04x}"
        if known := _known_errors().get(data[:4]):
            name, types = known
            values = decode_values(name, types, data[4:])
            return f"{name}({', '.join(map(_show, types, values))})"
    except ChainError:
        pass
    return f"custom error {preview(data)}" if data else "no reason given"


@cache
def _known_errors() -> dict[bytes, tuple[str, tuple[str, ...]]]:
    errors = {}
    for signature in _DELIVERY_ERRORS:
        name, _, types = signature.removesuffix(")").partition("(")
        errors[keccak(signature.encode())[:4]] = (name, tuple(types.split(",")) if types else ())
    return errors


def _show(kind: str, value: object) -> str:
    if isinstance(value, bytes):
        return to_checksum(value) if kind == "address" else preview(value)
    return str(value)
