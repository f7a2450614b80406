"""What other people's clients look at to learn what kind of router they see."""

import pytest

from .routes import SECOND, ZERO

# A client takes a router for another kind if its code has one of these selectors anywhere.
FOREIGN_SELECTORS = {
    "assetDeposited()": "093bec70",
    "NULL_RECIPIENT()": "f0981119",
    "lockbox()": "66cc5702",
    "getDomainConfigs()": "de0601fa",
    "oft()": "9b5215f6",
    "allowedSourceRouter()": "cd2b5d46",
    "messageTransmitter()": "7b04c181",
    "collateralDomain()": "38dd0205",
}
WRAPPED_TOKEN = "996c6cc3"
UNANSWERED = {
    "everclearAdapter()": "0xe8081714",
    "getCrossCollateralRouters(uint32)": "0xef7ebdd0" + "00" * 32,
    "unknown": "0x01020304",
}


@pytest.fixture(params=["native", "synthetic", "collateral"])
def router(request, native_route, collateral_route):
    return {
        "native": native_route[0],
        "synthetic": native_route[1],
        "collateral": collateral_route[0],
    }[request.param]


@pytest.fixture
def code(router, chain):
    return chain.provider.get_code(router.address).hex()


@pytest.mark.parametrize("name", FOREIGN_SELECTORS)
def test_code_has_no_selector_of_another_kind(code, name):
    assert FOREIGN_SELECTORS[name] not in code


def test_only_collateral_wraps_a_token(router, code, token):
    wraps = router.token() == token.address
    assert (WRAPPED_TOKEN in code) is wraps
    if wraps:
        assert router.wrappedToken() == token


def test_token_tells_the_kind(native_route):
    native, synthetic = native_route
    assert (native.token(), synthetic.token()) == (ZERO, synthetic.address)


@pytest.mark.parametrize("name", UNANSWERED)
def test_what_it_does_not_have_reverts_without_data(router, revert_reason, name):
    assert revert_reason({"to": router.address, "data": UNANSWERED[name]}) == ()


def test_an_unconnected_router_answers_all_questions(deploy_native):
    router = deploy_native()
    assert router.PACKAGE_VERSION() == "12.1.0"
    assert (router.feeRecipient(), router.feeHook(), router.hook()) == (ZERO, ZERO, ZERO)
    assert (router.scaleNumerator(), router.scaleDenominator()) == (1, 1)
    assert (router.destinationGas(SECOND), router.routers(SECOND)) == (0, bytes(32))
