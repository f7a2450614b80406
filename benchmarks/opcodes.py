"""What instructions cost under every schedule, and the memory that they touch."""

from collections.abc import Sequence

_TIERS = {
    0: "STOP RETURN REVERT",
    1: "JUMPDEST",
    2: "ADDRESS ORIGIN CALLER CALLVALUE CALLDATASIZE CODESIZE GASPRICE COINBASE TIMESTAMP NUMBER"
    " DIFFICULTY PREVRANDAO GASLIMIT CHAINID RETURNDATASIZE POP PC MSIZE GAS BASEFEE BLOBBASEFEE"
    " PUSH0",
    3: "ADD SUB NOT LT GT SLT SGT EQ ISZERO AND OR XOR BYTE SHL SHR SAR CALLDATALOAD MLOAD MSTORE"
    " MSTORE8 CALLDATACOPY CODECOPY RETURNDATACOPY MCOPY BLOBHASH",
    5: "MUL DIV SDIV MOD SMOD SIGNEXTEND SELFBALANCE",
    8: "ADDMOD MULMOD JUMP",
    10: "JUMPI EXP",
    20: "BLOCKHASH",
    30: "KECCAK256 SHA3",
    100: "TLOAD TSTORE",
    32_000: "CREATE CREATE2",
}
STATIC = {name: gas for gas, names in _TIERS.items() for name in names.split()}
STATIC |= {f"PUSH{size}": 3 for size in range(1, 33)}
STATIC |= {f"{kind}{depth}": 3 for kind in ("DUP", "SWAP") for depth in range(1, 17)}
STATIC |= {f"LOG{topics}": 375 * (1 + topics) for topics in range(5)}

_WORDS = {
    **dict.fromkeys(("CALLDATACOPY", "CODECOPY", "RETURNDATACOPY", "MCOPY"), (3, 3)),
    "EXTCODECOPY": (3, 4),
    "KECCAK256": (6, 2),
    "SHA3": (6, 2),
    "CREATE": (2, 3),
    "CREATE2": (2 + 6, 3),
}
"""Gas for each word, and where on the stack the size is, counted from the top."""

_MEMORY = {
    **dict.fromkeys(("KECCAK256", "SHA3", "RETURN", "REVERT"), ((1, 2),)),
    **{f"LOG{topics}": ((1, 2),) for topics in range(5)},
    **dict.fromkeys(("CALLDATACOPY", "CODECOPY", "RETURNDATACOPY"), ((1, 3),)),
    **dict.fromkeys(("CREATE", "CREATE2"), ((2, 3),)),
    "EXTCODECOPY": ((2, 4),),
    "MCOPY": ((1, 3), (2, 3)),
    **dict.fromkeys(("CALL", "CALLCODE"), ((4, 5), (6, 7))),
    **dict.fromkeys(("DELEGATECALL", "STATICCALL"), ((3, 4), (5, 6))),
}
"""Where on the stack offsets and sizes of the memory that an instruction touches are."""
_FIXED_MEMORY = {"MLOAD": 32, "MSTORE": 32, "MSTORE8": 1}


def words(size: int) -> int:
    return (size + 31) // 32


def by_size(name: str, stack: Sequence[str]) -> int:
    """The gas that an instruction takes for the size of its operands."""
    if found := _WORDS.get(name):
        gas, size = found
        return gas * words(int(stack[-size], 16))
    if name == "EXP":
        return 50 * ((int(stack[-2], 16).bit_length() + 7) // 8)
    if name.startswith("LOG"):
        return 8 * int(stack[-2], 16)
    return 0


def memory_words(name: str, stack: Sequence[str]) -> int:
    """How many words of memory there must be for an instruction."""
    if size := _FIXED_MEMORY.get(name):
        return words(int(stack[-1], 16) + size)
    ends = [
        int(stack[-offset], 16) + int(stack[-size], 16)
        for offset, size in _MEMORY.get(name, ())
        if int(stack[-size], 16)
    ]
    return words(max(ends, default=0))


def memory_gas(size: int) -> int:
    """What a memory of this many words costs from its first."""
    return 3 * size + size * size // 512


def precompile_gas(address: int, size: int) -> int:
    """What a precompiled contract takes for an input of this many bytes."""
    base, word = {1: (3_000, 0), 2: (60, 12), 3: (600, 120), 4: (15, 3)}[address]
    return base + word * words(size)
