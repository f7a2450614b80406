"""Bodies of messages, as far as their bytes tell what they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperlane.explorer.pages.contents import contents
from hyperlane.protocol.accounts import Call, CallsMessage, CommitmentMessage, RevealMessage
from hyperlane.protocol.token_message import TokenMessage

pytestmark = pytest.mark.quick

WORD = bytes(range(32))


@given(st.binary(max_size=300), st.booleans())
def test_any_body_can_be_shown_and_copied_whole(body, is_transfer):
    found = contents(body, is_transfer)
    assert bytes.fromhex(found.hex[2:]) == body
    assert "".join(line.split()[1] for line in found.rows.splitlines()) == body.hex()
    assert found.size == len(body)
    assert not found.cut


def test_text_is_shown_as_text():
    assert contents("grüße\n".encode(), is_transfer=False).text == "grüße\n"


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", bytes(64), WORD])
def test_bytes_are_not(body):
    assert contents(body, is_transfer=False).text is None


def test_characters_that_steer_the_screen_are_taken_out():
    text = contents("all is well, \N{RIGHT-TO-LEFT OVERRIDE}really\N{BELL}".encode(), False).text
    assert text is not None
    assert text.isprintable()


def test_a_long_body_is_shown_up_to_a_bound():
    found = contents(("ü" * 50_000).encode(), is_transfer=False)
    assert found.cut
    assert len(found.rows) < 50_000
    assert found.text == "ü" * 8192
    assert len(found.hex) == 200_002


def test_a_transfer_is_read_as_one():
    message = TokenMessage(WORD, 7)
    found = contents(message.encode(), is_transfer=True)
    assert found.token == message
    assert found.account is None


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        (CallsMessage(WORD, WORD, WORD, (Call(WORD, 1, b"\1"),)), "calls"),
        (CommitmentMessage(WORD, WORD, WORD, WORD), "commitment"),
        (RevealMessage(WORD, WORD), "reveal"),
    ],
)
def test_calls_of_interchain_accounts_are_recognised(message, kind):
    found = contents(message.encode(), is_transfer=False)
    assert (found.account, found.account_kind) == (message, kind)
    assert found.token is None
