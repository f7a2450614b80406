// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {
    IOft,
    MessagingFee,
    MessagingReceipt,
    OFTFeeDetail,
    OFTLimit,
    OFTReceipt,
    SendParam
} from "../../interfaces/bridges/IOft.sol";
import {Refund} from "../../libs/Refund.sol";

/// @notice An OFT of one chain with its endpoint: removes dust, keeps a fee, and pays out each
/// transfer of its peers once. Amounts travel in shared decimals.
abstract contract TestOft is IOft {
    /// @notice To be received by the peer.
    event PacketSent(bytes32 guid, uint32 destination, bytes32 to, uint64 amount, bytes options);

    error SlippageExceeded(uint256 amountLD, uint256 minAmountLD);
    error NoPeer(uint32 eid);
    error OnlyPeer(uint32 eid, bytes32 sender);
    error NotEnoughNative(uint256 value);
    error LZ_InsufficientFee(uint256 required, uint256 supplied);
    error AlreadyReceived(bytes32 guid);

    uint256 private constant FEE_BASE = 1000;

    uint8 public constant sharedDecimals = 6;

    uint32 private immutable eid;

    mapping(uint32 eid => bytes32) public peers;
    mapping(bytes32 guid => bool) private received;
    uint64 private nonce;

    /// @notice The fee in basis points; and the amount by which `send` falls short of `quoteOFT`.
    uint256 public feeBps;
    uint256 public dishonesty;

    constructor(uint32 eid_) {
        eid = eid_;
    }

    function setPeer(uint32 eid_, bytes32 peer) external {
        peers[eid_] = peer;
    }

    function setFee(uint256 feeBps_) external {
        feeBps = feeBps_;
    }

    /// @notice From now on `send` takes `amount` less than `quoteOFT` returns.
    function setDishonesty(uint256 amount) external {
        dishonesty = amount;
    }

    function receivePacket(
        uint32 source,
        bytes32 sender,
        bytes32 guid,
        bytes32 to,
        uint64 amount
    ) external {
        if (peers[source] != sender) revert OnlyPeer(source, sender);
        if (received[guid]) revert AlreadyReceived(guid);
        received[guid] = true;
        _credit(address(uint160(uint256(to))), amount * _rate());
    }

    function send(
        SendParam calldata param,
        MessagingFee calldata fee,
        address refundAddress
    ) external payable returns (MessagingReceipt memory messaging, OFTReceipt memory receipt) {
        receipt = _receipt(param, dishonesty);
        _debit(receipt.amountSentLD);
        if (msg.value != fee.nativeFee) revert NotEnoughNative(msg.value);
        uint256 required = _price(param);
        if (msg.value < required) revert LZ_InsufficientFee(required, msg.value);
        Refund.send(refundAddress, msg.value - required);

        messaging.nonce = ++nonce;
        messaging.guid = keccak256(abi.encodePacked(nonce, eid, address(this), param.dstEid));
        messaging.fee = MessagingFee(required, 0);
        emit PacketSent(
            messaging.guid,
            param.dstEid,
            param.to,
            uint64(receipt.amountReceivedLD / _rate()),
            param.extraOptions
        );
    }

    function quoteOFT(
        SendParam calldata param
    )
        external
        view
        returns (OFTLimit memory limit, OFTFeeDetail[] memory fees, OFTReceipt memory receipt)
    {
        limit = OFTLimit(0, type(uint64).max * _rate());
        receipt = _receipt(param, 0);
        fees = new OFTFeeDetail[](0);
    }

    function quoteSend(SendParam calldata param, bool) external view returns (MessagingFee memory) {
        _receipt(param, 0);
        return MessagingFee(_price(param), 0);
    }

    function token() public view virtual returns (address);

    function _debit(uint256 amount) internal virtual;

    function _credit(address to, uint256 amount) internal virtual;

    function _receipt(
        SendParam calldata param,
        uint256 less
    ) private view returns (OFTReceipt memory) {
        uint256 sent = _withoutDust(param.amountLD) - less;
        uint256 arriving = _withoutDust(sent - (sent * feeBps) / 10_000);
        if (arriving < param.minAmountLD) revert SlippageExceeded(arriving, param.minAmountLD);
        return OFTReceipt(sent, arriving);
    }

    function _price(SendParam calldata param) private view returns (uint256) {
        if (peers[param.dstEid] == 0) revert NoPeer(param.dstEid);
        return FEE_BASE + 10 * param.extraOptions.length;
    }

    function _withoutDust(uint256 amount) private view returns (uint256) {
        return (amount / _rate()) * _rate();
    }

    function _rate() private view returns (uint256) {
        return 10 ** (IERC20Metadata(token()).decimals() - sharedDecimals);
    }
}

/// @notice A token that moves itself: burnt here, minted there.
contract TestNativeOft is TestOft, ERC20 {
    uint8 private immutable _decimals;

    constructor(uint32 eid, uint256 supply, uint8 decimals_) TestOft(eid) ERC20("Omni", "OMN") {
        _decimals = decimals_;
        _mint(msg.sender, supply);
    }

    function token() public view override returns (address) {
        return address(this);
    }

    function decimals() public view override returns (uint8) {
        return _decimals;
    }

    function _debit(uint256 amount) internal override {
        _burn(msg.sender, amount);
    }

    function _credit(address to, uint256 amount) internal override {
        _mint(to, amount);
    }
}

/// @notice Moves another token: locked here, paid out there.
contract TestOftAdapter is TestOft {
    using SafeERC20 for IERC20;

    address private immutable inner;

    constructor(uint32 eid, address inner_) TestOft(eid) {
        inner = inner_;
    }

    function token() public view override returns (address) {
        return inner;
    }

    function _debit(uint256 amount) internal override {
        IERC20(inner).safeTransferFrom(msg.sender, address(this), amount);
    }

    function _credit(address to, uint256 amount) internal override {
        IERC20(inner).safeTransfer(to, amount);
    }
}
