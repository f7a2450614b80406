"""Storage layouts of upgradeable contracts, and whether one may follow another.

`layouts.json` has them by contract: for each layout, the code that has it, told by the metadata at
its end. toolchain/record_layouts writes it.
"""

import json
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

Layout = dict[str, Any]
"""`storage`, a list of variables, and `structs`, lists of members by type. Each variable or member:
name, type, slot, offset in the slot, size in bytes."""


@cache
def table() -> dict[str, list[dict[str, Any]]]:
    """All layouts known, the last of each contract being that of this version."""
    text = files("ape_hyperlane.core").joinpath("layouts.json").read_text()
    found: dict[str, list[dict[str, Any]]] = json.loads(text)
    return found


def layout_now(contract: str) -> Layout:
    """The layout of this version of a contract."""
    found: Layout = table()[contract][-1]["layout"]
    return found


def layout_of(contract: str, code: bytes) -> Layout | None:
    """The layout of a contract's code on a chain; None for code of no recorded version."""
    trailer = metadata_of(code)
    for entry in table()[contract]:
        if trailer in entry["codes"]:
            layout: Layout = entry["layout"]
            return layout
    return None


def metadata_of(code: bytes) -> str:
    """The metadata that the compiler appends to code, as hex: it depends on every source file."""
    return code[-2 - int.from_bytes(code[-2:]) : -2].hex()


def conflicts(old: Layout, new: Layout) -> list[str]:
    """Variables that new code would look for in another place, or take for something else, a line
    each. Variables may be added behind the old ones, and members of structs nowhere."""
    found = list(_moved("", old["storage"], new["storage"]))
    for name, members in old["structs"].items():
        if name in new["structs"]:
            found += _moved(f"{name}.", members, new["structs"][name])
            if len(new["structs"][name]) > len(members):
                found.append(f"{name}: has more members than before")
    return found


def _moved(prefix: str, old: list[Any], new: list[Any]) -> Iterator[str]:
    for index, variable in enumerate(old):
        name, kind, slot, offset, _ = variable
        now = new[index] if index < len(new) else None
        if now != variable:
            there = "nothing" if now is None else f"{now[0]} ({now[1]}, slot {now[2]}.{now[3]})"
            yield f"{prefix}{name} ({kind}, slot {slot}.{offset}) would become {there}"
