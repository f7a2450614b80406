// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {FixedPointMathLib} from "solady/utils/FixedPointMathLib.sol";
import {SafeCastLib} from "solady/utils/SafeCastLib.sol";

/// @notice Tokens that many own by shares.
struct Pool {
    uint128 assets;
    uint128 shares;
}

using PoolLib for Pool global;

/// @title PoolLib
/// @notice Shares of a pool that rewards and punishments change for all alike.
/// @dev A thousand shares and one token that nobody owns are counted in, so that whoever comes
/// first cannot make the price of a share so high that what others bring is rounded to nothing.
library PoolLib {
    using FixedPointMathLib for uint256;
    using SafeCastLib for uint256;

    uint256 private constant VIRTUAL_SHARES = 1_000;
    uint256 private constant VIRTUAL_ASSETS = 1;

    /// @notice Puts tokens in.
    /// @return shares What they are worth, rounded down.
    function deposit(Pool storage pool, uint256 assets) internal returns (uint256 shares) {
        Pool memory p = pool;
        shares = assets.fullMulDiv(p.shares + VIRTUAL_SHARES, p.assets + VIRTUAL_ASSETS);
        pool.assets = (p.assets + assets).toUint128();
        pool.shares = (p.shares + shares).toUint128();
    }

    /// @notice Takes tokens out.
    /// @return assets What the shares are worth, rounded down; never more than there is.
    function redeem(Pool storage pool, uint256 shares) internal returns (uint256 assets) {
        assets = pool.worth(shares);
        pool.assets -= uint128(assets);
        pool.shares -= shares.toUint128();
    }

    /// @notice Adds tokens that belong to the shares there are.
    function reward(Pool storage pool, uint256 assets) internal {
        pool.assets = (pool.assets + assets).toUint128();
    }

    /// @notice Takes a fraction of the tokens away.
    /// @param fraction In basis points.
    /// @param shares Some of those there are.
    /// @return taken Rounded down.
    /// @return lost What these shares are worth less by it, or one unit less than that.
    function slash(
        Pool storage pool,
        uint256 fraction,
        uint256 shares
    ) internal returns (uint256 taken, uint256 lost) {
        Pool memory p = pool;
        taken = (uint256(p.assets) * fraction) / 10_000;
        lost = shares.fullMulDiv(taken, p.shares + VIRTUAL_SHARES);
        pool.assets = p.assets - uint128(taken);
    }

    /// @notice What shares are worth, rounded down.
    function worth(Pool storage pool, uint256 shares) internal view returns (uint256) {
        Pool memory p = pool;
        return shares.fullMulDiv(p.assets + VIRTUAL_ASSETS, p.shares + VIRTUAL_SHARES);
    }
}
