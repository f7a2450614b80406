"""Wrong input of the setup commands: one line with the field and the remedy, nothing written."""

import json
import shutil

import pytest
from click.testing import CliRunner
from tests.registry.test_public_files import FOLDER

from ape_hyperlane import cli

ONE, TWO = "0x" + 40 * "1", "0x" + 40 * "2"
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    """A copy of a registry in the public form."""
    return shutil.copytree(FOLDER, tmp_path_factory.mktemp("public") / "registry")


@pytest.fixture
def refused(registry, tmp_path, monkeypatch):
    """The one line in which a command is refused that writes nothing."""
    monkeypatch.chdir(tmp_path)

    def content():
        paths = [*registry.rglob("*.*"), *tmp_path.rglob("*.*")]
        return {path: path.read_bytes() for path in paths if path.is_file()}

    def refused(*words):
        before = content()
        result = CliRunner(mix_stderr=False).invoke(cli.cli, [str(word) for word in words])
        assert isinstance(result.exception, SystemExit), result
        assert result.exit_code in (1, 2)
        assert content() == before
        return result.stderr.splitlines()[-1]

    return refused


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--rpc", NOWHERE], "--name: required with --rpc"),
        (["--name", "gamma"], "--name gamma: {registry} does not have this chain; add --rpc"),
        (["--name", "Gamma!", "--rpc", NOWHERE], "chain name 'Gamma!': expected lower-case"),
        (["--domain", "5"], "--domain: goes with --rpc"),
        (["--symbol", "X"], "--symbol: goes with --rpc"),
        (["--chain-only"], "--chain-only: needs --rpc and --name"),
        (["--name", "gamma", "--rpc", "ws://a"], "--rpc ws://a: expected http://"),
        (["--name", "gamma", "--rpc", NOWHERE], f"{NOWHERE}: no answer"),
        (["--owner", "0x12"], "--owner: '0x12' is not an address"),
        (["--owner", "me"], "--owner: 'me' is not a 0x hex string"),
        (["--validators", "0x12"], "--validators: '0x12' is not an address"),
        (["--validators", f"={ONE}"], "expected <chain>=<address>"),
        (["--validators", f"{ONE},{ONE}"], f"--validators: {ONE} appears twice"),
        (
            ["--validators", ONE, "--validators", f"beta={TWO}"],
            "--validators: some with a chain and some without",
        ),
        (
            ["--validators", f"{ONE},{TWO}", "--threshold", "3"],
            "--threshold: 3, expected 1 to 2",
        ),
        (["--validators", ONE, "--threshold", "0"], "--threshold: 0, expected 1 to 1"),
        (["--threshold", "2"], "--threshold 2: of --validators, but none are named"),
        (["--guardians", ONE], "--guardians: goes with --guarded, which lets them pause"),
        (["--guarded", "--guardians", f"{ONE},{ONE}"], "--guardians: "),
        (["--guarded", "--guardians", "0x12"], "--guardians: "),
        (["--remote", "Beta!"], "chain name 'Beta!': expected lower-case"),
        (["--remote", "rollup", "--name", "rollup"], "--remote rollup: is this chain"),
        (["--name", "mainland", "--rpc", NOWHERE], "metadata.yaml: exists; leave --rpc out"),
    ],
)
def test_init(refused, registry, words, complaint):
    said = refused("init", "--registry", registry, "--no-interactive", *words)
    assert complaint.format(registry=registry) in said


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "--chains: required: two or more, with commas; or --route"),
        (["--chains", "rollup"], "--chains: rollup; a relayer needs two chains or more"),
        (["--chains", "rollup,mainlnd"], "no chain 'mainlnd'; did you mean 'mainland'?"),
        (["--chains", "rollup,svmland"], "protocol: 'sealevel'; this needs a chain of protocol"),
        (["--route", "USDX/svmlnd"], "no route 'USDX/svmlnd'; did you mean 'USDX/svmland'?"),
        (
            ["--validator", "rollup", "--chains", "rollup"],
            "--chains: is for a relayer; --validator rollup",
        ),
        (
            ["--validator", "rollup", "--route", "USDX/svmland"],
            "--route: is for a relayer; --validator rollup",
        ),
        (["--validator", "tronland"], "protocol: 'tron'; this needs a chain of protocol ethereum"),
        (["--validator", "rollup", "--storage", "s3://b"], "--storage s3://b: expected a folder"),
        (["--chains", "rollup,mainland", "--storage", "x"], "--storage x: is a validator's"),
        (["--chains", "rollup,mainland", "--gas-policy", "some"], "'some' is not one of"),
        (["--chains", "rollup,mainland", "--out", "mine.json"], "--out mine.json: exists; name"),
    ],
)
def test_agent_config(refused, registry, tmp_path, words, complaint):
    (tmp_path / "mine.json").write_text("{}")
    assert complaint in refused("agent-config", "--registry", registry, *words)


@pytest.mark.parametrize(
    ("content", "words", "complaint"),
    [
        (None, [], "agent.json: No such file or directory"),
        ("{", [], "agent.json: not JSON"),
        ("[]", [], "agent.json: expected a JSON object"),
        ("{}", [], "neither relayChains, originChainName nor watchChains in it"),
        (
            '{"relayChains": "alpha", "chains": {}}',
            ["--chain", "beta"],
            "--chain beta: the agent uses alpha",
        ),
        ('{"relayChains": "alpha", "chains": {}}', [], "1 of 1 checks did not pass"),
    ],
)
def test_doctor_of_a_configuration(refused, tmp_path, content, words, complaint):
    path = tmp_path / "agent.json"
    if content is not None:
        path.write_text(content)
    assert complaint in refused("doctor", "--config", path, *words)


@pytest.mark.parametrize(
    ("folder", "words", "complaint"),
    [
        ("empty", [], "no EVM chain with addresses.yaml in it"),
        (None, ["--chain", "nowhere"], "no chain 'nowhere'; expected one of"),
        (None, ["--chain", "svmland"], "protocol: 'sealevel'; this needs a chain of protocol"),
    ],
)
def test_doctor_of_a_registry(refused, registry, tmp_path, folder, words, complaint):
    place = registry if folder is None else tmp_path / folder
    assert complaint in refused("doctor", "--registry", place, *words)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["list", "--registry", "empty"], "--registry empty: no chains/<name>/metadata.yaml in it"),
        (["addresses", "--registry", "empty"], "--registry empty: no chains/<name>/metadata.yaml"),
        (["show", "mainlnd"], "no chain 'mainlnd'; did you mean 'mainland'?"),
        (["show", "../x"], "chain name '../x': expected lower-case letters"),
        (["addresses", "--chains", "mainlnd"], "--chains mainlnd: not in {registry}; did you mean"),
    ],
)
def test_registry(refused, registry, words, complaint):
    more = [] if "--registry" in words else ["--registry", registry]
    assert complaint.format(registry=registry) in refused("registry", *words, *more)


def test_a_node_that_is_no_node_is_refused(refused, registry, tmp_path):
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from threading import Thread

    class Page(BaseHTTPRequestHandler):
        said = b"<html>"

        def do_POST(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(self.said)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        for said, complaint in (
            (b"<html>", "not a JSON-RPC node"),
            (json.dumps({"result": "soon"}).encode(), "expected the URL of an Ethereum"),
            (json.dumps({"error": {"code": 1}}).encode(), "eth_chainId answered HTTP 200"),
        ):
            Page.said = said
            line = refused(
                *("init", "--registry", registry, "--no-interactive", "--chain-only"),
                *("--rpc", url, "--name", "gamma"),
            )
            assert complaint in line
        server.shutdown()
