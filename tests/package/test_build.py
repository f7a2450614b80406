"""What is in the wheel and the sdist, and that it follows from the sources alone."""

import json
import lzma
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from tests.support.package import ROOT, build

from ape_hyperlane.artifacts import artifact, compiler, names, standard_json, verification_input

ARTIFACTS = ("contracts.json.xz", "standard-json.json.xz")


@pytest.fixture(scope="module")
def contents(wheel) -> dict[str, bytes]:
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def unpacked(built, tmp_path) -> Path:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "sdist", filter="data")
    (folder,) = (tmp_path / "sdist").iterdir()
    return folder


def test_two_builds_are_the_same_byte_by_byte(built, tmp_path):
    assert build(ROOT, tmp_path).returncode == 0
    first = {path.name: path.read_bytes() for path in built.iterdir()}
    assert first == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(first) == 2


def test_the_sdist_builds_the_same_wheel(built, wheel, unpacked, tmp_path):
    done = build(unpacked, tmp_path / "again", "-t", "wheel")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again" / wheel.name).read_bytes() == wheel.read_bytes()


def test_artifacts_are_the_same_bytes_when_made_again(tmp_path):
    """From the build, in another process."""
    script = (
        "import json, pathlib, sys; sys.path.insert(0, 'toolchain'); import artifacts\n"
        f"folder = pathlib.Path({str(tmp_path)!r})\n"
        "artifacts.FOLDER, artifacts.COMPILED, artifacts.INPUT = ("
        f"folder, *(folder / name for name in {ARTIFACTS!r}))\n"
        "artifacts.write(json.loads(pathlib.Path('.build/compiled.json').read_text()))"
    )
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
    for name in ARTIFACTS:
        packaged = ROOT / "src" / "ape_hyperlane" / "artifacts" / name
        assert (tmp_path / name).read_bytes() == packaged.read_bytes()


def test_the_wheel_has_code_input_and_source_of_each_contract(contents):
    compiled = json.loads(lzma.decompress(contents[f"ape_hyperlane/artifacts/{ARTIFACTS[0]}"]))
    given = json.loads(lzma.decompress(contents[f"ape_hyperlane/artifacts/{ARTIFACTS[1]}"]))
    deployable = {
        name: contract
        for name, contract in compiled["contracts"].items()
        if contract["deploymentBytecode"]["bytecode"] != "0x"
    }
    assert {"Mailbox", "HypERC20", "StakingManager", "TestRecipient"} <= set(deployable)
    for contract in deployable.values():
        assert len(contract["runtimeBytecode"]["bytecode"]) > 2
    for contract in compiled["contracts"].values():
        source = contents[f"ape_hyperlane/{contract['sourceId']}"].decode()
        assert given["sources"][contract["sourceId"]]["content"] == source
    tests = {name for name in contents if name.startswith("ape_hyperlane/contracts/test/")}
    assert {Path(name).stem for name in tests} == {"TestRecipient", "TestERC20"}
    assert not [name for name in contents if "/.cache/" in name]


@pytest.mark.parametrize("contract", ["NoopIsm", "MerkleTreeHook"])
def test_the_input_for_block_explorers_gives_the_packaged_code(contract):
    given = verification_input(contract)
    assert set(given["sources"]) < set(standard_json()["sources"])
    solc = Path(sys.prefix) / "solc" / f"solc-v{compiler()}"
    done = subprocess.run(
        [solc, "--standard-json"], input=json.dumps(given), capture_output=True, text=True
    )
    found = artifact(contract)
    code = json.loads(done.stdout)["contracts"][found.source][contract]["evm"]
    assert f"0x{code['bytecode']['object']}" == found.creation
    assert f"0x{code['deployedBytecode']['object']}" == found.runtime


def test_every_contract_of_the_project_that_is_packaged_has_the_code_that_tests_test():
    build = json.loads((ROOT / ".build" / "__local__.json").read_text())["contractTypes"]
    for name in names():
        found = artifact(name)
        assert found.creation == build[name]["deploymentBytecode"]["bytecode"]
        assert found.runtime == build[name]["runtimeBytecode"]["bytecode"]


def _change(folder: Path) -> None:
    path = folder / "contracts" / "Mailbox.sol"
    path.write_text(path.read_text() + "// changed\n")


def _add(folder: Path) -> None:
    (folder / "contracts" / "isms" / "NewIsm.sol").write_text("contract NewIsm {}\n")


def _remove(folder: Path) -> None:
    (folder / "contracts" / "isms" / "NoopIsm.sol").unlink()


def _forget(folder: Path) -> None:
    (folder / "src" / "ape_hyperlane" / "artifacts" / ARTIFACTS[0]).unlink()


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (_change, "contracts/Mailbox.sol changed since it was compiled"),
        (_add, "contracts/isms/NewIsm.sol came or went since the contracts were compiled"),
        (_remove, "contracts/isms/NoopIsm.sol came or went since the contracts were compiled"),
        (_forget, "the contracts are not compiled"),
    ],
)
def test_nothing_is_built_of_contracts_that_are_not_those_of_the_sources(
    spoil, reason, unpacked, tmp_path
):
    spoil(unpacked)
    done = build(unpacked, tmp_path / "dist")
    assert done.returncode != 0
    assert done.stderr.strip().splitlines()[-1] == (
        f"ape-hyperlane: {reason}; run `make build`, then build the package"
    )
    assert not list((tmp_path / "dist").glob("*.*"))
