// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

/// @notice Enrolment of a chain, in one slot: where its gateway is, and how messages get there.
/// Zero for a chain without a gateway.
///
/// | bits      | content                                                     |
/// |-----------|-------------------------------------------------------------|
/// | 0 – 159   | gateway there                                               |
/// | 160 – 191 | domain of its Mailbox                                       |
/// | 192 – 247 | gas limit of deliveries that no attribute gives another one |
/// | 248       | set if messages go through the gateway's own hook           |
type Destination is uint256;

using DestinationLib for Destination global;

/// @title DestinationLib
/// @notice Makes and reads a `Destination`.
library DestinationLib {
    uint256 private constant HOOKED = 1 << 248;

    /// @notice Packs the fields.
    function from(
        address gateway_,
        uint32 domain_,
        uint56 gasLimit_,
        bool hooked_
    ) internal pure returns (Destination) {
        uint256 word = (uint256(gasLimit_) << 192) | (uint256(domain_) << 160) | uint160(gateway_);
        return Destination.wrap(word | (hooked_ ? HOOKED : 0));
    }

    function gateway(Destination word) internal pure returns (address) {
        return address(uint160(Destination.unwrap(word)));
    }

    function domain(Destination word) internal pure returns (uint32) {
        return uint32(Destination.unwrap(word) >> 160);
    }

    function gasLimit(Destination word) internal pure returns (uint56) {
        return uint56(Destination.unwrap(word) >> 192);
    }

    function hooked(Destination word) internal pure returns (bool) {
        return Destination.unwrap(word) >= HOOKED;
    }

    function exists(Destination word) internal pure returns (bool) {
        return Destination.unwrap(word) != 0;
    }
}
