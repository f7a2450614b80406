"""Questions to a mailbox about many messages in one call."""

from collections.abc import Sequence

from hyperlane.agents.runtime.chain import Chain
from hyperlane.chain.abi import Mailbox
from hyperlane.chain.answers import CALL
from hyperlane.chain.calls import BlockId, block_id
from hyperlane.chain.client import RpcError
from hyperlane.protocol.typecasts import Bytes32, to_hex

_IDS_PER_CALL = 500
"""Ids per call: initcode may have 48 KiB (EIP-3860), deployed code 24 KiB (EIP-170)."""
_TRUE, _FALSE = (1).to_bytes(32), bytes(32)
_CODE = bytes.fromhex(
    "604238038060425f395f5160205b82811015603b5763e495f1d46020820352602060208203602460048403855a"
    "fa6034575f5ffd5b602001600d565b602090035ff3"
)
"""Initcode for `eth_call`: the code that it would deploy is the answer, one word for each id.

    PUSH1 66 CODESIZE SUB DUP1 PUSH1 66 PUSH0 CODECOPY    copy what follows: mailbox, ids
    PUSH0 MLOAD PUSH1 32                                  stack: size, mailbox, offset of an id
    13: JUMPDEST DUP3 DUP2 LT ISZERO PUSH1 59 JUMPI       until all are answered:
        PUSH4 selector PUSH1 32 DUP3 SUB MSTORE           the selector goes right before the id
        PUSH1 32 PUSH1 32 DUP3 SUB PUSH1 36 PUSH1 4 DUP5 SUB DUP6 GAS STATICCALL
        PUSH1 52 JUMPI PUSH0 PUSH0 REVERT
    52: JUMPDEST PUSH1 32 ADD PUSH1 13 JUMP               the answer went to the word before the id
    59: JUMPDEST PUSH1 32 SWAP1 SUB PUSH0 RETURN
"""


async def delivered(chain: Chain, ids: Sequence[Bytes32], block: BlockId) -> set[Bytes32]:
    """Find the messages that a chain's mailbox has delivered as of a block.

    Nodes that do not run the initcode are asked message by message.
    """
    known: set[Bytes32] = set()
    for start in range(0, len(ids), _IDS_PER_CALL):
        part = ids[start : start + _IDS_PER_CALL]
        answers = await _together(chain, part, block)
        if answers is None:
            answers = await chain.client.call_each(
                chain.settings.mailbox, Mailbox.delivered, part, block
            )
        known.update(item for item, answer in zip(part, answers, strict=True) if answer)
    return known


async def _together(chain: Chain, ids: Sequence[Bytes32], block: BlockId) -> list[bool] | None:
    """Ask about all ids in one call; None when the node cannot do that."""
    code = b"".join((_CODE, bytes(12), chain.settings.mailbox, *ids))
    try:
        words = await chain.client.request(CALL, {"data": to_hex(code)}, block_id(block))
    except RpcError:
        return None
    answers = [words[at : at + 32] for at in range(0, len(words), 32)]
    if len(answers) != len(ids) or not set(answers) <= {_TRUE, _FALSE}:
        return None
    return [item == _TRUE for item in answers]
