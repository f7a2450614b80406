"""`chains/<name>/metadata.yaml` and `addresses.yaml`: how to reach a chain, and what is on it.

Keys that we do not know are kept, so that a file survives being read and written.
"""

from typing import Annotated

from pydantic import Field, model_validator

from hyperlane.registry.models import FileModel, HexAddress

Uint32 = Annotated[int, Field(ge=0, lt=2**32)]


class RpcUrl(FileModel):
    """One endpoint of a chain."""

    http: str = Field(pattern=r"^https?://")


class NativeToken(FileModel):
    """What gas is paid in."""

    name: str = "Ether"
    symbol: str = "ETH"
    decimals: int = 18


class Blocks(FileModel):
    """The chain's rhythm and finality."""

    confirmations: Annotated[int, Field(ge=0)] = 1
    """Blocks to wait for before a transaction counts as mined."""
    reorg_period: Annotated[int, Field(ge=0)] | str = 1
    """Blocks behind the tip that are final, or a block tag such as `finalized`."""
    estimate_block_time: float | None = None
    """Seconds."""


class ChainMetadata(FileModel):
    """How to reach a chain."""

    name: str = Field(pattern=r"^[a-z][a-z0-9]*$")
    chain_id: Annotated[int, Field(gt=0)]
    domain_id: Uint32
    """The protocol's id of the chain; the chain id unless the file says otherwise."""
    protocol: str = "ethereum"
    display_name: str | None = None
    rpc_urls: Annotated[list[RpcUrl], Field(min_length=1)]
    native_token: NativeToken = NativeToken()
    blocks: Blocks = Blocks()

    @model_validator(mode="before")
    @classmethod
    def _domain_defaults_to_chain_id(cls, content: object) -> object:
        if isinstance(content, dict) and "chainId" in content:
            return {"domainId": content["chainId"], **content}
        return content


class ChainAddresses(FileModel):
    """What is deployed on a chain."""

    mailbox: HexAddress | None = None
    merkle_tree_hook: HexAddress | None = None
    interchain_gas_paymaster: HexAddress | None = None
    storage_gas_oracle: HexAddress | None = None
    protocol_fee: HexAddress | None = None
    aggregation_hook: HexAddress | None = None
    interchain_security_module: HexAddress | None = None
    validator_announce: HexAddress | None = None
    static_message_id_multisig_ism_factory: HexAddress | None = None
    static_merkle_root_multisig_ism_factory: HexAddress | None = None
    static_aggregation_ism_factory: HexAddress | None = None
    static_aggregation_hook_factory: HexAddress | None = None
    test_recipient: HexAddress | None = None
