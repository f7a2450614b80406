import pytest

from hyperlane.registry import Registry


@pytest.fixture
def registry(tmp_path):
    return Registry(tmp_path)


@pytest.fixture
def write(tmp_path):
    """Writes a file of the registry: `write("chains/a/metadata.yaml", text)`."""

    def write(name, text):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    return write
