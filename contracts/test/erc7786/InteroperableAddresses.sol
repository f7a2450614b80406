// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {InteroperableAddress} from "@openzeppelin/contracts/utils/draft-InteroperableAddress.sol";

import {EvmAccount} from "../../erc7786/libs/EvmAccount.sol";

/// @title InteroperableAddresses
/// @notice Our codec of accounts beside OpenZeppelin's, for comparison.
contract InteroperableAddresses {
    /// @notice OpenZeppelin's general form.
    function format(
        bytes2 chainType,
        bytes calldata chainReference,
        bytes calldata addr
    ) external pure returns (bytes memory) {
        return InteroperableAddress.formatV1(chainType, chainReference, addr);
    }

    /// @notice OpenZeppelin's parts of an address; false if it takes it for none.
    function parse(
        bytes calldata account
    ) external pure returns (bool, bytes2, bytes memory, bytes memory) {
        return InteroperableAddress.tryParseV1(account);
    }

    /// @notice OpenZeppelin's form for EVM chains.
    function formatEvm(uint256 chainId, address addr) external pure returns (bytes memory) {
        return InteroperableAddress.formatEvmV1(chainId, addr);
    }

    /// @notice OpenZeppelin's parts for EVM chains.
    function parseEvm(bytes calldata account) external pure returns (bool, uint256, address) {
        return InteroperableAddress.tryParseEvmV1Calldata(account);
    }

    /// @notice Form of an account by `EvmAccount`.
    function formatOurs(uint256 chainId, address addr) external pure returns (bytes memory) {
        return EvmAccount.format(chainId, addr);
    }

    /// @notice Parts of an account by `EvmAccount`.
    function parseOurs(bytes calldata account) external pure returns (bool, uint256, address) {
        return EvmAccount.parse(account);
    }
}
