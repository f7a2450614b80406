"""A chain's node: its JSON-RPC, and ape's provider for it."""

import contextlib
from ast import literal_eval
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ape
from ape.api import ProviderAPI, ProviderContextManager, ReceiptAPI
from eth_abi.abi import encode
from eth_hash.auto import keccak
from eth_typing import BlockIdentifier, HexStr
from eth_utils.address import to_checksum_address
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import ContractLogicError, TransactionNotFound, Web3Exception
from web3.types import FilterParams, TxParams

from ape_hyperlane.testing.errors import TestKitError
from hyperlane.chain.abi import Function
from hyperlane.protocol.typecasts import Address, to_checksum, to_hex

MOST_GAS = 2**24
"""Gas limit of a transaction of the kit: the most that EIP-7825 allows."""
ALLOWANCE = 10**20
"""Wei that an impersonated account is given to pay for gas."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A mined transaction."""

    hash: str
    succeeded: bool
    gas_used: int
    block: int
    revert_data: bytes
    """Empty unless it reverted with any."""
    contract: str | None
    """Address of the contract that it created."""


@dataclass(frozen=True, slots=True)
class Log:
    """An event of a contract."""

    address: Address
    topics: tuple[bytes, ...]
    data: bytes
    block: int
    position: int
    transaction: str


class Node:
    """One node. The account that pays for what the kit does is the last of ape's test accounts."""

    def __init__(
        self, provider: ProviderAPI, context: ProviderContextManager | None = None
    ) -> None:
        self.provider = provider
        self._context = context
        """Context that connects ape to the node; None if ape is connected to it already."""

    @property
    def web3(self) -> Web3:
        web3: Web3 = self.provider.web3
        return web3

    @cached_property
    def operator(self) -> str:
        """Address of the account that deploys, owns and delivers."""
        with self.use():
            accounts = ape.accounts.test_accounts
            return str(accounts[accounts.number_of_accounts - 1].address)

    @cached_property
    def is_anvil(self) -> bool:
        """True if the node can impersonate accounts and replace code."""
        return "anvil" in str(self.web3.client_version).lower()

    @contextlib.contextmanager
    def use(self) -> Iterator[None]:
        """Connects ape to the node for the duration of a `with` block."""
        if self._context is None:
            yield
            return
        with self._context:
            _forget_chain_id()
            try:
                yield
            finally:
                _forget_chain_id()

    def rpc(self, method: str, *parameters: object) -> Any:
        """Result of a JSON-RPC call. TestKitError when the node refuses it."""
        answer = self.web3.provider.make_request(method, list(parameters))  # type: ignore[arg-type]
        if "error" in answer:
            raise TestKitError(f"{method}: {answer['error']}")
        return answer["result"]

    @property
    def block(self) -> int:
        """Number of the latest block."""
        return int(self.web3.eth.block_number)

    def code(self, address: str) -> bytes:
        return bytes(self.web3.eth.get_code(to_checksum_address(address)))

    def read(self, address: Address, function: Function, *arguments: object) -> Any:
        """Result of a view. ChainError or Web3Exception when there is none."""
        return function.decode(self.call(address, function.encode(*arguments)))

    def call(self, address: Address, data: bytes, block: int | None = None) -> bytes:
        """Data that a call returns. ChainError or Web3Exception when it reverts."""
        transaction: TxParams = {"to": to_checksum(address), "data": HexBytes(data)}
        return self._call(transaction, "latest" if block is None else block)

    def _call(self, transaction: TxParams, block: BlockIdentifier = "latest") -> bytes:
        try:
            return bytes(self.web3.eth.call(transaction, block))
        except Exception as error:
            if type(error).__name__ != "TransactionFailed":
                raise
            # eth-tester's, which need not be installed; web3 says it in this way.
            raise ContractLogicError(str(error), to_hex(_said(error))) from error

    def logs(
        self, address: Address | None, topic: bytes, first: int, last: int | None = None
    ) -> list[Log]:
        """Events with a first topic, of one contract or of all, in the order of the chain."""
        query: FilterParams = {
            "fromBlock": first,
            "toBlock": "latest" if last is None else last,
            "topics": [HexStr(to_hex(topic))],  # eth-tester finds nothing by bytes
        }
        if address is not None:
            query["address"] = to_checksum_address(to_checksum(address))
        found = [
            Log(
                Address(bytes.fromhex(each["address"][2:])),
                tuple(bytes(topic) for topic in each["topics"]),
                bytes(each["data"]),
                int(each["blockNumber"]),
                int(each["logIndex"]),
                to_hex(bytes(each["transactionHash"])),
            )
            for each in self.web3.eth.get_logs(query)
        ]
        return sorted(found, key=lambda log: (log.block, log.position))

    def create(self, code: bytes) -> str:
        """Deploys a contract and returns its address. TestKitError when it reverts."""
        sent = self.send({"data": HexBytes(code)})
        if not sent.succeeded or sent.contract is None:
            raise TestKitError(f"a contract of the kit could not be deployed: {sent.revert_data!r}")
        return sent.contract

    def transact(self, address: str, data: bytes, sender: str | None = None) -> Sent:
        """Sends a transaction that has to succeed; `sender` is impersonated."""
        with self.impersonated(sender):
            sent = self.send({"to": to_checksum_address(address), "data": HexBytes(data)}, sender)
        if not sent.succeeded:
            raise TestKitError(f"{address} refused {to_hex(data[:4])}: {to_hex(sent.revert_data)}")
        return sent

    def send(self, fields: TxParams, sender: str | None = None) -> Sent:
        """Sends a transaction, which may revert."""
        fields = {"from": to_checksum_address(sender or self.operator), **fields}
        fields["gas"] = min(MOST_GAS, int(self.web3.eth.get_block("latest")["gasLimit"]))
        revert_data = self._simulated(fields) if "to" in fields else b""
        tx_hash = self.web3.eth.send_transaction(fields)
        receipt = self.web3.eth.wait_for_transaction_receipt(tx_hash, poll_latency=0.01)
        return Sent(
            to_hex(bytes(tx_hash)),
            receipt["status"] == 1,
            int(receipt["gasUsed"]),
            int(receipt["blockNumber"]),
            b"" if receipt["status"] == 1 else revert_data,
            receipt["contractAddress"],
        )

    def _simulated(self, fields: TxParams) -> bytes:
        """The data that a transaction would revert with."""
        try:
            self._call(fields)
        except Web3Exception as error:
            data = str(getattr(error, "data", ""))
            return bytes(HexBytes(data)) if data.startswith("0x") else b""
        return b""

    @contextlib.contextmanager
    def impersonated(self, account: str | None) -> Iterator[None]:
        """Lets the node sign for any account."""
        if account is None or account == self.operator:
            yield
            return
        if not self.is_anvil:
            raise TestKitError(
                f"{account} owns the Mailbox and this node cannot impersonate it; run the tests on"
                " anvil: `ape test --network ethereum:local:foundry`"
            )
        self.rpc("anvil_impersonateAccount", account)
        self.rpc("anvil_setBalance", account, hex(ALLOWANCE))
        try:
            yield
        finally:
            self.rpc("anvil_stopImpersonatingAccount", account)

    def has_transaction(self, tx_hash: str) -> bool:
        """True if the chain holds the transaction: it was not taken back with a snapshot."""
        try:
            return self.web3.eth.get_transaction_receipt(HexBytes(tx_hash)) is not None
        except TransactionNotFound:
            return False

    def receipt(self, tx_hash: str) -> ReceiptAPI:
        """ape's receipt of a transaction."""
        with self.use():
            receipt: ReceiptAPI = self.provider.get_receipt(tx_hash)
            return receipt


def _forget_chain_id() -> None:
    """Makes ape ask again: it keeps chain ids by network, and all these nodes are `local`."""
    ape.chain._chain_id_cache.clear()


def _said(error: Exception) -> bytes:
    """Revert data in an error of eth-tester: bytes as Python writes them, or a contract's text."""
    text = str(error).removeprefix("execution reverted: ")
    if text.startswith(("b'", 'b"')):
        return bytes(literal_eval(text))
    if not text or text == "execution reverted":
        return b""
    return keccak(b"Error(string)")[:4] + encode(("string",), (text,))
