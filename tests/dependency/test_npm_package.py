"""Our npm package in somebody else's project: what is in it, and which compilers take it."""

import json
import re

import pytest
from tests.support.npm_project import OURS, ROOT, packed

APP = ROOT / "tests/dependency/apps/EveryHelper.sol"
PINNED, OLDEST, OLDEST_WITH_OPENZEPPELIN, NEWEST = "0.8.33", "0.8.13", "0.8.24", "0.8.37"
OPEN_FOLDERS = ("contracts/client/", "contracts/interfaces/", "contracts/libs/", "contracts/mock/")
OPEN_BESIDES = {
    "contracts/PackageVersioned.sol",
    "contracts/base/Initializable.sol",
    "contracts/base/PackageVersioned.sol",
    "contracts/hooks/AbstractMailboxHook.sol",
    "contracts/hooks/AbstractPostDispatchHook.sol",
    "contracts/hooks/libs/AbstractPostDispatchHook.sol",
    "contracts/hooks/libs/StandardHookMetadata.sol",
    "contracts/isms/ccip-read/AbstractCcipReadIsm.sol",
    "contracts/isms/routing/AbstractRoutingIsm.sol",
    "contracts/test/TestRecipient.sol",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return packed(tmp_path_factory.mktemp("npm"))


def pragma(text: str) -> str:
    return re.findall(r"^pragma solidity ([^;]+);", text, re.MULTILINE)[0]


def with_pragma(project, *wanted: str) -> dict[str, str]:
    contracts = project.contracts()
    return {OURS + path: text for path, text in contracts.items() if pragma(text) in wanted}


def test_it_has_all_contracts_but_those_of_our_tests(project):
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "contracts").rglob("*.sol")
        if ".cache" not in path.parts and path.parent.parts[-2:] != ("test", "bridge")
    }
    tests = {path for path in ours if path.startswith("contracts/test/")}
    assert set(project.contracts()) == ours - tests | {"contracts/test/TestRecipient.sol"}
    others = {p.name for p in project.package.rglob("*") if p.is_file() and p.suffix != ".sol"}
    assert others == {"LICENSE", "README.md", "package.json"}


def test_what_others_import_is_open_and_what_is_deployed_is_pinned(project):
    contracts = project.contracts()
    opened = {path for path, text in contracts.items() if pragma(text).startswith(">=")}
    assert opened == OPEN_BESIDES | {path for path in contracts if path.startswith(OPEN_FOLDERS)}
    assert {pragma(contracts[path]) for path in opened} == {
        f">={OLDEST}",
        f">={OLDEST_WITH_OPENZEPPELIN}",
    }
    assert {pragma(contracts[path]) for path in contracts.keys() - opened} == {PINNED}
    pinned = json.loads((ROOT / "package.json").read_text())["devDependencies"]["solc"]
    assert pinned == PINNED


def test_what_needs_no_openzeppelin_compiles_with_the_oldest_compiler(project):
    sources = with_pragma(project, f">={OLDEST}")
    answer = project.compile(f"solc-{OLDEST}", sources, ["abi", "evm.bytecode.object"])
    assert "MockMailbox" in answer["contracts"][OURS + "contracts/mock/MockMailbox.sol"]


@pytest.mark.parametrize("version", [OLDEST_WITH_OPENZEPPELIN, NEWEST])
def test_every_open_contract_and_an_app_of_the_reference_compile_with(version, project):
    sources = with_pragma(project, f">={OLDEST}", f">={OLDEST_WITH_OPENZEPPELIN}")
    sources["EveryHelper.sol"] = APP.read_text()
    outputs = ["abi", "evm.bytecode.object"]
    # OpenZeppelin uses mcopy, which 0.8.24 does not write by default.
    answer = project.compile(f"solc-{version}", sources, outputs, evmVersion="cancun")
    compiled = answer["contracts"]["EveryHelper.sol"]
    assert compiled["EveryHelper"]["evm"]["bytecode"]["object"]
    warned = [
        each["formattedMessage"]
        for each in answer.get("errors", [])
        if each["severity"] == "warning"
        and "-->" in each["formattedMessage"]
        and OURS in each["formattedMessage"].split("-->")[1].splitlines()[0]
    ]
    assert [each for each in warned if "will be promoted to keyword" not in each] == []


def test_everything_in_it_compiles_with_the_pinned_compiler(project):
    """Analysed without generating code: imports, types and documentation."""
    sources = {OURS + path: text for path, text in project.contracts().items()}
    answer = project.compile("solc", sources, ["devdoc"], evmVersion="cancun")
    assert "Mailbox" in answer["contracts"][OURS + "contracts/Mailbox.sol"]
