// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

// For apps that import it from where the reference has it.
// solhint-disable-next-line no-unused-import
import {TokenRouter} from "../TokenRouter.sol";
