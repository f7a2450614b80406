// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IInterchainGasPaymaster
/// @notice Takes payment on the origin chain for the gas that a delivery uses on the destination.
/// Source: docs/protocol/metadata.md, "Gas fees".
interface IInterchainGasPaymaster {
    /// @notice Gas data and overhead of a domain.
    struct DomainGasConfig {
        /// @dev The gas oracle of the domain; the paymaster itself if it stores the gas data.
        address gasOracle;
        /// @dev Gas that a delivery uses besides the recipient's own; at most 2^56 - 1.
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

    /// @notice The configuration of a domain changed.
    event DestinationGasConfigSet(uint32 remoteDomain, address gasOracle, uint96 gasOverhead);

    /// @notice The overhead of a domain changed.
    event DestinationGasOverheadSet(uint32 indexed remoteDomain, uint256 gasOverhead);

    /// @notice The oracle for payments in `feeToken` for a domain changed.
    event TokenGasOracleSet(address indexed feeToken, uint32 remoteDomain, address gasOracle);

    /// @notice The receiver of payments changed.
    event BeneficiarySet(address beneficiary);

    /// @notice There is neither an oracle nor a quote for gas on this domain in this token; zero
    /// for the native token.
    error NoGasOracle(address feeToken, uint32 destination);

    /// @notice The domain has no oracle for payments in wei.
    error DomainNotConfigured(uint32 destination);

    /// @notice The value sent is less than the fee.
    error InsufficientInterchainGasPayment(uint256 value, uint256 fee);

    /// @notice The fee is paid in a token, but the call brings wei.
    error NativeValueNotAccepted(uint256 value);

    /// @notice The overhead does not fit its 56 bits.
    error GasOverheadTooLarge(uint256 gasOverhead);

    /// @notice The zero address cannot receive payments.
    error InvalidBeneficiary(address beneficiary);

    /// @notice The token refused the payout. Declared by `SafeTransferLib`, as the next error.
    error TransferFailed();

    /// @notice The payer does not have the fee in this token, or did not approve it.
    error TransferFromFailed();

    /// @notice The address that stands for wei in place of a token.
    function NATIVE_TOKEN() external view returns (address);

    /// @notice The block in which this contract's code was created: no payment is older.
    function deployedBlock() external view returns (uint256);

    /// @notice The receiver of payments.
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

    /// @notice The price of `gasLimit` gas on a domain for the caller, in wei, without overhead.
    /// @dev floor(gasLimit × gasPrice × tokenExchangeRate / 1e10). Reverts `NoGasOracle`.
    function quoteGasPayment(uint32 destination, uint256 gasLimit) external view returns (uint256);

    /// @notice The price of `gasLimit` gas in units of `feeToken`, zero for wei.
    function quoteGasPayment(
        address feeToken,
        uint32 destination,
        uint256 gasLimit
    ) external view returns (uint256);

    /// @notice Pays in wei for the gas of a message, without overhead: add it with
    /// `destinationGasLimit`.
    /// @param messageId The id of the message. Not checked.
    /// @param destination The destination of the message.
    /// @param gasLimit The gas paid for.
    /// @param refundAddress The receiver of the surplus.
    /// @dev Reverts `NoGasOracle`, `InsufficientInterchainGasPayment`, `NoRefundAddress`.
    function payForGas(
        bytes32 messageId,
        uint32 destination,
        uint256 gasLimit,
        address refundAddress
    ) external payable;

    /// @notice Pays in `feeToken`, taken from the caller. Approve exactly the price that
    /// `quoteGasPayment` returns in the same transaction.
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
