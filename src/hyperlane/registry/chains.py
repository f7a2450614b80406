"""Models of a chain's `metadata.yaml` and `addresses.yaml`, in the reference's format."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from hyperlane.errors import ConfigError
from hyperlane.registry.models import FileModel, HexAddress

CHAIN_NAME = "^[a-z][a-z0-9]*$"
BLOCK_TAGS = ("earliest", "latest", "pending", "safe", "finalized")


def _reorg_period(value: object) -> object:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    if value in BLOCK_TAGS or (type(value) is int and value >= 0):
        return value
    raise ValueError(f"{value!r} is neither a number of blocks nor one of {', '.join(BLOCK_TAGS)}")


ChainName = Annotated[str, StringConstraints(pattern=CHAIN_NAME)]
Domain = Annotated[int, Field(strict=True, gt=0, lt=2**32)]


class RpcUrl(FileModel):
    """An RPC endpoint."""

    http: Annotated[str, StringConstraints(pattern="^https?://")]
    web_socket: str | None = None


class NativeToken(FileModel):
    """The native coin, which gas is paid in."""

    name: str
    symbol: str
    decimals: int = Field(ge=0, le=255)
    denom: str | None = None


ETHER = NativeToken(name="Ether", symbol="ETH", decimals=18)


class Blocks(FileModel):
    """Block time and finality."""

    confirmations: int = Field(default=1, ge=0)
    reorg_period: Annotated[int | str, BeforeValidator(_reorg_period)] | None = None
    estimate_block_time: float | None = Field(default=None, gt=0)


class Index(FileModel):
    """First block of log indexing."""

    from_block: int | None = Field(default=None, alias="from")


class ChainProtocol(FileModel):
    """Protocol of a chain."""

    protocol: str = "ethereum"


class ChainIdentity(ChainProtocol):
    """The part of `metadata.yaml` that chains of all protocols share."""

    name: ChainName
    domain_id: Domain


class ChainMetadata(FileModel):
    """`chains/<name>/metadata.yaml`."""

    name: ChainName
    chain_id: int | str
    domain_id: Domain
    protocol: str = "ethereum"
    rpc_urls: list[RpcUrl] = Field(min_length=1)
    display_name: str | None = None
    native_token: NativeToken | None = None
    blocks: Blocks | None = None
    index: Index | None = None
    is_testnet: bool | None = None
    technical_stack: str | None = None

    @model_validator(mode="after")
    def _number_chains(self) -> "ChainMetadata":
        evm_chain_id = isinstance(self.chain_id, int) and self.chain_id > 0
        if self.protocol == "ethereum" and not evm_chain_id:
            raise ValueError(f"chainId: {self.chain_id!r}, expected a positive number")
        return self


class ChainAddresses(FileModel):
    """`chains/<name>/addresses.yaml`: the deployed contracts."""

    mailbox: HexAddress
    merkle_tree_hook: HexAddress | None = None
    validator_announce: HexAddress | None = None
    interchain_gas_paymaster: HexAddress | None = None
    storage_gas_oracle: HexAddress | None = None
    interchain_security_module: HexAddress | None = None
    protocol_fee: HexAddress | None = None
    aggregation_hook: HexAddress | None = None
    pausable_hook: HexAddress | None = None
    pausable_ism: HexAddress | None = None
    guarded_pausable_hook: HexAddress | None = None
    fallback_routing_hook: HexAddress | None = None
    op_stack_hook: HexAddress | None = None
    op_stack_ism: HexAddress | None = None
    arb_l2_to_l1_hook: HexAddress | None = Field(default=None, alias="arbL2ToL1Hook")
    arb_l2_to_l1_ism: HexAddress | None = Field(default=None, alias="arbL2ToL1Ism")
    ccip_hook: HexAddress | None = None
    ccip_ism: HexAddress | None = None
    erc5164_hook: HexAddress | None = None
    erc5164_ism: HexAddress | None = None
    domain_routing_ism: HexAddress | None = None
    domain_routing_ism_factory: HexAddress | None = None
    incremental_domain_routing_ism_factory: HexAddress | None = None
    static_aggregation_ism: HexAddress | None = None
    static_aggregation_ism_factory: HexAddress | None = None
    static_aggregation_hook_factory: HexAddress | None = None
    static_merkle_root_multisig_ism_factory: HexAddress | None = None
    static_message_id_multisig_ism_factory: HexAddress | None = None
    static_merkle_root_weighted_multisig_ism_factory: HexAddress | None = None
    static_message_id_weighted_multisig_ism_factory: HexAddress | None = None
    interchain_account_router: HexAddress | None = None
    erc7786_gateway: HexAddress | None = None
    proxy_admin: HexAddress | None = None
    timelock_controller: HexAddress | None = None
    quoted_calls: HexAddress | None = None
    batch_contract_address: HexAddress | None = None
    checkpoint_fraud_proofs: HexAddress | None = None
    staking_manager: HexAddress | None = None
    checkpoint_slasher: HexAddress | None = None
    censorship_challenges: HexAddress | None = None
    test_recipient: HexAddress | None = None
    test_token_recipient: HexAddress | None = None

    @model_validator(mode="before")
    @classmethod
    def _empty_is_missing(cls, value: Any) -> Any:
        """Other tools write an empty text for a contract that is not there."""
        if isinstance(value, dict):
            return {key: address for key, address in value.items() if address != ""}
        return value

    def require(self, chain: str, key: str) -> str:
        """Address under a `key` of the file. ConfigError if it is missing."""
        address = self.as_file().get(key)
        if address is None:
            raise ConfigError(f"chains/{chain}/addresses.yaml: {key}: required, but missing")
        return str(address)
