// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC165, IERC4906} from "@openzeppelin/contracts/interfaces/IERC4906.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

import {TokenMessage} from "../../libs/TokenMessage.sol";
import {HypERC721} from "../HypERC721.sol";
import {ListedERC721} from "../ListedERC721.sol";
import {TokenRouter} from "../TokenRouter.sol";

/// @title HypERC721URIStorage
/// @notice Synthetic NFTs whose URIs arrive with them.
contract HypERC721URIStorage is HypERC721, IERC4906 {
    using TokenMessage for bytes;

    /// @dev Kept when a token is sent, as its message is encoded after the burn. Valid for existing
    /// tokens only; each arrival overwrites it.
    mapping(uint256 id => string) private uris;

    constructor(address mailbox) HypERC721(mailbox) {}

    /// @inheritdoc ERC721
    function tokenURI(uint256 id) public view override returns (string memory) {
        _requireOwned(id);
        return uris[id];
    }

    /// @inheritdoc IERC165
    function supportsInterface(
        bytes4 id
    ) public view override(ListedERC721, IERC165) returns (bool) {
        return id == 0x49064906 || super.supportsInterface(id); // ERC-4906 has events only
    }

    /// @inheritdoc TokenRouter
    function _handle(uint32 origin, bytes32 sender, bytes calldata body) internal override {
        uint256 id = body.amount();
        // Written before the mint, which calls the recipient.
        uris[id] = string(body.metadata());

        emit MetadataUpdate(id);

        super._handle(origin, sender, body);
    }

    /// @inheritdoc TokenRouter
    function _metadata(uint256 id) internal view override returns (bytes memory) {
        return bytes(uris[id]);
    }
}
