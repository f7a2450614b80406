// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IPlanningHook} from "../interfaces/hooks/IPlanningHook.sol";

/// @title TestPlanner
/// @notice Claims to support `planDispatch`, and answers every other call with the same bytes.
contract TestPlanner {
    bytes private answer;

    constructor(bytes memory answer_) {
        answer = answer_;
    }

    function plansDispatch() external pure returns (bytes4) {
        return IPlanningHook.planDispatch.selector;
    }

    fallback() external payable {
        bytes memory data = answer;
        assembly ("memory-safe") {
            return(add(data, 32), mload(data))
        }
    }
}
