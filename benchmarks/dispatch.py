"""What sending costs, by structure of hooks, and what paying and announcing cost."""

from collections.abc import Callable
from statistics import fmean

from eth_account import Account
from web3.contract import Contract

from benchmarks.anvil import Chain
from hyperlane.protocol.hook_metadata import StandardHookMetadata

Figures = dict[str, float]

LOCAL, REMOTE = 31337, 31338
BODIES = {"b0": b"", "b32": b"\x11" * 32, "b256": b"\x11" * 256}
OURS = "required=tree,default=igp"
"""The structure that our deploy tool makes; the reference's counterpart is `agg_igp`."""


def b32(address: str) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


def deploy_mailbox(chain: Chain, required: Contract, default: Contract) -> Contract:
    mailbox = chain.deploy("Mailbox", LOCAL)
    chain.send(
        mailbox.functions.initialize(
            chain.sender, chain.deploy("NoopIsm").address, default.address, required.address
        )
    )
    return mailbox


def deploy_idle_mailbox(chain: Chain) -> Contract:
    bare = chain.deploy("BareHook")
    return deploy_mailbox(chain, bare, bare)


def deploy_static(chain: Chain, factory: str, *arguments: object) -> str:
    """The address of the set that a static factory deploys for these arguments."""
    contract = chain.deploy(factory)
    types = "address[],uint8" if len(arguments) == 2 else "address[]"
    chain.send(contract.functions[f"deploy({types})"](*arguments))
    return str(contract.functions[f"getAddress({types})"](*arguments).call())


def deploy_paymaster(chain: Chain) -> Contract:
    """Keeps its own gas data, as our deploy tool sets it up."""
    igp = chain.deploy("InterchainGasPaymaster")
    chain.send(igp.functions.initialize(chain.sender, chain.web3.eth.accounts[1]))
    chain.send(igp.functions.setRemoteGasData((REMOTE, 10**10, 10**9)))
    chain.send(igp.functions.setDestinationGasConfigs([(REMOTE, (igp.address, 60_000))]))
    return igp


def dispatch_structures(chain: Chain) -> dict[str, Contract]:
    """A mailbox per hook structure of the baseline, and one for our own default."""
    bare = chain.deploy("BareHook")
    mailboxes = {"bare": deploy_mailbox(chain, bare, chain.deploy("BareHook"))}

    def fee() -> Contract:
        return chain.deploy("ProtocolFee", 10**18, 0, chain.sender, chain.sender)

    def tree(mailbox: Contract) -> Contract:
        return chain.deploy("MerkleTreeHook", mailbox.address)

    def aggregate(*hooks: Contract) -> Contract:
        addresses = [hook.address for hook in hooks]
        address = deploy_static(chain, "StaticAggregationHookFactory", addresses)
        return chain.at("StaticAggregationHook", address)

    def with_default(name: str, make: Callable[[Contract], Contract]) -> None:
        mailbox = deploy_mailbox(chain, fee(), bare)
        chain.send(mailbox.functions.setDefaultHook(make(mailbox).address))
        mailboxes[name] = mailbox

    with_default("cli", tree)
    with_default("agg_igp", lambda mailbox: aggregate(tree(mailbox), deploy_paymaster(chain)))
    if "DomainRoutingHook" in chain.artifacts:

        def mainnet(mailbox: Contract) -> Contract:
            routing = chain.deploy(
                "FallbackDomainRoutingHook", mailbox.address, chain.sender, tree(mailbox).address
            )
            parts = (chain.deploy("PausableHook"), tree(mailbox), deploy_paymaster(chain))
            chain.send(routing.functions.setHook(REMOTE, aggregate(*parts).address))
            return routing

        with_default("mainnet", mainnet)

    ours = deploy_mailbox(chain, bare, deploy_paymaster(chain))
    chain.send(ours.functions.setRequiredHook(tree(ours).address))
    mailboxes[OURS] = ours
    return mailboxes


def measure_dispatch(chain: Chain) -> Figures:
    figures: Figures = {}
    recipient = b32(chain.web3.eth.accounts[2])
    plain = "(uint32,bytes32,bytes)"
    with_metadata = "(uint32,bytes32,bytes,bytes)"
    for structure, mailbox in dispatch_structures(chain).items():
        paid = structure not in ("bare", "cli")

        def mean(signature: str, body: bytes, *rest: bytes, over: int = 0) -> float:
            arguments = (REMOTE, recipient, body, *rest)
            fee = mailbox.functions[f"quoteDispatch{signature}"](*arguments).call()  # noqa: B023
            call = mailbox.functions[f"dispatch{signature}"](*arguments)  # noqa: B023
            # 32 leaves: as many tree levels as 32 successive messages touch.
            return fmean(chain.send(call, fee + over)["gasUsed"] for _ in range(32))

        mean(plain, b"")  # the first ones fill empty storage
        for size, body in BODIES.items():
            figures[f"dispatch.{size}.{structure}"] = mean(plain, body)
        if paid:
            gas = StandardHookMetadata(
                msg_value=0, gas_limit=200_000, refund_address=bytes.fromhex(chain.sender[2:])
            )
            body = BODIES["b32"]
            figures[f"dispatch.b32.overpaid.{structure}"] = mean(plain, body, over=10**12)
            figures[f"dispatch.b32.gas_limit_metadata.{structure}"] = mean(
                with_metadata, body, gas.encode()
            )
        quote = mailbox.functions[f"quoteDispatch{plain}"](REMOTE, recipient, BODIES["b32"])
        figures[f"quoteDispatch.b32.{structure}"] = chain.send(quote)["gasUsed"]
    return figures


def measure_paymaster(chain: Chain) -> Figures:
    igp = deploy_paymaster(chain)
    arguments = (b"\x22" * 32, REMOTE, 100_000)
    fee = igp.functions["quoteGasPayment(uint32,uint256)"](REMOTE, 100_000).call()
    pay = igp.functions["payForGas(bytes32,uint32,uint256,address)"](*arguments, chain.sender)
    chain.send(pay, fee)
    quote = igp.functions["quoteGasPayment(uint32,uint256)"](REMOTE, 100_000)
    return {
        "igp.payForGas.exact": chain.send(pay, fee)["gasUsed"],
        "igp.payForGas.overpaid": chain.send(pay, 2 * fee)["gasUsed"],
        "igp.quoteGasPayment": chain.send(quote)["gasUsed"],
    }


def measure_announce(chain: Chain) -> Figures:
    announce = chain.deploy("ValidatorAnnounce", deploy_idle_mailbox(chain).address)
    figures: Figures = {}
    for name, location in (("new", "s3://bucket/region/a"), ("known", "s3://bucket/region/b")):
        costs = []
        for index in range(2):
            key = Account.from_key((index + 1).to_bytes(32, "big"))
            digest = announce.functions.getAnnouncementDigest(location).call()
            signature = Account.unsafe_sign_hash(digest, key.key).signature
            call = announce.functions.announce(key.address, location, signature)
            costs.append(chain.send(call)["gasUsed"])
        # The very first validator also fills an empty list: the second is the steady state.
        figures[f"announce.{name}_validator"] = costs[1]
    return figures
