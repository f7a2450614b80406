"""Finding the block in which a contract was deployed: where reading its logs begins.

A contract's own `deployedBlock()` is `block.number` of that moment. On chains whose contracts see
another chain's block numbers there, as on Arbitrum those of Ethereum, it is no number of a block of
the chain itself. So it is only a hint here.
"""

import structlog

from hyperlane.chain.abi import Function
from hyperlane.chain.client import ChainClient, NoAnswer, Reverted
from hyperlane.errors import ChainError
from hyperlane.protocol.typecasts import Address, to_checksum

log = structlog.get_logger()


async def deployment_block(
    client: ChainClient, contract: Address, deployed_block: Function, head: int
) -> int:
    """The first block, up to `head`, in which the contract can have logged something.

    The hint is right if the code appears in that very block. Otherwise the block is searched by
    bisection, which takes some 30 calls. Nodes that pruned old states cannot answer either: then
    the hint is taken, or block 0 if it is beyond `head`.
    """
    try:
        hint: int = await client.call(contract, deployed_block)
    except (NoAnswer, Reverted):
        hint = 0
    try:
        if hint <= head and await _appears_in(client, contract, hint):
            return hint
        return await _search(client, contract, head)
    except ChainError as error:
        first = hint if hint <= head else 0
        log.warning(
            "index.start_assumed",
            chain=client.name,
            contract=to_checksum(contract),
            block=first,
            error=str(error),
        )
        return first


async def _appears_in(client: ChainClient, contract: Address, block: int) -> bool:
    if not await client.has_code(contract, block):
        return False
    return block == 0 or not await client.has_code(contract, block - 1)


async def _search(client: ChainClient, contract: Address, head: int) -> int:
    """The first block with code, by bisection: code does not go away again."""
    before, after = -1, head
    if not await client.has_code(contract, head):
        raise ChainError(f"{client.name}: no contract at {to_checksum(contract)} in block {head}")
    while after - before > 1:
        middle = (before + after) // 2
        if await client.has_code(contract, middle):
            after = middle
        else:
            before = middle
    return after
