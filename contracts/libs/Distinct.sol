// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {LibSort} from "solady/utils/LibSort.sol";

/// @title Distinct
/// @notice Lists in which nobody may stand twice: a validator or module that did would count twice.
library Distinct {
    /// @notice The list names this address more than once: name it once.
    error DuplicateValue(address value);

    /// @notice Reverts `DuplicateValue`.
    /// @dev Takes time linear in the length, unless it reverts: the error names the first address that
    /// occurs again.
    function check(address[] memory list) internal pure {
        if (!LibSort.hasDuplicate(list)) return;
        for (uint256 i; i < list.length; ++i) {
            for (uint256 j = i + 1; j < list.length; ++j) {
                if (list[i] == list[j]) revert DuplicateValue(list[i]);
            }
        }
    }
}
