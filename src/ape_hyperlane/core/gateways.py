"""Plans the ERC-7786 gateway, and fills in what its config leaves out. Pure: makes no request."""

from ape_hyperlane.modules.hooks import HookPlanner
from ape_hyperlane.modules.isms import IsmPlanner
from ape_hyperlane.plans.builder import PlanBuilder
from ape_hyperlane.plans.registry_view import RegistryView
from ape_hyperlane.plans.steps import CREATOR
from hyperlane.errors import ConfigError
from hyperlane.registry.erc7786_gateway import Erc7786Gateway, RemoteGateway

KEY = "erc7786Gateway"
CONTRACT = "HyperlaneGateway"
ENROL = "enrollRemoteGateway"


def plan_gateway(plan: PlanBuilder, config: Erc7786Gateway) -> None:
    """Plans a gateway whose config is filled in (`filled_in`). All of it changes in place: apps on
    this chain and gateways of others know its address."""
    settings = {
        "hook": HookPlanner(plan).plan(config.hook),
        "interchainSecurityModule": IsmPlanner(plan).plan(
            config.interchain_security_module, f"{KEY}Ism"
        ),
    }
    gateway = plan.create(
        KEY,
        CONTRACT,
        (plan.mailbox,),
        address=config.address,
        permanent=True,
        state={"mailbox": plan.mailbox},
    )
    if config.address is None:
        # Its creator could call this later, and be the owner again, were it left out.
        state = {**settings, "owner": CREATOR}
        gateway.call_once("initialize", tuple(state.values()), state, reverts_when_done=True)
    for setting, target in settings.items():
        gateway.set(setting, target)
    remotes = plan.registry.by_domain(config.remote_gateways or {}, f"{KEY}.remoteGateways")
    chain_ids = tuple(remote.chain_id for remote in remotes.values())
    # First what is surplus: its domain may be that of a chain which follows.
    gateway.remove_unlisted("chainIds", chain_ids, "removeRemoteGateway")
    for domain, remote in remotes.items():
        row = (domain, remote.address, remote.gas_limit)
        gateway.call(
            ENROL,
            (remote.chain_id, *row),
            gateway.reading("remoteGatewayOf", row, remote.chain_id),
            label=f"{remote.chain_id} ",
        )
    gateway.hand_over(config.owner)


def filled_in(
    config: Erc7786Gateway, before: Erc7786Gateway | None, view: RegistryView, domain: int
) -> Erc7786Gateway:
    """The config of a gateway as it is written: each remote gateway by its domain, with address and
    chain id. Enrolments that are left out are those of `before`, the last deployment.

    ConfigError for a chain whose gateway or chain id is not known, for a chain id that is not the
    registry's, for one that is there twice, and for the chain itself.
    """
    key, enrolled = f"{KEY}.remoteGateways", config.remote_gateways
    if enrolled is None:
        enrolled = (before and before.remote_gateways) or {}
    domains = view.by_domain(enrolled, key)
    if domain in domains:
        raise ConfigError(f"{key}.{domain}: this chain itself; remove this entry")
    remotes: dict[str, RemoteGateway] = {}
    taken: dict[int, str] = {}
    for chain, (number, remote) in zip(enrolled, domains.items(), strict=True):
        found = _filled(view, chain, number, remote)
        assert found.chain_id is not None
        other = taken.setdefault(found.chain_id, chain)
        if other != chain:
            raise ConfigError(f"{key}.{chain}.chainId: {found.chain_id}, which {other} has, too")
        remotes[str(number)] = found
    return config.model_copy(update={"remote_gateways": remotes})


def _filled(view: RegistryView, chain: str, domain: int, remote: RemoteGateway) -> RemoteGateway:
    """A remote gateway with address and chain id."""
    key = f"{KEY}.remoteGateways.{chain}"
    address = remote.address or view.remote_address(chain, KEY)
    if address is None:
        raise ConfigError(
            f"{key}.address: required, since the registry has no {KEY} of this chain; deploy one"
            " there first"
        )
    known = view.chain_id(domain)
    chain_id = known if remote.chain_id is None else remote.chain_id
    if chain_id is None:
        raise ConfigError(
            f"{key}.chainId: required, since the registry has no EVM chain of this domain; add its"
            " metadata.yaml"
        )
    if known not in (None, chain_id):
        raise ConfigError(f"{key}.chainId: {chain_id}, expected {known}, as the registry has it")
    return remote.model_copy(update={"address": address, "chain_id": chain_id})
