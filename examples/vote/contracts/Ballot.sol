// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Router} from "@ape-hyperlane/client/Router.sol";

/// @title Ballot
/// @notice Voters of all chains vote where they are; the ballot of one chain, home, counts. An
/// account has one vote, whatever the chain. Home tells the chain of the voter that it has counted.
contract Ballot is Router {
    /// @notice The account has voted before, on this chain or on another.
    error VotedBefore(address voter);

    /// @notice Home counted the vote of an account of this chain.
    event Counted(address indexed voter);

    /// @notice The domain that counts.
    uint32 public immutable home;

    uint256 public yes;
    uint256 public no;

    mapping(address voter => bool) public voted;

    constructor(address mailbox_, uint32 home_) payable Router(mailbox_) {
        home = home_;
    }

    /// @notice Votes. On other chains than home, `msg.value` pays for the message.
    function vote(bool inFavour) external payable {
        if (localDomain == home) _count(msg.sender, inFavour);
        else _send(home, abi.encode(msg.sender, inFavour), msg.value);
    }

    /// @notice What `vote` costs on this chain.
    function quote() external view returns (uint256) {
        return _quote(home, abi.encode(address(0), false));
    }

    /// @inheritdoc Router
    function _handle(uint32 origin, bytes32, bytes calldata body) internal override {
        (address voter, bool inFavour) = abi.decode(body, (address, bool));
        if (localDomain != home) {
            emit Counted(voter);
            return;
        }
        _count(voter, inFavour);
        // This contract pays for the answer.
        bytes memory answer = abi.encode(voter, inFavour);
        _send(origin, answer, _quote(origin, answer));
    }

    function _count(address voter, bool inFavour) private {
        if (voted[voter]) revert VotedBefore(voter);

        voted[voter] = true;
        if (inFavour) ++yes;
        else ++no;
    }

    function _send(uint32 domain, bytes memory body, uint256 value) private {
        _Router_dispatch(domain, value, body);
    }

    function _quote(uint32 domain, bytes memory body) private view returns (uint256) {
        return _Router_quoteDispatch(domain, body);
    }
}
