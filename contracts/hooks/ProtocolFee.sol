// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {SafeTransferLib} from "solady/src/utils/SafeTransferLib.sol";

import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {Message} from "../libs/Message.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";
import {AbstractPostDispatchHook} from "./AbstractPostDispatchHook.sol";

/// @title ProtocolFee
/// @notice Takes a fixed fee in wei for every message.
contract ProtocolFee is AbstractPostDispatchHook, Ownable {
    using Message for bytes;
    using StandardHookMetadata for bytes;

    /// @notice The fee changed to `protocolFee` wei.
    event ProtocolFeeSet(uint256 protocolFee);

    /// @notice The receiver of fees changed to `beneficiary`.
    event BeneficiarySet(address beneficiary);

    /// @notice The fee for a message of `sender` was paid. Anyone can pay for any sender.
    event ProtocolFeePaid(address indexed sender, uint256 fee);

    /// @notice The value sent is less than the fee.
    error InsufficientProtocolFee(uint256 value, uint256 protocolFee);

    /// @notice The fee exceeds `MAX_PROTOCOL_FEE`.
    error ExceedsMaxProtocolFee(uint256 protocolFee, uint256 maxProtocolFee);

    /// @notice The zero address cannot receive fees.
    error InvalidBeneficiary(address beneficiary);

    /// @inheritdoc IPostDispatchHook
    uint8 public constant hookType = uint8(HookTypes.PROTOCOL_FEE);

    /// @notice The upper bound of the fee, in wei.
    uint256 public immutable MAX_PROTOCOL_FEE;

    /// @notice The fee of a message, in wei.
    uint256 public protocolFee;

    /// @notice The receiver of the fees.
    address public beneficiary;

    constructor(
        uint256 maxProtocolFee,
        uint256 protocolFee_,
        address beneficiary_,
        address owner_
    ) Ownable(owner_) {
        MAX_PROTOCOL_FEE = maxProtocolFee;
        _setProtocolFee(protocolFee_);
        _setBeneficiary(beneficiary_);
    }

    /// @notice Changes the fee. Only the owner; reverts `ExceedsMaxProtocolFee`.
    /// @param protocolFee_ In wei.
    function setProtocolFee(uint256 protocolFee_) external onlyOwner {
        _setProtocolFee(protocolFee_);
    }

    /// @notice Changes the receiver of the fees. Only the owner; reverts `InvalidBeneficiary`.
    function setBeneficiary(address beneficiary_) external onlyOwner {
        _setBeneficiary(beneficiary_);
    }

    /// @notice Sends all fees to the beneficiary. Anyone may call; reverts `ETHTransferFailed`.
    function collectProtocolFees() external {
        SafeTransferLib.safeTransferAllETH(beneficiary);
    }

    /// @inheritdoc IPostDispatchHook
    /// @dev A fee in wei cannot be paid in a token.
    function supportsMetadata(bytes calldata metadata) public view override returns (bool) {
        return
            super.supportsMetadata(metadata) &&
            (metadata.feeToken() == address(0) || protocolFee == 0);
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _postDispatch(bytes calldata metadata, bytes calldata message) internal override {
        uint256 fee = protocolFee;
        if (msg.value < fee) revert InsufficientProtocolFee(msg.value, fee);

        emit ProtocolFeePaid(message.senderAddress(), fee);

        unchecked {
            _refund(metadata, message, msg.value - fee); // fee is at most msg.value
        }
    }

    /// @inheritdoc AbstractPostDispatchHook
    function _quoteDispatch(
        bytes calldata,
        bytes calldata
    ) internal view override returns (uint256) {
        return protocolFee;
    }

    function _setProtocolFee(uint256 protocolFee_) private {
        if (protocolFee_ > MAX_PROTOCOL_FEE) {
            revert ExceedsMaxProtocolFee(protocolFee_, MAX_PROTOCOL_FEE);
        }

        protocolFee = protocolFee_;

        emit ProtocolFeeSet(protocolFee_);
    }

    function _setBeneficiary(address beneficiary_) private {
        if (beneficiary_ == address(0)) revert InvalidBeneficiary(beneficiary_);

        beneficiary = beneficiary_;

        emit BeneficiarySet(beneficiary_);
    }
}
