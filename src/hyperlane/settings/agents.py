"""Settings of each agent."""

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from hyperlane.errors import ConfigError
from hyperlane.settings.chain import ChainSettings, RpcUrl, SignerSettings
from hyperlane.settings.fields import (
    AddressField,
    AddressList,
    KeyFile,
    Names,
    SettingsModel,
    Url,
    check_url,
    comma_list,
    each_once,
)
from hyperlane.settings.gas_payments import GasPaymentRule, parse_gas_payments
from hyperlane.settings.matching import Rule, parse_addresses, parse_app_contexts, parse_rules


class LogSettings(SettingsModel):
    """Format and level of the log."""

    format: Literal["json", "compact", "full", "pretty"] = "full"
    level: Literal["trace", "debug", "info", "warn", "error", "off"] = "info"


class CheckpointSyncerSettings(SettingsModel):
    """Storage that a validator writes.

    It is `{type: localStorage, path}`, `{type: s3, bucket, region, folder?, endpoint?}` or `{type:
    gcs, bucket, folder?}` with one of `serviceAccountKey`, `userSecrets` and
    `useApplicationDefault`.
    """

    type: Literal["localStorage", "s3", "gcs"]
    path: Path | None = None
    bucket: str | None = None
    region: str | None = None
    folder: str = ""
    endpoint: Url | None = None
    """URL of an S3 service other than Amazon's. None: `AWS_ENDPOINT_URL_S3`, else Amazon's."""
    service_account_key: KeyFile | None = None
    user_secrets: KeyFile | None = None
    use_application_default: bool | None = None
    """None: true if neither of the files is given."""

    @model_validator(mode="before")
    @classmethod
    def _infer_type(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "type" in value:
            return value
        google = ("serviceAccountKey", "userSecrets", "useApplicationDefault")
        kinds = {**dict.fromkeys(google, "gcs"), "bucket": "s3"}
        inferred = [kind for key, kind in kinds.items() if key in value]
        return {**value, "type": inferred[0] if inferred else "localStorage"}

    @model_validator(mode="after")
    def _complete(self) -> "CheckpointSyncerSettings":
        if self.type == "localStorage" and self.path is None:
            raise ValueError("a syncer of type localStorage needs path")
        if self.type == "s3" and not (self.bucket and self.region):
            raise ValueError("a syncer of type s3 needs bucket and region")
        if self.type == "gcs":
            self._require_gcs()
        return self

    def _require_gcs(self) -> None:
        if not self.bucket:
            raise ValueError("a syncer of type gcs needs bucket")
        files = [item for item in (self.service_account_key, self.user_secrets) if item is not None]
        if len(files) + (self.use_application_default is True) > 1:
            raise ValueError(
                "a syncer of type gcs takes one of serviceAccountKey, userSecrets and"
                " useApplicationDefault"
            )
        if not files and self.use_application_default is False:
            raise ValueError(
                "a syncer of type gcs needs serviceAccountKey or userSecrets when"
                " useApplicationDefault is false: nobody writes without credentials"
            )


class AgentSettings(SettingsModel):
    """Settings of every agent."""

    _ineffective: tuple[str, ...] = PrivateAttr(())
    chains: dict[str, ChainSettings]
    db: str = Field(repr=False)
    """A folder, or a URL that may hold a password."""
    default_signer: SignerSettings | None = None
    metrics_port: int = Field(default=9090, ge=0, lt=2**16)
    metrics_host: str = "127.0.0.1"
    metrics_allowed_hosts: Names = ()
    """Host names that requests for the pages may use, besides `localhost` and addresses."""
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _names_match(self) -> "AgentSettings":
        for name, chain in self.chains.items():
            if chain.name != name:
                raise ValueError(f"chains.{name}.name: {chain.name!r} must be {name!r}")
        return self

    @property
    def ineffective(self) -> tuple[str, ...]:
        """Keys of the configuration that change nothing, each with the reason."""
        return self._ineffective

    def with_ineffective(self, notes: tuple[str, ...]) -> Self:
        """Record the keys that were found to change nothing; returns these settings."""
        self._ineffective = notes
        return self

    def chain_name(self, domain: int) -> str:
        """Name of the chain with a domain; the number itself for a chain that is not configured."""
        names = (item.name for item in self.chains.values() if item.domain_id == domain)
        return next(names, str(domain))

    def signer(self, chain: str) -> tuple[str, SignerSettings] | None:
        """The key that sends transactions on a chain and its path in the settings; None if unset.

        `hyperlane.chain.signer.open_account` makes an account of both.
        """
        own = self.chains[chain].signer
        if own is not None:
            return f"chains.{chain}.signer", own
        return None if self.default_signer is None else ("defaultSigner", self.default_signer)

    def additional_signers(self, chain: str) -> list[tuple[str, SignerSettings]]:
        """Further keys that send transactions on a chain, each with its path in the settings."""
        return [
            (f"chains.{chain}.additionalSigners.{place}", item)
            for place, item in enumerate(self.chains[chain].additional_signers)
        ]

    @classmethod
    @abstractmethod
    def wanted_chains(cls, tree: Mapping[str, Any]) -> list[str]:
        """Chains of the configuration that this agent uses."""


class ValidatorSettings(AgentSettings):
    """A validator of one origin chain."""

    origin_chain_name: str
    validator: SignerSettings
    checkpoint_syncer: CheckpointSyncerSettings
    interval: float = Field(default=2, gt=0)
    """Seconds between looks at the tree; the origin chain's `index.interval` if not set."""
    max_sign_concurrency: int = Field(default=50, gt=0)
    skip_announce: bool = False
    allow_public_rpcs: bool = False
    additional_quorum_rpc_urls: tuple[RpcUrl, ...] = ()
    """URLs in addition to the origin chain's."""
    custom_additional_quorum_rpc_urls: Names = Field(default=(), repr=False)

    @model_validator(mode="before")
    @classmethod
    def _defaults_of_its_chain(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "originChainName" not in value:
            return value
        name = value["originChainName"]
        defaults = {"db": f"validator_db_{name}"}
        with suppress(KeyError, TypeError):  # not set, or refused with the chain's own settings
            defaults["interval"] = value["chains"][name]["index"]["interval"]
        return {**defaults, **value}

    @model_validator(mode="after")
    def _has_urls(self) -> "ValidatorSettings":
        tuple(map(check_url, self.custom_additional_quorum_rpc_urls))
        return self

    @property
    def additional_urls(self) -> tuple[str, ...]:
        """URLs of RPCs that only confirm roots: the chain's, and the validator's; each once."""
        own = tuple(map(check_url, self.custom_additional_quorum_rpc_urls)) or tuple(
            url.http for url in self.additional_quorum_rpc_urls
        )
        return each_once((*self.origin.additional_urls, *own))

    @property
    def origin(self) -> ChainSettings:
        """Chain that it signs for."""
        return self.chains[self.origin_chain_name]

    @classmethod
    def wanted_chains(cls, tree: Mapping[str, Any]) -> list[str]:
        return [str(tree["originChainName"])] if "originChainName" in tree else []


class RelayerSettings(AgentSettings):
    """A relayer between any of its chains."""

    db: str = Field(default="hyperlane_db", repr=False)
    relay_chains: Names = Field(min_length=1)
    allow_local_checkpoint_syncers: bool = False
    ignore_reorg_reports: bool = False
    allow_private_lookups: bool = False
    max_message_retries: int = Field(default=66, gt=0)
    whitelist: tuple[Rule, ...] = ()
    """Empty allows all messages."""
    blacklist: tuple[Rule, ...] = ()
    address_blacklist: tuple[bytes, ...] = ()
    gas_payment_enforcement: tuple[GasPaymentRule, ...] = (GasPaymentRule(),)
    igp_indexing_enabled: bool = True
    """False: gas payments are not read, so that no rule that requires one is ever met."""
    transaction_gas_limit: int | None = Field(default=None, gt=0)
    max_failed_gas: int = Field(default=5_000_000, gt=0)
    skip_transaction_gas_limit_for: Names = ()
    metric_app_contexts: tuple[tuple[str, tuple[Rule, ...]], ...] = ()
    commitments_port: int | None = Field(default=None, ge=0, lt=2**16)
    """Port of the commitment server. None: there is none."""
    commitments_host: str = "127.0.0.1"
    commitments_url: str = ""
    """Address at which others reach it, as the routers' URLs begin."""
    commitments_max_size: int = Field(default=64 * 1024, gt=0)
    """Bytes of one request."""
    commitments_max_count: int = Field(default=10_000, gt=0)
    """Sets of calls that are stored at once."""
    commitments_retention: float = Field(default=30 * 86_400, gt=0)
    """Seconds after which calls are forgotten."""

    @field_validator("whitelist", "blacklist", mode="before")
    @classmethod
    def _parse_matching_list(cls, value: Any, info: ValidationInfo) -> tuple[Rule, ...]:
        return parse_rules(str(info.field_name), value)

    @field_validator("address_blacklist", mode="before")
    @classmethod
    def _parse_address_blacklist(cls, value: Any) -> tuple[bytes, ...]:
        if not isinstance(value, str):
            raise ValueError("Input should be a valid string")
        return parse_addresses("addressBlacklist", value)

    @field_validator("gas_payment_enforcement", mode="before")
    @classmethod
    def _parse_gas_payments(cls, value: Any) -> tuple[GasPaymentRule, ...]:
        return parse_gas_payments(value)

    @field_validator("metric_app_contexts", mode="before")
    @classmethod
    def _parse_app_contexts(cls, value: Any) -> tuple[tuple[str, tuple[Rule, ...]], ...]:
        return parse_app_contexts(value)

    @model_validator(mode="after")
    def _commitments_have_a_url(self) -> "RelayerSettings":
        if self.commitments_port is not None:
            if not self.commitments_url:
                raise ValueError(
                    "commitmentsUrl: missing; expected where others reach commitmentsPort, such as"
                    " https://calls.example.com, as the routers' URLs begin"
                )
            check_url(self.commitments_url)
        return self

    @model_validator(mode="after")
    def _limited_chains_are_served(self) -> "RelayerSettings":
        self.unlimited_destinations  # noqa: B018 - refuses names of other chains
        return self

    @property
    def unlimited_destinations(self) -> frozenset[int]:
        """Domains in `skipTransactionGasLimitFor`, as chain names or, as formerly, domains."""
        domains = {chain.domain_id for chain in self.chains.values()}
        found = set()
        for name in self.skip_transaction_gas_limit_for:
            if name in self.chains:
                found.add(self.chains[name].domain_id)
            elif name.isdecimal() and int(name) in domains:
                found.add(int(name))
            else:
                raise ConfigError(
                    f"skipTransactionGasLimitFor: {name!r}: no destination chain of this relayer;"
                    f" expected names out of {', '.join(self.chains)}"
                )
        return frozenset(found)

    @classmethod
    def wanted_chains(cls, tree: Mapping[str, Any]) -> list[str]:
        return _names(tree, "relayChains")


class KathySettings(AgentSettings):
    """A sender of canaries between all of its chains."""

    db: str = Field(default="kathy_db", repr=False)
    kathy_chains: Names = Field(min_length=2)
    interval: float = Field(default=600, gt=0)
    """Seconds between two canaries of one origin."""
    late_after: float = Field(default=1800, gt=0)
    """Seconds after which a canary that is not delivered is late."""
    max_in_flight: int = Field(default=1, gt=0)
    """Most canaries of one origin that are on their way to one destination."""
    allow_local_checkpoint_syncers: bool = False
    alert_webhook: Url | None = Field(default=None, repr=False)
    """Gets a JSON object by POST for each canary that is late, or delivered after that."""

    @model_validator(mode="after")
    def _chains_are_complete(self) -> "KathySettings":
        for at, name in enumerate(self.kathy_chains):
            if name in self.kathy_chains[:at]:
                raise ValueError(f"kathyChains: {name} stands twice: name each chain once")
            chain = self.chains[name]
            if chain.test_recipient is None:
                raise ValueError(
                    f"chains.{name}.testRecipient: missing; expected the address of a contract that"
                    " takes canaries, such as testRecipient of the registry's addresses"
                )
            if chain.daily_budget is None:
                raise ValueError(
                    f"chains.{name}.dailyBudget: missing; expected the most that canaries from"
                    f' {name} may cost a day, in its coin, such as "0.05"'
                )
        return self

    @classmethod
    def wanted_chains(cls, tree: Mapping[str, Any]) -> list[str]:
        return _names(tree, "kathyChains")


class StopSettings(SettingsModel):
    """A contract that the guardian stops when a delivery was forged, and the key that it uses."""

    chain: str
    kind: Literal["pause", "blacklist"] = "pause"
    """`pause` calls `pause()`; `blacklist` lists the forged message in a `BlacklistIsm`."""
    contract: AddressField
    signer: SignerSettings
    origins: Names = ()
    """Origins whose forged messages make the guardian stop it; empty: all."""
    recipients: AddressList = ()
    """Recipients whose forged messages make the guardian stop it; empty: all. Then anybody can
    cause the stop, by a forged message to a contract of its own."""


class WatchtowerSettings(AgentSettings):
    """A watchtower over the validators of any of its chains."""

    db: str = Field(default="watchtower_db", repr=False)
    watch_chains: Names = Field(min_length=1)
    allow_local_checkpoint_syncers: bool = False
    alert_webhook: Url | None = Field(default=None, repr=False)
    """Gets a JSON object by POST for each fault."""
    interval: float = Field(default=5, gt=0)
    """Seconds between two looks at all storages."""
    censorship_margin: float = Field(default=600, ge=0)
    """Seconds that an operator may be late beyond the contracts' grace period."""
    watch_deliveries: Names = ()
    """Destinations whose deliveries are compared with what the origins, `watchChains`, sent."""
    delivery_interval: float | None = Field(default=None, gt=0)
    """Seconds between two looks at deliveries. None: each chain's own interval."""
    stops: tuple[StopSettings, ...] = ()
    """Contracts that are stopped when a delivery was forged. Empty: there are only alerts."""
    validator_rpc_hosts: Names = ()
    """Hosts of RPCs that validators are known to use: the guardian does not start if it uses
    one."""

    @field_validator("validator_rpc_hosts")
    @classmethod
    def _are_hosts(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for host in value:
            check_url(host if "://" in host else f"https://{host}")
        return value

    @model_validator(mode="after")
    def _stops_are_complete(self) -> "WatchtowerSettings":
        if (self.stops or self.validator_rpc_hosts) and not self.watch_deliveries:
            raise ValueError(
                "stops and validatorRpcHosts need watchDeliveries, which is empty: name the"
                " destinations there"
            )
        for at, stop in enumerate(self.stops):
            for name in stop.origins:
                if name not in self.watch_chains:
                    raise ValueError(
                        f"stops.{at}.origins: {name!r} is none of watchChains, so its messages"
                        " would not be judged: add it there, or take it out here"
                    )
            if any(_same_stop(stop, other) for other in self.stops[:at]):
                raise ValueError(
                    f"stops.{at}: stands twice, by chain, contract and signer: remove one"
                )
        return self

    @property
    def watched_destinations(self) -> tuple[str, ...]:
        """Chains whose modules are watched, for messages of the others among `watchChains`."""
        return tuple(dict.fromkeys((*self.watch_chains, *self.watch_deliveries)))

    @classmethod
    def wanted_chains(cls, tree: Mapping[str, Any]) -> list[str]:
        stops = tree.get("stops")
        chains = [
            str(item["chain"])
            for item in (stops if isinstance(stops, list) else ())
            if isinstance(item, dict) and "chain" in item
        ]
        names = [*_names(tree, "watchChains"), *_names(tree, "watchDeliveries"), *chains]
        return list(dict.fromkeys(names))

    @property
    def guarded_chains(self) -> tuple[str, ...]:
        """Chains that the guardian reads or sends stops to; none without `watchDeliveries`."""
        if not self.watch_deliveries:
            return ()
        stopped = (stop.chain for stop in self.stops)
        return tuple(dict.fromkeys((*self.watch_chains, *self.watch_deliveries, *stopped)))


def _same_stop(first: StopSettings, second: StopSettings) -> bool:
    return (first.chain, first.contract, first.signer) == (
        second.chain,
        second.contract,
        second.signer,
    )


class ScraperSettings(AgentSettings):
    """A scraper of any of its chains, which serves the explorer and its API."""

    db: str = Field(default="scraper_db", repr=False)
    chains_to_scrape: Names = Field(min_length=1)
    explorer_port: int | None = Field(default=8080, ge=0, lt=2**16)
    """None: only the database is filled."""
    explorer_host: str = "127.0.0.1"
    explorer_allowed_hosts: Names = ()
    """Host names that requests for the explorer may use, besides `localhost` and addresses."""
    explorer_proxies: Names = ()
    """Addresses of proxies that are believed whom they ask for (`X-Forwarded-For`)."""
    explorer_rate: float = Field(default=20, gt=0)
    """Requests a second that one client address may send for long."""
    allow_local_checkpoint_syncers: bool = False
    relayers: Names = ()
    """Addresses of relayers' pages, which tell what they tried and when they will try again."""
    registry: Path | None = None
    """Folder of a registry, for names of warp routes."""
    interval: float = Field(default=15, gt=0)
    """Seconds between two looks at all validators' storages."""

    @field_validator("explorer_port", mode="before")
    @classmethod
    def _parse_none(cls, value: Any) -> Any:
        return None if value == "none" else value

    @field_validator("explorer_proxies")
    @classmethod
    def _proxies_are_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ip_network(each)
            except ValueError:  # such as `*`, which would believe every visitor
                raise ValueError(f"{each!r}: expected addresses of proxies") from None
        return value

    @field_validator("relayers")
    @classmethod
    def _relayers_are_urls(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(check_url, value))

    @classmethod
    def wanted_chains(cls, tree: Mapping[str, Any]) -> list[str]:
        return _names(tree, "chainsToScrape")


def _names(tree: Mapping[str, Any], key: str) -> list[str]:
    try:
        names = comma_list(tree.get(key, ()))
    except ValueError:
        return []  # the model says what is wrong
    return [str(name) for name in names] if isinstance(names, list | tuple) else []
