"""Agent settings: the reference's JSON files, `HYP_*` environment variables and command line.

Later sources win: files in the order given, the environment, the command line. Keys are matched
without regard to case and separators. Keys nobody knows are let through, because one file serves
several agents, unless they look like a misspelling of a key that is missing.
"""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from hyperlane.errors import ConfigError, DecodeError
from hyperlane.protocol.typecasts import Address, address_from_hex

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


def _address(value: object) -> Address:
    if isinstance(value, bytes):
        return value
    try:
        return address_from_hex(str(value))
    except DecodeError as error:
        raise ValueError(str(error).partition(": ")[2]) from None


def _comma_list(value: object) -> object:
    """`a,b` or a JSON list in a string, as environment and command line have it."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return json.loads(value)
    return [item.strip() for item in value.split(",") if item.strip()]


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


def _url(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError("not an http:// or https:// URL")
    return value


AddressField = Annotated[Address, BeforeValidator(_address)]
Names = Annotated[tuple[str, ...], BeforeValidator(_comma_list)]
Url = Annotated[str, AfterValidator(_url)]


class _Model(BaseModel):
    model_config = ConfigDict(
        alias_generator=to_camel, frozen=True, extra="ignore", arbitrary_types_allowed=True
    )


class SignerSettings(_Model):
    """A key: `{type: hexKey, key}`, or `{type: keystore, path, passwordFile}`."""

    type: Literal["hexKey", "keystore"] = "hexKey"
    key: SecretStr | None = None
    path: Path | None = None
    password_file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _infer_type(cls, value: Any) -> Any:
        if isinstance(value, dict) and "type" not in value and "path" in value:
            return {**value, "type": "keystore"}
        return value

    @model_validator(mode="after")
    def _complete(self) -> "SignerSettings":
        if self.type == "hexKey" and self.key is None:
            raise ValueError("a signer of type hexKey needs key")
        if self.type == "keystore" and (self.path is None or self.password_file is None):
            raise ValueError("a signer of type keystore needs path and passwordFile")
        return self

    def account(self, field: str) -> "LocalAccount":
        """The account; ConfigError, naming `field`, when there is none in it."""
        from hyperlane.chain.signer import account_from_key, account_from_keystore

        if self.type == "keystore":
            assert self.path is not None
            assert self.password_file is not None
            return account_from_keystore(field, self.path, self.password_file)
        assert self.key is not None
        return account_from_key(f"{field}.key", self.key.get_secret_value())


class RpcUrl(_Model):
    """One RPC endpoint."""

    http: Url


class BlockSettings(_Model):
    """What is known of a chain's blocks."""

    reorg_period: Annotated[int | str, BeforeValidator(_reorg_period)] = 1
    estimate_block_time: float | None = Field(default=None, gt=0)


class IndexSettings(_Model):
    """How logs are read."""

    first_block: int | None = Field(default=None, alias="from")
    chunk: int = Field(default=1999, gt=0)
    interval: float | None = Field(default=None, gt=0)


class TransactionOverrides(_Model):
    """Ceilings for what transactions may offer, wei."""

    max_fee_per_gas: int | None = Field(default=None, gt=0)
    max_priority_fee_per_gas: int | None = Field(default=None, ge=0)


class ChainSettings(_Model):
    """One chain: registry metadata and addresses, and what agents add to them."""

    name: str
    chain_id: int = Field(gt=0)
    domain_id: int = Field(ge=0, lt=2**32)
    protocol: Literal["ethereum"] = "ethereum"
    rpc_urls: tuple[RpcUrl, ...] = ()
    custom_rpc_urls: Names = ()
    blocks: BlockSettings = BlockSettings()
    index: IndexSettings = IndexSettings()
    transaction_overrides: TransactionOverrides = TransactionOverrides()
    signer: SignerSettings | None = None
    mailbox: AddressField
    merkle_tree_hook: AddressField
    validator_announce: AddressField

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
        return tuple(map(_url, self.custom_rpc_urls)) or tuple(url.http for url in self.rpc_urls)

    @property
    def poll_interval(self) -> float:
        """Seconds between looks at the chain: `index.interval`, else half a block, at most 5."""
        if self.index.interval is not None:
            return self.index.interval
        block_time = self.blocks.estimate_block_time
        return 5.0 if block_time is None else min(5.0, max(0.2, block_time / 2))


class LogSettings(_Model):
    """How the program speaks."""

    format: Literal["json", "compact", "full", "pretty"] = "full"
    level: Literal["trace", "debug", "info", "warn", "error"] = "info"


class CheckpointSyncerSettings(_Model):
    """Where a validator writes."""

    type: Literal["localStorage"]
    path: Path


class AgentSettings(_Model):
    """What every agent has."""

    chains: dict[str, ChainSettings]
    db: str
    default_signer: SignerSettings | None = None
    metrics_port: int = Field(default=9090, ge=0, lt=2**16)
    metrics_host: str = "127.0.0.1"
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _names_match(self) -> "AgentSettings":
        for name, chain in self.chains.items():
            if chain.name != name:
                raise ValueError(f"chains.{name}.name: {chain.name!r} must be {name!r}")
        return self

    def signer(self, chain: str) -> "LocalAccount | None":
        """The key that sends transactions on a chain, None if none is set."""
        own = self.chains[chain].signer
        if own is not None:
            return own.account(f"chains.{chain}.signer")
        return None if self.default_signer is None else self.default_signer.account("defaultSigner")


class ValidatorSettings(AgentSettings):
    """A validator of one origin chain."""

    origin_chain_name: str
    validator: SignerSettings
    checkpoint_syncer: CheckpointSyncerSettings
    interval: float = Field(default=2, gt=0)
    max_sign_concurrency: int = Field(default=50, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _default_db(cls, value: Any) -> Any:
        if isinstance(value, dict) and "db" not in value and "originChainName" in value:
            return {**value, "db": f"validator_db_{value['originChainName']}"}
        return value

    @property
    def origin(self) -> ChainSettings:
        """The chain it signs for."""
        return self.chains[self.origin_chain_name]

    @classmethod
    def wanted_chains(cls, tree: Mapping[str, Any]) -> list[str]:
        """Chains of the configuration that this agent uses."""
        return [str(tree["originChainName"])] if "originChainName" in tree else []


class RelayerSettings(AgentSettings):
    """A relayer between any of its chains."""

    db: str = "hyperlane_db"
    relay_chains: Names = Field(min_length=1)
    allow_local_checkpoint_syncers: bool = False
    ignore_reorg_reports: bool = False
    max_message_retries: int = Field(default=66, gt=0)
    whitelist: Any = None
    blacklist: Any = None

    @classmethod
    def wanted_chains(cls, tree: Mapping[str, Any]) -> list[str]:
        """Chains of the configuration that this agent uses."""
        names = _comma_list(tree.get("relayChains", ()))
        return [str(name) for name in names] if isinstance(names, list | tuple) else []


Settings = TypeVar("Settings", ValidatorSettings, RelayerSettings)


def load_settings(
    model: type[Settings],
    files: Sequence[Path],
    environment: Mapping[str, str],
    overrides: Sequence[str] = (),
) -> Settings:
    """Read all sources; ConfigError, one line naming key and value, for what is wrong.

    `overrides` are command line words: `--chains.a.signer.key 0x…` or `--relayChains=a,b`.
    """
    names = _known_names(model)
    tree: dict[str, Any] = {}
    for path in [*_shared_files(environment), *files]:
        _merge(tree, _canonical(_read_json(path), names))
    for variable in sorted(environment):
        if variable.startswith("HYP_"):
            parts = variable.removeprefix("HYP_").lower().split("_")
            _merge(tree, _canonical(_nested(variable, parts, environment[variable]), names))
    for key, value in _options(overrides):
        nested = _canonical(_nested(f"--{key}", key.split("."), value), names)
        if not set(nested) <= _aliases(model):
            raise ConfigError(f"--{key}: no such setting{_guess(key, _aliases(model))}")
        _merge(tree, nested)
    _report_misspelling("", tree, model)
    _select_chains(tree, model)
    try:
        return model.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(_one_line(error)) from None


def _select_chains(tree: dict[str, Any], model: type[Settings]) -> None:
    """Keep the chains that the agent uses: a shared file may hold others, of other kinds."""
    chains = tree.get("chains")
    if not isinstance(chains, dict):
        raise ConfigError("chains: missing; expected an object of chain name to settings")
    for name in model.wanted_chains(tree):
        if not isinstance(chains.get(name), dict):
            raise ConfigError(f"chains.{name}: missing; the configuration has {_listed(chains)}")
        chains[name].setdefault("name", name)
        _report_misspelling(f"chains.{name}.", chains[name], ChainSettings)
    wanted = set(model.wanted_chains(tree))
    tree["chains"] = {name: chain for name, chain in chains.items() if name in wanted}


def _shared_files(environment: Mapping[str, str]) -> list[Path]:
    return [Path(name) for name in environment.get("CONFIG_FILES", "").split(",") if name]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise ConfigError(f"{path}: not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: a {type(content).__name__}, expected a JSON object")
    return content


def _nested(source: str, parts: Sequence[str], value: str) -> dict[str, Any]:
    if not all(parts):
        raise ConfigError(f"{source}: not a path of setting names")
    tree: Any = value
    for part in reversed(parts):
        tree = {part: tree}
    nested: dict[str, Any] = tree
    return nested


def _options(words: Sequence[str]) -> Iterable[tuple[str, str]]:
    remaining = iter(words)
    for word in remaining:
        if not word.startswith("--"):
            raise ConfigError(f"{word}: not a setting; expected --name value")
        key, equals, value = word.removeprefix("--").partition("=")
        if not equals:
            following = next(remaining, None)
            if following is None:
                raise ConfigError(f"--{key}: a value is missing")
            value = following
        yield key, value


def _merge(tree: dict[str, Any], addition: dict[str, Any]) -> None:
    for key, value in addition.items():
        if isinstance(value, dict) and isinstance(tree.get(key), dict):
            _merge(tree[key], value)
        else:
            tree[key] = value


def _flat(key: str) -> str:
    return key.replace("_", "").replace("-", "").lower()


def _canonical(value: Any, names: Mapping[str, str]) -> Any:
    """The same tree with every key in the spelling of the models."""
    if isinstance(value, dict):
        return {names.get(_flat(key), key): _canonical(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item, names) for item in value]
    return value


def _aliases(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _known_names(model: type[BaseModel]) -> dict[str, str]:
    models = (
        model, ChainSettings, SignerSettings, RpcUrl, BlockSettings, IndexSettings,
        TransactionOverrides, LogSettings, CheckpointSyncerSettings,
    )  # fmt: skip
    return {_flat(alias): alias for item in models for alias in _aliases(item)}


def _report_misspelling(prefix: str, tree: Mapping[str, Any], model: type[BaseModel]) -> None:
    missing = _aliases(model) - set(tree)
    for key in sorted(set(tree) - _aliases(model)):
        guess = _guess(key, missing)
        if guess:
            raise ConfigError(f"{prefix}{key}: no such setting{guess}")


def _guess(key: str, names: Iterable[str]) -> str:
    near = difflib.get_close_matches(key, names, n=1, cutoff=0.86)
    return f"; did you mean {near[0]}?" if near else ""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"


def _one_line(error: ValidationError) -> str:
    """The first problem, by key. Values near keys and passwords are never shown."""
    problem = error.errors()[0]
    key = ".".join(str(part) for part in problem["loc"])
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "missing":
        message = "missing"
    given = problem["input"]
    secret = any(part in ("signer", "validator", "defaultSigner") for part in problem["loc"])
    if isinstance(given, str | int | float) and not secret:
        message = f"{given!r}: {message}"
    more = error.error_count() - 1
    return f"{key}: {message}" + (f" (and {more} more)" if more else "") if key else message
