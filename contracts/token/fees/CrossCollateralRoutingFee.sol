// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {ICrossCollateralFee} from "../../interfaces/ICrossCollateralFee.sol";
import {ITokenFee, Quote} from "../../interfaces/ITokenFee.sol";
import {FeeType} from "./BaseFee.sol";

/// @title CrossCollateralRoutingFee
/// @notice A fee by destination and the router that pays out there: other contracts set the fees,
/// this one gets them.
contract CrossCollateralRoutingFee is ITokenFee, ICrossCollateralFee, Ownable, PackageVersioned {
    using SafeERC20 for IERC20;

    /// @notice Another contract sets the fees to a router from now on.
    event FeeContractSet(uint32 destination, bytes32 targetRouter, address feeContract);

    /// @notice Fees must be set by a contract.
    error FeeContractNotContract(address feeContract);

    /// @notice Nothing sets a fee to this router, nor for its domain.
    error NoFeeContract(uint32 destination, bytes32 targetRouter);

    /// @notice There must be as many of each.
    error LengthsDiffer(uint256 destinations, uint256 targetRouters, uint256 feeContracts);

    /// @notice Stands for all routers of a domain that have no fee of their own.
    bytes32 public constant DEFAULT_ROUTER = keccak256("RoutingFee.DEFAULT_ROUTER");

    /// @notice The kind of this fee.
    FeeType public constant feeType = FeeType.CROSS_COLLATERAL_ROUTING;

    /// @notice Fee contract of transfers to a router; zero if its domain's are taken.
    mapping(uint32 destination => mapping(bytes32 targetRouter => address)) public feeContracts;

    constructor(address owner) Ownable(owner) {}

    /// @notice Changes what sets the fees to routers; zero for none. Only the owner; reverts
    /// `LengthsDiffer`, `FeeContractNotContract`.
    function setCrossCollateralRouterFeeContracts(
        uint32[] calldata destinations,
        bytes32[] calldata targetRouters,
        address[] calldata feeContracts_
    ) external onlyOwner {
        uint256 count = destinations.length;
        if (count != targetRouters.length || count != feeContracts_.length) {
            revert LengthsDiffer(count, targetRouters.length, feeContracts_.length);
        }
        for (uint256 i; i < count; ++i) {
            address feeContract = feeContracts_[i];
            if (feeContract != address(0) && feeContract.code.length == 0) {
                revert FeeContractNotContract(feeContract);
            }
            feeContracts[destinations[i]][targetRouters[i]] = feeContract;

            emit FeeContractSet(destinations[i], targetRouters[i], feeContract);
        }
    }

    /// @notice Pays out all fees there are in a token. Only the owner.
    function claim(address beneficiary, address token) external onlyOwner {
        IERC20(token).safeTransfer(beneficiary, IERC20(token).balanceOf(address(this)));
    }

    /// @inheritdoc ITokenFee
    /// @dev Reverts `NoFeeContract`.
    function quoteTransferRemote(
        uint32 destination,
        bytes32 recipient,
        uint256 amount
    ) external view returns (Quote[] memory) {
        return _ask(destination, recipient, amount, DEFAULT_ROUTER);
    }

    /// @inheritdoc ICrossCollateralFee
    /// @dev Reverts `NoFeeContract`.
    function quoteTransferRemoteTo(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 targetRouter
    ) external view returns (Quote[] memory) {
        return _ask(destination, recipient, amount, targetRouter);
    }

    function _ask(
        uint32 destination,
        bytes32 recipient,
        uint256 amount,
        bytes32 targetRouter
    ) private view returns (Quote[] memory) {
        address feeContract = feeContracts[destination][targetRouter];
        if (feeContract == address(0)) feeContract = feeContracts[destination][DEFAULT_ROUTER];
        if (feeContract == address(0)) revert NoFeeContract(destination, targetRouter);
        return ITokenFee(feeContract).quoteTransferRemote(destination, recipient, amount);
    }
}
