// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

import {ISpecifiesInterchainSecurityModule} from "../interfaces/IInterchainSecurityModule.sol";

/// @title ChosenIsm
/// @notice Asks a recipient for its security module.
library ChosenIsm {
    /// @notice The answer to `interchainSecurityModule()`; zero if the recipient reverts, has no
    /// such function or has no code.
    /// @dev Reverts with empty data when the answer is shorter than a word, or no address. Copies a
    /// word of the answer, so that the caller does not pay for a longer one.
    /// @return ism The module, or zero.
    /// @return answered True if the recipient returned any data.
    function chosenIsm(address recipient) internal view returns (address ism, bool answered) {
        bytes4 selector = ISpecifiesInterchainSecurityModule.interchainSecurityModule.selector;
        assembly ("memory-safe") {
            mstore(0, selector)
            if staticcall(gas(), recipient, 0, 4, 0, 32) {
                answered := iszero(iszero(returndatasize()))
                if answered {
                    ism := mload(0)
                    if or(lt(returndatasize(), 32), shr(160, ism)) {
                        revert(0, 0)
                    }
                }
            }
        }
    }
}
