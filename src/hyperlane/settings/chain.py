"""Settings of one chain and of the keys used on it."""

import re
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator
from pydantic.alias_generators import to_camel

from hyperlane.protocol.typecasts import Address
from hyperlane.settings.amounts import Coins
from hyperlane.settings.fields import (
    AddressField,
    AddressList,
    Names,
    SettingsModel,
    Url,
    check_url,
    each_once,
)


def _reorg_period(value: object) -> object:
    """A number of blocks, or a tag."""
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    tags = ("finalized", "safe", "latest", "earliest", "pending")
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("not a number of blocks or a block tag")
    if isinstance(value, str) and value not in tags:
        raise ValueError(f"not a number of blocks or one of {', '.join(tags)}")
    if isinstance(value, int) and value < 0:
        raise ValueError("must not be negative")
    return value


_KEY_VERSION = re.compile(
    r"projects/[\w.:-]+/locations/[\w-]+/keyRings/[\w-]+/cryptoKeys/[\w-]+/cryptoKeyVersions/\d+",
    re.ASCII,
)


class SignerSettings(SettingsModel):
    """A key: `{type: hexKey, key}`, `{type: keystore, path, passwordFile}`, or `{type: aws, id,
    region}` and `{type: gcp, keyVersionName}` for one in the KMS of Amazon or Google."""

    type: Literal["hexKey", "keystore", "aws", "gcp"] = "hexKey"
    key: SecretStr | None = None
    path: Path | None = None
    password_file: Path | None = None
    id: str | None = None
    region: str | None = None
    key_version_name: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _infer_type(cls, value: Any) -> Any:
        if isinstance(value, dict) and "type" not in value:
            kinds = {"path": "keystore", "id": "aws", "region": "aws", "keyVersionName": "gcp"}
            inferred = [kind for key, kind in kinds.items() if key in value]
            return {**value, "type": inferred[0]} if inferred else value
        return value

    @model_validator(mode="after")
    def _complete(self) -> "SignerSettings":
        if self.type == "hexKey" and self.key is None:
            raise ValueError("a signer of type hexKey needs key")
        if self.type == "keystore" and (self.path is None or self.password_file is None):
            raise ValueError("a signer of type keystore needs path and passwordFile")
        if self.type == "aws" and not (self.id and self.region):
            raise ValueError("a signer of type aws needs id and region")
        if self.type == "gcp" and not _KEY_VERSION.fullmatch(self.key_version_name or ""):
            raise ValueError(
                "a signer of type gcp needs keyVersionName, as in projects/…/locations/…/keyRings/…"
                "/cryptoKeys/…/cryptoKeyVersions/1"
            )
        return self


class RpcUrl(SettingsModel):
    """One RPC endpoint."""

    http: Url = Field(repr=False)
    public: bool = False
    """Whether it serves anybody: a validator refuses it unless `allowPublicRpcs`."""


class BlockSettings(SettingsModel):
    """Finality and block time of a chain."""

    reorg_period: Annotated[int | str, BeforeValidator(_reorg_period)] | None = None
    """None: the safest that the node offers, `finalized` or else `safe`."""
    estimate_block_time: float | None = Field(default=None, gt=0)


class IndexSettings(SettingsModel):
    """First block and chunk size of log queries, and the intervals between looks."""

    first_block: int | None = Field(default=None, alias="from")
    chunk: int = Field(default=1999, gt=0)
    interval: float | None = Field(default=None, gt=0)
    idle_interval: float | None = Field(default=None, gt=0)
    """Seconds between looks while nothing happens."""


class TransactionOverrides(SettingsModel):
    """Fees in wei per gas, and gas limits of transactions: see `hyperlane.chain.overrides`."""

    gas_price: int | None = Field(default=None, gt=0)
    gas_limit: int | None = Field(default=None, gt=0)
    min_gas_price: int | None = Field(default=None, ge=0)
    max_fee_per_gas: int | None = Field(default=None, gt=0)
    min_fee_per_gas: int | None = Field(default=None, ge=0)
    max_priority_fee_per_gas: int | None = Field(default=None, ge=0)
    min_priority_fee_per_gas: int | None = Field(default=None, ge=0)
    gas_price_multiplier_numerator: int | None = Field(default=None, gt=0)
    gas_price_multiplier_denominator: int | None = Field(default=None, gt=0)
    gas_price_cap_multiplier: int | None = Field(default=None, gt=0)
    gas_price_cap: int | None = Field(default=None, gt=0)
    gas_limit_multiplier_numerator: int | None = Field(default=None, gt=0)
    gas_limit_multiplier_denominator: int | None = Field(default=None, gt=0)
    gas_limit_cap: int | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _agree(self) -> "TransactionOverrides":
        for lower, upper in _ORDERED:
            low, high = getattr(self, lower), getattr(self, upper)
            if low is not None and high is not None and low > high:
                raise ValueError(
                    f"{to_camel(lower)} {low} is above {to_camel(upper)} {high}: no transaction"
                    " could keep to both"
                )
        for what in ("gas_price_multiplier", "gas_limit_multiplier"):
            names = [f"{what}_numerator", f"{what}_denominator"]
            given = [name for name in names if getattr(self, name) is not None]
            if len(given) == 1:
                (missing,) = set(names) - set(given)
                raise ValueError(f"{to_camel(given[0])} needs {to_camel(missing)} beside it")
        numerator, denominator = (
            self.gas_limit_multiplier_numerator or 1,
            self.gas_limit_multiplier_denominator or 1,
        )
        if numerator < denominator:
            raise ValueError(
                f"gasLimitMultiplierNumerator {numerator} is below gasLimitMultiplierDenominator"
                f" {denominator}: transactions would get less gas than they need"
            )
        return self


_ORDERED = (
    ("gas_price", "gas_price_cap"),
    ("min_gas_price", "gas_price"),
    ("min_gas_price", "gas_price_cap"),
    ("max_fee_per_gas", "gas_price_cap"),
    ("min_fee_per_gas", "max_fee_per_gas"),
    ("min_fee_per_gas", "gas_price_cap"),
    ("max_priority_fee_per_gas", "max_fee_per_gas"),
    ("max_priority_fee_per_gas", "gas_price_cap"),
    ("min_priority_fee_per_gas", "max_priority_fee_per_gas"),
    ("min_priority_fee_per_gas", "max_fee_per_gas"),
    ("min_priority_fee_per_gas", "gas_price_cap"),
    ("gas_limit", "gas_limit_cap"),
)
"""Pairs of overrides of which the first must not be above the second."""


class ChainSettings(SettingsModel):
    """One chain: registry metadata and addresses, and what agents add to them."""

    name: str
    chain_id: int = Field(gt=0)
    domain_id: int = Field(ge=0, lt=2**32)
    protocol: Literal["ethereum"] = "ethereum"
    rpc_urls: tuple[RpcUrl, ...] = ()
    custom_rpc_urls: Names = Field(default=(), repr=False)
    rpc_consensus_type: Literal["single", "fallback", "quorum", "majority"] | None = None
    """None: the agent's default."""
    additional_quorum_rpc_urls: tuple[RpcUrl, ...] = ()
    """RPCs that a validator of this chain asks for roots only."""
    custom_additional_quorum_rpc_urls: Names = Field(default=(), repr=False)
    """The same as a comma list; replaces the former."""
    ignore_reorg_reports: bool = False
    """A relayer delivers messages of this chain though a validator of the set reported a reorg."""
    blocks: BlockSettings = BlockSettings()
    index: IndexSettings = IndexSettings()
    transaction_overrides: TransactionOverrides = TransactionOverrides()
    signer: SignerSettings | None = None
    mailbox: AddressField
    merkle_tree_hook: AddressField
    validator_announce: AddressField
    interchain_gas_paymaster: AddressField | None = None
    staking_manager: AddressField | None = None
    """Stake behind the validators of this chain, if there is any."""
    challenge_budget: int | None = Field(default=None, gt=0)
    """Most that a watchtower's open and answered challenges may cost together, in the smallest unit
    of the stake token. None: it challenges nobody."""
    watched_recipients: AddressList = ()
    """Recipients, such as routers, whose modules a watchtower watches for spare signers."""
    test_recipient: AddressField | None = None
    """Contract that takes canaries."""
    daily_budget: Coins | None = None
    """Most that canaries from this chain may cost in a day (UTC), fees and gas together."""
    max_transaction_cost: Coins = 10**18
    """Most that one transaction may cost; above it, sending waits."""
    max_batch_size: int = Field(default=100, gt=0)
    native_token: dict[str, Any] = Field(default_factory=dict)
    """Its coin, as the registry describes it: name, symbol, decimals."""
    is_testnet: bool = False
    block_explorers: tuple[dict[str, Any], ...] | None = None
    """Pages about the chain by others, as the registry describes them: name and url."""

    @model_validator(mode="before")
    @classmethod
    def _default_domain(cls, value: Any) -> Any:
        if isinstance(value, dict) and "domainId" not in value and "chainId" in value:
            return {**value, "domainId": value["chainId"]}
        return value

    @field_validator("interchain_gas_paymaster")
    @classmethod
    def _zero_is_none(cls, paymaster: Address | None) -> Address | None:
        """The reference's tool writes the zero address for a chain without a paymaster."""
        return paymaster if paymaster and any(paymaster) else None

    @model_validator(mode="after")
    def _has_url(self) -> "ChainSettings":
        if not self.urls:
            raise ValueError("needs rpcUrls, a list of {http: URL}, or customRpcUrls")
        tuple(map(check_url, self.custom_additional_quorum_rpc_urls))
        return self

    @property
    def urls(self) -> tuple[str, ...]:
        """URLs of the chain; each once, as none may count twice where several have to agree."""
        return each_once(self.listed_urls)

    @property
    def listed_urls(self) -> tuple[str, ...]:
        """URLs of the chain as they are listed, so that some may be the same."""
        return tuple(map(check_url, self.custom_rpc_urls)) or tuple(
            url.http for url in self.rpc_urls
        )

    @property
    def urls_setting(self) -> str:
        """Path of the setting that lists the URLs."""
        return f"chains.{self.name}." + ("customRpcUrls" if self.custom_rpc_urls else "rpcUrls")

    @property
    def block_explorer(self) -> tuple[str, str] | None:
        """Name and URL of the first block explorer that has a URL for browsers."""
        for each in self.block_explorers or ():
            url = str(each.get("url", ""))
            with suppress(ValueError):
                return str(each.get("name") or "block explorer"), check_url(url).rstrip("/")
        return None

    @property
    def coin(self) -> str:
        """Symbol of its coin, if known: text of whoever wrote the metadata."""
        return str(self.native_token.get("symbol", ""))

    @property
    def contracts(self) -> dict[str, Address]:
        """Addresses of the configured contracts, by key."""
        names = (
            "mailbox", "merkle_tree_hook", "validator_announce", "interchain_gas_paymaster",
            "staking_manager",
        )  # fmt: skip
        return {
            to_camel(name): address
            for name in names
            if (address := getattr(self, name)) is not None
        }

    @property
    def additional_urls(self) -> tuple[str, ...]:
        """URLs of RPCs that only confirm roots."""
        return tuple(map(check_url, self.custom_additional_quorum_rpc_urls)) or tuple(
            url.http for url in self.additional_quorum_rpc_urls
        )

    @property
    def poll_interval(self) -> float:
        """Seconds between looks at the chain: `index.interval`, else half a block, at most 5."""
        if self.index.interval is not None:
            return self.index.interval
        block_time = self.blocks.estimate_block_time
        return 5.0 if block_time is None else min(5.0, max(0.2, block_time / 2))

    @property
    def idle_interval(self) -> float:
        """Seconds between looks while nothing happens: `index.idleInterval`, else 5 or a block."""
        if self.index.idle_interval is not None:
            return self.index.idle_interval
        return max(5.0, self.blocks.estimate_block_time or 0.0)
