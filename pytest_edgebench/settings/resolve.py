"""Command line, ini keys and ``edgebench.toml`` → one typed `Settings`."""

from __future__ import annotations

import fnmatch
import math
import os
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast

import pytest

from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.profiles import errors as profiles_errors
from pytest_edgebench.profiles.load import read_profiles, settings_folder
from pytest_edgebench.settings import errors
from pytest_edgebench.settings.options import CHOICES, FEWEST_LOADS, REPORT
from pytest_edgebench.settings.places import places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_edgebench.profiles.catalogue import Tables
    from pytest_edgebench.profiles.document import Document
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.settings.waivers import Waiver

OFF = "off"
Show = Literal["failing", "regressed", "all"]
Trust = Literal["read-write", "read-only", "apart"]
Confined = Literal["auto", "require", "off"]
Update = Literal["no", "yes", "force"]


@dataclass(frozen=True, slots=True)
class Settings:
    """All a session was told. Paths are absolute; None stands for what was not asked for.

    Attributes:
        root: where ``.edgebench/`` lies: the folder of pytest's ini file, or its root directory, unless the
            tests have one of their own below that.
        only: folder whose tests alone the settings file is meant for; None where it holds for all.
        profiles: name → profile, in the order of the settings file; never empty.
        selected: names of the profiles whose cases run; all of them unless some were asked for.
        waivers: accepted regressions.
        runtimes: runtimes of other plugins: name → the file the worker loads.
        report, json, markdown: files to write.
        show: what the terminal lists; None where it goes by pytest's verbosity.
        suggest: whether the terminal ends with budgets at what was measured.
        inconclusive: whether an undecided check passes or fails its test.
        regressions: whether a regression inside its budget warns or fails its test.
        loosened: whether demanding less than when a case was accepted is told only, or fails the session.
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
        cap_s: time after which a latency comparison ends INCONCLUSIVE.
        max_loads: fresh loads of both models after which it ends undecided.
        accuracy_mode: "fixed-set": a budget is literal on the given samples; "population": it is about the
            samples they were drawn from.
        confirm_s: how much later than the first finding a broken absolute latency budget is confirmed.
        deadline_s: how long a worker may take for one request.
        cache_trust: what this job may do with the cache that other jobs use.
        sandbox: what workers are held to.
        rebuild: build what is in the cache, too, and fail where the files differ.
    """

    root: Path
    profiles: Mapping[str, Profile]
    selected: tuple[str, ...]
    waivers: tuple[Waiver, ...] = ()
    runtimes: Mapping[str, Path] = field(default_factory=dict)
    report: Path | None = None
    json: Path | None = None
    markdown: Path | None = None
    show: Show | None = None
    suggest: bool = False
    inconclusive: Literal["pass", "fail"] = "pass"
    regressions: Literal["warn", "error"] = "warn"
    loosened: Literal["warn", "error"] = "warn"
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
    cache_trust: Trust = "read-write"
    sandbox: Confined = "auto"
    rebuild: bool = False
    only: Path | None = None


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
    beside = settings_folder(config.rootpath, config.inipath)
    runtimes: dict[str, Path] = {}
    for given in config.hook.pytest_edgebench_runtimes():
        runtimes |= given
    place = places(config)
    document = place.document
    problems: list[SettingsError] = []
    with warnings.catch_warnings(record=True) as old_names:
        warnings.simplefilter("always", DeprecationWarning)
        profiles = read_profiles(document, _plugin_entries(config), runtimes, problems)
    for found in () if hasattr(config, "workerinput") else old_names:  # xdist's controller has said it
        # A plain warning would be lost here: pytest shows those of tests and of collection.
        config.issue_config_time_warning(cast("Warning", found.message), 2)
    waivers = _waivers(document, problems)
    if problems:
        raise profiles_errors.several(problems)
    history, keep_history = _history(config, beside)
    return Settings(
        root=place.root,
        only=place.only,
        profiles=profiles,
        selected=_selected(config.getoption("--edgebench-profile"), profiles),
        waivers=waivers,
        runtimes=runtimes,
        report=_report(config, beside),
        json=_file(config, "--edgebench-json", "edgebench.json"),
        markdown=_file(config, "--edgebench-markdown", "comment.md"),
        show=_show(config),
        suggest=bool(config.getoption("--edgebench-suggest")),
        inconclusive=cast("Literal['pass', 'fail']", _choice(config, "--edgebench-inconclusive")),
        regressions=cast("Literal['warn', 'error']", _choice(config, "--edgebench-regressions")),
        loosened=cast("Literal['warn', 'error']", _choice(config, "--edgebench-loosened")),
        lint=cast("Literal['off', 'warn', 'error']", _choice(config, "--edgebench-lint", "edgebench_lint")),
        baseline=_given(config, "--edgebench-baseline", "origin/main"),
        save_baseline=_folder(config, "--edgebench-save-baseline", "baseline"),
        update_baseline=_update(config),
        history=history,
        keep_history=keep_history,
        planned=_planned(config),
        selftest=bool(config.getoption("--edgebench-selftest")),
        alpha=_percent(config, "edgebench_alpha", most=50.0) / 100.0,
        parent_limit_percent=_percent(config, _tolerance_key(config)),
        baseline_limit_percent=_percent(config, "edgebench_baseline_limit"),
        cap_s=_seconds(config, "edgebench_cap_seconds"),
        max_loads=_max_loads(config),
        accuracy_mode=cast("Literal['fixed-set', 'population']", _choice(config, "edgebench_accuracy_mode")),
        confirm_s=_seconds(config, "edgebench_confirm_seconds", zero=True),
        deadline_s=_seconds(config, "edgebench_deadline"),
        cache_trust=cast("Trust", _of_job(config, "edgebench_cache_trust")),
        sandbox=cast("Confined", _of_job(config, "edgebench_sandbox")),
        rebuild=bool(config.getoption("--edgebench-rebuild")),
    )


def _waivers(document: Document | None, problems: list[SettingsError]) -> tuple[Waiver, ...]:
    if document is None:
        return ()
    from pytest_edgebench.settings.waivers import read_waivers

    return read_waivers(document, problems)


def _plugin_entries(config: pytest.Config) -> Tables:
    entries: dict[str, Mapping[str, object]] = {}
    for given in config.hook.pytest_edgebench_profiles():
        for name, table in given.items():
            if name in entries:
                where = f"pytest_edgebench_profiles: {name}"
                raise profiles_errors.entry_twice(where, name, "another plugin")
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


def _show(config: pytest.Config) -> Show | None:
    given = config.getoption("--edgebench-show") is not None
    return cast("Show", _choice(config, "--edgebench-show")) if given else None


def _of_job(config: pytest.Config, key: str) -> str:
    """The environment's word goes first: a pull request can edit the ini file, but not the job."""
    variable = key.upper()
    given = os.environ.get(variable)
    if given is not None and given not in CHOICES[key]:
        where = f"environment variable {variable}"
        raise pytest.UsageError(errors.option_choice(where, given, CHOICES[key]))
    return given or _choice(config, key)


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


def tolerance_key(config: pytest.Config) -> str:
    """The ini key of the default limit against the original, which may still have its old name."""
    key, old = "edgebench_default_latency_tolerance", "edgebench_parent_limit"
    return key if _ini(config, old, "3 %") is None else old


def _tolerance_key(config: pytest.Config) -> str:
    """As `tolerance_key`; the old name is told."""
    key, old = "edgebench_default_latency_tolerance", tolerance_key(config)
    if old == key:
        return key
    if not hasattr(config, "workerinput"):  # xdist's controller has said it
        message = f"the ini key {old} is deprecated: write {key} = ..."
        config.issue_config_time_warning(DeprecationWarning(message), 2)
    return old


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
