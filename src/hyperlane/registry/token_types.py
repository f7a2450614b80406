"""Types of tokens in deploy files: what each is called, needs, may have, and takes to deliver."""

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
"""Token type in a deploy file to token standard in a config file."""

SYNTHETIC = ("synthetic", "syntheticRebase", "syntheticUri")
"""Types that are a token themselves and need none."""

URI_TYPES = ("collateralUri", "syntheticUri")
"""Types of NFTs only."""

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
"""By type, of the keys that not all types have, those that it needs and those that it may have."""

JUST_TOKEN = (("token",), ())
"""The like of all other types."""

SPECIAL_KEYS = {key for keys in OWN_KEYS.values() for each in keys for key in each}

MAX_DECIMALS = 77
"""A whole token of more would be no uint256."""

OFT_KEYS = {
    *("type", "owner", "token", "oft", "domain_mappings", "extra_options"),
    *("name", "symbol", "decimals", "mailbox", "contract_version"),
}
"""All that an OFT bridge has: LayerZero delivers, and nothing of ours is asked or paid. Other tools
write `mailbox`."""

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
"""What a delivery is allowed unless `gas` or `destinationGas` says more."""
