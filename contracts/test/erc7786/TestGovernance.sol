// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

// solhint-disable-next-line max-line-length
import {CrosschainRemoteExecutor} from "@openzeppelin/contracts/crosschain/CrosschainRemoteExecutor.sol";
import {Governor} from "@openzeppelin/contracts/governance/Governor.sol";
// solhint-disable-next-line max-line-length
import {GovernorCountingSimple} from "@openzeppelin/contracts/governance/extensions/GovernorCountingSimple.sol";
// solhint-disable-next-line max-line-length
import {GovernorCrosschain} from "@openzeppelin/contracts/governance/extensions/GovernorCrosschain.sol";

/// @title TestGovernor
/// @notice OpenZeppelin's crosschain governor with one voter, who decides within some blocks.
contract TestGovernor is GovernorCrosschain, GovernorCountingSimple {
    address private immutable voter;

    constructor(address voter_) Governor("Test") {
        voter = voter_;
    }

    /// @inheritdoc Governor
    function votingDelay() public pure override returns (uint256) {
        return 1;
    }

    /// @inheritdoc Governor
    function votingPeriod() public pure override returns (uint256) {
        return 5;
    }

    /// @notice One vote decides.
    function quorum(uint256) public pure override returns (uint256) {
        return 1;
    }

    /// @notice The present block's number.
    function clock() public view override returns (uint48) {
        return uint48(block.number);
    }

    /// @notice Blocks are counted. Source: ERC-6372.
    // solhint-disable-next-line func-name-mixedcase
    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=blocknumber&from=default";
    }

    function _getVotes(
        address account,
        uint256,
        bytes memory
    ) internal view override returns (uint256) {
        return account == voter ? 1 : 0;
    }
}

/// @title TestRemoteExecutor
/// @notice OpenZeppelin's executor as it is, with a name for our build.
contract TestRemoteExecutor is CrosschainRemoteExecutor {
    constructor(
        address gateway,
        bytes memory controller
    ) CrosschainRemoteExecutor(gateway, controller) {}
}

/// @title TestDecision
/// @notice A number that its owner decides.
contract TestDecision {
    /// @notice The caller is not the owner.
    error NotOwner(address caller);

    /// @notice The account that decides.
    address public immutable owner;

    /// @notice The number decided last.
    uint256 public decided;

    constructor(address owner_) {
        owner = owner_;
    }

    /// @notice Decides. Only the owner.
    function decide(uint256 number) external {
        if (msg.sender != owner) revert NotOwner(msg.sender);
        decided = number;
    }
}
