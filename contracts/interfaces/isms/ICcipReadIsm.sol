// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {IInterchainSecurityModule} from "../IInterchainSecurityModule.sol";

/// @title ICcipReadIsm
/// @notice A security module whose metadata a server provides, asked as ERC-3668 describes.
interface ICcipReadIsm is IInterchainSecurityModule {
    /// @notice Lookups go to these URLs from now on.
    event UrlsChanged(string[] newUrls);

    /// @notice The list of server URLs must not be empty.
    error NoUrls();

    /// @notice URLs and data of the lookup that gives the metadata. Source: ERC-3668.
    /// @param sender This module.
    /// @param urls Templates, in which {sender} and {data} are replaced; tried in order.
    /// @param callData The request, which replaces {data}.
    /// @param callbackFunction The selector of `verify`, which takes the answer as metadata.
    /// @param extraData The message.
    error OffchainLookup(
        address sender,
        string[] urls,
        bytes callData,
        bytes4 callbackFunction,
        bytes extraData
    );

    /// @notice Always reverts `OffchainLookup`, which states where to get a message's metadata.
    function getOffchainVerifyInfo(bytes calldata message) external view;

    /// @notice Changes where lookups go. Only the owner; reverts `NoUrls`.
    function setUrls(string[] calldata newUrls) external;

    /// @notice URLs of lookups, in the order in which they are tried.
    function urls() external view returns (string[] memory);
}
