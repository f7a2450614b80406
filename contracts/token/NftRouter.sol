// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {TokenRouter} from "./TokenRouter.sol";

/// @title NftRouter
/// @notice The base of NFT routers: amounts are ids, which are neither scaled nor charged fees.
abstract contract NftRouter is TokenRouter {
    /// @notice A fee cannot be paid in NFTs.
    error FeesNotSupported();

    /// @notice The sender does not own the NFT.
    error NotTokenOwner(address sender, address owner, uint256 id);

    constructor(address mailbox) TokenRouter(1, 1, mailbox) {}

    /// @inheritdoc TokenRouter
    function _setFlag(uint96, bool set) internal pure override {
        if (set) revert FeesNotSupported();
    }
}
