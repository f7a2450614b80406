// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {PackageVersioned} from "../base/PackageVersioned.sol";
import {ICrossCollateralRouter} from "../interfaces/ICrossCollateralRouter.sol";
import {Call, IInterchainAccountRouter} from "../interfaces/IInterchainAccountRouter.sol";
import {IPermit2} from "../interfaces/IPermit2.sol";
import {ITokenBridge} from "../interfaces/ITokenBridge.sol";
import {Quote} from "../interfaces/ITokenFee.sol";
import {IOffchainQuoter} from "../interfaces/hooks/IOffchainQuoter.sol";
import {Allowance} from "./libs/Allowance.sol";

/// @title QuotedCalls
/// @notice Executes several commands in one transaction, so that quotes signed for a single
/// transaction apply to its transfers. Each byte of `commands` is a command; `inputs` has its
/// input.
///
/// | command | does                                | input, ABI-encoded                          |
/// |---------|-------------------------------------|---------------------------------------------|
/// | 0       | submit a signed quote               | quoter, SignedQuote, signature, client salt |
/// | 1       | give a Permit2 allowance            | PermitSingle, signature                     |
/// | 2       | take the caller's tokens by Permit2 | token, uint160 amount                       |
/// | 3       | take the caller's tokens            | token, amount                               |
/// | 4       | `transferRemote`                    | fields of `Transfer`                        |
/// | 5       | `transferRemoteTo`                  | fields of `TransferTo`                      |
/// | 6       | `callRemoteWithOverrides`           | fields of `AccountCall`                     |
/// | 7       | `callRemoteCommitReveal`            | fields of `AccountCommitment`               |
/// | 8       | give the caller all that is left    | token, zero for ether alone                 |
///
/// An amount of 2^255 stands for the whole balance. Salts are replaced by keccak256(caller ‖ salt),
/// so that no caller can use the quotes and accounts of others.
///
/// @dev An allowance to this contract is spent only by calls of its owner, and no command makes an
/// arbitrary call; still, approve only what the call takes. Leave no tokens here: anybody can take
/// them. Approvals for a call are revoked after it, as the called contract could otherwise take the
/// tokens of a later caller.
contract QuotedCalls is PackageVersioned, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev `approval` is the allowance of `token` for `route`; zero for none.
    struct Transfer {
        address route;
        uint32 destination;
        bytes32 recipient;
        uint256 amount;
        uint256 value;
        address token;
        uint256 approval;
    }

    struct TransferTo {
        address route;
        uint32 destination;
        bytes32 recipient;
        uint256 amount;
        bytes32 targetRouter;
        uint256 value;
        address token;
        uint256 approval;
    }

    struct AccountCall {
        address accounts;
        uint32 destination;
        bytes32 router;
        bytes32 ism;
        Call[] calls;
        bytes hookMetadata;
        bytes32 salt;
        uint256 value;
        address token;
        uint256 approval;
    }

    struct AccountCommitment {
        address accounts;
        uint32 destination;
        bytes32 router;
        bytes32 ism;
        bytes hookMetadata;
        address hook;
        bytes32 salt;
        bytes32 commitment;
        uint256 value;
        address token;
        uint256 approval;
    }

    /// @notice The command does not exist.
    error InvalidCommandType(uint256 commandType);

    /// @notice The quote was signed for another caller or with another salt.
    error InvalidSalt();

    /// @notice The numbers of commands and of inputs differ.
    error LengthMismatch(uint256 commands, uint256 inputs);

    uint256 public constant SUBMIT_QUOTE = 0;
    uint256 public constant PERMIT2_PERMIT = 1;
    uint256 public constant PERMIT2_TRANSFER_FROM = 2;
    uint256 public constant TRANSFER_FROM = 3;
    uint256 public constant TRANSFER_REMOTE = 4;
    uint256 public constant TRANSFER_REMOTE_TO = 5;
    uint256 public constant CALL_REMOTE_WITH_OVERRIDES = 6;
    uint256 public constant CALL_REMOTE_COMMIT_REVEAL = 7;
    uint256 public constant SWEEP = 8;

    /// @dev The gas limit that paymasters assume when metadata gives none.
    uint256 private constant DEFAULT_GAS = 50_000;

    /// @notice The amount that stands for the whole balance of this contract.
    uint256 public constant CONTRACT_BALANCE = 1 << 255;

    /// @notice The Permit2 contract.
    IPermit2 public immutable PERMIT2;

    constructor(address permit2) {
        PERMIT2 = IPermit2(permit2);
    }

    /// @notice Accepts hooks' refunds, which the caller can sweep.
    receive() external payable {}

    /// @notice Executes all commands, or reverts. Reverts `LengthMismatch`, `InvalidCommandType`,
    /// `InvalidSalt`, and with the errors of called contracts.
    function execute(
        bytes calldata commands,
        bytes[] calldata inputs
    ) external payable nonReentrant {
        _requireInputs(commands, inputs);
        for (uint256 i; i < commands.length; ++i) {
            _execute(uint8(commands[i]), inputs[i]);
        }
    }

    /// @notice The cost of the transfers and calls among these commands, with the submitted quotes
    /// applied. For static calls: of the commands only quotes are executed. Reverts as `execute`
    /// does.
    /// @dev Amounts must be given: there is no balance that `CONTRACT_BALANCE` could stand for.
    /// @return results The quotes of each command; empty for commands that cost nothing.
    function quoteExecute(
        bytes calldata commands,
        bytes[] calldata inputs
    ) external returns (Quote[][] memory results) {
        _requireInputs(commands, inputs);
        results = new Quote[][](commands.length);
        for (uint256 i; i < commands.length; ++i) {
            results[i] = _quote(uint8(commands[i]), inputs[i]);
        }
    }

    function _execute(uint256 command, bytes calldata input) private {
        if (command == SUBMIT_QUOTE) _submitQuote(input);
        else if (command == PERMIT2_PERMIT) _permit(input);
        else if (command == PERMIT2_TRANSFER_FROM) _takeByPermit2(input);
        else if (command == TRANSFER_FROM) _take(input);
        else if (command == TRANSFER_REMOTE) _transfer(abi.decode(input, (Transfer)));
        else if (command == TRANSFER_REMOTE_TO) _transferTo(abi.decode(input, (TransferTo)));
        else if (command == CALL_REMOTE_WITH_OVERRIDES) _call(_accountCall(input));
        else if (command == CALL_REMOTE_COMMIT_REVEAL) _commit(_accountCommitment(input));
        else if (command == SWEEP) _sweep(abi.decode(input, (address)));
        else revert InvalidCommandType(command);
    }

    function _submitQuote(bytes calldata input) private {
        (
            address quoter,
            IOffchainQuoter.SignedQuote memory quote,
            bytes memory signature,
            bytes32 salt
        ) = abi.decode(input, (address, IOffchainQuoter.SignedQuote, bytes, bytes32));
        if (quote.salt != _own(salt)) revert InvalidSalt();
        IOffchainQuoter(quoter).submitQuote(quote, signature);
    }

    function _permit(bytes calldata input) private {
        (IPermit2.PermitSingle memory permitSingle, bytes memory signature) = abi.decode(
            input,
            (IPermit2.PermitSingle, bytes)
        );
        // Fails harmlessly if another account submitted the permit before; without an allowance,
        // taking the tokens fails.
        try PERMIT2.permit(msg.sender, permitSingle, signature) {} catch {}
    }

    function _takeByPermit2(bytes calldata input) private {
        (address token, uint160 amount) = abi.decode(input, (address, uint160));
        PERMIT2.transferFrom(msg.sender, address(this), amount, token);
    }

    function _take(bytes calldata input) private {
        (address token, uint256 amount) = abi.decode(input, (address, uint256));
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
    }

    function _transfer(Transfer memory transfer) private {
        uint256 amount = _resolve(transfer.token, transfer.amount);
        _approve(transfer.token, transfer.route, transfer.approval);
        ITokenBridge(transfer.route).transferRemote{value: _resolve(address(0), transfer.value)}(
            transfer.destination,
            transfer.recipient,
            amount
        );
        Allowance.revoke(transfer.token, transfer.route);
    }

    function _transferTo(TransferTo memory transfer) private {
        uint256 amount = _resolve(transfer.token, transfer.amount);
        _approve(transfer.token, transfer.route, transfer.approval);
        ICrossCollateralRouter(transfer.route).transferRemoteTo{
            value: _resolve(address(0), transfer.value)
        }(transfer.destination, transfer.recipient, amount, transfer.targetRouter);
        Allowance.revoke(transfer.token, transfer.route);
    }

    function _call(AccountCall memory call) private {
        _approve(call.token, call.accounts, call.approval);
        IInterchainAccountRouter(call.accounts).callRemoteWithOverrides{
            value: _resolve(address(0), call.value)
        }(call.destination, call.router, call.ism, call.calls, call.hookMetadata, _own(call.salt));
        Allowance.revoke(call.token, call.accounts);
    }

    function _commit(AccountCommitment memory call) private {
        _approve(call.token, call.accounts, call.approval);
        IInterchainAccountRouter(call.accounts).callRemoteCommitReveal{
            value: _resolve(address(0), call.value)
        }(
            call.destination,
            call.router,
            call.ism,
            call.hookMetadata,
            call.hook,
            _own(call.salt),
            call.commitment
        );
        Allowance.revoke(call.token, call.accounts);
    }

    function _sweep(address token) private {
        // Zero amounts are skipped: some tokens refuse to transfer zero, and some callers refuse
        // ether.
        uint256 tokens = token == address(0) ? 0 : IERC20(token).balanceOf(address(this));
        if (tokens != 0) IERC20(token).safeTransfer(msg.sender, tokens);
        uint256 value = address(this).balance;
        if (value != 0) Address.sendValue(payable(msg.sender), value);
    }

    function _approve(address token, address spender, uint256 amount) private {
        if (token != address(0)) IERC20(token).forceApprove(spender, _resolve(token, amount));
    }

    function _quote(uint256 command, bytes calldata input) private returns (Quote[] memory) {
        if (command == TRANSFER_REMOTE) return _quoteTransfer(abi.decode(input, (Transfer)));
        if (command == TRANSFER_REMOTE_TO) return _quoteTransferTo(abi.decode(input, (TransferTo)));
        if (command == CALL_REMOTE_WITH_OVERRIDES) return _quoteCall(_accountCall(input));
        if (command == CALL_REMOTE_COMMIT_REVEAL) return _quoteCommit(_accountCommitment(input));
        if (command == SUBMIT_QUOTE) _submitQuote(input);
        else if (command > SWEEP) revert InvalidCommandType(command);
        return new Quote[](0);
    }

    function _quoteTransfer(Transfer memory transfer) private view returns (Quote[] memory) {
        return
            ITokenBridge(transfer.route).quoteTransferRemote(
                transfer.destination,
                transfer.recipient,
                transfer.amount
            );
    }

    function _quoteTransferTo(TransferTo memory transfer) private view returns (Quote[] memory) {
        return
            ICrossCollateralRouter(transfer.route).quoteTransferRemoteTo(
                transfer.destination,
                transfer.recipient,
                transfer.amount,
                transfer.targetRouter
            );
    }

    function _quoteCall(AccountCall memory call) private view returns (Quote[] memory) {
        return
            _single(
                call.token,
                IInterchainAccountRouter(call.accounts).quoteGasPayment(
                    call.token,
                    call.destination,
                    _gasLimit(call.hookMetadata)
                )
            );
    }

    function _quoteCommit(AccountCommitment memory call) private view returns (Quote[] memory) {
        return
            _single(
                call.token,
                IInterchainAccountRouter(call.accounts).quoteGasForCommitReveal(
                    call.token,
                    call.destination,
                    _gasLimit(call.hookMetadata)
                )
            );
    }

    /// @dev The salt bound to the caller.
    function _own(bytes32 salt) private view returns (bytes32) {
        return keccak256(abi.encodePacked(msg.sender, salt));
    }

    function _resolve(address token, uint256 amount) private view returns (uint256) {
        if (amount != CONTRACT_BALANCE) return amount;
        return token == address(0) ? address(this).balance : IERC20(token).balanceOf(address(this));
    }

    function _requireInputs(bytes calldata commands, bytes[] calldata inputs) private pure {
        if (commands.length != inputs.length) {
            revert LengthMismatch(commands.length, inputs.length);
        }
    }

    function _accountCall(bytes calldata input) private pure returns (AccountCall memory) {
        return abi.decode(_asStruct(input), (AccountCall));
    }

    function _accountCommitment(
        bytes calldata input
    ) private pure returns (AccountCommitment memory) {
        return abi.decode(_asStruct(input), (AccountCommitment));
    }

    /// @dev Turns encoded fields into an encoded struct: a struct with fields of dynamic size is
    /// encoded as the fields alone, preceded by the offset at which it starts.
    function _asStruct(bytes calldata fields) private pure returns (bytes memory) {
        return bytes.concat(bytes32(uint256(32)), fields);
    }

    /// @dev Reads as `StandardHookMetadata.gasLimit` does, from metadata in memory.
    function _gasLimit(bytes memory metadata) private pure returns (uint256 gasLimit) {
        if (metadata.length < 66) return DEFAULT_GAS;
        assembly ("memory-safe") {
            gasLimit := mload(add(metadata, 66)) // after the length, the variant and the value
        }
    }

    function _single(address token, uint256 amount) private pure returns (Quote[] memory quotes) {
        quotes = new Quote[](1);
        quotes[0] = Quote(token, amount);
    }
}
