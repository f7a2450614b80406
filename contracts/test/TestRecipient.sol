// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {
    IInterchainSecurityModule,
    ISpecifiesInterchainSecurityModule
} from "../interfaces/IInterchainSecurityModule.sol";
import {IMessageRecipient} from "../interfaces/IMessageRecipient.sol";

/// @title TestRecipient
/// @notice Accepts every message from every sender, emits it and stores the last one.
contract TestRecipient is Ownable, IMessageRecipient, ISpecifiesInterchainSecurityModule {
    /// @notice A message came in, with `value` wei.
    event ReceivedMessage(
        uint32 indexed origin,
        bytes32 indexed sender,
        uint256 indexed value,
        string message
    );

    /// @notice `fooBar` was called.
    event ReceivedCall(address indexed caller, uint256 amount, string message);

    /// @inheritdoc ISpecifiesInterchainSecurityModule
    IInterchainSecurityModule public interchainSecurityModule;

    /// @notice The sender of the last message.
    bytes32 public lastSender;

    /// @notice The body of the last message.
    bytes public lastData;

    /// @notice The last caller of `fooBar`.
    address public lastCaller;

    /// @notice The text argument of the last call of `fooBar`.
    string public lastCallMessage;

    constructor() Ownable(msg.sender) {}

    /// @notice Chooses a module; zero for the Mailbox's default. Only the owner.
    function setInterchainSecurityModule(address module) external onlyOwner {
        interchainSecurityModule = IInterchainSecurityModule(module);
    }

    /// @inheritdoc IMessageRecipient
    function handle(uint32 origin, bytes32 sender, bytes calldata body) external payable virtual {
        lastSender = sender;
        lastData = body;

        emit ReceivedMessage(origin, sender, msg.value, string(body));
    }

    /// @notice Something for an interchain call to call.
    function fooBar(uint256 amount, string calldata message) external {
        lastCaller = msg.sender;
        lastCallMessage = message;

        emit ReceivedCall(msg.sender, amount, message);
    }
}
