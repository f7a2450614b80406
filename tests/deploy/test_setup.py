"""From nothing to a delivered message by the setup commands alone, as each prints the next one."""

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from tests.support.deploying import Node
from tests.support.warp_world import FOREIGN, PUBLIC

from ape_hyperlane import cli
from ape_hyperlane.demo.devnet import development_key
from ape_hyperlane.demo.processes import Processes, anvil, free_port
from hyperlane.registry import CoreConfig, Registry
from hyperlane.registry.models import read
from hyperlane.settings import RelayerSettings, ValidatorSettings, load_settings

DOCS = Path(__file__).parents[2] / "docs"
CHAINS = {"alpha": 90_901, "beta": 90_902}
VALIDATOR, RELAYER = development_key(3), development_key(0)


def secret(key):
    return "0x" + bytes(key.key).hex()


class Setup:
    """Two fresh chains of unusual ids, and a registry that knows chains of other protocols only."""

    def __init__(self, processes, folder):
        self.processes, self.folder = processes, folder
        self.registry = Registry(folder / "registry")
        for chain in FOREIGN:
            shutil.copytree(PUBLIC / chain, self.registry.chain_folder(chain))
        self.nodes = {}
        for name, chain_id in CHAINS.items():
            port = free_port()
            processes.start(name, anvil(port, chain_id))
            self.nodes[name] = Node(f"http://127.0.0.1:{port}")
        for name, node in self.nodes.items():
            processes.wait_until(node.web3.is_connected, f"{name} answers", 30)

    def run(self, command, *, fails=False, environment=None, typed=None):
        """Runs `ape hyperlane …` in this process, as printed or written in a test."""
        words = shlex.split(command) if isinstance(command, str) else list(map(str, command))
        words = words[2:] if words[:2] == ["ape", "hyperlane"] else words
        runner = CliRunner(mix_stderr=False)
        result = runner.invoke(cli.cli, words, env=environment, input=typed)
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        assert (result.exit_code != 0) is fails, result.output + result.stderr
        return result

    def where(self, *more):
        return ["--registry", self.registry.folder, *more]

    def init(self, name, *more, config=None):
        config = config or self.folder / f"{name}-core.yaml"
        rpc = ("--rpc", self.nodes[name].url, "--name", name)
        return self.run(["init", *self.where(*rpc, "--config", config, *more)]).stdout


@pytest.fixture(scope="module")
def setup(tmp_path_factory):
    folder = tmp_path_factory.mktemp("setup")
    with Processes(folder / "logs") as processes:
        yield Setup(processes, folder)


def next_command(said):
    """The last command that a text asks to run next, as printed."""
    return re.findall(r"^(?:Next|Start): (.*)$", said, re.MULTILINE)[-1]


@pytest.fixture(scope="module")
def deployed(setup):
    """Both cores, each of which names the other chain, the first one before it is known."""
    first = setup.init("alpha", "--remote", "beta,tronland")
    (missing,) = re.findall(r"^beta: not in .* Before you deploy: (.*)$", first, re.MULTILINE)
    assert "tronland" not in re.sub(r"core\.yaml", "", first)
    refused = setup.run(next_command(first), fails=True)
    assert "beta: not in the registry" in refused.stderr
    setup.run(missing.replace("<URL>", setup.nodes["beta"].url))
    second = setup.run(
        [
            *("init", *setup.where("--name", "beta", "--remote", "alpha")),
            *("--config", setup.folder / "beta-core.yaml"),
            *("--validators", f"alpha={VALIDATOR.address}"),
        ]
    ).stdout
    said = {}
    for name, text in (("alpha", first), ("beta", second)):
        command = next_command(text)
        command = command.replace("--account me", "--account test:0")
        assert "transactions" not in setup.run(command).stdout  # a dry run
        said[name] = setup.run(command.removesuffix(" --dry-run")).stdout
    return said


def test_metadata_is_what_the_node_says(setup, deployed):
    for name, chain_id in CHAINS.items():
        found = setup.registry.metadata(name)
        assert (found.chain_id, found.domain_id, found.protocol) == (chain_id,) * 2 + ("ethereum",)
        assert found.rpc_urls[0].http == setup.nodes[name].url
        assert found.native_token.symbol == "ETH"
        assert found.blocks.reorg_period == 0
        assert found.is_testnet


def test_the_first_config_is_explained_and_deployed_as_written(setup, deployed):
    text = (setup.folder / "beta-core.yaml").read_text()
    assert sum(line.lstrip().startswith("#") for line in text.splitlines()) > 10
    config = read(CoreConfig, setup.folder / "beta-core.yaml")
    assert set(config.default_hook.overhead) == {"alpha"}
    for name in CHAINS:
        (check,) = re.findall(r"^Next: (ape hyperlane check .*)$", deployed[name], re.MULTILINE)
        assert "as it was deployed" in setup.run(check).stdout


def test_a_core_sells_deliveries_to_a_chain_that_had_no_core(setup, deployed):
    paymaster = setup.registry.addresses("alpha").interchain_gas_paymaster
    for domain in (CHAINS["beta"], setup.registry.identity("tronland").domain_id):
        signature = "quoteGasPayment(uint32,uint256)"
        price = setup.nodes["alpha"].view(paymaster, signature, "uint256", domain, 100_000)
        assert price == 100_000 * 10**9


@pytest.fixture(scope="module")
def configured(setup, deployed):
    """Configurations of a validator of alpha, as deploy's message asks for, and of a relayer."""
    validator = next_command(deployed["alpha"]).replace(
        "--out validator-alpha.json",
        shlex.join(
            [
                *("--storage", str(setup.folder / "signatures")),
                *("--out", str(setup.folder / "validator.json")),
            ]
        ),
    )
    relayer = [
        *("agent-config", *setup.where("--chains", "alpha,beta", "--local-validators")),
        *("--out", setup.folder / "relayer.json"),
    ]
    return {"validator": setup.run(validator).stderr, "relayer": setup.run(relayer).stderr}


def test_configurations_hold_no_key_and_say_what_to_set(setup, configured):
    assert "export HYP_VALIDATOR_KEY=0x…" in configured["validator"]
    assert "export HYP_DEFAULTSIGNER_KEY=0x…" in configured["relayer"]
    for agent in configured:
        path = setup.folder / f"{agent}.json"
        assert path.stat().st_mode & 0o077 == 0
        content = json.loads(path.read_text())
        assert not {"defaultSigner", "validator"} & content.keys()
        assert content["chains"]["alpha"]["index"]["from"] > 0
    keys = {"HYP_VALIDATOR_KEY": secret(VALIDATOR), "HYP_DEFAULTSIGNER_KEY": secret(RELAYER)}
    for agent, model in (("validator", ValidatorSettings), ("relayer", RelayerSettings)):
        assert load_settings(model, [setup.folder / f"{agent}.json"], keys).ineffective == ()


def doctor(setup, *words, fails, **keys):
    result = setup.run(["doctor", "--json", *words], fails=fails, environment=keys)
    return {check["subject"]: check for check in json.loads(result.stdout)}


@pytest.fixture(scope="module")
def ports():
    return {"validator": str(free_port()), "relayer": str(free_port())}


def examine(setup, ports, agent, key, fails):
    keys = {key[0]: secret(key[1]), "HYP_METRICSPORT": ports[agent]}
    return doctor(setup, "--config", setup.folder / f"{agent}.json", fails=fails, **keys)


PAYS, SIGNS = ("HYP_DEFAULTSIGNER_KEY", RELAYER), ("HYP_VALIDATOR_KEY", VALIDATOR)


def test_agents_that_start_as_printed_deliver_and_are_found_well(setup, ports, configured):
    lane = "alpha to beta: verification"
    before = examine(setup, ports, "relayer", PAYS, fails=True)
    assert [subject for subject, check in before.items() if not check["passed"]] == [lane]
    assert f"{VALIDATOR.address} has announced no storage" in before[lane]["found"]
    other = examine(setup, ports, "relayer", (PAYS[0], VALIDATOR), fails=True)
    assert "use that key" in other["beta to alpha: verification"]["found"]
    alone = examine(setup, ports, "validator", SIGNS, fails=True)
    assert "has not announced file://" in alone["alpha: validator"]["found"]

    for agent, (name, key) in (("validator", SIGNS), ("relayer", PAYS)):
        environment = [f"{name}={secret(key)}", f"HYP_METRICSPORT={ports[agent]}"]
        start = shlex.split(next_command(configured[agent]))
        places = [f"HYP_DB={setup.folder / f'db-{agent}'}"]
        setup.processes.start(agent, ["env", *environment, *places, *start])
    send = ["--registry", str(setup.registry.folder), "--origin", "alpha", "--to", "beta"]
    sent = CliRunner(mix_stderr=False).invoke(
        cli.send, [*send, "--body", "hello", "--account", "test:2", "--timeout", "120"]
    )
    assert sent.exit_code == 0, sent.output + sent.stderr
    assert "delivered after" in sent.stdout

    after = examine(setup, ports, "relayer", PAYS, fails=False)
    assert "1 of 1 sign all 1 leaves, 1 needed" in after[lane]["found"]
    back = after["beta to alpha: verification"]
    assert f"believes the relayer {RELAYER.address}, without" in back["found"]
    assert after[f"metricsPort {ports['relayer']}"]["found"] == "an agent answers there, ready"
    signed = examine(setup, ports, "validator", SIGNS, fails=False)
    assert "has signed all 1 leaves" in signed["alpha: validator"]["found"]
    registry = doctor(setup, *setup.where(), fails=False)
    assert registry[lane]["passed"]


def test_questions_at_a_terminal_make_the_same_file(setup, deployed, tmp_path):
    answers = f"\nalpha\n{VALIDATOR.address}\n\n"
    asked, given = tmp_path / "asked.yaml", tmp_path / "given.yaml"
    shared = ["init", *setup.where("--name", "beta")]
    setup.run([*shared, "--config", asked, "--interactive"], typed=answers)
    setup.run([*shared, "--config", given, "--remote", "alpha", "--validators", VALIDATOR.address])
    assert yaml.safe_load(asked.read_text()) == yaml.safe_load(given.read_text())
    assert asked.read_text() == given.read_text()


def test_files_that_exist_are_kept_unless_forced(setup, deployed, tmp_path):
    folder, config = tmp_path / "registry", tmp_path / "core.yaml"
    rpc = ["--rpc", setup.nodes["alpha"].url, "--name", "gamma", "--registry", folder]
    setup.run(["init", *rpc, "--config", config])
    metadata = folder / "chains" / "gamma" / "metadata.yaml"
    for path in (metadata, config):
        path.write_text(f"# mine\n{path.read_text()}")
    said = setup.run(["init", *rpc, "--config", config], fails=True).stderr
    assert f"{metadata}: exists; leave --rpc out to keep it" in said
    said = setup.run(["init", "--registry", folder, "--config", config], fails=True).stderr
    assert f"{config}: exists; name another file with --config" in said
    assert all(path.read_text().startswith("# mine") for path in (metadata, config))
    setup.run(["init", *rpc, "--config", config, "--force"])
    assert not any(path.read_text().startswith("# mine") for path in (metadata, config))


def test_two_names_for_one_domain_are_refused(setup, deployed):
    rpc = ["--rpc", setup.nodes["alpha"].url, "--name", "gamma", "--chain-only"]
    said = setup.run(["init", *setup.where(*rpc)], fails=True).stderr
    assert f"has domain {CHAINS['alpha']} as alpha; use that name, or another --domain" in said


def commands_of(page, heading):
    """The commands that a section of the documentation shows."""
    section = (DOCS / page).read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```console\n(.*?)```", section, re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ")
    return re.findall(r"^\$ (ape hyperlane .*)$", lines, re.MULTILINE)


def test_the_documentation_works_in_an_empty_folder(setup, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ports = {"8545": setup.nodes["alpha"].url, "8546": setup.nodes["beta"].url}

    def follow(page, heading, *, fails=()):
        said = ""
        for command in commands_of(page, heading):
            for port, url in ports.items():
                command = command.replace(f"http://127.0.0.1:{port}", url)
            said += setup.run(command, fails=command.startswith(fails) if fails else False).stdout
        assert said
        return said

    follow("deploy.md", "A first config")
    assert "alpha" in follow("registry.md", "Look at it")
    (add,) = commands_of("registry.md", "Add a chain")
    assert "exists; leave --rpc out" in setup.run(add, fails=True).stderr
    # Nobody signs yet, which the doctor notices.
    assert "has announced no storage" in follow(
        "registry.md", "Agents", fails=("ape hyperlane doctor",)
    )
    assert {"relayer.json", "validator.json"} < {path.name for path in tmp_path.iterdir()}
    (code,) = re.findall(r"```python\n(.*?)```", (DOCS / "registry.md").read_text(), re.DOTALL)
    shown = []
    exec(code, {"print": lambda *words: shown.append(words)})
    assert ("alpha", "ethereum") in shown
    assert (CHAINS["alpha"], CHAINS["alpha"], ports["8545"]) in shown


def test_files_are_listed_in_the_forms_of_others(setup, deployed):
    listed = json.loads(setup.run(["registry", "list", *setup.where("--json")]).stdout)
    assert {entry["name"] for entry in listed} == {*CHAINS, *FOREIGN}
    assert {entry["protocol"] for entry in listed} > {"ethereum", "sealevel", "tron", "radix"}
    found = json.loads(setup.run(["registry", "addresses", *setup.where("--json")]).stdout)
    assert found["alpha"] == setup.registry.addresses("alpha").as_file()
    some = setup.run(["registry", "addresses", *setup.where("--chains", "beta,svmland")]).stdout
    assert set(yaml.safe_load(some)) == {"beta", "svmland"}
    shown = yaml.safe_load(setup.run(["registry", "show", "alpha", *setup.where()]).stdout)
    assert shown["metadata"]["chainId"] == CHAINS["alpha"]
    assert Path(setup.folder, "alpha-core.yaml").exists()
