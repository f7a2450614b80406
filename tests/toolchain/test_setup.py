"""What `toolchain/setup` chooses, machine by machine: anvil's package, and the compiler."""

import hashlib
import http.server
import json
import threading
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MACHINES = [("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "x86_64"), ("Darwin", "arm64")]
LOCKED = json.loads((ROOT / "package-lock.json").read_text())["packages"]
VERSION = "0.8.33"


@pytest.fixture
def setup(tmp_path, monkeypatch):
    """The program as a module, for a clone in a folder of its own."""
    loader = SourceFileLoader("toolchain_setup", str(ROOT / "toolchain/setup"))
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    clone = tmp_path / "clone"
    for name, folder in {"VENV": ".venv", "MODULES": "node_modules"}.items():
        monkeypatch.setattr(module, name, clone / folder)
        (clone / folder).mkdir(parents=True)
    monkeypatch.setattr(module.Path, "home", lambda: tmp_path / "home")
    monkeypatch.setattr(module, "ROOT", clone)
    for file in ("package.json", "toolchain/setup", module.PROBE):
        (clone / file).parent.mkdir(parents=True, exist_ok=True)
        (clone / file).write_bytes((ROOT / file).read_bytes())
    monkeypatch.setenv("PATH", str(program(tmp_path / "empty" / "nothing", "").parent))
    monkeypatch.delenv("NATIVE_SOLC", raising=False)
    return module


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}")
    path.chmod(0o755)
    return path


def compiler(path: Path, code: str, version: str = f"{VERSION}+commit.64118f21") -> Path:
    """Stands for solc: has a version, and generates the same code for whatever it is asked."""
    answer = json.dumps({"contracts": {"contracts/hooks/MerkleTreeHook.sol": code}})
    return program(
        path, f'[ "$1" = --version ] && echo "Version: {version}.Linux.g++" || echo \'{answer}\'\n'
    )


def npm_solc(setup, code: str = "same") -> None:
    compiler(setup.ROOT / "toolchain" / "solc.js", code)
    package = setup.MODULES / "solc" / "package.json"
    package.parent.mkdir()
    package.write_text(json.dumps({"version": VERSION}))


def chosen(setup) -> Path:
    setup.link_solc()
    return (setup.VENV / "solc" / f"solc-v{VERSION}").resolve()


# anvil


@pytest.mark.parametrize(("system", "machine"), MACHINES)
def test_anvil_is_the_package_for_the_machine(setup, monkeypatch, system, machine):
    package = f"@foundry-rs/{setup.ANVIL[system, machine]}"
    locked = LOCKED[f"node_modules/{package}"]
    cpu = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}[machine]
    assert (locked["os"], locked["cpu"]) == ([system.lower()], [cpu])
    assert locked["optional"]
    assert locked["integrity"]
    monkeypatch.setattr(setup.platform, "system", lambda: system)
    monkeypatch.setattr(setup.platform, "machine", lambda: machine)
    binary = program(setup.MODULES / package / "bin" / "anvil", "")
    (setup.VENV / "bin").mkdir()
    setup.link_anvil()
    assert (setup.VENV / "bin" / "anvil").resolve() == binary.resolve()


def test_elsewhere_anvil_is_taken_from_the_path_or_asked_for(setup, monkeypatch, tmp_path):
    monkeypatch.setattr(setup.platform, "machine", lambda: "riscv64")
    with pytest.raises(
        SystemExit, match=r"no anvil for .* riscv64; install Foundry's anvil 1\.7\.1"
    ):
        setup.link_anvil()
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin" / "anvil", "").parent))
    setup.link_anvil()


# The browser


def test_a_browser_on_the_path_is_enough(setup, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("PATH", str(program(tmp_path / "bin" / "google-chrome", "").parent))
    setup.install_browser()
    assert capsys.readouterr().err == ""


def test_root_gets_the_browser_from_the_distribution(setup, monkeypatch, tmp_path, capsys):
    folder = tmp_path / "bin"
    program(
        folder / "apt-get",
        f'echo "$@" >> {tmp_path}/asked\n'
        f'[ "$2" = update ] || {{ echo > {folder}/chromium; /bin/chmod +x {folder}/chromium; }}\n',
    )
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(setup.os, "geteuid", lambda: 0)
    setup.install_browser()
    assert (tmp_path / "asked").read_text().splitlines() == [
        "-qq update",
        "-qq install -y --no-install-recommends chromium",
    ]
    assert capsys.readouterr().err == ""


def test_without_a_browser_set_up_says_what_to_install(setup, monkeypatch, tmp_path, capsys):
    asked = tmp_path / "asked"
    monkeypatch.setenv(
        "PATH", str(program(tmp_path / "bin" / "apt-get", f'echo "$@" >> {asked}\n').parent)
    )
    monkeypatch.setattr(setup.os, "geteuid", lambda: 1000)
    setup.install_browser()
    assert "install Chromium" in capsys.readouterr().err
    assert not asked.exists()


# The compiler


def test_npms_compiler_is_used_when_there_is_no_other(setup):
    npm_solc(setup)
    assert chosen(setup).name == "solc.js"


@pytest.mark.parametrize("place", ["path", "py-solc-x"])
def test_a_native_compiler_that_generates_the_same_code_is_used(
    setup, monkeypatch, tmp_path, place
):
    npm_solc(setup)
    if place == "path":
        native = compiler(tmp_path / "bin" / "solc", "same")
        monkeypatch.setenv("PATH", str(native.parent))
    else:
        native = compiler(tmp_path / "home" / ".solcx" / f"solc-v{VERSION}", "same")
    assert chosen(setup) == native.resolve()


@pytest.mark.parametrize(
    ("code", "version"),
    [
        ("other", f"{VERSION}+commit.64118f21"),
        ("same", f"{VERSION}+commit.00000000"),
        ("same", "0.8.34+commit.80d5c536"),
    ],
)
def test_a_native_compiler_of_another_version_or_code_is_not(setup, tmp_path, code, version):
    npm_solc(setup)
    compiler(tmp_path / "home" / ".solcx" / f"solc-v{VERSION}", code, version)
    assert chosen(setup).name == "solc.js"


@pytest.fixture
def served(setup, monkeypatch, tmp_path):
    """A server of binaries, whose one binary stands for the native compiler of each platform."""
    content = compiler(tmp_path / "served", "same").read_bytes()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments): ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(setup, "SOLC_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("NATIVE_SOLC", "1")
        yield hashlib.sha256(content).hexdigest()
        server.shutdown()


def test_a_native_compiler_is_fetched_where_that_is_asked_for(setup, served, monkeypatch):
    npm_solc(setup)
    monkeypatch.setattr(setup, "SOLC", dict.fromkeys(setup.SOLC, served))
    assert chosen(setup) == (setup.VENV / "solc" / "native").resolve()


def test_one_with_another_checksum_is_refused(setup, served):
    npm_solc(setup)
    with pytest.raises(SystemExit, match=f"SHA-256 is {served}, expected [0-9a-f]{{64}}"):
        setup.link_solc()
    assert not (setup.VENV / "solc" / "native").exists()


def test_a_server_that_cannot_be_reached_is_named(setup, monkeypatch):
    npm_solc(setup)
    monkeypatch.setenv("NATIVE_SOLC", "1")
    monkeypatch.setattr(setup, "SOLC_URL", "http://127.0.0.1:1")
    with pytest.raises(SystemExit, match=r"127\.0\.0\.1:1.*without NATIVE_SOLC npm's"):
        setup.link_solc()


@pytest.mark.parametrize(("system", "machine"), MACHINES)
def test_each_machine_has_a_checksum(setup, system, machine):
    assert len(setup.SOLC[setup.SOLC_PLATFORM[system, machine]]) == 64


# What setup needs itself


@pytest.mark.parametrize("found", ["v18.20.1", None])
def test_an_old_node_or_none_is_named(setup, monkeypatch, tmp_path, found):
    if found:
        monkeypatch.setenv("PATH", str(program(tmp_path / "n" / "node", f"echo {found}").parent))
    expected = f"node 20 or newer is needed, found {(found or 'none').lstrip('v')}"
    with pytest.raises(SystemExit, match=expected):
        setup.check_node()
