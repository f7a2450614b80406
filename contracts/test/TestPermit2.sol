// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IPermit2} from "../interfaces/IPermit2.sol";

/// @title TestPermit2
/// @notice Permit2's allowances: hashes and rules are Permit2's.
contract TestPermit2 is IPermit2 {
    using SafeERC20 for IERC20;

    struct Allowance {
        uint160 amount;
        uint48 expiration;
        uint48 nonce;
    }

    error SignatureExpired(uint256 deadline);
    error InvalidSigner();
    error InvalidNonce();
    error AllowanceExpired(uint256 expiration);
    error InsufficientAllowance(uint256 amount);

    bytes32 private constant DETAILS = keccak256(
        "PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)"
    );
    bytes32 private constant SINGLE = keccak256(
        "PermitSingle(PermitDetails details,address spender,uint256 sigDeadline)"
        "PermitDetails(address token,uint160 amount,uint48 expiration,uint48 nonce)"
    );

    mapping(address owner => mapping(address token => mapping(address spender => Allowance)))
        public allowance;

    /// @inheritdoc IPermit2
    function permit(
        address owner,
        PermitSingle calldata permitSingle,
        bytes calldata signature
    ) external {
        PermitDetails calldata details = permitSingle.details;
        if (block.timestamp > permitSingle.sigDeadline) {
            revert SignatureExpired(permitSingle.sigDeadline);
        }
        if (ECDSA.recover(digest(permitSingle), signature) != owner) revert InvalidSigner();
        Allowance storage given = allowance[owner][details.token][permitSingle.spender];
        if (given.nonce != details.nonce) revert InvalidNonce();

        given.amount = details.amount;
        given.expiration = details.expiration;
        ++given.nonce;
    }

    /// @inheritdoc IPermit2
    function transferFrom(address from, address to, uint160 amount, address token) external {
        Allowance storage given = allowance[from][token][msg.sender];
        if (block.timestamp > given.expiration) revert AllowanceExpired(given.expiration);
        if (amount > given.amount) revert InsufficientAllowance(given.amount);
        if (given.amount != type(uint160).max) given.amount -= amount;
        IERC20(token).safeTransferFrom(from, to, amount);
    }

    /// @notice Digest that `owner` signs.
    function digest(PermitSingle calldata permitSingle) public view returns (bytes32) {
        bytes32 details = keccak256(abi.encode(DETAILS, permitSingle.details));
        bytes32 single = keccak256(
            abi.encode(SINGLE, details, permitSingle.spender, permitSingle.sigDeadline)
        );
        return keccak256(abi.encodePacked(hex"1901", DOMAIN_SEPARATOR(), single));
    }

    function DOMAIN_SEPARATOR() public view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "EIP712Domain(string name,uint256 chainId,address verifyingContract)"
                    ),
                    keccak256("Permit2"),
                    block.chainid,
                    address(this)
                )
            );
    }
}
