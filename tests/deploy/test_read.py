"""The config of a live core or route, read from its contracts alone."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from benchmarks.anvil import Chain
from click.testing import CliRunner

from ape_hyperlane import cli
from hyperlane.registry import ChainMetadata, CoreConfig

DOCS = Path(__file__).parents[2] / "docs" / "deploy.md"
LOWER = "0x5fbdb2315678afecb367f032d93f642f64180aa3"


@pytest.fixture
def chain(node):
    return Chain(node.web3)


def shown(page: Path, command: str) -> tuple[str, str]:
    """A command line in a page of the documentation, and the output shown below it."""
    blocks = re.findall(r"```console\n\$ (.*?)\n(.*?)```", page.read_text(), re.DOTALL)
    return next(block for block in blocks if block[0].startswith(command))


def test_reading_shows_what_the_documentation_shows(deploy, node, registry):
    assert deploy().exit_code == 0
    line, output = shown(DOCS, "ape hyperlane read ")
    arguments = shlex.split(line)[2:]
    arguments[arguments.index("--network") + 1] = node.url
    result = CliRunner(mix_stderr=False).invoke(cli.cli, arguments)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == output


def test_every_command_line_of_the_page_has_the_options_that_it_needs():
    text = DOCS.read_text().replace("\\\n", "")
    lines = re.findall(r"^(?:\$ )?ape hyperlane (.*)$", text, re.MULTILINE)
    named = set()
    for line in lines:
        arguments = shlex.split(line)
        group: click.Command = cli.cli
        while isinstance(group, click.Group):
            group = group.commands[arguments.pop(0)]
        group.make_context(str(group.name), arguments)  # raises for a wrong or missing option
        named.add(f"{line.split(' --')[0]}")
    assert named >= {"read", "warp read", "apply", "warp apply", "upgrade"}


def test_what_is_read_of_a_core_deploys_the_same_core(
    deploy, read, node, registry, config, tmp_path
):
    assert deploy("--config", config("upgradeable: true")).exit_code == 0
    out = tmp_path / "read.yaml"
    result = read(registry.addresses("alpha").mailbox, "--out", out)
    assert result.exit_code == 0, result.stderr
    assert result.stdout == ""
    found = CoreConfig.model_validate(yaml.safe_load(out.read_text()))
    written = registry.chain_folder("alpha") / "core-config.yaml"
    assert found == CoreConfig.model_validate(yaml.safe_load(written.read_text()))
    notes = [line for line in out.read_text().splitlines() if line.startswith("#")]
    assert any("a proxy for the implementation 0x" in note for note in notes)
    assert any(registry.addresses("alpha").proxy_admin in note for note in notes)
    sent = node.nonce()
    assert deploy("--config", out).exit_code == 0
    assert node.nonce() == sent


def test_sets_that_are_clones_are_read_as_such(deploy, read, node, registry, config, tmp_path):
    members = {"validators": [node.other, node.third], "threshold": 2}
    module = {"type": "messageIdMultisigIsm", **members}
    content = {"staticSets": "clones", "defaultIsm": module}
    assert deploy("--config", config(yaml.safe_dump(content))).exit_code == 0
    out = tmp_path / "read.yaml"
    assert read(registry.addresses("alpha").mailbox, "--out", out).exit_code == 0
    assert yaml.safe_load(out.read_text())["staticSets"] == "clones"
    sent = node.nonce()
    assert deploy("--config", out).exit_code == 0
    assert node.nonce() == sent


def test_with_addresses_deploy_takes_over_the_contracts_that_were_read(
    deploy, read, node, registry, config, tmp_path
):
    hooks = {"type": "aggregationHook", "hooks": [{"type": "pausableHook"}]}
    assert deploy("--config", config(yaml.safe_dump({"defaultHook": hooks}))).exit_code == 0
    mailbox = registry.addresses("alpha").mailbox
    content = yaml.safe_load(read(mailbox, "--addresses").stdout)
    hook = content["defaultHook"]
    assert hook["address"] == node.view(mailbox, "defaultHook()", "address")
    assert hook["hooks"][0]["address"] == registry.addresses("alpha").pausable_hook
    assert content["requiredHook"]["address"] == registry.addresses("alpha").merkle_tree_hook
    sent = node.nonce()
    assert deploy("--config", config(yaml.safe_dump(content))).exit_code == 0
    assert node.nonce() == sent


def test_what_cannot_be_known_stays_an_address_and_is_said(chain, node, read):
    mailbox = chain.deploy("Mailbox", 31337)
    ism, hook = chain.deploy("MetadataIsm", b"x"), chain.deploy("RecordingHook", 1)
    silent = chain.deploy("TestRecipient")
    chain.send(
        mailbox.functions.initialize(node.deployer, ism.address, hook.address, silent.address)
    )
    result = read(mailbox.address)
    assert result.exit_code == 0, result.stderr
    content = yaml.safe_load(result.stdout)
    assert content == {
        "owner": node.deployer,
        "defaultIsm": ism.address,
        "defaultHook": hook.address,
        "requiredHook": silent.address,
    }
    for address, why in (
        (ism.address, "security module, of type 0, which no config here can name; kept as an"),
        (hook.address, "hook, of type 0, which no config here can name; kept as an address"),
        (silent.address, "hook, of type None, which no config here can name; kept as an address"),
    ):
        assert f"# {address}: {why}" in result.stdout


def test_a_module_that_asks_itself_ends_the_reading(chain, node, read):
    mailbox = chain.deploy("Mailbox", 31337)
    hook = chain.deploy("PausableHook")
    module = chain.deploy("AtomicInitDomainRoutingIsm", node.deployer, [], [])
    chain.send(module.functions.set(5, module.address))
    chain.send(
        mailbox.functions.initialize(node.deployer, module.address, hook.address, hook.address)
    )
    result = read(mailbox.address)
    assert result.exit_code == 0, result.stderr
    domains = yaml.safe_load(result.stdout)["defaultIsm"]["domains"]
    assert domains == {"5": module.address}
    assert f"# {module.address}: security module that asks itself" in result.stdout


@pytest.mark.parametrize(
    ("mailbox", "said"),
    [
        (
            "mailbox",
            "--mailbox 'mailbox': 'mailbox' is not a 0x hex string of whole bytes; expected the",
        ),
        ("0x12", "--mailbox '0x12': '0x12' is not an address of 20 bytes; expected the address of"),
        (LOWER.replace("aa3", "Aa3"), "has a wrong checksum, expected 0x5FbDB23"),
        (LOWER, "0x5FbDB2315678afecb367f032d93F642f64180aa3 is no contract on chain 31337"),
        ("a contract", "is a contract on chain 31337, expected a Mailbox, as `mailbox` in"),
    ],
)
def test_what_is_no_mailbox_is_named(read, chain, tmp_path, mailbox, said):
    if mailbox == "a contract":
        mailbox = chain.deploy("NoopIsm").address
    out = tmp_path / "core.yaml"
    result = read(mailbox, "--out", out)
    assert result.exit_code == 1
    assert said in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not out.exists()


def test_a_file_that_is_there_is_not_overwritten(read, config):
    path = config("owner: mine")
    result = read(LOWER, "--out", path)
    assert result.exit_code == 1
    assert result.stderr == (
        f"Error: --out {path}: is there already; name another file, or move it away\n"
    )
    assert path.read_text() == "owner: mine"


@pytest.mark.parametrize(
    ("router", "said"),
    [
        (LOWER, f"--router {LOWER!r}: expected <chain>=<address>"),
        ("alpha=0x12", "--router '0x12': '0x12' is not an address of 20 bytes"),
        (f"alfa={LOWER}", "no chain 'alfa'; did you mean 'alpha'?"),
        (f"alpha={LOWER}", "is no contract on alpha, expected a route's router"),
        ("alpha=hook", "is no token router; expected one of a route"),
    ],
)
def test_what_is_no_router_is_named(chain, node, registry, tmp_path, router, said):
    registry.write_metadata(
        ChainMetadata(name="alpha", chain_id=31337, domain_id=31337, rpc_urls=[{"http": node.url}])
    )
    if router.endswith("hook"):
        router = f"alpha={chain.deploy('PausableHook').address}"
    out = tmp_path / "route.yaml"
    arguments = ["--router", router, "--registry", str(registry.folder), "--out", str(out)]
    result = CliRunner(mix_stderr=False).invoke(cli.warp, ["read", *arguments])
    assert result.exit_code == 1
    assert said in result.stderr
    assert not out.exists()
