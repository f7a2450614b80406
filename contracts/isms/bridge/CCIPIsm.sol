// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {Any2EVMMessage, IAny2EVMMessageReceiver} from "../../interfaces/bridges/ICcip.sol";
import {AbstractMessageIdAuthorizedIsm} from "./AbstractMessageIdAuthorizedIsm.sol";

/// @title CCIPIsm
/// @notice Verifies messages of a `CCIPHook` on another chain, over Chainlink CCIP.
contract CCIPIsm is AbstractMessageIdAuthorizedIsm, IAny2EVMMessageReceiver, IERC165 {
    /// @notice The caller is not CCIP's router.
    error InvalidRouter(address router);

    /// @notice The message is not from the hook's chain.
    error WrongOrigin(uint64 selector, uint64 ccipOrigin);

    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.NULL);

    /// @notice CCIP's router on this chain.
    address public immutable getRouter;

    /// @notice CCIP's selector of the origin.
    uint64 public immutable ccipOrigin;

    constructor(address ccipRouter, uint64 ccipOrigin_) {
        _requireContract(ccipRouter);
        getRouter = ccipRouter;
        ccipOrigin = ccipOrigin_;
    }

    /// @notice Receives the id of a dispatched message. Only CCIP's router may call, and only for
    /// the hook on the origin. Reverts `InvalidRouter`, `WrongOrigin`, `SenderNotHook`,
    /// `MessageAlreadyVerified`.
    function ccipReceive(Any2EVMMessage calldata message) external {
        if (msg.sender != getRouter) revert InvalidRouter(msg.sender);
        if (message.sourceChainSelector != ccipOrigin) {
            revert WrongOrigin(message.sourceChainSelector, ccipOrigin);
        }
        bytes32 sender = abi.decode(message.sender, (bytes32));
        _preVerify(sender, abi.decode(message.data, (bytes32)), 0);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return
            interfaceId == type(IAny2EVMMessageReceiver).interfaceId ||
            interfaceId == type(IERC165).interfaceId;
    }

    /// @inheritdoc AbstractMessageIdAuthorizedIsm
    /// @dev Not used: CCIP calls `ccipReceive`.
    function _crossChainSender() internal pure override returns (bytes32) {
        revert NotCrossChainCall();
    }
}
