// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

/// @title StakingParameters
/// @notice The parameters of staking. The owner may change them within fixed bounds. A change
/// applies an unbonding period after its announcement, so that everybody has time to leave.
abstract contract StakingParameters is Ownable {
    /// @notice Periods in seconds, fractions in basis points (1/10,000), amounts in the stake
    /// token.
    struct Parameters {
        /// @dev Seconds from `unstake` to `withdraw`; also the time for which a rotated key stays
        /// punishable.
        uint48 unbondingPeriod;
        /// @dev Seconds that a jailed operator waits before `unjail`.
        uint48 jailPeriod;
        /// @dev Seconds that an operator has to sign a leaf before it can be challenged.
        uint48 gracePeriod;
        /// @dev Seconds that an operator has to answer a challenge.
        uint48 answerPeriod;
        /// @dev The fraction of the operator's pool that is confiscated for a fraud.
        uint16 fraudFraction;
        /// @dev The fraction that is confiscated for an unanswered challenge.
        uint16 censorshipFraction;
        /// @dev The reporter's fraction of the confiscated stake, at most half of the operator's
        /// own loss. Also the smallest part of its pool that an operator must own for the whole
        /// pool to count.
        uint16 reporterFraction;
        /// @dev The smallest stake of an operator in the active set.
        uint128 minimumStake;
        /// @dev The bond of the first open challenge of an operator; doubles with each further one.
        uint128 challengeBond;
    }

    /// @notice The owner announced these parameters; they can be applied from `readyAt`, Unix
    /// seconds.
    event ParametersScheduled(Parameters parameters, uint256 readyAt);

    /// @notice The scheduled change was cancelled.
    event ParametersCancelled();

    /// @notice The parameters changed.
    event ParametersSet(Parameters parameters);

    /// @notice A parameter is not between its bounds.
    error ParameterOutOfBounds(string parameter, uint256 value, uint256 least, uint256 most);

    /// @notice No change is scheduled.
    error NothingScheduled();

    /// @notice The change can be applied from `readyAt`, Unix seconds.
    error NotReady(uint256 readyAt);

    uint256 internal constant BASIS = 10_000;

    Parameters internal current;
    Parameters internal scheduled;

    /// @dev The parameters before `changedAt`; unset if that is zero.
    Parameters internal previous;
    uint48 internal changedAt;

    /// @notice Unix second from which the scheduled change can be applied; zero if there is none.
    uint256 public readyAt;

    constructor(address owner_, Parameters memory parameters_) Ownable(owner_) {
        _check(parameters_);
        current = parameters_;
        emit ParametersSet(parameters_);
    }

    /// @notice The current parameters.
    function parameters() external view returns (Parameters memory) {
        return current;
    }

    /// @notice The parameters that the owner scheduled last.
    function scheduledParameters() external view returns (Parameters memory) {
        return scheduled;
    }

    /// @notice Announces a change, and replaces one announced before. Only the owner; reverts
    /// `ParameterOutOfBounds`.
    function scheduleParameters(Parameters calldata parameters_) external onlyOwner {
        _check(parameters_);

        scheduled = parameters_;
        readyAt = block.timestamp + current.unbondingPeriod;

        emit ParametersScheduled(parameters_, readyAt);
    }

    /// @notice Cancels the announced change. Only the owner; reverts `NothingScheduled`.
    function cancelParameters() external onlyOwner {
        if (readyAt == 0) revert NothingScheduled();

        readyAt = 0;

        emit ParametersCancelled();
    }

    /// @notice Applies the announced change. Anyone may call; reverts `NothingScheduled`,
    /// `NotReady`.
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
        // At most doubled seven times, which fits 96 bits.
        _bound("challengeBond", p.challengeBond, 1, type(uint88).max);
    }

    function _bound(string memory name, uint256 value, uint256 least, uint256 most) private pure {
        if (value < least || value > most) revert ParameterOutOfBounds(name, value, least, most);
    }
}
