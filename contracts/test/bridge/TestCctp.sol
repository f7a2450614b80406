// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.33;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {IFiatToken} from "../../interfaces/IFiatToken.sol";
import {
    ICctpHandlerV1,
    ICctpHandlerV2,
    ICctpMessengerV1,
    ICctpMessengerV2,
    ICctpTransmitter,
    ICctpTransmitterV1,
    ICctpTransmitterV2
} from "../../interfaces/bridges/ICctp.sol";

/// @notice Transmitter of CCTP, of any version. Receives a message once per nonce, from the caller
/// that it names, with one signature of each attester, by ascending address.
abstract contract TestCctpTransmitter is ICctpTransmitter {
    event MessageSent(bytes message);

    uint32 public immutable localDomain;

    address[] private attesters;

    mapping(bytes32 nonce => bool) public usedNonces;

    constructor(uint32 localDomain_, address[] memory attesters_) {
        localDomain = localDomain_;
        attesters = attesters_;
    }

    function receiveMessage(
        bytes calldata message,
        bytes calldata attestation
    ) external returns (bool) {
        require(attestation.length == 65 * attesters.length, "Invalid attestation length");
        for (uint256 i; i < attesters.length; ++i) {
            bytes calldata signature = attestation[65 * i:65 * (i + 1)];
            address signer = ECDSA.recover(keccak256(message), signature);
            require(signer == attesters[i], "Invalid signature: not attester");
        }
        require(uint32(bytes4(message)) == this.version(), "Invalid message version");
        require(uint32(bytes4(message[8:])) == localDomain, "Invalid destination domain");
        _receive(message);
        return true;
    }

    function _receive(bytes calldata message) internal virtual;

    function _use(bytes32 nonce, bytes32 caller) internal {
        require(
            caller == 0 || caller == bytes32(uint256(uint160(msg.sender))),
            "Invalid caller for message"
        );
        require(!usedNonces[nonce], "Nonce already used");
        usedNonces[nonce] = true;
    }
}

contract TestCctpTransmitterV1 is TestCctpTransmitter, ICctpTransmitterV1 {
    uint32 public constant version = 0;

    uint64 private nextNonce;

    constructor(
        uint32 domain,
        address[] memory attesters_
    ) TestCctpTransmitter(domain, attesters_) {}

    function sendMessage(
        uint32 destination,
        bytes32 recipient,
        bytes calldata body
    ) external returns (uint64 nonce) {
        return sendMessageWithCaller(destination, recipient, 0, body);
    }

    function sendMessageWithCaller(
        uint32 destination,
        bytes32 recipient,
        bytes32 caller,
        bytes calldata body
    ) public returns (uint64 nonce) {
        require(recipient != 0, "Recipient must be nonzero");
        nonce = nextNonce++;
        bytes32 sender = bytes32(uint256(uint160(msg.sender)));
        emit MessageSent(
            abi.encodePacked(
                version,
                localDomain,
                destination,
                nonce,
                sender,
                recipient,
                caller,
                body
            )
        );
    }

    function _receive(bytes calldata message) internal override {
        uint32 source = uint32(bytes4(message[4:8]));
        _use(keccak256(abi.encodePacked(source, message[12:20])), bytes32(message[84:116]));
        require(
            ICctpHandlerV1(address(bytes20(message[64:84]))).handleReceiveMessage(
                source,
                bytes32(message[20:52]),
                message[116:]
            ),
            "handleReceiveMessage() failed"
        );
    }
}

contract TestCctpTransmitterV2 is TestCctpTransmitter, ICctpTransmitterV2 {
    uint32 public constant version = 1;

    constructor(
        uint32 domain,
        address[] memory attesters_
    ) TestCctpTransmitter(domain, attesters_) {}

    /// @dev The attesters fill in nonce and finality.
    function sendMessage(
        uint32 destination,
        bytes32 recipient,
        bytes32 caller,
        uint32 minFinality,
        bytes calldata body
    ) external {
        require(destination != localDomain, "Domain is local domain");
        require(recipient != 0, "Recipient must be nonzero");
        bytes32 sender = bytes32(uint256(uint160(msg.sender)));
        (bytes32 noNonce, uint32 noFinality) = (0, 0);
        emit MessageSent(
            bytes.concat(
                abi.encodePacked(version, localDomain, destination, noNonce, sender, recipient),
                abi.encodePacked(caller, minFinality, noFinality, body)
            )
        );
    }

    function _receive(bytes calldata message) internal override {
        _use(bytes32(message[12:44]), bytes32(message[108:140]));
        uint32 source = uint32(bytes4(message[4:8]));
        ICctpHandlerV2 recipient = ICctpHandlerV2(address(bytes20(message[88:108])));
        (bytes32 sender, bytes calldata body) = (bytes32(message[44:76]), message[148:]);
        uint32 finality = uint32(bytes4(message[144:148]));
        bool success =
            finality < 2000
                ? recipient.handleReceiveUnfinalizedMessage(source, sender, finality, body)
                : recipient.handleReceiveFinalizedMessage(source, sender, finality, body);
        require(success, "handleReceiveMessage() failed");
    }
}

/// @notice Token messenger of CCTP, of any version. Burns and mints one token, for counterparts
/// that it knows.
abstract contract TestCctpMessenger {
    using SafeERC20 for IERC20;

    address internal immutable transmitter;
    IFiatToken private immutable token;

    mapping(uint32 domain => bytes32) public remoteTokenMessengers;

    constructor(address transmitter_, address token_) {
        transmitter = transmitter_;
        token = IFiatToken(token_);
    }

    function addRemoteTokenMessenger(uint32 domain, bytes32 messenger) external {
        remoteTokenMessengers[domain] = messenger;
    }

    /// @return messenger Who mints.
    /// @return body Of the message to it, in the part that both versions have.
    function _burn(
        uint32 version,
        uint256 amount,
        uint32 destination,
        bytes32 recipient,
        address burnToken
    ) internal returns (bytes32 messenger, bytes memory body) {
        require(amount != 0, "Amount must be nonzero");
        require(recipient != 0, "Mint recipient must be nonzero");
        require(burnToken == address(token), "Burn token not supported");
        messenger = remoteTokenMessengers[destination];
        require(messenger != 0, "No TokenMessenger for domain");
        IERC20(burnToken).safeTransferFrom(msg.sender, address(this), amount);
        token.burn(amount);
        bytes32 word = bytes32(uint256(uint160(burnToken)));
        body = abi.encodePacked(version, word, recipient, amount, uint256(uint160(msg.sender)));
    }

    function _mint(uint32 source, bytes32 sender, bytes calldata body, uint256 fee) internal {
        require(msg.sender == transmitter, "Invalid message transmitter");
        require(sender == remoteTokenMessengers[source], "Remote TokenMessenger unsupported");
        address recipient = address(bytes20(body[48:68]));
        token.mint(recipient, uint256(bytes32(body[68:100])) - fee);
        if (fee != 0) token.mint(address(this), fee);
    }
}

contract TestCctpMessengerV1 is TestCctpMessenger, ICctpMessengerV1, ICctpHandlerV1 {
    uint32 public constant messageBodyVersion = 0;

    constructor(address transmitter_, address token_) TestCctpMessenger(transmitter_, token_) {}

    function depositForBurnWithCaller(
        uint256 amount,
        uint32 destination,
        bytes32 recipient,
        address token,
        bytes32 caller
    ) external returns (uint64) {
        require(caller != 0, "Invalid destination caller");
        (bytes32 messenger, bytes memory body) = _burn(
            messageBodyVersion,
            amount,
            destination,
            recipient,
            token
        );
        return
            TestCctpTransmitterV1(transmitter).sendMessageWithCaller(
                destination,
                messenger,
                caller,
                body
            );
    }

    /// @notice Burns tokens that anybody may have minted, as bridges of others do.
    function depositForBurn(
        uint256 amount,
        uint32 destination,
        bytes32 recipient,
        address token
    ) external returns (uint64) {
        (bytes32 messenger, bytes memory body) = _burn(
            messageBodyVersion,
            amount,
            destination,
            recipient,
            token
        );
        return ICctpTransmitterV1(transmitter).sendMessage(destination, messenger, body);
    }

    function handleReceiveMessage(
        uint32 source,
        bytes32 sender,
        bytes calldata body
    ) external returns (bool) {
        require(body.length == 132, "Invalid message length");
        _mint(source, sender, body, 0);
        return true;
    }
}

contract TestCctpMessengerV2 is TestCctpMessenger, ICctpMessengerV2, ICctpHandlerV2 {
    uint32 public constant messageBodyVersion = 1;

    constructor(address transmitter_, address token_) TestCctpMessenger(transmitter_, token_) {}

    function depositForBurnWithHook(
        uint256 amount,
        uint32 destination,
        bytes32 recipient,
        address token,
        bytes32 caller,
        uint256 maxFee,
        uint32 minFinality,
        bytes calldata hookData
    ) external {
        require(hookData.length != 0, "Hook data is empty");
        _deposit(amount, destination, recipient, token, caller, maxFee, minFinality, hookData);
    }

    /// @notice Burns tokens without hook data, as bridges of others do.
    function depositForBurn(
        uint256 amount,
        uint32 destination,
        bytes32 recipient,
        address token,
        bytes32 caller,
        uint256 maxFee,
        uint32 minFinality
    ) external {
        _deposit(amount, destination, recipient, token, caller, maxFee, minFinality, "");
    }

    function _deposit(
        uint256 amount,
        uint32 destination,
        bytes32 recipient,
        address token,
        bytes32 caller,
        uint256 maxFee,
        uint32 minFinality,
        bytes memory hookData
    ) private {
        require(maxFee < amount, "Max fee must be less than amount");
        (bytes32 messenger, bytes memory body) = _burn(
            messageBodyVersion,
            amount,
            destination,
            recipient,
            token
        );
        (uint256 noFee, uint256 noExpiry) = (0, 0);
        body = abi.encodePacked(body, maxFee, noFee, noExpiry, hookData);
        ICctpTransmitterV2(transmitter).sendMessage(
            destination,
            messenger,
            caller,
            minFinality,
            body
        );
    }

    function handleReceiveFinalizedMessage(
        uint32 source,
        bytes32 sender,
        uint32,
        bytes calldata body
    ) external returns (bool) {
        require(body.length >= 228, "Invalid message: too short");
        _mint(source, sender, body, 0);
        return true;
    }

    function handleReceiveUnfinalizedMessage(
        uint32 source,
        bytes32 sender,
        uint32 finality,
        bytes calldata body
    ) external returns (bool) {
        require(finality >= 500, "Unsupported finality threshold");
        require(body.length >= 228, "Invalid message: too short");
        uint256 fee = uint256(bytes32(body[164:196]));
        require(fee <= uint256(bytes32(body[132:164])), "Fee exceeds max fee");
        uint256 expiry = uint256(bytes32(body[196:228]));
        require(expiry == 0 || expiry > block.number, "Message expired and must be re-signed");
        _mint(source, sender, body, fee);
        return true;
    }
}
