"""The price is that of a plain model, whatever owner and quote signers did in whatever order.

The paymaster copies its own gas data into the slot that a payment reads, and does not look for
quotes while there never was a signer. The model does neither.
"""

from dataclasses import dataclass, field

import pytest
from eth_account import Account
from eth_utils import keccak
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.words import b32

from hyperlane.protocol.gas_paymaster import EXCHANGE_RATE_SCALE
from hyperlane.protocol.offchain_quote import (
    ANY_DOMAIN,
    ANY_SENDER,
    SignedQuote,
    gas_quote_context,
    gas_quote_data,
)

from .dispatching import ZERO, message_from, metadata

SIGNER = Account.from_key(keccak(b"quote signer"))
TOKEN = "0x" + "70" * 20
SENDER = b"\x5e" * 20
GAS = 10**10
HOUR = 3600
NO_GAS_ORACLE = keccak(text="NoGasOracle(address,uint32)")[:4]

Prices = tuple[int, int]
"""Exchange rate and gas price."""


@dataclass
class Model:
    """What the paymaster should know, and what follows."""

    own: dict[int, Prices] = field(default_factory=dict)
    """Gas data by domain."""
    foreign: dict[int, Prices] = field(default_factory=dict)
    """The other oracle's gas data."""
    oracles: dict[tuple[str, int], dict[int, Prices]] = field(default_factory=dict)
    """Whose gas data count, by token and domain: one of the two above."""
    overheads: dict[int, int] = field(default_factory=dict)
    quotes: dict[bytes, tuple[Prices, int, int]] = field(default_factory=dict)
    """Prices, time of issue and expiry of standing quotes, by context."""
    trusted: bool = False

    def prices(
        self, token: str, domain: int, sender: bytes, now: int, passing: Prices | None
    ) -> Prices | None:
        """`passing` is the transaction's own quote, for all domains and senders, in wei."""
        if passing and token == ZERO:
            return passing
        for context in (
            (domain, sender),
            (domain, ANY_SENDER),
            (ANY_DOMAIN, sender),
        ):
            prices, _, expiry = self.quotes.get(context_of(token, *context), ((0, 0), 0, 0))
            if expiry >= now:
                return prices
        oracle = self.oracles.get((token, domain))
        return None if oracle is None else oracle.get(domain, (0, 0))


def context_of(token: str, domain: int, sender: bytes) -> bytes:
    return gas_quote_context(bytes.fromhex(token[2:]), domain, sender)


class Subject:
    """A paymaster and its model, to which the same things are done."""

    def __init__(self, project, chain, owner, revert_of):
        self.chain, self.owner, self.revert_of = chain, owner, revert_of
        self.igp = owner.deploy(project.InterchainGasPaymaster)
        self.igp.initialize(owner, owner, sender=owner)
        self.oracle = owner.deploy(project.StorageGasOracle)
        self.caller = owner.deploy(project.Sequence)
        self.model = Model()
        self.start = self.now

    @property
    def now(self) -> int:
        return self.chain.blocks.head.timestamp

    def source(self, name: str | None):
        """The oracle of this name, and the gas data that the model has of it."""
        known = {"own": (self.igp, self.model.own), "foreign": (self.oracle, self.model.foreign)}
        return known[name] if name else (ZERO, None)

    def configure(self, domain: int, name: str | None, overhead: int) -> None:
        oracle, data = self.source(name)
        self.igp.setDestinationGasConfigs([(domain, (oracle, overhead))], sender=self.owner)
        self.model.oracles[ZERO, domain] = data
        self.model.overheads[domain] = overhead

    def set_oracle(self, token: str, domain: int, name: str | None) -> None:
        oracle, data = self.source(name)
        arguments = [(token, domain, oracle)]
        if token != ZERO and data is not None and self.model.oracles.get((ZERO, domain)) is None:
            refusal = self.revert_of(self.igp.setTokenGasOracles, arguments, sender=self.owner)
            assert refusal == ("DomainNotConfigured", domain)
            return
        self.igp.setTokenGasOracles(arguments, sender=self.owner)
        self.model.oracles[token, domain] = data

    def set_data(self, name: str, domain: int, prices: Prices) -> None:
        oracle, data = self.source(name)
        oracle.setRemoteGasData((domain, *prices), sender=self.owner)
        data[domain] = prices

    def trust(self, trusted: bool) -> None:
        change = self.igp.addQuoteSigner if trusted else self.igp.removeQuoteSigner
        change(SIGNER.address, sender=self.owner)
        self.model.trusted = trusted

    def quote(
        self, token: str, domain: int, sender: str, prices: Prices, age: int, lasting: bool
    ) -> None:
        context = context_of(token, domain, self.senders[sender])
        issued_at = self.start - age
        expiry = self.start + (1000 if lasting else 10) * HOUR
        arguments = self.signed(context, prices, issued_at, expiry)
        _, held, _ = self.model.quotes.get(context, ((0, 0), 0, 0))
        for applies, error in (
            (self.now > expiry, "QuoteExpired"),
            (not self.model.trusted, "InvalidSigner"),
            (issued_at < held, "StaleQuote"),
        ):
            if applies:
                assert self.revert_of(self.igp.submitQuote, *arguments) == (error,)
                return
        self.igp.submitQuote(*arguments, sender=self.owner)
        if issued_at > held:
            self.model.quotes[context] = (prices, issued_at, expiry)

    def wait(self) -> None:
        self.chain.mine(timestamp=self.now + 20 * HOUR)

    @property
    def senders(self) -> dict[str, bytes]:
        caller = bytes.fromhex(self.caller.address[2:])
        return {"caller": caller, "other": SENDER, "any": ANY_SENDER}

    def signed(self, context: bytes, prices: Prices, issued_at: int, expiry: int) -> tuple:
        quote = SignedQuote(
            context, gas_quote_data(*prices), issued_at, expiry, bytes(32), bytes(20)
        )
        signature = quote.sign(self.chain.chain_id, bytes.fromhex(self.igp.address[2:]), SIGNER)
        return (context, quote.data, issued_at, expiry, quote.salt, ZERO), signature

    def check(self, passing: Prices | None = None) -> None:
        """Every price is the model's, in a transaction that has a quote of its own or has none."""
        calls, expected = [], []
        if passing:
            at = self.now + HOUR
            quote = self.signed(context_of(ZERO, ANY_DOMAIN, ANY_SENDER), passing, at, at)
            calls.append(self.igp.submitQuote.encode_input(*quote))
            expected.append(b"")
        for token in (ZERO, TOKEN):
            for domain in DOMAINS:
                message = message_from(SENDER.rjust(32, b"\0"), destination=domain).encode()
                given = metadata(gas_limit=GAS, refund=self.owner, token=token)
                calls += [
                    self.igp.quoteGasPayment.encode_input(token, domain, GAS),
                    self.igp.quoteDispatch.encode_input(given, message),
                ]
                overhead = self.model.overheads.get(domain, 0)
                for sender, gas in (("caller", GAS), ("other", GAS + overhead)):
                    prices = self.model.prices(
                        token, domain, self.senders[sender], self.now, passing
                    )
                    expected.append(answer(prices, gas, token, domain))
        successes, answers = self.caller.run.call([self.igp.address] * len(calls), calls)
        assert list(map(bytes, answers)) == expected
        assert successes == [not each.startswith(NO_GAS_ORACLE) for each in expected]


def answer(prices: Prices | None, gas: int, token: str, domain: int) -> bytes:
    if prices is None:
        return NO_GAS_ORACLE + b32(token) + domain.to_bytes(32)
    rate, price = prices
    return (gas * price * rate // EXCHANGE_RATE_SCALE).to_bytes(32)


DOMAINS = (1000, 2000)
domains = st.sampled_from(DOMAINS)
tokens = st.sampled_from([ZERO, TOKEN])
sources = st.sampled_from(["own", "own", "foreign", None])
prices = st.sampled_from(
    [(0, 0), (3, 1), (2**96 - 1, 2**96 - 1), (2**96, 1), (1, 2**96), (2**128 - 1, 1), (2, 2**127)]
)
steps = st.one_of(
    st.tuples(st.just("configure"), domains, sources, st.sampled_from([0, 60_000])),
    st.tuples(st.just("set_oracle"), tokens, domains, sources),
    st.tuples(st.just("set_data"), st.sampled_from(["own", "foreign"]), domains, prices),
    st.tuples(st.just("trust"), st.booleans()),
    st.tuples(
        st.just("quote"),
        tokens,
        st.sampled_from([*DOMAINS, ANY_DOMAIN]),
        st.sampled_from(["caller", "other", "any"]),
        prices,
        st.integers(1, 3),
        st.booleans(),
    ),
    st.tuples(st.just("wait")),
)


@pytest.fixture(scope="module")
def subject(project, chain, owner, revert_of):
    return lambda: Subject(project, chain, owner, revert_of)


@settings(
    max_examples=20,
    phases=[Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    trusted=st.sampled_from([False, False, False, True]),
    first=st.tuples(prices, prices),
    steps=st.lists(steps, min_size=6, max_size=15),
)
def test_prices_equal_the_model_after_every_step(subject, trusted, first, steps):
    it = subject()
    it.check()
    for domain, data in zip(DOMAINS, first, strict=True):
        it.configure(domain, "own", 60_000)
        it.set_data("own", domain, data)
        it.set_data("foreign", domain, (6, 8))
    it.set_oracle(TOKEN, DOMAINS[0], "foreign")
    it.trust(trusted)
    it.check()
    for name, *arguments in steps:
        getattr(it, name)(*arguments)
        it.check()
        if it.model.trusted:
            it.check(passing=(11, 13))
