// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title AccountCalls
/// @notice The low-level calls of interchain accounts and their router.
library AccountCalls {
    /// @notice The account to call is none: its code is empty, and it was to do something.
    error TargetNotContract(address target);

    /// @dev The value that stands for the whole balance, 2^256 - 1.
    uint256 private constant WHOLE_BALANCE =
        0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff;

    /// @dev The value that stands for a delegate call, 2^256 - 2.
    uint256 private constant DELEGATE_CALL =
        0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe;

    /// @notice Calls `to` with `data`, and with `value` wei unless that is one of the two above.
    /// @dev Passes a revert on as it is, and ignores what comes back otherwise. Reverts
    /// `TargetNotContract` when data, or a delegate call, meets no code; plain value needs none.
    /// Uses memory after the free pointer and leaves the pointer, so that a loop does not grow it.
    function make(address to, uint256 value, bytes calldata data) internal {
        bool plain = data.length == 0;
        bool success;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, data.offset, data.length)
            switch eq(value, DELEGATE_CALL)
            case 0 {
                if eq(value, WHOLE_BALANCE) {
                    value := selfbalance()
                }
                success := call(gas(), to, value, free, data.length, 0, 0)
            }
            default {
                plain := 0
                success := delegatecall(gas(), to, free, data.length, 0, 0)
            }
            if iszero(success) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
            // Whoever answers has code.
            plain := or(plain, gt(returndatasize(), 0))
        }
        if (!plain && to.code.length == 0) revert TargetNotContract(to);
    }

    /// @notice `account.multicall{value: msg.value}(calls)`; `encoded` is `abi.encode(calls)`.
    /// @dev Passes a revert on as it is. Does not check that `account` has code.
    function multicall(address account, bytes calldata encoded) internal {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, shl(224, 0x65604f83)) // multicall((bytes32,uint256,bytes)[])
            calldatacopy(add(free, 4), encoded.offset, encoded.length)
            let size := add(encoded.length, 4)
            if iszero(call(gas(), account, callvalue(), free, size, 0, 0)) {
                returndatacopy(free, 0, returndatasize())
                revert(free, returndatasize())
            }
        }
    }

    /// @notice Address that CREATE2 gives to code with this hash. Source: EIP-1014.
    function created(
        address creator,
        bytes32 salt,
        bytes32 codeHash
    ) internal pure returns (address account) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, or(shl(248, 0xff), shl(88, creator)))
            mstore(add(free, 21), salt)
            mstore(add(free, 53), codeHash)
            account := shr(96, shl(96, keccak256(free, 85)))
        }
    }
}
