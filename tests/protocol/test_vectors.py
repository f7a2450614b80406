import re

from .vectors import FOLDER


def test_each_vector_file_is_read_by_a_test():
    tests = "".join(path.read_text() for path in FOLDER.parent.glob("protocol/test_*.py"))

    read = set(re.findall(r'load\("(\w+)"\)', tests))
    assert read == {path.stem for path in FOLDER.glob("*.json")}
