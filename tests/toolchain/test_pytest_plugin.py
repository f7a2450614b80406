"""The pytest plugin in projects that do not use it."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.quick


def run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_pytest_finds_it_and_it_loads_neither_ape_nor_web3():
    found = run(
        "import sys; from importlib.metadata import entry_points;"
        "(entry,) = (e for e in entry_points(group='pytest11') if e.name == 'hyperlane');"
        "entry.load();"
        "print(sorted({'ape', 'web3', 'eth_account', 'pydantic'} & set(sys.modules)))"
    )

    assert found.strip() == "[]"


def test_names_that_there_are_not_are_refused():
    import ape_hyperlane.testing as kit

    with pytest.raises(AttributeError, match=r"ape_hyperlane\.testing has no attribute Network"):
        _ = kit.Network
