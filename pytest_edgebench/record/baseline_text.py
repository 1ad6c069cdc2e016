"""The text of ``baseline.json``, its check sums, and what can be wrong with it.

Each case is one line with a check sum of the rest of it; ``sums`` lists the check sums of all lines, one a
line, in the order of the cases. Whoever deletes a line of either list leaves the other one longer. A line of
its own separates two cases (and two sums), so that no change of one case touches the line of another: git
merges two branches that accepted different cases without a conflict, and the merged lists agree again.
Where git does report a conflict (both accepted the same case, or new ones side by side), its markers are
found, and one more update settles it.
"""

from __future__ import annotations

import hashlib
import json
import re
import stat
from collections import Counter
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_edgebench.record import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

SUM, SUMS = "sum", "sums"
SEPARATOR = "\n,\n"
_MARKER = re.compile(r"^(<{7}|={7}|>{7}|\|{7})( |$)")
_HOLE = re.compile(r"[\[,]\s*,|,\s*\]")
"""What a deleted line leaves behind."""


def dump(head: Mapping[str, Any], cases: Sequence[Mapping[str, Any]]) -> str:
    """The whole text: the head's values, the check sums, the cases."""
    sums = [line_sum(case) for case in cases]
    lines = [json.dumps({**case, SUM: sum_}, sort_keys=True) for case, sum_ in zip(cases, sums, strict=True)]
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in head.items()]
    parts += [_listed(SUMS, [json.dumps(sum_) for sum_ in sums]), _listed("cases", lines)]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _listed(name: str, lines: Sequence[str]) -> str:
    return f'"{name}": [\n{SEPARATOR.join(lines)}\n]' if lines else f'"{name}": []'


def line_sum(case: Mapping[str, Any]) -> str:
    """The check sum of a case."""
    rest = {key: value for key, value in case.items() if key != SUM}
    return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()[:12]


def parse(path: Path, where: str) -> dict[str, Any]:
    """The plain values of a file.

    Raises:
        BaselineError: it is missing, or something else than JSON that a baseline may have.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for
            raise errors.not_readable(str(path), "it is no regular file")
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if path.is_symlink():
            raise errors.not_readable(str(path), "it is a link to nothing") from None
        raise errors.no_baseline_file(where) from None
    except (OSError, ValueError) as cause:
        raise errors.not_readable(str(path), str(cause)) from None
    for number, line in enumerate(text.splitlines(), 1):
        if _MARKER.match(line):
            raise errors.conflict(str(path), number)
    try:
        plain = json.loads(text, parse_constant=_no_number)
    except RecursionError:
        raise errors.not_readable(str(path), "it is nested too deeply") from None
    except ValueError as cause:
        if _HOLE.search(text):
            raise errors.line_gone(str(path)) from None
        raise errors.not_readable(str(path), str(cause)) from None
    if not isinstance(plain, dict):
        raise errors.not_a_baseline(str(path))
    return plain


def check_line(where: str, case: str, line: Mapping[str, Any]) -> None:
    """Whether a line is as it was written.

    Raises:
        BaselineError: it was edited.
    """
    if line.get(SUM) != line_sum(line):
        raise errors.edited(where, case)


def check_list(where: str, sums: Any, cases: Sequence[Mapping[str, Any]]) -> None:
    """Whether all lines are there, and no others.

    Raises:
        BaselineError: a line was deleted or added by hand.
    """
    if not isinstance(sums, list):
        raise errors.no_sums(where)
    listed, found = Counter(map(str, sums)), Counter(str(case[SUM]) for case in cases)
    if listed - found:
        raise errors.line_gone(where)
    for case in cases:
        if str(case[SUM]) not in listed:
            raise errors.line_added(where, str(case.get("case", "?")))


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that can be compared with")
