"""The options and ini keys there are, each with its default and the reason for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pytest

REPORT = "edgebench-report.html"
FEWEST_LOADS = 13
"""Below this many unanimous loads the sign e-value stays under 1000, so nothing could ever fail."""

CHOICES: Mapping[str, tuple[str, ...]] = {
    "--edgebench-show": ("failing", "regressed", "all"),
    "--edgebench-inconclusive": ("pass", "fail"),
    "--edgebench-regressions": ("warn", "error"),
    "--edgebench-lint": ("off", "warn", "error"),
    "edgebench_accuracy_mode": ("fixed-set", "population"),
}
"""Option or ini key → the words it takes."""

# Values stay text: xdist sends them to its workers, and they are checked with better words than argparse has.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--edgebench-profile": {
        "action": "append",
        "metavar": "NAME",
        "help": "Run only the cases of this profile; a pattern such as 'rpi*' is allowed, and the option "
        "may be repeated. Default: all declared profiles, since a budget that is not tried is not kept.",
    },
    "--edgebench-report": {
        "nargs": "?",
        "const": REPORT,
        "metavar": "FILE",
        "help": f"Write the HTML report, to {REPORT} unless a file is given. Default: ini key "
        "edgebench_report; without that none is written, since a test run should leave no files that nobody "
        "asked for.",
    },
    "--edgebench-json": {
        "metavar": "FILE",
        "help": "Write the run record as JSON, for other programs. Default: not written, since the HTML "
        "report holds the same data.",
    },
    "--edgebench-markdown": {
        "metavar": "FILE",
        "help": "Write a comment for a pull request. Default: not written, since only CI has a use for it.",
    },
    "--edgebench-show": {
        "default": "failing",
        "metavar": "WHAT",
        "help": "What the terminal lists: failing, regressed (these too) or all. Default: failing, since "
        "what passes must not be in the way.",
    },
    "--edgebench-suggest": {
        "action": "store_true",
        "help": "Print budgets at what was measured and a margin, to paste above a test. Default: off, since "
        "a budget is what the device needs, and this is only what the model does today.",
    },
    "--edgebench-inconclusive": {
        "default": "pass",
        "metavar": "HOW",
        "help": "Whether an undecided check lets its test pass or fail. Default: pass, since noise is no "
        "proof against a change; such checks are counted in the summary.",
    },
    "--edgebench-regressions": {
        "default": "warn",
        "metavar": "HOW",
        "help": "What a regression inside its budget does: warn or error. Default: warn, since the budget "
        "is the promise and it is kept.",
    },
    "--edgebench-lint": {
        "metavar": "HOW",
        "help": "What is said of recipes that are known to go wrong on a target, before they are built: off, "
        "warn or error. Default: ini key edgebench_lint; without that warn, since a rule knows the usual "
        "case and not yours.",
    },
    "--edgebench-baseline": {
        "metavar": "WHERE",
        "help": "Compare with the folder of a saved baseline, or with a git ref, whose own recipes are "
        "built. Default: the committed .edgebench/baseline.json if there is one, since it was reviewed; "
        "else nothing.",
    },
    "--edgebench-save-baseline": {
        "metavar": "FOLDER",
        "help": "Save artifacts, predictions and exact metrics as a baseline. Default: not saved, since "
        "only a run that was looked at should be compared with.",
    },
    "--edgebench-update-baseline": {
        "nargs": "?",
        "const": "yes",
        "default": "no",
        "metavar": "force",
        "help": "Accept what was measured as .edgebench/baseline.json, for the cases that ran. Refused when "
        "an absolute or 'model' budget failed, unless =force. Default: left as it is, since accepting is a "
        "decision for a review.",
    },
    "--edgebench-history": {
        "metavar": "FILE",
        "help": "Keep what this run found in a history, by case and commit, and say since when a limit is "
        "broken; 'off' keeps none. Default: ini key edgebench_history; without that a file in pytest's cache "
        "folder, and off where CI is set, since a machine that is thrown away has no history.",
    },
    "--edgebench-planned": {
        "metavar": "N",
        "help": "Noisy cells of the whole matrix, when this session is one shard of it. Default: those of "
        "this session, since most sessions are the whole matrix, for which the error rate holds.",
    },
    "--edgebench-selftest": {
        "action": "store_true",
        "help": "Measure the gate's own error rates on this machine: unchanged models must pass, 10 %% "
        "slower ones fail. Default: off, since it takes about half a minute.",
    },
}
"""Option → arguments of ``addoption``."""

Kind = Literal["string", "int", "float"]

INI: Sequence[tuple[str, Kind, Any, str]] = (
    (
        "edgebench_report",
        "string",
        None,
        "The HTML report's file, written by every run. Default: none, since a test run should leave no "
        "files that nobody asked for.",
    ),
    (
        "edgebench_history",
        "string",
        None,
        "The file of the history, or 'off'. Default: in pytest's cache folder, and off where CI is set, "
        "since a machine that is thrown away has no history.",
    ),
    (
        "edgebench_lint",
        "string",
        "warn",
        "What is said of recipes that are known to go wrong on a target: off, warn or error. Default: warn, "
        "since a rule knows the usual case and not yours.",
    ),
    (
        "edgebench_alpha",
        "string",
        "1 %",
        "Chance, over the whole matrix, that an unchanged model fails. Default: 1 %, since a smaller one "
        "needs more loads to find a real slowdown.",
    ),
    (
        "edgebench_parent_limit",
        "string",
        "3 %",
        "How much slower than its float parent a compressed model without a budget may be. Default: 3 %, "
        "since equal models pass it within a few loads; at 0 % they would never be decided.",
    ),
    (
        "edgebench_baseline_limit",
        "string",
        "3 %",
        "How much slower than the baseline a model without a budget may be. Default: 3 %, since equal "
        "models pass it within a few loads; at 0 % they would never be decided.",
    ),
    (
        "edgebench_cap_seconds",
        "float",
        40.0,
        "Time after which a latency comparison ends undecided, three times as long where a call takes 20 ms "
        "and more. Default: 40, since a model of 3 ms gets 300 loads in that time; only what lies within a "
        "few points of its limit takes more than some seconds.",
    ),
    (
        "edgebench_max_loads",
        "int",
        420,
        f"Fresh loads after which a latency comparison ends undecided; at least {FEWEST_LOADS}. Default: "
        "420, since that decides most changes a point from the limit where loads differ by 3 %.",
    ),
    (
        "edgebench_accuracy_mode",
        "string",
        "fixed-set",
        "What an accuracy budget is about: fixed-set (the given samples) or population (what they were "
        "drawn from, by evidence). Default: fixed-set, since it is never flaky.",
    ),
    (
        "edgebench_confirm_seconds",
        "float",
        20.0,
        "How much later a broken absolute latency budget is confirmed in a fresh process. Default: 20, "
        "since a process can be slow for its whole life, and its neighbour soon after.",
    ),
    (
        "edgebench_deadline",
        "float",
        120.0,
        "Seconds a worker may take for one request before it counts as hung. Default: 120, since a large "
        "model needs a minute for its data set on a slow machine.",
    ),
)
"""Ini key, its type for pytest, its default, its help."""

BUDGET_MARK, CASES_MARK = "edgebench_budget", "edgebench_cases"
MARKERS = (
    f"{BUDGET_MARK}(budget): what is demanded of a model on a device; write eb.budget(...)",
    f"{CASES_MARK}(selection): the cases a test is made of; write eb.cases(...)",
)
"""Lines for the `markers` setting."""


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and ini keys; for ``pytest_addoption``."""
    group = parser.getgroup("edgebench", "pytest-edgebench: promises made to devices")
    for name, arguments in OPTIONS.items():
        group.addoption(name, **arguments)
    for key, kind, default, text in INI:
        parser.addini(key, text, type=kind, default=default)
