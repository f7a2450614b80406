"""Settings of one chain and of the keys used on it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, model_validator
from pydantic.alias_generators import to_camel

from hyperlane.protocol.typecasts import Address
from hyperlane.settings.amounts import Coins
from hyperlane.settings.fields import AddressField, Names, SettingsModel, Url, check_url

if TYPE_CHECKING:
    from eth_account.signers.base import BaseAccount


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


class SignerSettings(SettingsModel):
    """A key: `{type: hexKey, key}`, `{type: keystore, path, passwordFile}`, or `{type: aws, id,
    region}` for one in AWS KMS."""

    type: Literal["hexKey", "keystore", "aws"] = "hexKey"
    key: SecretStr | None = None
    path: Path | None = None
    password_file: Path | None = None
    id: str | None = None
    region: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _infer_type(cls, value: Any) -> Any:
        if isinstance(value, dict) and "type" not in value:
            kinds = {"path": "keystore", "id": "aws", "region": "aws"}
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
        return self

    def account(self, field: str) -> "BaseAccount":
        """The account; ConfigError, naming `field`, when there is none in it.

        What it signs may take a network call: in agents, sign in a thread.
        """
        from hyperlane.chain.signer import account_from_key, account_from_keystore

        if self.type == "aws":
            from hyperlane.chain.kms import KmsAccount

            assert self.id is not None
            assert self.region is not None
            return KmsAccount(field, self.id, self.region)
        if self.type == "keystore":
            assert self.path is not None
            assert self.password_file is not None
            return account_from_keystore(field, self.path, self.password_file)
        assert self.key is not None
        return account_from_key(f"{field}.key", self.key.get_secret_value())


class RpcUrl(SettingsModel):
    """One RPC endpoint."""

    http: Url = Field(repr=False)
    public: bool = False
    """Serves anybody: a validator refuses it unless `allowPublicRpcs`."""


class BlockSettings(SettingsModel):
    """What is known of a chain's blocks."""

    reorg_period: Annotated[int | str, BeforeValidator(_reorg_period)] | None = None
    """None: what the node offers, `finalized` or else `safe`."""
    estimate_block_time: float | None = Field(default=None, gt=0)


class IndexSettings(SettingsModel):
    """How logs are read."""

    first_block: int | None = Field(default=None, alias="from")
    chunk: int = Field(default=1999, gt=0)
    interval: float | None = Field(default=None, gt=0)


class TransactionOverrides(SettingsModel):
    """Ceilings for what transactions may offer, wei."""

    max_fee_per_gas: int | None = Field(default=None, gt=0)
    max_priority_fee_per_gas: int | None = Field(default=None, ge=0)


class ChainSettings(SettingsModel):
    """One chain: registry metadata and addresses, and what agents add to them."""

    name: str
    chain_id: int = Field(gt=0)
    domain_id: int = Field(ge=0, lt=2**32)
    protocol: Literal["ethereum"] = "ethereum"
    rpc_urls: tuple[RpcUrl, ...] = ()
    custom_rpc_urls: Names = Field(default=(), repr=False)
    rpc_consensus_type: Literal["single", "fallback", "quorum", "majority"] | None = None
    """None: what suits the agent."""
    additional_quorum_rpc_urls: tuple[RpcUrl, ...] = ()
    """RPCs that a validator of this chain asks for roots only."""
    custom_additional_quorum_rpc_urls: Names = Field(default=(), repr=False)
    """As a comma list; replaces the former."""
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
    max_transaction_cost: Coins = 10**18
    """Most that one transaction may cost; above it, sending waits."""
    max_batch_size: int = Field(default=100, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _default_domain(cls, value: Any) -> Any:
        if isinstance(value, dict) and "domainId" not in value and "chainId" in value:
            return {**value, "domainId": value["chainId"]}
        return value

    @model_validator(mode="after")
    def _has_url(self) -> "ChainSettings":
        if not self.urls:
            raise ValueError("needs rpcUrls, a list of {http: URL}, or customRpcUrls")
        return self

    @property
    def urls(self) -> tuple[str, ...]:
        """Where to ask."""
        return tuple(map(check_url, self.custom_rpc_urls)) or tuple(
            url.http for url in self.rpc_urls
        )

    @property
    def contracts(self) -> dict[str, Address]:
        """Addresses of the contracts that agents use, by their key; those that are set."""
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
        """RPCs that only confirm roots."""
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
