"""Types of tokens in deploy files: standards, required and optional keys, delivery gas."""

STANDARDS = {
    "native": "EvmHypNative",
    "collateral": "EvmHypCollateral",
    "synthetic": "EvmHypSynthetic",
    "collateralVault": "EvmHypOwnerCollateral",
    "collateralVaultRebase": "EvmHypRebaseCollateral",
    "syntheticRebase": "EvmHypSyntheticRebase",
    "collateralFiat": "EvmHypCollateralFiat",
    "xERC20": "EvmHypXERC20",
    "xERC20Lockbox": "EvmHypXERC20Lockbox",
    "collateralUri": "EvmHypCollateral",
    "syntheticUri": "EvmHypSynthetic",
    "crossCollateral": "EvmHypCrossCollateralRouter",
    "collateralCctp": "EvmHypCollateral",
    "collateralOft": "EvmHypCollateral",
}
"""Token standard in config files, by token type in deploy files."""

SYNTHETIC = ("synthetic", "syntheticRebase", "syntheticUri")
"""Types whose router is the token itself."""

URI_TYPES = ("collateralUri", "syntheticUri")
"""Types that only exist for NFTs."""

NFT_TYPES = ("collateral", "synthetic", *URI_TYPES)

MOVABLE = ("native", "collateral", "crossCollateral")
"""Types whose collateral rebalancers may move."""

OWN_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    **dict.fromkeys((*SYNTHETIC, "native"), ((), ())),
    "crossCollateral": (
        ("token",),
        ("crossCollateralRouters", "rebalanceTargets", "rebalanceRecipients"),
    ),
    "collateralCctp": (
        ("token", "cctpVersion", "messageTransmitter", "tokenMessenger", "urls"),
        ("minFinalityThreshold", "maxFeeBps"),
    ),
    "collateralOft": (("token", "oft", "domainMappings"), ("extraOptions",)),
}
"""Required and optional keys by type, of the keys in `SPECIAL_KEYS`."""

JUST_TOKEN = (("token",), ())
"""Required and optional keys of all other types."""

SPECIAL_KEYS = {key for pair in OWN_KEYS.values() for keys in pair for key in keys}
"""Keys that only some types have."""

MAX_DECIMALS = 77
"""The most decimals for which a whole token fits into a uint256."""

OFT_KEYS = {
    *("type", "owner", "token", "oft", "domain_mappings", "extra_options"),
    *("name", "symbol", "decimals", "mailbox", "contract_version"),
}
"""All keys of an OFT bridge. LayerZero delivers its transfers, so it has no hooks, modules or fees.
`mailbox` is only accepted because other tools write it."""

DELIVERY_GAS = {
    "native": 60_000,
    "synthetic": 75_000,
    "collateral": 80_000,
    "xERC20": 120_000,
    "collateralFiat": 130_000,
    "syntheticRebase": 90_000,
    "syntheticUri": 250_000,
    "collateralUri": 120_000,
    "xERC20Lockbox": 200_000,
    "collateralVault": 300_000,
    "collateralVaultRebase": 250_000,
    "crossCollateral": 85_000,
    "collateralCctp": 300_000,
    "collateralOft": 0,
}
"""Default gas limit of deliveries, by type; `gas` and `destinationGas` override it."""
