"""An ape project that has our contracts as its dependency, made as docs/build-an-app.md says."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from tests.support.npm_project import ROOT, packed

PAGE = ROOT / "docs/build-an-app.md"
INSTALLING = ['pip install "ape-hyperlane[ape]"', "npm install @openzeppelin/contracts@5.7.0"]
"""What the tests do by other means: nothing is published, and tests have no internet."""


def files(page: str) -> dict[str, str]:
    """What the page says to write, by path."""
    return dict(re.findall(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))


def commands(page: str) -> list[str]:
    blocks = re.findall(r"^```console\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return [line[2:] for block in blocks for line in block.splitlines() if line.startswith("$ ")]


def installed(site: Path) -> None:
    """Puts into `site` what the wheel installs: the package, with the sources below it."""
    shutil.copytree(ROOT / "src/ape_hyperlane", site / "ape_hyperlane")
    packed(site / "npm").package.joinpath("contracts").rename(site / "ape_hyperlane/contracts")
    about = site / "ape_hyperlane-0.1.0.dist-info"
    about.mkdir()
    about.joinpath("METADATA").write_text(
        "Metadata-Version: 2.1\nName: ape-hyperlane\nVersion: 0.1.0\n"
    )


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "counter"
    for path, text in files(PAGE.read_text()).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    (folder / "node_modules").symlink_to(ROOT / "node_modules")
    return folder


def run(command: str, folder: Path, **variables: str) -> None:
    environment = {**os.environ, "APE_DATA_FOLDER": str(folder / "ape-data"), **variables}
    done = subprocess.run(
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_the_page_from_an_empty_folder_to_a_passing_test(project, tmp_path):
    site = tmp_path / "site"
    (site / "npm").mkdir(parents=True)
    installed(site)
    assert commands(PAGE.read_text())[:2] == INSTALLING
    for command in commands(PAGE.read_text())[2:]:
        run(command, project, PYTHONPATH=str(site))


def test_the_same_project_with_the_clone_as_dependency(project):
    config = project / "ape-config.yaml"
    text = config.read_text()
    local = text.replace("site_package: ape_hyperlane", f"local: {ROOT}")
    assert local != text
    config.write_text(local)
    run("ape compile", project)
