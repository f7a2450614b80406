"""`ape run warp send`: what it refuses, what it leaves behind, and that it keeps every digit."""

import ape
import pytest
import yaml

from ape_hyperlane.console import connected
from ape_hyperlane.core.messages import RECENT, _process_ids
from ape_hyperlane.core.quotes import format_units
from ape_hyperlane.warp.send import parse_amount
from hyperlane.errors import ConfigError
from hyperlane.registry.deployed_routes import RouteToken, route_paths

ROUTE = "SEND/fee"
STRANGER, ZERO = "0x" + 40 * "7", "0x" + 40 * "0"
ETHER = 10**18
FEE = {"type": "LinearFee", "bps": 100}


class Sender:
    """The send command on a route of a token with six decimals that takes one percent on alpha."""

    def __init__(self, world, warp, erc20, routers):
        self.world, self.warp, self.routers = world, warp, routers
        self.token, self.chain = erc20.functions, world["alpha"]

    def __call__(self, amount, *options, origin="alpha", to="beta", recipient=STRANGER):
        return self.warp(
            *("send", "--route", ROUTE, "--origin", origin, "--to", to, "--amount", amount),
            *("--recipient", recipient, *options),
        )

    def refused(self, *arguments, **options):
        nonces = self.world.nonces()
        result = self(*arguments, **options)
        assert result.exit_code == 1
        assert self.world.nonces() == nonces, "refused before anything is sent"
        (line,) = result.stderr.splitlines()
        return line

    def allowed(self):
        return self.token.allowance(self.chain.sender, self.routers["alpha"]).call()


@pytest.fixture(scope="module")
def send(world, warp, deployed):
    erc20 = world["alpha"].deploy("TestERC20", "S", "SEND", 200_000_000, 6)
    config = {
        "alpha": {"type": "collateral", "token": erc20.address, "tokenFee": FEE},
        "beta": {"type": "synthetic", "decimals": 18},
    }
    return Sender(world, warp, erc20, deployed(ROUTE, config))


def test_amount_and_fee_are_approved_exactly_and_both_are_taken(send):
    with send.world.relaying():
        result = send("100")
    assert result.exit_code == 0, result.stderr
    assert f"{send.chain.sender} on alpha: 200.000000 SEND, now 99.000000 SEND" in result.stdout
    assert f"{STRANGER} on beta: 0.000000000000000000 SEND, now 100.0000" in result.stdout
    assert send.allowed() == 0


@pytest.fixture
def remembered_wrongly(send, project):
    """ape remembers what contracts are by their address, on disk, and calls every chain that has
    no name of its own the same: so it may take one for what is there on another."""
    mailbox = send.world.mailboxes["alpha"].address
    with connected(send.world.urls["alpha"]):
        ape.chain.contracts[mailbox] = project.PausableHook.contract_type
    yield
    with connected(send.world.urls["alpha"]):
        del ape.chain.contracts[mailbox]


def test_a_message_is_found_whatever_ape_takes_the_mailbox_for(send, remembered_wrongly):
    with send.world.relaying():
        result = send("1")
    assert result.exit_code == 0, result.stderr


class OnArbitrum:
    """A Mailbox that sees the blocks of another chain: of this number when it delivered."""

    def __init__(self, mailbox, block):
        self.address, self.block = mailbox.address, block

    def processedAt(self, _):
        return self.block


@pytest.mark.parametrize("beyond", [-1, 10**9], ids=["an earlier block", "a later one"])
def test_a_delivery_is_found_where_contracts_see_blocks_of_another_chain(send, beyond):
    """Of those of a chain, an earlier one has no delivery, and a later one is not there yet."""
    with send.world.relaying():
        assert send("1").exit_code == 0
    beta, mailbox = send.world["beta"], send.world.mailboxes["beta"]
    (last,) = mailbox.events.ProcessId().get_logs(from_block="latest")
    told = OnArbitrum(mailbox, beta.web3.eth.block_number + beyond)
    with connected(send.world.urls["beta"]):
        (found,) = _process_ids(told, last["args"]["messageId"])
        assert found["transactionHash"] == last["transactionHash"]
        assert _process_ids(OnArbitrum(mailbox, 0), last["args"]["messageId"]) == ()
    assert RECENT >= 120 / 0.25, "as many as there are until the command gives up"


def test_more_than_the_sender_has_with_the_fee_is_refused(send):
    balance = send.token.balanceOf(send.chain.sender).call()
    line = send.refused(format_units(balance, 6))
    assert f"has {format_units(balance, 6)} of token {send.token.address}" in line
    assert f"but the transfer takes {format_units(balance * 101 // 100, 6)}, with all fees" in line


def test_more_than_the_destination_holds_is_refused(send):
    line = send.refused("1000000", origin="beta", to="alpha")
    assert "the router on alpha holds " in line
    assert "and would have to pay 1,000,000.000000 SEND" in line


def test_a_transfer_that_fails_leaves_no_approval(send):
    hook = send.chain.at(
        "PausableHook", send.world.mailboxes["alpha"].functions.defaultHook().call()
    ).functions
    send.chain.send(hook.pause())
    try:
        result = send("1")
    finally:
        send.chain.send(hook.unpause())
    assert result.exit_code == 1
    assert send.allowed() == 0


def test_a_delivery_that_costs_more_ether_than_there_is_is_refused(world, deployed, warp):
    deployed("SEND/ether", {"alpha": {"type": "native"}, "beta": {"type": "synthetic"}})
    nonces = world.nonces()
    result = warp(
        *("send", "--route", "SEND/ether", "--origin", "alpha", "--to", "beta"),
        *("--amount", "1000000", "--recipient", STRANGER),
    )
    (line,) = result.stderr.splitlines()
    assert " of ether, but the transfer takes 1,000,000.000000000000000000, with all" in line
    assert world.nonces() == nonces


def test_an_nft_of_somebody_elses_is_refused(world, deployed, warp):
    cats = world["alpha"].deploy("TestERC721", 1)
    config = {
        "alpha": {"type": "collateral", "isNft": True, "token": cats.address},
        "beta": {"type": "synthetic", "isNft": True},
    }
    deployed("SEND/cats", config)
    nonces = world.nonces()
    for account, cat, owner in (("test:7", 0, world["alpha"].sender), ("test:0", 9, "nobody")):
        result = warp(
            *("send", "--route", "SEND/cats", "--origin", "alpha", "--to", "beta"),
            *("--amount", cat, "--recipient", STRANGER, "--account", account),
        )
        (line,) = result.stderr.splitlines()
        assert f"NFT {cat} of {cats.address} belongs to {owner}, not to 0x" in line
    assert world.nonces() == nonces


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"recipient": ZERO}, f"--recipient {ZERO}: tokens sent to it would be lost"),
        ({"recipient": "0x12"}, "--recipient: "),
        ({"to": "alpha"}, "--to alpha: expected another chain than --origin"),
        ({"to": "gamma"}, "the route has no token on 'gamma'"),
        ({"origin": "beto"}, "the route has no token on 'beto'; did you mean 'beta'?"),
    ],
)
def test_transfers_to_nobody_and_nowhere_are_refused(send, options, complaint):
    assert complaint in send.refused("1", **options)


def test_the_routes_own_contracts_are_no_recipients(send):
    line = send.refused("1", recipient=send.routers["beta"])
    assert f"--recipient {send.routers['beta']}: tokens sent to it would be lost" in line


def test_a_token_may_be_called_anything(world, warp):
    name, symbol = "[/] \N{SNOWMAN}", "[red]"
    erc20 = world["alpha"].deploy("TestERC20", name, symbol, 10**9, 6)
    config = {
        "alpha": {"type": "collateral", "token": erc20.address},
        "beta": {"type": "synthetic"},
    }
    made = warp("deploy", config=config)
    assert f"alpha: collateral, {name} ({symbol}), 6 decimals" in made.stdout
    assert f"{symbol}/alpha-beta: 8 transactions sent" in made.stdout
    with world.relaying():
        result = warp(
            *("send", "--route", f"{symbol}/alpha-beta", "--origin", "alpha", "--to", "beta"),
            *("--amount", "1", "--recipient", STRANGER),
        )
    assert f"{STRANGER} on beta: 0.000000 {symbol}, now 1.000000 {symbol}" in result.stdout


END = RouteToken(
    chain_name="alpha",
    standard="EvmHypNative",
    name="Ether",
    symbol="ETH",
    decimals=18,
    address_or_denom=STRANGER,
)


def test_amounts_keep_all_their_digits():
    amount = parse_amount("12345678901.123456789012345678", END, END, nft=False)
    assert amount == 12345678901123456789012345678
    assert format_units(amount, 18) == "12,345,678,901.123456789012345678"
    assert parse_amount(str(2**256 - 1), END, END, nft=True) == 2**256 - 1


@pytest.mark.parametrize(
    "amount", ["0", "-1", "1.0000000000000000001", "1e99999999", "nan", "snan", "inf", "one", ""]
)
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(ConfigError, match="expected more than 0, with 18 decimals at most"):
        parse_amount(amount, END, END, nft=False)


def test_an_amount_has_no_more_decimals_than_arrive():
    six = END.model_copy(update={"decimals": 6})
    assert parse_amount("1.000001", END, six, nft=False) == 1_000_001 * 10**12
    assert parse_amount("1.000001", six, END, nft=False) == 1_000_001
    with pytest.raises(ConfigError, match="expected more than 0"):
        parse_amount(str(10**60), END, six, nft=False)
    for ends in ((END, six), (six, END)):
        with pytest.raises(ConfigError, match="with 6 decimals at most"):
            parse_amount("0.0000001", *ends, nft=False)


@pytest.mark.parametrize("number", ["1.5", "-1", str(2**256)])
def test_what_is_no_id_of_an_nft_is_refused(number):
    with pytest.raises(ConfigError, match="expected the id of an NFT"):
        parse_amount(number, END, END, nft=True)


OTHERS = [
    {
        "chainName": "solanamainnet",
        "standard": "SealevelHypSynthetic",
        "addressOrDenom": "3bzyYV7YgU1VQZb1AtTLr8Tg2EJ6Qr5fCTVBmLHTAU7b",
        "collateralAddressOrDenom": "8WqDUE1z2rs23w5hFbMqXF5hYHqAYuQqLhHTJ6oXGDDp",
        "name": "Token",
        "symbol": "SEND",
        "decimals": 9,
        "scale": 1_000_000_000,
    },
    {
        "chainName": "celestia",
        "standard": "CosmNativeHypCollateral",
        "addressOrDenom": "0x726f757465725f61707000000000000000000000000000010000000000000000",
        "collateralAddressOrDenom": "utia",
        "name": "Token",
        "symbol": "SEND",
        "decimals": 6,
    },
]


@pytest.fixture
def as_published(send):
    """The route as public registries have most: no deploy file, and ends of other protocols."""
    deploy, config = route_paths(send.world.registry.folder, ROUTE)
    before = deploy.read_bytes(), config.read_bytes()
    content = yaml.safe_load(before[1])
    content["tokens"] += OTHERS
    config.write_text(yaml.safe_dump(content))
    deploy.unlink()
    yield
    deploy.write_bytes(before[0])
    config.write_bytes(before[1])


def test_a_route_needs_no_deploy_file_and_may_go_to_other_protocols(send, as_published):
    with send.world.relaying():
        result = send("1")
    assert result.exit_code == 0, result.stderr


def test_an_end_of_another_protocol_is_named(send, as_published):
    line = send.refused("1", to="solanamainnet")
    assert "the route's token on solanamainnet is a SealevelHypSynthetic" in line
