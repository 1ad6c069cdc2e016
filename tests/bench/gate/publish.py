"""``python tests/bench/gate/publish.py``: write the measured tables into "How the gate decides".

Each block between ``<!-- table: NAME -->`` and ``<!-- end -->`` is replaced by what the results of that name
say; where the folder has none, it stays: its note says when and on what machine it was measured. Results of
``--quick`` runs are kept elsewhere and never read.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import accuracy
import regressions
import side_by_side
import soak
import unchanged
from gate_results import parser

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[3] / "docs" / "gate.md"
TABLES: dict[str, Callable[[Path], str]] = {
    "soak": soak.markdown,
    "regressions": regressions.markdown,
    "unchanged": unchanged.markdown,
    "side_by_side": side_by_side.markdown,
    "accuracy": accuracy.markdown,
}
BLOCK = re.compile(r"(<!-- table: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)


def published(text: str, folder: Path) -> str:
    """The page with its blocks as the results in a folder have them.

    Raises:
        ValueError: the page has other blocks than there are tables.
    """
    found = [name for _, name, _ in BLOCK.findall(text)]
    if sorted(found) != sorted(TABLES):
        raise ValueError(f"the page has blocks {found}; there are tables {list(TABLES)}")

    def block(found: re.Match[str]) -> str:
        table = TABLES[found[2]](folder)
        return f"{found[1]}{table}\n{found[3]}" if table else found[0]

    return BLOCK.sub(block, text)


def main() -> int:
    arguments = parser(__doc__).parse_args()
    DOCS.write_text(published(DOCS.read_text(encoding="utf-8"), arguments.out), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
