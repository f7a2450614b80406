"""Checkpoints in S3 and in Google Cloud Storage, over the real protocols."""

import json
import os

import pytest
from aiohttp import web
from moto.server import ThreadedMotoServer
from tests.support.agents import eventually, relaying, validating
from tests.support.devnet import free_port, key
from tests.support.faulty import Trouble, faulty
from tests.support.processes import wait_until

from hyperlane.chain.signer import address_of
from hyperlane.checkpoints.documents import MAX_SIZE, parse_checkpoint, render_checkpoint
from hyperlane.checkpoints.s3 import S3Storage
from hyperlane.checkpoints.storage import open_reader
from hyperlane.checkpoints.web import Web
from hyperlane.errors import StorageError
from hyperlane.protocol.announcement import Announcement
from hyperlane.protocol.checkpoint import Checkpoint, SignedCheckpoint
from hyperlane.protocol.reorg import ReorgReport

CHECKPOINT = Checkpoint(1337, b"\1" * 32, b"\2" * 32, 7, b"\3" * 32)
SIGNED = SignedCheckpoint(CHECKPOINT, CHECKPOINT.sign(key(1)))


@pytest.fixture(scope="module")
def cloud():
    """An S3 server; its URL."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=free_port(), verbose=False)
    server.start()
    yield f"http://127.0.0.1:{server._server.server_port}"
    server.stop()


@pytest.fixture
def bucket(cloud, monkeypatch):
    """A new bucket, as boto3 sees it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", cloud)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    from boto3.session import Session

    client = Session(region_name="eu-west-1").client("s3")
    name = f"bucket-{os.urandom(4).hex()}"
    client.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": "eu-west-1"},
        ACL="public-read",
    )
    client.put_bucket_policy(
        Bucket=name,
        Policy=json.dumps(
            {
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}
                ]
            }
        ),
    )
    client.name = name  # type: ignore[attr-defined]
    return client


@pytest.fixture
async def http():
    web_ = Web()
    yield web_
    await web_.close()


@pytest.mark.parametrize("folder", ["", "deep/folder"])
async def test_what_a_validator_writes_everybody_reads(folder, bucket, http):
    storage = S3Storage(bucket.name, "eu-west-1", folder)
    end = f"/{folder}" if folder else ""
    assert storage.location == f"s3://{bucket.name}/eu-west-1{end}"
    reader = open_reader(storage.location, allow_local=False, web=http)
    for one in (storage, reader):
        assert await one.latest_index() is None
        assert await one.checkpoint(7) is None
        assert not await one.has_reorg_flag()
    await storage.write_checkpoint(SIGNED)
    await storage.raise_latest_index(7)
    await storage.raise_latest_index(3)
    await storage.write_reorg_flag(ReorgReport(bytes(32), b"\1" * 32, 7, 1, "finalized"))
    stored = bucket.head_object(
        Bucket=bucket.name, Key=f"{folder}/checkpoint_7_with_id.json".lstrip("/")
    )["LastModified"].timestamp()
    assert await reader.written_at(7) == stored
    assert await reader.written_at(8) is None
    for one in (storage, reader):
        assert await one.latest_index() == 7
        assert await one.checkpoint(7) == SIGNED
        assert await one.has_reorg_flag()


async def test_objects_have_the_names_and_content_of_the_reference(bucket):
    storage = S3Storage(bucket.name, "eu-west-1", "folder")
    announcement = Announcement(1337, bytes(32), bytes(20), storage.location)
    await storage.write_checkpoint(SIGNED)
    await storage.raise_latest_index(7)
    await storage.write_announcement(announcement, SIGNED.signature)
    await storage.write_metadata("{}")
    await storage.write_reorg_flag(ReorgReport(bytes(32), bytes(32), 7, 1, 5))
    names = {
        "checkpoint_7_with_id.json",
        "checkpoint_latest_index.json",
        "announcement.json",
        "metadata_latest.json",
        "reorg_flag.json",
    }
    listed = bucket.list_objects_v2(Bucket=bucket.name)["Contents"]
    assert {item["Key"] for item in listed} == {f"folder/{name}" for name in names}
    found = bucket.get_object(Bucket=bucket.name, Key="folder/checkpoint_7_with_id.json")
    assert found["ContentType"] == "application/json"
    assert found["Body"].read().decode() == render_checkpoint(SIGNED)


async def test_what_is_broken_in_a_bucket_is_named(bucket, http):
    for index, body in ((7, b"no JSON"), (8, b" " * (MAX_SIZE + 1))):
        bucket.put_object(Bucket=bucket.name, Key=f"checkpoint_{index}_with_id.json", Body=body)
    storage = S3Storage(bucket.name, "eu-west-1")
    for one in (storage, open_reader(storage.location, allow_local=False, web=http)):
        for index, problem in ((7, "not JSON"), (8, "larger than")):
            name = rf"{bucket.name}/eu-west-1/checkpoint_{index}_with_id\.json: .*{problem}"
            with pytest.raises(StorageError, match=name):
                await one.checkpoint(index)


async def test_an_index_that_cannot_be_read_is_not_lowered(bucket, monkeypatch):
    storage = S3Storage(bucket.name, "eu-west-1")
    await storage.raise_latest_index(9)
    failing = S3Storage("there-is-no-such-bucket", "eu-west-1")
    with pytest.raises(StorageError, match="NoSuchBucket"):
        await failing.raise_latest_index(3)
    bucket.put_object(Bucket=bucket.name, Key="checkpoint_latest_index.json", Body=b"no number")
    await storage.raise_latest_index(10)
    assert await storage.latest_index() == 10


async def test_a_server_that_cannot_be_reached_is_a_storage_error(bucket, http, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{free_port()}")
    storage = S3Storage(bucket.name, "eu-west-1")
    for one in (storage, open_reader(storage.location, allow_local=False, web=http)):
        with pytest.raises(StorageError, match="reorg_flag"):
            await one.has_reorg_flag()


async def test_a_relayer_delivers_what_a_validator_signed_into_a_bucket(
    bucket, origin, target, validator_config, relayer_config
):
    recipient = target.recipient(target.message_id_multisig([key(1).address], 1))
    message = origin.dispatch(7331, recipient.address)
    syncer = {"type": "s3", "bucket": bucket.name, "region": "eu-west-1", "folder": "v1"}
    relayer = relayer_config(origin, target, allowLocalCheckpointSyncers=False)
    async with (
        validating(validator_config(origin, checkpointSyncer=syncer)) as task,
        relaying(relayer),
    ):
        await eventually(lambda: target.delivered(message), task, 60)
    listed = bucket.list_objects_v2(Bucket=bucket.name)["Contents"]
    assert "v1/checkpoint_0_with_id.json" in {item["Key"] for item in listed}


def test_a_validator_outlives_a_bucket_that_fails_and_nothing_is_lost(
    bucket, cloud, origin, validator_config, agents, monkeypatch
):
    """Errors of the server, orders to slow down, connections cut, writes without an answer."""
    syncer = {"type": "s3", "bucket": bucket.name, "region": "eu-west-1"}
    with faulty(cloud) as front:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", front.url)
        agents.start("validator", "validator", validator_config(origin, checkpointSyncer=syncer))
        ids = [origin.dispatch(7331, key(3).address).id]
        wait_until(lambda: latest(bucket) == "0")
        for trouble in Trouble:
            front.trouble = trouble
            before = front.troubled
            ids += [origin.dispatch(7331, key(3).address, bytes([n])).id for n in range(3)]
            wait_until(lambda before=before: front.troubled > before + 3)
        assert latest(bucket) != str(len(ids) - 1)
        front.trouble = None
        wait_until(lambda: latest(bucket) == str(len(ids) - 1), 90)
    assert agents.running["validator"].poll() is None
    for index, message_id in enumerate(ids):
        answer = bucket.get_object(Bucket=bucket.name, Key=f"checkpoint_{index}_with_id.json")
        signed = parse_checkpoint(answer["Body"].read())
        assert (signed.checkpoint.index, signed.checkpoint.message_id) == (index, message_id)
        assert signed.signer == address_of(key(1))


def latest(bucket):
    try:
        answer = bucket.get_object(Bucket=bucket.name, Key="checkpoint_latest_index.json")
    except bucket.exceptions.NoSuchKey:
        return None
    return answer["Body"].read().decode()


@pytest.mark.parametrize(
    "location",
    [
        "s3://bucket",
        "s3://",
        "s3://buck et/eu-west-1",
        "s3://bucket/evil.com:80",
        "s3://bucket/eu-west-1/../other",
        "s3://user@host/eu-west-1",
        "gs://",
        "gs://buck et/gcsAnnouncementKey",
        "gs://user@host/folder",
        "gs://bucket/../gcsAnnouncementKey",
    ],
)
def test_malformed_locations_are_refused(location):
    with pytest.raises(StorageError):
        open_reader(location, allow_local=False, web=Web())


async def test_google_cloud_storage_is_read_under_its_own_names(http, monkeypatch):
    objects = {
        "/bucket/folder/checkpoint_7_with_id.json": render_checkpoint(SIGNED),
        "/bucket/folder/gcsLatestIndexKey": "7",
        "/bucket/folder/gcsReorgFlagKey": "{}",
    }

    async def serve(request):
        if request.path not in objects:
            raise web.HTTPNotFound
        return web.Response(text=objects[request.path])

    application = web.Application()
    application.router.add_get("/{path:.*}", serve)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", f"http://127.0.0.1:{runner.addresses[0][1]}")
    reader = open_reader("gs://bucket/folder/gcsAnnouncementKey", allow_local=False, web=http)
    assert await reader.checkpoint(7) == SIGNED
    assert await reader.latest_index() == 7
    assert await reader.has_reorg_flag()
    assert await reader.checkpoint(8) is None
    await runner.cleanup()
