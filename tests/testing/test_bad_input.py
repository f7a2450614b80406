"""What a test may get wrong, a line each: the value, what was expected, and the remedy."""

import pytest

from ape_hyperlane.demo.processes import free_port
from ape_hyperlane.testing import Existing, Fork, LocalNetwork, TestKitError, bytes32

EOA = "0x" + "11" * 20


def one_chain(*places, **options):
    return LocalNetwork.on_one_chain(*(places or ("alpha", "beta")), **options)


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (lambda: one_chain("alpha"), "a network of 1 chains; expected 2 or more names"),
        (
            lambda: one_chain("alpha", "alpha"),
            "'alpha' names two chains of the network; expected names that differ",
        ),
        (
            lambda: one_chain(verified=True),
            "verified: no option of a network; expected one of: verification, instant, validators,"
            " threshold, gas_price, domains",
        ),
        (
            lambda: one_chain(threshold=4),
            "threshold: 4, expected 1 to 3, the number of validators",
        ),
        (lambda: one_chain(gas_price=-1), "gas_price: -1, expected 0 or more"),
        (
            lambda: one_chain(domains={"alpha": 5, "beta": 5}),
            "alpha and beta both have the domain 5; expected one each: domains={…} sets those of"
            " chains that are made",
        ),
        (
            lambda: one_chain(domains={"alpha": 0}),
            "domains['alpha']: 0, expected 1 to 4294967295",
        ),
        (
            lambda: one_chain(domains={"alfa": 1}),
            "domains['alfa']: no chain that this network makes; expected one of: alpha, beta",
        ),
        (
            lambda: one_chain("alpha", Existing("old", EOA)),
            f"old: no Mailbox answers at {EOA}; expected the address of a deployed Mailbox",
        ),
        (
            lambda: one_chain("alpha", Existing("old", "0x12")),
            "old: mailbox: '0x12' is no address; expected a contract, an account, or 0x and 40 hex"
            " digits",
        ),
        (
            lambda: one_chain("alpha", Fork("beta", "http://127.0.0.1:1")),
            "beta: a Fork is a chain of its own; expected LocalNetwork.on_separate_chains",
        ),
        (
            lambda: LocalNetwork.on_separate_chains("alpha", Existing("beta", EOA)),
            "beta: Existing is for LocalNetwork.on_one_chain; expected a name, or a Fork with its"
            " mailbox",
        ),
    ],
)
def test_of_a_network(chain, mistake, line):
    with pytest.raises(TestKitError) as caught:
        mistake()
    assert str(caught.value) == line


def test_of_a_fork_that_does_not_answer(chain):
    url = f"http://127.0.0.1:{free_port()}/secret-key"

    with pytest.raises(TestKitError) as caught:
        LocalNetwork.on_separate_chains("alpha", Fork("ethereum", url))

    line = str(caught.value)
    assert line.startswith("ethereum: http://127.0.0.1:")
    assert "does not answer" in line
    assert line.endswith("expected the JSON-RPC URL of a node of the chain")
    assert "secret" not in line


@pytest.mark.parametrize(
    ("mistake", "line"),
    [
        (
            lambda network, _: network["gamma"],
            "'gamma' is no chain of this network; expected one of: alpha, beta",
        ),
        (
            lambda network, _: network.message("0x1234"),
            "0x1234: no message of this network has this id; it has 1: network.messages",
        ),
        (
            lambda network, message: network["alpha"].send("gamma", EOA, b"", sender=None),
            "'gamma' is no chain of this network; expected one of: alpha, beta",
        ),
        (
            lambda network, message: network["alpha"].send("beta", "bob", b"", sender=None),
            "address: 'bob' is no address; expected a contract, an account, or 0x and 40 hex"
            " digits",
        ),
        (
            lambda network, message: network["alpha"].send("beta", EOA, "hi", sender=None),
            "body: 'hi' is no bytes; expected b'…', or text.encode()",
        ),
        (
            lambda network, message: message.replay(),
            "{title} is queued, so there is nothing to replay; deliver() it first",
        ),
        (
            lambda network, message: message.deliver_as(destination="alpha"),
            "destination: no field of a copy; expected one of origin, sender, recipient, body,"
            " nonce",
        ),
        (
            lambda network, message: message.deliver_as(origin="gamma"),
            "'gamma' is no chain of this network; expected one of: alpha, beta",
        ),
        (
            lambda network, message: message.delay(blocks=0),
            "blocks: 0, expected 1 or more",
        ),
        (
            lambda network, message: message.outcome.receipt,
            "<queued, {title}> has no receipt: nobody tried to deliver it; deliver it first",
        ),
        (
            lambda network, message: bytes32(b"short"),
            "address: b'short' is no address; expected a contract, an account, or 0x and 40 hex"
            " digits",
        ),
        (
            lambda network, message: network.enroll(None, gamma=None),
            "'gamma' is no chain of this network; expected one of: alpha, beta",
        ),
    ],
)
def test_of_a_message(network, send, mistake, line):
    message = send()
    block = network["beta"].node.block

    with pytest.raises(TestKitError) as caught:
        mistake(network, message)

    assert str(caught.value) == line.format(title=message.title)
    assert network["beta"].node.block == block


def test_of_a_delivered_message(network, send):
    message = send()
    outcome = message.deliver()

    with pytest.raises(TestKitError) as caught:
        message.deliver()
    assert str(caught.value) == (
        f"{message.title} is delivered already, in {outcome.transaction}; replay() tries again and"
        " returns how the Mailbox refuses"
    )
    with pytest.raises(TestKitError) as caught:
        message.drop()
    assert str(caught.value) == f"{message.title} is delivered; there is nothing left to decide"
