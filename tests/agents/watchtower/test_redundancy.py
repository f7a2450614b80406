"""Spare signers of modules on a real chain; the origin's clock and its validators are driven."""

import asyncio
import re
from contextlib import suppress
from dataclasses import replace
from math import inf
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from aiohttp import ClientError, ClientSession
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs
from tests.support.agents import eventually, validating, watching
from tests.support.building import chain_of
from tests.support.devnet import free_port, key
from tests.support.dishonest import DishonestValidator

from hyperlane.agents.relayer.origin.signatures import Signatures
from hyperlane.agents.runtime.due_leaves import SIGNED_WITHIN
from hyperlane.agents.watchtower.redundancy.report import Report, Subject
from hyperlane.agents.watchtower.redundancy.shared_rpcs import SharedRpcs, is_same
from hyperlane.agents.watchtower.redundancy.signers import LiveSigners
from hyperlane.agents.watchtower.redundancy.watching import ModuleWatch
from hyperlane.agents.watchtower.true_tree import TrueTree
from hyperlane.chain.client import Unreachable
from hyperlane.checkpoints.documents import RpcHashes, render_metadata
from hyperlane.metrics import Metrics
from hyperlane.protocol.typecasts import address_from_hex
from hyperlane.settings.independence import host_of
from hyperlane.store.database import Database
from hyperlane.store.sequences import InsertionStore

ALPHA, BETA = 1337, 7331
NAMES = {ALPHA: "alpha", BETA: "beta"}
KEYS = [key(number).address for number in range(1, 6)]
ALERTS = Path(__file__).parents[3] / "docs" / "operate" / "monitoring" / "alerts.yml"
OLD = 3600
LABELS = {
    "spare_signers": ("origin", "remote", "recipient"),
    "redundancy_unknown": ("origin", "remote", "recipient"),
    "signature_age_seconds": ("chain", "validator"),
    "shared_rpcs": ("chain",),
}


class World:
    """Modules on beta, and validators of alpha."""

    def __init__(self, origin, target, database, folder):
        self.origin, self.target, self.now, self.messages = origin, target, 10.0**6, []
        self.on_origin, self.on_target = chain_of(origin), chain_of(target)
        self.metrics = Metrics()
        self.tree = TrueTree(
            self.on_origin,
            self.on_origin.insertions(database),
            InsertionStore(database, ALPHA),
            self.metrics,
        )
        self.validators = [
            DishonestValidator(origin, number, folder / f"v{number}") for number in range(1, 6)
        ]
        for validator in self.validators:
            validator.announce()
        self.findings = {}
        self.start()
        self.recipients = []

    def start(self):
        """Begin anew, as after a restart."""
        self.signers = LiveSigners(
            self.tree, Signatures(self.on_origin, allow_local=True), self.metrics, lambda: self.now
        )

    @property
    def last(self):
        return len(self.messages) - 1

    def dispatch(self, pass_time=0):
        """Send a message, so that there is one more leaf; some seconds after the one before."""
        if pass_time:
            self.origin.rpc("evm_increaseTime", pass_time)
        self.messages.append(self.origin.dispatch(BETA, key(3).address))

    async def sign(self, *validators, leaf=None):
        leaf = self.last if leaf is None else leaf
        for number in validators:
            validator = self.validators[number]
            await validator.publish(validator.true(self.messages, leaf))
            await validator.storage.raise_latest_index(leaf)

    async def pass_bound(self):
        """Let the leaves of now become due."""
        await self.look()
        self.now += SIGNED_WITHIN
        await self.look()

    async def look(self):
        await self.tree.sync()
        await self.signers.step()

    async def found(self, module, signers=None):
        """What a look at a recipient of a module finds."""
        recipient = self.target.recipient(module)
        address = address_from_hex(recipient.address)
        watch = ModuleWatch(
            chain=self.on_target,
            recipients=[address],
            origins={ALPHA: "alpha", BETA: "beta"},
            signers=signers or (lambda _: self.signers),
            report=Report(self.findings, NAMES.get, self.metrics),
            clock=lambda: self.now,
        )
        await watch.step()
        with suppress(Unreachable):
            await self.signers.step()
        self.recipient = recipient.address
        return self.findings[Subject(ALPHA, BETA, address)]

    def exported(self, name):
        """Samples of a metric: values by their labels' values."""
        families = text_string_to_metric_families(generate_latest(self.metrics.registry).decode())
        return {
            tuple(map(sample.labels.get, LABELS[name])): sample.value
            for family in families
            for sample in family.samples
            if sample.name == f"hyperlane_watchtower_{name}"
        }

    def of_recipient(self, name):
        return self.exported(name).get(("alpha", "beta", self.recipient))


@pytest.fixture
async def world(origin, target, tmp_path):
    database = await Database.open(str(tmp_path / "db"))
    made = World(origin, target, database, tmp_path)
    made.dispatch()
    yield made
    for chain in (made.on_origin, made.on_target):
        await chain.client.close()
    await database.close()


def multisig(world, validators, threshold):
    return world.target.message_id_multisig(sorted(KEYS[each] for each in validators), threshold)


def live_ones(finding):
    """Who is live, by the module as JSON."""
    (way,) = finding.ways
    return {KEYS.index(each["address"]) for each in way["module"]["validators"] if each["live"]}


async def test_live_signers_above_the_threshold_are_counted(world):
    module = multisig(world, range(3), 2)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    finding = await world.found(module)
    assert (finding.spare, finding.problem, live_ones(finding)) == (1, None, {0, 1, 2})
    assert world.of_recipient("spare_signers") == 1
    assert world.of_recipient("redundancy_unknown") == 0
    world.dispatch()
    await world.sign(0, 1)
    await world.pass_bound()
    finding = await world.found(module)
    assert (finding.spare, live_ones(finding)) == (0, {0, 1})
    assert finding.ways[0]["module"]["critical"] == sorted(KEYS[:2])
    world.dispatch()
    await world.sign(0)
    await world.pass_bound()
    finding = await world.found(module)
    assert (finding.spare, live_ones(finding)) == (-1, {0})
    assert world.of_recipient("spare_signers") == -1


async def test_rpcs_that_validators_use_too_are_told_of(world):
    module = multisig(world, range(3), 2)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    await world.found(module)
    ours = world.on_origin.settings.urls[0]
    elsewhere = ours.replace("127.0.0.1", "localhost"), "https://rpc.example/key"
    for validator, url in zip(world.validators, (*elsewhere, ours), strict=False):
        await validator.storage.write_metadata(render_metadata("1", [url], [], False))
    shared = SharedRpcs(world.metrics)
    with capture_logs() as logs:
        for _ in range(2):
            await shared.step(world.signers)
            shared.clock = lambda: inf
    (told,) = [line for line in logs if line["event"] == "rpc.shared_with_validator"]
    assert (told["validator"], told["chain"]) == (KEYS[2], "alpha")
    assert told["host"] == host_of(ours)
    assert world.exported("shared_rpcs") == {("alpha",): 1}
    for validator in world.validators[:3]:
        (Path(validator.storage.folder) / "metadata_latest.json").unlink()
    await shared.step(world.signers)
    assert world.exported("shared_rpcs") == {("alpha",): 1}, "what it cannot read is not over"


@pytest.mark.parametrize(
    "document",
    [
        b"[]",
        b'{"rpcs": {}}',
        b'{"rpcs": [1]}',
        b'{"rpcs": [{"host_hash": []}]}',
        b"\xff",
        b"{" * 60_000,
    ],
)
async def test_odd_descriptions_of_rpcs_are_those_of_one_validator(world, document):
    module = multisig(world, range(3), 2)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    await world.found(module)
    ours = world.on_origin.settings.urls[0]
    (Path(world.validators[0].storage.folder) / "metadata_latest.json").write_bytes(document)
    await world.validators[1].storage.write_metadata(render_metadata("1", [], [ours], False))
    await SharedRpcs(world.metrics).step(world.signers)
    assert world.exported("shared_rpcs") == {("alpha",): 1}


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("https://rpc.example/one", "https://rpc.example:8545/two", True),
        ("https://rpc.example/one", "https://other.example/one", False),
        ("http://127.0.0.1:8545", "http://127.0.0.1:8546", False),
        ("http://127.0.0.1:8545", "http://127.0.0.1:8545", True),
    ],
)
def test_an_rpc_is_shared_by_host_and_on_this_machine_by_url(ours, theirs, same):
    assert is_same(ours, RpcHashes.of(theirs)) is same


async def test_a_leaf_that_is_new_kills_nobody(world):
    module = multisig(world, range(3), 2)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    world.dispatch()
    await world.look()
    assert (await world.found(module)).spare == 1, "they have time to sign"
    world.now += SIGNED_WITHIN - 1
    await world.look()
    assert (await world.found(module)).spare == 1
    world.now += 2
    await world.look()
    assert (await world.found(module)).spare == -2


async def test_a_stale_count_calls_nobody_live_and_nobody_dead(world):
    """The origin does not answer any more: dead validators would look alive for ever."""
    module = multisig(world, range(3), 2)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    assert (await world.found(module)).spare == 1
    assert world.exported("signature_age_seconds") == dict.fromkeys(
        (("alpha", address) for address in KEYS[:3]), 0.0
    )
    cut_off(world.on_origin)
    world.now += SIGNED_WITHIN + 1
    finding = await world.found(module)
    assert (finding.spare, finding.certain) == (None, False)
    assert finding.problem == "alpha does not answer: how many leaves it has is unknown"
    (way,) = finding.ways
    assert (way["module"]["delivers"], way["module"]["critical"], way["spare"]) == (None,) * 3
    assert world.of_recipient("spare_signers") is None
    assert world.of_recipient("redundancy_unknown") == 1
    assert world.exported("signature_age_seconds") == {}


def cut_off(chain):
    """Have a chain's only node answer no more."""
    chain.client.rpc.endpoints[0].url = "http://127.0.0.1:1"
    chain.client.rpc.sleep = no_sleep


async def no_sleep(_seconds):
    pass


async def test_a_destination_that_does_not_answer_leaves_nothing_as_it_was(world):
    module = multisig(world, range(3), 2)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    assert (await world.found(module)).spare == 1
    cut_off(world.on_target)
    subject = next(each for each in world.findings if each.recipient is not None)
    watch = ModuleWatch(
        chain=world.on_target,
        recipients=[subject.recipient],
        origins={ALPHA: "alpha"},
        signers=lambda _: world.signers,
        report=Report(world.findings, NAMES.get, world.metrics),
    )
    await watch.step()
    assert world.findings[subject].spare is None
    assert "cannot connect" in world.findings[subject].problem
    assert world.of_recipient("spare_signers") is None
    assert world.of_recipient("redundancy_unknown") == 1


async def test_an_origin_that_answers_no_more_makes_nobody_dead_while_its_count_is_fresh(world):
    """Where validators publish cannot be read then: that says nothing of them."""
    module = multisig(world, range(3), 2)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    assert (await world.found(module)).spare == 1
    cut_off(world.on_origin)
    world.now += SIGNED_WITHIN / 2
    world.signers.signatures = Signatures(world.on_origin, allow_local=True)  # what it kept is old
    finding = await world.found(module)
    assert (finding.spare, finding.certain) == (None, False)
    assert "alpha: no RPC answers" in finding.problem
    assert world.of_recipient("redundancy_unknown") == 1


async def test_validators_that_no_module_has_any_more_are_forgotten(world):
    """Whoever owns a module can name others in every block."""
    await world.sign(0, 1, 2)
    await world.pass_bound()
    for number in range(1, 4):
        passing = [number.to_bytes(20) for number in range(100 * number, 100 * number + 50)]
        await world.signers.of(passing)
        assert len(world.signers._known) == 50
        world.now += 3600
        await world.look()
    assert not world.signers._known


async def test_a_module_that_keeps_a_look_waiting_leaves_no_other_as_it_was(world, monkeypatch):
    module = "hyperlane.agents.watchtower.redundancy.watching"
    monkeypatch.setattr(f"{module}._LONGEST_LOOK", 2.0)
    module = multisig(world, range(3), 2)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    slow, good = (address_from_hex(world.target.recipient(module).address) for _ in range(2))
    watch = ModuleWatch(
        chain=world.on_target,
        recipients=[slow, good],
        origins={ALPHA: "alpha"},
        signers=lambda _: world.signers,
        report=Report(world.findings, NAMES.get, world.metrics),
        clock=lambda: world.now,
    )
    await watch.step()
    subjects = [Subject(ALPHA, BETA, each) for each in (slow, good)]
    assert [world.findings[each].spare for each in subjects] == [1, 1]
    asked = watch._examiner.examine

    async def examine(root, message):
        if message.recipient[12:] == slow:
            await asyncio.Event().wait()
        return await asked(root, message)

    watch._examiner = SimpleNamespace(examine=examine)
    world.dispatch()
    await world.sign(0, 1)
    await world.pass_bound()
    async with asyncio.timeout(30):
        await watch.step()
    assert world.findings[subjects[1]].spare == 0
    finding = world.findings[subjects[0]]
    assert (finding.spare, finding.certain) == (None, False)
    assert finding.problem == "its modules were not read within 2 s"


async def test_before_leaves_are_due_nobody_is_judged(world):
    await world.sign(0, 1, 2)
    await world.signers.step()
    finding = await world.found(multisig(world, range(3), 2))
    assert finding.problem == "the leaves of alpha are not all read yet"
    await world.look()
    finding = await world.found(multisig(world, range(3), 2))
    assert finding.problem == (
        "no message from alpha is old enough to tell who signs: wait two minutes"
    )
    assert (finding.spare, finding.certain) == (None, False)


async def test_after_a_restart_old_leaves_are_due_at_once(world):
    module = multisig(world, range(3), 2)
    world.dispatch()
    world.origin.rpc("evm_increaseTime", OLD)
    await world.sign(0, 1, leaf=1)
    await world.sign(2, leaf=0)
    world.dispatch()
    await world.look()
    finding = await world.found(module)
    assert (finding.spare, live_ones(finding)) == (0, {0, 1})
    assert finding.ways[0]["module"]["due"] == 1, "the newest leaf is too young"


async def test_false_missing_and_made_up_signatures_are_no_life(world):
    module = multisig(world, range(5), 1)
    world.dispatch()
    await world.sign(0)
    liar = world.validators[1]
    await liar.publish(replace(liar.true(world.messages, 1), root=b"\x66" * 32))
    await liar.storage.raise_latest_index(1)
    dreamer = world.validators[2]
    await dreamer.publish(replace(dreamer.true(world.messages, 1), index=7))
    await dreamer.storage.raise_latest_index(7)
    await world.validators[3].storage.raise_latest_index(1)  # without a checkpoint
    await world.pass_bound()
    finding = await world.found(module)
    assert (finding.spare, live_ones(finding)) == (0, {0})
    seen = {each["address"]: each["problem"] for each in finding.ways[0]["module"]["validators"]}
    assert seen[KEYS[0]] is None
    assert seen[KEYS[1]] == "its signature of leaf 1 is false: root"
    assert seen[KEYS[2]] == "it claims to have signed leaf 7, but alpha has 2 leaves"
    assert "claims to have signed leaf 1, but has no checkpoint" in seen[KEYS[3]]
    assert seen[KEYS[4]] == "it has signed nothing yet"


async def test_a_storage_that_breaks_is_noticed_before_the_next_leaf(world, tmp_path):
    module = multisig(world, range(3), 2)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    assert (await world.found(module)).spare == 1
    (tmp_path / "v1").rename(tmp_path / "gone")
    world.now += 30
    await world.look()
    assert (await world.found(module)).spare == 0


async def test_signatures_are_as_old_as_the_leaves_between(world):
    """By the chain's time, whatever the clock here says: a chain that stands still ages nobody."""
    module = multisig(world, range(3), 1)
    await world.sign(1)
    world.dispatch(pass_time=500)
    world.dispatch(pass_time=700)
    await world.sign(0)
    await world.pass_bound()
    blocks = [world.origin.w3.eth.get_block(n) for n in range(world.origin.w3.eth.block_number + 1)]
    finding = await world.found(module)
    ages = {KEYS.index(k[1]): v for k, v in world.exported("signature_age_seconds").items()}
    assert ages[0] == 0
    assert 1200 <= ages[1] <= blocks[-1].timestamp - blocks[0].timestamp
    assert ages[2] == float("inf"), "it has signed nothing"
    assert finding.ages[address_from_hex(KEYS[1])] == ages[1]
    world.now += 10**5
    await world.look()
    await world.found(module)
    assert world.exported("signature_age_seconds")["alpha", KEYS[0]] == 0
    assert world.exported("signature_age_seconds")["alpha", KEYS[1]] == ages[1]


async def test_nested_modules_have_what_their_scarcest_part_has(world):
    target = world.target
    two_of_three, one_of_two = multisig(world, range(3), 2), multisig(world, [3, 4], 1)
    both = target.aggregation(sorted([two_of_three.address, one_of_two.address], key=str.lower), 2)
    either = target.aggregation(
        sorted([two_of_three.address, one_of_two.address], key=str.lower), 1
    )
    routing = target.deploy("DomainRoutingIsm")
    target.send(
        routing.functions.initialize(target.w3.eth.default_account, [ALPHA], [both.address])
    )
    await world.sign(0, 1, 3)
    await world.pass_bound()
    assert (await world.found(both)).spare == 0
    assert (await world.found(routing)).spare == 0
    assert (await world.found(either)).spare == 1, "one of each part may fail"
    world.dispatch()
    await world.sign(0, 3)
    await world.pass_bound()
    assert (await world.found(routing)).spare == -1
    assert (await world.found(either)).spare == 0


async def test_each_band_of_amounts_is_examined_and_the_scarcest_counts(world):
    """Small transfers want one of two, larger ones two of three, the largest three of three."""
    target = world.target
    small, large = multisig(world, [0, 1], 1), multisig(world, range(3), 2)
    largest = multisig(world, range(3), 3)
    above = target.deploy("AmountRoutingIsm", large.address, largest.address, 10**21)
    module = target.deploy("AmountRoutingIsm", small.address, above.address, 1000)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    finding = await world.found(module)
    shown = [(each["fromAmount"], each["spare"]) for each in finding.ways]
    assert shown == [("0", 1), ("1000", 1), (str(10**21), 0)]
    assert finding.spare == world.of_recipient("spare_signers") == 0


async def test_weights_count_where_a_module_has_them(world):
    weights = {KEYS[0]: 60, KEYS[1]: 30, KEYS[2]: 20}
    members = [(each, weights[each]) for each in sorted(weights, key=str.lower)]
    name = "StaticMessageIdWeightedMultisigIsm"
    factory = world.target.deploy(f"{name}Factory")
    world.target.send(factory.functions.deploy(members, 80))
    weighted = world.target.at(name, factory.functions.getAddress(members, 80).call())
    await world.sign(0, 1, 2)
    await world.pass_bound()
    assert (await world.found(weighted)).spare == 0, "without the one of weight 60 all stops"


async def test_a_paused_module_delivers_nothing_whoever_signs(world):
    target = world.target
    pause = target.deploy("PausableIsm", target.w3.eth.default_account)
    parts = sorted([pause.address, multisig(world, range(3), 1).address], key=str.lower)
    module = target.aggregation(parts, 2)
    await world.sign(0, 1, 2)
    await world.pass_bound()
    assert (await world.found(module)).spare == 2
    target.send(pause.functions.pause())
    world.now += 30
    await world.look()
    finding = await world.found(module)
    assert finding.spare == -1
    assert finding.problem == f"module {pause.address} is paused"


async def test_a_module_without_validators_has_no_number(world):
    finding = await world.found(world.target.deploy("NoopIsm"))
    assert (finding.spare, finding.problem, finding.certain) == (None, None, True)
    assert world.of_recipient("spare_signers") is None
    assert world.of_recipient("redundancy_unknown") == 0


def fired(samples):
    """Alerts of which the expression, a comparison of one metric, is true of some sample."""
    compare = {"==": float.__eq__, "<": float.__lt__, ">": float.__gt__}
    (group,) = yaml.safe_load(ALERTS.read_text())["groups"]
    names = set()
    for rule in group["rules"]:
        parts = re.fullmatch(r"hyperlane_(watchtower_\w+) (==|<|>) ([\d.]+)", rule["expr"])
        if parts is None or parts[1] not in samples:
            continue
        if any(compare[parts[2]](value, float(parts[3])) for value in samples[parts[1]]):
            names.add(rule["alert"])
    return names


@pytest.mark.parametrize(
    ("spare", "alerts"),
    [
        (2, set()),
        (1, {"OneSpareSigner"}),
        (0, {"NoSpareSigner"}),
        (-1, {"TooFewSigners"}),
        (-3, {"TooFewSigners"}),
        (None, {"RedundancyUnknown"}),
    ],
)
def test_who_has_to_know_is_alerted(spare, alerts):
    samples = {
        "watchtower_spare_signers": [] if spare is None else [float(spare)],
        "watchtower_redundancy_unknown": [float(spare is None)],
        "watchtower_signature_age_seconds": [0.0],
    }
    assert fired(samples) == alerts
    assert fired({"watchtower_signature_age_seconds": [float("inf")]}) == {"SignatureOld"}


async def test_the_agent_serves_what_it_found(
    origin, target, watchtower_config, validator_config, tmp_path
):
    """Named recipients, and the Mailbox's own module of each chain for messages of the other."""
    port, leaf = free_port(), tmp_path / "v1" / "0_with_id.json"
    module = target.message_id_multisig([KEYS[0]], 1)
    recipient = target.recipient(module)
    watched = target.settings(watchedRecipients=[recipient.address])
    config = watchtower_config(
        origin,
        chains={"alpha": origin.settings(), "beta": watched},
        watchChains="alpha,beta",
        metricsPort=port,
    )
    origin.dispatch(BETA, recipient.address)
    announced = origin.contracts["validatorAnnounce"].functions.getAnnouncedValidators()
    async with validating(validator_config(origin)) as task:
        await eventually(lambda: leaf.exists() and announced.call(), task)
    origin.rpc("evm_increaseTime", OLD)
    origin.mine()

    async def modules():
        async with (
            ClientSession() as session,
            session.get(f"http://127.0.0.1:{port}/redundancy") as page,
        ):
            return {
                (each["origin"], each["destination"], each["recipient"]): each
                for each in (await page.json())["modules"]
            }

    async with watching(config) as task:
        while True:
            assert not task.done()
            with suppress(ClientError):
                found = await modules()
                if found and all(each["problem"] is None for each in found.values()):
                    break
            await asyncio.sleep(0.1)
    assert set(found) == {
        ("alpha", "beta", None),
        ("alpha", "beta", recipient.address),
        ("beta", "alpha", None),
    }
    named = found["alpha", "beta", recipient.address]
    assert (named["spare"], named["signatureAges"]) == (0, {KEYS[0]: 0})
    (way,) = named["ways"]
    assert way["fromAmount"] is None
    assert way["module"]["address"] == module.address
    (signer,) = way["module"]["validators"]
    assert (signer["live"], signer["latestLeaf"]) == (True, 0)
    assert found["alpha", "beta", None]["ways"][0]["module"]["open"] is True
