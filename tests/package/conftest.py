from pathlib import Path

import pytest
from tests.support.package import ROOT, Installation, build, install, installation


@pytest.fixture(scope="session")
def built(tmp_path_factory) -> Path:
    """Folder with a wheel and an sdist."""
    folder = tmp_path_factory.mktemp("dist")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def wheel(built) -> Path:
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def environment(wheel, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("environment")
    install(wheel, folder)
    return folder


@pytest.fixture
def installed(environment, tmp_path) -> Installation:
    return installation(environment, tmp_path)
