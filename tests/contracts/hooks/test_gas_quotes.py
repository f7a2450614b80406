"""Signed gas prices: whose count, for whom, for how long, and which goes before which."""

import json
from pathlib import Path

import pytest
from eth_account import Account
from eth_utils import keccak, to_checksum_address
from tests.support.contracts import LOCAL_DOMAIN, REMOTE_DOMAIN, at
from tests.support.signing import malleated

from hyperlane.protocol.offchain_quote import (
    ANY_DOMAIN,
    ANY_SENDER,
    SignedQuote,
    gas_quote_context,
    gas_quote_data,
)

from ..quotes import SIGNER, as_arguments
from .dispatching import ZERO, message_from, metadata, raw

NATIVE = bytes(20)
OTHER = Account.from_key(keccak(b"somebody else"))
GAS = 10**10
"""At an exchange rate of r and a gas price of 1 this much gas costs r."""
ORACLE_PRICE, HOUR = 1, 3600
VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "offchain_quotes.json").read_text())[0]


@pytest.fixture(scope="module")
def igp(project, owner):
    igp = owner.deploy(project.InterchainGasPaymaster)
    igp.initialize(owner, owner, sender=owner)
    igp.setRemoteGasData((REMOTE_DOMAIN, ORACLE_PRICE, 1), sender=owner)
    igp.setDestinationGasConfigs([(REMOTE_DOMAIN, (igp, 0))], sender=owner)
    igp.addQuoteSigner(SIGNER.address, sender=owner)
    return igp


@pytest.fixture(scope="module")
def now(chain):
    return chain.blocks.head.timestamp


@pytest.fixture(scope="module")
def signed(chain, igp, now):
    """Arguments of `submitQuote` for a standing quote, signed."""

    def signed(
        price=2,
        *,
        token=NATIVE,
        destination=REMOTE_DOMAIN,
        sender=ANY_SENDER,
        issued_at=now,
        expiry=now + HOUR,
        submitter=ZERO,
        signer=SIGNER,
        context=None,
        data=None,
        contract=igp,
        chain_id=chain.chain_id,
    ):
        quote = SignedQuote(
            context=context or gas_quote_context(token, destination, sender),
            data=data or gas_quote_data(price, 1),
            issued_at=issued_at,
            expiry=expiry,
            salt=b"\x09" * 32,
            submitter=raw(submitter),
        )
        return as_arguments(quote), quote.sign(chain_id, raw(contract), signer)

    return signed


@pytest.fixture(scope="module")
def submit(igp, signed, stranger):
    return lambda *args, **kwargs: igp.submitQuote(*signed(*args, **kwargs), sender=stranger)


@pytest.fixture(scope="module")
def price_for(igp):
    def price_for(sender, destination=REMOTE_DOMAIN):
        return igp.quoteGasPayment(destination, GAS, sender=sender)

    return price_for


@pytest.fixture(scope="module")
def in_one_transaction(project, owner, igp):
    """What calls of the paymaster answer, made one after the other; the caller is a contract."""
    sequence = owner.deploy(project.Sequence)

    def in_one_transaction(*calls):
        data = [handler.encode_input(*arguments) for handler, *arguments in calls]
        return sequence.run.call([igp.address] * len(data), data, sender=owner)

    in_one_transaction.caller = sequence  # type: ignore[attr-defined]
    return in_one_transaction


# --- signers


def test_signers_find_what_to_sign_for(igp, chain):
    domain = igp.eip712Domain()
    assert (domain.name, domain.version) == ("OffchainQuoter", "1")
    assert (domain.chainId, domain.verifyingContract) == (chain.chain_id, igp)


def test_malleated_signature_is_refused(igp, signed, revert_of):
    quote, signature = signed()
    twin = malleated(signature)
    reason = revert_of(igp.submitQuote, quote, twin)
    assert reason == ("ECDSAInvalidSignatureS", twin[32:64])


def test_owner_adds_and_removes_signers(igp, owner):
    receipt = igp.addQuoteSigner(OTHER.address, sender=owner)
    assert igp.quoteSigners() == [SIGNER.address, OTHER.address]
    assert receipt.events == [igp.QuoteSignerAdded(signer=OTHER.address)]
    assert igp.addQuoteSigner(OTHER.address, sender=owner).events == []

    receipt = igp.removeQuoteSigner(SIGNER.address, sender=owner)
    assert igp.quoteSigners() == [OTHER.address]
    assert not igp.isQuoteSigner(SIGNER.address)
    assert receipt.events == [igp.QuoteSignerRemoved(signer=SIGNER.address)]
    assert igp.removeQuoteSigner(SIGNER.address, sender=owner).events == []


def test_nobody_is_no_signer(igp, owner, revert_of):
    assert revert_of(igp.addQuoteSigner, ZERO, sender=owner) == ("InvalidSigner",)


def test_type_hash_is_that_of_the_struct(igp):
    text = (
        "SignedQuote(bytes context,bytes data,uint48 issuedAt,uint48 expiry,bytes32 salt,"
        "address submitter)"
    )
    assert bytes(igp.SIGNED_QUOTE_TYPEHASH()) == keccak(text=text)


# --- standing quotes


def test_standing_quote_is_kept_and_announced(igp, submit, price_for, stranger, now):
    receipt = submit(7)
    context = gas_quote_context(NATIVE, REMOTE_DOMAIN, ANY_SENDER)
    assert receipt.events == [igp.QuoteSubmitted(context=context, issuedAt=now, expiry=now + HOUR)]
    stored = igp.offchainQuotes(ZERO, REMOTE_DOMAIN, to_checksum_address(ANY_SENDER))
    assert tuple(stored) == (7, 1, now, now + HOUR)
    assert price_for(stranger) == 7


def test_hook_charges_what_was_quoted_to_the_sender(igp, submit, owner, stranger, dispatch):
    submit(7, sender=raw(owner))
    given = metadata(gas_limit=GAS, refund=owner)
    assert igp.quoteDispatch(given, message_from(owner).encode()) == 7
    assert igp.quoteDispatch(given, message_from(stranger).encode()) == ORACLE_PRICE
    dispatch(igp, metadata=given, value=10)
    assert igp.balance == 7


def test_direct_payment_is_at_the_quote_of_the_caller(igp, submit, owner):
    submit(7, sender=raw(owner))
    igp.payForGas(b"\x01" * 32, REMOTE_DOMAIN, GAS, owner, sender=owner, value=10)
    assert igp.balance == 7


def test_the_more_particular_quote_goes_first(submit, price_for, owner, stranger):
    submit(2, destination=ANY_DOMAIN, sender=raw(owner))
    assert (price_for(owner), price_for(stranger)) == (2, ORACLE_PRICE)
    submit(3)
    assert (price_for(owner), price_for(stranger)) == (3, 3)
    submit(4, sender=raw(owner))
    assert (price_for(owner), price_for(stranger)) == (4, 3)


def test_quote_serves_a_domain_without_oracle(igp, submit, price_for, owner, revert_of):
    assert revert_of(igp.quoteGasPayment, 2000, GAS) == ("NoGasOracle", ZERO, 2000)
    submit(5, destination=2000)
    assert price_for(owner, 2000) == 5


def test_quote_for_everything_stands_for_nothing(submit, price_for, owner):
    submit(5, destination=ANY_DOMAIN, sender=ANY_SENDER)
    assert price_for(owner) == ORACLE_PRICE


def test_free_gas_can_be_quoted(submit, price_for, owner):
    submit(0)
    assert price_for(owner) == 0


def test_quote_for_a_token_is_not_one_for_wei(igp, submit, price_for, owner, stranger):
    submit(5, token=raw(stranger))
    assert price_for(owner) == ORACLE_PRICE
    assert igp.quoteGasPayment(stranger, REMOTE_DOMAIN, GAS) == 5


def test_quote_holds_until_its_last_second(chain, submit, price_for, owner, now):
    submit(5, expiry=now + 100)
    chain.mine(timestamp=now + 100)
    assert price_for(owner) == 5
    chain.mine(timestamp=now + 101)
    assert price_for(owner) == ORACLE_PRICE


def test_newer_quote_replaces_an_older(submit, price_for, owner, now):
    submit(5, issued_at=now - 1)
    submit(6, issued_at=now)
    assert price_for(owner) == 6


def test_older_quote_is_refused(igp, submit, signed, price_for, owner, now, revert_of):
    submit(5, issued_at=now)
    assert revert_of(igp.submitQuote, *signed(6, issued_at=now - 1)) == ("StaleQuote",)
    submit(7, issued_at=now)  # as old: changes nothing
    assert price_for(owner) == 5


def test_removing_a_signer_leaves_its_quotes(igp, submit, signed, price_for, owner, revert_of):
    submit(5)
    igp.removeQuoteSigner(SIGNER.address, sender=owner)
    assert price_for(owner) == 5
    assert revert_of(igp.submitQuote, *signed(6)) == ("InvalidSigner",)


# --- quotes for one transaction


@pytest.mark.parametrize("destination", [REMOTE_DOMAIN, ANY_DOMAIN])
@pytest.mark.parametrize("sender", ["caller", ANY_SENDER])
def test_quote_for_a_transaction(
    igp, submit, signed, in_one_transaction, price_for, now, destination, sender
):
    caller = in_one_transaction.caller
    submit(9, sender=raw(caller))
    sender = raw(caller) if sender == "caller" else sender
    quote = signed(
        7, destination=destination, sender=sender, issued_at=now + HOUR, expiry=now + HOUR
    )
    ask = (igp.quoteGasPayment, REMOTE_DOMAIN, GAS)
    successes, answers = in_one_transaction(ask, (igp.submitQuote, *quote), ask)
    assert successes == [True, True, True]
    assert [int.from_bytes(answers[i]) for i in (0, 2)] == [9, 7]
    assert price_for(caller) == 9


def test_later_quote_for_a_transaction_replaces_an_earlier(igp, signed, in_one_transaction, now):
    quotes = [signed(price, issued_at=now + 9, expiry=now + 9) for price in (7, 8)]
    submissions = [(igp.submitQuote, *quote) for quote in quotes]
    _, answers = in_one_transaction(*submissions, (igp.quoteGasPayment, REMOTE_DOMAIN, GAS))
    assert int.from_bytes(answers[-1]) == 8


@pytest.mark.parametrize(
    "other", [{"token": b"\x01" * 20}, {"destination": 2000}, {"sender": b"\x01" * 20}]
)
def test_quote_for_a_transaction_is_for_nothing_else(igp, signed, in_one_transaction, now, other):
    quote = signed(7, issued_at=now + 9, expiry=now + 9, **other)
    ask = (igp.quoteGasPayment, REMOTE_DOMAIN, GAS)
    successes, answers = in_one_transaction((igp.submitQuote, *quote), ask)
    assert successes == [True, True]
    assert int.from_bytes(answers[1]) == ORACLE_PRICE


@pytest.mark.parametrize("sender", ["caller", ANY_SENDER])
def test_quote_for_a_transaction_prices_whoevers_payments_it_fits(
    igp, signed, in_one_transaction, stranger, now, sender
):
    """Who submitted it does not matter: only a quote for one sender leaves others alone."""
    named = raw(in_one_transaction.caller) if sender == "caller" else sender
    quote = signed(7, sender=named, issued_at=now + 9, expiry=now + 9)
    ask = (igp.quoteDispatch, metadata(gas_limit=GAS), message_from(stranger).encode())
    before, _, after = map(
        int.from_bytes, in_one_transaction(ask, (igp.submitQuote, *quote), ask)[1]
    )
    assert (after == before) == (sender == "caller")


def test_payment_at_the_quote_of_its_transaction(project, igp, signed, owner, token, now):
    sequence = owner.deploy(project.Sequence)
    quote = signed(7, token=raw(token), issued_at=now + 9, expiry=now + 9)
    token.transfer(sequence, 7, sender=owner)
    pay = igp.payForGas.encode_input(token.address, b"\x01" * 32, REMOTE_DOMAIN, GAS)
    calls = [
        (token, token.approve.encode_input(igp.address, 7)),
        (igp, igp.submitQuote.encode_input(*quote)),
        (igp, pay),
        (igp, pay),  # nothing is left to pay with
    ]
    receipt = sequence.run(*map(list, zip(*calls, strict=True)), sender=owner)
    assert token.balanceOf(igp) == 7
    assert [event.payment for event in receipt.decode_logs(igp.GasPayment)] == [7]


@pytest.fixture(scope="module")
def token(project, owner):
    return owner.deploy(project.TestERC20, "Fee", "FEE", 10**24, 18)


# --- quotes that are refused


@pytest.mark.parametrize(
    ("times", "error"),
    [
        ((0, -1), "InvalidQuote"),
        ((-HOUR, -1), "QuoteExpired"),
        ((-1, -1), "QuoteExpired"),
        ((HOUR, 2 * HOUR), "InvalidQuote"),
    ],
)
def test_times_that_make_no_sense(igp, signed, now, revert_of, times, error):
    issued_at, expiry = (now + each for each in times)
    arguments = signed(issued_at=issued_at, expiry=expiry)
    assert revert_of(igp.submitQuote, *arguments) == (error,)


@pytest.mark.parametrize(
    "layout",
    [
        {"context": b"\x01" * 43},
        {"context": b"\x01" * 45},
        {"data": b"\1" * 31},
        {"data": b"\1" * 33},
    ],
)
@pytest.mark.parametrize("lifetime", [0, HOUR])
def test_layout_must_fit(igp, signed, now, revert_of, layout, lifetime):
    issued_at = now if lifetime else now + 9
    arguments = signed(issued_at=issued_at, expiry=issued_at + lifetime, **layout)
    assert revert_of(igp.submitQuote, *arguments) == ("InvalidQuote",)


def test_only_the_named_account_submits(igp, signed, owner, stranger, revert_of):
    arguments = signed(submitter=owner)
    assert revert_of(igp.submitQuote, *arguments, sender=stranger) == ("InvalidSubmitter",)
    igp.submitQuote(*arguments, sender=owner)


def test_signature_must_be_of_a_signer_for_this_contract_and_chain(
    igp, signed, owner, chain, revert_of
):
    foreign = [{"signer": OTHER}, {"contract": owner}, {"chain_id": chain.chain_id + 1}]
    for each in foreign:
        assert revert_of(igp.submitQuote, *signed(**each)) == ("InvalidSigner",)


def test_every_field_is_signed(igp, signed, stranger, revert_of):
    quote, signature = signed()
    changed = [quote[0][:-1] + b"\0", quote[1][:-1] + b"\0", quote[2] - 1, quote[3] + 1, bytes(32)]
    for place, value in enumerate(changed):
        forged = (*quote[:place], value, *quote[place + 1 :])
        assert revert_of(igp.submitQuote, forged, signature) == ("InvalidSigner",)
    forged = (*quote[:5], stranger.address)
    refusal = revert_of(igp.submitQuote, forged, signature, sender=stranger)
    assert refusal == ("InvalidSigner",)


@pytest.mark.parametrize("cut", [0, 64])
def test_malformed_signature_is_refused(igp, signed, revert_of, cut):
    quote, signature = signed()
    refusal = revert_of(igp.submitQuote, quote, signature[:cut])
    assert refusal == ("ECDSAInvalidSignatureLength", cut)
    refusal = revert_of(igp.submitQuote, quote, signature[:64] + b"\0")
    assert refusal == ("ECDSAInvalidSignature",)


def test_signature_equals_the_vector(project, chain, owner, igp):
    """The vector's quote, at its time, given to a paymaster at its address."""
    assert chain.chain_id == VECTOR["chain_id"] == LOCAL_DOMAIN
    there = to_checksum_address(VECTOR["verifying_contract"])
    chain.provider.set_code(there, bytes(chain.provider.get_code(igp.address)))
    copy = at(project.InterchainGasPaymaster, there)
    copy.initialize(owner, owner, sender=owner)

    def submit():
        names = ("context", "data", "issuedAt", "expiry", "salt", "submitter")
        fields = [VECTOR[each] for each in names]
        data = copy.submitQuote.encode_input(tuple(fields), VECTOR["signature"])
        call = {"to": there, "data": "0x" + bytes(data).hex(), "from": owner.address}
        time = hex(VECTOR["issuedAt"] + 1)
        return chain.provider.web3.provider.make_request(
            "eth_call", [call, "latest", {}, {"time": time}]
        )

    refused = submit()["error"]["data"]
    assert bytes.fromhex(refused[2:]) == keccak(text="InvalidSigner()")[:4]
    copy.addQuoteSigner(VECTOR["signer"], sender=owner)
    assert submit()["result"] == "0x"
