// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {CrosschainLinked} from "@openzeppelin/contracts/crosschain/CrosschainLinked.sol";
import {BridgeERC20} from "@openzeppelin/contracts/crosschain/bridges/BridgeERC20.sol";
import {BridgeERC721} from "@openzeppelin/contracts/crosschain/bridges/BridgeERC721.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Crosschain} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Crosschain.sol";
import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
// solhint-disable-next-line max-line-length
import {ERC721Crosschain} from "@openzeppelin/contracts/token/ERC721/extensions/ERC721Crosschain.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
// solhint-disable-next-line max-line-length
import {ERC1155Crosschain} from "@openzeppelin/contracts/token/ERC1155/extensions/ERC1155Crosschain.sol";

/// @title Linkable
/// @notice Lets anyone link, once per chain: two contracts that link each other cannot both know
/// the other when they are created.
abstract contract Linkable is CrosschainLinked {
    /// @notice Trusts `counterpart`, an ERC-7930 account, behind `gateway`.
    function link(address gateway, bytes calldata counterpart) external {
        _setLink(gateway, counterpart, false);
    }
}

/// @title TestCrosschainERC20
/// @notice OpenZeppelin's crosschain token, `supply` of it the creator's.
contract TestCrosschainERC20 is ERC20Crosschain, Linkable {
    constructor(uint256 supply) ERC20("Crossing", "CRS") CrosschainLinked(new Link[](0)) {
        _mint(msg.sender, supply);
    }
}

/// @title TestBridgeERC20
/// @notice OpenZeppelin's bridge of a token that exists already.
contract TestBridgeERC20 is BridgeERC20, Linkable {
    constructor(IERC20 token) BridgeERC20(token) CrosschainLinked(new Link[](0)) {}
}

/// @title TestCrosschainERC721
/// @notice OpenZeppelin's crosschain NFT. Anyone mints.
contract TestCrosschainERC721 is ERC721Crosschain, Linkable {
    constructor() ERC721("Crossing", "CRS") CrosschainLinked(new Link[](0)) {}

    /// @notice Makes a token for the caller.
    function mint(uint256 tokenId) external {
        _mint(msg.sender, tokenId);
    }
}

/// @title TestBridgeERC721
/// @notice OpenZeppelin's bridge of NFTs that exist already.
contract TestBridgeERC721 is BridgeERC721, Linkable {
    constructor(IERC721 token) BridgeERC721(token) CrosschainLinked(new Link[](0)) {}
}

/// @title TestCrosschainERC1155
/// @notice OpenZeppelin's crosschain multi-token. Anyone mints.
contract TestCrosschainERC1155 is ERC1155Crosschain, Linkable {
    constructor() ERC1155("") CrosschainLinked(new Link[](0)) {}

    /// @notice Makes tokens for the caller.
    function mint(uint256 id, uint256 amount) external {
        _mint(msg.sender, id, amount, "");
    }
}
