"""The options and ini keys, each with its default; `docs.generated.options` gives the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pytest_edgebench.base.names import BUDGET_MARK, CASES_MARK

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
    "--edgebench-loosened": ("warn", "error"),
    "--edgebench-lint": ("off", "warn", "error"),
    "edgebench_accuracy_mode": ("fixed-set", "population"),
    "edgebench_cache_trust": ("read-write", "read-only", "apart"),
    "edgebench_sandbox": ("auto", "require", "off"),
}
"""Option or ini key → the words it takes."""


def _choices(name: str) -> str:
    return f"{{{','.join(CHOICES[name])}}}"


# Values stay text: xdist sends them to its workers, and they are checked with better words than argparse has.
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "--edgebench-profile": {
        "action": "append",
        "metavar": "NAME",
        "help": "Run only the cases of this profile; a pattern such as 'rpi*' is allowed, and the option "
        "may be repeated. Default: all declared profiles.",
    },
    "--edgebench-report": {
        "nargs": "?",
        "const": REPORT,
        "metavar": "FILE",
        "help": f"Write the HTML report, to {REPORT} unless a file is given. Default: ini key "
        "edgebench_report, else not written.",
    },
    "--edgebench-json": {
        "metavar": "FILE",
        "help": "Write the run record as JSON, for other programs. Default: not written.",
    },
    "--edgebench-markdown": {
        "metavar": "FILE",
        "help": "Write a comment for a pull request. Default: not written.",
    },
    "--edgebench-show": {
        "metavar": _choices("--edgebench-show"),
        "help": "What the terminal lists: failing (the worst of each cause), regressed (all that fail or "
        "warn) or all. Default: failing; regressed with -v, all with -vv.",
    },
    "--edgebench-suggest": {
        "action": "store_true",
        "help": "Print budgets at what was measured and a margin, to paste above a test. Default: off.",
    },
    "--edgebench-inconclusive": {
        "default": "pass",
        "metavar": _choices("--edgebench-inconclusive"),
        "help": "Treat inconclusive checks as: pass or fail. Default: pass.",
    },
    "--edgebench-regressions": {
        "default": "warn",
        "metavar": _choices("--edgebench-regressions"),
        "help": "Treat regressions within their budget as: warn or error. Default: warn.",
    },
    "--edgebench-loosened": {
        "default": "warn",
        "metavar": _choices("--edgebench-loosened"),
        "help": "Treat budgets, levels, selectors, waivers and gate settings that demand less than when the "
        "baseline was accepted as: warn (reported only) or error. Default: warn.",
    },
    "--edgebench-lint": {
        "metavar": _choices("--edgebench-lint"),
        "help": "Report recipes that are known to go wrong on a target, before they are built: off, warn or "
        "error. Default: ini key edgebench_lint, else warn.",
    },
    "--edgebench-baseline": {
        "metavar": "PATH_OR_REF",
        "help": "Compare with the folder of a saved baseline, or with a git ref, whose own recipes are "
        "built. Default: the committed .edgebench/baseline.json, if there is one.",
    },
    "--edgebench-save-baseline": {
        "metavar": "FOLDER",
        "help": "Save artifacts, predictions and exact metrics as a baseline. Default: not saved.",
    },
    "--edgebench-update-baseline": {
        "nargs": "?",
        "const": "yes",
        "default": "no",
        "metavar": "force",
        "help": "Accept what was measured as .edgebench/baseline.json, for the cases that ran. Refused when "
        "an absolute or 'model' budget failed, unless =force. Default: not updated.",
    },
    "--edgebench-history": {
        "metavar": "FILE",
        "help": "Keep what this run found in a history, by case and commit, and say since when a limit is "
        "broken; 'off' keeps none. Default: ini key edgebench_history, else a file in pytest's cache folder, "
        "and off where CI is set.",
    },
    "--edgebench-rebuild": {
        "action": "store_true",
        "help": "Build everything again and fail where a file differs from the cached one. Default: off.",
    },
    "--edgebench-planned": {
        "metavar": "N",
        "help": "Noisy cells of the whole matrix, when this session is one shard of it. Default: those of "
        "this session.",
    },
    "--edgebench-selftest": {
        "action": "store_true",
        "help": "Measure the gate's own error rates on this machine: unchanged models must pass, 10 %% "
        "slower ones fail. Default: off.",
    },
}
"""Option → arguments of ``addoption``."""

Kind = Literal["string", "int", "float"]

INI: Sequence[tuple[str, Kind, Any, str]] = (
    (
        "edgebench_report",
        "string",
        None,
        "The HTML report's file, written by every run. Default: none.",
    ),
    (
        "edgebench_history",
        "string",
        None,
        "The file of the history, or 'off'. Default: in pytest's cache folder, and off where CI is set.",
    ),
    (
        "edgebench_lint",
        "string",
        "warn",
        "Report recipes that are known to go wrong on a target: off, warn or error. Default: warn.",
    ),
    (
        "edgebench_cache_trust",
        "string",
        "read-write",
        "What this job may do with the cache: read-write, read-only (what it builds is kept apart) or apart "
        "(it does not read the cache, either). EDGEBENCH_CACHE_TRUST in the environment overrides it. "
        "Default: read-write.",
    ),
    (
        "edgebench_sandbox",
        "string",
        "auto",
        "What keeps workers, which run model files, from files, network and variables of this machine: auto "
        "(as far as the kernel can), require (all of it, or an error) or off. EDGEBENCH_SANDBOX in the "
        "environment overrides it. Default: auto.",
    ),
    (
        "edgebench_alpha",
        "string",
        "1 %",
        "Chance, over the whole matrix, that an unchanged model fails. Default: 1 %.",
    ),
    (
        "edgebench_default_latency_tolerance",
        "string",
        "3 %",
        "How much slower than the original a compressed model without a latency budget may be. Default: 3 %.",
    ),
    (
        "edgebench_parent_limit",
        "string",
        None,
        "Deprecated: the old name of edgebench_default_latency_tolerance. Default: not set.",
    ),
    (
        "edgebench_baseline_limit",
        "string",
        "3 %",
        "How much slower than the baseline a model without a latency budget may be. Default: 3 %.",
    ),
    (
        "edgebench_cap_seconds",
        "float",
        40.0,
        "Time after which a latency comparison ends INCONCLUSIVE, three times as long where a call takes "
        "20 ms and more. Default: 40.",
    ),
    (
        "edgebench_max_loads",
        "int",
        420,
        f"Fresh loads after which a latency comparison ends INCONCLUSIVE; at least {FEWEST_LOADS}. Default: "
        "420.",
    ),
    (
        "edgebench_accuracy_mode",
        "string",
        "fixed-set",
        "What an accuracy budget is about: fixed-set (the given samples) or population (what they were "
        "drawn from). Default: fixed-set.",
    ),
    (
        "edgebench_confirm_seconds",
        "float",
        20.0,
        "How much later a broken absolute latency budget is confirmed in a fresh process. Default: 20.",
    ),
    (
        "edgebench_deadline",
        "float",
        120.0,
        "Seconds a worker may take for one sample before it counts as hung. Default: 120.",
    ),
)
"""Ini key, its type for pytest, its default, its help."""

MARKERS = (
    f"{BUDGET_MARK}(budget): what is demanded of a model on a device; write eb.budget(...)",
    f"{CASES_MARK}(selection): the cases a test is made of; write eb.cases(...)",
)
"""Lines for the `markers` setting."""


def add_options(parser: pytest.Parser) -> None:
    """Declare the options and ini keys; for ``pytest_addoption``."""
    group = parser.getgroup("edgebench", "pytest-edgebench (model budgets on devices)")
    for name, arguments in OPTIONS.items():
        group.addoption(name, **arguments)
    for key, kind, default, text in INI:
        parser.addini(key, text, type=kind, default=default)
