"""Commands say why a contract refused: its error by name, with what it means."""

import ape
import click
import pytest
from ape.exceptions import ApeException
from eth_abi.abi import encode
from eth_utils import keccak
from tests.support.revert_shapes import NO_REVERT, NOTHING, WITH_DATA, WORDS_ALONE
from web3._utils.error_formatters_utils import raise_contract_logic_error_on_revert
from web3.exceptions import Web3RPCError

from ape_hyperlane.console import connected, one_line_errors
from ape_hyperlane.plans.chain import container
from ape_hyperlane.plans.refusals import refusal
from hyperlane.errors import ChainError

ZERO = "0x" + "00" * 20
REVERT = keccak(text="NoGasOracle(address,uint32)")[:4] + encode(
    ["address", "uint32"], [ZERO, 1234]
)
WORDS = f"the paymaster has no price for domain 1234 (NoGasOracle({ZERO}, 1234))"


@pytest.fixture
def paymaster(node):
    with connected(node.url):
        yield container("InterchainGasPaymaster").deploy(sender=ape.accounts.test_accounts[0])


ACTS = {
    "call": lambda paymaster, _: paymaster.quoteGasPayment(1234, 50_000),
    "estimate": lambda paymaster, sender: paymaster.payForGas.estimate_gas_cost(
        bytes(32), 1234, 50_000, sender.address, sender=sender
    ),
    "send": lambda paymaster, sender: paymaster.payForGas(
        bytes(32), 1234, 50_000, sender.address, sender=sender, value=1, gas_limit=500_000
    ),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_refusal_of_a_contract_is_said_in_words(act, paymaster):
    with pytest.raises(click.ClickException) as caught, one_line_errors():
        act(paymaster, ape.accounts.test_accounts[0])
    assert caught.value.message == WORDS


def raised(said):
    """What web3 makes of an error that a node answers."""
    try:
        raise_contract_logic_error_on_revert({"error": said})
    except Exception as error:
        return error
    return Web3RPCError(repr(said), rpc_response={"error": said})


LOST_BY_WEB3 = {
    "anvil, in words alone", "erigon before 2.0", "ethermint", "kaia", "nethermind, decoded",
}  # fmt: skip
"""web3 says "execution reverted" for them, or fails."""


def kept(shapes):
    return [
        pytest.param(shape, id=name) for name, shape in shapes.items() if name not in LOST_BY_WEB3
    ]


@pytest.mark.parametrize("shape", kept(WITH_DATA))
def test_a_refusal_is_understood_from_every_node(shape):
    assert refusal(raised(shape(REVERT, ""))) == WORDS


@pytest.mark.parametrize("shape", kept(WORDS_ALONE))
def test_a_reason_in_words_stays(shape):
    assert "paused by the owner" in refusal(raised(shape("paused by the owner")))


@pytest.mark.parametrize("kind", ["unknown method", "a quota", "a trace"])
def test_other_errors_keep_their_text(kind):
    assert NO_REVERT[kind]["message"] in refusal(raised(NO_REVERT[kind]))


@pytest.mark.parametrize("said", NOTHING.values(), ids=NOTHING)
def test_a_refusal_without_reason_is_called_one(said):
    assert refusal(raised(said)) == "reverted, no reason given"


def test_an_error_of_ours_is_shown_as_it_is():
    with pytest.raises(click.ClickException, match=r"^what we say: reverted$"), one_line_errors():
        raise ChainError("what we say: reverted") from ApeException("reverted: less")
