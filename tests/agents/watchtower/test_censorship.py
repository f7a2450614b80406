"""Operators that leave leaves out, watchtowers that ask for them, validators that answer."""

import asyncio
import json
from dataclasses import replace
from functools import partial

import pytest
from tests.support.agents import eventually, validating, watching
from tests.support.devnet import key
from tests.support.processes import wait_until
from tests.support.staking import ANSWER, GRACE, STAKE, deploy_staking

from hyperlane.protocol.typecasts import address_from_hex, to_hex
from hyperlane.store.database import Database
from hyperlane.store.sightings import SightingStore

BOND, MARGIN, BUDGET = 100, 60, 250
LOST = STAKE // 100
"""What an unanswered challenge costs."""
TOWER = key(9)
WRONG = b"\x66" * 32
PATIENCE = 150
"""Seconds, for what takes a few unless the machine is busy."""
soon = partial(eventually, seconds=PATIENCE)


@pytest.fixture
def stake(origin):
    return deploy_staking(origin)


@pytest.fixture
def tower_config(watchtower_config, stake, origin):
    """A watchtower with a key, and with this budget for challenges."""

    def make(budget: int | None = BUDGET) -> dict:
        stake.fund(TOWER)
        own = {} if budget is None else {"challengeBudget": budget}
        chain = origin.settings(
            stakingManager=stake.manager.address, signer={"key": TOWER.key.hex()}, **own
        )
        return watchtower_config(
            origin, chains={origin.name: chain}, censorshipMargin=MARGIN, interval=0.2
        )

    return make


@pytest.fixture
def honest_config(validator_config, stake, origin):
    """The validator with development account 1, which answers challenges."""

    def make(**chain: object) -> dict:
        settings = origin.settings(stakingManager=stake.manager.address, **chain)
        return validator_config(origin, chains={origin.name: settings})

    return make


@pytest.fixture
def honest(stake):
    return stake.register(1, key(1))


@pytest.fixture
def censor(stake, liar):
    return stake.register(2, liar.account)


def events(stake, name: str) -> list[dict]:
    return [
        item["args"] for item in getattr(stake.challenges.events, name)().get_logs(from_block=0)
    ]


def kinds(webhook) -> list[str]:
    return [alert["event"] for alert in webhook.alerts]


async def pass_grace(stake, task):
    """Until a snapshot is there, then as long as the contracts and the watchtower are patient."""
    stake.pass_time(MARGIN)
    await soon(lambda: stake.challenges.functions.snapshotCount().call(), task)
    stake.pass_time(GRACE)


async def signed(folder, task):
    """Until the honest validator has published all three: before, it is late itself."""
    await soon(lambda: all((folder / f"v1/{n}_with_id.json").exists() for n in range(3)), task)


async def jailed(stake, operator, task):
    await soon(lambda: events(stake, "Challenged"), task)
    stake.pass_time(ANSWER + 1)
    await soon(lambda: stake.status(operator) == "Jailed", task)


def late(stake, operator) -> bool:
    """Whether it is in jail; if not, it gets later."""
    stake.pass_time(GRACE)
    return stake.status(operator) == "Jailed"


async def seen(folder, origin, leaf: int):
    """Until the watchtower knows that the honest validator signed a leaf."""
    hook = address_from_hex(origin.contracts["merkleTreeHook"].address)
    validator = address_from_hex(key(1).address)
    database = await Database.open(str(folder / "db-watchtower"))
    sightings = SightingStore(database, origin.chain_id, hook)
    async with asyncio.timeout(PATIENCE):
        while not await sightings.of_index(validator, leaf):  # noqa: ASYNC110 - others write it
            await asyncio.sleep(0.1)
    await database.close()


class TestWatchtower:
    @pytest.mark.parametrize("signs", [[], [0, 2]], ids=["nothing at all", "only some"])
    async def test_a_censor_is_challenged_and_jailed_and_nobody_else(
        self,
        tower_config,
        honest_config,
        stake,
        honest,
        censor,
        liar,
        messages,
        webhook,
        signs,
        tmp_path,
    ):
        for index in signs:
            await liar.publish(liar.true(messages, index))
        async with validating(honest_config()) as other, watching(tower_config()) as task:
            await signed(tmp_path, other)
            await pass_grace(stake, task)
            await jailed(stake, censor, task)
            await soon(lambda: stake.balance(TOWER.address) == STAKE + LOST // 10, task)
            await soon(lambda: "censorship.punished" in kinds(webhook), task)
            assert not other.done()
        (challenge,) = events(stake, "Challenged")
        assert (challenge["operator"], challenge["index"]) == (censor, 1 if signs else 0)
        assert stake.stake_of(censor) == STAKE - LOST
        assert (stake.stake_of(honest), stake.status(honest)) == (STAKE, "Active")
        told, punished = webhook.alerts
        assert (told["event"], told["operator"]) == ("operator.censoring", censor)
        assert told["validator"] == liar.account.address
        assert (punished["stake_before"], punished["stake_after"]) == (
            str(STAKE),
            str(STAKE - LOST),
        )

    async def test_goes_on_after_a_restart_at_any_step(
        self, tower_config, honest_config, stake, honest, censor, messages, webhook, tmp_path
    ):
        config = tower_config()
        async with validating(honest_config()) as other:
            await signed(tmp_path, other)
            for seconds in (MARGIN, GRACE, 1, ANSWER, 1, 1):
                stake.pass_time(seconds)
                async with watching(config):
                    await asyncio.sleep(1.2)
            async with watching(config) as task:
                await soon(lambda: late(stake, censor), task)
                await soon(lambda: stake.balance(TOWER.address) == STAKE + LOST // 10, task)
        assert len(events(stake, "Challenged")) == len(events(stake, "Unanswered")) == 1
        assert kinds(webhook).count("operator.censoring") == 1

    async def test_an_answer_ends_it_and_costs_the_bond(
        self,
        tower_config,
        honest_config,
        stake,
        honest,
        censor,
        liar,
        messages,
        webhook,
        tmp_path,
        origin,
    ):
        """The honest validator was down, and answers when it is back."""
        for index in range(3):
            await liar.publish(liar.true(messages, index))
        async with watching(tower_config()) as task:
            await pass_grace(stake, task)
            await soon(lambda: events(stake, "Challenged"), task)
            async with validating(honest_config()):
                await soon(lambda: events(stake, "Answered"), task)
                for leaf in range(3):
                    await seen(tmp_path, origin, leaf)
            stake.pass_time(ANSWER + 1)
            await asyncio.sleep(1)
        assert stake.balance(TOWER.address) == STAKE - BOND
        assert (stake.stake_of(honest), stake.status(honest)) == (STAKE, "Active")
        assert len(events(stake, "Challenged")) == 1
        assert kinds(webhook) == ["operator.censoring"]

    async def test_a_false_answer_is_fraud(
        self, tower_config, honest_config, stake, honest, censor, liar, messages
    ):
        async with validating(honest_config()), watching(tower_config()) as task:
            await pass_grace(stake, task)
            await soon(lambda: events(stake, "Challenged"), task)
            false = replace(liar.true(messages, 0), root=WRONG)
            answer = stake.challenges.functions.answer(
                0,
                (false.origin, false.merkle_tree_hook, false.root, false.index, false.message_id),
                false.sign(liar.account),
            )
            stake.send(key(5), answer)
            await soon(lambda: stake.status(censor) == "Tombstoned", task)
        assert stake.stake_of(censor) == STAKE // 2

    async def test_a_censor_that_leaves_the_set_is_asked_all_the_same(
        self, tower_config, honest_config, stake, honest, censor, messages
    ):
        async with validating(honest_config()), watching(tower_config()) as task:
            stake.send(key(2), stake.manager.functions.leave())
            await pass_grace(stake, task)
            await soon(lambda: events(stake, "Challenged"), task)
            stake.pass_time(ANSWER + 1)
            await soon(lambda: events(stake, "Unanswered"), task)
        assert stake.stake_of(censor) == STAKE - LOST
        assert (stake.stake_of(honest), stake.status(honest)) == (STAKE, "Active")

    async def test_challenges_of_others_that_nobody_answered_are_resolved_for_half_of_the_reward(
        self, tower_config, honest_config, stake, honest, censor, messages
    ):
        """A friend of the censor's has it asked, and never comes back."""
        stake.send(key(4), stake.challenges.functions.takeSnapshot())
        stake.pass_time(GRACE)
        stake.fund(key(4))
        stake.send(key(4), stake.token.functions.approve(stake.challenges.address, STAKE))
        stake.send(key(4), stake.challenges.functions.open(censor, 0, 0, STAKE))
        stake.pass_time(ANSWER + 1)
        async with validating(honest_config()), watching(tower_config()) as task:
            await soon(lambda: stake.status(censor) == "Jailed", task)
            await soon(lambda: stake.balance(TOWER.address) == STAKE + LOST // 20, task)
        (unanswered,) = events(stake, "Unanswered")
        assert unanswered["operator"] == censor
        assert stake.challenges.functions.owed(key(4).address).call() == BOND + LOST // 20

    @pytest.mark.parametrize("budget", [None, BOND - 1])
    async def test_without_a_budget_it_only_tells(
        self,
        tower_config,
        honest_config,
        stake,
        honest,
        censor,
        messages,
        webhook,
        budget,
        tmp_path,
    ):
        async with validating(honest_config()) as other, watching(tower_config(budget)) as task:
            await signed(tmp_path, other)
            stake.pass_time(GRACE + MARGIN)
            await soon(lambda: kinds(webhook) == ["operator.censoring"], task)
            stake.pass_time(GRACE)
            await asyncio.sleep(1)
        assert not events(stake, "Challenged")
        assert stake.balance(TOWER.address) == STAKE
        assert kinds(webhook) == ["operator.censoring"]


class TestValidator:
    @pytest.fixture
    def ask(self, stake, origin):
        """Challenge an operator to sign a leaf."""

        def make(operator: str, index: int) -> None:
            stake.send(key(4), stake.challenges.functions.takeSnapshot())
            stake.pass_time(GRACE)
            stake.fund(key(4))
            token = stake.token.functions.approve(stake.challenges.address, STAKE)
            stake.send(key(4), token)
            snapshot = stake.challenges.functions.snapshotCount().call() - 1
            opening = stake.challenges.functions.open(operator, index, snapshot, STAKE)
            stake.send(key(4), opening)

        return make

    async def test_answers_each_challenge_once_with_what_it_signed(
        self, honest_config, stake, honest, liar, censor, messages, origin, ask, tmp_path
    ):
        for index in (1, 2):
            ask(honest, index)
        ask(censor, 0)
        for _ in range(3):  # killed while it does
            async with validating(honest_config()):
                await asyncio.sleep(0.7)
        async with validating(honest_config()) as task:
            await soon(lambda: len(events(stake, "Answered")) == 2, task)
        assert [stake.challenges.functions.openCount(who).call() for who in (honest, censor)] == [
            0,
            1,
        ]
        for answer in events(stake, "Answered"):
            index = answer["checkpoint"]["index"]
            true = liar.true(messages, index)
            assert answer["checkpoint"]["root"] == true.root
            stored = json.loads((tmp_path / f"v1/{index}_with_id.json").read_text())
            assert to_hex(answer["signature"]) == stored["serialized_signature"]
        failed = [
            item["hash"].hex()
            for number in range(origin.w3.eth.block_number + 1)
            for item in origin.w3.eth.get_block(number, True)["transactions"]
            if item["from"] == key(1).address
            and origin.w3.eth.get_transaction_receipt(item["hash"])["status"] == 0
        ]
        assert failed == [], "nothing was sent in vain"

    async def test_waits_until_the_leaf_is_final(self, honest_config, stake, honest, ask, messages):
        ask(honest, 2)
        period = {"blocks": {"reorgPeriod": 40, "estimateBlockTime": 1}}
        async with validating(honest_config(**period)) as task:
            await asyncio.sleep(1.5)
            assert not events(stake, "Answered")
            stake.chain.mine(40)
            await soon(lambda: events(stake, "Answered"), task)
        assert events(stake, "Answered")[0]["operator"] == honest


def test_processes_catch_a_censor_and_spare_the_honest(
    agents, tower_config, honest_config, stake, honest, censor, messages
):
    """The programs, killed now and then."""
    deaf = {**tower_config(), "alertWebhook": None}  # nobody serves it in this test
    agents.start("validator", "validator", honest_config())
    agents.start("watchtower", "watchtower", deaf)

    def restart():
        for name in list(agents.running):
            agents.kill(name)
            agents.again(name)

    stake.pass_time(MARGIN)
    wait_until(lambda: stake.challenges.functions.snapshotCount().call(), PATIENCE)
    restart()
    stake.pass_time(GRACE)
    wait_until(lambda: events(stake, "Challenged"), PATIENCE)
    restart()
    stake.pass_time(ANSWER + 1)
    wait_until(lambda: stake.status(censor) == "Jailed", PATIENCE)
    wait_until(lambda: stake.balance(TOWER.address) == STAKE + LOST // 10, PATIENCE)
    assert stake.stake_of(censor) == STAKE - LOST
    assert (stake.stake_of(honest), stake.status(honest)) == (STAKE, "Active")
