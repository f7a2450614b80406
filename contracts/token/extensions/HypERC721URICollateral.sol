// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC721Metadata} from "@openzeppelin/contracts/interfaces/IERC721Metadata.sol";

import {HypERC721Collateral} from "../HypERC721Collateral.sol";
import {TokenRouter} from "../TokenRouter.sol";

/// @title HypERC721URICollateral
/// @notice Locks existing NFTs, and sends their URIs along. For routes whose other routers are
/// `HypERC721URIStorage`.
contract HypERC721URICollateral is HypERC721Collateral {
    constructor(address erc721, address mailbox) HypERC721Collateral(erc721, mailbox) {}

    /// @inheritdoc TokenRouter
    function _metadata(uint256 id) internal view override returns (bytes memory) {
        return bytes(IERC721Metadata(address(wrappedToken)).tokenURI(id));
    }
}
