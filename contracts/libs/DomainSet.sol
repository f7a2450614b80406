// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

/// @title DomainSet
/// @notice A set of domains that can be listed.
library DomainSet {
    using EnumerableSet for EnumerableSet.UintSet;

    /// @notice All domains of the set, in no particular order.
    function list(
        EnumerableSet.UintSet storage set
    ) internal view returns (uint32[] memory domains) {
        uint256[] memory values = set.values();
        assembly ("memory-safe") {
            domains := values // only uint32 are ever added
        }
    }
}
