// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IGasRouter} from "../interfaces/IGasRouter.sol";
import {IPostDispatchHook} from "../interfaces/hooks/IPostDispatchHook.sol";
import {StandardHookMetadata} from "../libs/StandardHookMetadata.sol";
import {Router} from "./Router.sol";

/// @title GasRouter
/// @notice A router with a gas limit for deliveries per destination.
abstract contract GasRouter is Router, IGasRouter {
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
                IPostDispatchHook(hookAndFlags.hook)
            );
    }

    /// @inheritdoc IGasRouter
    function destinationGas(uint32 domain) public view returns (uint256 gasLimit) {
        return remotes[domain].gas;
    }

    function _setDestinationGas(uint32 domain, uint256 gas) private {
        if (domain == localDomain) revert LocalDomain(domain);
        _requireDomain(domain);
        if (gas > type(uint88).max) revert GasTooLarge(domain, gas);

        remotes[domain].gas = uint88(gas);

        emit GasSet(domain, gas);
    }
}
