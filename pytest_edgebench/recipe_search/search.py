"""``eb.search``: what is asked for made sure of, and what a search works with.

Importing this reads none of what a search needs: every project that uses a public name would pay for it.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.declare.model import Model
from pytest_edgebench.declare.score import as_score

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_edgebench.case.toolbox import Toolbox
    from pytest_edgebench.declare.limit import Limit
    from pytest_edgebench.declare.model import Step
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.recipe_search.result import Search

CACHE = Path(".pytest_cache", "d", "edgebench")
"""Where pytest keeps what it built, below its root folder: what either builds the other finds."""


def search(
    model: Model,
    steps: Sequence[Step | Sequence[Step]],
    objective: str = "size",
    budgets: Mapping[str, str | Sequence[str]] | None = None,
    profiles: Sequence[str | Profile] | None = None,
    *,
    minutes: float | None = None,
    cache: str | Path | None = None,
    update_from: str | Path | None = None,
    show: bool = True,
) -> Search:
    """Try every permitted order of some steps, with every choice in each, and compare the results.

    A search is exhaustive: nothing is guessed, so the front is that of all chains that were tried. What
    chains have in common at their beginning is built once. A later search, and pytest, find in the cache what
    was built. Latencies are estimates for choosing: they are measured one after another and prove nothing,
    which is what a budget in a test is for.

    Args:
        model: where all chains start.
        steps: each is one step of every chain, or a list of alternatives of which a chain takes one.
        objective: "size", "latency" (p50), "update" or the name of the model's score: what the best chain is
            best at.
        budgets: metric → limits as in ``eb.budget``, for "size", "latency", "update" and the score; literal
            on what was measured. Only chains that meet them all can be the best; the front shows the others,
            too.
        profiles: names of declared profiles, or profiles; all that are declared when not given.
        minutes: after so many no further chain is begun; what was found until then is returned.
        cache: folder of what is built; that of pytest in this project when not given.
        update_from: the model file that devices have now: with it "update" is the bytes of a binary patch
            from it to each chain's file.
        show: whether progress is written to the standard error stream.

    Raises:
        DeclarationError: an argument that cannot mean anything. SettingsError: a wrong settings file.
        EdgebenchError: the model itself cannot be built, run or scored.
    """
    import math
    import time

    from pytest_edgebench.recipe_search import errors
    from pytest_edgebench.recipe_search.chains import chains, pool_of
    from pytest_edgebench.recipe_search.run import SearchRun

    if not isinstance(model, Model):
        raise errors.not_a_model(model)
    if minutes is not None and not (isinstance(minutes, int | float) and minutes > 0):
        raise errors.bad_minutes(minutes)
    score = as_score(model.score)
    deployed = None if update_from is None else _deployed(update_from)
    known = ("size", "latency", score.name, *(() if deployed is None else ("update",)))
    limits = _limits(budgets or {}, known)
    if objective not in known:
        if objective == "update":
            raise errors.no_update_from()
        raise errors.unknown_objective(objective, known)
    pool, slots = pool_of(steps)
    root, wanted = _profiles(profiles)
    timed = objective == "latency" or any(limit.metric == "latency" for limit in limits)
    for profile in wanted:
        if timed and not profile.measured:
            raise errors.not_timed(profile.name)
    end = math.inf if minutes is None else time.monotonic() + 60 * minutes
    with _toolbox(root, wanted, Path(cache) if cache is not None else root / CACHE) as (toolbox, built):
        toolbox.builder.adopt(model)
        run = SearchRun(toolbox, built, model, pool, chains(slots), wanted, limits, show, deployed)
        return run.search(objective, end)


def _deployed(given: str | Path) -> Path:
    """The file that devices have now.

    Raises:
        DeclarationError: no file, one that is too large for a patch, or bsdiff4 is not installed.
    """
    from pytest_edgebench.artifacts import update
    from pytest_edgebench.metrics.errors import needs_patches, too_large
    from pytest_edgebench.recipe_search import errors

    if not isinstance(given, str | Path) or not Path(given).is_file():
        raise errors.no_deployed(given)
    path = Path(given)
    if path.stat().st_size > update.MOST_BYTES:
        raise errors.no_patches(too_large(path.stat().st_size))
    if not update.installed():
        raise errors.no_patches(needs_patches())
    return path


def _limits(budgets: Mapping[str, str | Sequence[str]], known: tuple[str, ...]) -> list[Limit]:
    from pytest_edgebench.declare.grammar import parse
    from pytest_edgebench.declare.slices import is_slice
    from pytest_edgebench.recipe_search import errors

    found = []
    for metric, given in budgets.items():
        if metric not in known:
            raise errors.unknown_metric(metric, known)
        for text in [given] if isinstance(given, str) else given:
            limit = parse(metric, text)
            if limit.reference == "baseline":
                raise errors.no_baseline(metric, text)
            if is_slice(limit.statistic):
                raise errors.no_slices(metric, text)
            found.append(limit)
    return found


def _profiles(given: Sequence[str | Profile] | None) -> tuple[Path, list[Profile]]:
    """The project's root, and the profiles that are asked for."""
    from pytest_edgebench.profiles.inifile import find_ini
    from pytest_edgebench.profiles.load import load_profiles
    from pytest_edgebench.recipe_search import errors

    root, inipath = find_ini(Path.cwd())
    declared = load_profiles(root, inipath)
    if given is None:
        return root, list(declared.values())
    found = []
    for each in [given] if isinstance(given, str) else given:
        if isinstance(each, str) and each not in declared:
            raise errors.unknown_profile(each, declared)
        found.append(declared[each] if isinstance(each, str) else each)
    return root, found


@contextlib.contextmanager
def _toolbox(
    root: Path, profiles: Sequence[Profile], cache: Path
) -> Iterator[tuple[Toolbox, Callable[[], int]]]:
    """A toolbox outside a session of pytest, and what tells how often something was built."""
    import shutil
    import tempfile

    from pytest_edgebench.base.writing import writing
    from pytest_edgebench.case.toolbox import Toolbox
    from pytest_edgebench.settings.resolve import Settings

    built: list[str] = []
    names = {profile.name: profile for profile in profiles}
    folder = Path(tempfile.mkdtemp(prefix="edgebench-search-"))
    with writing(cache):
        cache.mkdir(parents=True, exist_ok=True)
    (folder / "workers").mkdir()
    settings = Settings(root, names, tuple(names))
    toolbox = Toolbox(settings, cache / "cache", folder, lambda: 1, built.append)
    try:
        yield toolbox, lambda: len(built)
    finally:
        toolbox.close()
        shutil.rmtree(folder, ignore_errors=True)
