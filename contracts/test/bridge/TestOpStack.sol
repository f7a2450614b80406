// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ICrossDomainMessenger} from "../../interfaces/bridges/ICrossDomainMessenger.sol";
import {
    GameStatus,
    IDisputeGame,
    IL2OutputOracle,
    OutputProposal,
    OutputRootProof,
    WithdrawalTransaction
} from "../../interfaces/bridges/IOptimismPortal.sol";

/// @title TestCrossDomainMessenger
/// @notice A messenger of an OP Stack bridge: relays what the other messenger sent, once, and keeps
/// what failed for another try by anybody.
abstract contract TestCrossDomainMessenger is ICrossDomainMessenger {
    /// @notice To be relayed on the other side.
    event SentMessage(
        address indexed target,
        address sender,
        bytes message,
        uint256 messageNonce,
        uint256 gasLimit
    );
    event SentMessageExtension1(address indexed sender, uint256 value);

    event RelayedMessage(bytes32 indexed msgHash);
    event FailedRelayedMessage(bytes32 indexed msgHash);

    error NoMessageSender();
    error NotOtherMessenger(address caller);
    error AlreadyRelayed(bytes32 msgHash);
    error NotFailedBefore(bytes32 msgHash);
    error WrongValue(uint256 value, uint256 expected);

    mapping(bytes32 msgHash => bool) public successfulMessages;
    mapping(bytes32 msgHash => bool) public failedMessages;
    address public otherMessenger;
    address private currentSender;
    uint256 private nonce;

    function setOtherMessenger(address otherMessenger_) external {
        otherMessenger = otherMessenger_;
    }

    function sendMessage(
        address target,
        bytes calldata message,
        uint32 minGasLimit
    ) external payable {
        emit SentMessage(target, msg.sender, message, nonce, minGasLimit);
        emit SentMessageExtension1(msg.sender, msg.value);
        _carry(
            minGasLimit,
            abi.encodeCall(
                this.relayMessage,
                (nonce, msg.sender, target, msg.value, minGasLimit, message)
            )
        );
        ++nonce;
    }

    function relayMessage(
        uint256 nonce_,
        address sender,
        address target,
        uint256 value,
        uint256 minGasLimit,
        bytes calldata message
    ) external payable {
        bytes32 hash = keccak256(abi.encode(nonce_, sender, target, value, minGasLimit, message));
        if (_isFromOtherMessenger()) {
            if (msg.value != value) revert WrongValue(msg.value, value);
        } else {
            if (msg.value != 0) revert WrongValue(msg.value, 0);
            if (!failedMessages[hash]) revert NotFailedBefore(hash);
        }
        if (successfulMessages[hash]) revert AlreadyRelayed(hash);
        // As in the original: what arrives during another's relay has failed.
        if (currentSender != address(0)) return _fail(hash);

        currentSender = sender;
        (bool success, ) = target.call{value: value}(message);
        currentSender = address(0);
        if (!success) return _fail(hash);
        successfulMessages[hash] = true;
        emit RelayedMessage(hash);
    }

    function xDomainMessageSender() external view returns (address) {
        if (currentSender == address(0)) revert NoMessageSender();
        return currentSender;
    }

    function _carry(uint256 gasLimit, bytes memory call_) internal virtual;

    function _isFromOtherMessenger() internal view virtual returns (bool);

    function _fail(bytes32 hash) private {
        failedMessages[hash] = true;
        emit FailedRelayedMessage(hash);
    }
}

/// @title TestL1Messenger
/// @notice Sends by leaving the value with the portal; is called by the portal for the other one.
contract TestL1Messenger is TestCrossDomainMessenger {
    TestPortal private immutable portal;

    constructor(TestPortal portal_) {
        portal = portal_;
    }

    function _carry(uint256, bytes memory) internal override {
        payable(address(portal)).transfer(msg.value);
    }

    function _isFromOtherMessenger() internal view override returns (bool) {
        return msg.sender == address(portal) && portal.l2Sender() == otherMessenger;
    }
}

/// @title TestL2Messenger
/// @notice Sends through the message passer; is called by the other one under its alias.
contract TestL2Messenger is TestCrossDomainMessenger {
    TestMessagePasser private immutable passer;

    constructor(TestMessagePasser passer_) {
        passer = passer_;
    }

    function _carry(uint256 gasLimit, bytes memory call_) internal override {
        passer.initiateWithdrawal{value: msg.value}(otherMessenger, gasLimit + 200_000, call_);
    }

    function _isFromOtherMessenger() internal view override returns (bool) {
        unchecked {
            // aliases wrap
            uint160 offset = uint160(0x1111000000000000000000000000000000001111);
            return msg.sender == address(uint160(otherMessenger) + offset);
        }
    }
}

/// @title TestMessagePasser
/// @notice Remembers what an OP Stack chain sends to its parent chain, and keeps the value.
contract TestMessagePasser {
    event MessagePassed(
        uint256 indexed nonce,
        address indexed sender,
        address indexed target,
        uint256 value,
        uint256 gasLimit,
        bytes data,
        bytes32 withdrawalHash
    );

    mapping(bytes32 withdrawalHash => bool) public sentMessages;
    uint256 private nonce;

    function initiateWithdrawal(
        address target,
        uint256 gasLimit,
        bytes calldata data
    ) external payable {
        bytes32 hash = keccak256(abi.encode(nonce, msg.sender, target, msg.value, gasLimit, data));
        sentMessages[hash] = true;
        emit MessagePassed(nonce, msg.sender, target, msg.value, gasLimit, data, hash);
        ++nonce;
    }
}

/// @title TestPortal
/// @notice A portal that asks the message passer itself where a real one checks a merkle proof. So
/// a proof is valid against any proposed state, also a false one.
abstract contract TestPortal {
    uint256 public constant DELAY = 7 days;

    error WrongOutputRoot(uint256 outputIndex);
    error NotSent(bytes32 withdrawalHash);
    error ProvenAlready(bytes32 withdrawalHash);
    error NotProven(bytes32 withdrawalHash, address prover);
    error ProofTooYoung(uint256 age);
    error InvalidRootClaim();
    error FinalizedAlready(bytes32 withdrawalHash);
    error NoReentrancy();

    TestMessagePasser internal immutable passer;

    address public l2Sender;
    mapping(bytes32 withdrawalHash => bool) public finalizedWithdrawals;
    mapping(uint256 outputIndex => bytes32) public outputRoots;

    constructor(TestMessagePasser passer_) {
        passer = passer_;
    }

    receive() external payable {}

    function setOutputRoot(uint256 outputIndex, OutputRootProof calldata proof) external virtual {
        outputRoots[outputIndex] = keccak256(abi.encode(proof));
    }

    function proveWithdrawalTransaction(
        WithdrawalTransaction calldata transaction,
        uint256 outputIndex,
        OutputRootProof calldata outputRootProof,
        bytes[] calldata
    ) external {
        bytes32 hash = _hash(transaction);
        if (outputRoots[outputIndex] != keccak256(abi.encode(outputRootProof))) {
            revert WrongOutputRoot(outputIndex);
        }
        if (!passer.sentMessages(hash)) revert NotSent(hash);
        _setProven(hash, outputIndex);
    }

    function finalizeWithdrawalTransaction(WithdrawalTransaction calldata transaction) external {
        _finalize(transaction, msg.sender);
    }

    function _finalize(WithdrawalTransaction calldata transaction, address prover) internal {
        if (l2Sender != address(0)) revert NoReentrancy();
        bytes32 hash = _hash(transaction);
        if (finalizedWithdrawals[hash]) revert FinalizedAlready(hash);
        _check(hash, prover);

        finalizedWithdrawals[hash] = true;
        l2Sender = transaction.sender;
        // As in the original: what becomes of the call does not matter.
        (bool success, ) = transaction.target.call{value: transaction.value}(transaction.data);
        success;
        l2Sender = address(0);
    }

    function _requireMature(bytes32 hash, address prover, uint256 provenAt) internal view {
        if (provenAt == 0) revert NotProven(hash, prover);
        if (block.timestamp < provenAt + DELAY) revert ProofTooYoung(block.timestamp - provenAt);
    }

    function _setProven(bytes32 hash, uint256 outputIndex) internal virtual;

    /// @dev Reverts unless `prover` has a proof that is good by now.
    function _check(bytes32 hash, address prover) internal view virtual;

    function _hash(WithdrawalTransaction calldata transaction) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    transaction.nonce,
                    transaction.sender,
                    transaction.target,
                    transaction.value,
                    transaction.gasLimit,
                    transaction.data
                )
            );
    }
}

/// @title TestPortalV1
/// @notice One proof for all, and a second one only when the first one's output was taken back. Is
/// its own oracle of outputs.
contract TestPortalV1 is TestPortal, IL2OutputOracle {
    struct Proven {
        bytes32 outputRoot;
        uint128 timestamp;
        uint128 l2OutputIndex;
    }

    mapping(bytes32 withdrawalHash => Proven) public provenWithdrawals;

    constructor(TestMessagePasser passer_) TestPortal(passer_) {}

    function l2Oracle() external view returns (address) {
        return address(this);
    }

    function getL2Output(uint256 index) external view returns (OutputProposal memory) {
        return OutputProposal(outputRoots[index], 0, 0);
    }

    function _setProven(bytes32 hash, uint256 outputIndex) internal override {
        Proven storage proven = provenWithdrawals[hash];
        if (proven.timestamp != 0 && outputRoots[proven.l2OutputIndex] == proven.outputRoot) {
            revert ProvenAlready(hash);
        }
        provenWithdrawals[hash] = Proven(
            outputRoots[outputIndex],
            uint128(block.timestamp),
            uint128(outputIndex)
        );
    }

    function _check(bytes32 hash, address prover) internal view override {
        Proven storage proven = provenWithdrawals[hash];
        _requireMature(hash, prover, proven.timestamp);
        if (outputRoots[proven.l2OutputIndex] != proven.outputRoot) revert InvalidRootClaim();
    }
}

/// @title TestDisputeGame
/// @notice Vouches for a state: half a week is for challenges, then it counts unless it was lost.
contract TestDisputeGame is IDisputeGame {
    uint256 public constant CLOCK = 3.5 days;

    uint64 public immutable createdAt = uint64(block.timestamp);

    bool private lost;

    function lose() external {
        lost = true;
    }

    function status() external view returns (GameStatus) {
        if (lost) return GameStatus.CHALLENGER_WINS;
        return
            block.timestamp < createdAt + CLOCK ? GameStatus.IN_PROGRESS : GameStatus.DEFENDER_WINS;
    }
}

/// @title TestPortalV2
/// @notice A proof for each prover; proving again starts the delay anew. A game counts that was
/// won, not blacklisted, and created after the guardian last retired all there were.
contract TestPortalV2 is TestPortal {
    struct Proven {
        IDisputeGame disputeGameProxy;
        uint64 timestamp;
    }

    mapping(bytes32 withdrawalHash => mapping(address prover => Proven)) public provenWithdrawals;
    mapping(uint256 index => TestDisputeGame) public games;
    mapping(IDisputeGame => bool) public disputeGameBlacklist;
    uint64 public respectedGameTypeUpdatedAt;

    constructor(TestMessagePasser passer_) TestPortal(passer_) {}

    function setOutputRoot(uint256 index, OutputRootProof calldata proof) external override {
        outputRoots[index] = keccak256(abi.encode(proof));
        games[index] = new TestDisputeGame();
    }

    function blacklist(IDisputeGame game) external {
        disputeGameBlacklist[game] = true;
    }

    function retire() external {
        respectedGameTypeUpdatedAt = uint64(block.timestamp);
    }

    function finalizeWithdrawalTransactionExternalProof(
        WithdrawalTransaction calldata transaction,
        address proofSubmitter
    ) external {
        _finalize(transaction, proofSubmitter);
    }

    function checkWithdrawal(bytes32 withdrawalHash, address proofSubmitter) external view {
        if (finalizedWithdrawals[withdrawalHash]) revert FinalizedAlready(withdrawalHash);
        _check(withdrawalHash, proofSubmitter);
    }

    function _setProven(bytes32 hash, uint256 index) internal override {
        IDisputeGame game = games[index];
        if (!_isGood(game)) revert InvalidRootClaim();
        provenWithdrawals[hash][msg.sender] = Proven(game, uint64(block.timestamp));
    }

    function _check(bytes32 hash, address prover) internal view override {
        Proven storage proven = provenWithdrawals[hash][prover];
        _requireMature(hash, prover, proven.timestamp);
        IDisputeGame game = proven.disputeGameProxy;
        if (!_isGood(game) || game.status() != GameStatus.DEFENDER_WINS) revert InvalidRootClaim();
    }

    function _isGood(IDisputeGame game) private view returns (bool) {
        return
            game.status() != GameStatus.CHALLENGER_WINS &&
            !disputeGameBlacklist[game] &&
            game.createdAt() > respectedGameTypeUpdatedAt;
    }
}
