"""Modules that leave a message to another: by origin, or to the Mailbox's default."""

import ape
import pytest
from ape.utils import ZERO_ADDRESS
from tests.support.contracts import REMOTE_DOMAIN, at
from tests.support.signing import VALIDATORS, Proven, message

MESSAGE = message()
ROUTING = ["DomainRoutingIsm", "IncrementalDomainRoutingIsm", "DefaultFallbackRoutingIsm"]
REMOVABLE = ["DomainRoutingIsm", "DefaultFallbackRoutingIsm"]


@pytest.fixture(scope="module")
def yes(project, owner):
    return owner.deploy(project.MetadataIsm, b"yes")


@pytest.fixture(scope="module")
def other(project, owner):
    return owner.deploy(project.NoopIsm)


@pytest.fixture(scope="module")
def routing(project, owner, mailbox):
    """`routing(name)`: a fresh module that nobody initialised."""

    def routing(name: str):
        rest = [mailbox] if "Fallback" in name else []
        return owner.deploy(project.contracts[name], *rest)

    return routing


@pytest.mark.parametrize("name", ROUTING)
def test_message_goes_to_the_module_of_its_origin(routing, owner, yes, verifies, revert_of, name):
    ism = routing(name)
    receipt = ism.set(REMOTE_DOMAIN, yes, sender=owner)
    assert receipt.events == [ism.ModuleSet(domain=REMOTE_DOMAIN, module=yes)]
    assert ism.moduleType() == 1
    assert ism.module(REMOTE_DOMAIN) == yes
    assert ism.route(MESSAGE.encode()) == yes
    assert ism.domains() == [REMOTE_DOMAIN]
    assert verifies(ism, b"yes", MESSAGE)
    assert not verifies(ism, b"no", MESSAGE)


def test_metadata_passes_unchanged(routing, owner, static_ism, verifies, revert_of):
    ism = routing("DomainRoutingIsm")
    validators = VALIDATORS[:3]
    multisig = static_ism("StaticMessageIdMultisigIsm", [each.address for each in validators], 2)
    ism.set(REMOTE_DOMAIN, multisig, sender=owner)
    proven = Proven([MESSAGE])
    assert verifies(ism, proven.message_id(0, validators[:2]).encode(), MESSAGE)
    few = proven.message_id(0, validators[:1]).encode()
    assert revert_of(ism.verify, few, MESSAGE.encode()) == ("SignaturesTooShort", 65, 130)


@pytest.mark.parametrize("name", ["DomainRoutingIsm", "IncrementalDomainRoutingIsm"])
def test_origin_without_a_module_is_refused(routing, revert_of, name):
    ism = routing(name)
    expected = ("NoIsmForOrigin", REMOTE_DOMAIN)
    assert revert_of(ism.route, MESSAGE.encode()) == expected
    assert revert_of(ism.module, REMOTE_DOMAIN) == expected
    assert revert_of(ism.verify, b"", MESSAGE.encode()) == expected


def test_fallback_asks_the_default_module_of_the_moment(
    routing, owner, mailbox, noop_ism, yes, verifies
):
    ism = routing("DefaultFallbackRoutingIsm")
    assert ism.mailbox() == mailbox
    assert ism.route(MESSAGE.encode()) == noop_ism
    mailbox.setDefaultIsm(yes, sender=owner)
    assert ism.module(REMOTE_DOMAIN) == yes
    assert verifies(ism, b"yes", MESSAGE)
    assert ism.domains() == []


@pytest.mark.parametrize("name", ROUTING)
def test_several_modules_at_once(routing, owner, yes, other, name):
    ism = routing(name)
    ism.setIsms([(1, yes), (2, other)], sender=owner)
    assert ism.domains() == [1, 2]
    assert (ism.module(1), ism.module(2)) == (yes, other)


@pytest.mark.parametrize("name", REMOVABLE)
def test_module_is_replaced_and_removed(routing, owner, yes, other, revert_of, name):
    ism = routing(name)
    ism.setIsms([(1, yes), (2, yes), (3, yes)], sender=owner)
    ism.set(1, other, sender=owner)
    assert ism.module(1) == other
    receipt = ism.remove(1, sender=owner)
    assert receipt.events == [ism.ModuleRemoved(domain=1)]
    ism.removeIsms([2, 3], sender=owner)
    assert ism.domains() == []
    assert revert_of(ism.remove, 1, sender=owner) == ("NoIsmForOrigin", 1)


def test_incremental_module_only_grows(routing, owner, yes, other, revert_of):
    ism = routing("IncrementalDomainRoutingIsm")
    ism.set(1, yes, sender=owner)
    ism.set(2, yes, sender=owner)
    text = "IncrementalDomainRoutingIsm: removal not supported"
    assert revert_of(ism.set, 1, other, sender=owner) == ("DomainAlreadySet", 1)
    assert revert_of(ism.setIsms, [(3, other), (2, other)], sender=owner) == ("DomainAlreadySet", 2)
    assert revert_of(ism.remove, 1, sender=owner) == ("Error", text)
    assert revert_of(ism.removeIsms, [1], sender=owner) == ("Error", text)


@pytest.mark.parametrize("name", ROUTING)
def test_only_the_owner_changes_anything(routing, stranger, yes, revert_of, name):
    ism = routing(name)
    expected = ("OwnableUnauthorizedAccount", stranger.address)
    for call, *arguments in (
        (ism.set, 1, yes),
        (ism.setIsms, [(1, yes)]),
        (ism.remove, 1),
        (ism.removeIsms, [1]),
    ):
        assert revert_of(call, *arguments, sender=stranger) == expected


@pytest.mark.parametrize("name", ROUTING)
@pytest.mark.parametrize("account", [ZERO_ADDRESS, "stranger"])
def test_accounts_without_code_are_no_modules(routing, owner, stranger, revert_of, name, account):
    account = account if account == ZERO_ADDRESS else stranger.address
    reason = revert_of(routing(name).set, 1, account, sender=owner)
    assert reason == ("IsmNotContract", account)


@pytest.mark.parametrize("name", ROUTING)
def test_initialize_gives_the_module_to_its_owner_once(
    routing, owner, stranger, yes, revert_of, name
):
    ism = routing(name)
    refused = revert_of(ism.initialize, stranger, sender=stranger)
    assert refused == ("NotDeployer", stranger.address, owner.address)
    mismatch = revert_of(ism.initialize, stranger, [1, 2], [yes], sender=owner)
    assert mismatch == ("LengthMismatch", 2, 1)
    ism.initialize(stranger, [1], [yes], sender=owner)
    assert (ism.owner(), ism.module(1)) == (stranger, yes)
    for arguments in ((owner,), (owner, [1], [yes])):
        assert revert_of(ism.initialize, *arguments, sender=owner) == ("AlreadyInitialized",)


def test_initialize_without_modules(routing, owner, stranger):
    ism = routing("DomainRoutingIsm")
    ism.initialize(stranger, sender=owner)
    assert (ism.owner(), ism.domains()) == (stranger, [])


@pytest.mark.parametrize("name", ["DomainRoutingIsm", "IncrementalDomainRoutingIsm"])
def test_factory_deploys_a_module_that_is_set_up(
    project, owner, stranger, yes, other, verifies, revert_of, name
):
    factory = owner.deploy(project.contracts[f"{name}Factory"])
    receipt = factory.deploy(stranger, [1, REMOTE_DOMAIN], [other, yes], sender=owner)
    [event] = receipt.decode_logs(factory.ModuleDeployed)
    ism = at(project.contracts[name], event.module)
    assert (ism.owner(), ism.domains()) == (stranger, [1, REMOTE_DOMAIN])
    assert verifies(ism, b"yes", MESSAGE)
    bare = at(project.contracts[name], factory.implementation())
    for each, error in ((ism, "AlreadyInitialized"), (bare, "NotDeployer")):
        assert revert_of(each.initialize, stranger, sender=stranger)[0] == error
    mismatch = revert_of(factory.deploy, stranger, [1], [], sender=owner)
    assert mismatch == ("LengthMismatch", 1, 0)


@pytest.mark.parametrize("name", ROUTING)
def test_atomic_variant_is_set_up_by_its_constructor(
    project, owner, mailbox, stranger, yes, revert_of, name
):
    rest = [mailbox] if "Fallback" in name else []
    ism = owner.deploy(project.contracts[f"AtomicInit{name}"], *rest, stranger, [5], [yes])
    assert (ism.owner(), ism.module(5)) == (stranger, yes)
    for arguments in ((owner,), (owner, [1], [yes])):
        assert revert_of(ism.initialize, *arguments, sender=owner) == ("AlreadyInitialized",)


def test_default_module_is_asked(project, owner, mailbox, yes, noop_ism, verifies):
    ism = owner.deploy(project.DefaultIsm, mailbox)
    assert (ism.moduleType(), ism.mailbox()) == (1, mailbox)
    assert ism.route(MESSAGE.encode()) == noop_ism
    mailbox.setDefaultIsm(yes, sender=owner)
    assert ism.route(MESSAGE.encode()) == yes
    assert verifies(ism, b"yes", MESSAGE)
    assert not verifies(ism, b"no", MESSAGE)


@pytest.mark.parametrize("name", ["DefaultIsm", "DefaultFallbackRoutingIsm"])
def test_mailbox_must_be_a_contract(project, owner, stranger, name):
    with ape.reverts(project.contracts[name].MailboxNotContract):
        owner.deploy(project.contracts[name], stranger)
