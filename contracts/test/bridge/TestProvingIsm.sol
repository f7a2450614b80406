// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {WithdrawalTransaction} from "../../interfaces/bridges/IOptimismPortal.sol";
import {
    OPL2ToL1CcipReadIsm,
    OPL2ToL1V1CcipReadIsm,
    OPL2ToL1V2CcipReadIsm
} from "../../isms/ccip-read/OPL2ToL1CcipReadIsm.sol";
import {TestPortalV2} from "./TestOpStack.sol";

/// @title TestProvingIsm
/// @notice Module that proves the withdrawal of a message with an empty body, and finalises that of
/// any other, as a token bridge would.
abstract contract TestProvingIsm is OPL2ToL1CcipReadIsm {
    constructor(
        address opPortal_,
        string[] memory urls_
    ) Ownable(msg.sender) OPL2ToL1CcipReadIsm(opPortal_) {
        _setUrls(urls_);
    }

    function _isProof(bytes calldata message) internal pure override returns (bool) {
        return message.length == 77;
    }
}

/// @title TestProvingIsmV1
contract TestProvingIsmV1 is TestProvingIsm, OPL2ToL1V1CcipReadIsm {
    constructor(address opPortal_, string[] memory urls_) TestProvingIsm(opPortal_, urls_) {}
}

/// @title TestProvingIsmV2
contract TestProvingIsmV2 is TestProvingIsm, OPL2ToL1V2CcipReadIsm {
    constructor(address opPortal_, string[] memory urls_) TestProvingIsm(opPortal_, urls_) {}
}

/// @title TestFinalizer
/// @notice Finalises another withdrawal at the portal while a messenger relays a call to it.
contract TestFinalizer {
    bool public ready;

    function getReady() external {
        ready = true;
    }

    /// @dev Fails before it is ready, so that it can be relayed once more outside the portal.
    function finalize(
        TestPortalV2 portal,
        WithdrawalTransaction calldata transaction,
        address prover
    ) external {
        require(ready, "not ready");
        portal.finalizeWithdrawalTransactionExternalProof(transaction, prover);
    }
}
