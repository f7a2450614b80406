"""Every kind of router, deployed from a file, with a transfer there and back."""

import pytest
from tests.support.warp_world import CHAINS
from tests.support.words import b32

AMOUNT, ID = 5_000_000, 1
PLENTY = 10**30
STRANGER = "0x" + 40 * "7"
NAMED = {"name": "Cats", "symbol": "CAT"}


class Trip:
    """A deployed route, used by the first account."""

    def __init__(self, world, routers):
        self.world, self.routers = world, routers

    def send(self, origin, to, what):
        """Sends and delivers; the router may take exactly what it says it takes."""
        chain, domain = self.world[origin], CHAINS[self._other(origin)]
        router = chain.at("HypERC20Collateral", self.routers[origin])
        arguments = (domain, b32(to), what)
        quotes = router.functions.quoteTransferRemote(*arguments).call()
        value = sum(amount for token, amount in quotes if int(token, 16) == 0)
        token = router.functions.token().call()
        if int(token, 16) and token != router.address:
            chain.send(chain.at("TestERC20", token).functions.approve(router.address, what))
        chain.send(router.functions.transferRemote(*arguments), value=value)
        self.world.deliver()

    def balance(self, name, holder):
        """Of what the router on this chain moves; of NFTs how many."""
        chain = self.world[name]
        token = chain.at("HypERC20Collateral", self.routers[name]).functions.token().call()
        if int(token, 16) == 0:
            return chain.web3.eth.get_balance(holder)
        return chain.at("TestERC20", token).functions.balanceOf(holder).call()

    def _other(self, name):
        (other,) = set(CHAINS) - {name}
        return other


def native(world):
    return {"type": "native"}, {"type": "synthetic"}, {}


def fiat(world):
    token = world["alpha"].deploy("TestFiatToken", PLENTY)
    rights = {"alpha": lambda router: token.functions.configureMinter(router, PLENTY)}
    return {"type": "collateralFiat", "token": token.address}, {"type": "synthetic"}, rights


def xerc20(world):
    """A token in its lockbox on one chain, the xERC20 on the other."""
    alpha, beta = world["alpha"], world["beta"]
    ours, theirs = alpha.deploy("TestXERC20", 0), beta.deploy("TestXERC20", 0)
    lockbox = alpha.deploy(
        "TestLockbox", ours.address, alpha.deploy("TestERC20", "T", "T", PLENTY, 18).address
    )
    alpha.send(ours.functions.setLockbox(lockbox.address))
    return (
        {"type": "xERC20Lockbox", "token": lockbox.address},
        {"type": "xERC20", "token": theirs.address},
        {
            "alpha": lambda router: ours.functions.setLimits(router, PLENTY, PLENTY),
            "beta": lambda router: theirs.functions.setLimits(router, PLENTY, PLENTY),
        },
    )


def vault(world):
    return {"type": "collateralVault", "token": _vault(world)}, {"type": "synthetic"}, {}


def rebasing(world):
    return (
        {"type": "collateralVaultRebase", "token": _vault(world)},
        {"type": "syntheticRebase"},
        {},
    )


def _vault(world):
    token = world["alpha"].deploy("TestERC20", "Test", "TEST", PLENTY, 6)
    return world["alpha"].deploy("TestVault", token.address).address


@pytest.mark.parametrize("kind", [native, fiat, xerc20, vault, rebasing])
def test_an_amount_goes_there_and_back(world, deployed, warp, kind):
    alpha, beta, rights = kind(world)
    route = f"KIND/{kind.__name__}"
    routers = deployed(route, {"alpha": alpha, "beta": beta})
    for name, right in rights.items():
        world[name].send(right(routers[name]))
    trip, sender = Trip(world, routers), world["alpha"].sender

    trip.send("alpha", sender, AMOUNT)
    assert trip.balance("beta", sender) == AMOUNT
    trip.send("beta", STRANGER, AMOUNT)
    assert trip.balance("beta", sender) == 0
    assert trip.balance("alpha", STRANGER) == AMOUNT
    assert trip.balance("alpha", routers["alpha"]) == 0
    assert warp("check", "--route", route).exit_code == 0


def test_an_nft_goes_there_and_back_with_its_uri(world, deployed):
    cats = world["alpha"].deploy("TestERC721", 3)
    routers = deployed(
        "COL/uri",
        {
            "alpha": {"type": "collateralUri", "isNft": True, "token": cats.address},
            "beta": {"type": "syntheticUri", "isNft": True},
        },
    )
    trip, sender = Trip(world, routers), world["alpha"].sender
    trip.send("alpha", sender, ID)
    copy = world["beta"].at("HypERC721URIStorage", routers["beta"]).functions
    assert (copy.ownerOf(ID).call(), copy.tokenURI(ID).call()) == (sender, "ipfs://x/1")
    assert cats.functions.ownerOf(ID).call() == routers["alpha"]
    trip.send("beta", STRANGER, ID)
    assert cats.functions.ownerOf(ID).call() == STRANGER
    assert copy.totalSupply().call() == 0


def test_the_send_command_sends_nfts(world, deployed, warp):
    cats = world["alpha"].deploy("TestERC721", 3)
    routers = deployed(
        "COL/plain",
        {
            "alpha": {"type": "collateral", "isNft": True, "token": cats.address},
            "beta": {"type": "synthetic", "isNft": True, **NAMED},
        },
    )
    copy = world["beta"].at("HypERC721", routers["beta"]).functions
    assert (copy.name().call(), copy.symbol().call()) == ("Cats", "CAT")
    with world.relaying():
        sent = warp(
            *("send", "--route", "COL/plain", "--origin", "alpha", "--to", "beta"),
            *("--amount", ID, "--recipient", STRANGER),
        )
    assert sent.exit_code == 0, sent.stderr
    assert f"{STRANGER} on beta: 0 CAT, now 1 CAT" in sent.stdout
    assert copy.ownerOf(ID).call() == STRANGER
