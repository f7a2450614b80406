// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {IInterchainSecurityModule} from "../../interfaces/IInterchainSecurityModule.sol";
import {ICcipReadIsm} from "../../interfaces/isms/ICcipReadIsm.sol";

/// @title AbstractCcipReadIsm
/// @notice Directs relayers to a server for metadata. The server is not trusted: `verify` must
/// check the metadata.
abstract contract AbstractCcipReadIsm is ICcipReadIsm, Ownable, PackageVersioned {
    /// @inheritdoc IInterchainSecurityModule
    uint8 public constant moduleType = uint8(Types.CCIP_READ);

    string[] private _urls;

    /// @inheritdoc ICcipReadIsm
    function setUrls(string[] calldata newUrls) external onlyOwner {
        _setUrls(newUrls);
    }

    /// @inheritdoc ICcipReadIsm
    function getOffchainVerifyInfo(bytes calldata message) external view {
        revert OffchainLookup(
            address(this),
            _urls,
            _lookup(message),
            IInterchainSecurityModule.verify.selector,
            message
        );
    }

    /// @inheritdoc ICcipReadIsm
    function urls() external view returns (string[] memory) {
        return _urls;
    }

    function _setUrls(string[] memory newUrls) internal {
        if (newUrls.length == 0) revert NoUrls();

        _urls = newUrls;

        emit UrlsChanged(newUrls);
    }

    /// @dev The request to the server: call data of the server's interface.
    function _lookup(bytes calldata message) internal view virtual returns (bytes memory);
}
