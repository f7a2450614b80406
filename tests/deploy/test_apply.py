"""Cores whose owner is a timelock: what it has to do is written, and does what it says."""

import json

import pytest
import yaml
from benchmarks.anvil import Chain
from click.testing import CliRunner

from ape_hyperlane import cli

DELAY = 3600


@pytest.fixture
def apply(options, tmp_path):
    def apply(*more, **choices):
        folder = ["--proposals", str(tmp_path / "proposals")]
        result = CliRunner(mix_stderr=False).invoke(
            cli.apply_core, [*options(*more, **choices), *folder]
        )
        assert result.exception is None or isinstance(result.exception, SystemExit), result
        return result

    return apply


@pytest.fixture
def chain(node):
    return Chain(node.web3)


@pytest.fixture
def timelock(chain, node):
    return chain.deploy("TestTimelock", DELAY, [node.other])


@pytest.fixture
def written(tmp_path):
    """The only proposal."""

    def written():
        (path,) = (tmp_path / "proposals").iterdir()
        return json.loads(path.read_text())

    return written


@pytest.mark.parametrize(
    ("times", "said"),
    [
        (1, "says that it executed the same calls 1000 times"),
        (2**255, "says that the calls can be executed at 5789"),
    ],
)
def test_a_timelock_that_lies_about_its_operations_ends_the_command(
    deploy, apply, config, node, timelock, tmp_path, times, said
):
    hook = {"type": "pausableHook", "paused": False}
    assert deploy("--config", config(core(timelock.address, defaultHook=hook))).exit_code == 0
    node.rpc("anvil_setCode", timelock.address, lying_timelock(times))
    wanted = core(timelock.address, defaultHook={**hook, "paused": True})

    result = apply("--config", config(wanted))

    assert result.exit_code == 1
    assert f"timelock {timelock.address}: {said}" in result.stderr
    assert not (tmp_path / "proposals").exists()


def lying_timelock(time):
    """Code that answers zero where the argument is zero, as for the id of no operation, or absent,
    as for the delay; `time` for all other ids."""
    return "0x600435600d575f5f5260205ff35b7f" + f"{time:064x}5f5260205ff3"


def core(owner, **more):
    return yaml.safe_dump({"owner": owner, **more})


def send(node, transaction, sender):
    """Sends a transaction as a proposal has it."""
    fields = {"to": transaction["to"], "data": transaction["data"], "value": 0}
    receipt = node.web3.eth.wait_for_transaction_receipt(
        node.web3.eth.send_transaction({**fields, "from": sender})
    )
    assert receipt["status"] == 1


def test_a_timelock_does_what_is_written_for_it(
    deploy, apply, check, config, node, registry, timelock, written, tmp_path
):
    hook = {"type": "pausableHook", "paused": False}
    assert deploy("--config", config(core(timelock.address, defaultHook=hook))).exit_code == 0
    mailbox = registry.addresses("alpha").mailbox
    validators = {"validators": [node.other, node.third], "threshold": 2}
    wanted = core(
        timelock.address,
        defaultHook={**hook, "paused": True},
        defaultIsm={"type": "storageMessageIdMultisigIsm", **validators},
    )

    shown = apply("--config", config(wanted), "--dry-run")
    assert shown.exit_code == 0, shown.stderr
    assert not (tmp_path / "proposals").exists()

    result = apply("--config", config(wanted))

    assert result.exit_code == 0, result.stderr
    assert f"timelock {timelock.address} with a delay of {DELAY} s: 3 calls in" in result.stdout
    proposal = written()
    assert [call["step"] for call in proposal["calls"]] == [
        "transferOwnership of interchainSecurityModule",
        "pause of pausableHook",
        "setDefaultIsm of mailbox",
    ]
    assert check().exit_code == 1
    send(node, proposal["schedule"], node.other)
    waiting = apply()
    assert "is scheduled: an executor sends `execute` after " in waiting.stdout
    assert written() == proposal

    node.rpc("evm_increaseTime", DELAY)
    node.rpc("evm_mine")
    send(node, proposal["execute"], node.other)

    assert check().stdout == "alpha is as it was deployed\n"
    module = node.view(mailbox, "defaultIsm()", "address")
    assert node.view(module, "owner()", "address") == timelock.address
    next((tmp_path / "proposals").iterdir()).unlink()
    sent = node.nonce()
    again = apply()
    assert again.exit_code == 0, again.stderr
    assert "No Safe and no timelock has anything to do." in again.stdout
    assert not list((tmp_path / "proposals").iterdir())
    assert node.nonce() == sent

    # There and back: the same calls once more are another operation.
    for paused in (False, True):
        hook = {"type": "pausableHook", "paused": paused}
        text = yaml.safe_dump({**yaml.safe_load(wanted), "defaultHook": hook})
        assert apply("--config", config(text)).exit_code == 0
        proposal = written()
        send(node, proposal["schedule"], node.other)
        node.rpc("evm_increaseTime", DELAY)
        node.rpc("evm_mine")
        send(node, proposal["execute"], node.other)
        next((tmp_path / "proposals").iterdir()).unlink()
    assert check().exit_code == 0


@pytest.mark.parametrize("code", [False, True])
def test_for_other_owners_nothing_is_sent_half_way(
    deploy, apply, config, chain, node, registry, tmp_path, code
):
    owner = chain.deploy("TestRecipient").address if code else node.other
    assert deploy("--config", config(core(owner))).exit_code == 0
    folder = registry.chain_folder("alpha")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    sent = node.nonce()
    wanted = core(owner, defaultIsm={"type": "pausableIsm"})

    result = apply("--config", config(wanted))

    assert result.exit_code == 1
    kind = "a contract that is neither Safe nor timelock" if code else "a key"
    assert f"Error: nothing was sent: 1 of the changes are for {owner}, {kind}, to make: call" in (
        result.stderr
    )
    assert ".setDefaultIsm(" in result.stderr
    assert node.nonce() == sent
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert not (tmp_path / "proposals").exists()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--config", "missing.yaml"), "missing.yaml: cannot be read: No such file or directory"),
        (("--chain", "Alpha"), "chain name 'Alpha': expected lower-case letters and digits"),
        (("--account", "nobody"), "--account 'nobody' does not exist; known accounts"),
    ],
)
def test_a_wrong_option_of_apply_is_named(apply, node, tmp_path, more, said):
    sent = node.nonce()
    result = apply(*more)
    assert result.exit_code == 1
    assert said in result.stderr
    assert node.nonce() == sent
    assert not (tmp_path / "proposals").exists()
