"""Text for people: counts, durations, and what fits on one line of a terminal."""

from __future__ import annotations

import math
import re
import unicodedata
from functools import cache

HIDDEN = "\ufffd"
"""What stands for each of `unseen`."""
_UNSEEN = (
    r"\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters: escapes, backspaces, carriage returns
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what turns the direction of writing
    r"\u2028\u2029\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff"  # line ends, marks, half characters
)
_COMMAND = r"(?m)^(\s*):(?=:)"


def plural(count: int, one: str, many: str = "") -> str:
    """``1 budget``, ``3 budgets``; `many` where an s is not enough."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """How long a run took: ``0.4 s``, ``42 s``, ``3 min 5 s``, ``1 h 2 min``."""
    if not math.isfinite(seconds):
        return "an unknown time"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def plain(text: str) -> str:
    """Text on one line, without control characters or marks that change the direction of writing."""
    return _unheeded(_control().sub(" ", text))


def printable(text: str) -> str:
    """Text as it may be printed: lines and tabs stay, each other control character is shown as `HIDDEN`."""
    return _unheeded(unseen().sub(HIDDEN, text))


@cache
def unseen() -> re.Pattern[str]:
    """What could reorder, hide or break text, or steer a terminal; line ends and tabs are none of these.

    Compiled when first needed: a set of so many characters takes some ms.
    """
    return re.compile(f"[{_UNSEEN}]")


@cache
def _control() -> re.Pattern[str]:
    return re.compile(f"[\\t\\n{_UNSEEN}]+")


def _unheeded(text: str) -> str:
    """Without what GitHub's runner takes for a command: ``::`` at the start of a line, ``##[`` anywhere."""
    return re.sub(_COMMAND, r"\1: ", text).replace("##[", "## [")


def columns(text: str) -> int:
    """How many terminal columns a text takes: wide characters two, combining marks none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def cut(text: str, size: int) -> str:
    """Text shortened in its middle to `size` columns: beginnings and ends of names tell most."""
    if columns(text) <= size:
        return text
    head = (size - 1) // 2
    tail = size - 1 - head
    start, end = text[:head], text[len(text) - tail :] if tail else ""
    while columns(start) > head:
        start = start[:-1]
    while columns(end) > tail:
        end = end[1:]
    return f"{start}…{end}"
