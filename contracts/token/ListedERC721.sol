// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {ERC721} from "@openzeppelin/contracts/token/ERC721/ERC721.sol";
import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Enumerable} from "@openzeppelin/contracts/interfaces/IERC721Enumerable.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title ListedERC721
/// @notice An ERC-721 whose tokens can be enumerated, in total and by owner.
/// @dev A new token takes three slots, one of which eight tokens of an owner share. The lists are
/// unordered: the last element replaces a removed one.
abstract contract ListedERC721 is ERC721, IERC721Enumerable {
    using SafeCast for uint256;

    /// @dev Fits one slot.
    struct Place {
        address owner;
        /// @dev The token's index in its owner's list.
        uint32 owned;
        /// @dev The token's index in `ids`.
        uint32 listed;
    }

    /// @notice The index exceeds the list of `account`; zero for the list of all tokens.
    error IndexOutOfBounds(address account, uint256 index);

    uint256[] private ids;

    mapping(uint256 id => Place) private places;

    /// @dev The indices in `ids` of an account's tokens.
    mapping(address account => uint32[]) private lists;

    /// @inheritdoc IERC721Enumerable
    function totalSupply() external view returns (uint256) {
        return ids.length;
    }

    /// @inheritdoc IERC721Enumerable
    function tokenByIndex(uint256 index) external view returns (uint256) {
        if (index >= ids.length) revert IndexOutOfBounds(address(0), index);
        return ids[index];
    }

    /// @inheritdoc IERC721Enumerable
    function tokenOfOwnerByIndex(address account, uint256 index) external view returns (uint256) {
        if (index >= lists[account].length) revert IndexOutOfBounds(account, index);
        return ids[lists[account][index]];
    }

    /// @inheritdoc IERC721
    function balanceOf(address account) public view override(ERC721, IERC721) returns (uint256) {
        if (account == address(0)) revert ERC721InvalidOwner(account);
        return lists[account].length;
    }

    /// @inheritdoc IERC165
    function supportsInterface(
        bytes4 id
    ) public view virtual override(ERC721, IERC165) returns (bool) {
        return id == type(IERC721Enumerable).interfaceId || super.supportsInterface(id);
    }

    /// @inheritdoc ERC721
    function _update(
        address to,
        uint256 id,
        address authorized
    ) internal override returns (address from) {
        Place memory place = places[id];
        from = place.owner;
        if (authorized != address(0)) _checkAuthorized(from, authorized, id);

        if (from == address(0)) {
            place.listed = ids.length.toUint32();
            ids.push(id);
        } else {
            _approve(address(0), id, address(0), false);
            _leave(lists[from], place.owned);
        }
        if (to == address(0)) {
            delete places[id];
            _unlist(place.listed);
        } else {
            place.owner = to;
            place.owned = lists[to].length.toUint32();
            places[id] = place;
            lists[to].push(place.listed);
        }

        emit Transfer(from, to, id);
    }

    /// @inheritdoc ERC721
    function _ownerOf(uint256 id) internal view override returns (address) {
        return places[id].owner;
    }

    /// @dev Removes a token from its owner's list.
    function _leave(uint32[] storage list, uint32 position) private {
        uint32 last = list[list.length - 1];
        list[position] = last;
        places[ids[last]].owned = position;
        list.pop();
    }

    /// @dev Removes an id from `ids`.
    function _unlist(uint32 position) private {
        uint256 last = ids[ids.length - 1];
        ids.pop();
        if (position == ids.length) return;

        ids[position] = last;
        Place storage place = places[last];
        place.listed = position;
        lists[place.owner][place.owned] = position;
    }
}
