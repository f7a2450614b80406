// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";

import {NftRouter} from "./NftRouter.sol";
import {TokenRouter} from "./TokenRouter.sol";

/// @title HypERC721Collateral
/// @notice Locks existing NFTs in outgoing transfers, and returns them in incoming ones.
contract HypERC721Collateral is NftRouter {
    /// @notice The collection has no code.
    error TokenNotContract(address token);

    /// @notice The transfer succeeded, but this router does not own the token.
    error TokenNotReceived(uint256 id);

    /// @notice The collection whose tokens are locked.
    IERC721 public immutable wrappedToken;

    constructor(address erc721, address mailbox) NftRouter(mailbox) {
        if (erc721.code.length == 0) revert TokenNotContract(erc721);

        wrappedToken = IERC721(erc721);
    }

    /// @notice Initializes the contract, once. Only the deployer: see `Initializable`.
    function initialize(address hook, address ism, address owner) external initializer {
        _MailboxClient_initialize(hook, ism, owner);
    }

    /// @inheritdoc TokenRouter
    function token() public view override returns (address) {
        return address(wrappedToken);
    }

    /// @inheritdoc TokenRouter
    function _takeFromSender(uint256 id, uint256) internal override returns (uint256) {
        address owner = wrappedToken.ownerOf(id);
        if (owner != msg.sender) revert NotTokenOwner(msg.sender, owner, id);
        wrappedToken.transferFrom(msg.sender, address(this), id);
        if (wrappedToken.ownerOf(id) != address(this)) revert TokenNotReceived(id);
        return msg.value;
    }

    /// @inheritdoc TokenRouter
    function _transferTo(address recipient, uint256 id) internal override {
        wrappedToken.safeTransferFrom(address(this), recipient, id);
    }
}
