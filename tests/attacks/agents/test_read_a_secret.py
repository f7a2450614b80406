"""What a reader of logs, of the disk or of the process list learns."""

import os
import stat

import aiohttp
import pytest
import structlog
from aiohttp import web
from click.testing import CliRunner

from hyperlane.agents.runtime.alerting import Alerter
from hyperlane.chain.client import ChainClient, Unreachable
from hyperlane.checkpoints.documents import RpcResponse
from hyperlane.cli import main
from hyperlane.errors import ConfigError, DatabaseError
from hyperlane.registry.chains import ChainMetadata, RpcUrl
from hyperlane.registry.registry import Registry
from hyperlane.settings import ValidatorSettings, WatchtowerSettings, load_settings
from hyperlane.store.database import Database
from hyperlane.wording import masked_url

KEY = "hunter2SecretKey"
ADDRESS = "0x" + "11" * 20


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(autouse=True)
def _generous_umask():
    before = os.umask(0)
    yield
    os.umask(before)


# Logs and errors


@pytest.mark.parametrize("status", [500, 404, 302, None])
async def test_the_webhook_is_not_in_the_log(status, serve, monkeypatch):
    async def handler(_request):
        if status is None:
            raise web.GracefulExit
        return web.Response(status=status, headers={"Location": f"/{KEY}/"})

    url = await serve(handler) if status else "http://127.0.0.1:1/"
    alerter = Alerter(f"{url}{KEY}?token={KEY}", pause=0)
    with structlog.testing.capture_logs() as logs:
        await alerter.tell("fault", chain="alpha")
    failures = [entry for entry in logs if entry["event"] == "webhook.failed"]
    assert failures
    assert KEY not in repr(logs) + repr(alerter)


async def test_an_rpc_url_is_not_in_the_log(serve):
    async def handler(_request):
        return web.Response(status=503)

    async def no_sleep(_seconds):
        pass

    url = await serve(handler)
    secret = url.replace("://", f"://user:{KEY}@") + f"{KEY}?key={KEY}#{KEY}"
    client = ChainClient("alpha", 1337, [secret], sleep=no_sleep)
    with structlog.testing.capture_logs() as logs, pytest.raises(Unreachable) as caught:
        await client.balance(b"\1" * 20)
    await client.close()
    assert KEY not in repr(logs) + str(caught.value) + repr(client)


@pytest.mark.parametrize("scheme", ["wss", "ws", "ftp", "", "HTTPS"])
@pytest.mark.parametrize("name", ["rpcUrls", "customRpcUrls", "alertWebhook", "additional", "db"])
def test_a_url_that_is_refused_is_not_shown(scheme, name):
    url = f"{scheme}://node.example/{KEY}" if scheme else f"node.example/{KEY}"
    chain = {
        "chainId": 1, "rpcUrls": [{"http": "http://node/"}], "mailbox": ADDRESS,
        "merkleTreeHook": ADDRESS, "validatorAnnounce": ADDRESS,
    }  # fmt: skip
    words = {"chains": {"a": chain}, "watchChains": "a"}
    if name == "rpcUrls":
        chain["rpcUrls"] = [{"http": url}]
    elif name == "customRpcUrls":
        chain["customRpcUrls"] = url
    elif name == "alertWebhook":
        words["alertWebhook"] = url
    elif name == "db":
        words["db"] = {"url": url}
    else:
        words |= {"originChainName": "a", "validator": {"key": "0x" + "11" * 32},
                  "checkpointSyncer": {"path": "/tmp"}, "customAdditionalQuorumRpcUrls": url,
                  "additionalQuorumRpcUrls": [{"http": url}]}  # fmt: skip
    model = ValidatorSettings if name == "additional" else WatchtowerSettings
    with pytest.raises(ConfigError) as caught:
        load_from(model, words)
    assert KEY not in str(caught.value)


def load_from(model, content):
    import json
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "agent.json"
        path.write_text(json.dumps(content))
        return load_settings(model, [path], {})


def test_settings_do_not_show_what_is_secret_in_them():
    chain = {
        "name": "a", "chainId": 1, "domainId": 1, "mailbox": ADDRESS, "merkleTreeHook": ADDRESS,
        "validatorAnnounce": ADDRESS, "rpcUrls": [{"http": f"https://node/{KEY}"}],
        "customRpcUrls": f"https://node/{KEY}", "signer": {"key": "0x" + KEY.encode().hex() * 2},
    }  # fmt: skip
    settings = WatchtowerSettings.model_validate(
        {"chains": {"a": chain}, "watchChains": "a", "db": f"postgresql://u:{KEY}@h/d",
         "alertWebhook": f"https://hooks/{KEY}"}
    )  # fmt: skip
    assert KEY not in repr(settings) + str(settings)
    assert KEY.encode().hex() not in repr(settings)
    assert KEY not in repr(
        RpcResponse(
            url=f"https://node/{KEY}",
            height=1,
            reorg_period=1,
            index=1,
            root=None,
            unix_timestamp=1,
        )
    )


async def test_a_database_url_is_not_shown():
    for location in (f"nonsense://u:{KEY}@h/d", f"postgresql://u:{KEY}@h:port/d", f"://{KEY}"):
        with pytest.raises(DatabaseError) as caught:
            await Database.open(location)
        assert KEY not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://node.example", "https://node.example"),
        ("https://node.example:8545/", "https://node.example:8545"),
        (f"https://node.example/v2/{KEY}", "https://node.example/…"),
        (f"https://user:{KEY}@node.example", "https://node.example/…"),
        (f"https://node.example?key={KEY}", "https://node.example/…"),
        (f"https://node.example/#{KEY}", "https://node.example/…"),
        (f"wss://node.example:1/{KEY}", "wss://node.example:1/…"),
        (f"https://[::1]:1/{KEY}", "https://[::1]:1/…"),
        (f"https://node.example:{KEY}/", "…"),
        (f"node.example/{KEY}", "…"),
        (f"https:///{KEY}", "…"),
        (f"https://[{KEY}", "…"),
        (KEY, "…"),
        ("", "…"),
    ],
)
def test_a_masked_url_tells_only_where_it_goes(url, expected):
    assert masked_url(url) == expected


# The disk


async def test_the_database_is_its_owners(tmp_path):
    folder = tmp_path / "db"
    database = await Database.open(str(folder))
    async with database.write() as connection:
        await connection.exec_driver_sql("CREATE TABLE t (a)")
        files = list(folder.iterdir())
        assert {path.suffix for path in files} >= {".sqlite", ".sqlite-wal", ".sqlite-shm"}
        assert {mode(path) for path in files} == {0o600}
    await database.close()
    assert mode(folder) == 0o700


async def test_a_database_of_an_earlier_version_becomes_its_owners(tmp_path):
    path = tmp_path / "hyperlane.sqlite"
    path.touch(0o644)
    path.chmod(0o644)
    await (await Database.open(str(tmp_path))).close()
    assert mode(path) == 0o600


def test_a_deployments_journal_is_its_owners(tmp_path):
    from ape_hyperlane.plans.journal import Entry, Journal

    journal = Journal(tmp_path / "deployment.json", 1, ADDRESS)
    journal.record("mailbox", Entry("deploys", ADDRESS, 0))
    assert mode(journal.path) == 0o600


@pytest.mark.parametrize(("path", "expected"), [(f"v2/{KEY}", 0o600), ("", 0o644)])
def test_metadata_with_a_key_in_it_is_its_owners(path, expected, tmp_path):
    metadata = ChainMetadata(
        name="a", chain_id=1, domain_id=1, protocol="ethereum", display_name="A",
        rpc_urls=[RpcUrl(http=f"https://node.example/{path}")],
    )  # fmt: skip
    Registry(tmp_path).write_metadata(metadata)
    assert mode(tmp_path / "chains/a/metadata.yaml") == expected


# The process list


def test_help_does_not_recommend_keys_as_options():
    for command in ([], ["validator"], ["relayer"], ["watchtower"]):
        text = CliRunner().invoke(main, [*command, "--help"]).output
        assert "0x" not in text
        assert ".key" not in text
    assert "every user of this machine can" in CliRunner().invoke(main, ["--help"]).output.replace(
        "\n ", ""
    )


def test_a_key_among_the_options_is_warned_of():
    words = ["relayer", "--chains.a.signer.key", "0x" + "11" * 32]
    result = CliRunner().invoke(main, words)
    assert "warning: --chains.a.signer.key: every user of this machine" in result.output
    assert "11" * 32 not in result.output


def test_a_stray_key_is_not_repeated():
    result = CliRunner().invoke(main, ["relayer", "0x" + "11" * 32])
    assert "argument 1: not a setting" in result.output
    assert "11" * 32 not in result.output


def test_aiohttp_would_tell_the_webhook():
    """Why the log does not take the library's words."""
    info = aiohttp.RequestInfo(f"https://hooks/{KEY}", "POST", {}, f"https://hooks/{KEY}")
    assert KEY in str(aiohttp.ClientResponseError(info, (), status=500))
