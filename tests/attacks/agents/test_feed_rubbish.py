"""Text and documents of strangers: only errors that have a name come out."""

import json
from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st
from tests.support.devnet import key

from hyperlane.checkpoints.documents import parse_checkpoint, parse_index, render_checkpoint
from hyperlane.checkpoints.storage import open_reader
from hyperlane.checkpoints.web import Web
from hyperlane.errors import DecodeError, StorageError
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint

from .locations import UNREADABLE

_PARTS = st.one_of(
    st.text(max_size=70),
    st.sampled_from(["", "..", ".", "a" * 64, "%00", "[", "]", "@", ":", "eu-west-1", "bucket"]),
)
_URLS = st.builds(
    lambda scheme, parts: f"{scheme}://" + "/".join(parts),
    st.sampled_from(["s3", "gs", "file", "http", "S3", ""]),
    st.lists(_PARTS, max_size=5),
)
CHECKPOINT = Checkpoint(1337, b"\1" * 32, b"\2" * 32, 7, b"\3" * 32)
VALID = json.loads(render_checkpoint(SignedCheckpoint(CHECKPOINT, CHECKPOINT.sign(key(1)))))
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([27, 27.0, 28, "0x", "0x" + "00" * 32, "0x" + "f" * 70, 10**4000]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(_URLS | st.text())
@example("file://[")
@example("file:///%00")
@example("s3://bucket/" + "a" * 64)
def test_a_location_is_opened_or_refused(location):
    with suppress(StorageError):
        reader = open_reader(location, allow_local=True, web=Web())
        base = getattr(reader, "base", "https://s3.x.amazonaws.com/")
        host = base.split("/")[2]
        assert host.endswith((".amazonaws.com", "storage.googleapis.com"))
        assert all(0 < len(label) < 64 for label in host.split("."))


def test_each_location_of_the_list_is_opened_or_refused():
    for location in UNREADABLE.values():
        with suppress(StorageError):
            open_reader(location, allow_local=True, web=Web())


@given(st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_a_document_is_a_checkpoint_or_refused(content):
    with suppress(DecodeError):
        parse_index(content)
    with suppress(DecodeError):
        signed = parse_checkpoint(content)
        assert len(signed.signer) == 20


def _paths(value: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(value, dict):
        return [path]
    return [path, *(each for name in value for each in _paths(value[name], (*path, name)))]


@given(st.sampled_from([path for path in _paths(VALID) if path]), _JSON)
@example(("signature", "v"), 27.0)
def test_a_document_with_one_field_changed_is_a_checkpoint_or_refused(path, value):
    document = json.loads(json.dumps(VALID))
    inner = document
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with suppress(DecodeError):
        signed = parse_checkpoint(json.dumps(document).encode())
        assert len(signed.signer) == 20
