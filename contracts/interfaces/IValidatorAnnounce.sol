// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.13;

/// @title IValidatorAnnounce
/// @notice Stores the places at which the validators of a chain publish their signatures. One per
/// Mailbox. Source: docs/protocol/checkpoints.md, "Announcements".
interface IValidatorAnnounce {
    /// @notice A validator publishes at another place, too.
    event ValidatorAnnouncement(address indexed validator, string storageLocation);

    /// @notice The validator announced this location before.
    error AlreadyAnnounced(address validator, string storageLocation);

    /// @notice The signature on the announcement is not the validator's, or no signature of 65
    /// bytes.
    error InvalidAnnouncementSignature(address validator);

    /// @notice A Mailbox must be a contract.
    error MailboxNotContract(address mailbox);

    /// @notice Announces a storage location. Anyone may bring the validator's signature.
    /// @param validator The account that signs checkpoints.
    /// @param storageLocation A URL such as `file:///folder` or `s3://bucket/region/folder`.
    /// @param signature The validator's, 65 bytes, on `getAnnouncementDigest(storageLocation)`.
    /// @return True; everything else reverts.
    function announce(
        address validator,
        string calldata storageLocation,
        bytes calldata signature
    ) external returns (bool);

    /// @notice Every validator that has announced a location, first come first.
    function getAnnouncedValidators() external view returns (address[] memory);

    /// @notice For each validator its locations, newest last. Anyone can announce so much that a
    /// call for many validators exceeds what nodes compute: `announcedStorageLocations` does not.
    function getAnnouncedStorageLocations(
        address[] calldata validators
    ) external view returns (string[][] memory);

    /// @notice Number of validators that have announced a location.
    function announcedValidatorCount() external view returns (uint256);

    /// @notice A page of `getAnnouncedValidators`.
    /// @param first Where it begins, from 0.
    /// @param limit Most that it holds; fewer at the end, none beyond it.
    function announcedValidators(
        uint256 first,
        uint256 limit
    ) external view returns (address[] memory);

    /// @notice Number of locations that a validator has announced.
    function announcedStorageLocationCount(address validator) external view returns (uint256);

    /// @notice A page of the locations of one validator, oldest first.
    /// @param validator Who announced them.
    /// @param first Where it begins, from 0.
    /// @param limit Most that it holds; fewer at the end, none beyond it.
    function announcedStorageLocations(
        address validator,
        uint256 first,
        uint256 limit
    ) external view returns (string[] memory);

    /// @notice The EIP-191 digest that a validator signs to announce a location:
    /// H("\x19Ethereum Signed Message:\n32" ‖ H(domainHash ‖ storageLocation)) with
    /// domainHash = H(localDomain:4 ‖ mailbox:32 ‖ "HYPERLANE_ANNOUNCEMENT").
    function getAnnouncementDigest(string calldata storageLocation) external view returns (bytes32);

    /// @notice The Mailbox whose messages the validators sign for.
    function mailbox() external view returns (address);

    /// @notice That Mailbox's domain.
    function localDomain() external view returns (uint32);
}
