"""The user's settings file: found, read, and every key of it located."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import cut
from pytest_edgebench.profiles import errors

if TYPE_CHECKING:
    from pathlib import Path

FILE = "edgebench.toml"
SHARED = "pyproject.toml"
TABLE = ("tool", "edgebench")

LONGEST_KEY = 80
"""Of a key in a message."""

Keys = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """The settings of one file.

    Attributes:
        path: of the file.
        tables: what stands in the file; for pyproject.toml, in ``[tool.edgebench]``.
        prefix: the keys above `tables` in the file.
        lines: keys in the file → line number, 1 for the first.
    """

    path: Path
    tables: Mapping[str, object]
    prefix: Keys = ()
    lines: Mapping[Keys, int] = field(default_factory=dict)

    def where(self, *keys: str) -> str:
        """``file:line: dotted.key``; the line is that of the nearest key above where it cannot be told."""
        full = (*self.prefix, *keys)
        line = next((self.lines[full[:n]] for n in range(len(full), 0, -1) if full[:n] in self.lines), None)
        place = self.path.name if line is None else f"{self.path.name}:{line}"
        return f"{place}: {_dotted(full)}"


def read(folder: Path) -> Document | None:
    """The settings of the project whose pytest ini file lies in `folder`; None when it has none.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or both files hold settings.
    """
    own, shared = folder / FILE, folder / SHARED
    found = _read_own(own) if os.path.lexists(own) else None
    other = _read_shared(shared) if shared.is_file() else None
    if found is not None and other is not None:
        raise errors.two_files(found.path.name, other.path.name, other.where())
    return found or other


def _read_own(path: Path) -> Document:
    text = _text(path)
    return Document(path, _parse(text, path), (), locate(text))


def _read_shared(path: Path) -> Document | None:
    # Most pyproject.toml files say nothing of us: do not parse them, and leave their mistakes to others.
    text = _text(path)
    if TABLE[-1] not in text:
        return None
    tables: object = _parse(text, path)
    for key in TABLE:
        tables = tables.get(key) if isinstance(tables, Mapping) else None
    if tables is None:
        return None
    lines = locate(text)
    if not isinstance(tables, Mapping):
        where = Document(path, {}, TABLE, lines).where()
        raise errors.wrong_type(where, "a table", tables, "[tool.edgebench]")
    return Document(path, tables, TABLE, lines)


def _text(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a pipe would be waited for
            raise errors.not_regular(path.name)
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise errors.link_to_nothing(path.name) from None
    except UnicodeDecodeError as error:
        raise errors.not_utf8(path.name, error) from None
    except OSError as error:
        raise errors.unreadable(path.name, error) from None


def _parse(text: str, path: Path) -> Mapping[str, object]:
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise errors.nested_too_deeply(path.name) from None
    except ValueError as error:  # also of a number of thousands of digits
        raise errors.bad_toml(path.name, str(error), text.splitlines()) from None


# Lines of keys. tomllib tells none, so the text is searched for headers and `key =`. Multi-line strings are
# skipped; keys inside inline tables are found by the line their table begins on.

_PART = r"""(?:[A-Za-z0-9_-]+|"[^"\n]*"|'[^'\n]*')"""
_KEY = rf"{_PART}(?:\s*\.\s*{_PART})*"
_HEADER = re.compile(rf"\s*(?P<open>\[\[?)\s*(?P<key>{_KEY})\s*\]\]?\s*(?:#.*)?")
_ASSIGNMENT = re.compile(rf"\s*(?P<key>{_KEY})\s*=")
_FENCE = re.compile(r'"""|' + "'''")


def entry(index: int) -> str:
    """What stands for one entry of an array of tables in the keys of `Document.where`."""
    return f"[{index}]"


def locate(text: str) -> dict[Keys, int]:
    """Keys of a TOML text → the line they first stand on; entries of arrays are called "[0]", "[1]", …"""
    lines: dict[Keys, int] = {}
    counts: dict[Keys, int] = {}
    table: Keys = ()
    for number, line in _outside_strings(text):
        if header := _HEADER.fullmatch(line):
            table = _split(header["key"])
            if header["open"] == "[[":
                index = counts.get(table, 0)
                counts[table] = index + 1
                lines.setdefault(table, number)
                table = (*table, entry(index))
            else:
                table = _under_last_entry(table, counts)
            keys = table
        elif assignment := _ASSIGNMENT.match(line):
            keys = (*table, *_split(assignment["key"]))
        else:
            continue
        for length in range(1, len(keys) + 1):
            lines.setdefault(keys[:length], number)
    return lines


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    inside = ""
    for number, line in enumerate(text.splitlines(), 1):
        if not inside:
            yield number, line
        for fence in _FENCE.findall(line):
            if not inside:
                inside = fence
            elif inside == fence:
                inside = ""


def _under_last_entry(table: Keys, counts: Mapping[Keys, int]) -> Keys:
    """``[waivers.more]`` below ``[[waivers]]`` belongs to the last entry."""
    for length in range(len(table) - 1, 0, -1):
        if table[:length] in counts:
            return (*table[:length], entry(counts[table[:length]] - 1), *table[length:])
    return table


def _split(key: str) -> Keys:
    return tuple(part.strip("\"'") for part in re.findall(_PART, key))


def _dotted(keys: Keys) -> str:
    shown = ""
    for key in keys:
        if re.fullmatch(r"\[[0-9]+\]", key):
            shown += key
        else:
            key = cut(key, LONGEST_KEY)
            part = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'
            shown += f".{part}" if shown else part
    return shown
