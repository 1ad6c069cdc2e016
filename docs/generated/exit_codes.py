"""Exit statuses of pytest and of the commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.docs.generated import commands
from pytest_edgebench.docs.generated.markdown import code, table

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADING = "Exit codes"
PYTEST: Mapping[int, str] = {
    0: "all tests passed: no budget of level `error` is broken. Warnings and inconclusive checks pass "
    "unless `--edgebench-inconclusive=fail` or `--edgebench-regressions=error` is given",
    1: "a test failed, a budget of level `error` is broken, a case ended in ERROR, a planned case was never "
    "judged, or the session has a problem of its own (listed above the summary)",
    2: "interrupted (Ctrl-C), or an error while tests were collected",
    3: "internal error of pytest",
    4: "wrong usage: an option, ini key or `edgebench.toml` that cannot be used",
    5: "no tests were collected",
    6: "too many warnings (`--max-warnings` of newer versions of pytest)",
}


def page() -> str:
    """A table for pytest and one for the commands."""
    ours = [(code(f"edgebench {name}"), commands.status(module)) for name, module in commands.commands()]
    return (
        f"# {HEADING}\n\n## pytest\n\n{table(('status', 'meaning'), PYTEST.items())}"
        "\n## edgebench\n\nEvery command ends with 2 when it cannot do what was asked, and prints why.\n\n"
        f"{table(('command', 'status'), ours)}"
    )
