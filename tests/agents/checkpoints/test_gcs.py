"""A validator's checkpoints in Google Cloud Storage, over the real protocol."""

import json
import os

import pytest
from google.api_core.exceptions import NotFound
from google.auth.credentials import AnonymousCredentials
from google.cloud.storage import Client
from tests.support.agents import eventually, relaying, validating
from tests.support.devnet import free_port, key
from tests.support.faulty import Trouble, faulty
from tests.support.google import google_cloud
from tests.support.processes import wait_until

from hyperlane.chain.signer import address_of
from hyperlane.checkpoints.documents import MAX_SIZE, parse_checkpoint, render_checkpoint
from hyperlane.checkpoints.gcs import GcsStorage, GoogleCredentials
from hyperlane.checkpoints.storage import open_reader, open_storage
from hyperlane.checkpoints.web import Web
from hyperlane.errors import ConfigError, StorageError, StorageUnreachable
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.reorg import ReorgReport
from hyperlane.settings.agents import CheckpointSyncerSettings

CHECKPOINT = Checkpoint(1337, b"\1" * 32, b"\2" * 32, 7, b"\3" * 32)
SIGNED = SignedCheckpoint(CHECKPOINT, CHECKPOINT.sign(key(1)))


@pytest.fixture(scope="module")
def cloud():
    with google_cloud() as servers:
        yield servers


@pytest.fixture
def google(cloud, monkeypatch):
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", cloud.url)
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    cloud.tokens.clear()
    cloud.writes.clear()
    return cloud


@pytest.fixture
def bucket(google):
    """A new bucket, as the emulator has it."""
    client = Client(
        project="p",
        credentials=AnonymousCredentials(),
        client_options={"api_endpoint": f"http://127.0.0.1:{google.storage_port}"},
    )
    return client.create_bucket(f"bucket-{os.urandom(4).hex()}")


@pytest.fixture
def credentials(google, tmp_path):
    return GoogleCredentials(google.service_account(tmp_path / "key.json"))


@pytest.fixture
async def http():
    web = Web()
    yield web
    await web.close()


@pytest.mark.parametrize("folder", ["", "deep/folder"])
async def test_what_a_validator_writes_everybody_reads(folder, bucket, credentials, http):
    storage = GcsStorage(bucket.name, folder, credentials)
    folders = "/".join(filter(None, (f"gs://{bucket.name}", folder)))
    assert storage.location == f"{folders}/gcsAnnouncementKey"
    readers = [
        open_reader(location, allow_local=False, web=http)
        for location in (storage.location, folders)
    ]
    for one in (storage, *readers):
        assert await one.latest_index() is None
        assert await one.checkpoint(7) is None
        assert not await one.has_reorg_flag()
    await storage.write_checkpoint(SIGNED)
    await storage.raise_latest_index(7)
    await storage.raise_latest_index(3)
    await storage.write_reorg_flag(ReorgReport(bytes(32), b"\1" * 32, 7, 1, "finalized"))
    for one in (storage, *readers):
        assert await one.latest_index() == 7
        assert await one.checkpoint(7) == SIGNED
        assert await one.has_reorg_flag()
    assert storage.reorg_flag == f"{folders}/gcsReorgFlagKey"


async def test_objects_have_the_names_and_content_of_the_reference(bucket, credentials):
    storage = GcsStorage(bucket.name, "folder", credentials)
    announcement = Announcement(1337, bytes(32), bytes(20), storage.location)
    await storage.write_checkpoint(SIGNED)
    await storage.raise_latest_index(7)
    await storage.write_announcement(announcement, SIGNED.signature)
    await storage.write_metadata("{}")
    await storage.write_reorg_flag(ReorgReport(bytes(32), bytes(32), 7, 1, 5))
    await storage.write_rpc_responses([])
    found = {item.name: item for item in bucket.list_blobs()}
    assert set(found) == {
        f"folder/{name}"
        for name in (
            "checkpoint_7_with_id.json", "gcsLatestIndexKey", "gcsAnnouncementKey",
            "gcsMetadataKey", "gcsReorgFlagKey", "gcsReorgRpcResponsesKey",
        )
    }  # fmt: skip
    for item in found.values():
        assert item.content_type == "application/json"
        assert item.cache_control == "no-store", "a public object is cached for an hour"
    checkpoint = bucket.blob("folder/checkpoint_7_with_id.json")
    assert checkpoint.download_as_bytes().decode() == render_checkpoint(SIGNED)


async def test_what_is_broken_in_a_bucket_is_named(bucket, credentials, http):
    for index, body in ((7, b"no JSON"), (8, b" " * (MAX_SIZE + 1))):
        bucket.blob(f"checkpoint_{index}_with_id.json").upload_from_string(body)
    storage = GcsStorage(bucket.name, "", credentials)
    for one in (storage, open_reader(storage.location, allow_local=False, web=http)):
        for index, problem in ((7, "not JSON"), (8, "larger than")):
            name = rf"gs://{bucket.name}/checkpoint_{index}_with_id\.json: .*{problem}"
            with pytest.raises(StorageError, match=name):
                await one.checkpoint(index)


async def test_an_index_that_cannot_be_read_is_not_lowered(bucket, credentials):
    storage = GcsStorage(bucket.name, "", credentials)
    await storage.raise_latest_index(9)
    failing = GcsStorage("there-is-no-such-bucket", "", credentials)
    with pytest.raises(StorageUnreachable, match="there-is-no-such-bucket/gcsLatestIndexKey"):
        await failing.raise_latest_index(3)
    bucket.blob("gcsLatestIndexKey").upload_from_string(b"no number")
    await storage.raise_latest_index(10)
    assert await storage.latest_index() == 10


async def test_a_server_that_cannot_be_reached_is_a_storage_error(
    bucket, credentials, http, monkeypatch
):
    monkeypatch.setattr("hyperlane.checkpoints.gcs._TRIED_FOR", 1.0)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{free_port()}")
    storage = GcsStorage(bucket.name, "", credentials)
    for one in (storage, open_reader(storage.location, allow_local=False, web=http)):
        with pytest.raises(StorageUnreachable, match="gcsReorgFlagKey"):
            await one.has_reorg_flag()


# Who writes


@pytest.mark.parametrize("how", ["serviceAccountKey", "userSecrets", "useApplicationDefault", None])
async def test_who_writes_is_who_the_settings_say(how, bucket, google, tmp_path, monkeypatch):
    account = google.service_account(tmp_path / "account.json")
    files = {
        "serviceAccountKey": str(account),
        "userSecrets": str(google.user_secrets(tmp_path / "user.json")),
    }
    settings = {"type": "gcs", "bucket": bucket.name}
    if how in files:
        settings[how] = files[how]
    else:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(account))
        if how is not None:
            settings[how] = True
    storage = open_storage(CheckpointSyncerSettings.model_validate(settings))
    await storage.write_checkpoint(SIGNED)
    assert await storage.checkpoint(7) == SIGNED
    assert google.tokens
    assert google.writes, "nothing went past who asks for the token"


async def test_credentials_that_are_refused_are_named_by_the_service(bucket, google, tmp_path):
    path = google.user_secrets(tmp_path / "user.json", refresh_token="another")
    storage = GcsStorage(bucket.name, "", GoogleCredentials(user_secrets=path))
    with pytest.raises(StorageUnreachable, match=f"gs://{bucket.name}/checkpoint_7") as error:
        await storage.write_checkpoint(SIGNED)
    assert "another" not in str(error.value)
    assert google.writes == []


SECRET = "very-secret"


@pytest.mark.parametrize("setting", ["serviceAccountKey", "userSecrets"])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, r"cannot read .*: No such file"),
        (SECRET, "is not JSON"),
        (json.dumps([SECRET]), "is not a JSON object"),
        (json.dumps({"private_key": SECRET, "refresh_token": SECRET}), "is not the key|has no cli"),
    ],
)
async def test_a_key_file_that_is_none_is_named_and_not_shown(
    setting, content, problem, google, tmp_path
):
    path = tmp_path / "key.json"
    if content is not None:
        path.write_text(content)
    settings = {"type": "gcs", "bucket": "b", setting: str(path)}
    storage = open_storage(CheckpointSyncerSettings.model_validate(settings))
    with pytest.raises(ConfigError, match=rf"^checkpointSyncer\.{setting}: .*{problem}") as error:
        await storage.has_reorg_flag()
    assert SECRET not in str(error.value)


async def test_without_credentials_it_says_what_is_missing(google, monkeypatch, tmp_path):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    expected = "checkpointSyncer: type gcs needs serviceAccountKey, userSecrets, or Google's"
    with pytest.raises(ConfigError, match=expected):
        await GcsStorage("b").has_reorg_flag()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"bucket": ""}, "needs bucket"),
        ({"serviceAccountKey": "a", "userSecrets": "b"}, "takes one of"),
        ({"serviceAccountKey": "a", "useApplicationDefault": True}, "takes one of"),
        ({"useApplicationDefault": False}, "nobody writes without credentials"),
        ({"serviceAccountKey": json.dumps({"private_key": SECRET})}, "expected the path of a file"),
    ],
)
def test_a_syncer_that_nobody_could_write_with_is_refused(changes, problem):
    with pytest.raises(ValueError, match=problem):
        CheckpointSyncerSettings.model_validate({"type": "gcs", "bucket": "b"} | changes)


# Agents


async def test_a_relayer_delivers_what_a_validator_signed_into_a_bucket(
    bucket, google, origin, target, validator_config, relayer_config, tmp_path
):
    recipient = target.recipient(target.message_id_multisig([key(1).address], 1))
    message = origin.dispatch(7331, recipient.address)
    account = google.service_account(tmp_path / "account.json")
    syncer = {
        "type": "gcs", "bucket": bucket.name, "folder": "v1", "serviceAccountKey": str(account),
    }  # fmt: skip
    relayer = relayer_config(origin, target, allowLocalCheckpointSyncers=False)
    async with (
        validating(validator_config(origin, checkpointSyncer=syncer)) as task,
        relaying(relayer),
    ):
        await eventually(lambda: target.delivered(message), task, 60)
    names = {item.name for item in bucket.list_blobs()}
    assert {"v1/checkpoint_0_with_id.json", "v1/gcsAnnouncementKey"} <= names


def test_a_validator_outlives_a_bucket_that_fails_and_nothing_is_lost(
    bucket, google, origin, validator_config, agents, monkeypatch, tmp_path
):
    """Errors of the server, orders to slow down, connections cut, writes without an answer."""
    account = google.service_account(tmp_path / "account.json")
    syncer = {"type": "gcs", "bucket": bucket.name, "serviceAccountKey": str(account)}
    with faulty(google.url) as front:
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", front.url)
        agents.start("validator", "validator", validator_config(origin, checkpointSyncer=syncer))
        ids = [origin.dispatch(7331, key(3).address).id]
        wait_until(lambda: latest(bucket) == "0")
        for trouble in Trouble:
            front.trouble = trouble
            before = front.troubled
            ids += [origin.dispatch(7331, key(3).address, bytes([n])).id for n in range(2)]
            wait_until(lambda before=before: front.troubled > before + 3)
        assert latest(bucket) != str(len(ids) - 1)
        front.trouble = None
        wait_until(lambda: latest(bucket) == str(len(ids) - 1), 120)
    assert agents.running["validator"].poll() is None
    said = agents.said("validator")
    assert "PRIVATE KEY" not in said
    assert not any(token in said for token in google.tokens)
    for index, message_id in enumerate(ids):
        content = bucket.blob(f"checkpoint_{index}_with_id.json").download_as_bytes()
        signed = parse_checkpoint(content)
        assert (signed.checkpoint.index, signed.checkpoint.message_id) == (index, message_id)
        assert signed.signer == address_of(key(1))


def latest(bucket):
    try:
        return bucket.blob("gcsLatestIndexKey").download_as_bytes().decode()
    except NotFound:
        return None
