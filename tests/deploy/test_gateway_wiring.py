"""ERC-7786 gateways that the deploy tool makes and wires: on two chains, whose ids are not their
domains, with messages between them."""

import pytest
import yaml
from benchmarks.anvil import Chain
from eth_utils import keccak
from tests.support.wiring import put_back, run_until_killed, serve_cores
from web3.exceptions import ContractCustomError
from web3.logs import DISCARD

from ape_hyperlane.core.gateways import filled_in
from ape_hyperlane.demo.processes import free_port
from ape_hyperlane.plans.registry_view import RegistryView
from hyperlane.errors import ConfigError
from hyperlane.protocol.interoperable_address import evm_account
from hyperlane.protocol.typecasts import address_from_hex
from hyperlane.registry import ChainAddresses
from hyperlane.registry.erc7786_gateway import Erc7786Gateway, RemoteGateway

KEY = "erc7786Gateway"
CHAIN_IDS = {"alpha": 71011, "beta": 71012}
DOMAINS = {"alpha": 61, "beta": 62}
ZERO, ONE, TWO = (f"0x{40 * digit}" for digit in "012")
FEE = 7
VIEW = RegistryView(
    {"here": 1, "beta": 2, "gamma": 3, "cosmic": 4},
    {"beta": ChainAddresses(mailbox=ONE, erc7786_gateway=TWO)},
    "here",
    {"here": 11, "beta": 12, "gamma": 13},
)


def config_file(folder, content=None, **more):
    """A core whose messages cost a fee, and a gateway, as a file."""
    core = {
        "requiredHook": {
            "type": "protocolFee",
            "maxProtocolFee": "1000",
            "protocolFee": str(FEE),
        },
        "defaultHook": {"type": "merkleTreeHook"},
        "interchainAccountRouter": {"routerType": "minimal"},
        KEY: content or {},
        **more,
    }
    path = folder / "wanted.yaml"
    path.write_text(yaml.safe_dump(core))
    return path


@pytest.fixture(scope="module")
def two_cores(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gateways")
    with serve_cores(folder, CHAIN_IDS) as cores:
        wanted = config_file(folder)
        for chain, domain in DOMAINS.items():
            result = cores.deploy(chain, "--domain", domain, "--config", wanted)
            assert result.exit_code == 0, result.stderr
        yield cores


@pytest.fixture
def cores(two_cores, tmp_path):
    with put_back(two_cores, tmp_path) as cores:
        yield cores


def address_of(cores, chain):
    return cores.registry.addresses(chain).erc7786_gateway


def gateway_of(cores, chain):
    return Chain(cores.nodes[chain].web3).at("HyperlaneGateway", address_of(cores, chain))


def enrolled(cores, chain):
    """Enrolments by chain id: domain, gateway and gas limit."""
    functions = gateway_of(cores, chain).functions
    return {
        chain_id: tuple(functions.remoteGatewayOf(chain_id).call())
        for chain_id in functions.chainIds().call()
    }


def other(cores, chain, gas_limit=200_000):
    """Enrolments of a gateway that knows the other one."""
    there = {"alpha": "beta", "beta": "alpha"}[chain]
    return {CHAIN_IDS[there]: (DOMAINS[there], address_of(cores, there), gas_limit)}


def set_gateway(cores, chain, address):
    addresses = cores.registry.addresses(chain)
    changed = addresses.model_copy(update={"erc7786_gateway": address})
    cores.registry.write_addresses(chain, changed)


def require_initialised(cores, chain):
    """The account that created a gateway could take it back, were it not initialised."""
    creator, gateway = cores.nodes[chain].deployer, gateway_of(cores, chain)
    with pytest.raises(ContractCustomError, match=keccak(text="AlreadyInitialized()")[:4].hex()):
        gateway.functions.initialize(ZERO, ZERO, creator).call({"from": creator})


def test_wired_gateways_send_messages_for_their_quote(cores):
    before = cores.nonces()

    result = cores.wire()

    assert result.exit_code == 0, result.stderr
    for chain in CHAIN_IDS:
        assert enrolled(cores, chain) == other(cores, chain)
        assert cores.check(chain).exit_code == 0
        require_initialised(cores, chain)
    # One for the gateway, one for the account router.
    assert cores.nonces() == {chain: nonce + 2 for chain, nonce in before.items()}

    here, there = (Chain(cores.nodes[chain].web3) for chain in ("alpha", "beta"))
    recipient = there.deploy("TestGatewayRecipient")
    gateway = gateway_of(cores, "alpha")
    account = evm_account(CHAIN_IDS["beta"], address_from_hex(recipient.address))
    message = (account, b"hello", [])
    assert gateway.functions.quote(*message).call() == FEE
    receipt = here.send(gateway.functions.sendMessage(*message), value=FEE)
    mailbox = here.at("Mailbox", cores.registry.addresses("alpha").mailbox)
    (dispatched,) = mailbox.events.Dispatch().process_receipt(receipt, errors=DISCARD)
    remote = there.at("Mailbox", cores.registry.addresses("beta").mailbox)
    there.send(remote.functions.process(b"", dispatched["args"]["message"]))
    assert recipient.functions.lastPayload().call() == b"hello"
    sender = evm_account(CHAIN_IDS["alpha"], address_from_hex(here.sender))
    assert recipient.functions.lastSender().call() == sender


def test_a_second_run_sends_nothing_and_writes_nothing(cores):
    assert cores.wire().exit_code == 0
    before = cores.nonces()
    files = {path: path.read_bytes() for path in cores.registry.folder.rglob("*.*")}
    assert cores.wire().exit_code == 0
    for chain in CHAIN_IDS:
        assert cores.deploy(chain).exit_code == 0
    assert cores.nonces() == before
    assert {path: path.read_bytes() for path in cores.registry.folder.rglob("*.*")} == files


@pytest.mark.parametrize("wrong", ["mailbox", "interchain_account_router", None])
def test_what_is_no_gateway_is_not_enrolled(cores, wrong):
    known = cores.registry.addresses("beta")
    set_gateway(cores, "beta", getattr(known, wrong) if wrong else "0x" + 40 * "7")
    before = cores.nonces()
    for options in (("--dry-run",), ()):
        result = cores.wire(*options)
        assert result.exit_code == 1
        what = "another contract" if wrong else "no contract"
        assert f"there is {what}; expected one of the same kind" in result.stderr
        assert f"for domain {DOMAINS['beta']}" in result.stderr
    assert cores.nonces() == before


def test_a_gateway_of_another_mailbox_is_not_enrolled(cores):
    chain = Chain(cores.nodes["beta"].web3)
    mailbox = chain.deploy("Mailbox", DOMAINS["beta"])
    set_gateway(cores, "beta", chain.deploy("HyperlaneGateway", mailbox.address).address)
    before = cores.nonces()
    result = cores.wire()
    assert result.exit_code == 1
    known = cores.registry.addresses("beta").mailbox
    assert f"its Mailbox is {mailbox.address}, expected the registry's, {known}" in result.stderr
    assert cores.nonces() == before


def test_a_gateway_whose_node_is_silent_is_the_registrys_or_none(cores, tmp_path):
    metadata = cores.registry.metadata("beta")
    url = f"http://127.0.0.1:{free_port()}"
    urls = [metadata.rpc_urls[0].model_copy(update={"http": url})]
    cores.registry.write_metadata(metadata.model_copy(update={"rpc_urls": urls}))
    wrong = {"remoteGateways": {"beta": {"address": address_of(cores, "alpha")}}}
    before = cores.nonces()
    result = cores.deploy("alpha", "--config", config_file(tmp_path, wrong))
    assert result.exit_code == 1
    assert "the node of beta does not answer" in result.stderr
    assert cores.nonces() == before

    right = config_file(tmp_path, {"remoteGateways": {"beta": {"gasLimit": 90_000}}})
    assert cores.deploy("alpha", "--config", right).exit_code == 0
    assert enrolled(cores, "alpha") == other(cores, "alpha", 90_000)


def test_drift_is_reported_and_put_right(cores):
    assert cores.wire().exit_code == 0
    chain, functions = Chain(cores.nodes["alpha"].web3), gateway_of(cores, "alpha").functions
    chain.send(functions.removeRemoteGateway(CHAIN_IDS["beta"]))
    for chain_id in (98, 99):
        chain.send(functions.enrollRemoteGateway(chain_id, chain_id, ONE, 1))
    chain.send(functions.setHook(cores.registry.addresses("alpha").merkle_tree_hook))

    drifted = cores.check("alpha")

    assert drifted.exit_code == 1
    for line in (
        f"{KEY}.remoteGatewayOf({CHAIN_IDS['beta']}) is [0, {ZERO}, 0], expected [62, 0x",
        f"{KEY}.chainIds() is [98, 99], expected nothing but [{CHAIN_IDS['beta']}]",
        f"{KEY}.hook() is 0x",
    ):
        assert line in drifted.stdout
    result = cores.deploy("alpha")
    assert result.exit_code == 0, result.stderr
    assert enrolled(cores, "alpha") == other(cores, "alpha")
    assert cores.check("alpha").exit_code == 0


def test_a_gateway_made_anew_replaces_the_former_at_its_gas_limit(cores, tmp_path):
    wanted = config_file(tmp_path, {"remoteGateways": {"beta": {"gasLimit": 300_000}}})
    assert cores.deploy("alpha", "--config", wanted).exit_code == 0
    mailbox = cores.registry.addresses("beta").mailbox
    anew = Chain(cores.nodes["beta"].web3).deploy("HyperlaneGateway", mailbox)
    set_gateway(cores, "beta", anew.address)
    wanted = config_file(tmp_path, {"address": anew.address})
    assert cores.deploy("beta", "--config", wanted).exit_code == 0

    result = cores.wire()

    assert result.exit_code == 0, result.stderr
    assert address_of(cores, "beta") == anew.address
    assert enrolled(cores, "alpha") == other(cores, "alpha", 300_000)
    assert enrolled(cores, "beta") == other(cores, "beta")


def test_the_owner_of_a_gateway_wires_it(cores, tmp_path):
    owner = cores.nodes["alpha"].other
    module = {"type": "trustedRelayerIsm", "relayer": owner}
    content = {"owner": owner, "interchainSecurityModule": module}
    more = {"interchainAccountRouter": None}
    for chain in CHAIN_IDS:
        wanted = config_file(tmp_path, content, **more)
        result = cores.deploy(chain, "--config", wanted)
        assert result.exit_code == 0, result.stderr
        functions = gateway_of(cores, chain).functions
        assert functions.owner().call() == owner
        chosen = functions.interchainSecurityModule().call()
        assert cores.nodes[chain].view(chosen, "trustedRelayer()", "address") == owner
    before = cores.nonces()

    refused = cores.wire()

    assert refused.exit_code == 1
    assert f"the changes are for {owner}, a key" in refused.stderr
    assert cores.nonces() == before
    result = cores.wire(account="test:1")
    assert result.exit_code == 0, result.stderr
    for chain in CHAIN_IDS:
        assert enrolled(cores, chain) == other(cores, chain)
        assert cores.check(chain).exit_code == 0
    assert cores.nonces() == before


def test_a_deployment_that_is_killed_at_each_transaction_sends_nothing_twice(tmp_path):
    with serve_cores(tmp_path, {"alpha": CHAIN_IDS["alpha"]}) as cores:
        node = cores.nodes["alpha"]
        wanted = config_file(tmp_path, owner=node.other, **{KEY: None})
        assert cores.deploy("alpha", "--domain", 61, "--config", wanted).exit_code == 0
        assert address_of(cores, "alpha") is None
        before = node.nonce()
        wanted = config_file(tmp_path, owner=node.other)
        command = ("deploy", "--chain", "alpha", "--network", node.url, "--config", wanted)

        node.rpc("evm_setAutomine", False)
        for _ in ("create", "initialize", "transferOwnership"):
            run_until_killed(cores, node, *command)
            node.rpc("evm_mine")
        node.rpc("evm_setAutomine", True)
        result = cores.deploy("alpha", "--config", wanted)

        assert result.exit_code == 0, result.stderr
        assert node.nonce() == before + 3
        assert cores.check("alpha").exit_code == 0
        assert gateway_of(cores, "alpha").functions.owner().call() == node.other
        require_initialised(cores, "alpha")


def test_remotes_are_written_by_domain_with_what_the_registry_has():
    config = Erc7786Gateway.model_validate({"remoteGateways": {"beta": {}, "77": REMOTE}})
    once = filled_in(config, None, VIEW, 1)
    assert once.remote_gateways == {
        "2": RemoteGateway(address=TWO, chain_id=12),
        "77": RemoteGateway.model_validate(REMOTE),
    }
    assert filled_in(once, None, VIEW, 1) == once
    assert filled_in(Erc7786Gateway.model_validate(once.as_file()), None, VIEW, 1) == once
    assert filled_in(Erc7786Gateway(), once, VIEW, 1) == once
    assert filled_in(Erc7786Gateway(remote_gateways={}), once, VIEW, 1).remote_gateways == {}


REMOTE = {"address": ONE, "chainId": 78, "gasLimit": 5}


@pytest.mark.parametrize(
    ("remotes", "complaint"),
    [
        ({"here": {"address": ONE}}, ".1: this chain itself; remove this entry"),
        ({"gamma": {}}, ".gamma.address: required, since the registry has no erc7786Gateway"),
        ({"cosmic": {"address": ONE}}, ".cosmic.chainId: required, since the registry has no EVM"),
        ({"beta": {"chainId": 5}}, ".beta.chainId: 5, expected 12, as the registry has it"),
        ({"beta": {}, "77": {**REMOTE, "chainId": 12}}, ".77.chainId: 12, which beta has, too"),
        ({"bta": {}}, ".bta: not in the registry; did you mean 'beta'?"),
        ({"beta": {}, "2": {}}, ".2: domain 2 appears twice"),
    ],
)
def test_remotes_that_cannot_be_filled_in_are_refused(remotes, complaint):
    config = Erc7786Gateway.model_validate({"remoteGateways": remotes})
    with pytest.raises(ConfigError) as refused:
        filled_in(config, None, VIEW, 1)
    assert f"{KEY}.remoteGateways{complaint}" in str(refused.value)
