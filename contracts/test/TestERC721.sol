// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title TestERC721
/// @notice A collection, minted to its creator, whose URIs contain the token id.
contract TestERC721 is ERC721 {
    constructor(uint256 supply) ERC721("Collection", "COL") {
        for (uint256 id; id < supply; ++id) {
            _mint(msg.sender, id);
        }
    }

    /// @inheritdoc ERC721
    function tokenURI(uint256 id) public view override returns (string memory) {
        _requireOwned(id);
        return string.concat("ipfs://x/", Strings.toString(id));
    }
}

/// @title StickyERC721
/// @notice Its transfers succeed without moving anything.
contract StickyERC721 is TestERC721 {
    constructor(uint256 supply) TestERC721(supply) {}

    /// @inheritdoc ERC721
    function transferFrom(address, address, uint256) public override {}
}
