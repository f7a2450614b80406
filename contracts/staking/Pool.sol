// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {FixedPointMathLib} from "solady/src/utils/FixedPointMathLib.sol";
import {SafeCastLib} from "solady/src/utils/SafeCastLib.sol";

/// @notice Tokens that several accounts own by shares.
struct Pool {
    uint128 assets;
    uint128 shares;
}

using PoolLib for Pool global;

/// @title PoolLib
/// @notice Converts between tokens and shares of a pool. Rewards and punishments change the value
/// of all shares alike.
/// @dev Counts a thousand virtual shares and one virtual token, so that the first depositor cannot
/// raise the price of a share until the deposits of others are rounded to zero.
library PoolLib {
    using FixedPointMathLib for uint256;
    using SafeCastLib for uint256;

    uint256 private constant VIRTUAL_SHARES = 1_000;
    uint256 private constant VIRTUAL_ASSETS = 1;

    /// @notice Deposits tokens.
    /// @return shares The shares for them, rounded down.
    function deposit(Pool storage pool, uint256 assets) internal returns (uint256 shares) {
        Pool memory p = pool;
        shares = assets.fullMulDiv(p.shares + VIRTUAL_SHARES, p.assets + VIRTUAL_ASSETS);
        pool.assets = (p.assets + assets).toUint128();
        pool.shares = (p.shares + shares).toUint128();
    }

    /// @notice Redeems shares.
    /// @return assets The value of the shares, rounded down; at most the tokens of the pool.
    function redeem(Pool storage pool, uint256 shares) internal returns (uint256 assets) {
        assets = pool.worth(shares);
        pool.assets -= uint128(assets);
        pool.shares -= shares.toUint128();
    }

    /// @notice Adds tokens, which raise the value of the existing shares.
    function reward(Pool storage pool, uint256 assets) internal {
        pool.assets = (pool.assets + assets).toUint128();
    }

    /// @notice Removes a fraction of the tokens.
    /// @param fraction In basis points.
    /// @param shares Shares of the account whose loss is returned.
    /// @return taken Rounded down.
    /// @return lost The value that these shares lose, or one unit less.
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

    /// @notice The value of shares, rounded down.
    function worth(Pool storage pool, uint256 shares) internal view returns (uint256) {
        Pool memory p = pool;
        return shares.fullMulDiv(p.assets + VIRTUAL_ASSETS, p.shares + VIRTUAL_SHARES);
    }
}
