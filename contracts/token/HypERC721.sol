// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";

import {ListedERC721} from "./ListedERC721.sol";
import {NftRouter} from "./NftRouter.sol";
import {TokenRouter} from "./TokenRouter.sol";

/// @title HypERC721
/// @notice Synthetic NFTs, backed by NFTs that are locked on other domains: minted by incoming
/// transfers, burnt by outgoing ones.
contract HypERC721 is ListedERC721, NftRouter {
    string private tokenName;

    string private tokenSymbol;

    constructor(address mailbox) ERC721("", "") NftRouter(mailbox) {}

    /// @notice Initializes the contract, once, and mints the ids below `supply` to the caller.
    /// Only the deployer: see `Initializable`.
    function initialize(
        uint256 supply,
        string calldata name_,
        string calldata symbol_,
        address hook,
        address ism,
        address owner
    ) external initializer {
        tokenName = name_;
        tokenSymbol = symbol_;
        for (uint256 id; id < supply; ++id) {
            _safeMint(msg.sender, id);
        }
        _MailboxClient_initialize(hook, ism, owner);
    }

    /// @inheritdoc ERC721
    function name() public view override returns (string memory) {
        return tokenName;
    }

    /// @inheritdoc ERC721
    function symbol() public view override returns (string memory) {
        return tokenSymbol;
    }

    /// @inheritdoc TokenRouter
    function token() public view override returns (address) {
        return address(this);
    }

    /// @inheritdoc TokenRouter
    function _takeFromSender(uint256 id, uint256) internal override returns (uint256) {
        address owner = _requireOwned(id);
        if (owner != msg.sender) revert NotTokenOwner(msg.sender, owner, id);
        _burn(id);
        return msg.value;
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 id) internal override {
        _safeMint(recipient, id);
    }
}
