"""When a session of ours begins: not before something needs it, since every start of pytest pays for it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.names import COMMITTED, PROGRESS, REF
from pytest_edgebench.base.system import unsupported
from pytest_edgebench.session import errors
from pytest_edgebench.settings.options import INI, OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgebench.record.run import Check
    from pytest_edgebench.session.session import Session

SESSION: pytest.StashKey[Session] = pytest.StashKey()
CHECKS: pytest.StashKey[list[Check]] = pytest.StashKey()
CONTROLLER = "edgebench-controller"
DECLARING = ("pytest_edgebench.declare.budget", "pytest_edgebench.declare.model")
"""Modules that are loaded once a project declares something of ours."""


def declared() -> bool:
    """Whether anything of ours was declared in this process."""
    return any(name in sys.modules for name in DECLARING)


def asked_for(config: pytest.Config) -> bool:
    """Whether settings, options or other processes ask for a session before any test is collected."""
    option: Any = config.option
    given = any(
        getattr(option, name.lstrip("-").replace("-", "_")) not in (arguments.get("default"), None, False)
        for name, arguments in OPTIONS.items()
    )
    within = hasattr(config, "workerinput") or REF in os.environ
    ini = any(_set(config, key, default) for key, _, default, _ in INI)
    parallel = _parallel(config) and not unsupported()  # nothing is forced on tests that are not ours
    return bool(given or parallel or within or ini or option.pyargs or any(_settings(config)))


def begin(config: pytest.Config) -> Session:
    """The session of this process, begun with the first call.

    Raises:
        pytest.UsageError: an option, an ini key or the settings file is wrong; or this is not Linux.
    """
    found = config.stash.get(SESSION, None)
    if found is not None:
        return found
    if told := unsupported():
        raise pytest.UsageError(told)
    from pytest_edgebench.session.session import Session

    session = config.stash[SESSION] = Session(config)
    if not session.worker:
        from pytest_edgebench.session.controller import Controller

        if config.pluginmanager.register(Controller(session), CONTROLLER) is None:
            raise pytest.UsageError(errors.blocked(CONTROLLER))
        if session.ref is None:
            _show_progress(config, session)
    if session.settings.selftest:
        from pytest_edgebench.session.selftest import SelfTest

        config.pluginmanager.register(SelfTest(session), "edgebench-selftest")
    return session


def late(config: pytest.Config) -> Session | None:
    """A session for budgets that were made while tests ran, where none was begun before; None without any."""
    if not declared() or unsupported():
        return None
    from pytest_edgebench.declare import made

    return begin(config) if made.waiting() else None


def _show_progress(config: pytest.Config, session: Session) -> None:
    from pytest_edgebench.reports.progress import Printer

    printer = Printer(config, session.notes_folder, parallel=_parallel(config))
    config.pluginmanager.register(printer, PROGRESS)
    session.step, session.wipe = printer.step, printer.wipe


def _parallel(config: pytest.Config) -> bool:
    """Whether xdist runs the tests in processes of its own."""
    option: Any = config.option
    return bool(getattr(option, "numprocesses", None)) or getattr(option, "dist", "no") != "no"


def _set(config: pytest.Config, key: str, default: Any) -> bool:
    try:
        return bool(config.getini(key) != default)
    except (TypeError, ValueError, pytest.UsageError):  # told with better words once the settings are read
        return True


def _settings(config: pytest.Config) -> Iterator[bool]:
    """Whether settings of ours lie beside the ini file, or round the tests that are asked for."""
    beside = config.inipath.parent if config.inipath is not None else config.rootpath
    yield os.path.lexists(beside / COMMITTED) or _holds(beside)
    start, root = config.invocation_params.dir, config.rootpath
    for argument in config.args:
        place = start / argument.partition("::")[0]
        for folder in (place, *place.parents):
            yield os.path.lexists(folder / "edgebench.toml") or os.path.lexists(folder / COMMITTED)
            if folder == root:
                break


def _holds(folder: Path) -> bool:
    if os.path.lexists(folder / "edgebench.toml"):
        return True
    shared = folder / "pyproject.toml"
    try:
        return shared.is_file() and b"edgebench" in shared.read_bytes()
    except OSError:  # told once the settings are read
        return True
