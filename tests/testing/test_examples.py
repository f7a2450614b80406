"""The examples' own tests, as a reader runs them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
APE = Path(sys.executable).with_name("ape")


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """ape keeps dependencies by name in its data folder, so the examples have one of their own."""
    return {**os.environ, "APE_DATA_FOLDER": str(tmp_path_factory.mktemp("ape"))}


@pytest.mark.parametrize("name", sorted(path.parent.name for path in EXAMPLES.glob("*/tests")))
def test_an_examples_tests_pass(name, environment):
    done = subprocess.run(
        [APE, "test", "-q"], cwd=EXAMPLES / name, env=environment, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    assert " passed" in done.stdout
    assert "skipped" not in done.stdout


