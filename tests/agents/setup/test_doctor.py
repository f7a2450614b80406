"""The doctor on two real chains: each fault is found by its check, which says what to do."""

import asyncio
import json
import os
import socket
from contextlib import contextmanager

import pytest
from tests.support.devnet import devnet, key
from tests.support.dishonest import DishonestValidator

from hyperlane.setup.doctor import examine_agent
from hyperlane.setup.signature_checks import SignatureChecks

NOBODY = "0x" + 40 * "9"
OTHER_KEY = "0x" + 31 * "00" + "77"


@pytest.fixture(scope="module")
def chains():
    """Messages from alpha to a recipient on beta need one signature of two validators."""
    with devnet("alpha", 1337) as alpha, devnet("beta", 7331) as beta:
        yield alpha, beta


@pytest.fixture(scope="module")
def world(chains, tmp_path_factory):
    """Alpha has two leaves; validator 2 has signed both, validator 4 is announced and has signed
    one, validator 5 is not announced."""
    alpha, beta = chains
    folder = tmp_path_factory.mktemp("signatures")
    good, late = (DishonestValidator(alpha, index, folder / str(index)) for index in (2, 4))
    sent = [alpha.dispatch(7331, key(3).address, bytes([number])) for number in range(2)]

    async def sign():
        for validator, count in ((good, 2), (late, 1)):
            for index in range(count):
                await validator.publish(validator.true(sent, index))
            await validator.storage.raise_latest_index(count - 1)

    asyncio.run(sign())
    for validator in (good, late):
        validator.announce()
    recipients = {
        name: beta.recipient(beta.message_id_multisig([key(i).address for i in members], most))
        for name, members, most in (
            ("signed", (2, 4, 5), 1),
            ("late", (2, 4), 2),
            ("missing", (2, 5), 2),
        )
    }
    return {name: recipient.address for name, recipient in recipients.items()}


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("hyperlane.setup.doctor.SignatureChecks", _impatient)


def _impatient(*arguments, **options):
    return SignatureChecks(*arguments, **options, patience=0.0)


def rule(recipient, **more):
    return {"originDomain": 1337, "destinationDomain": 7331, "recipientAddress": recipient, **more}


@pytest.fixture
def examine(chains, world, tmp_path):
    """Checks of a relayer's configuration after a change, by subject."""

    def examine(change=lambda config: None, *, recipient="signed", environment=None):
        config = {
            "chains": {chain.name: chain.settings() for chain in chains},
            "relayChains": "alpha,beta",
            "defaultSigner": {"key": key(9).key.hex()},
            "allowLocalCheckpointSyncers": True,
            "whitelist": [rule(world[recipient])],
            "metricsPort": 0,
        }
        change(config)
        path = tmp_path / "agent.json"
        path.write_text(json.dumps(config))
        return {check.subject: check for check in examine_agent([path], environment or {})}

    return examine


def wrong(checks):
    return {subject for subject, check in checks.items() if not check.passed}


def lane(world, name="signed"):
    return f"alpha to beta, {world[name]}: verification"


def test_a_set_up_that_is_well_has_no_wrong_check(examine, world):
    checks = examine()
    assert wrong(checks) == set()
    assert checks["alpha: mailbox"].found.startswith("0x")
    assert "1 of 3 sign all 2 leaves, 1 needed" in checks[lane(world)].found
    assert f"{key(5).address} has announced no storage" in checks[lane(world)].found
    assert all(check.line().startswith("✓ ") for check in checks.values())


def alpha(**settings):
    return lambda config: config["chains"]["alpha"].update(settings)


def everywhere(**settings):
    return lambda config: config.update(settings)


def of_beta(key_):
    """Alpha's setting, taken from the other chain, where another contract is."""
    return lambda config: config["chains"]["alpha"].update(
        {key_: config["chains"]["alpha"]["merkleTreeHook"]}
    )


FAULTS = {
    "a node that is down": (
        alpha(rpcUrls=[{"http": "http://127.0.0.1:1"}]),
        "alpha: RPC http://127.0.0.1:1",
        "no answer",
        "",
    ),
    "a node of another chain": (
        lambda config: config["chains"]["alpha"].update(
            rpcUrls=config["chains"]["beta"]["rpcUrls"]
        ),
        None,
        "chain id 7331, expected 1337",
        "correct chains.alpha.rpcUrls",
    ),
    "an address without a contract": (
        alpha(validatorAnnounce=NOBODY),
        "alpha: validatorAnnounce",
        "no contract at",
        "correct validatorAnnounce of alpha",
    ),
    "a contract of another kind": (
        of_beta("mailbox"),
        "alpha: mailbox",
        "expected a Mailbox, but the contract at",
        "correct mailbox of alpha",
    ),
    "a mailbox of another domain": (
        alpha(domainId=5),
        "alpha: mailbox",
        "is of domain 1337, expected 5",
        "correct mailbox of alpha",
    ),
    "a key without funds": (
        everywhere(defaultSigner={"key": OTHER_KEY}),
        "alpha: funds of defaultSigner",
        "has 0.000000, a delivery may cost",
        "send it coins on alpha",
    ),
    "a further key without funds": (
        alpha(additionalSigners=[{"key": OTHER_KEY}]),
        "alpha: funds of chains.alpha.additionalSigners.0",
        "has 0.000000, a delivery may cost",
        "send it coins on alpha",
    ),
    "no key": (
        lambda config: config.pop("defaultSigner"),
        "alpha: key that pays",
        "none",
        "export HYP_DEFAULTSIGNER_KEY",
    ),
    "a key that is none": (
        everywhere(defaultSigner={"key": "0x12"}),
        "alpha: key that pays",
        "not a private key",
        "correct defaultSigner",
    ),
    "a list of other chains": (
        everywhere(whitelist=[{"originDomain": 1, "destinationDomain": 2}]),
        "whitelist",
        "none of its 1 entries is between relayChains",
        "add the chains to relayChains",
    ),
    "a recipient that is not there": (
        everywhere(whitelist=[rule(NOBODY)]),
        "beta: whitelist",
        "no contract at",
        "correct recipientAddress",
    ),
    "a setting that is none": (
        everywhere(gasPaymentEnforcement=[]),
        "configuration",
        "an empty list would deliver nothing",
        "correct this setting",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_the_remedy_named(examine, name):
    change, subject, found, remedy = FAULTS[name]
    checks = examine(change)
    subject = subject or next(each for each in wrong(checks) if "RPC" in each)
    assert found in checks[subject].found
    assert remedy in checks[subject].remedy
    assert checks[subject].line().startswith(f"✗ {subject}: ")


@pytest.mark.parametrize(
    ("recipient", "found"),
    [
        ("late", "1 of 2 sign all 2 leaves, 2 needed; {late} has signed 1 of 2 leaves"),
        ("missing", "1 of 2 sign all 2 leaves, 2 needed; {missing} has announced no storage"),
    ],
)
def test_too_few_signatures_are_found(examine, world, recipient, found):
    checks = examine(recipient=recipient)
    named = {"late": key(4).address, "missing": key(5).address}
    assert wrong(checks) == {lane(world, recipient)}
    assert found.format(**named) in checks[lane(world, recipient)].found


def test_folders_that_the_relayer_may_not_read_are_found(examine, world):
    check = examine(everywhere(allowLocalCheckpointSyncers=False))[lane(world)]
    assert not check.passed
    assert "local storage is read only with allowLocalCheckpointSyncers" in check.found


@contextmanager
def taken_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        yield taken.getsockname()[1]


def test_a_port_that_another_program_has_is_found(examine, monkeypatch):
    monkeypatch.setattr("hyperlane.setup.agent_checks._SECONDS", 0.5)
    with taken_port() as port:
        checks = examine(everywhere(metricsPort=port))
    assert wrong(checks) == {f"metricsPort {port}"}
    assert checks[f"metricsPort {port}"].remedy == "set metricsPort to a free port"


def test_a_validator_without_its_key_is_examined_as_far_as_can_be(chains, tmp_path):
    path = tmp_path / "validator.json"
    syncer = {"type": "localStorage", "path": str(tmp_path / "mine")}
    config = {
        "chains": {"alpha": chains[0].settings()},
        "originChainName": "alpha",
        "checkpointSyncer": syncer,
        "metricsPort": 0,
    }
    path.write_text(json.dumps(config))
    checks = {check.subject: check for check in examine_agent([path], {})}
    assert checks["configuration"].remedy.startswith("export HYP_VALIDATOR_KEY=0x…")
    assert checks["alpha: merkleTreeHook"].passed
    found = {
        check.subject: check
        for check in examine_agent([path], {"HYP_VALIDATOR_KEY": key(6).key.hex()})
    }
    assert wrong(found) == {"alpha: validator"}
    assert "start it: it announces by itself" in found["alpha: validator"].remedy
    assert os.listdir(tmp_path / "mine") == []


def test_a_validator_that_saw_a_reorg_is_found(chains, tmp_path):
    path, folder = tmp_path / "validator.json", tmp_path / "stopped"
    folder.mkdir()
    (folder / "reorg_flag.json").write_text("{}")
    config = {
        "chains": {"alpha": chains[0].settings()},
        "originChainName": "alpha",
        "validator": {"key": key(6).key.hex()},
        "checkpointSyncer": {"type": "localStorage", "path": str(folder)},
        "metricsPort": 0,
    }
    path.write_text(json.dumps(config))
    checks = {check.subject: check for check in examine_agent([path], {})}
    assert "a reorg stopped this validator" in checks["checkpointSyncer"].found
