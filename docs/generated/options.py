"""Options and ini keys: what each does, its default, and why that is the default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.docs.generated.markdown import table
from pytest_edgebench.settings.options import CHOICES, INI, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping

HEADING = "Options and ini keys"
HEAD = """
`pytest --help` lists them in the group "pytest-edgebench (model budgets on devices)". This page adds why each default is
what it is. Options are given on the command line, keys in pytest's ini file.
"""
FOUND = """
## Where settings are found

`edgebench.toml` (or `[tool.edgebench]`) and `.edgebench/` apply to the tests in their folder and below. They are next to
pytest's ini file, or next to the tests; where pytest was started makes no difference. Two that apply at once are an
error that names both: those of the root and of a folder below it, or of two folders whose tests run in one session. A
file in a folder that pytest does not collect (`--ignore`, `norecursedirs`, a folder of data) applies to no test. A file
that cannot be read, such as a broken link or a pipe, is an error, never "no settings".

The keys of `edgebench.toml`: [Settings file](settings.md).
"""
WHY: Mapping[str, str] = {
    "--edgebench-profile": "a budget that is not tried is not kept",
    "--edgebench-report": "a test run leaves no files that were not asked for",
    "--edgebench-json": "the HTML report holds the same data",
    "--edgebench-markdown": "only CI has a use for it",
    "--edgebench-show": "passing rows would hide the failing ones",
    "--edgebench-suggest": "a budget is what the device needs; a suggestion is only what the model does today",
    "--edgebench-inconclusive": "noise does not prove a regression; such checks are counted in the summary",
    "--edgebench-regressions": "the budget is the promise, and it is kept",
    "--edgebench-loosened": "a looser budget is a decision; a review must see it, not be stopped by it",
    "--edgebench-lint": "a rule knows the usual case, not yours",
    "--edgebench-baseline": "a committed baseline was reviewed",
    "--edgebench-save-baseline": "compare only with a run that was looked at",
    "--edgebench-update-baseline": "accepting a change is a decision for a review",
    "--edgebench-history": "a CI machine is thrown away after the job",
    "--edgebench-rebuild": "it takes as long as the first build",
    "--edgebench-planned": "most sessions are the whole matrix, for which the error rate holds",
    "--edgebench-selftest": "it takes about half a minute",
    "edgebench_report": "as `--edgebench-report`",
    "edgebench_history": "as `--edgebench-history`",
    "edgebench_lint": "as `--edgebench-lint`",
    "edgebench_cache_trust": "most jobs run code that was reviewed",
    "edgebench_sandbox": "a model file is data from somebody else, and a kernel without Landlock still runs tests",
    "edgebench_alpha": "a smaller error rate needs more loads to find a real slowdown",
    "edgebench_default_latency_tolerance": "equal models pass within a few loads; with 0 % no comparison of equal "
    "models would ever be decided",
    "edgebench_parent_limit": "it is only the old name of `edgebench_default_latency_tolerance`",
    "edgebench_baseline_limit": "as `edgebench_default_latency_tolerance`",
    "edgebench_cap_seconds": "a model of 3 ms gets 300 loads in that time; only what is within a few points of its "
    "limit takes longer than seconds",
    "edgebench_max_loads": "decides most changes of a point from the limit where loads differ by 3 %",
    "edgebench_accuracy_mode": "it is never flaky",
    "edgebench_confirm_seconds": "a process can be slow for its whole life, and its neighbour soon after",
    "edgebench_deadline": "a large model needs a minute for its data set on a slow machine",
}
"""Option or key → why its default is what it is."""


def page() -> str:
    """Two tables, and where settings are found."""
    options = [
        (f"`{name}{_argument(name, given)}`", *_said(given["help"]), WHY[name])
        for name, given in OPTIONS.items()
    ]
    keys = [(f"`{name}`", *_said(text), WHY[name]) for name, _, _, text in INI]
    head = ("what it does", "default", "why that default")
    return (
        f"# {HEADING}\n{HEAD}\n## Options\n\n{table(('option', *head), options)}"
        f"\n## Ini keys\n\n{table(('key', *head), keys)}{FOUND}"
    )


def _argument(name: str, given: Mapping[str, Any]) -> str:
    if given.get("action") == "store_true":
        return ""
    words = f"{{{','.join(CHOICES[name])}}}" if name in CHOICES else str(given["metavar"])
    return f"[={words}]" if given.get("nargs") == "?" else f"={words}"


def _said(text: str) -> tuple[str, str]:
    """A help text in its two parts."""
    what, _, default = text.replace("%%", "%").partition("Default: ")
    return what.strip(), default.removesuffix(".")
