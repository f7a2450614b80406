"""A watchtower over real chains, beside validators that sign what they must not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from tests.support.agents import eventually, validating, watching
from tests.support.devnet import key
from tests.support.staking import STAKE, deploy_staking

from hyperlane.agents.watchtower.agent import run
from hyperlane.errors import ConfigError
from hyperlane.protocol.checkpoint import Checkpoint
from hyperlane.protocol.typecasts import address_from_hex, to_hex
from hyperlane.settings import WatchtowerSettings
from hyperlane.store.database import Database
from hyperlane.store.sightings import SightingStore

WRONG = b"\x66" * 32


@asynccontextmanager
async def sightings(config, origin) -> AsyncIterator[SightingStore]:
    """What a watchtower has written down."""
    database = await Database.open(config["db"])
    hook = address_from_hex(origin.contracts["merkleTreeHook"].address)
    yield SightingStore(database, origin.chain_id, hook)
    await database.close()


async def seen(config, origin, validator: bytes, index: int) -> None:
    async with sightings(config, origin) as store, asyncio.timeout(60):
        while not await store.of_index(validator, index):  # noqa: ASYNC110 - others write it
            await asyncio.sleep(0.1)


async def settled(config, origin) -> None:
    """Until nothing is left to do about any fault."""
    async with sightings(config, origin) as store, asyncio.timeout(60):
        while await store.open_faults():
            origin.mine()
            await asyncio.sleep(0.1)


async def test_each_fault_is_found_and_told_once(
    watchtower_config, liar, messages, origin, webhook
):
    root, other = liar.true(messages, 0), liar.true(messages, 1)
    await liar.publish(replace(root, root=WRONG))
    await liar.publish(replace(other, message_id=WRONG))
    await liar.publish(liar.true(messages, 2))
    await liar.publish(Checkpoint(1337, liar.hook, WRONG, 4, WRONG))
    async with watching(watchtower_config(origin)) as task:
        await eventually(lambda: len(webhook.alerts) == 3, task)
        await asyncio.sleep(1)  # told, it writes that down
    async with watching(watchtower_config(origin)) as task:
        await asyncio.sleep(0.5)
    assert sorted(webhook.faults()) == [("message id", 1), ("premature", 4), ("root", 0)]
    alert = next(item for item in webhook.alerts if item["index"] == 0)
    assert alert["validator"] == liar.account.address
    assert alert["root"] == to_hex(WRONG)
    assert alert["location"] == liar.storage.location


async def test_a_checkpoint_that_is_replaced_later_is_found(
    watchtower_config, liar, messages, origin, webhook
):
    honest = [liar.true(messages, index) for index in range(3)]
    for checkpoint in honest:
        await liar.publish(checkpoint)
    async with watching(watchtower_config(origin)) as task:
        await asyncio.sleep(0.5)
        assert not webhook.alerts
        await liar.publish(replace(honest[1], root=WRONG))
        await eventually(lambda: webhook.faults() == [("root", 1)], task)


async def test_an_honest_validator_raises_no_alarm_while_messages_flow(
    watchtower_config, validator_config, origin, webhook, tmp_path
):
    async with validating(validator_config(origin)), watching(watchtower_config(origin)) as task:
        for number in range(20):
            origin.dispatch(7331, key(3).address, bytes([number]))
            await asyncio.sleep(0.05)
        await eventually(lambda: (tmp_path / "v1/19_with_id.json").exists(), task)
        await asyncio.sleep(0.5)
        assert not task.done()
    assert not webhook.alerts


async def test_a_far_index_claimed_as_latest_is_read(
    watchtower_config, liar, messages, origin, webhook
):
    await liar.publish(Checkpoint(1337, liar.hook, WRONG, 4000, WRONG))
    await liar.storage.raise_latest_index(4000)
    async with watching(watchtower_config(origin)) as task:
        await eventually(lambda: webhook.faults() == [("premature", 4000)], task)


async def test_rubbish_in_a_storage_is_no_fault_and_hides_none(
    watchtower_config, liar, messages, origin, webhook
):
    await liar.publish(replace(liar.true(messages, 1), root=WRONG))
    (liar.storage.folder / "0_with_id.json").write_text("{")
    (liar.storage.folder / "index.json").write_text("many")
    foreign = replace(liar.true(messages, 2), origin=5)
    (await liar.publish(foreign))
    async with watching(watchtower_config(origin)) as task:
        await eventually(lambda: webhook.alerts, task)
        await asyncio.sleep(0.3)
    assert webhook.faults() == [("root", 1)]


async def test_the_webhook_is_tried_again(watchtower_config, liar, messages, origin, webhook):
    webhook.refusals = 1
    await liar.publish(replace(liar.true(messages, 0), root=WRONG))
    async with watching(watchtower_config(origin)) as task:
        await eventually(lambda: webhook.faults() == [("root", 0)], task)


class TestSlashing:
    @pytest.fixture
    def stake(self, origin):
        return deploy_staking(origin)

    @pytest.fixture
    def staked(self, watchtower_config, stake, origin):
        """A watchtower with development account 9, on a chain with stake."""

        def make(**changes: object) -> dict[str, Any]:
            chain = origin.settings(
                stakingManager=stake.manager.address, signer={"key": key(9).key.hex()}
            )
            return watchtower_config(origin, chains={origin.name: chain}, **changes)

        return make

    async def punished(self, stake, operator, task):
        def done():
            stake.chain.mine()
            return stake.status(operator) == "Tombstoned"

        await eventually(done, task)
        assert stake.stake_of(operator) == STAKE // 2
        assert stake.balance(key(9).address) == STAKE // 2 // 10

    @pytest.mark.parametrize(
        "fault", ["root", "message id", "premature", "premature by one", "wrong tree"]
    )
    async def test_each_fault_costs_stake_and_pays_the_watchtower(
        self, staked, stake, liar, messages, fault
    ):
        operator = stake.register(2, liar.account)
        true = liar.true(messages, 1)
        await liar.publish(
            {
                "root": replace(true, root=WRONG),
                "message id": replace(true, message_id=WRONG),
                "premature": Checkpoint(1337, liar.hook, WRONG, 4, WRONG),
                "premature by one": Checkpoint(1337, liar.hook, WRONG, 3, WRONG),
                "wrong tree": replace(true, merkle_tree_hook=WRONG),
            }[fault]
        )
        async with watching(staked()) as task:
            await self.punished(stake, operator, task)

    async def test_a_lie_about_the_latest_leaf_is_proven_while_no_other_comes(
        self, staked, stake, liar, messages
    ):
        """By the root right after it, which is the latest that can be stored."""
        operator = stake.register(2, liar.account)
        await liar.publish(replace(liar.true(messages, 2), root=WRONG))
        async with watching(staked()) as task:
            await self.punished(stake, operator, task)

    async def test_another_tree_is_proven_as_such_whatever_else_was_signed(
        self, staked, stake, liar, messages, webhook
    ):
        """Two checkpoints of one index contradict each other only if they are of one tree."""
        operator = stake.register(2, liar.account)
        true = liar.true(messages, 1)
        await liar.publish(true)
        async with watching(staked()) as task:
            await seen(staked(), stake.chain, liar.address, 1)
            await liar.publish(replace(true, merkle_tree_hook=WRONG))
            await self.punished(stake, operator, task)
        assert webhook.faults() == [("wrong tree", 1)]

    async def test_another_tree_is_no_fault_of_a_key_without_stake(
        self, staked, stake, liar, messages, webhook
    ):
        """It may have signed for an earlier one."""
        await liar.publish(replace(liar.true(messages, 0), merkle_tree_hook=WRONG))
        await liar.publish(replace(liar.true(messages, 1), root=WRONG))
        async with watching(staked()) as task:
            await eventually(lambda: webhook.faults() == [("root", 1)], task)
            await settled(staked(), stake.chain)
            assert not task.done()
        assert webhook.faults() == [("root", 1)]

    async def test_a_second_fault_of_an_operator_is_told_and_settled(
        self, staked, stake, liar, messages, webhook
    ):
        operator = stake.register(2, liar.account)
        await liar.publish(replace(liar.true(messages, 1), root=WRONG))
        async with watching(staked()) as task:
            await self.punished(stake, operator, task)
            await liar.publish(replace(liar.true(messages, 2), root=WRONG))
            await eventually(lambda: len(webhook.faults()) == 2, task)
            await settled(staked(), stake.chain)
            assert not task.done()
        assert stake.stake_of(operator) == STAKE // 2

    @pytest.mark.parametrize("differs", ["root", "message_id"])
    async def test_two_versions_need_no_stored_root(
        self, staked, stake, liar, messages, origin, differs
    ):
        operator = stake.register(2, liar.account)
        true = liar.true(messages, 1)
        await liar.publish(true)
        async with watching(staked()) as task:
            await seen(staked(), origin, liar.address, 1)
            await liar.publish(replace(true, **{differs: WRONG}))
            await self.punished(stake, operator, task)
        proofs = origin.at("CheckpointFraudProofs", stake.slasher.functions.fraudProofs().call())
        root = liar.true(messages, 2).root
        hook = origin.contracts["merkleTreeHook"].address
        assert not proofs.functions.storedCheckpoints(hook, root).call()[1]

    async def test_goes_on_after_a_restart_at_any_step(self, staked, stake, liar, messages):
        operator = stake.register(2, liar.account)
        await liar.publish(replace(liar.true(messages, 1), root=WRONG))
        for _ in range(4):  # killed after the sighting, the commitment, the stored root …
            async with watching(staked()):
                await asyncio.sleep(0.7)
            stake.chain.mine()
        async with watching(staked()) as task:
            await self.punished(stake, operator, task)

    async def test_an_honest_operator_keeps_its_stake(
        self, staked, stake, origin, validator_config, webhook, tmp_path
    ):
        operator = stake.register(1, key(1))
        async with validating(validator_config(origin)) as task, watching(staked()):
            for number in range(10):
                origin.dispatch(7331, key(3).address, bytes([number]))
            await eventually(lambda: (tmp_path / "v1/9_with_id.json").exists(), task)
            await asyncio.sleep(1)
        assert (stake.stake_of(operator), stake.status(operator)) == (STAKE, "Active")
        assert not webhook.alerts

    async def test_what_nobody_has_staked_for_is_told_and_settled(
        self, staked, stake, liar, messages, webhook
    ):
        await liar.publish(replace(liar.true(messages, 1), root=WRONG))
        async with watching(staked()) as task:
            await eventually(lambda: webhook.faults() == [("root", 1)], task)
            await asyncio.sleep(0.5)
            assert not task.done()

    async def test_a_premature_signature_that_came_true_is_let_go(
        self, staked, stake, liar, messages, origin, webhook
    ):
        operator = stake.register(2, liar.account)
        snapshot = origin.rpc("evm_snapshot")
        coming = origin.dispatch(7331, key(3).address, b"coming")
        origin.rpc("evm_revert", snapshot)
        await liar.publish(liar.true([*messages, coming], 3))
        config = staked()
        config["chains"][origin.name]["blocks"]["reorgPeriod"] = 5
        async with watching(config) as task:
            committed = stake.slasher.events.FaultCommitted()
            await eventually(lambda: committed.get_logs(from_block=0), task)
            assert webhook.faults() == [("premature", 3)]
            # Its commitment is not final yet, so it could not prove anything.
            assert origin.dispatch(7331, key(3).address, b"coming") == coming
            database = await Database.open(config["db"])
            hook = address_from_hex(origin.contracts["merkleTreeHook"].address)
            seen = SightingStore(database, origin.chain_id, hook)
            async with asyncio.timeout(40):
                while await seen.open_faults():
                    origin.mine()
                    await asyncio.sleep(0.1)
            await database.close()
            assert not task.done()
        assert (stake.stake_of(operator), stake.status(operator)) == (STAKE, "Active")


async def test_rpcs_at_one_host_are_no_quorum(watchtower_config, origin, tmp_path):
    config = watchtower_config(origin)
    config["chains"]["alpha"] |= {
        "rpcUrls": [{"http": "https://rpc.example/1"}, {"http": "https://rpc.example/2"}],
        "rpcConsensusType": "quorum",
    }
    with pytest.raises(ConfigError, match=r"chains\.alpha\.rpcUrls: 2 of 2 URLs .*rpc\.example"):
        await run(WatchtowerSettings.model_validate(config))
