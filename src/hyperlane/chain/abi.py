"""Calldata, return values and event data of the few contract functions that agents use.

Addresses are 20 bytes both ways. Signatures are facts of the protocol; nothing here needs an
artifact.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_abi.codec import ABICodec
from eth_abi.decoding import AddressDecoder, StringDecoder
from eth_abi.encoding import AddressEncoder
from eth_abi.exceptions import DecodingError
from eth_hash.auto import keccak

from hyperlane.errors import ChainError
from hyperlane.protocol.abi import strict_registry
from hyperlane.protocol.layout import preview
from hyperlane.protocol.typecasts import Address


class _RawAddressDecoder(AddressDecoder):
    decoder_fn = staticmethod(bytes)  # type: ignore[assignment]


class _AnyStringDecoder(StringDecoder):
    """Decoder that reads strings of strangers even where they are not UTF-8."""

    def __init__(self) -> None:
        super().__init__("replace")  # type: ignore[no-untyped-call]


def _codec() -> ABICodec:
    registry = strict_registry()
    registry.unregister("address")
    registry.register("address", AddressEncoder, _RawAddressDecoder, label="address")
    registry.unregister_decoder("string")
    registry.register_decoder("string", _AnyStringDecoder, label="string")
    return ABICodec(registry)


_CODEC = _codec()
_OFFSET = (32).to_bytes(32)
_TYPE = re.compile(r"(?:\([^()]*\)|[^,()])+")
"""One parameter type; tuples hold no tuples here."""


@dataclass(frozen=True)
class Function:
    """A contract function by its canonical signature, such as `delivered(bytes32)`."""

    signature: str
    outputs: tuple[str, ...] = ()

    @cached_property
    def selector(self) -> bytes:
        """First four bytes of calldata."""
        return keccak(self.signature.encode())[:4]

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Parameter types."""
        inside = self.signature.partition("(")[2].removesuffix(")")
        return tuple(_TYPE.findall(inside))

    def encode(self, *arguments: object) -> bytes:
        """Calldata."""
        return self.selector + _CODEC.encode(self.inputs, arguments)

    def decode(self, data: bytes) -> Any:
        """The return value, a tuple if there are several; ChainError if `data` is none."""
        values = decode_values(self.signature, self.outputs, data)
        return values[0] if len(values) == 1 else values


@dataclass(frozen=True)
class Event:
    """A contract event by its canonical signature and the types of its data part."""

    signature: str
    data_types: tuple[str, ...]

    @cached_property
    def topic(self) -> bytes:
        """First topic of its logs."""
        return keccak(self.signature.encode())

    def decode(self, data: bytes) -> tuple[Any, ...]:
        """The values that are not indexed; ChainError if `data` is not of this event."""
        return decode_values(self.signature, self.data_types, data)


def decode_values(what: str, types: tuple[str, ...], data: bytes) -> tuple[Any, ...]:
    """ABI-decode; ChainError naming `what`."""
    plain = _PLAIN.get(types)
    if plain is not None and (values := plain(data)) is not None:
        return values
    try:
        return tuple(_CODEC.decode(types, data))
    except (DecodingError, OverflowError) as error:
        raise ChainError(f"{what}: {preview(data)} is not {','.join(types)}: {error}") from None


def _plain_bytes(data: bytes) -> tuple[bytes] | None:
    size = int.from_bytes(data[32:64])
    padding = data[64 + size :]
    usual = data[:32] == _OFFSET and len(data) == 64 + size + -size % 32 and not any(padding)
    return (data[64 : 64 + size],) if usual else None


def _plain_leaf(data: bytes) -> tuple[bytes, int] | None:
    usual = len(data) == 64 and not any(data[32:60])
    return (data[:32], int.from_bytes(data[60:])) if usual else None


def _plain_pair(data: bytes) -> tuple[int, int] | None:
    return (int.from_bytes(data[:32]), int.from_bytes(data[32:])) if len(data) == 64 else None


_PLAIN: dict[tuple[str, ...], Callable[[bytes], tuple[Any, ...] | None]] = {
    ("bytes",): _plain_bytes,
    ("bytes32", "uint32"): _plain_leaf,
    ("uint256", "uint256"): _plain_pair,
}
"""Fast decoders by types, since messages, leaves and payments come by the hundred thousand and the
codec is slow. They return None for an unusual encoding, which is left to the codec."""


class Mailbox:
    """The Mailbox: dispatches on the origin, delivers on the destination."""

    DISPATCH = Event("Dispatch(address,uint32,bytes32,bytes)", ("bytes",))
    DISPATCH_ID = Event("DispatchId(bytes32)", ())
    PROCESS = Event("Process(uint32,bytes32,address)", ())
    PROCESS_ID = Event("ProcessId(bytes32)", ())
    nonce = Function("nonce()", ("uint32",))
    local_domain = Function("localDomain()", ("uint32",))
    deployed_block = Function("deployedBlock()", ("uint256",))
    dispatch = Function("dispatch(uint32,bytes32,bytes)", ("bytes32",))
    quote_dispatch = Function("quoteDispatch(uint32,bytes32,bytes)", ("uint256",))
    delivered = Function("delivered(bytes32)", ("bool",))
    processed_at = Function("processedAt(bytes32)", ("uint48",))
    processor = Function("processor(bytes32)", ("address",))
    default_ism = Function("defaultIsm()", ("address",))
    recipient_ism = Function("recipientIsm(address)", ("address",))
    process = Function("process(bytes,bytes)")
    process_batch = Function(
        "processBatch((address,bytes,uint32,bytes32)[],bytes[],bytes[])",
    )
    process_plain_batch = Function("processBatch(bytes[],bytes[])")
    BATCH_LENGTH_MISMATCH = keccak(b"BatchLengthMismatch(uint256,uint256)")[:4]


class MerkleTreeHook:
    """The hook with the merkle tree of sent messages on the origin."""

    INSERTED = Event("InsertedIntoTree(bytes32,uint32)", ("bytes32", "uint32"))
    count = Function("count()", ("uint32",))
    root = Function("root()", ("bytes32",))
    deployed_block = Function("deployedBlock()", ("uint256",))
    latest_checkpoint = Function("latestCheckpoint()", ("bytes32", "uint32"))
    tree = Function("tree()", ("bytes32[32]", "uint256"))


class GasPaymaster:
    """The paymaster: takes payments for delivery on the origin."""

    hook_type = Function("hookType()", ("uint8",))
    quote = Function("quoteGasPayment(uint32,uint256)", ("uint256",))
    GAS_PAYMENT = Event("GasPayment(bytes32,uint32,uint256,uint256)", ("uint256", "uint256"))
    OLD_GAS_PAYMENT = Event("GasPayment(bytes32,uint256,uint256)", ("uint256", "uint256"))
    """Of paymasters of the reference's first releases."""


class TokenRouter:
    """A router of a warp route, of any kind: which functions it has tells which."""

    SENT = Event("SentTransferRemote(uint32,bytes32,uint256)", ("uint256",))
    RECEIVED = Event("ReceivedTransferRemote(uint32,bytes32,uint256)", ("uint256",))
    mailbox = Function("mailbox()", ("address",))
    domains = Function("domains()", ("uint32[]",))
    routers = Function("routers(uint32)", ("bytes32",))
    token = Function("token()", ("address",))
    wrapped_token = Function("wrappedToken()", ("address",))
    scale = Function("scale()", ("uint256",))
    """Of those before scales had a denominator."""
    scale_numerator = Function("scaleNumerator()", ("uint256",))
    scale_denominator = Function("scaleDenominator()", ("uint256",))
    total_assets = Function("totalAssets()", ("uint256",))
    allowed_rebalancers = Function("allowedRebalancers()", ("address[]",))
    vault = Function("vault()", ("address",))
    asset_deposited = Function("assetDeposited()", ("uint256",))
    lockbox = Function("lockbox()", ("address",))
    collateral_domain = Function("collateralDomain()", ("uint32",))
    total_shares = Function("totalShares()", ("uint256",))
    token_messenger = Function("tokenMessenger()", ("address",))
    cross_collateral_domains = Function("getCrossCollateralDomains()", ("uint32[]",))
    cross_collateral_routers = Function("getCrossCollateralRouters(uint32)", ("bytes32[]",))


class GasPriceOracle:
    """The predeploy of OP-stack rollups with the price of data on the parent chain."""

    ADDRESS = Address(bytes.fromhex("420000000000000000000000000000000000000F"))
    l1_fee = Function("getL1Fee(bytes)", ("uint256",))
    l1_fee_upper_bound = Function("getL1FeeUpperBound(uint256)", ("uint256",))


class ValidatorAnnounce:
    """The registry of validators' storage locations."""

    announce = Function("announce(address,string,bytes)", ("bool",))
    validators = Function("getAnnouncedValidators()", ("address[]",))
    storage_locations = Function("getAnnouncedStorageLocations(address[])", ("string[][]",))
    # What other people's deployments do not have:
    validator_count = Function("announcedValidatorCount()", ("uint256",))
    validators_page = Function("announcedValidators(uint256,uint256)", ("address[]",))
    location_count = Function("announcedStorageLocationCount(address)", ("uint256",))
    locations_page = Function("announcedStorageLocations(address,uint256,uint256)", ("string[]",))
    ANNOUNCED = Event("ValidatorAnnouncement(address,string)", ("string",))


class SecurityModule:
    """Functions of security modules of all kinds."""

    module_type = Function("moduleType()", ("uint8",))
    verify = Function("verify(bytes,bytes)", ("bool",))
    remember = Function("remember(bytes,uint32,bytes32)")
    route = Function("route(bytes)", ("address",))
    modules_and_threshold = Function("modulesAndThreshold(bytes)", ("address[]", "uint8"))
    validators_and_threshold = Function("validatorsAndThreshold(bytes)", ("address[]", "uint8"))
    validators_and_threshold_weight = Function(
        "validatorsAndThresholdWeight(bytes)", ("(address,uint96)[]", "uint96")
    )
    offchain_verify_info = Function("getOffchainVerifyInfo(bytes)")
    pre_verify = Function("preVerifyMessage(bytes32,uint256)")
    is_verified = Function("isVerified(bytes)", ("bool",))
    trusted_relayer = Function("trustedRelayer()", ("address",))
    paused = Function("paused()", ("bool",))
    arb_outbox = Function("arbOutbox()", ("address",))
    SUBTREE_NOT_VERIFIED = keccak(b"SubtreeNotVerified(bytes32)")[:4]
    """A custom error of our merkle-root multisigs."""


class InterchainAccounts:
    """A router of interchain accounts, and the accounts that it makes."""

    local_account = Function(
        "getLocalInterchainAccount(uint32,bytes32,bytes32,address,bytes32)", ("address",)
    )
    INVALID_REVEAL = keccak(b"InvalidReveal(bytes32)")[:4]
    """A custom error of our accounts: they are not, or no longer, committed to the calls."""
    INVALID_REVEAL_TEXT = "ICA: Invalid Reveal"
    """The same of the reference's."""


class Pausable:
    """A contract that its owner, or a guardian, can pause."""

    UNPAUSED = Event("Unpaused(address)", ())
    """Read without the address, which some contracts index and others do not."""
    pause = Function("pause()")
    paused = Function("paused()", ("bool",))


class BlacklistIsm:
    """A security module that refuses the messages that its owner listed."""

    blacklist = Function("blacklist(bytes32[])")
    is_blacklisted = Function("blacklistedIds(bytes32)", ("bool",))


class TimelockRouter:
    """A hook and security module that delays messages after their announcement."""

    QUEUED = Event("MessageQueued(bytes32,uint48)", ("uint48",))


class AmountPartition:
    """A security module or hook that chooses one of two by the amount of a token message."""

    threshold = Function("threshold()", ("uint256",))


class Recipient:
    """A contract that takes messages."""

    handle = Function("handle(uint32,bytes32,bytes)")


class ArbSys:
    """The precompile of Arbitrum chains that sends to the parent chain."""

    ADDRESS = Address((0x64).to_bytes(20))
    SENT = Event(
        "L2ToL1Tx(address,address,uint256,uint256,uint256,uint256,uint256,uint256,bytes)",
        ("address", "uint256", "uint256", "uint256", "uint256", "bytes"),
    )


class ArbNodeInterface:
    """The virtual contract that nodes of Arbitrum chains answer for."""

    ADDRESS = Address((0xC8).to_bytes(20))
    construct_outbox_proof = Function(
        "constructOutboxProof(uint64,uint64)", ("bytes32", "bytes32", "bytes32[]")
    )


class ArbOutbox:
    """The contract on the parent chain that executes messages of an Arbitrum chain."""

    CONFIRMED = Event("SendRootUpdated(bytes32,bytes32)", ())


CHECKPOINT = "(uint32,bytes32,bytes32,uint32,bytes32)"
"""Origin, merkle tree hook, root, index, message id."""


class Token:
    """ERC-20."""

    allowance = Function("allowance(address,address)", ("uint256",))
    approve = Function("approve(address,uint256)")
    name = Function("name()", ("string",))
    symbol = Function("symbol()", ("string",))
    # As old tokens have them:
    name_word = Function("name()", ("bytes32",))
    symbol_word = Function("symbol()", ("bytes32",))
    decimals = Function("decimals()", ("uint8",))
    balance_of = Function("balanceOf(address)", ("uint256",))
    total_supply = Function("totalSupply()", ("uint256",))
    supports_interface = Function("supportsInterface(bytes4)", ("bool",))
    ERC721, ERC4906 = bytes.fromhex("80ac58cd"), bytes.fromhex("49064906")
    """Interface ids of NFTs, and of those with metadata that change."""
    minting_limit = Function("mintingCurrentLimitOf(address)", ("uint256",))
    """Of xERC20 tokens."""
    minter_allowance = Function("minterAllowance(address)", ("uint256",))
    """Of fiat tokens."""


class TokenVault:
    """ERC-4626."""

    convert_to_assets = Function("convertToAssets(uint256)", ("uint256",))


class StakingManager:
    """Stake behind the validators of a chain."""

    REGISTERED = Event("OperatorRegistered(address,address,uint256)", ("uint256",))
    """By operator and key."""
    ROTATED = Event("KeyRotated(address,address,address,uint256)", ("uint256",))
    """By operator, old and new key."""
    token = Function("token()", ("address",))
    slasher = Function("slasher()", ("address",))
    challenges = Function("challenges()", ("address",))
    operator_of = Function("operatorOf(address)", ("address",))
    operator_state = Function("operatorState(address)", ("uint8", "address", "uint256"))
    TOMBSTONED = 4
    """A status."""
    is_accountable = Function("isAccountable(address)", ("bool",))
    active_since = Function("activeSince(address)", ("uint256",))
    pools = Function("pools(address)", ("uint128", "uint128"))
    unbonding_pools = Function("unbondingPools(address)", ("uint128", "uint128"))
    parameters = Function(
        "parameters()",
        ("(uint48,uint48,uint48,uint48,uint16,uint16,uint16,uint128,uint128)",),
    )
    GRACE_PERIOD, CHALLENGE_BOND = 2, 8
    """Positions among the parameters."""
    accountable_set = Function(
        "accountableSet(uint256,uint256)", ("(address,address,uint256)[]", "uint256")
    )


class CheckpointFraudProofs:
    """Stores roots that a tree had, for fraud proofs."""

    store_latest_checkpoint = Function("storeLatestCheckpoint(address)")
    stored_checkpoints = Function("storedCheckpoints(address,bytes32)", ("uint32", "bool"))


class CheckpointSlasher:
    """Verifies fraud proofs and slashes."""

    fraud_proofs = Function("fraudProofs()", ("address",))
    merkle_tree = Function("merkleTree()", ("bytes32",))
    fault_of = Function("faultOf(address,uint32)", ("bytes32",))
    punished = Function("punished(bytes32)", ("bool",))
    commitment_of = Function("commitmentOf(bytes32,address,bytes32)", ("bytes32",))
    committed_in = Function("committedIn(bytes32)", ("uint256",))
    commit = Function("commit(bytes32)")
    slash_wrong_tree = Function(f"slashWrongTree({CHECKPOINT},bytes,bytes32)")
    slash_premature = Function(f"slashPremature({CHECKPOINT},bytes,bytes32)")
    slash_message_id = Function(f"slashMessageId({CHECKPOINT},bytes32[32],bytes32,bytes,bytes32)")
    slash_root = Function(f"slashRoot({CHECKPOINT},bytes32[32],bytes,bytes32)")
    slash_equivocation = Function(
        f"slashEquivocation({CHECKPOINT},bytes,{CHECKPOINT},bytes,bytes32)"
    )


class CensorshipChallenges:
    """Challenges operators to sign leaves."""

    challenge_count = Function("challengeCount()", ("uint256",))
    challenges = Function(
        "challenges(uint256)", ("address", "uint48", "uint32", "address", "uint96")
    )
    snapshot_count = Function("snapshotCount()", ("uint256",))
    snapshots = Function("snapshots(uint256)", ("uint48", "uint32"))
    asked = Function("asked(address,uint32)", ("uint8",))
    open_count = Function("openCount(address)", ("uint256",))
    owed = Function("owed(address)", ("uint256",))
    collect = Function("collect(address)")
    ANSWERED = Event(f"Answered(uint256,address,{CHECKPOINT},bytes)", (CHECKPOINT, "bytes"))
    take_snapshot = Function("takeSnapshot()")
    open = Function("open(address,uint32,uint256,uint256)")
    answer = Function(f"answer(uint256,{CHECKPOINT},bytes)")
    resolve = Function("resolve(uint256)", ("uint256",))
