// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @notice The Mailbox's required hook in the low 160 bits, and its nonce in the 32 bits above:
/// every dispatch reads both and writes one.
type HookAndNonce is uint256;

/// @notice A hook in the low 160 bits, and in the bit above whether it follows `IPlanningHook`.
type PlannedHook is uint256;

/// @notice Record of a delivery: the caller of `process` in the low 160 bits, the block number in
/// the bits above.
/// Zero if the message was not delivered.
type DeliveryRecord is uint256;

using HookAndNonceLib for HookAndNonce global;
using PlannedHookLib for PlannedHook global;
using DeliveryRecordLib for DeliveryRecord global;

/// @title HookAndNonceLib
/// @notice Reads and changes the fields of a `HookAndNonce`.
library HookAndNonceLib {
    /// @notice The required hook.
    function hook(HookAndNonce word) internal pure returns (address) {
        return address(uint160(HookAndNonce.unwrap(word)));
    }

    /// @notice The nonce of the next message.
    function nonce(HookAndNonce word) internal pure returns (uint32) {
        return uint32(HookAndNonce.unwrap(word) >> 160);
    }

    /// @notice The word after a dispatch. Reverts with a panic when 2^32 - 1 messages were sent.
    function next(HookAndNonce word) internal pure returns (HookAndNonce) {
        return HookAndNonce.wrap((uint256(word.nonce() + 1) << 160) | uint160(word.hook()));
    }

    /// @notice The word with another required hook.
    function withHook(HookAndNonce word, address hook_) internal pure returns (HookAndNonce) {
        return HookAndNonce.wrap(((HookAndNonce.unwrap(word) >> 160) << 160) | uint160(hook_));
    }
}

/// @title PlannedHookLib
/// @notice Makes and reads a `PlannedHook`.
library PlannedHookLib {
    uint256 private constant PLANS = 1 << 160;

    /// @notice The word of `hook_`; `plans_` is whether the hook follows `IPlanningHook`.
    function from(address hook_, bool plans_) internal pure returns (PlannedHook) {
        return PlannedHook.wrap(uint160(hook_) | (plans_ ? PLANS : 0));
    }

    /// @notice The hook.
    function hook(PlannedHook word) internal pure returns (address) {
        return address(uint160(PlannedHook.unwrap(word)));
    }

    /// @notice Tells whether the hook follows `IPlanningHook`.
    function plans(PlannedHook word) internal pure returns (bool) {
        return PlannedHook.unwrap(word) >= PLANS;
    }
}

/// @title DeliveryRecordLib
/// @notice Makes and reads a `DeliveryRecord`.
library DeliveryRecordLib {
    /// @notice The record of a delivery by `msg.sender` in this block.
    function ofThisCall() internal view returns (DeliveryRecord) {
        return DeliveryRecord.wrap((block.number << 160) | uint160(msg.sender));
    }

    /// @notice Tells whether the message was delivered.
    function exists(DeliveryRecord word) internal pure returns (bool) {
        return DeliveryRecord.unwrap(word) != 0;
    }

    /// @notice The account that delivered the message.
    function processor(DeliveryRecord word) internal pure returns (address) {
        return address(uint160(DeliveryRecord.unwrap(word)));
    }

    /// @notice The block number of the delivery.
    function blockNumber(DeliveryRecord word) internal pure returns (uint48) {
        return uint48(DeliveryRecord.unwrap(word) >> 160);
    }
}
