"""Regular expressions that other people write, in the reference's dialect and in linear time.

Python's own engine may take longer than the universe on forty characters. The reference uses
Rust's, which is linear; so is RE2, with nearly the same syntax. What the two read differently is
refused: sets within a class (`[a&&b]`, `[[a]b]`), `\\Q…\\E`, `\\C`.
"""

import re
from dataclasses import dataclass, field

import re2

from hyperlane.wording import one_line

MAX_PATTERN = 4096
"""Characters."""
_MEMORY = 2**23
_PART = re.compile(r"\\(.)|\[:\^?\w+:\]|\[\^?\]?|&&|--|~~|.", re.DOTALL)


class BadPattern(ValueError):
    """Not an expression of this dialect; the text says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One expression."""

    text: str
    _compiled: re2._Regexp = field(repr=False, compare=False)

    def is_in(self, text: str) -> bool:
        """Whether any part of `text` matches. Takes time in proportion to its length."""
        return self._compiled.search(text) is not None


def compile_pattern(text: str) -> Pattern:
    """BadPattern when it cannot be used."""
    if len(text) > MAX_PATTERN:
        raise BadPattern(f"it has {len(text)} characters, at most {MAX_PATTERN} are read")
    _refuse_other_readings(text)
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    try:
        return Pattern(text, re2.compile(text, options))
    except re2.error as error:
        raise BadPattern(_why(error)) from None
    except UnicodeEncodeError:
        raise BadPattern("it holds half a character") from None


def _why(error: Exception) -> str:
    given = error.args[0] if error.args else ""
    why = one_line(given.decode(errors="replace") if isinstance(given, bytes) else str(given))
    if "perl operator" in why or "escape sequence" in why:
        return f"{why}; look-around and back-references are not known"
    if "repetition size" in why:
        return f"{why}; at most 1000 repetitions: write .{{1000}}.{{500}} for .{{1500}}"
    return why


def _refuse_other_readings(text: str) -> None:
    in_class = False
    for found in _PART.finditer(text):
        part, escaped = found[0], found[1]
        if escaped is not None:
            if escaped in "QEC" or (escaped == "b" and text.startswith("{", found.end())):
                raise BadPattern(f"invalid escape sequence: {part}")
        elif not in_class:
            if part == "{" and text.startswith(",", found.end()):
                raise BadPattern("{,: a count of repetitions begins with a number")
            in_class = part.startswith("[")
        elif part == "]":
            in_class = False
        elif part in ("&&", "--", "~~") or (part.startswith("[") and not part.startswith("[:")):
            raise BadPattern(f"{part} in a class: sets of classes are not known")
