"""Account routers that know each other: wired on three chains, checked, resumed."""

import json

import pytest
import yaml
from benchmarks.anvil import Chain
from eth_utils import keccak
from tests.support.proxy import misbehaving
from tests.support.wiring import CHAINS, run_until_killed

from ape_hyperlane.demo.processes import free_port

KEY = "interchainAccountRouter"


def call(node, address, signature, *words, sender=None):
    """Calls a method whose arguments are words."""
    data = keccak(text=signature)[:4] + b"".join(word.to_bytes(32) for word in words)
    fields = {"from": sender or node.deployer, "to": address, "data": data}
    receipt = node.web3.eth.wait_for_transaction_receipt(node.web3.eth.send_transaction(fields))
    assert receipt["status"] == 1


def with_remotes(cores, chain, remotes, tmp_path, **more):
    """The config of a core with these remote routers, as a file."""
    path = cores.registry.chain_folder(chain) / "core-config.yaml"
    content = yaml.safe_load(path.read_text())
    content[KEY] = {**content[KEY], "remoteRouters": remotes, **more}
    del content[KEY]["interchainSecurityModule"]
    wanted = tmp_path / "wanted.yaml"
    wanted.write_text(yaml.safe_dump(content))
    return wanted


def set_address(cores, chain, address):
    addresses = cores.registry.addresses(chain)
    changed = addresses.model_copy(update={"interchain_account_router": address})
    cores.registry.write_addresses(chain, changed)


def set_url(cores, chain, url):
    metadata = cores.registry.metadata(chain)
    urls = [metadata.rpc_urls[0].model_copy(update={"http": url})]
    cores.registry.write_metadata(metadata.model_copy(update={"rpc_urls": urls}))


def test_each_of_three_routers_enrols_the_two_others(cores):
    before = cores.nonces()

    result = cores.wire()

    assert result.exit_code == 0, result.stderr
    for chain in CHAINS:
        assert cores.enrolled(chain) == cores.others(chain)
        assert cores.check(chain).exit_code == 0
    assert cores.nonces() == {chain: nonce + 2 for chain, nonce in before.items()}
    assert "No Safe and no timelock has anything to do" in result.stdout

    files = {path: path.read_bytes() for path in cores.registry.folder.rglob("*.*")}
    assert cores.wire().exit_code == 0
    for chain in CHAINS:
        assert cores.deploy(chain).exit_code == 0
    assert cores.nonces() == {chain: nonce + 2 for chain, nonce in before.items()}
    assert {path: path.read_bytes() for path in cores.registry.folder.rglob("*.*")} == files


def test_a_dry_run_shows_the_enrolments_and_sends_none(cores):
    before = cores.nonces()
    result = cores.wire("--dry-run")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.count("enrollRemoteRouterAndIsm") == 6
    assert cores.nonces() == before


def test_only_the_chosen_chains_are_wired(cores):
    assert cores.wire("--chains", "alpha,gamma").exit_code == 0
    assert cores.enrolled("alpha") == {"gamma": cores.router("gamma")}
    assert cores.enrolled("gamma") == {"alpha": cores.router("alpha")}
    assert cores.enrolled("beta") == {}
    assert cores.wire().exit_code == 0
    assert cores.enrolled("alpha") == cores.others("alpha")


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        ("alpha,bta", "--chains: bta: no core with an interchainAccountRouter"),
        ("alpha", "1 cores to wire; expected two or more"),
    ],
)
def test_chains_that_cannot_be_wired_are_named(cores, chosen, complaint):
    result = cores.wire("--chains", chosen)
    assert result.exit_code == 1
    assert complaint in result.stderr


def test_a_run_that_is_killed_at_each_transaction_sends_nothing_twice(cores):
    before = cores.nonces()
    for chain in CHAINS:
        node = cores.nodes[chain]
        node.rpc("evm_setAutomine", False)
        for lost in (True, False):
            run_until_killed(cores, node, "wire")
            if lost:
                (pool,) = node.rpc("txpool_content")["pending"].values()
                for transaction in pool.values():
                    node.rpc("anvil_dropTransaction", transaction["hash"])
                run_until_killed(cores, node, "wire")
            node.rpc("evm_mine")
        node.rpc("evm_setAutomine", True)

    result = cores.wire()

    assert result.exit_code == 0, result.stderr
    assert cores.nonces() == {chain: nonce + 2 for chain, nonce in before.items()}
    for chain in CHAINS:
        assert cores.enrolled(chain) == cores.others(chain)
        journal = cores.registry.chain_folder(chain) / "deployment.json"
        assert all(step["done"] for step in json.loads(journal.read_text())["steps"].values())


def test_a_router_that_lost_an_enrolment_or_got_one_differs_and_is_put_right(cores):
    assert cores.wire().exit_code == 0
    node, router = cores.nodes["beta"], cores.router("beta")
    call(node, router, "unenrollRemoteRouter(uint32)", CHAINS["alpha"])
    call(node, router, "enrollRemoteRouter(uint32,bytes32)", 99, int(router, 16))

    drifted = cores.check("beta")

    assert drifted.exit_code == 1
    assert f"{KEY}.routers({CHAINS['alpha']}) is 0x{64 * '0'}, expected 0x" in drifted.stdout
    assert f"{KEY}.domains() is " in drifted.stdout
    assert cores.deploy("beta").exit_code == 0
    assert cores.check("beta").exit_code == 0
    assert cores.enrolled("beta") == cores.others("beta")
    assert not any(node.view(router, "routers(uint32)", "bytes32", 99))


def test_another_router_than_the_enrolled_one_is_refused_before_anything_is_sent(cores):
    assert cores.wire().exit_code == 0
    set_address(cores, "beta", cores.registry.addresses("beta").mailbox)
    before = cores.nonces()
    result = cores.wire()
    assert result.exit_code == 1
    assert f"alpha: {KEY}.remoteRouters.{CHAINS['beta']}: " in result.stderr
    assert "an enrolment cannot be changed" in result.stderr
    assert cores.nonces() == before


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("test_recipient", "there is another contract; expected one of the same kind"),
        ("mailbox", "there is another contract; expected one of the same kind"),
        (None, "there is no contract; expected one of the same kind"),
    ],
)
def test_what_is_no_router_is_not_enrolled(cores, wrong, complaint):
    there = getattr(cores.registry.addresses("beta"), wrong) if wrong else cores.router("gamma")
    if wrong is None:
        there = "0x" + 40 * "7"
    set_address(cores, "beta", there)
    before = cores.nonces()

    for options in (("--dry-run",), ()):
        result = cores.wire(*options)

        assert result.exit_code == 1
        assert complaint in result.stderr
        assert f"for domain {CHAINS['beta']}" in result.stderr
    assert cores.nonces() == before


def test_a_router_of_another_mailbox_is_not_enrolled(cores):
    """Of one that is on the same chain, but is no part of its core."""
    chain = Chain(cores.nodes["beta"].web3)
    mailbox = chain.deploy("Mailbox", 4)
    zero = "0x" + 40 * "0"
    router = chain.deploy("MinimalInterchainAccountRouter", mailbox.address, zero, chain.sender)
    set_address(cores, "beta", router.address)
    before = cores.nonces()

    result = cores.wire()

    assert result.exit_code == 1
    known = cores.registry.addresses("beta").mailbox
    assert f"its Mailbox is {mailbox.address}, expected the registry's, {known}" in result.stderr
    assert cores.nonces() == before

    cores.registry.write_addresses(
        "beta",
        cores.registry.addresses("beta").model_copy(update={"mailbox": mailbox.address}),
    )
    other_domain = cores.wire()
    assert other_domain.exit_code == 1
    assert cores.nonces() == before


def test_a_router_of_another_domain_is_not_enrolled(cores, tmp_path):
    """The file of beta is gamma's, as after a mistake with copies."""
    folder = cores.registry.chain_folder("beta")
    metadata = cores.registry.metadata("gamma").model_copy(
        update={"name": "beta", "domain_id": CHAINS["beta"]}
    )
    cores.registry.write_metadata(metadata)
    theirs = cores.registry.chain_folder("gamma") / "addresses.yaml"
    (folder / "addresses.yaml").write_text(theirs.read_text())
    before = cores.nonces()

    wanted = with_remotes(cores, "alpha", {"beta": {}}, tmp_path)
    result = cores.deploy("alpha", "--config", wanted)

    assert result.exit_code == 1
    assert f"its Mailbox is of domain {CHAINS['gamma']}" in result.stderr
    assert cores.nonces() == before


def test_the_registry_vouches_for_a_router_whose_node_does_not_answer(cores, tmp_path):
    set_url(cores, "beta", f"http://127.0.0.1:{free_port()}")
    wanted = with_remotes(cores, "alpha", {"beta": {}}, tmp_path)
    result = cores.deploy("alpha", "--config", wanted)
    assert result.exit_code == 0, result.stderr
    assert cores.enrolled("alpha") == {"beta": cores.router("beta")}


@pytest.mark.parametrize("known_as", ["beta", "4"])
def test_a_router_for_which_nobody_vouches_is_not_enrolled(cores, tmp_path, known_as):
    set_url(cores, "beta", f"http://127.0.0.1:{free_port()}")
    before = cores.nonces()
    other = {known_as: {"address": cores.router("gamma")}}
    wanted = with_remotes(cores, "alpha", other, tmp_path)

    result = cores.deploy("alpha", "--config", wanted)

    assert result.exit_code == 1
    said = {"beta": "the node of beta does not answer", "4": "no such chain in the registry"}
    assert said[known_as] in result.stderr
    assert cores.nonces() == before


def test_a_module_that_is_not_there_is_not_enrolled(cores, tmp_path):
    wanted = with_remotes(cores, "alpha", {"beta": {}}, tmp_path)
    content = yaml.safe_load(wanted.read_text())
    there = cores.registry.addresses("beta").interchain_security_module
    content[KEY]["interchainSecurityModule"] = {"isms": {"beta": "0x" + 40 * "7"}}
    wanted.write_text(yaml.safe_dump(content))
    before = cores.nonces()
    result = cores.deploy("alpha", "--config", wanted)
    assert result.exit_code == 1
    assert "no contract at its module 0x" in result.stderr
    assert cores.nonces() == before

    content[KEY]["interchainSecurityModule"] = {"isms": {"beta": there}}
    wanted.write_text(yaml.safe_dump(content))
    assert cores.deploy("alpha", "--config", wanted).exit_code == 0
    node, router = cores.nodes["alpha"], cores.router("alpha")
    word = node.view(router, "isms(uint32)", "bytes32", CHAINS["beta"])
    assert node.web3.to_checksum_address(word[12:]) == there
    assert cores.check("alpha").exit_code == 0
    assert cores.wire().exit_code == 0
    assert cores.check("alpha").exit_code == 0


def test_a_module_for_which_nobody_vouches_is_not_enrolled(cores, tmp_path):
    set_url(cores, "beta", f"http://127.0.0.1:{free_port()}")
    wanted = with_remotes(cores, "alpha", {"beta": {}}, tmp_path)
    content = yaml.safe_load(wanted.read_text())
    content[KEY]["interchainSecurityModule"] = {"isms": {"beta": "0x" + 40 * "7"}}
    wanted.write_text(yaml.safe_dump(content))
    before = cores.nonces()

    result = cores.deploy("alpha", "--config", wanted)

    assert result.exit_code == 1
    assert "the node of beta does not answer" in result.stderr
    assert cores.nonces() == before


def test_another_module_than_the_enrolled_one_is_refused_before_anything_is_sent(cores, tmp_path):
    assert cores.wire().exit_code == 0
    hook = {"hook": cores.registry.addresses("alpha").merkle_tree_hook}
    wanted = with_remotes(cores, "alpha", {"beta": {}, "gamma": {}}, tmp_path, **hook)
    content = yaml.safe_load(wanted.read_text())
    there = cores.registry.addresses("beta").interchain_security_module
    content[KEY]["interchainSecurityModule"] = {"isms": {"beta": there}}
    wanted.write_text(yaml.safe_dump(content))
    before = cores.nonces()
    result = cores.deploy("alpha", "--config", wanted)
    assert result.exit_code == 1
    assert f"remoteRouters.{CHAINS['beta']}: {cores.router('alpha')} refuses" in result.stderr
    assert cores.nonces() == before
    assert cores.wire().exit_code == 0, "its file is as it was"


@pytest.mark.parametrize(
    ("method", "answer"),
    [
        (b"eth_chainId", b"<html>sold</html>"),
        (b"eth_call", b"<html>sold</html>"),
        (b"eth_call", b'{"jsonrpc":"2.0","id":1,"result":null}'),
        (b"eth_call", b'{"jsonrpc":"2.0","id":1,"result":"sold"}'),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_a_node_that_answers_something_else_does_not_answer(cores, tmp_path, method, answer, known):
    with misbehaving(cores.nodes["beta"].url) as proxy:
        proxy.interfere(lambda body: (200, answer) if method in body else None)
        set_url(cores, "beta", proxy.url)
        other = {} if known else {"address": cores.router("gamma")}
        wanted = with_remotes(cores, "alpha", {"beta": other}, tmp_path)

        result = cores.deploy("alpha", "--config", wanted)

    assert result.exit_code == (0 if known else 1), result.stderr
    assert ("the node of beta does not answer" in result.stderr) != known
    assert "sold" not in result.stderr
    assert cores.enrolled("alpha") == ({"beta": cores.router("beta")} if known else {})


def test_routers_of_another_owner_are_wired_by_that_owner(cores, tmp_path):
    owner = cores.nodes["alpha"].other
    for chain in CHAINS:
        path = cores.registry.chain_folder(chain) / "core-config.yaml"
        content = yaml.safe_load(path.read_text())
        content["owner"] = owner
        for key in ("owner", "commitmentIsm"):
            content[KEY].pop(key)
        del content["defaultHook"]["owner"], content["defaultHook"]["beneficiary"]
        wanted = tmp_path / f"{chain}.yaml"
        wanted.write_text(yaml.safe_dump(content))
        assert cores.deploy(chain, "--config", wanted).exit_code == 0
        node, router = cores.nodes[chain], cores.router(chain)
        module = node.view(router, "CCIP_READ_ISM()", "address")
        assert node.view(router, "owner()", "address") == owner
        assert node.view(module, "owner()", "address") == owner
    before = cores.nonces()

    refused = cores.wire()

    assert refused.exit_code == 1
    assert f"the changes are for {owner}, a key" in refused.stderr
    assert cores.nonces() == before

    result = cores.wire(account="test:1")
    assert result.exit_code == 0, result.stderr
    for chain in CHAINS:
        assert cores.enrolled(chain) == cores.others(chain)
    assert cores.nonces() == before


def test_a_timelock_enrols_what_is_written_for_it(cores, tmp_path):
    node = cores.nodes["alpha"]
    timelock = Chain(node.web3).deploy("TestTimelock", 3600, [node.other]).address
    router = cores.router("alpha")
    wanted = with_remotes(cores, "alpha", {}, tmp_path, owner=timelock)
    assert cores.deploy("alpha", "--config", wanted).exit_code == 0

    result = cores.wire()

    assert result.exit_code == 0, result.stderr
    assert f"timelock {timelock} with a delay of 3600 s: 2 calls in" in result.stdout
    assert cores.enrolled("alpha") == {}
    assert cores.check("alpha").exit_code == 1
    (path,) = cores.proposals.iterdir()
    written = json.loads(path.read_text())
    for key in ("schedule", "execute"):
        fields = {name: written[key][name] for name in ("to", "data")}
        sent = node.web3.eth.send_transaction({**fields, "from": node.other})
        assert node.web3.eth.wait_for_transaction_receipt(sent)["status"] == 1
        node.rpc("evm_increaseTime", 3600)
        node.rpc("evm_mine")
    assert cores.router("alpha") == router
    assert cores.enrolled("alpha") == cores.others("alpha")
    assert cores.check("alpha").exit_code == 0
