"""Templates, and what they may call. Whatever a template inserts is escaped."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hyperlane.explorer.pages import words
from hyperlane.explorer.pages.assets import asset
from hyperlane.explorer.queries.paging import encode_place
from hyperlane.protocol.typecasts import to_hex
from hyperlane.wording import one_line

_FOLDER = Path(__file__).parents[1] / "templates"
_LONGEST_LABEL = 80
"""Characters of strangers' names; a location or an error may be longer."""


def render(template: str, context: Mapping[str, Any]) -> str:
    """A page."""
    return _environment().get_template(template).render(context)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "address": words.hexed,
        "hex": to_hex,
        "short": words.short,
        "grouped": words.grouped,
        "ether": words.ether,
        "own_amount": words.own_amount,
        "tokens": words.tokens,
        "lasting": words.lasting,
        "since": words.since,
        "stamp": words.stamp,
        "day_and_hour": words.day_and_hour,
        "for_input": words.for_input,
        "place": encode_place,
        "label": lambda text: one_line(str(text), _LONGEST_LABEL),
        "line": one_line,
        "pretty": lambda value: json.dumps(value, indent=2, sort_keys=True, default=str),
    }
    environment.globals["asset"] = asset
    environment.globals["ui"] = environment.get_template("macros.html").module
    return environment
