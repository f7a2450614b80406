// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

import {PackageVersioned} from "../../base/PackageVersioned.sol";
import {IMailbox} from "../../interfaces/IMailbox.sol";
import {IValidatorAnnounce} from "../../interfaces/IValidatorAnnounce.sol";
import {Signature} from "../../libs/Signature.sol";
import {TypeCasts} from "../../libs/TypeCasts.sol";

/// @title ValidatorAnnounce
/// @notice Registers where the validators of a chain publish their signatures.
contract ValidatorAnnounce is IValidatorAnnounce, PackageVersioned {
    using TypeCasts for address;

    /// @inheritdoc IValidatorAnnounce
    address public immutable mailbox;

    /// @inheritdoc IValidatorAnnounce
    uint32 public immutable localDomain;

    /// @dev Binds announcements to one Mailbox.
    bytes32 private immutable domainHash;

    address[] private validators;

    mapping(address validator => string[]) private storageLocations;

    /// @dev Keyed by the hash of validator and location.
    mapping(bytes32 announcement => bool) private announced;

    /// @param mailbox_ The Mailbox whose messages the validators sign for.
    constructor(address mailbox_) {
        if (mailbox_.code.length == 0) revert MailboxNotContract(mailbox_);
        mailbox = mailbox_;
        localDomain = IMailbox(mailbox_).localDomain();
        domainHash = keccak256(
            abi.encodePacked(localDomain, mailbox_.addressToBytes32(), "HYPERLANE_ANNOUNCEMENT")
        );
    }

    /// @inheritdoc IValidatorAnnounce
    function announce(
        address validator,
        string calldata storageLocation,
        bytes calldata signature
    ) external returns (bool) {
        bytes32 announcement = keccak256(abi.encodePacked(validator, storageLocation));
        if (announced[announcement]) revert AlreadyAnnounced(validator, storageLocation);
        if (!_isSigned(validator, storageLocation, signature)) {
            revert InvalidAnnouncementSignature(validator);
        }

        announced[announcement] = true;
        string[] storage locations = storageLocations[validator];
        if (locations.length == 0) validators.push(validator);
        locations.push(storageLocation);

        emit ValidatorAnnouncement(validator, storageLocation);
        return true;
    }

    /// @inheritdoc IValidatorAnnounce
    function getAnnouncedValidators() external view returns (address[] memory) {
        return validators;
    }

    /// @inheritdoc IValidatorAnnounce
    function getAnnouncedStorageLocations(
        address[] calldata announcers
    ) external view returns (string[][] memory locations) {
        locations = new string[][](announcers.length);
        for (uint256 i; i < announcers.length; ++i) {
            locations[i] = storageLocations[announcers[i]];
        }
    }

    /// @inheritdoc IValidatorAnnounce
    function announcedValidatorCount() external view returns (uint256) {
        return validators.length;
    }

    /// @inheritdoc IValidatorAnnounce
    function announcedValidators(
        uint256 first,
        uint256 limit
    ) external view returns (address[] memory page) {
        page = new address[](_size(validators.length, first, limit));
        for (uint256 i; i < page.length; ++i) {
            page[i] = validators[first + i];
        }
    }

    /// @inheritdoc IValidatorAnnounce
    function announcedStorageLocationCount(address validator) external view returns (uint256) {
        return storageLocations[validator].length;
    }

    /// @inheritdoc IValidatorAnnounce
    function announcedStorageLocations(
        address validator,
        uint256 first,
        uint256 limit
    ) external view returns (string[] memory page) {
        string[] storage locations = storageLocations[validator];
        page = new string[](_size(locations.length, first, limit));
        for (uint256 i; i < page.length; ++i) {
            page[i] = locations[first + i];
        }
    }

    /// @inheritdoc IValidatorAnnounce
    function getAnnouncementDigest(string calldata storageLocation) public view returns (bytes32) {
        return
            MessageHashUtils.toEthSignedMessageHash(
                keccak256(abi.encodePacked(domainHash, storageLocation))
            );
    }

    /// @dev The number of items of a page.
    function _size(uint256 length, uint256 first, uint256 limit) private pure returns (uint256) {
        if (first >= length) return 0;
        uint256 left = length - first;
        return left < limit ? left : limit;
    }

    function _isSigned(
        address validator,
        string calldata storageLocation,
        bytes calldata signature
    ) private view returns (bool) {
        if (signature.length != Signature.LENGTH || validator == address(0)) return false;
        uint256 offset;
        assembly ("memory-safe") {
            offset := signature.offset
        }
        return Signature.recover(getAnnouncementDigest(storageLocation), offset) == validator;
    }
}
