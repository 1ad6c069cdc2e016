"""pytest's configuration as the plain values that `baselines` takes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.baselines.accounting import Asked
from pytest_edgebench.baselines.invocation import Invocation

if TYPE_CHECKING:
    import pytest

    from pytest_edgebench.settings.resolve import Settings


def invocation(config: pytest.Config) -> Invocation:
    """How pytest was started."""
    option: Any = config.option
    cut = getattr(option, "confcutdir", None)
    return Invocation(
        root=config.rootpath,
        start=config.invocation_params.dir,
        ini=config.inipath,
        cut=Path(cut) if cut else None,
        arguments=tuple(config.args),
        overrides=tuple(getattr(option, "override_ini", None) or ()),
        import_mode=str(option.importmode),
        keyword=option.keyword or "",
        marks=option.markexpr or "",
        profiles=tuple(config.getoption("--edgebench-profile") or ()),
        packages=bool(option.pyargs),
        parallel=config.pluginmanager.hasplugin("xdist"),
    )


def asked(config: pytest.Config, base: Path) -> Asked:
    """What pytest was asked to collect; with ``--pyargs`` only paths are known.

    Args:
        base: where the accepted state lies.
    """
    option: Any = config.option
    start = config.invocation_params.dir
    overrides = getattr(option, "override_ini", None) or ()
    return Asked(
        root=config.rootpath,
        base=base if base != config.rootpath else None,
        whole=tuple(_normal(start / given) for given in config.args if "::" not in given),
        ignored=tuple(_normal(start / given) for given in getattr(option, "ignore", None) or ()),
        ignored_globs=tuple(
            str(_normal(start / given)) for given in getattr(option, "ignore_glob", None) or ()
        ),
        other_files=any(given.partition("=")[0].strip() == "python_files" for given in overrides),
    )


def unfiltered(config: pytest.Config, settings: Settings) -> bool:
    """Whether this session is all there is: no tests were named, none were filtered."""
    option: Any = config.option
    filtered = option.keyword or option.markexpr or settings.planned
    every = tuple(settings.selected) == tuple(settings.profiles)
    return every and not filtered and config.args_source is not type(config).ArgsSource.ARGS


def _normal(path: Path) -> Path:
    """A path without ``..``; links stay, as pytest keeps them."""
    return Path(os.path.normpath(path))
