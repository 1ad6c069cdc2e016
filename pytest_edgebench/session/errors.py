"""Messages of the room `session`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import DeclarationError, EdgebenchError, SettingsError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pytest_edgebench.declare.stands_on import StandsOn


def refused(key: str, texts: Sequence[str]) -> DeclarationError:
    return DeclarationError(
        f"the linter refuses {key}:\n" + "\n".join(f"  {text}" for text in texts),
        fix="change the recipe, or say --edgebench-lint=warn",
    )


def other_file_system(worker: str, folder: Path) -> str:
    return (
        f"xdist's worker {worker} does not see the run folder of the session, {folder}: "
        "workers must share the controller's file system; "
        "run one pytest on each machine and merge the records: edgebench merge"
    )


def no_edge(place: str, call: str, test: str) -> str:
    return f"{place}: {call} is on {test}, which does not take `edge`; add the argument: def {test}(edge)"


def unread_mark(place: str, call: str, test: str) -> str:
    return (
        f"{place}: {call} reached {test} by pytest.param, a hook or a unittest.TestCase, "
        "where it is not read; put it above a test that takes `edge`, above its class, or in pytestmark"
    )


def on_unittest(place: str, call: str, cls: str) -> str:
    return (
        f"{place}: {call} is on {cls}, whose tests cannot take `edge` since it is a unittest.TestCase; "
        "put it on a test function or a plain class whose tests take `edge`"
    )


def unattached(place: str, call: str, found: StandsOn) -> str:
    """A budget that no collected test has, by what its line says."""
    if found.way == "statement":
        return f"{place}: {call} is on nothing: write @{call} above a test that takes `edge`"
    if found.way == "value":
        return f"{place}: {call} was made but is on no collected test; put it above one, or delete it"
    name, why = found.name, "is not collected as a test"
    fix = f"rename it as python_{'functions' if found.kind == 'function' else 'classes'} asks, or delete it"
    if found.hidden_by:
        why = f"is hidden by another {found.name} at line {found.hidden_by}"
        fix = "rename one of them"
    elif found.inside:
        why, fix = f"is inside of {found.inside}()", "move it to the module, where pytest collects it"
    elif made := [each for each in found.decorators if each.rpartition(".")[2] in _NO_TESTS]:
        why, fix = f"is a {made[0].rpartition('.')[2]}", "put the budget above a test that takes `edge`"
    elif found.switched_off:
        why, fix = "has __test__ = False", "delete that, or the budget"
    elif any(base.rpartition(".")[2].endswith("TestCase") for base in found.bases):
        why, fix = "is a unittest.TestCase without tests", "put the budget on tests that take `edge`"
    return f"{place}: {call} is on {name}, which {why}, so nothing is judged by it; {fix}"


_NO_TESTS = ("fixture", "model", "recipe", "step", "hookimpl")


def added_unjudged(place: str, call: str, test: str) -> str:
    return (
        f"{place}: {call} was added to {test} while it ran, and was never judged: "
        "add it before edge.check(), for a case that it holds for"
    )


def blocked(name: str) -> str:
    return (
        f"-p no:{name} keeps pytest-edgebench from hearing its tests, so that nothing would be judged: leave "
        "it out, or leave the whole plugin out by -p no:edgebench"
    )


def hidden(key: str, node: str) -> str:
    return (
        f"{node} broke budgets of {key}, but a hook or plugin reported it as not failed: mark the test "
        "xfail(raises=eb.BudgetExceeded) if it may break them"
    )


def made_in_test(place: str, call: str, test: str) -> str:
    return (
        f"{place}: {call} was made while {test} ran, but is on no test: write request.applymarker({call}) "
        "before edge.check(), or put it above a test that takes `edge`"
    )


def budget_unused(place: str, shown: str) -> str:
    return (
        f"{place}: eb.budget({shown}) holds for no case of any test below it; "
        "delete it, fix its names, or add a test that takes `edge`"
    )


def budget_pattern_unused(place: str, what: str, pattern: str) -> str:
    return f"{place}: eb.budget names the {what} {pattern!r}, which no test below it has; fix or delete it"


def duplicate_key(key: str, first: str, second: str) -> str:
    return f"two different cases are called {key}: {first} and {second}; rename a model or a recipe"


def early_exit(place: str) -> str:
    return (
        f"ERROR: {place}: os._exit(0) would end a session that has not passed as if it had; "
        "the exit status is 1"
    )


def never_heard(key: str, test: str) -> str:
    return (
        f"{key} was planned, but {test} never reported: its process may have been killed; "
        "look for a crash above and run it again"
    )


def plain_xfail(reason: str) -> str:
    return (
        f"{reason}\n  xfail hides only broken budgets: "
        "write @pytest.mark.xfail(raises=eb.BudgetExceeded) for those, and fix this"
    )


def required(profile: str, error: str) -> str:
    return f"{error}\n  profile {profile!r} is required, so this is a failure and no skip"


def powerless(problem: str, cells: int) -> str:
    return (
        f"the gate could never fail with these settings: {problem} ({cells} latency comparisons are "
        "planned); see edgebench_alpha, edgebench_max_loads and --edgebench-planned"
    )


def not_written(name: str, detail: str) -> str:
    return f"✕ {name}: {detail}"


def plan_unreadable(process: str) -> str:
    return (
        f"the plan of process {process} cannot be read: it may have been killed while it wrote; run it again"
    )


def swallowed(reason: str) -> str:
    return f"{reason}\n  the test caught this exception; a broken budget fails the session nonetheless"


def not_collected(printed: str) -> SettingsError:
    return SettingsError(
        f"the tests cannot be collected:\n{printed.strip()}",
        fix="run pytest --collect-only, and fix what it shows",
    )


def no_cases_collected(arguments: Sequence[str]) -> SettingsError:
    return SettingsError(
        "no test that takes `edge` was collected",
        where=" ".join(arguments),
        fix="give the folder of the tests with --tests",
    )


def again(started: str) -> str:
    return (
        f"current budgets on the numbers of the run of {started}: nothing was measured, and assertions in "
        "tests were not run"
    )


def not_in_record() -> str:
    return "the case is not in the record; run pytest to build and measure it"


def judged_by_none() -> str:
    return "no test judges this case any more"


def no_limit(given: str, where: str) -> SettingsError:
    return SettingsError(
        f"{given!r} is not METRIC=LIMIT", where=where, fix='write e.g. "size=64 kB" or "size=baseline + 1 %"'
    )


def stored_latency(given: str, where: str) -> SettingsError:
    return SettingsError(
        f"{given!r}: latencies of two runs are not compared, as they were timed at different times",
        where=where,
        fix="run pytest --edgebench-baseline=REF, which times both files in one job",
    )


def not_measured() -> str:
    return "it was not measured in the first record"


def gone(key: str) -> str:
    return f"{key}: in the first record, and missing from a later one"


def unknown_metric(name: str, known: Iterable[str], where: str) -> SettingsError:
    return SettingsError(f"unknown metric {name!r}", where=where, fix=nearest(name, known))


class BisectError(EdgebenchError):
    """A first bad commit that cannot be found."""


def not_an_ancestor(good: str, bad: str) -> BisectError:
    return BisectError(f"{good} is not an ancestor of {bad}", fix="name an older commit with --good")


def no_repository(said: str) -> BisectError:
    return BisectError(
        f"git cannot list the commits: {said}", fix="run it within the repository, with two commits"
    )


def no_case_at(commit: str, key: str, printed: str) -> BisectError:
    tail = "\n".join(f"  {line}" for line in printed.strip().splitlines()[-12:])
    return BisectError(
        f"{key} was not measured at {commit[:9]}; pytest printed:\n{tail}",
        fix="give a case as reports name it, e.g. kws-int8-rpi4, and commits at which its tests run",
    )


def not_worse(bad: str, metric: str, said: str) -> BisectError:
    return BisectError(
        f"{metric} at {bad} is not worse than at the good commit ({said})",
        fix="give a tighter --limit, or another commit with --bad",
    )
