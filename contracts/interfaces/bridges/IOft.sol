// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @notice Transfer to make. LayerZero names chains by endpoint ids, and calls amounts in the
/// token's own decimals "LD".
struct SendParam {
    uint32 dstEid;
    bytes32 to;
    uint256 amountLD;
    /// @dev Less must not arrive.
    uint256 minAmountLD;
    /// @dev For the executor on the other chain, its gas for instance.
    bytes extraOptions;
    bytes composeMsg;
    bytes oftCmd;
}

/// @notice Fee of the messaging.
struct MessagingFee {
    uint256 nativeFee;
    uint256 lzTokenFee;
}

/// @notice Receipt of a sent message.
struct MessagingReceipt {
    bytes32 guid;
    uint64 nonce;
    MessagingFee fee;
}

struct OFTLimit {
    uint256 minAmountLD;
    uint256 maxAmountLD;
}

struct OFTFeeDetail {
    int256 feeAmountLD;
    string description;
}

/// @notice Amounts that are taken on this chain and arrive on the other.
struct OFTReceipt {
    uint256 amountSentLD;
    uint256 amountReceivedLD;
}

/// @title IOft
/// @notice The part that we use of a LayerZero v2 OFT, which moves a token: itself, or another one.
/// Only `sharedDecimals` of an amount travel; the rest, its dust, stays with the sender.
interface IOft {
    /// @notice The token that is moved.
    function token() external view returns (address);

    /// @notice Number of decimals of an amount that a message carries.
    function sharedDecimals() external view returns (uint8);

    /// @notice Quotes the amounts that `send` takes and delivers.
    function quoteOFT(
        SendParam calldata param
    )
        external
        view
        returns (OFTLimit memory limit, OFTFeeDetail[] memory fees, OFTReceipt memory receipt);

    /// @notice Quotes the fee of the messaging.
    function quoteSend(
        SendParam calldata param,
        bool payInLzToken
    ) external view returns (MessagingFee memory fee);

    /// @notice Takes the caller's tokens and sends them. Reverts when less than `minAmountLD` would
    /// arrive.
    function send(
        SendParam calldata param,
        MessagingFee calldata fee,
        address refundAddress
    ) external payable returns (MessagingReceipt memory messaging, OFTReceipt memory receipt);
}
