"""Finds the blocks from which agents read, for chains whose metadata does not say."""

import asyncio
from typing import Any

from hyperlane.chain.client import ChainClient
from hyperlane.errors import ChainError, ConfigError
from hyperlane.protocol.typecasts import address_from_hex
from hyperlane.registry.agent_config import AgentConfig
from hyperlane.setup.probe import first_block


async def add_first_blocks(made: AgentConfig) -> None:
    """Adds `index.from`, the block of the Mailbox's deployment, where the registry lacks it.

    A chain whose nodes do not tell is left as it is, with a note.
    """
    await asyncio.gather(
        *(_add(name, chain, made.notes) for name, chain in made.chains.items() if _lacks(chain))
    )


def _lacks(chain: dict[str, Any]) -> bool:
    return "from" not in chain.get("index", {})


async def _add(name: str, chain: dict[str, Any], notes: list[str]) -> None:
    urls = [url["http"] for url in chain["rpcUrls"]]
    client = ChainClient(name, int(chain["chainId"]), urls)
    try:
        found = await first_block(client, address_from_hex(chain["mailbox"]))
    except (ChainError, ConfigError) as error:
        notes.append(
            f"chains.{name}.index.from: the registry has none and no node told ({error}); agents"
            " look for it when they start"
        )
        return
    finally:
        await client.close()
    chain["index"] = {**chain.get("index", {}), "from": found}
