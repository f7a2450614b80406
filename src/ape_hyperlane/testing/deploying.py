"""Deploys Mailboxes for tests: as few transactions as real hooks and security modules allow.

A plan of `ape_hyperlane.core` would deploy eight factories more, with a journal, and read all back.
"""

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak
from web3.exceptions import Web3Exception

from ape_hyperlane.plans.chain import container
from ape_hyperlane.testing.chains import OWNER, LocalChain
from ape_hyperlane.testing.errors import TestKitError
from ape_hyperlane.testing.nodes import Node
from hyperlane.chain.abi import Function
from hyperlane.chain.abi import Mailbox as MailboxAbi
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import address_from_hex, to_checksum

EXCHANGE_RATE = 10**10
"""Exchange rate of two coins of the same worth, as a paymaster stores it."""
OVERHEAD = 80_000
"""Gas of a delivery besides the recipient's own."""

_QUOTE = Function("quoteDispatch(uint32,bytes32,bytes)", ("uint256",))
_SET_DEFAULT_HOOK = Function("setDefaultHook(address)")


def validator_keys(chain: str, count: int) -> list[LocalAccount]:
    """The keys of a chain's validators: the same in every run, and known to everybody."""
    return [
        Account.from_key(keccak(f"ape-hyperlane test validator {chain} {index}".encode()))
        for index in range(count)
    ]


def create(node: Node, contract: str, *arguments: Any) -> str:
    """Deploys a contract by name and returns its address."""
    contract_type = container(contract).contract_type
    code = contract_type.get_deployment_bytecode() or b""
    types = [each.canonical_type for each in contract_type.constructor.inputs]
    return node.create(bytes(code) + encode(types, arguments))


def create_mailbox(node: Node, domain: int) -> str:
    """Deploys a Mailbox with its merkle tree; `complete` finishes it."""
    return create(node, "Mailbox", domain)


def complete(node: Node, chains: Sequence[LocalChain], made: set[str], gas_price: int) -> None:
    """Deploys what the Mailboxes of one node share, initializes those that were `made` and has the
    others verify with the kit's modules."""
    network = chains[0].network
    paymaster = _create_paymaster(node, network.chains, gas_price)
    trusting = create(node, "NoopIsm")
    verifying = _create_verifying_ism(node, network.chains)
    for chain in chains:
        chain.trusting_ism, chain.verifying_ism = trusting, verifying
        if chain.name in made:
            tree = create(node, "MerkleTreeHook", chain.mailbox_address)
            call = _initialize(node.operator, trusting, paymaster, tree)
            node.transact(chain.mailbox_address, call)
        else:
            _adopt(chain, paymaster)


def domain_of(node: Node, name: str, mailbox: str) -> int:
    """The domain of a Mailbox. TestKitError when there is none at the address."""
    try:
        domain: int = node.read(address_from_hex(mailbox), MailboxAbi.local_domain)
    except (ChainError, Web3Exception):
        raise TestKitError(
            f"{name}: no Mailbox answers at {mailbox}; expected the address of a deployed Mailbox"
        ) from None
    return domain


def _initialize(owner: str, ism: str, default_hook: str, required_hook: str) -> bytes:
    function = Function("initialize(address,address,address,address)")
    return function.encode(*map(address_from_hex, (owner, ism, default_hook, required_hook)))


def _create_verifying_ism(node: Node, chains: Sequence[LocalChain]) -> str:
    """Deploys a multisig per origin, of its validators, and a routing module that picks one."""
    isms = [
        create(
            node,
            "StorageMessageIdMultisigIsm",
            [key.address for key in chain.validators],
            chain.threshold,
        )
        for chain in chains
    ]
    domains = [chain.domain for chain in chains]
    return create(node, "AtomicInitDomainRoutingIsm", node.operator, domains, isms)


def _create_paymaster(node: Node, chains: Sequence[LocalChain], gas_price: int) -> str:
    paymaster = create(node, "InterchainGasPaymaster")
    operator, itself = address_from_hex(node.operator), address_from_hex(paymaster)
    for function, arguments in (
        ("initialize(address,address)", (operator, operator)),
        (
            "setRemoteGasDataConfigs((uint32,uint128,uint128)[])",
            ([(chain.domain, EXCHANGE_RATE, gas_price) for chain in chains],),
        ),
        (
            "setDestinationGasConfigs((uint32,(address,uint96))[])",
            ([(chain.domain, (itself, OVERHEAD)) for chain in chains],),
        ),
    ):
        node.transact(paymaster, _encode(function, arguments))
    return paymaster


def _encode(signature: str, arguments: Sequence[Any]) -> bytes:
    """Call data of a function whose parameters may be tuples of tuples."""
    types = _split(signature.partition("(")[2].removesuffix(")"))
    return keccak(signature.encode())[:4] + encode(types, arguments)


def _split(types: str) -> list[str]:
    """Types between the commas that stand in no parentheses."""
    found, depth = [""], 0
    for character in types:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            found.append("")
        else:
            found[-1] += character
    return found


def _adopt(chain: LocalChain, paymaster: str) -> None:
    """Makes an existing Mailbox take messages to all chains of the network: where its default hook
    does not know one, the kit's paymaster takes its place."""
    remotes = [each for each in chain.network.chains if each is not chain]
    if all(_can_send(chain, remote) for remote in remotes):
        return
    owner = to_checksum(chain.node.read(chain.mailbox_bytes, OWNER))
    call = _SET_DEFAULT_HOOK.encode(address_from_hex(paymaster))
    chain.node.transact(chain.mailbox_address, call, owner)


def _can_send(chain: LocalChain, remote: LocalChain) -> bool:
    try:
        chain.node.read(chain.mailbox_bytes, _QUOTE, remote.domain, bytes(32), b"")
    except Web3Exception:
        return False
    return True
