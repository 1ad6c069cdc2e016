"""Command line, ini keys and ``edgebench.toml`` → one typed `Settings`."""

from __future__ import annotations

import fnmatch
import math
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

from pytest_edgebench.errors import SettingsError
from pytest_edgebench.errors import settings as errors
from pytest_edgebench.option_table import CHOICES, FEWEST_LOADS, REPORT
from pytest_edgebench.profiles.beside import document_of_tests
from pytest_edgebench.profiles.load import read_profiles, settings_document, settings_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_edgebench.profiles.catalogue import Tables
    from pytest_edgebench.profiles.document import Document
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.waivers import Waiver

OFF = "off"
Show = Literal["failing", "regressed", "all"]
Update = Literal["no", "yes", "force"]


@dataclass(frozen=True, slots=True)
class Settings:
    """All a session was told. Paths are absolute; None stands for what was not asked for.

    Attributes:
        root: folder of pytest's ini file, or its root directory; ``.edgebench/`` lies here.
        profiles: name → profile, in the order of the settings file; never empty.
        selected: names of the profiles whose cases run; all of them unless some were asked for.
        waivers: accepted regressions.
        runtimes: runtimes of other plugins: name → the file the worker loads.
        report, json, markdown: files to write.
        show: what the terminal lists.
        suggest: whether the terminal ends with budgets at what was measured.
        inconclusive: whether an undecided check passes or fails its test.
        regressions: whether a regression inside its budget warns or fails its test.
        lint: what is said of recipes that are known to go wrong on a target.
        baseline: a folder or a git ref, as given; None for the committed one, if there is one.
        save_baseline: folder to write a baseline to.
        update_baseline: whether the committed baseline is renewed; "force" also past a broken budget.
        history: file of what earlier runs found; None for the one in pytest's cache folder.
        keep_history: whether there is one at all.
        planned: noisy cells of the whole matrix when this session is one shard of it.
        exact_only: nothing is timed: only what a baseline keeps is found.
        selftest: measure the gate's own error rates in place of the tests.
        alpha: chance, over the whole matrix, that an unchanged model fails; a fraction.
        parent_limit_percent, baseline_limit_percent: how much slower than the float parent, or than the
            baseline, a model without a budget may be.
        cap_s: time after which a latency comparison ends undecided.
        max_loads: fresh loads of both models after which it ends undecided.
        accuracy_mode: "fixed-set": a budget is literal on the given samples; "population": it is about the
            samples they were drawn from.
        confirm_s: how much later than the first finding a broken absolute latency budget is confirmed.
        deadline_s: how long a worker may take for one request.
    """

    root: Path
    profiles: Mapping[str, Profile]
    selected: tuple[str, ...]
    waivers: tuple[Waiver, ...] = ()
    runtimes: Mapping[str, Path] = field(default_factory=dict)
    report: Path | None = None
    json: Path | None = None
    markdown: Path | None = None
    show: Show = "failing"
    suggest: bool = False
    inconclusive: Literal["pass", "fail"] = "pass"
    regressions: Literal["warn", "error"] = "warn"
    lint: Literal["off", "warn", "error"] = "warn"
    baseline: str | None = None
    save_baseline: Path | None = None
    update_baseline: Update = "no"
    history: Path | None = None
    keep_history: bool = True
    planned: int | None = None
    exact_only: bool = False
    selftest: bool = False
    alpha: float = 0.01
    parent_limit_percent: float = 3.0
    baseline_limit_percent: float = 3.0
    cap_s: float = 40.0
    max_loads: int = 420
    accuracy_mode: Literal["fixed-set", "population"] = "fixed-set"
    confirm_s: float = 20.0
    deadline_s: float = 120.0


def load(config: pytest.Config) -> Settings:
    """All settings of a session; for ``pytest_configure``.

    Raises:
        pytest.UsageError: an option, an ini key or the settings file is wrong; pytest exits with 4.
    """
    try:
        return _load(config)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None


def _load(config: pytest.Config) -> Settings:
    root = settings_folder(config.rootpath, config.inipath)
    runtimes: dict[str, Path] = {}
    for given in config.hook.pytest_edgebench_runtimes():
        runtimes |= given
    document = settings_document(config.rootpath, config.inipath) or document_of_tests(
        config.args,
        packages=bool(config.getoption("pyargs")),
        start=config.invocation_params.dir,
        root=config.rootpath,
    )
    problems: list[SettingsError] = []
    profiles = read_profiles(document, _plugin_entries(config), runtimes, problems)
    waivers = _waivers(document, problems)
    if problems:
        raise errors.several(problems)
    history, keep_history = _history(config, root)
    return Settings(
        root=root,
        profiles=profiles,
        selected=_selected(config.getoption("--edgebench-profile"), profiles),
        waivers=waivers,
        runtimes=runtimes,
        report=_report(config, root),
        json=_file(config, "--edgebench-json", "edgebench.json"),
        markdown=_file(config, "--edgebench-markdown", "comment.md"),
        show=cast("Show", _choice(config, "--edgebench-show")),
        suggest=bool(config.getoption("--edgebench-suggest")),
        inconclusive=cast("Literal['pass', 'fail']", _choice(config, "--edgebench-inconclusive")),
        regressions=cast("Literal['warn', 'error']", _choice(config, "--edgebench-regressions")),
        lint=cast("Literal['off', 'warn', 'error']", _choice(config, "--edgebench-lint", "edgebench_lint")),
        baseline=_given(config, "--edgebench-baseline", "origin/main"),
        save_baseline=_folder(config, "--edgebench-save-baseline", "baseline"),
        update_baseline=_update(config),
        history=history,
        keep_history=keep_history,
        planned=_planned(config),
        selftest=bool(config.getoption("--edgebench-selftest")),
        alpha=_percent(config, "edgebench_alpha", most=50.0) / 100.0,
        parent_limit_percent=_percent(config, "edgebench_parent_limit"),
        baseline_limit_percent=_percent(config, "edgebench_baseline_limit"),
        cap_s=_seconds(config, "edgebench_cap_seconds"),
        max_loads=_max_loads(config),
        accuracy_mode=cast("Literal['fixed-set', 'population']", _choice(config, "edgebench_accuracy_mode")),
        confirm_s=_seconds(config, "edgebench_confirm_seconds", zero=True),
        deadline_s=_seconds(config, "edgebench_deadline"),
    )


def _waivers(document: Document | None, problems: list[SettingsError]) -> tuple[Waiver, ...]:
    if document is None:
        return ()
    from pytest_edgebench.waivers import read_waivers

    return read_waivers(document, problems)


def _plugin_entries(config: pytest.Config) -> Tables:
    entries: dict[str, Mapping[str, object]] = {}
    for given in config.hook.pytest_edgebench_profiles():
        for name, table in given.items():
            if name in entries:
                where = f"pytest_edgebench_profiles: {name}"
                raise errors.entry_twice(where, name, "another plugin")
            entries[name] = table
    return entries


# Options


def _given(config: pytest.Config, option: str, example: str) -> str | None:
    value: str | None = config.getoption(option)
    # CI writes --edgebench-baseline=$BASE; with BASE unset that must not quietly compare with nothing.
    if value is not None and not value.strip():
        raise pytest.UsageError(errors.option_empty(option, f"{option}={example}"))
    return value


def _file(config: pytest.Config, option: str, example: str) -> Path | None:
    path = _folder(config, option, example)
    if path is not None and path.is_dir():
        raise pytest.UsageError(errors.option_folder(option, str(config.getoption(option))))
    return path


def _folder(config: pytest.Config, option: str, example: str) -> Path | None:
    given = _given(config, option, example)
    return None if given is None else config.invocation_params.dir / given


def _report(config: pytest.Config, root: Path) -> Path | None:
    option = "--edgebench-report"
    given = _given(config, option, REPORT)
    if given is not None:
        if not given.endswith((".html", ".htm")):
            raise pytest.UsageError(errors.option_swallowed(option, given, "no .html file"))
        return _file(config, option, REPORT)
    key = "edgebench_report"
    named: str | None = _ini(config, key, REPORT)
    if named is None:
        return None
    if not named.endswith((".html", ".htm")) or (root / named).is_dir():
        raise pytest.UsageError(errors.ini_value(key, errors.ini_outside(named, "an .html file"), REPORT))
    return root / named


def _history(config: pytest.Config, root: Path) -> tuple[Path | None, bool]:
    option, key, example = "--edgebench-history", "edgebench_history", "history.sqlite"
    given = _given(config, option, example)
    if given is None:
        named: str | None = _ini(config, key, example)
        if named is None:
            return None, not os.environ.get("CI")
        if not named.strip() or (root / named).is_dir():
            raise pytest.UsageError(errors.ini_value(key, errors.ini_outside(named, "a file"), example))
        return (None, False) if named == OFF else (root / named, True)
    return (None, False) if given == OFF else (_file(config, option, example), True)


def _update(config: pytest.Config) -> Update:
    option = "--edgebench-update-baseline"
    given = _given(config, option, "force")
    if given not in ("no", "yes", "force"):
        raise pytest.UsageError(errors.option_swallowed(option, str(given), "not 'force'"))
    return cast("Update", given)


def _planned(config: pytest.Config) -> int | None:
    option = "--edgebench-planned"
    given = _given(config, option, "120")
    if given is None:
        return None
    if not given.isdecimal() or int(given) < 1:
        raise pytest.UsageError(errors.option_count(option, given, 1))
    return int(given)


def _choice(config: pytest.Config, *names: str) -> str:
    """One of a few words: the option's, or where it is not given, the ini key's."""
    choices = CHOICES[names[0]]
    for name in names:
        option = name.startswith("--")
        given: str | None = config.getoption(name) if option else _ini(config, name, choices[-1])
        if given in choices:
            return str(given)
        if given is not None:
            raise pytest.UsageError(
                errors.option_choice(name if option else f"ini key {name}", given, choices)
            )
    raise AssertionError(names)  # one of them has a default


def _selected(patterns: Sequence[str] | None, profiles: Mapping[str, Profile]) -> tuple[str, ...]:
    if not patterns:
        return tuple(profiles)
    for pattern in patterns:
        if not fnmatch.filter(profiles, pattern):
            raise pytest.UsageError(errors.option_profile(pattern, profiles))
    return tuple(name for name in profiles if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns))


# Ini keys


def _ini(config: pytest.Config, key: str, example: str) -> Any:
    """The value of an ini key, with pytest's words on a wrong type put behind the key."""
    try:
        return config.getini(key)
    except (TypeError, ValueError, pytest.UsageError) as error:
        raise pytest.UsageError(errors.ini_value(key, str(error), example)) from None


def _percent(config: pytest.Config, key: str, most: float = math.inf) -> float:
    from pytest_edgebench.profiles.quantities import parse_percent

    given: str = _ini(config, key, "3 %")
    try:
        value = parse_percent(given)
    except ValueError as error:
        raise pytest.UsageError(errors.ini_value(key, str(error), "3 %")) from None
    if not 0.0 < value < most:
        bounds = "above 0 %" if math.isinf(most) else f"between 0 % and {most:g} %"
        raise pytest.UsageError(errors.ini_value(key, errors.ini_outside(given, bounds), "3 %"))
    return value


def _seconds(config: pytest.Config, key: str, *, zero: bool = False) -> float:
    value = float(_ini(config, key, "20"))
    if not math.isfinite(value) or value < 0.0 or (value == 0.0 and not zero):
        bounds = "a number of seconds, 0 or more" if zero else "a number of seconds above 0"
        raise pytest.UsageError(errors.ini_value(key, errors.ini_outside(value, bounds), "20"))
    return value


def _max_loads(config: pytest.Config) -> int:
    key = "edgebench_max_loads"
    value = int(_ini(config, key, "420"))
    if value < FEWEST_LOADS:
        said = errors.ini_outside(value, f"at least {FEWEST_LOADS}, below which no slowdown could be proven")
        raise pytest.UsageError(errors.ini_value(key, said, "420"))
    return value
