"""Clients of a Mailbox: who may set them up, and what they can be set to."""

import pytest

ZERO = "0x" + "00" * 20


def test_is_bound_to_its_mailbox(router, mailbox):
    assert router.mailbox() == mailbox
    assert router.localDomain() == mailbox.localDomain()
    assert router.PACKAGE_VERSION() == "12.1.0"


def test_creation_refuses_a_mailbox_that_is_no_contract(project, stranger, creation_revert_of):
    refusal = creation_revert_of(project.TestGasRouter, stranger.address)
    assert refusal == ("MailboxNotContract", stranger)


def test_initialize_sets_hook_module_and_owner(project, owner, stranger, mailbox, hook, noop_ism):
    router = owner.deploy(project.TestGasRouter, mailbox)
    receipt = router.initialize(hook, noop_ism, stranger, sender=owner)
    assert (router.hook(), router.interchainSecurityModule(), router.owner()) == (
        hook,
        noop_ism,
        stranger,
    )
    assert [(log.event_name, list(log.event_arguments.values())) for log in receipt.events] == [
        ("HookSet", [hook]),
        ("IsmSet", [noop_ism]),
        ("OwnershipTransferred", [owner, stranger]),
        ("Initialized", [1]),
    ]


def test_initialize_works_once(router, owner, revert_of):
    refusal = revert_of(router.initialize, ZERO, ZERO, owner.address, sender=owner)
    assert refusal == ("AlreadyInitialized",)


def test_initialize_is_for_the_deployer(project, owner, stranger, mailbox, revert_of):
    router = owner.deploy(project.TestGasRouter, mailbox)
    refusal = revert_of(router.initialize, ZERO, ZERO, stranger.address, sender=stranger)
    assert refusal == ("NotDeployer", stranger, owner)


def test_set_hook_changes_the_hook_and_back(router, owner, hook):
    receipt = router.setHook(hook, sender=owner)
    assert router.hook() == hook
    assert receipt.events == [router.HookSet(hook)]
    router.setHook(ZERO, sender=owner)
    assert router.hook() == ZERO


def test_set_module_changes_the_module_and_back(router, owner, noop_ism, mailbox):
    receipt = router.setInterchainSecurityModule(noop_ism, sender=owner)
    assert router.interchainSecurityModule() == noop_ism
    assert receipt.events == [router.IsmSet(noop_ism)]
    router.setInterchainSecurityModule(ZERO, sender=owner)
    assert mailbox.recipientIsm(router) == mailbox.defaultIsm()


@pytest.mark.parametrize(
    ("setter", "error"),
    [("setHook", "HookNotContract"), ("setInterchainSecurityModule", "IsmNotContract")],
)
def test_setters_refuse_what_is_no_contract(router, owner, stranger, revert_of, setter, error):
    refusal = revert_of(getattr(router, setter), stranger.address, sender=owner)
    assert refusal == (error, stranger)


@pytest.mark.parametrize(
    ("setter", "arguments"),
    [
        ("setHook", [ZERO]),
        ("setInterchainSecurityModule", [ZERO]),
        ("enrollRemoteRouter", [1, b"\x01" * 32]),
        ("enrollRemoteRouters", [[1], [b"\x01" * 32]]),
        ("unenrollRemoteRouter", [1]),
        ("unenrollRemoteRouters", [[1]]),
        ("transferOwnership", ["0x" + "01" * 20]),
        ("renounceOwnership", []),
    ],
)
def test_setters_are_for_the_owner(router, stranger, revert_of, setter, arguments):
    refusal = revert_of(getattr(router, setter), *arguments, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)


@pytest.mark.parametrize("arguments", [[1, 2], [[(1, 2)]]], ids=["one", "several"])
def test_gas_setters_are_for_the_owner(router, stranger, revert_of, arguments):
    refusal = revert_of(router.setDestinationGas, *arguments, sender=stranger)
    assert refusal == ("OwnableUnauthorizedAccount", stranger)


def test_unknown_functions_revert_without_data(router, revert_reason):
    assert revert_reason({"to": router.address, "data": "0xdeadbeef"}) == ()
