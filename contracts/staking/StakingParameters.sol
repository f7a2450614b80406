// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title StakingParameters
/// @notice The figures of staking. The owner may change them within fixed bounds, and everybody has
/// an unbonding period to leave before a change holds.
abstract contract StakingParameters is Ownable {
    /// @notice Periods in seconds, fractions in basis points (1/10,000), amounts in the stake
    /// token.
    struct Parameters {
        /// @dev From `unstake` to `withdraw`; also how long a rotated key stays punishable.
        uint48 unbondingPeriod;
        /// @dev How long a jailed operator must wait for `unjail`.
        uint48 jailPeriod;
        /// @dev How long an operator may take to sign a leaf before that is censorship.
        uint48 gracePeriod;
        /// @dev How long an operator may take to answer a challenge.
        uint48 answerPeriod;
        /// @dev What a fraud costs the operator's pool.
        uint16 fraudFraction;
        /// @dev What a challenge without answer costs it.
        uint16 censorshipFraction;
        /// @dev What the reporter gets of it, but at most half of what the operator itself loses;
        /// and the least part of its pool that an operator owns, for all of it to count.
        uint16 reporterFraction;
        /// @dev Below it, an operator is not in the active set.
        uint128 minimumStake;
        /// @dev Of the first open challenge of an operator; doubles with each further one.
        uint128 challengeBond;
    }

    /// @notice The owner wants these parameters from `readyAt` (Unix seconds) on.
    event ParametersScheduled(Parameters parameters, uint256 readyAt);

    /// @notice The scheduled change was called off.
    event ParametersCancelled();

    /// @notice These parameters hold from now on.
    event ParametersSet(Parameters parameters);

    /// @notice A parameter is not between its bounds.
    error ParameterOutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice There is no change to apply or to call off.
    error NothingScheduled();

    /// @notice The change holds only from `readyAt` (Unix seconds) on.
    error NotReady(uint256 readyAt);

    uint256 internal constant BASIS = 10_000;

    Parameters internal current;
    Parameters internal scheduled;

    /// @dev What held until `changedAt`; nothing did if that is zero.
    Parameters internal previous;
    uint48 internal changedAt;

    /// @notice When the scheduled change can be applied, Unix seconds; zero if there is none.
    uint256 public readyAt;

    constructor(address owner_, Parameters memory parameters_) Ownable(owner_) {
        _check(parameters_);
        current = parameters_;
        emit ParametersSet(parameters_);
    }

    /// @notice The parameters that hold.
    function parameters() external view returns (Parameters memory) {
        return current;
    }

    /// @notice The parameters that the owner scheduled last.
    function scheduledParameters() external view returns (Parameters memory) {
        return scheduled;
    }

    /// @notice Announces a change, in place of one announced before. Only the owner; reverts
    /// `ParameterOutOfBounds`.
    function scheduleParameters(Parameters calldata parameters_) external onlyOwner {
        _check(parameters_);

        scheduled = parameters_;
        readyAt = block.timestamp + current.unbondingPeriod;

        emit ParametersScheduled(parameters_, readyAt);
    }

    /// @notice Calls the announced change off. Only the owner; reverts `NothingScheduled`.
    function cancelParameters() external onlyOwner {
        if (readyAt == 0) revert NothingScheduled();

        readyAt = 0;

        emit ParametersCancelled();
    }

    /// @notice Makes the announced change. Anyone may call; reverts `NothingScheduled`, `NotReady`.
    function applyParameters() external {
        if (readyAt == 0) revert NothingScheduled();
        if (block.timestamp < readyAt) revert NotReady(readyAt);

        readyAt = 0;
        previous = current;
        changedAt = uint48(block.timestamp);
        current = scheduled;

        emit ParametersSet(scheduled);
    }

    function _check(Parameters memory p) private pure {
        _bound("unbondingPeriod", p.unbondingPeriod, 7 days, 60 days);
        _bound("jailPeriod", p.jailPeriod, 1 hours, 30 days);
        _bound("gracePeriod", p.gracePeriod, 10 minutes, 7 days);
        _bound("answerPeriod", p.answerPeriod, 1 hours, 3 days);
        _bound("fraudFraction", p.fraudFraction, BASIS / 10, BASIS);
        _bound("censorshipFraction", p.censorshipFraction, 1, BASIS / 10);
        _bound("reporterFraction", p.reporterFraction, BASIS / 100, BASIS / 5);
        _bound("minimumStake", p.minimumStake, 1, type(uint96).max);
        _bound("challengeBond", p.challengeBond, 1, type(uint88).max); // doubled seven times at most
    }

    function _bound(string memory name, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert ParameterOutOfBounds(name, value, least, most);
    }
}
