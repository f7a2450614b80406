import pytest


@pytest.fixture(scope="module")
def router(project, owner, mailbox):
    router = owner.deploy(project.TestGasRouter, mailbox)
    router.initialize("0x" + "00" * 20, "0x" + "00" * 20, owner, sender=owner)
    return router
