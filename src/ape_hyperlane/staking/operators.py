"""Registration of an operator's signing key."""

from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount


def possession(chain_id: int, manager: str, operator: str, key: LocalAccount) -> bytes:
    """Proof that an operator holds a signing key: an EIP-712 signature for
    `StakingManager.register`."""
    domain = {
        "name": "Hyperlane Staking",
        "version": "1",
        "chainId": chain_id,
        "verifyingContract": manager,
    }
    types = {
        "Possession": [
            {"name": "operator", "type": "address"},
            {"name": "key", "type": "address"},
        ]
    }
    message = {"operator": operator, "key": key.address}
    return bytes(key.sign_message(encode_typed_data(domain, types, message)).signature)
