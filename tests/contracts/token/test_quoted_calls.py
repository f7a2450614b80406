"""Several things in one transaction: what each command does, and what nobody can do with it."""

import pytest
from eth_abi import decode, encode
from eth_account import Account
from eth_utils import keccak
from tests.support.routes import FIRST, SECOND, ZERO, b32
from tests.support.token_contracts import dispatched

from hyperlane.protocol.hook_metadata import StandardHookMetadata
from hyperlane.protocol.offchain_quote import (
    ANY_AMOUNT,
    ANY_DOMAIN,
    ANY_RECIPIENT,
    SignedQuote,
    fee_quote_context,
    fee_quote_data,
)

from ..quotes import SIGNER, as_arguments

AMOUNT = 10**18
GAS = 900
BALANCE = 2**255
QUOTE, PERMIT, PULL_PERMITTED, PULL, TRANSFER, TRANSFER_TO, CALL, COMMIT, SWEEP = range(9)
TYPES = {
    QUOTE: "address,(bytes,bytes,uint48,uint48,bytes32,address),bytes,bytes32",
    PERMIT: "((address,uint160,uint48,uint48),address,uint256),bytes",
    PULL_PERMITTED: "address,uint160",
    PULL: "address,uint256",
    TRANSFER: "address,uint32,bytes32,uint256,uint256,address,uint256",
    TRANSFER_TO: "address,uint32,bytes32,uint256,bytes32,uint256,address,uint256",
    CALL: "address,uint32,bytes32,bytes32,(bytes32,uint256,bytes)[],bytes,bytes32,uint256,"
    "address,uint256",
    COMMIT: "address,uint32,bytes32,bytes32,bytes,address,bytes32,bytes32,uint256,address,uint256",
    SWEEP: "address",
}
SALT = b"\x05" * 32
RECIPIENT = b"\x00" * 12 + b"\x77" * 20


def plan(*steps):
    """Arguments of `execute` for commands, each with its input."""
    inputs = []
    for command, *fields in steps:
        types = decode_types(TYPES[command])
        inputs.append(encode(types, [getattr(each, "address", each) for each in fields]))
    return bytes(step[0] for step in steps), inputs


def decode_types(text):
    """The types of a tuple, one by one."""
    types, depth = [""], 0
    for character in text:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and not depth:
            types.append("")
        else:
            types[-1] += character
    return types


def own_salt(account):
    return keccak(b32(account)[12:] + SALT)


@pytest.fixture(scope="module")
def permit2(project, owner):
    return owner.deploy(project.TestPermit2)


@pytest.fixture(scope="module")
def calls(project, owner, permit2):
    return owner.deploy(project.QuotedCalls, permit2)


@pytest.fixture(scope="module")
def user(accounts, token, calls, owner):
    """Has tokens that the contract may take."""
    user = accounts[4]
    token.transfer(user, 10 * AMOUNT, sender=owner)
    token.approve(calls, 2**256 - 1, sender=user)
    return user


@pytest.fixture(scope="module")
def run(calls, user):
    def run(*steps, value=0, sender=user):
        return calls.execute(*plan(*steps), sender=sender, value=value)

    return run


@pytest.fixture(scope="module")
def refusal_of(calls, user, revert_of):
    def refusal_of(*steps, sender=user, value=0):
        return revert_of(calls.execute, *plan(*steps), sender=sender, value=value)

    return refusal_of


@pytest.fixture(scope="module")
def route(collateral_route, project, owner, token):
    """A router whose fee is quoted; deliveries cost a wei per gas."""
    here, _ = collateral_route
    here.setDestinationGas(SECOND, GAS, sender=owner)
    fee = owner.deploy(
        project.OffchainQuotedLinearFee, SIGNER.address, token, 10**16, AMOUNT, owner
    )
    here.setFeeRecipient(fee, sender=owner)
    return here


@pytest.fixture(scope="module")
def quote(chain, route, calls, user, project):
    """The step that submits a quote for the transaction, signed for an account."""

    def quote(price, account=user):
        now = chain.blocks.head.timestamp + 60
        fee = project.OffchainQuotedLinearFee.at(route.feeRecipient(), fetch_from_explorer=False)
        signed = SignedQuote(
            context=fee_quote_context(ANY_DOMAIN, ANY_RECIPIENT, ANY_AMOUNT),
            data=fee_quote_data(price, 1),
            issued_at=now,
            expiry=now,
            salt=own_salt(account),
            submitter=b32(calls)[12:],
        )
        signature = signed.sign(chain.chain_id, b32(fee)[12:], SIGNER)
        return QUOTE, fee, as_arguments(signed), signature, SALT

    return quote


@pytest.fixture(scope="module")
def costs_of(calls, user, chain):
    """What `quoteExecute` answers: ape would lose a level of its lists."""

    def costs_of(*steps):
        data = calls.quoteExecute.encode_input(*plan(*steps))
        transaction = {"from": user.address, "to": calls.address, "data": data}
        answer = chain.provider.web3.eth.call(transaction)
        (costs,) = decode(["(address,uint256)[][]"], answer)
        return list(costs)

    return costs_of


def transfer(route, token, amount=AMOUNT, value=GAS, approval=BALANCE, spent=True):
    return TRANSFER, route, SECOND, RECIPIENT, amount, value, token if spent else ZERO, approval


def nothing_left(calls, *tokens):
    assert calls.balance == 0
    for token in tokens:
        assert token.balanceOf(calls) == 0


def test_constants_are_the_references(calls, permit2):
    names = [
        "SUBMIT_QUOTE",
        "PERMIT2_PERMIT",
        "PERMIT2_TRANSFER_FROM",
        "TRANSFER_FROM",
        "TRANSFER_REMOTE",
        "TRANSFER_REMOTE_TO",
        "CALL_REMOTE_WITH_OVERRIDES",
        "CALL_REMOTE_COMMIT_REVEAL",
        "SWEEP",
    ]
    assert [getattr(calls, name)() for name in names] == list(range(9))
    assert (calls.CONTRACT_BALANCE(), calls.PERMIT2()) == (BALANCE, permit2)


# --- transfers


def test_transfer_at_a_quote_that_holds_for_it_only(run, route, quote, token, calls, user, network):
    fee = route.feeRecipient()
    before = token.balanceOf(user)
    sent = run(
        quote(4_000),
        (PULL, token, AMOUNT + 5_000),
        transfer(route, token),
        (SWEEP, token),
        value=GAS + 11,
    )
    assert before - token.balanceOf(user) == AMOUNT + 4_000
    assert token.balanceOf(fee) == 4_000
    assert dispatched(sent)[-32:] == AMOUNT.to_bytes(32)
    assert token.allowance(calls, route) == 0
    nothing_left(calls, token)
    network.deliver(sent, sender=user)
    assert route.quoteTransferRemote(SECOND, RECIPIENT, AMOUNT)[1].amount == AMOUNT + 5 * 10**15


def test_surplus_ether_comes_back(run, route, quote, token, user):
    before = user.balance
    sent = run(
        quote(0), (PULL, token, AMOUNT), transfer(route, token), (SWEEP, token), value=5 * GAS
    )
    assert before - user.balance == GAS + sent.total_fees_paid


def test_balances_can_be_sent_whatever_they_are(run, route, quote, token, user, calls):
    sent = run(
        quote(0),
        (PULL, token, 123),
        (PULL, token, 456),
        transfer(route, token, amount=BALANCE, value=BALANCE),
        (SWEEP, ZERO),
        value=GAS + 50,
    )
    assert dispatched(sent)[-32:] == (579).to_bytes(32)
    nothing_left(calls, token)


def test_native_transfer_needs_no_token(run, native_route, token, calls):
    native, _ = native_route
    sent = run(transfer(native, token, value=BALANCE, approval=0, spent=False), value=AMOUNT)
    assert native.balance == AMOUNT
    assert dispatched(sent)[-32:] == AMOUNT.to_bytes(32)
    nothing_left(calls)


@pytest.fixture(scope="module")
def neighbours(deploy_route, token, owner):
    """Two routers of one domain that trust each other; the second can pay `AMOUNT`."""
    here, there = (deploy_route("CrossCollateralRouter", token) for _ in range(2))
    for router, other in ((here, there), (there, here)):
        router.enrollCrossCollateralRouters([FIRST], [b32(other)], sender=owner)
    token.transfer(there, AMOUNT, sender=owner)
    return here, there


def test_transfer_to_a_named_router(run, costs_of, neighbours, token, calls):
    here, there = neighbours
    named = TRANSFER_TO, here, FIRST, RECIPIENT, BALANCE, b32(there), 0, token, BALANCE
    run((PULL, token, AMOUNT), named)
    assert token.balanceOf(here) == AMOUNT
    assert token.balanceOf("0x" + "77" * 20) == AMOUNT
    assert token.allowance(calls, here) == 0
    asked = TRANSFER_TO, here, FIRST, RECIPIENT, 5, b32(there), 0, token, 5
    assert costs_of(asked) == [((ZERO, 0), (token.address.lower(), 5), (token.address.lower(), 0))]


# --- tokens by signature


@pytest.fixture(scope="module")
def permitted(permit2, token, calls, chain):
    """An account that approved Permit2 alone, and the step that gives its allowance."""
    signer = Account.from_key(keccak(b"a holder"))
    details = (token.address, 3 * AMOUNT, chain.blocks.head.timestamp + 600, 0)
    single = details, calls.address, chain.blocks.head.timestamp + 600
    signature = signer.unsafe_sign_hash(permit2.digest(single)).signature
    return signer, (PERMIT, single, bytes(signature))


@pytest.fixture(scope="module")
def holder(permitted, accounts, token, owner, permit2):
    holder = accounts[permitted[0].address]
    holder.balance = 10**18
    token.transfer(holder, 5 * AMOUNT, sender=owner)
    token.approve(permit2, 2**256 - 1, sender=holder)
    return holder


def test_tokens_are_taken_by_signature(run, permitted, holder, token, calls, permit2):
    run(permitted[1], (PULL_PERMITTED, token, AMOUNT), (SWEEP, token), sender=holder)
    assert token.balanceOf(holder) == 5 * AMOUNT
    assert permit2.allowance(holder, token, calls).amount == 2 * AMOUNT


def test_permit_that_somebody_submitted_before_is_as_good(
    run, permitted, holder, token, permit2, stranger, calls
):
    _, (_, single, signature) = permitted
    permit2.permit(holder, single, signature, sender=stranger)
    run(permitted[1], (PULL_PERMITTED, token, AMOUNT), (SWEEP, token), sender=holder)
    assert permit2.allowance(holder, token, calls).amount == 2 * AMOUNT


def test_anothers_permit_gives_nothing(refusal_of, permitted, holder, token, stranger):
    steps = permitted[1], (PULL_PERMITTED, token, AMOUNT)
    assert refusal_of(*steps, sender=stranger) == ("AllowanceExpired", 0)


# --- accounts on other domains


@pytest.fixture(scope="module")
def accounts_router(project, owner, token):
    return owner.deploy(project.TestInterchainAccountRouter, token)


def called(receipt):
    (event,) = [each for each in receipt.events if each.event_name == "Called"]
    return event


def test_call_is_made_by_an_account_of_the_callers(run, accounts_router, token, user, calls):
    made = [(b"\x01" * 32, 7, b"data"), (b"\x02" * 32, 0, b"")]
    router, ism, hook_metadata = b"\x03" * 32, b"\x04" * 32, b"metadata"
    receipt = run(
        (PULL, token, 55),
        (CALL, accounts_router, SECOND, router, ism, made, hook_metadata, SALT, 9, token, 40),
        (SWEEP, token),
        value=10,
    )
    event = called(receipt)
    assert (event.value, event.tokens) == (9, 40)
    types = ["uint32", "bytes32", "bytes32", "(bytes32,uint256,bytes)[]", "bytes", "bytes32"]
    assert decode(types, event.arguments) == (
        SECOND,
        router,
        ism,
        tuple(made),
        hook_metadata,
        own_salt(user),
    )
    assert (
        bytes(event.selector)
        == keccak(
            text="callRemoteWithOverrides(uint32,bytes32,bytes32,(bytes32,uint256,bytes)[],bytes,"
            "bytes32)"
        )[:4]
    )
    nothing_left(calls, token)


def test_all_ether_there_is_can_go_with_a_call(run, accounts_router):
    step = CALL, accounts_router, SECOND, SALT, SALT, [], b"", SALT, BALANCE, ZERO, 0
    assert called(run(step, value=7)).value == 7


def test_commitment_is_of_an_account_of_the_callers(run, accounts_router, token, user, hook):
    router, ism, commitment = b"\x03" * 32, b"\x04" * 32, b"\x06" * 32
    receipt = run(
        (PULL, token, 40),
        (
            COMMIT,
            accounts_router,
            SECOND,
            router,
            ism,
            b"metadata",
            hook,
            SALT,
            commitment,
            BALANCE,
            token,
            BALANCE,
        ),
        value=8,
    )
    event = called(receipt)
    assert (event.value, event.tokens) == (8, 40)
    types = ["uint32", "bytes32", "bytes32", "bytes", "address", "bytes32", "bytes32"]
    assert decode(types, event.arguments) == (
        SECOND,
        router,
        ism,
        b"metadata",
        hook.address.lower(),
        own_salt(user),
        commitment,
    )
    assert (
        bytes(event.selector)
        == keccak(
            text="callRemoteCommitReveal(uint32,bytes32,bytes32,bytes,address,bytes32,bytes32)"
        )[:4]
    )


# --- what it would cost


def test_costs_are_told_with_the_quotes_among_the_commands(
    costs_of, route, quote, accounts_router, token, hook
):
    metadata = StandardHookMetadata(msg_value=1, gas_limit=321, refund_address=bytes(20)).encode()
    steps = [
        quote(4_000),
        (PULL, token, 10**30),
        transfer(route, token),
        (CALL, accounts_router, SECOND, SALT, SALT, [], metadata, SALT, 0, token, 0),
        (COMMIT, accounts_router, SECOND, SALT, SALT, metadata, hook, SALT, SALT, 0, ZERO, 0),
        (CALL, accounts_router, SECOND, SALT, SALT, [], b"", SALT, 0, ZERO, 0),
        (CALL, accounts_router, SECOND, SALT, SALT, [], metadata[:65], SALT, 0, ZERO, 0),
        (CALL, accounts_router, SECOND, SALT, SALT, [], metadata[:66], SALT, 0, ZERO, 0),
        (SWEEP, token),
    ]
    address = token.address.lower()
    assert costs_of(*steps) == [
        (),
        (),
        ((ZERO, GAS), (address, AMOUNT + 4_000), (address, 0)),
        ((address, 321),),
        ((ZERO, 642),),
        ((ZERO, 50_000),),
        ((ZERO, 50_000),),  # of the limit, a byte is missing
        ((ZERO, 321),),
        (),
    ]


def test_caller_that_takes_no_ether_can_sweep_tokens(project, owner, calls, token):
    caller = owner.deploy(project.Sequence)
    token.transfer(caller, 5, sender=owner)
    steps = plan((PULL, token, 5), (SWEEP, token))
    caller.run(
        [token, calls],
        [token.approve.encode_input(calls, 5), calls.execute.encode_input(*steps)],
        sender=owner,
    )
    assert (token.balanceOf(caller), token.allowance(caller, calls)) == (5, 0)


# --- what is refused


def test_quote_is_for_whom_it_was_signed(refusal_of, quote, stranger):
    assert refusal_of(quote(0, account=stranger)) == ("InvalidSalt",)
    assert refusal_of(quote(0), sender=stranger) == ("InvalidSalt",)


def test_there_is_no_other_command(calls, user, revert_of):
    for handler in (calls.execute, calls.quoteExecute):
        assert revert_of(handler, b"\x09", [b""], sender=user) == ("InvalidCommandType", 9)


def test_every_command_has_an_input(calls, user, revert_of):
    for handler in (calls.execute, calls.quoteExecute):
        assert revert_of(handler, b"\x08\x08", [b""], sender=user) == ("LengthMismatch", 2, 1)


def test_failure_says_why(refusal_of, route, token, calls):
    steps = (PULL, token, AMOUNT), transfer(route, token, approval=5)
    refusal = refusal_of(*steps, value=GAS)
    assert refusal[:2] == ("ERC20InsufficientAllowance", route)


def test_nobody_takes_what_others_allowed(refusal_of, token, stranger, user):
    """An allowance to the contract is its giver's alone."""
    refusal = refusal_of((PULL, token, AMOUNT), (SWEEP, token), sender=stranger)
    assert refusal[0] in ("ERC20InsufficientAllowance", "ERC20InsufficientBalance")
    # A token as a route is only ever asked to transfer remotely.
    assert refusal_of(transfer(token, token, value=0), sender=stranger) == ()


def test_nobody_gets_in_between(project, calls, owner, user, revert_of):
    """Whoever is called while tokens are here cannot have them swept."""
    token = owner.deploy(project.CallbackToken)
    token.transfer(user, AMOUNT, sender=owner)
    token.approve(calls, AMOUNT, sender=user)
    inner = calls.execute.encode_input(*plan((SWEEP, token)))
    token.prepare(calls, inner, sender=owner)
    refusal = revert_of(calls.execute, *plan((PULL, token, AMOUNT)), sender=user)
    assert refusal == ("ReentrancyGuardReentrantCall",)


def test_allowance_ends_with_the_command(run, route, quote, token, calls, native_route):
    """Whoever was approved cannot come back for the tokens of the next caller."""
    run(
        quote(0),
        (PULL, token, AMOUNT + 10),
        transfer(route, token, approval=AMOUNT + 10),
        (SWEEP, token),
        value=GAS,
    )
    assert token.allowance(calls, route) == 0


def test_allowance_ends_with_a_transfer_to_a_named_router(run, neighbours, token, calls):
    here, there = neighbours
    sent = run(
        (PULL, token, AMOUNT),
        (TRANSFER_TO, here, FIRST, RECIPIENT, AMOUNT, b32(there), 0, token, AMOUNT + 10),
    )
    assert token.Approval(calls, here, AMOUNT + 10) in sent.events
    assert token.allowance(calls, here) == 0


@pytest.mark.parametrize("command", ["call", "commitment"])
def test_allowance_ends_with_what_an_account_does(
    run, accounts_router, project, owner, calls, hook, command
):
    """Of a token that the accounts' router does not take."""
    unused = owner.deploy(project.TestERC20, "Unused", "UNU", 1, 18)
    to = accounts_router, SECOND, SALT, SALT
    step = {
        "call": (CALL, *to, [], b"", SALT, 0, unused, 5),
        "commitment": (COMMIT, *to, b"", hook, SALT, SALT, 0, unused, 5),
    }[command]
    assert unused.Approval(calls, accounts_router, 5) in run(step).events
    assert unused.allowance(calls, accounts_router) == 0
