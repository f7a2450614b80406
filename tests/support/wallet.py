"""A browser wallet for tests: EIP-1193 over unlocked accounts of development chains."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page
from tests.support.devnet import Devnet

UNKNOWN_CHAIN, REFUSED = 4902, 4001

SCRIPT = """
window.ethereum = {
  async request({ method, params = [] }) {
    const { result, error } = await window.walletForTests(method, params);
    if (error) throw error;
    return result;
  },
};
"""


@dataclass
class Wallet:
    """Its account, and the chains that it knows."""

    account: str
    chains: Mapping[int, Devnet] = field(default_factory=dict)
    refuses: bool = False
    chosen: int | None = None
    asked: list[str] = field(default_factory=list)

    async def plug_into(self, page: Page) -> None:
        """Give the wallet to a tab, before it opens a page."""
        await page.expose_function("walletForTests", self.answer)
        await page.add_init_script(SCRIPT)

    async def answer(self, method: str, parameters: list[Any]) -> dict[str, Any]:
        """Result or error of a request."""
        self.asked.append(method)
        if method == "eth_requestAccounts":
            if self.refuses:
                return {"error": {"code": REFUSED, "message": "User rejected the request."}}
            return {"result": [self.account]}
        if method == "wallet_switchEthereumChain":
            wanted = int(parameters[0]["chainId"], 16)
            if wanted not in self.chains:
                return {"error": {"code": UNKNOWN_CHAIN, "message": "Unrecognized chain."}}
            self.chosen = wanted
            return {"result": None}
        assert self.chosen is not None
        return {"result": self.chains[self.chosen].rpc(method, *parameters)}
