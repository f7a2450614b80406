"""RPCs that have to agree are of different hosts, whatever their URLs look like."""

import pytest

from hyperlane.agents.watchtower.deliveries.guardian import require_own_rpcs
from hyperlane.errors import ConfigError
from hyperlane.settings import ChainSettings, WatchtowerSettings
from hyperlane.settings.independence import (
    domain_of,
    host_of,
    require_independent,
    require_independent_rpcs,
    shared_domains,
    shared_hosts,
)

pytestmark = pytest.mark.quick

ADDRESS = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
SECRET = "s3cr3t"
ALCHEMY, INFURA = "https://eth.alchemy.example/v2/" + SECRET, "https://eth.infura.example/"


def chain(*urls, **changes):
    return ChainSettings.model_validate(
        {
            "name": "alpha",
            "chainId": 1,
            "mailbox": ADDRESS,
            "merkleTreeHook": ADDRESS,
            "validatorAnnounce": ADDRESS,
            "rpcUrls": [{"http": url} for url in urls],
            **changes,
        }
    )


@pytest.mark.parametrize(
    "other",
    [
        "https://eth.alchemy.example/v2/another-key",
        "https://ETH.Alchemy.EXAMPLE/",
        "https://eth.alchemy.example./v2",
        "https://eth.alchemy.example\u3002/v2",
        "https://eth\uff0ealchemy\uff61example\uff0e/v2",
        "https://eth.alchemy.example:443/x",
        "https://eth.alchemy.example:8443/v2",
        "http://eth.alchemy.example/v2",
        f"https://user:{SECRET}@eth.alchemy.example/v2",
        "https://eth.alchemy.example/?key=2",
    ],
)
def test_one_host_is_found_in_every_spelling(other):
    assert shared_hosts([INFURA, ALCHEMY], [other]) == ("eth.alchemy.example",)
    with pytest.raises(ConfigError) as caught:
        require_independent("chains.alpha.rpcUrls", [ALCHEMY, INFURA, other])
    said = str(caught.value)
    assert said.startswith(
        "chains.alpha.rpcUrls: 2 of 3 URLs that have to agree are at eth.alchemy.example:"
    )
    assert "expected a host of its own for each URL" in said
    assert SECRET not in said


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("http://[2001:db8::1]:8545", "http://[2001:DB8:0:0:0:0:0:1]:9545"),
        ("http://[::ffff:10.0.0.1]:8545", "http://10.0.0.1:9545"),
        ("http://10.1:8545", "http://10.0.0.1:9545"),
        ("http://0x0a000001", "http://10.0.0.1"),
        ("http://xn--mnchen-3ya.example", "http://MÜNCHEN.example/x"),
    ],
)
def test_one_address_is_found_in_every_spelling(one, other):
    assert shared_hosts([one], [other]) == (host_of(one),)


@pytest.mark.parametrize(
    ("one", "other", "shared"),
    [
        ("http://127.0.0.1:8545", "http://127.0.0.1:8546", False),
        ("http://127.0.0.1:8545", "http://localhost:8545/x", True),
        ("http://127.0.0.1:8545", "http://[::1]:8545", True),
        ("http://127.0.0.1:8545", "http://127.0.0.2:8545", True),
        ("http://node.localhost:80", "http://0.0.0.0", True),
        ("http://10.0.0.1:8545", "http://10.0.0.2:8545", False),
        ("http://geth:8545", "http://reth:8545", False),
        ("http://geth:8545", "http://geth:8546", True),
    ],
)
def test_on_this_machine_ports_tell_nodes_apart_and_elsewhere_they_do_not(one, other, shared):
    assert bool(shared_hosts([one], [other])) is shared


@pytest.mark.parametrize(
    ("url", "host", "shared"),
    [
        ("http://127.0.0.1:8545", "localhost", True),
        ("http://localhost:8545", "127.0.0.1", True),
        ("http://localhost:8545", "[::1]", True),
        ("http://localhost:8545", "localhost:8545", True),
        ("http://localhost:8545", "localhost:8546", False),
        ("http://localhost:8545", "http://localhost", False),
        ("http://geth:8545", "GETH.", True),
        ("http://geth:8545", "localhost", False),
    ],
)
def test_a_host_without_a_port_is_all_of_that_machine(url, host, shared):
    assert bool(shared_hosts([url], [host])) is shared


def test_the_same_url_twice_has_one_vote_and_is_no_other_one():
    require_independent("rpcUrls", [ALCHEMY, ALCHEMY + "/", INFURA], 2)
    with pytest.raises(ConfigError, match=r"rpcUrls: 1 RPC \(eth\.alchemy\.example\) where") as e:
        require_independent("rpcUrls", [ALCHEMY, ALCHEMY + "/"], 2)
    assert SECRET not in str(e.value)


@pytest.mark.parametrize(
    ("urls", "domains"),
    [
        (["https://eth.alchemy.com", "https://arb.g.alchemy.com"], ("alchemy.com",)),
        (["https://a.quiknode.pro/1", "https://b.quiknode.pro/2"], ("quiknode.pro",)),
        (["https://a.one.co.uk", "https://a.two.co.uk"], ()),
        (["https://a.one.co.uk", "https://b.one.co.uk"], ("one.co.uk",)),
        (["http://10.0.0.1", "http://10.0.0.2", "http://geth", "http://reth"], ()),
        (["http://a.localhost:1", "http://b.localhost:2"], ()),
        (["https://eth.alchemy.com/1", "https://eth.alchemy.com/2"], ()),
    ],
)
def test_one_provider_under_several_names_is_seen(urls, domains):
    assert shared_domains(urls) == domains


def test_addresses_have_no_domain():
    assert [domain_of(url) for url in ("http://10.0.0.1", "http://[::1]", "http://geth")] == [
        None
    ] * 3


SAME_HOST = (ALCHEMY, "https://eth.alchemy.example/other")


@pytest.mark.parametrize("consensus", ["quorum", "majority"])
def test_a_quorum_that_is_asked_for_needs_hosts_of_their_own(consensus):
    for urls in (SAME_HOST, (ALCHEMY,), (ALCHEMY, ALCHEMY)):
        settings = chain(*urls, rpcConsensusType=consensus)
        with pytest.raises(ConfigError, match=r"^chains\.alpha\.rpcUrls: "):
            require_independent_rpcs(settings, by_default=False)
    require_independent_rpcs(chain(ALCHEMY, INFURA, rpcConsensusType=consensus), by_default=False)


@pytest.mark.parametrize("consensus", ["fallback", "single"])
def test_where_one_answer_suffices_hosts_may_be_the_same(consensus):
    require_independent_rpcs(chain(*SAME_HOST, rpcConsensusType=consensus), by_default=True)
    require_independent_rpcs(chain(*SAME_HOST), by_default=False)


def test_a_default_quorum_takes_one_rpc_unless_it_is_listed_as_several():
    require_independent_rpcs(chain(ALCHEMY), by_default=True)
    for urls in (SAME_HOST, (ALCHEMY, ALCHEMY + "/")):
        with pytest.raises(ConfigError, match=r"eth\.alchemy\.example"):
            require_independent_rpcs(chain(*urls), by_default=True)


def test_the_list_that_counts_is_named():
    settings = chain(INFURA, customRpcUrls=",".join(SAME_HOST), rpcConsensusType="quorum")
    with pytest.raises(ConfigError, match=r"^chains\.alpha\.customRpcUrls: 2 of 2 URLs"):
        require_independent_rpcs(settings, by_default=False)


def guardian(hosts=(), **changes):
    alpha = chain(**changes)
    return WatchtowerSettings.model_validate(
        {
            "db": "unused",
            "chains": {"alpha": alpha},
            "watchChains": ["alpha"],
            "watchDeliveries": ["alpha"],
            "validatorRpcHosts": hosts,
        }
    )


def test_a_guardian_does_not_start_with_an_rpc_of_validators():
    urls = [{"http": ALCHEMY}, {"http": INFURA}]
    require_own_rpcs(guardian(["eth.other.example"], rpcUrls=urls))
    with pytest.raises(ConfigError) as caught:
        require_own_rpcs(guardian(["ETH.alchemy.example:8545"], rpcUrls=urls))
    said = str(caught.value)
    assert said.startswith("chains.alpha.rpcUrls: eth.alchemy.example is one of validatorRpcHosts;")
    assert SECRET not in said


@pytest.mark.parametrize("kind", ["fallback", "single"])
def test_a_guardian_does_not_start_where_one_rpc_of_several_decides(kind):
    urls = [{"http": ALCHEMY}, {"http": INFURA}]
    with pytest.raises(ConfigError, match=f"^chains.alpha.rpcConsensusType: '{kind}' lets one RPC"):
        require_own_rpcs(guardian(rpcUrls=urls, rpcConsensusType=kind))
    require_own_rpcs(guardian(rpcUrls=urls[:1], rpcConsensusType=kind))
    require_own_rpcs(guardian(rpcUrls=urls, rpcConsensusType="majority"))
