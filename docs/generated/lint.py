"""The rules of the linter."""

from __future__ import annotations

from pytest_edgebench.docs.generated.markdown import anchored
from pytest_edgebench.lint.known import own

HEADING = "Rules of the linter"
HEAD = """
Recipes that are known to go wrong on a target are reported before they are built. `edgebench lint` checks all recipes and
builds nothing; `--edgebench-lint=error` makes a finding fail its tests, `off` turns the linter off.
"""


def page() -> str:
    """A section for each rule of this package."""
    text = [f"# {HEADING}\n{HEAD}"]
    for rule in own():
        text.append(anchored(f"{rule.id}: {rule.title}", rule.id.lower(), 2))
        text.append(f"{rule.reason[0].upper()}{rule.reason[1:]}.\n")
        text.append(f"- Fix: {rule.fix}.\n- Source: {rule.source}.\n")
    return "\n".join(text)
