// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {TokenRouter} from "./TokenRouter.sol";

/// @title NftRouter
/// @notice A router of NFTs: amounts are ids, of which nothing can be scaled or charged.
abstract contract NftRouter is TokenRouter {
    /// @notice A fee cannot be paid in NFTs.
    error FeesNotSupported();

    /// @notice Only its owner can send an NFT.
    error NotTokenOwner(address sender, address owner, uint256 id);

    constructor(address mailbox) TokenRouter(1, 1, mailbox) {}

    /// @inheritdoc TokenRouter
    function _setFlag(uint96, bool set) internal pure override {
        if (set) revert FeesNotSupported();
    }
}
