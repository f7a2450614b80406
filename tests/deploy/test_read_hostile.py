"""Contracts that a stranger wrote to spoil the reading of a core or a route."""

import ape
import pytest
import yaml
from click.testing import CliRunner
from eth_utils import keccak, to_checksum_address
from tests.support.lying import lying

from ape_hyperlane import cli
from ape_hyperlane.plans.views import ask, events
from ape_hyperlane.reading.fees import read_fee
from ape_hyperlane.reading.source import Source
from hyperlane.errors import ConfigError
from hyperlane.registry import ChainMetadata

ZERO = "0x" + "00" * 20


def place(number: int) -> str:
    return to_checksum_address(f"0x{0xC0DE << 32 | number:040x}")


MAILBOX, HOOK, ISM, ROUTER = map(place, (1, 2, 3, 4))
AMOUNT_ROUTING = 14


@pytest.fixture
def put(node):
    def put(address, **answers):
        """`put(address, owner=("address", ZERO))`; a name with arguments has `signature=`."""
        code = lying(
            {view if "(" in view else f"{view}()": answer for view, answer in answers.items()}
        )
        node.rpc("anvil_setCode", address, code)
        return address

    return put


@pytest.fixture
def core(put, read):
    """Reads a Mailbox with this security module and this hook."""

    def core(ism=ISM, hook=HOOK):
        put(HOOK, hookType=(["uint8"], [3]))
        put(
            MAILBOX,
            localDomain=(["uint32"], [31337]),
            owner=(["address"], [ISM]),
            defaultIsm=(["address"], [ism]),
            defaultHook=(["address"], [hook]),
            requiredHook=(["address"], [HOOK]),
            PACKAGE_VERSION=(["bytes"], [b"\xff\xfe\x1b[2J"]),
        )
        return read(MAILBOX)

    return core


def test_few_modules_that_name_each_other_twice_do_not_fill_the_disk(put, core):
    levels = [place(100 + level) for level in range(22)]
    for this, below in zip(levels, [*levels[1:], ZERO], strict=True):
        pair = (["address[]", "uint8"], [[below, below], 1])
        put(this, moduleType=(["uint8"], [2]), **{"modulesAndThreshold(bytes)": pair})
    result = core(ism=levels[0])
    assert result.exit_code == 1
    assert "the config would have more than 50000 entries; cannot be read" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout == ""


def test_a_hook_that_lacks_what_its_kind_has_is_still_read(put, core):
    half = {"hookType": (["uint8"], [AMOUNT_ROUTING]), "lower": (["address"], [HOOK])}
    result = core(hook=put(place(5), **half))
    assert result.exit_code == 0, result.stderr
    assert yaml.safe_load(result.stdout)["defaultHook"]["upperHook"] == ZERO
    assert "# hook that no view names; written as zero" in result.stdout


def test_a_fee_contract_that_names_itself_ends(node, put, registry):
    fee = place(6)
    put(
        fee,
        feeType=(["uint8"], [4]),
        domains=(["uint256[]"], [[5]]),
        **{"feeContracts(uint32)": (["address"], [fee])},
    )
    with ape.networks.parse_network_choice(node.url):
        source = Source(registry)
        assert read_fee(source, fee) == {"type": "RoutingFee", "feeContracts": {"5": fee}}
    assert any("asks itself" in note for note in source.notes)


def test_tables_without_end_are_not_followed(node, put, registry, monkeypatch):
    monkeypatch.setattr("ape_hyperlane.reading.source.MOST_ENTRIES", 100)
    table = put(place(7), domains=(["uint256[]"], [list(range(60))]))
    with ape.networks.parse_network_choice(node.url):
        source = Source(registry)
        assert len(source.domains(table)) == 60
        with pytest.raises(ConfigError, match="more than 100 entries"):
            source.domains(table)


@pytest.mark.parametrize(
    ("kinds", "values", "answer"),
    [
        (["bytes"], [b"\xff\xfe"], None),
        (["string"], ["0x" + "z" * 40], "0x" + "z" * 40),
        (["string"], ["0x" + "ab" * 20], to_checksum_address("0x" + "ab" * 20)),
    ],
)
def test_texts_may_be_anything(node, put, kinds, values, answer):
    token = put(place(8), symbol=(kinds, values))
    with ape.networks.parse_network_choice(node.url):
        assert ask(token, "symbol()", "string") == answer


def test_only_events_with_the_right_parameters_count(node):
    event = "CustomHookSet(uint32,bytes32,address)"
    topic = keccak(text=event).hex()
    # LOG1 of four words, of three with a domain beyond 32 bits, and of three that are right.
    logs = f"7f{topic}60805fa1" + f"5f195f527f{topic}60605fa1" + f"60055f527f{topic}60605fa1"
    node.rpc("anvil_setCode", place(9), f"0x{logs}00")
    sent = node.web3.eth.send_transaction({"from": node.deployer, "to": place(9)})
    assert len(node.web3.eth.wait_for_transaction_receipt(sent)["logs"]) == 3
    with ape.networks.parse_network_choice(node.url):
        assert events(place(9), event) == [[bytes(31) + b"\5", bytes(32), bytes(32)]]


def test_an_oft_with_lists_of_two_lengths_is_still_read(node, put, registry):
    registry.write_metadata(
        ChainMetadata(name="alpha", chain_id=31337, domain_id=31337, rpc_urls=[{"http": node.url}])
    )
    put(
        ROUTER,
        oft=(["address"], [HOOK]),
        token=(["address"], [HOOK]),
        getDomainMappings=(["uint32[]", "uint32[]"], [[1, 2], [30101]]),
    )
    result = CliRunner(mix_stderr=False).invoke(
        cli.warp, ["read", "--router", f"alpha={ROUTER}", "--registry", str(registry.folder)]
    )
    assert result.exit_code == 0, result.stderr
    assert yaml.safe_load(result.stdout)["alpha"]["domainMappings"] == {"1": 30101}


def test_a_list_of_texts_that_fills_the_memory_is_not_decoded(put, node):
    texts = ["x" * 900] * 40
    router = put(ROUTER, urls=(["string[]"], [texts]), domains=(["uint32[]"], [[7] * 2000]))
    with ape.networks.parse_network_choice(node.url):
        assert ask(router, "urls()", "string[]") is None
        assert ask(router, "domains()", "uint32[]") == [7] * 2000
