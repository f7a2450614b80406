// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @title IInterchainGasPaymaster
/// @notice Takes payment on the origin chain for the gas that a delivery uses on the destination.
/// Source: docs/protocol, "Gas fees".
interface IInterchainGasPaymaster {
    /// @notice Gas data and overhead of a domain.
    struct DomainGasConfig {
        /// @dev Who knows what gas costs there; the paymaster itself if it keeps that data.
        address gasOracle;
        /// @dev Gas that a delivery uses beside the recipient's own; at most 2^56 - 1.
        uint96 gasOverhead;
    }

    /// @notice The configuration of one domain.
    struct GasParam {
        uint32 remoteDomain;
        DomainGasConfig config;
    }

    /// @notice The oracle for payments in one token for one domain.
    struct TokenGasOracleConfig {
        address feeToken;
        uint32 remoteDomain;
        address gasOracle;
    }

    /// @notice `payment` was paid for `gasAmount` gas for a message. Anyone can pay for any
    /// message.
    event GasPayment(
        bytes32 indexed messageId,
        uint32 indexed destinationDomain,
        uint256 gasAmount,
        uint256 payment
    );

    /// @notice A domain is served with this configuration from now on.
    event DestinationGasConfigSet(uint32 remoteDomain, address gasOracle, uint96 gasOverhead);

    /// @notice The overhead of a domain changed.
    event DestinationGasOverheadSet(uint32 indexed remoteDomain, uint256 gasOverhead);

    /// @notice Payments in `feeToken` for a domain are quoted by this oracle from now on.
    event TokenGasOracleSet(address indexed feeToken, uint32 remoteDomain, address gasOracle);

    /// @notice Payments go to `beneficiary` from now on.
    event BeneficiarySet(address beneficiary);

    /// @notice Nothing says what gas on this domain costs in this token (zero: native).
    error NoGasOracle(address feeToken, uint32 destination);

    /// @notice Payments in wei are not taken for the domain.
    error DomainNotConfigured(uint32 destination);

    /// @notice The value sent is less than the fee.
    error InsufficientInterchainGasPayment(uint256 value, uint256 fee);

    /// @notice A fee in a token leaves no use for wei.
    error NativeValueNotAccepted(uint256 value);

    /// @notice The overhead does not fit its 56 bits.
    error GasOverheadTooLarge(uint256 gasOverhead);

    /// @notice The zero address cannot receive payments.
    error InvalidBeneficiary(address beneficiary);

    /// @notice The token did not let go of what was to be paid out. Of `SafeTransferLib`, as the
    /// next.
    error TransferFailed();

    /// @notice The payer does not have the fee in this token, or did not approve it.
    error TransferFromFailed();

    /// @notice Stands for wei where a token is named.
    function NATIVE_TOKEN() external view returns (address);

    /// @notice The block in which this contract's code was created: no payment is older.
    function deployedBlock() external view returns (uint256);

    /// @notice Who receives the payments.
    function beneficiary() external view returns (address);

    /// @notice The domains that are configured.
    function domains() external view returns (uint32[] memory);

    /// @notice The oracle for payments in wei, zero if there is none, and the overhead of a domain.
    function destinationGasConfigs(
        uint32 destination
    ) external view returns (address gasOracle, uint96 gasOverhead);

    /// @notice The gas that is added to the gas limit of every message to a domain.
    function destinationGasOverhead(uint32 destination) external view returns (uint256 gasOverhead);

    /// @notice `gasLimit` and the overhead of the domain.
    function destinationGasLimit(
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256);

    /// @notice The oracle for payments in a token; zero if there is none.
    function tokenGasOracles(
        address feeToken,
        uint32 destination
    ) external view returns (address gasOracle);

    /// @notice What `gasLimit` gas on a domain costs the caller, in wei. Without overhead.
    /// @dev floor(gasLimit × gasPrice × tokenExchangeRate / 1e10). Reverts `NoGasOracle`.
    function quoteGasPayment(uint32 destination, uint256 gasLimit) external view returns (uint256);

    /// @notice As above in units of `feeToken`, zero for wei.
    function quoteGasPayment(
        address feeToken,
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256);

    /// @notice Pays in wei for gas of a message. Without overhead: add it with
    /// `destinationGasLimit`.
    /// @param messageId Any message's id; nothing is checked.
    /// @param destination The domain it goes to.
    /// @param gasLimit The gas paid for.
    /// @param refundAddress Gets what the value exceeds the fee by.
    /// @dev Reverts `NoGasOracle`, `InsufficientInterchainGasPayment`, `NoRefundAddress`.
    function payForGas(
        bytes32 messageId,
        uint32 destination,
        uint256 gasLimit,
        address refundAddress
    ) external payable;

    /// @notice As above in `feeToken`, taken from the caller, who must have approved exactly the
    /// price: `quoteGasPayment` in the same transaction tells it.
    /// @dev Reverts `NoGasOracle`, `TransferFromFailed`.
    function payForGas(
        address feeToken,
        bytes32 messageId,
        uint32 destination,
        uint256 gasLimit
    ) external;

    /// @notice Sends all wei to the beneficiary. Anyone may call; reverts `ETHTransferFailed`.
    function claim() external;

    /// @notice Sends all of a token to the beneficiary. Anyone may call; reverts `TransferFailed`.
    function claimToken(address token) external;
}
