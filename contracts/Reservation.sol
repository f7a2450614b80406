// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title Reservation
/// @notice Keeps one address for its owner. It depends on this contract's address alone, not on the
/// code or the arguments of what is created there: docs/decisions/0013-reserved-addresses.md.
/// @dev The deploy tool uses the creation code in `hyperlane/protocol/reserved.py`, not a build.
contract Reservation {
    /// @notice Only the owner may use the reservation.
    error NotOwner(address caller, address owner);

    /// @notice A contract was created already, from code with this hash.
    error AlreadyCreated(bytes32 createdFrom);

    /// @notice No contract was created yet.
    error NothingCreated();

    /// @notice The account that may create the contract, and call it as its creator.
    address public immutable owner;

    /// @notice Hash of the creation code, arguments included; 0 until a contract is created.
    bytes32 public createdFrom;

    constructor(address owner_) {
        owner = owner_;
    }

    modifier onlyOwner() {
        if (msg.sender != owner) revert NotOwner(msg.sender, owner);
        _;
    }

    /// @notice Creates the contract, once. Only the owner; reverts as its constructor does.
    function create(bytes memory creationCode) external onlyOwner {
        if (createdFrom != 0) revert AlreadyCreated(createdFrom);
        createdFrom = keccak256(creationCode);
        address made;
        assembly ("memory-safe") {
            made := create(0, add(creationCode, 32), mload(creationCode))
        }
        _bubble(made != address(0));
    }

    /// @notice Calls the contract as the account that created it: only that account may initialise
    /// it. Only the owner; reverts as the contract does.
    function call(bytes calldata data) external onlyOwner {
        if (createdFrom == 0) revert NothingCreated();
        (bool success, ) = reserved().call(data);
        _bubble(success);
    }

    /// @notice The address that is reserved, before and after a contract is created there.
    function reserved() public view returns (address) {
        // The address of a contract's first creation: the hash of the RLP list [this, 1].
        bytes32 hash = keccak256(abi.encodePacked(hex"d694", address(this), hex"01"));
        return address(uint160(uint256(hash)));
    }

    function _bubble(bool success) private pure {
        if (success) return;
        assembly ("memory-safe") {
            let free := mload(0x40)
            returndatacopy(free, 0, returndatasize())
            revert(free, returndatasize())
        }
    }
}
