"""Where pytest would find its ini file, for commands that run outside pytest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# File → what must stand in it; None where the file counts even when it is empty. In pytest's order of
# precedence: https://docs.pytest.org/en/stable/reference/customize.html#initialization-determining-rootdir
_INI_FILES: tuple[tuple[str, re.Pattern[str] | None], ...] = (
    ("pytest.toml", None),
    (".pytest.toml", None),
    ("pytest.ini", None),
    (".pytest.ini", None),
    ("pyproject.toml", re.compile(r"^\s*\[\s*tool\s*\.\s*pytest\s*[.\]]", re.MULTILINE)),
    ("tox.ini", re.compile(r"^\[pytest\]", re.MULTILINE)),
    ("setup.cfg", re.compile(r"^\[tool:pytest\]", re.MULTILINE)),
)


def find_ini(start: Path) -> tuple[Path, Path | None]:
    """The root directory and ini file of a plain ``pytest`` run in the folder `start`.

    Returns:
        the folder; the file, or None when there is none.
    """
    start = start.absolute()
    plain: Path | None = None
    for folder in (start, *start.parents):
        for name, needed in _INI_FILES:
            path = folder / name
            if not path.is_file():
                continue
            if needed is None or needed.search(path.read_text(encoding="utf-8", errors="replace")):
                return folder, path
            if name == "pyproject.toml" and plain is None:
                plain = path
    if plain is not None:
        # A pyproject.toml that says nothing of pytest still marks a project, if no other file does.
        return plain.parent, plain
    for folder in (start, *start.parents):
        if (folder / "setup.py").is_file():
            return folder, None
    return start, None
