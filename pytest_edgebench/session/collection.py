"""What pytest sees of the matrix: parametrised tests, failed collection reports, deselected items.

Nothing is raised here: an exception in these hooks would be a traceback, or an internal error under xdist.
Problems are kept and told in failed reports: those of a module or class in its own, those of the session in
one more, after which no test runs.
"""

from __future__ import annotations

import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.names import BUDGET_MARK, CASES_MARK, EDGE
from pytest_edgebench.declare import errors as declare_errors
from pytest_edgebench.declare import made, marks, matrix
from pytest_edgebench.declare.budget import Budget
from pytest_edgebench.declare.discover import Discovery, Visible
from pytest_edgebench.declare.grammar import Understood, understand
from pytest_edgebench.declare.items import case_of
from pytest_edgebench.declare.precedence import FOLDER, FUNCTION, Layered
from pytest_edgebench.profiles import errors as profiles_errors
from pytest_edgebench.profiles.document import FILE
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.session import errors
from pytest_edgebench.session.late import Late
from pytest_edgebench.session.unattached import unattached

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_edgebench.declare.limit import Planned
    from pytest_edgebench.declare.matrix import Cell, Matrix
    from pytest_edgebench.declare.precedence import Layer

    Files = Mapping[str, str]

_OUR_ERRORS = "pytest_edgebench."


class Collection:
    """What is known while pytest collects; one in a session.

    Attributes:
        profiles: name → profile of the matrix; one called "host" where the user declared none.
        plan: key → case of all tests that were collected, before any filter.
        warnings: what to think twice about, each with ``file:line``.
        only: folder whose tests alone the profiles are meant for; None where they are for all.
        late: budgets that reach a test after its cases were made.
        pending: place of a budget that no test has yet → what to say if none gets it while tests run.
    """

    def __init__(
        self, config: pytest.Config, profiles: Mapping[str, Profile], only: Path | None = None
    ) -> None:
        self.only = only
        self.config = config
        self.profiles: Mapping[str, Profile] = dict(profiles) or {"host": Profile("host", target="host")}
        self.plan: dict[str, Planned] = {}
        self.warnings: dict[str, None] = {}
        self._discovery = Discovery(config)
        self._seen: dict[object, Visible] = {}
        self._folders: dict[Path, marks.Folders] = {}
        self._matrices: dict[Visible, Matrix] = {}
        self._understood: dict[Budget, Understood] = {}
        self._keys: dict[str, Cell] = {}
        self._problems: dict[str, dict[str, None]] = {}
        self._session: dict[str, None] = {}
        self._read: set[object] = set()
        self._outer: dict[Budget, Layer] = {}
        self._matched: set[Budget] = set()
        self._patterns: dict[Budget, set[tuple[str, str]]] = {}
        self.late = Late(self)
        self.homes: dict[str, set[str]] = {}
        self.pending: dict[str, str] = {}

    # -- what a test has ------------------------------------------------------------------------------

    def generate(self, metafunc: pytest.Metafunc) -> None:
        """Parametrise `edge` of a test with its cases (``pytest_generate_tests``)."""
        definition = metafunc.definition
        gathered = self.gathered(definition)
        self.late.know(definition, gathered)
        self._read.update(gathered.own())
        visible = None
        if EDGE in metafunc.fixturenames and not _parametrised(definition):
            visible = self._visible(definition)
        self._see_outer(gathered)
        if visible is None or not _ours(visible):
            for given in gathered.own():
                call = f"{'eb.budget' if isinstance(given, Budget) else 'eb.cases'}({given.shown})"
                self._tell(definition, [errors.no_edge(given.place, call, definition.name)])
            return
        if self.only is not None and not definition.path.is_relative_to(self.only):
            where = (str(definition.path), str(self.only / FILE))
            self._session[profiles_errors.outside(*where)] = None
        planned, problems = self._plan(definition, gathered, self._matrix(visible))
        self._tell(definition, problems)
        # A test with problems fails with its module; it gets one nameless case so that pytest is content.
        keys = [case.case.key for case in planned] or ["none"]
        metafunc.parametrize(EDGE, planned or [None], ids=keys, indirect=True)

    def _plan(
        self, definition: pytest.Item, gathered: marks.Gathered, seen: Matrix
    ) -> tuple[tuple[Planned, ...], list[str]]:
        problems = [*seen.problems, *gathered.problems]
        budgets = []
        for budget, layer in gathered.budgets:
            understood = self.understood(budget)
            problems += understood.problems
            wrong = self._names(seen, budget, layer)
            problems += wrong
            budgets.append(Layered(budget, () if wrong else understood.limits, layer))
        selections = gathered.nearest_selections()
        problems += [problem for selection in selections for problem in selection.problems]
        place = _place(definition)
        plan = matrix.plan(definition.name, place, seen, selections, budgets)
        problems += plan.problems
        self._matched.update(plan.matched)
        for cell, planned in zip(plan.cells, plan.planned, strict=True):
            first = self._keys.setdefault(cell.case.key, cell)
            if first is not cell and (first.case, first.identity) != (cell.case, cell.identity):
                self._session[errors.duplicate_key(cell.case.key, _made_of(first), _made_of(cell))] = None
            self.plan.setdefault(cell.case.key, planned)
            self.homes.setdefault(cell.case.key, set()).add(definition.nodeid.partition("::")[0])
        return plan.planned, problems

    def gathered(self, item: pytest.Item) -> marks.Gathered:
        """Budgets and selections on a test and above it."""
        return marks.gather(item, self._folder_marks(item.path))

    def matrix_of(self, item: pytest.Item) -> Matrix:
        """All cases that a test could have."""
        return self._matrix(self._visible(item))

    def match(self, budgets: Iterable[Budget]) -> None:
        """These budgets hold for some case."""
        self._matched.update(budgets)

    def _visible(self, definition: pytest.Item) -> Visible:
        """What the tests of one module or class can see; the same for all of them."""
        parent = definition.parent
        if parent is None:
            return self._discovery.visible(definition)
        if parent not in self._seen:
            self._seen[parent] = self._discovery.visible(definition)
        return self._seen[parent]

    def _folder_marks(self, path: Path) -> marks.Folders:
        if path not in self._folders:
            self._folders[path] = marks.folder_marks(self.config, path)
        return self._folders[path]

    def _matrix(self, visible: Visible) -> Matrix:
        if visible not in self._matrices:
            self._matrices[visible] = matrix.build(visible, self.profiles)
        return self._matrices[visible]

    def understood(self, budget: Budget) -> Understood:
        """A budget's limits, read once."""
        if budget not in self._understood:
            self._understood[budget] = understood = understand(budget)
            self.warnings |= dict.fromkeys(understood.warnings)
        return self._understood[budget]

    def _names(self, seen: Matrix, budget: Budget, layer: Layer) -> list[str]:
        """Problems with the names in a budget; a folder's may mean something to other modules below it."""
        if layer[0] != FOLDER:
            return matrix.unknown_names(seen, budget)
        used = self._patterns.setdefault(budget, set())
        for axis, patterns in (("model", budget.models), ("recipe", budget.recipes)):
            missing = matrix.unmatched(patterns, seen.names[axis])
            used |= {(axis, pattern) for pattern in patterns if pattern not in missing}
        unknown = matrix.unmatched(budget.profiles, self.profiles)
        return [declare_errors.unknown_profile(budget.place, pattern, self.profiles) for pattern in unknown]

    def _see_outer(self, gathered: marks.Gathered) -> None:
        for budget, layer in gathered.budgets:
            if layer[0] != FUNCTION:
                self._outer.setdefault(budget, layer)

    def _tell(self, definition: pytest.Item, problems: Sequence[str]) -> None:
        if problems and definition.parent is not None:
            told = self._problems.setdefault(definition.parent.nodeid, {})
            told |= dict.fromkeys(problems)

    # -- what is reported -----------------------------------------------------------------------------

    def report(self, collector: pytest.Collector, report: pytest.CollectReport) -> pytest.CollectReport:
        """Make a module or class with problems fail (after ``pytest_make_collect_report`` of others)."""
        problems = list(self._problems.get(collector.nodeid, ()))
        if not problems:
            _without_traceback(report, self.config.rootpath)
        elif report.outcome == "passed":
            report.outcome = "failed"
            report.longrepr = self._text(problems)
            report.result = []
        return report

    def check(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Tell the problems of the whole session, after which none of its tests runs.

        To be called first in ``pytest_collection_modifyitems``, before any filter.
        """
        for item in items:
            for mark in item.own_markers:
                if mark.name in (BUDGET_MARK, CASES_MARK):
                    self._session |= dict.fromkeys(self._unread(item, mark))
        if not session.testsfailed:
            self._session |= dict.fromkeys(self._unused())
        self._refuse(session, items)

    def finish(
        self, session: pytest.Session, every: Sequence[pytest.Item], items: list[pytest.Item], files: Files
    ) -> None:
        """Take budgets that hooks added, and tell of those that no test has; after all plugins' filters.

        Args:
            every: what was collected, before any filter. items: what is left of it.
            files: test file → "" where it was collected, else why not.
        """
        told = bool(self._session)
        for item in every:
            self._session |= dict.fromkeys(self.late.adopt(item))
        settled: set[object] = {*self._matched, *self._read, *self._outer}
        found = unattached(made.take(), every, settled, lambda path: self._complete(session, path, files))
        self._session |= dict.fromkeys(found.problems)
        if len(items) == len(every):
            self.pending = found.pending
        if not told:
            self._refuse(session, items)

    def _complete(self, session: pytest.Session, path: Path, files: Files) -> bool:
        """Whether all tests that a budget of a file can be on were collected."""
        config = self.config
        if config.getoption("lf", default=None):
            return False
        root = config.rootpath
        name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
        if name in files:
            named = any(
                given.partition("::")[0].endswith(path.name) for given in config.args if "::" in given
            )
            return not files[name] and not named
        if any(key.partition("::")[0] == name for key in self._problems):
            return True
        if session.testsfailed or any(files.values()):
            return False
        if path.name == "conftest.py":
            return self.whole(path.parent)
        return path.is_relative_to(root) and self.whole(root)

    def _refuse(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        if not self._session:
            return
        items[:] = []
        report = pytest.CollectReport("edgebench", "failed", self._text(list(self._session)), [])
        session.config.hook.pytest_collectreport(report=report)

    def _unread(self, item: pytest.Item, mark: pytest.Mark) -> list[str]:
        call = "eb.budget" if mark.name == BUDGET_MARK else "eb.cases"
        return [
            errors.unread_mark(given.place, f"{call}({given.shown})", item.name)
            for given in mark.args
            if hasattr(given, "place") and given not in self._read
        ]

    def _unused(self) -> list[str]:
        """Wider budgets that hold for nothing, where all tests below them were collected."""
        told: list[str] = []
        for budget, layer in self._outer.items():
            folder = Path(budget.file).parent if layer[0] == FOLDER else Path(budget.file)
            if not self.whole(folder):
                continue
            understood = self.understood(budget)
            if budget not in self._matched:
                told += understood.problems or [errors.budget_unused(budget.place, budget.shown)]
            elif layer[0] == FOLDER:
                used = self._patterns.get(budget, set())
                told += [
                    errors.budget_pattern_unused(budget.place, axis, pattern)
                    for axis, patterns in (("model", budget.models), ("recipe", budget.recipes))
                    for pattern in patterns
                    if (axis, pattern) not in used
                ]
        return told

    def whole(self, path: Path) -> bool:
        """Whether all tests in a file or folder are collected: nothing narrower was asked for."""
        config = self.config
        if any(config.getoption(name, default=None) for name in ("lf", "pyargs")):
            return False
        # What the ini file always leaves out is no part of the project's tests.
        always = " ".join(config.getini("addopts"))
        left_out = [*(config.getoption("ignore") or ()), *(config.getoption("ignore_glob") or ())]
        if any(str(each) not in always for each in left_out):
            return False
        if config.args_source is type(config).ArgsSource.TESTPATHS and path.is_relative_to(config.rootpath):
            return True
        asked = [config.invocation_params.dir / argument for argument in config.args if "::" not in argument]
        return any(path == folder or folder in path.parents for folder in asked)

    def _text(self, problems: Sequence[str]) -> str:
        """All problems as one text; paths are told from the root folder."""
        many = f"{len(problems)} problems with models, recipes and budgets:\n\n" if len(problems) > 1 else ""
        return (many + "\n\n".join(problems)).replace(f"{self.config.rootpath}/", "")


def deselect(config: pytest.Config, items: list[pytest.Item], patterns: Sequence[str]) -> None:
    """Keep, of the tests with a case, those on profiles that match; the matrix stays as it was planned."""
    if not patterns:
        return
    kept: list[pytest.Item] = []
    dropped: list[pytest.Item] = []
    for item in items:
        planned = case_of(item)
        other = planned is not None and not any(
            fnmatch.fnmatchcase(planned.case.profile, pattern) for pattern in patterns
        )
        (dropped if other else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


def _parametrised(definition: pytest.Item) -> bool:
    """Whether the user gives `edge` values of their own, so that it is not ours."""
    for mark in definition.iter_markers("parametrize"):
        names = mark.kwargs.get("argnames", mark.args[0] if mark.args else ())
        listed = names.split(",") if isinstance(names, str) else names
        if EDGE in {str(name).strip() for name in listed}:
            return True
    return False


def _ours(visible: Visible) -> bool:
    """Whether `edge` is the plugin's, perhaps wrapped by fixtures of the same name."""
    for found in reversed(visible.chain(EDGE)):
        if not found.local:
            return True
        if EDGE not in found.parameters():
            return False
    return False


def _place(definition: pytest.Item) -> str:
    path, line, _ = definition.reportinfo()
    return f"{path}:{(line or 0) + 1}"


def _made_of(cell: Cell) -> str:
    """Where a case comes from: its recipe, and whatever else may be the difference."""
    first, *rest = dict.fromkeys((cell.place, *cell.identity))
    return f"{first} (with {', '.join(rest)})" if rest else first


def _without_traceback(report: pytest.CollectReport, root: Path) -> None:
    """Tell an error of ours that a file raised while it was imported, with the user's own line."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is None or not crash.message.startswith(_OUR_ERRORS):
        return
    text = crash.message.partition(": ")[2]
    entries: list[Any] = getattr(getattr(report.longrepr, "reprtraceback", None), "reprentries", [])
    here = str(Path(__file__).parents[1])  # the package
    places = [entry.reprfileloc for entry in entries if getattr(entry, "reprfileloc", None) is not None]
    users = [at for at in places if at.path[0] != "<" and not str(Path(root, at.path)).startswith(here)]
    place = f"{users[-1].path}:{users[-1].lineno}: " if users else ""
    report.longrepr = text if users and text.startswith(place) else f"{place}{text}"
