"""Route files and registries of a stranger: what they make somebody pay who sends by them."""

import pytest
import yaml
from click.testing import CliRunner
from eth_abi import encode
from eth_utils import keccak

from hyperlane.registry import ChainAddresses

ZERO, ROUTE = "0x" + 40 * "0", "EVIL/route"
RECIPIENT = "0x" + 40 * "7"
ETHER = 10**18
QUOTE = "quoteTransferRemote(uint32,bytes32,uint256)"


def puppet(answers):
    """Code that gives each selector its answer, and takes whatever else comes, with all value."""
    code, tail = bytes.fromhex("5f3560e01c"), b""  # the selector
    body = len(code) + 11 * len(answers) + 1
    for signature, answer in answers.items():
        place, size = body + len(tail), len(answer).to_bytes(2)
        code += bytes.fromhex("8063") + keccak(text=signature)[:4] + bytes.fromhex("1461")
        code += place.to_bytes(2) + b"\x57"  # if it is this one, jump there
        tail += b"\x5b\x61" + size + b"\x61" + (place + 16).to_bytes(2) + bytes.fromhex("600039")
        tail += b"\x61" + size + bytes.fromhex("6000f3") + answer  # copy and return it
        tail += bytes(33)  # no byte of the answer hides the next place to jump to
    return code + b"\x00" + tail


@pytest.fixture
def evil(world):
    """Puts code at a new address of alpha; the address."""

    def evil(answers):
        chain = world["alpha"]
        address = chain.deploy("NoopIsm").address
        code = "0x" + puppet(answers).hex()
        chain.web3.provider.make_request("anvil_setCode", [address, code])
        return address

    return evil


@pytest.fixture
def route(world):
    """Writes a route of a router on alpha and of nothing on beta, as its author would."""
    folder = world.registry.folder / "deployments/warp_routes/EVIL"
    folder.mkdir(parents=True, exist_ok=True)

    def route(router, kind="native", standard="EvmHypNative", token=None, decimals=18):
        ends = {
            "alpha": {"type": kind, **({"token": token} if token else {})},
            "beta": {"type": "synthetic"},
        }
        shared = {"name": "Good", "symbol": "GOOD", "decimals": decimals}
        alpha = {"chainName": "alpha", "standard": standard, "addressOrDenom": router, **shared}
        if token:
            alpha["collateralAddressOrDenom"] = token
        there = {"chainName": "beta", "standard": "EvmHypSynthetic", "addressOrDenom": router}
        (folder / "route-deploy.yaml").write_text(yaml.safe_dump(ends))
        content = {"tokens": [alpha, {**there, **shared}]}
        (folder / "route-config.yaml").write_text(yaml.safe_dump(content))

    yield route
    for path in folder.glob("*"):
        path.unlink()


@pytest.fixture
def send(world, warp):
    """Sends by the stranger's route, with nothing lost; what was said on standard error."""

    def send(amount, *options):
        chain = world["alpha"]
        before = chain.web3.eth.get_balance(chain.sender), world.nonces()
        result = warp(
            *("send", "--route", ROUTE, "--origin", "alpha", "--to", "beta"),
            *("--amount", amount, "--recipient", RECIPIENT, "--timeout", "1", *options),
        )
        after = chain.web3.eth.get_balance(chain.sender), world.nonces()
        assert after == before, (result.stdout, result.stderr)
        assert result.exit_code == 1
        return result.stderr

    return send


def quotes(*pairs):
    return encode(["(address,uint256)[]"], [list(pairs)])


def word(address):
    return encode(["address"], [address])


def test_a_router_that_wants_all_ether_for_a_delivery_gets_none(evil, route, send):
    router = evil({"token()": word(ZERO), QUOTE: quotes((ZERO, 9000 * ETHER))})
    route(router)
    line = send("1")
    assert "9,000.000000000000000000 of the chain's coin is asked for" in line
    assert "--max-fee" in line


def test_a_higher_bound_is_the_users_to_set(evil, route, send):
    route(evil({"token()": word(ZERO), QUOTE: quotes((ZERO, 9000 * ETHER))}))
    assert "the limit is 8,000.02" in send("1", "--max-fee", "8000")


def test_a_router_that_wants_another_token_than_the_routes_gets_no_approval(
    world, token, evil, route, send
):
    savings = token()
    router = evil(
        {"token()": word(ZERO), QUOTE: quotes((ZERO, ETHER), (savings.address, 500 * ETHER))}
    )
    route(router)
    line = send("1")
    assert savings.address in line
    assert "nothing else is paid" in line
    assert savings.functions.allowance(world["alpha"].sender, router).call() == 0


def test_a_router_that_wants_more_of_the_token_than_is_sent_gets_no_approval(
    world, token, evil, route, send
):
    good = token()
    router = evil({"token()": word(good.address), QUOTE: quotes((good.address, 500 * ETHER))})
    route(router, "collateral", "EvmHypCollateral", good.address)
    assert "--max-token-fee" in send("1")
    assert good.functions.allowance(world["alpha"].sender, router).call() == 0


def test_a_router_that_moves_another_token_than_its_file_says_gets_no_approval(
    world, token, evil, route, send
):
    cheap, savings = token(), token()
    router = evil({"token()": word(savings.address), QUOTE: quotes((savings.address, ETHER))})
    route(router, "collateral", "EvmHypCollateral", cheap.address)
    assert f"moves {savings.address}" in send("1")
    assert savings.functions.allowance(world["alpha"].sender, router).call() == 0


def test_a_file_cannot_make_an_amount_mean_more_by_its_decimals(world, token, evil, route, send):
    six = token(6)
    router = evil({"token()": word(six.address), QUOTE: quotes((six.address, ETHER))})
    route(router, "collateral", "EvmHypCollateral", six.address, decimals=18)
    assert f"decimals: 18, but {six.address} has 6" in send("1")


def test_what_a_transfer_takes_is_shown_and_a_dry_run_pays_nothing(world, warp, evil, route):
    router = evil({"token()": word(ZERO), QUOTE: quotes((ZERO, ETHER + 7))})
    route(router)
    before = world.nonces()
    result = warp(
        *("send", "--route", ROUTE, "--origin", "alpha", "--to", "beta", "--amount", "1"),
        *("--recipient", RECIPIENT, "--dry-run"),
    )
    assert result.exit_code == 0, result.stderr
    assert router in result.stdout
    assert "it takes 1.000000000000000007: 0.000000000000000007 more" in result.stdout
    assert world.nonces() == before


def test_a_mailbox_that_wants_all_ether_for_a_message_gets_none(world, evil):
    from ape_hyperlane.cli import send as send_message

    quote = "quoteDispatch(uint32,bytes32,bytes)"
    mailbox = evil({quote: encode(["uint256"], [9000 * ETHER])})
    registry, chain = world.registry, world["alpha"]
    honest = registry.addresses("alpha")
    registry.write_addresses("alpha", ChainAddresses(mailbox=mailbox))
    before = chain.web3.eth.get_balance(chain.sender)
    try:
        result = CliRunner(mix_stderr=False).invoke(
            send_message,
            [
                *("--registry", str(registry.folder), "--origin", "alpha", "--to", "beta"),
                *("--recipient", RECIPIENT, "--body", "hello", "--account", "test:0"),
                *("--timeout", "1", "--yes"),
            ],
        )
    finally:
        registry.write_addresses("alpha", honest)
    assert chain.web3.eth.get_balance(chain.sender) == before
    assert result.exit_code == 1
    assert "9,000.000000000000000000 of the chain's coin is asked for" in result.stderr
