// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20 as OpenZeppelinERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC4626} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";

import {
    MessagingFee,
    MessagingReceipt,
    OFTFeeDetail,
    OFTLimit,
    OFTReceipt,
    SendParam
} from "../interfaces/bridges/IOft.sol";
import {TestERC20} from "./TestERC20.sol";

/// @title HostileVault
/// @notice Keeps a part of the shares of every deposit, returns more than it gave, converts shares
/// to zero, or calls a prepared target during the next deposit.
contract HostileVault is ERC4626 {
    /// @notice Millionths of the shares of a deposit that the vault mints to 0xdead instead.
    uint256 public keptPpm;

    /// @notice Shares that `deposit` answers beyond those it gave.
    uint256 public claimed;

    /// @notice True if shares convert to nothing.
    bool public worthless;

    address private target;
    bytes private data;

    constructor(IERC20 asset) OpenZeppelinERC20("Hostile", "HST") ERC4626(asset) {}

    /// @notice Takes what hooks pay back.
    receive() external payable {}

    /// @notice Sets how it cheats.
    function cheat(uint256 keptPpm_, uint256 claimed_, bool worthless_) external {
        (keptPpm, claimed, worthless) = (keptPpm_, claimed_, worthless_);
    }

    /// @notice Sets the call to make in the next deposit.
    function prepare(address target_, bytes calldata data_) external {
        (target, data) = (target_, data_);
    }

    /// @inheritdoc ERC4626
    function deposit(uint256 assets, address receiver) public override returns (uint256 shares) {
        address callee = target;
        target = address(0);
        if (callee != address(0)) {
            (bool success, ) = callee.call(data);
            assert(success);
        }
        uint256 all = previewDeposit(assets);
        uint256 kept = (all * keptPpm) / 1e6;
        _deposit(msg.sender, receiver, assets, all - kept);
        _mint(address(0xdead), kept);
        return all - kept + claimed;
    }

    function convertToAssets(uint256 shares) public view override returns (uint256) {
        return worthless ? 0 : super.convertToAssets(shares);
    }
}

/// @title UnburntToken
/// @notice A fiat token and xERC20 whose `burn` burns nothing.
contract UnburntToken is TestERC20 {
    constructor() TestERC20("Unburnt", "UNB", 1e24, 18) {}

    function burn(uint256) external {}

    function burn(address, uint256) external {}
}

/// @title StingyLockbox
/// @notice Takes the token and gives nothing.
contract StingyLockbox {
    address public immutable XERC20;

    address private immutable token;

    constructor(address xerc20, address token_) {
        (XERC20, token) = (xerc20, token_);
    }

    /// @notice The token.
    function ERC20() external view returns (address) {
        return token;
    }

    function deposit(uint256 amount) external {
        IERC20(token).transferFrom(msg.sender, address(this), amount);
    }
}

/// @title IdleCctp
/// @notice A transmitter and messenger of CCTP that burns nothing.
contract IdleCctp {
    uint32 public immutable version;

    constructor(uint32 version_) {
        version = version_;
    }

    function messageBodyVersion() external view returns (uint32) {
        return version;
    }

    function depositForBurnWithCaller(
        uint256,
        uint32,
        bytes32,
        address,
        bytes32
    ) external returns (uint64) {}

    function depositForBurnWithHook(
        uint256,
        uint32,
        bytes32,
        address,
        bytes32,
        uint256,
        uint32,
        bytes calldata
    ) external {}
}

/// @title IdleOft
/// @notice Returns receipts as if it sent tokens, but takes none.
contract IdleOft {
    address public immutable token;

    uint8 public constant sharedDecimals = 6;

    constructor(address token_) {
        token = token_;
    }

    function quoteOFT(
        SendParam calldata param
    )
        external
        pure
        returns (OFTLimit memory limit, OFTFeeDetail[] memory fees, OFTReceipt memory receipt)
    {
        receipt = OFTReceipt(param.amountLD, param.amountLD);
    }

    function quoteSend(SendParam calldata, bool) external pure returns (MessagingFee memory fee) {}

    function send(
        SendParam calldata param,
        MessagingFee calldata,
        address
    ) external payable returns (MessagingReceipt memory messaging, OFTReceipt memory receipt) {
        receipt = OFTReceipt(param.amountLD, param.amountLD);
    }
}
