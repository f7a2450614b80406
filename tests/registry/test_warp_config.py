"""Deploy files of routes as other teams have them, and the files that are written of a route."""

import pytest
import yaml

from ape_hyperlane.warp.plan import delivery_gas
from hyperlane.errors import ConfigError
from hyperlane.registry.deployed_routes import RouteToken, WarpRoute, route_paths, write_route
from hyperlane.registry.models import read
from hyperlane.registry.token_fees import all_fees
from hyperlane.registry.warp import read_warp_config

ONE, TWO = "0x" + 40 * "1", "0x" + 40 * "2"
REMOTE = "0x" + 64 * "3"


@pytest.fixture
def tokens(write):
    """The tokens of a file: of the text, or of native with these keys and a synthetic."""

    def tokens(content):
        if isinstance(content, dict):
            ends = {"alpha": {"type": "native", **content}, "beta": {"type": "synthetic"}}
            content = yaml.safe_dump(ends)
        return read_warp_config(write("route-deploy.yaml", content))

    return tokens


@pytest.fixture
def refusal(tokens):
    """Why a file is refused, without its name."""

    def refusal(content):
        with pytest.raises(ConfigError) as refused:
            tokens(content)
        (line,) = str(refused.value).splitlines()
        return line.partition("route-deploy.yaml: ")[2]

    return refusal


def test_a_file_that_the_reference_wrote_is_understood(tokens):
    alpha, beta = tokens(
        f"""
        alpha:
          type: nativeScaled
          owner: "{ONE}"
          ownerOverrides: {{proxyAdmin: "{TWO}"}}
          mailbox: "{TWO}"
          contractVersion: 12.1.0
          isNft: false
          scale: {{numerator: "1", denominator: "1000000000000"}}
          destinationGas: {{31338: "68000"}}
          remoteRouters: {{"5": {{address: "{REMOTE}"}}}}
          tokenFee: {{type: LinearFee, bps: "1.5", maxFee: "30000", halfAmount: 100000000}}
          allowedRebalancingBridges: {{beta: [{{bridge: "{ONE}"}}]}}
        beta: {{type: synthetic, gas: 200000, initialSupply: "0"}}
        """
    ).values()
    assert (alpha.type, alpha.admin.owner) == ("native", TWO)
    assert alpha.scale * 10**12 == 1
    assert alpha.destination_gas == {"31338": 68_000}
    assert alpha.token_fee.parameters == (30_000, 100_000_000)
    assert (beta.gas, beta.initial_supply, beta.admin) == (200_000, 0, None)


def test_what_other_tools_wrote_for_themselves_is_taken(tokens):
    alpha, beta = tokens(
        f"""
        alpha:
          type: collateral
          token: "{ONE}"
          ownerOverrides: {{collateralToken: "{ONE}", collateralProxyAdmin: "{TWO}"}}
          contractVersion: 7.1.10
          tokenFee: {{type: LinearFee, address: "{TWO}", bps: 5, owner: "{ONE}"}}
        beta: {{type: synthetic, gas: 0}}
        """
    ).values()
    assert alpha.admin is None
    assert alpha.as_file()["ownerOverrides"] == {
        "collateralToken": ONE,
        "collateralProxyAdmin": TWO,
    }
    assert all_fees(alpha.token_fee) == [TWO]
    assert delivery_gas(beta) == delivery_gas(beta.model_copy(update={"gas": None})) > 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (
            "alpha: {type: native}\nbeta: {type: synthetic}\nalpha: {type: native}",
            "not YAML: line 3, column 1: 'alpha' appears twice",
        ),
        (
            "alpha: {type: native, foreignDeployment: '0x12'}",
            "no end to deploy; expected one on an EVM chain",
        ),
        (
            {"xERC20": {"warpRouteLimits": {"bufferCap": "1"}}},
            "alpha: xERC20: {'warpRouteLimits': {'bufferCap': '1'}}: limits are the token owner's"
            " to set; set them there, and remove this key",
        ),
        (
            {"ownerOverrides": {"proxyAdmin": ONE}, "proxyAdmin": {"owner": TWO}},
            f"alpha: ownerOverrides.proxyAdmin: {ONE}, but proxyAdmin.owner is {TWO}",
        ),
        (
            {"proxyAdmin": {"owner": TWO}, "upgradeable": False},
            "alpha: proxyAdmin: there is no proxy unless upgradeable is true",
        ),
        *(
            (
                {"contractVersion": version},
                f"alpha: contractVersion: '{version}', expected '12.1.0'",
            )
            for version in ("12.1.1", "13.0.0", "12.1", "newest")
        ),
        (
            {"allowedRebalancers": [ONE, TWO, ONE]},
            f"alpha: allowedRebalancers: {ONE} appears twice",
        ),
        (
            {"allowedRebalancingBridges": {"beta": [{"bridge": ONE}, {"bridge": ONE}]}},
            f"alpha: allowedRebalancingBridges.beta: {ONE} appears twice",
        ),
        (
            {"allowedRebalancingBridges": {"beta": [{"bridge": ONE, "approvedTokens": [TWO]}]}},
            f"alpha: allowedRebalancingBridges.beta.0: approvedTokens: {TWO}: routers approve what"
            " each transfer takes, and nothing else; remove this key",
        ),
        (
            {"tokenFee": {"type": "LinearFee", "bps": 5, "maxFee": 30_000, "halfAmount": 10**8}},
            "alpha: tokenFee: bps: 5, but maxFee and halfAmount make 1.5",
        ),
        ({"scale": 2**256}, f"alpha: scale: {2**256}, expected numerator and denominator below"),
        ({"mailbox": "0x" + 40 * "0"}, "alpha: mailbox: the zero address"),
    ],
)
def test_what_would_be_ignored_is_refused(refusal, content, complaint):
    assert refusal(content).startswith(complaint)


def test_numbers_are_written_as_the_reference_reads_them(tokens, tmp_path):
    written = tokens(
        {
            "destinationGas": {"beta": 68_000},
            "scale": {"numerator": 10**18, "denominator": 10**12},
            "tokenFee": {"type": "LinearFee", "maxFee": 10**20, "halfAmount": 10**21},
            "hook": {"type": "protocolFee", "maxProtocolFee": 10**17, "protocolFee": 5},
        }
    )
    path, _ = write_route(tmp_path, "T/numbers", written, WarpRoute(tokens=[]))
    assert yaml.safe_load(path.read_text())["alpha"] == {
        "type": "native",
        "destinationGas": {"beta": "68000"},
        "scale": 10**6,
        "tokenFee": {
            "type": "LinearFee",
            "maxFee": "100000000000000000000",
            "halfAmount": "1000000000000000000000",
        },
        "hook": {
            "type": "protocolFee",
            "maxProtocolFee": "100000000000000000",
            "protocolFee": "5",
        },
    }
    assert read_warp_config(path) == written


@pytest.mark.parametrize(
    ("scale", "written"),
    [
        ("1000000000000", 10**12),
        ("1/1000000000000", {"numerator": 1, "denominator": 10**12}),
        (str(10**18), {"numerator": "1000000000000000000", "denominator": 1}),
    ],
)
def test_scales_are_written_without_loss(tokens, scale, written):
    assert tokens({"scale": scale})["alpha"].as_file()["scale"] == written


def test_what_somebody_added_to_a_deployed_route_stays(tmp_path):
    token = RouteToken(
        chain_name="alpha",
        standard="EvmHypNative",
        name="Ether",
        symbol="ETH",
        decimals=18,
        address_or_denom=ONE,
    )
    _, path = write_route(tmp_path, "ETH/mine", {}, WarpRoute(tokens=[token]))
    content = yaml.safe_load(path.read_text())
    content["tokens"][0] |= {"logoURI": "/logo.svg", "coinGeckoId": "ethereum", "decimals": 6}
    content["options"] = {"routeBlacklist": []}
    path.write_text(yaml.safe_dump(content))

    write_route(tmp_path, "ETH/mine", {}, WarpRoute(tokens=[token]))

    now = read(WarpRoute, path)
    assert now.tokens[0].model_extra == {"logoURI": "/logo.svg", "coinGeckoId": "ethereum"}
    assert (now.tokens[0].decimals, now.model_extra) == (18, {"options": {"routeBlacklist": []}})


@pytest.mark.parametrize("name", ["mine", "../x/y", "ETH/a/b", "a b/c", "ETH/..", "/x"])
def test_a_route_has_a_symbol_and_a_name(tmp_path, name):
    with pytest.raises(ConfigError, match="expected <SYMBOL>/<name>"):
        route_paths(tmp_path, name)
