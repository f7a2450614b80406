// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {IGasRouter} from "../interfaces/IGasRouter.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";
import {Router} from "./Router.sol";

/// @title GasRouter
/// @notice A router with a gas limit for deliveries per destination.
abstract contract GasRouter is Router, IGasRouter {
    constructor(address mailbox_) Router(mailbox_) {}

    /// @inheritdoc IGasRouter
    function setDestinationGas(uint32 domain, uint256 gas) external onlyOwner {
        _setDestinationGas(domain, gas);
    }

    /// @inheritdoc IGasRouter
    function setDestinationGas(GasRouterConfig[] calldata configs) external onlyOwner {
        for (uint256 i; i < configs.length; ++i) {
            _setDestinationGas(configs[i].domain, configs[i].gas);
        }
    }

    /// @inheritdoc IGasRouter
    function quoteGasPayment(uint32 domain) external view returns (uint256) {
        (bytes32 router, uint256 gas, ) = _requireRemote(domain);
        return
            mailbox.quoteDispatch(
                domain,
                router,
                "",
                StandardHookMetadata.format(0, gas, msg.sender),
                hook
            );
    }

    /// @inheritdoc IGasRouter
    function destinationGas(uint32 domain) public view returns (uint256 gasLimit) {
        return _enrolledRouters[domain].gas;
    }

    /// @dev Hook metadata with the gas limit of the domain; surplus payment goes to the caller.
    function _GasRouter_hookMetadata(uint32 _destination) internal view returns (bytes memory) {
        return StandardHookMetadata.overrideGasLimit(destinationGas(_destination));
    }

    /// @dev Dispatches a message to the router of a domain, paid with `_value` wei, of which
    /// surplus goes to the caller. Reverts `RouterNotEnrolled`.
    function _GasRouter_dispatch(
        uint32 _destination,
        uint256 _value,
        bytes memory _messageBody,
        address _hook
    ) internal returns (bytes32) {
        return
            _Router_dispatch(
                _destination,
                _value,
                _messageBody,
                _GasRouter_hookMetadata(_destination),
                _hook
            );
    }

    /// @dev The value in wei that `_GasRouter_dispatch` needs. Reverts `RouterNotEnrolled`.
    function _GasRouter_quoteDispatch(
        uint32 _destination,
        bytes memory _messageBody,
        address _hook
    ) internal view returns (uint256) {
        return
            _Router_quoteDispatch(
                _destination,
                _messageBody,
                _GasRouter_hookMetadata(_destination),
                _hook
            );
    }

    /// @dev Sets the gas limit of a domain. Reverts as `setDestinationGas`.
    function _setDestinationGas(uint32 domain, uint256 gas) internal {
        if (domain == localDomain) revert LocalDomain(domain);
        _requireDomain(domain);
        if (gas > type(uint88).max) revert GasTooLarge(domain, gas);

        _enrolledRouters[domain].gas = uint88(gas);

        emit GasSet(domain, gas);
    }
}
