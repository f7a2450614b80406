"""The examples' own tests, as a reader runs them, and the guide's samples in one of them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ape_hyperlane.testing import LocalNetwork

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
APE = Path(sys.executable).with_name("ape")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """ape keeps dependencies by name in its data folder, so the examples have one of their own."""
    return {**os.environ, "APE_DATA_FOLDER": str(tmp_path_factory.mktemp("ape"))}


@pytest.fixture(scope="module")
def upstreams():
    """Chains with Mailboxes, as environment variables name them to the guide."""
    with LocalNetwork.on_separate_chains("ethereum", "base") as network:
        yield {
            f"{chain.name.upper()}_{what}": value
            for chain in network.chains
            for what, value in (
                ("URL", str(chain.node.provider.uri)),
                ("MAILBOX", chain.mailbox_address),
            )
        }


def run(folder, environment):
    done = subprocess.run(
        [APE, "test", "-q"], cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    passed = re.search(r"^(\d+) passed", done.stdout, re.MULTILINE)
    assert passed, done.stdout[-1000:]
    return int(passed[1])


@pytest.mark.parametrize(("name", "tests"), [("vote", 8), ("token", 4)])
def test_an_examples_tests_pass(name, tests, environment):
    assert run(EXAMPLES / name, environment) == tests


def test_the_counter_and_the_guide_pass_elsewhere(tmp_path, environment, upstreams):
    """The guide's samples, as one file, in a copy of the project in a folder of its own."""
    folder = tmp_path / "counter"
    shutil.copytree(EXAMPLES / "counter", folder, ignore=shutil.ignore_patterns(".build", ".cache"))
    config = folder / "ape-config.yaml"
    config.write_text(config.read_text().replace("../..", str(ROOT)))
    guide = (ROOT / "docs" / "test-your-app.md").read_text()
    samples = re.findall(r"^```python\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    (folder / "tests" / "test_guide.py").write_text("\n\n".join(samples))

    assert run(folder, {**environment, **upstreams}) == 6 + 12


def test_every_example_is_run():
    assert {path.parent.name for path in EXAMPLES.glob("*/tests")} == {"counter", "vote", "token"}
