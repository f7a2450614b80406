"""Fees whose curve is signed: for whom, for how long, and which goes before which.

Signatures, times and submitters are checked by code that the tests of signed gas prices cover.
"""

import pytest
from eth_abi import decode
from tests.support.routes import SECOND, THIRD, ZERO
from tests.support.words import b32

from hyperlane.protocol.offchain_quote import (
    ANY_AMOUNT,
    ANY_DOMAIN,
    ANY_RECIPIENT,
    SignedQuote,
    fee_quote_context,
    fee_quote_data,
)

from ..quotes import SIGNER, as_arguments

HALF = 10**18
OWN = 1_000
"""The fee of twice `HALF`, and all above, without a quote."""
ALICE, BOB = b"\x0a" * 32, b"\x0b" * 32
HOUR = 3600


@pytest.fixture(scope="module")
def fee(project, owner, token):
    return owner.deploy(project.OffchainQuotedLinearFee, SIGNER.address, token, OWN, HALF, owner)


@pytest.fixture(scope="module")
def now(chain):
    return chain.blocks.head.timestamp


@pytest.fixture(scope="module")
def signed(chain, fee, now):
    """Arguments of `submitQuote` for a standing quote, signed."""

    def signed(
        price=2_000,
        *,
        half=HALF,
        destination=SECOND,
        recipient=ANY_RECIPIENT,
        amount=ANY_AMOUNT,
        issued_at=now,
        lifetime=HOUR,
        context=None,
        data=None,
    ):
        quote = SignedQuote(
            context=context or fee_quote_context(destination, recipient, amount),
            data=data or price.to_bytes(32) + half.to_bytes(32),
            issued_at=issued_at,
            expiry=issued_at + lifetime,
            salt=bytes(32),
            submitter=bytes(20),
        )
        return as_arguments(quote), quote.sign(chain.chain_id, b32(fee)[12:], SIGNER)

    return signed


@pytest.fixture(scope="module")
def submit(fee, signed, stranger):
    return lambda *args, **kwargs: fee.submitQuote(*signed(*args, **kwargs), sender=stranger)


@pytest.fixture(scope="module")
def price_for(fee):
    def price_for(recipient=ALICE, destination=SECOND, amount=2 * HALF):
        (quote,) = fee.quoteTransferRemote(destination, recipient, amount)
        return quote.amount

    return price_for


@pytest.fixture(scope="module")
def price_within(project, owner, fee):
    """What Alice's transfer costs in a transaction, after quotes were submitted in it."""
    sequence = owner.deploy(project.Sequence)

    def price_within(*quotes, amount=2 * HALF):
        ask = fee.quoteTransferRemote.encode_input(SECOND, ALICE, amount)
        calls = [*(fee.submitQuote.encode_input(*each) for each in quotes), ask]
        successes, answers = sequence.run.call([fee.address] * len(calls), calls, sender=owner)
        assert all(successes)
        (((_, price),),) = decode(["(address,uint256)[]"], answers[-1])
        return price

    return price_within


def test_tells_what_it_is(fee, token, owner):
    facts = fee.feeType(), fee.token(), fee.maxFee(), fee.halfAmount(), fee.owner()
    assert facts == (6, token, OWN, HALF, owner)
    assert fee.quoteSigners() == [SIGNER.address]
    domain = fee.eip712Domain()
    assert (domain.name, domain.version, domain.verifyingContract) == ("OffchainQuoter", "1", fee)


def test_own_curve_holds_without_a_quote(price_for):
    assert [price_for(amount=n * HALF // 2) for n in (0, 1, 2, 4, 5)] == [0, 250, 500, 1000, 1000]


def test_standing_quote_is_kept_and_announced(fee, submit, price_for, now):
    receipt = submit(3_000, half=2 * HALF)
    context = fee_quote_context(SECOND, ANY_RECIPIENT, ANY_AMOUNT)
    assert receipt.events == [fee.QuoteSubmitted(context=context, issuedAt=now, expiry=now + HOUR)]
    stored = fee.quotes(SECOND, ANY_RECIPIENT)
    assert tuple(stored) == (3_000, 2 * HALF, now, now + HOUR)
    assert [price_for(amount=n * HALF) for n in (0, 2, 4, 5)] == [0, 1500, 3000, 3000]


def test_the_more_particular_quote_goes_first(submit, price_for):
    submit(2_000, destination=ANY_DOMAIN, recipient=ALICE)
    assert (price_for(ALICE), price_for(BOB)) == (2_000, OWN)
    submit(3_000)
    assert (price_for(ALICE), price_for(BOB)) == (3_000, 3_000)
    submit(4_000, recipient=ALICE)
    assert (price_for(ALICE), price_for(BOB)) == (4_000, 3_000)
    assert (price_for(ALICE, THIRD), price_for(BOB, THIRD)) == (2_000, OWN)


def test_quote_for_everything_stands_for_nothing(submit, price_for):
    submit(destination=ANY_DOMAIN)
    assert price_for() == OWN


def test_transfers_can_be_free(submit, price_for):
    submit(0)
    assert price_for() == 0


def test_quote_holds_until_its_last_second(chain, submit, price_for, now):
    submit(2_000, recipient=ALICE, lifetime=100)
    submit(3_000, lifetime=HOUR)
    chain.mine(timestamp=now + 100)
    assert price_for() == 2_000
    chain.mine(timestamp=now + 101)
    assert price_for() == 3_000


def test_newer_quotes_replace_older_ones(fee, submit, signed, price_for, now, revert_of):
    submit(2_000, issued_at=now - 1)
    submit(3_000, issued_at=now)
    submit(4_000, issued_at=now)  # as old: changes nothing
    assert price_for() == 3_000
    assert revert_of(fee.submitQuote, *signed(issued_at=now - 1)) == ("StaleQuote",)


@pytest.mark.parametrize("destination", [SECOND, ANY_DOMAIN])
@pytest.mark.parametrize("recipient", [ALICE, ANY_RECIPIENT])
@pytest.mark.parametrize("amount", [2 * HALF, ANY_AMOUNT])
def test_quote_for_a_transaction(
    submit, signed, price_within, price_for, now, destination, recipient, amount
):
    submit(9_000, recipient=ALICE)
    context = {"destination": destination, "recipient": recipient, "amount": amount}
    quote = signed(7_000, issued_at=now + HOUR, lifetime=0, **context)
    assert (price_within(quote), price_for()) == (7_000, 9_000)


@pytest.mark.parametrize(
    "other", [{"destination": THIRD}, {"recipient": BOB}, {"amount": 2 * HALF + 1}]
)
def test_quote_for_a_transaction_is_for_nothing_else(signed, price_within, now, other):
    assert price_within(signed(7_000, issued_at=now + HOUR, lifetime=0, **other)) == OWN


def test_quote_for_a_transaction_may_be_free(signed, price_within, now):
    assert price_within(signed(0, issued_at=now + HOUR, lifetime=0)) == 0


@pytest.mark.parametrize(
    "layout",
    [
        {"context": b"\x01" * 67},
        {"context": b"\x01" * 69},
        {"data": b"\x01" * 63},
        {"data": b"\x01" * 65},
        {"half": 0},
        {"half": 2**255},
    ],
    ids=str,
)
@pytest.mark.parametrize("lifetime", [0, HOUR])
def test_quote_must_say_a_curve(fee, signed, now, revert_of, layout, lifetime):
    issued_at = now if lifetime else now + HOUR
    if "context" in layout:
        layout = layout | {"data": fee_quote_data(1, 1)}
    arguments = signed(issued_at=issued_at, lifetime=lifetime, **layout)
    assert revert_of(fee.submitQuote, *arguments) == ("InvalidQuote",)


@pytest.mark.parametrize("half", [0, HALF, 2**256 - 1])
def test_quote_of_nothing_waives_the_fee(signed, submit, price_for, price_within, now, half):
    assert price_for() == OWN
    assert price_within(signed(0, half=half, issued_at=now + HOUR, lifetime=0)) == 0
    submit(0, half=half)
    assert price_for() == price_for(amount=2**256 - 1) == 0
    assert price_for(destination=THIRD) == OWN


def test_standing_quote_is_for_any_amount(fee, signed, revert_of):
    assert revert_of(fee.submitQuote, *signed(amount=HALF)) == ("InvalidQuote",)


def test_owner_chooses_the_signers(fee, signed, owner, stranger, revert_of):
    for change in (fee.addQuoteSigner, fee.removeQuoteSigner):
        refusal = revert_of(change, stranger.address, sender=stranger)
        assert refusal == ("OwnableUnauthorizedAccount", stranger)
    fee.removeQuoteSigner(SIGNER.address, sender=owner)
    assert revert_of(fee.submitQuote, *signed()) == ("InvalidSigner",)
    fee.addQuoteSigner(SIGNER.address, sender=owner)
    fee.submitQuote(*signed(), sender=stranger)


def test_somebody_has_to_sign(project, token, owner, creation_revert_of):
    refusal = creation_revert_of(
        project.OffchainQuotedLinearFee, ZERO, token.address, OWN, HALF, owner.address
    )
    assert refusal == ("InvalidSigner",)


def test_route_charges_what_was_quoted(fee, submit, collateral_route, token, owner):
    here, _ = collateral_route
    here.setFeeRecipient(fee, sender=owner)
    submit(4_000, recipient=ALICE)
    before = token.balanceOf(owner)
    here.transferRemote(SECOND, ALICE, 2 * HALF, sender=owner)
    assert before - token.balanceOf(owner) == 2 * HALF + 4_000
    assert token.balanceOf(fee) == 4_000
