"""Whatever people do with a route, all that is minted is backed by what is locked."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import dispatched
from .routes import FIRST, SECOND, ZERO, b32

SCALE = 10**3
"""The synthetic token has three decimals less than the locked one, the message's unit."""
FEE = 17

people = st.integers(0, 2)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("out"), people, people, st.integers(0, 10**6)),
        st.tuples(st.just("back"), people, people, st.integers(0, 10**3)),
        st.tuples(st.just("deliver"), st.integers(0, 10)),
        st.tuples(st.just("forge"), st.integers(0, 10**6)),
        st.tuples(st.just("charge"), st.booleans()),
    ),
    max_size=14,
)


class Book:
    """A collateral route between people, and the messages on their way."""

    def __init__(self, token, collateral, synthetic, fee, network, owner, people, refuses):
        self.token, self.collateral, self.synthetic = token, collateral, synthetic
        self.fee, self.network, self.owner, self.people = fee, network, owner, people
        self.refuses = refuses
        self.pending = []
        self.dust = 0

    def out(self, sender, recipient, amount):
        call = self.collateral.transferRemote
        arguments = SECOND, b32(self.people[recipient]), amount
        charge = amount + (FEE if self.collateral.feeRecipient() != ZERO else 0)
        if self.token.balanceOf(self.people[sender]) < charge:
            self.refuses(call, *arguments, sender=self.people[sender])
        else:
            self.pending.append(call(*arguments, sender=self.people[sender]))

    def back(self, sender, recipient, amount):
        call = self.synthetic.transferRemote
        arguments = FIRST, b32(self.people[recipient]), amount
        if self.synthetic.balanceOf(self.people[sender]) < amount:
            self.refuses(call, *arguments, sender=self.people[sender])
        else:
            self.pending.append(call(*arguments, sender=self.people[sender]))

    def deliver(self, place):
        if not self.pending:
            return
        sent = self.pending.pop(place % len(self.pending))
        message = dispatched(sent)
        if int.from_bytes(message[41:45]) == SECOND:
            self.dust += int.from_bytes(message[109:141]) % SCALE
        self.network.deliver(sent, sender=self.owner)
        mailbox = self.network.mailboxes[int.from_bytes(message[41:45])]
        self.refuses(mailbox.process, b"", message, sender=self.owner)

    def forge(self, amount):
        body = b32(self.owner) + amount.to_bytes(32)
        self.refuses(self.synthetic.handle, FIRST, b32(self.collateral), body, sender=self.owner)
        self.refuses(self.collateral.handle, SECOND, b32(self.synthetic), body, sender=self.owner)

    def charge(self, on):
        self.collateral.setFeeRecipient(self.fee if on else ZERO, sender=self.owner)

    def in_flight(self):
        return sum(int.from_bytes(dispatched(sent)[109:141]) for sent in self.pending)

    def check(self):
        locked = self.token.balanceOf(self.collateral)
        minted = self.synthetic.totalSupply() * SCALE
        assert locked == minted + self.in_flight() + self.dust
        held = [self.token.balanceOf(each) for each in (*self.people, self.fee, self.collateral)]
        assert sum(held) == self.token.totalSupply()


@pytest.fixture
def book(
    project,
    owner,
    accounts,
    token,
    deploy_collateral,
    deploy_synthetic,
    connect,
    network,
    revert_of,
):
    collateral, synthetic = deploy_collateral(token), deploy_synthetic(scale=(SCALE, 1))
    connect(collateral, synthetic)
    everybody = [owner, *accounts[1:3]]
    for each in everybody:
        token.approve(collateral, 2**256 - 1, sender=each)
    token.transfer(everybody[1], 10**6, sender=owner)
    fee = owner.deploy(project.TestTokenFee, [(token.address, FEE)])
    return Book(token, collateral, synthetic, fee, network, owner, everybody, revert_of)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=steps)
def test_minted_and_in_flight_is_locked(chain, book, steps):
    book.pending, book.dust = [], 0
    with chain.isolate():
        for name, *arguments in steps:
            getattr(book, name)(*arguments)
        book.check()
        while book.pending:
            book.deliver(0)
        book.check()
