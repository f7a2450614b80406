// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title Initializable
/// @notice An initializer that runs once, and only for the deployer, with and without a proxy. See
/// docs/decisions/0001-initializers-bound-to-the-deployer.md.
abstract contract Initializable {
    /// @notice The contract was initialised.
    event Initialized(uint8 version);

    /// @notice The contract is initialised already.
    error AlreadyInitialized();

    /// @notice Only the account that created this contract may initialise it.
    error NotDeployer(address caller, address deployer);

    address private immutable deployer = msg.sender;

    bool private initialized;

    /// @dev The deployer of the contract may call. Behind a proxy, only the constructor of the
    /// proxy may: during it, the proxy has no code yet.
    modifier initializer() {
        if (initialized) revert AlreadyInitialized();
        if (msg.sender != deployer && address(this).code.length != 0) {
            revert NotDeployer(msg.sender, deployer);
        }
        initialized = true;
        _;
        emit Initialized(1);
    }
}
