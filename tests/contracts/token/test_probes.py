"""What other people's clients look at to learn what kind of router they see."""

import pytest
from tests.support.routes import FIRST, SECOND, ZERO

# A client takes a router for another kind if its code has one of these selectors anywhere.
MARKS = {
    "assetDeposited()": "093bec70",
    "NULL_RECIPIENT()": "f0981119",
    "lockbox()": "66cc5702",
    "getDomainConfigs()": "de0601fa",
    "oft()": "9b5215f6",
    "allowedSourceRouter()": "cd2b5d46",
    "messageTransmitter()": "7b04c181",
    "wrappedToken()": "996c6cc3",
    "collateralDomain()": "38dd0205",
}
WRAPS = {"wrappedToken()"}
VAULT = {*WRAPS, "NULL_RECIPIENT()"}

# The marks of each kind, all others being absent, and how it is constructed.
KINDS = {
    "HypNative": set(),
    "HypERC20": set(),
    "HypERC721": set(),
    "HypERC721URIStorage": set(),
    "HypERC20Collateral": WRAPS,
    "CrossCollateralRouter": WRAPS,
    "HypERC721Collateral": WRAPS,
    "HypERC721URICollateral": WRAPS,
    "HypXERC20": WRAPS,
    "HypFiatToken": WRAPS,
    "HypXERC20Lockbox": {*WRAPS, "lockbox()"},
    "HypERC4626Collateral": VAULT,
    "HypERC4626OwnerCollateral": {*VAULT, "assetDeposited()"},
    "HypERC4626": {"collateralDomain()"},
}
UNANSWERED = {
    "everclearAdapter()": "0xe8081714",
    "getCrossCollateralRouters(uint32)": "0xef7ebdd0" + "00" * 32,
    "unknown": "0x01020304",
}


@pytest.fixture(scope="module", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture(scope="module")
def router(project, owner, network, token, kind):
    """Deployed, not connected."""

    def wrapped():
        if kind.startswith("HypERC721"):
            return owner.deploy(project.TestERC721, 1)
        if kind.startswith("HypERC4626"):
            return owner.deploy(project.TestVault, token)
        if kind == "HypXERC20Lockbox":
            return owner.deploy(project.TestLockbox, owner.deploy(project.TestXERC20, 0), token)
        return token

    container = getattr(project, kind)
    before = [wrapped()] if "wrappedToken()" in KINDS[kind] else []
    if kind in ("HypERC20", "HypERC4626"):
        before = [18]
    scale = [] if kind.startswith("HypERC721") else [1, 1]
    after = [FIRST] if kind == "HypERC4626" else []
    router = owner.deploy(container, *before, *scale, network.mailboxes[FIRST], *after)
    named = kind in ("HypERC20", "HypERC4626", "HypERC721", "HypERC721URIStorage")
    router.initialize(*([0, "T", "T"] if named else []), ZERO, ZERO, owner, sender=owner)
    return router


def test_code_has_the_marks_of_its_kind_only(router, chain, kind):
    code = chain.provider.get_code(router.address).hex()
    assert {name for name, selector in MARKS.items() if selector in code} == KINDS[kind]


def test_token_tells_the_kind(router, kind):
    if kind == "HypNative":
        expected = ZERO
    elif "wrappedToken()" in KINDS[kind]:
        expected = router.wrappedToken()
    else:
        expected = router.address
    assert router.token() == expected


@pytest.mark.parametrize("name", UNANSWERED)
def test_what_it_does_not_have_reverts_without_data(router, revert_reason, kind, name):
    if (kind, name) == ("CrossCollateralRouter", "getCrossCollateralRouters(uint32)"):
        assert router.getCrossCollateralRouters(SECOND) == router.getCrossCollateralDomains() == []
        return
    assert revert_reason({"to": router.address, "data": UNANSWERED[name]}) == ()


def test_answers_all_questions(router, network, owner, kind):
    assert router.PACKAGE_VERSION() == "12.1.0"
    assert (router.mailbox(), router.owner()) == (network.mailboxes[FIRST], owner)
    assert (router.feeRecipient(), router.feeHook(), router.hook()) == (ZERO, ZERO, ZERO)
    assert (router.scaleNumerator(), router.scaleDenominator()) == (1, 1)
    assert (router.interchainSecurityModule(), router.domains()) == (ZERO, [])
    assert (router.destinationGas(SECOND), router.routers(SECOND)) == (0, bytes(32))
    if kind in ("HypNative", "HypERC20Collateral", "CrossCollateralRouter"):
        assert (router.allowedRebalancers(), router.allowedBridges(SECOND)) == ([], [])
