// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {EnumerableSet} from "@openzeppelin/contracts/utils/structs/EnumerableSet.sol";

import {ITokenFee, Quote} from "../../interfaces/ITokenFee.sol";
import {DomainSet} from "../../libs/DomainSet.sol";
import {BaseFee, FeeType} from "./BaseFee.sol";

/// @title RoutingFee
/// @notice A fee by destination: other contracts set the fees, this one gets them.
contract RoutingFee is BaseFee {
    using EnumerableSet for EnumerableSet.UintSet;

    /// @notice Another contract sets the fees to a domain from now on.
    event FeeContractSet(uint32 destination, address feeContract);

    /// @notice Fees must be set by a contract.
    error FeeContractNotContract(address feeContract);

    /// @inheritdoc BaseFee
    FeeType public constant override feeType = FeeType.ROUTING;

    /// @notice Fee contract of transfers to a domain; zero if transfers there are free.
    mapping(uint32 destination => address) public feeContracts;

    EnumerableSet.UintSet private destinations;

    constructor(
        address token,
        address owner
    ) BaseFee(token, type(uint256).max, type(uint256).max, owner) {}

    /// @notice Changes what sets the fees to a domain; zero for none. Only the owner; reverts
    /// `FeeContractNotContract`.
    function setFeeContract(uint32 destination, address feeContract) external onlyOwner {
        if (feeContract == address(0)) {
            destinations.remove(destination);
        } else {
            if (feeContract.code.length == 0) revert FeeContractNotContract(feeContract);
            destinations.add(destination);
        }
        feeContracts[destination] = feeContract;

        emit FeeContractSet(destination, feeContract);
    }

    /// @inheritdoc ITokenFee
    /// @dev Empty if transfers to the destination are free.
    function quoteTransferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external view returns (Quote[] memory) {
        address feeContract = feeContracts[destination];
        if (feeContract == address(0)) return new Quote[](0);
        return ITokenFee(feeContract).quoteTransferRemote(destination, recipient, amount);
    }

    /// @notice The domains with fees.
    function domains() external view returns (uint32[] memory) {
        return DomainSet.list(destinations);
    }
}
