"""What the ERC-7786 gateway costs beside the Mailbox alone, each way."""

from statistics import fmean

from web3.contract import Contract

from benchmarks.anvil import Chain
from benchmarks.dispatch import LOCAL, REMOTE, Figures, b32, deploy_idle_mailbox
from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.interoperable_address import evm_account
from hyperlane.protocol.message import VERSION, Message

NOBODY = "0x" + "00" * 20
THERE = "0x" + "33" * 20
"""The gateway on the remote chain."""
RECIPIENT = bytes.fromhex("cd" * 20)
PAYLOAD = b"\x11" * 32
TIMES = 5


def deploy_gateway(chain: Chain, mailbox: Contract) -> Contract:
    gateway = chain.deploy("HyperlaneGateway", mailbox.address)
    chain.send(gateway.functions.initialize(NOBODY, NOBODY, chain.sender))
    chain.send(gateway.functions.enrollRemoteGateway(REMOTE, REMOTE, THERE, 200_000))
    return gateway


def measure_gateway(chain: Chain) -> Figures:
    return measure_sending(chain) | measure_receiving(chain)


def measure_sending(chain: Chain) -> Figures:
    """A payload through the gateway, and directly through the Mailbox with the same metadata for
    hooks that do nothing."""
    mailbox = deploy_idle_mailbox(chain)
    gateway = deploy_gateway(chain, mailbox)
    to = evm_account(REMOTE, RECIPIENT)
    gas_limit = chain.web3.keccak(text="gasLimit(uint256)")[:4] + (300_000).to_bytes(32)
    plain = mailbox.functions.dispatch(REMOTE, RECIPIENT.rjust(32, b"\0"), PAYLOAD)
    metadata = StandardHookMetadata(
        msg_value=0, gas_limit=200_000, refund_address=bytes.fromhex(chain.sender[2:])
    )
    with_metadata = mailbox.functions.dispatch(
        REMOTE, RECIPIENT.rjust(32, b"\0"), PAYLOAD, metadata.encode()
    )

    def mean(call: object, value: int = 0) -> float:
        return fmean([chain.send(call, value)["gasUsed"] for _ in range(TIMES)][1:])

    figures = {
        "gateway.send.directly.no_metadata": mean(plain),
        "gateway.send.directly": mean(with_metadata),
        "gateway.send": mean(gateway.functions.sendMessage(to, PAYLOAD, [])),
        "gateway.send.gas_limit": mean(gateway.functions.sendMessage(to, PAYLOAD, [gas_limit])),
    }
    chain.send(gateway.functions.deposit(NOBODY), 1)
    figures["gateway.send.others_deposited"] = mean(gateway.functions.sendMessage(to, PAYLOAD, []))
    chain.send(gateway.functions.deposit(chain.sender), 1)
    figures["gateway.send.from_deposit"] = mean(gateway.functions.sendMessage(to, PAYLOAD, []))
    return figures


def measure_receiving(chain: Chain) -> Figures:
    """A payload delivered to a contract through the gateway and by the Mailbox."""
    mailbox = deploy_idle_mailbox(chain)
    gateway = deploy_gateway(chain, mailbox)
    direct = chain.deploy("LightRecipient")
    behind = chain.deploy("LightGatewayRecipient")

    def mean(recipient: Contract, header: bytes) -> float:
        costs = []
        for nonce in range(TIMES):
            body = nonce.to_bytes(4) + header + PAYLOAD if header else PAYLOAD
            message = Message(
                VERSION, nonce, REMOTE, b32(THERE), LOCAL, b32(recipient.address), body
            )
            costs.append(chain.send(mailbox.functions.process(b"", message.encode()))["gasUsed"])
        return fmean(costs[1:])

    header = RECIPIENT + bytes.fromhex(behind.address[2:])
    return {
        "gateway.receive": mean(gateway, header),
        "gateway.receive.directly": mean(direct, b""),
    }
