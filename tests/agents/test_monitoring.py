"""The dashboard, the alerts and the pages for operators tell of what there is."""

import ast
import asyncio
import json
import re
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args
from urllib.error import URLError

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families
from pydantic import BaseModel
from tests.support.devnet import free_port, key
from tests.support.dishonest import DishonestValidator
from tests.support.processes import wait_until
from tests.support.staking import GRACE, deploy_staking
from tests.support.words import b32

from hyperlane.agents.relayer.reasons import Reason
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.settings import (
    KathySettings,
    RelayerSettings,
    ValidatorSettings,
    WatchtowerSettings,
)

AGENTS = (ValidatorSettings, RelayerSettings, WatchtowerSettings, KathySettings)

ROOT = Path(__file__).parents[2]
OPERATE = ROOT / "docs" / "operate"
MONITORING = OPERATE / "monitoring"
PREFIX = "hyperlane_"
SELECTOR = re.compile(r"\b(hyperlane_\w+)(\{[^}]*\})?")
OF_PROMETHEUS = {"instance", "job"}
"""Labels that Prometheus adds to all."""


@dataclass(frozen=True)
class Query:
    """An expression, and the labels that are shown beside its results."""

    title: str
    expression: str
    shown: frozenset[str]


def dashboard() -> Iterator[Query]:
    for panel in json.loads((MONITORING / "dashboard.json").read_text())["panels"]:
        for target in panel.get("targets", ()):
            shown = re.findall(r"{{(\w+)}}", target["legendFormat"])
            yield Query(panel["title"], target["expr"], frozenset(shown))


def alerts() -> Iterator[Query]:
    (group,) = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]:
        shown = re.findall(r"\$labels\.(\w+)", rule["annotations"]["summary"])
        yield Query(rule["alert"], rule["expr"], frozenset(shown))


def rows(page: Path, heading: str) -> Iterator[list[str]]:
    """Rows of the tables whose first column has a heading."""
    inside = False
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if not line.startswith("|"):
            inside = False
        elif cells[0].strip() == heading:
            inside = True
        elif inside and not line.startswith("|---"):
            yield cells


def metrics_explained() -> list[str]:
    """Selectors such as `hyperlane_announced{chain}`."""
    table = rows(MONITORING / "README.md", "metric (prefix `hyperlane_`)")
    return [PREFIX + row[0].strip("`") for row in table]


Sample = tuple[str, dict[str, str]]


@pytest.fixture
def exported(
    origin, target, validator_config, relayer_config, kathy_config, agents, tmp_path
) -> list[Sample]:
    """What the agents export after messages that were delivered, refused and dropped, and a lie."""
    liar = DishonestValidator(origin, 2, tmp_path / "liar")
    liar.announce()
    stake = deploy_staking(origin)
    stake.register(2, liar.account)
    staked = {origin.name: origin.settings(stakingManager=stake.manager.address)}
    ports = {kind: free_port() for kind in ("validator", "relayer", "watchtower", "kathy")}
    refused = {
        "chain": target.name,
        "contract": target.contracts["mailbox"].address,
        "signer": {"key": key(6).key.hex()},
    }
    watchtower = {
        "chains": staked | {target.name: target.settings()},
        "watchDeliveries": target.name,
        "stops": [refused],
        "censorshipMargin": 0,
        "watchChains": origin.name,
        "allowLocalCheckpointSyncers": True,
        "db": str(tmp_path / "db-watchtower"),
        "interval": 0.1,
    }
    configs = {
        "validator": validator_config(origin, chains=staked),
        "relayer": relayer_config(
            origin, target, commitmentsPort=0, commitmentsUrl="http://127.0.0.1:9"
        ),
        "watchtower": watchtower,
    }
    for kind, config in configs.items():
        agents.start(kind, kind, {**config, "metricsPort": ports[kind]})
    hostile = target.deploy("HostileRecipient")
    target.send(hostile.functions.setMode(1))
    signed = target.recipient(target.message_id_multisig([key(1).address], 1))
    unsigned = target.recipient(target.message_id_multisig([key(3).address], 1))
    recipients = [signed.address, unsigned.address, hostile.address, key(3).address]
    messages = [origin.dispatch(7331, recipient) for recipient in recipients]
    wait_until(lambda: target.delivered(messages[0]))
    canaries = kathy_config({origin: origin.recipient(), target: signed})
    agents.start("kathy", "kathy", {**canaries, "metricsPort": ports["kathy"]})

    def samples() -> list[Sample]:
        found = []
        for port in ports.values():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as page:
                families = text_string_to_metric_families(page.read().decode())
                found += [
                    (item.name, item.labels) for family in families for item in family.samples
                ]
        return found

    root, other = liar.true(messages, 0), bytes(32)
    lie = Checkpoint(1337, liar.hook, other, 0, root.message_id)
    asyncio.run(liar.publish(lie))
    forged = replace(messages[0], nonce=99, recipient=b32(target.recipient().address))
    target.send(target.contracts["mailbox"].functions.process(b"", forged.encode()))
    stake.pass_time(3 * GRACE)  # late, and old enough to be due at once
    ports["redundancy"] = free_port()
    redundancy = {
        "chains": {
            origin.name: origin.settings(),
            target.name: target.settings(watchedRecipients=signed.address),
        },
        "watchChains": f"{origin.name},{target.name}",
        "allowLocalCheckpointSyncers": True,
        "db": str(tmp_path / "db-redundancy"),
        "interval": 0.1,
        "metricsPort": ports["redundancy"],
    }
    agents.start("redundancy", "watchtower", redundancy)
    late = {
        ("operations_processed_count", "failed"),
        ("operations_processed_count", "dropped"),
        ("operations_processed_count", "confirmed"),
        ("metadata_build_count", "failure"),
        ("watchtower_faults", "root"),
        ("watchtower_censorships", "alpha"),
        ("validator_open_challenges", "alpha"),
        ("last_known_message_nonce", "message_processed"),
        ("watchtower_spare_signers", signed.address),
        ("watchtower_redundancy_unknown", "default"),
        ("watchtower_signature_age_seconds", key(1).address),
        ("watchtower_shared_rpcs", "alpha"),
        ("gas_price", "alpha"),
        ("kathy_spent", "alpha"),
        ("kathy_in_flight", "beta"),
        ("guardian_deliveries", "forged"),
        ("guardian_stops", "failed"),
        ("guardian_stop_ready", "beta"),
    }

    def complete() -> bool:
        try:
            found = samples()
        except URLError:  # the last one is still starting
            return False
        seen = {
            (name.removeprefix(PREFIX), value)
            for name, labels in found
            for value in labels.values()
        }
        return late <= seen

    wait_until(complete, 180)
    return samples()


def test_all_that_is_shown_and_explained_is_exported_and_all_that_is_exported_is_explained(
    exported,
):
    queries = [*dashboard(), *alerts()]
    queries += [Query("the table", text, frozenset()) for text in metrics_explained()]
    assert [problem for query in queries for problem in _problems(query, exported)] == []
    explained = {SELECTOR.fullmatch(text)[1] for text in metrics_explained()}
    histograms = ("hyperlane_message_delivery", "hyperlane_kathy_seconds")
    names = {name for name, _ in exported if not name.startswith(histograms)}
    assert names <= explained, "each metric is explained"


def _problems(query: Query, exported: list[Sample]) -> Iterator[str]:
    """What a query names that no agent exports."""
    labels_of: dict[str, set[str]] = {}
    for name, matchers in SELECTOR.findall(query.expression):
        found = [labels for each, labels in exported if each == name and _fits(labels, matchers)]
        if not found:
            yield f"{query.title}: nobody exports {name}{matchers}"
        labels_of[name] = set().union(*found) | OF_PROMETHEUS
    known = set().union(*labels_of.values()) if labels_of else OF_PROMETHEUS
    if not query.shown <= known:
        yield f"{query.title}: shows {query.shown - known}"
    for wanted, inner in _groups(query.expression):
        for name, _ in SELECTOR.findall(inner):
            if not wanted <= labels_of[name]:
                yield f"{query.title}: {name} has no {wanted - labels_of[name]}"


def _fits(labels: dict[str, str], matchers: str) -> bool:
    """Whether a sample is one of a selector. A bare name, as tables have it, asks for the label."""
    for matcher in filter(None, (item.strip() for item in matchers.strip("{}").split(","))):
        name, how, value = re.fullmatch(r'(\w+)(?:(=~|=)"([^"]*)")?', matcher).groups()
        pattern = {"=": re.escape(value or ""), "=~": (value or "").replace("$chain", ".*")}
        if name not in labels or (how and not re.fullmatch(pattern[how], labels[name])):
            return False
    return True


def _groups(expression: str) -> Iterator[tuple[set[str], str]]:
    """Labels that an operator groups or matches by, and what it is applied to."""
    for group in re.finditer(r"\b(by|on|ignoring) \(([^)]*)\)", expression):
        wanted = {name.strip() for name in group[2].split(",")}
        if group[1] != "by":
            yield wanted, expression
            continue
        start = end = expression.index("(", group.end())
        depth = 0
        while depth or end == start:
            depth += {"(": 1, ")": -1}.get(expression[end], 0)
            end += 1
        yield wanted, expression[start:end]


def test_each_alert_is_explained():
    named = {name for row in rows(MONITORING / "README.md", "metric (prefix `hyperlane_`)")
             for name in re.findall(r"`([A-Z]\w+)`", row[2])}  # fmt: skip
    assert named == {query.title for query in alerts()}


PAGES = "\n".join(path.read_text() for path in sorted(OPERATE.rglob("*.md")))


@pytest.mark.parametrize("model", AGENTS)
def test_each_setting_is_explained(model):
    keys = {
        word
        for page in OPERATE.glob("*.md")
        for heading in ("key", "setting")
        for row in rows(page, heading)
        for word in re.findall(r"\w+", " ".join(row))
    }
    assert {name for path in _settings(model) for name in path} <= keys


def test_no_setting_is_explained_that_is_not_there():
    there = {name for model in AGENTS for path in _settings(model) for name in path} | {
        "chains",
        "name",
    }
    for page in OPERATE.glob("*.md"):
        for row in rows(page, "key"):
            for path in re.findall(r"`([^`]+)`", row[0]):
                names = path.replace("<name>", "name").replace(".*", "").split(".")
                assert set(names) <= there, f"{page.name}: {path}"


def _settings(model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        alias = field.alias or name
        inner = [item for item in _within(field.annotation) if issubclass(item, BaseModel)]
        if not inner:
            yield (alias,)
        for each in inner:
            yield from ((alias, *rest) for rest in _settings(each))


def _within(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for argument in get_args(annotation):
        yield from _within(argument)


def _said(tree: ast.AST) -> Iterator[str]:
    """Events that are logged as trouble."""
    for call in ast.walk(tree):
        match call:
            case ast.Call(
                ast.Attribute(ast.Name("log"), "warning" | "error" | "exception"),
                [ast.Constant(str(event)), *_],
            ):
                yield event


def test_each_trouble_that_is_logged_and_each_reason_is_explained():
    sources = (ROOT / "src" / "hyperlane").rglob("*.py")
    events = {event for path in sources for event in _said(ast.parse(path.read_text()))}
    assert len(events) > 20
    inner = {Reason.MANUAL, Reason.SUBMITTED_BY_SELF, Reason.ALREADY_SUBMITTED}
    words = events | {reason.value for reason in set(Reason) - inner}
    assert {word for word in words if f"`{word}`" not in PAGES} == set()
