"""`Session`: the state of one pytest process, kept in its stash."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import tempfile
import time
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.errors import DeclarationError, EdgebenchError
from pytest_edgebench.base.names import RUN
from pytest_edgebench.base.writing import writing
from pytest_edgebench.baselines import git_ref_child
from pytest_edgebench.declare.items import case_of
from pytest_edgebench.declare.recipe import Family
from pytest_edgebench.record import plan as plans
from pytest_edgebench.record import progress
from pytest_edgebench.session import errors, run_folder
from pytest_edgebench.session.collected import Collected
from pytest_edgebench.session.collection import Collection, deselect
from pytest_edgebench.session.demanded import Demanded
from pytest_edgebench.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_edgebench.case.case import CaseRun
    from pytest_edgebench.case.toolbox import Toolbox
    from pytest_edgebench.declare.limit import Planned
    from pytest_edgebench.declare.model import Model, Recipe
    from pytest_edgebench.lint.findings import Finding
    from pytest_edgebench.record.baseline import Baseline
    from pytest_edgebench.record.run import Observation


class Session:
    """What this process knows.

    Attributes:
        settings: what the user asked for.
        collection: what was found while collecting.
        findings: of the linter, in this process.
        worker: name of the xdist worker, "" in a process that reports.
        demanded: what all collected tests together demand of each case.
        started: seconds since the epoch.
        step, wipe: show progress and take it away, in a process that reports.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.ref = git_ref_child.told()
        self.settings = resolve.load(config)
        self.demanded = Demanded(config, self.settings)
        if self.ref is not None:
            self.settings = git_ref_child.settings(self.settings, self.ref)
        self.collection = Collection(config, self.settings.profiles, self.settings.only)
        self.collected = Collected()
        given: dict[str, Any] = getattr(config, "workerinput", {})
        self.worker: str = given.get("workerid", "")
        self.started = time.time()
        self.step: Callable[[], None] = lambda: None
        self.wipe: Callable[[], None] = lambda: None
        self._given: str = given.get(RUN, "")
        self._owner: IO[bytes] | None = None
        self._case_runs: dict[str, CaseRun] = {}
        self.findings: dict[Finding, None] = {}

    @cached_property
    def folder(self) -> Path:
        """Kept across sessions: under pytest's cache, or temporary where that is switched off."""
        if self.ref is not None:
            return self.ref.folder
        cache = getattr(self.config, "cache", None)
        if cache is None:
            return Path(tempfile.mkdtemp(prefix="edgebench-"))
        return Path(cache.mkdir("edgebench"))

    @cached_property
    def run_folder(self) -> Path:
        """Of this session, shared with xdist's workers."""
        if self._given:
            return self._given_folder()
        with writing():
            folder, self._owner = run_folder.make(self.folder / "runs", self.started)
        return folder

    def _given_folder(self) -> Path:
        """The controller's, which must be the same one.

        Raises:
            pytest.UsageError: this worker does not see it.
        """
        folder = Path(self._given)
        if not folder.is_dir():
            raise pytest.UsageError(errors.other_file_system(self.worker, folder))
        return folder

    @cached_property
    def notes(self) -> progress.Notes:
        """What this process tells of its progress; the builder of a baseline tells the session that asked."""
        if self.ref is not None:
            return progress.Notes(self.ref.notes, "baseline", only=progress.REFERENCES)
        notes = progress.Notes(self.run_folder / progress.FOLDER, self.worker or "main")
        notes.listener = self.step
        return notes

    def notes_folder(self) -> Path | None:
        """Where all processes of the session note their progress; None before there is a run folder."""
        return self.run_folder / progress.FOLDER if "run_folder" in vars(self) else None

    @cached_property
    def toolbox(self) -> Toolbox:
        """Tools to build, measure and judge."""
        from pytest_edgebench.baselines.reference import AcceptedState
        from pytest_edgebench.case.toolbox import Toolbox

        with writing():
            (self.run_folder / "workers").mkdir(parents=True, exist_ok=True)
        settings, cache = self.settings, self.folder / "cache"
        # Where a first baseline is being made, a budget against it finds nothing yet.
        making = settings.update_baseline != "no" or settings.save_baseline is not None
        accepted = AcceptedState(self.baseline, updating=making)
        return Toolbox(self.settings, cache, self.run_folder, self.noisy, self._log, accepted)

    @cached_property
    def baseline(self) -> Baseline | None:
        """The accepted state, which the reporting process found and told of in the run folder."""
        if not self._given and "run_folder" not in vars(self):
            return None
        from pytest_edgebench.baselines import find

        return find.found(self.run_folder)

    @cached_property
    def accept(self) -> str:
        """The command that accepts what was measured as the baseline; "" where a git ref is it."""
        from pytest_edgebench.reports.acceptance import command

        found = self.baseline
        return command(found.kind, found.name) if found is not None else command("committed", "")

    def noisy(self) -> int:
        """Latency comparisons of the whole matrix, with the float model and the baseline.

        Of all cases that were collected; more where this session is one shard of a larger matrix.
        """
        compared = self.baseline is not None
        own = sum(
            (bool(planned.recipe) + compared) * self.settings.profiles[planned.case.profile].measured
            for planned in self.collection.plan.values()
        )
        return max(own, self.settings.planned or 0)

    def select(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Tell the problems of the whole session; then keep the tests on the profiles asked for."""
        self.collection.check(session, items)
        selected = self.settings.selected
        if tuple(selected) != tuple(self.settings.profiles):
            deselect(self.config, items, selected)

    def settle(self, session: pytest.Session, every: list[pytest.Item], items: list[pytest.Item]) -> None:
        """After all plugins' filters: take in what hooks added, and account for every budget.

        Args:
            every: all that was collected. items: what is left of it.
        """
        if self.ref is None:  # the session that asked for a ref's baseline judges, the ref's own does not
            self.collection.finish(session, every, items, self.collected.files)
        self.demanded.see(every)

    def renew(self, case_run: CaseRun, item: pytest.Item) -> None:
        """Take in budgets that were added to a test since it began.

        Raises:
            DeclarationError: one of them is wrong.
        """
        problems = self.collection.late.adopt(item)
        if problems:
            raise DeclarationError("\n".join(problems).replace(f"{self.config.rootpath}/", ""))
        case_run.planned = case_of(item) or case_run.planned

    def plan(self, items: list[pytest.Item], *, broken: bool) -> None:
        """Write down which cases the selected tests are to report, for whoever merges.

        Args:
            broken: whether collection failed anywhere.

        Raises:
            pytest.UsageError: the cache folder cannot be written; a gate that could never fail.
        """
        try:
            self._plan(items, broken=broken)
        except EdgebenchError as error:
            raise pytest.UsageError(str(error)) from None

    def _plan(self, items: list[pytest.Item], *, broken: bool) -> None:
        found = {item.nodeid: case_of(item) for item in items}
        selected = {node: planned for node, planned in found.items() if planned is not None}
        # A baseline's cases are accounted for even where no test has one.
        if not selected and self.baseline is None:
            return
        powerless = self._powerless() if selected else ""
        if powerless and not self.worker:
            raise pytest.UsageError(powerless)
        plan = plans.Plan(
            tests={node: planned.case.key for node, planned in selected.items()},
            slots={
                node: tuple(
                    plans.PlannedSlot(
                        slot.place, slot.limit.metric, slot.limit.statistic, slot.limit.reference,
                        slot.limit.text,
                    )
                    for slot in planned.slots
                )
                for node, planned in selected.items()
            },
            cases={
                planned.case.key: plans.PlannedCase(
                    planned.case.model, planned.case.recipe, planned.case.variant, planned.case.profile,
                    planned.place,
                )
                for planned in selected.values()
            },
            listed=tuple(self.collection.plan),
            homes={key: tuple(sorted(files)) for key, files in self.collection.homes.items()},
            planned=len(self.collection.plan),
            powerless=powerless,
            warnings=tuple(self.collection.warnings),
            files=self.collected.files,
            failed=tuple(self.collected.failed),
            broken=broken,
            pending=self.collection.pending,
            loosened=self.demanded.loosened(None if self.ref else self.baseline),
        )  # fmt: skip
        self.notes.plan(progress.COMPRESSING, map(self._work, selected.values()))
        self.notes.plan(progress.MEASURING, (planned.case.key for planned in selected.values()))
        folder = self.run_folder / plans.FOLDER
        with writing(folder):
            folder.mkdir(exist_ok=True)
            staged = folder / f"{self.worker or 'main'}.tmp"
            staged.write_text(plan.dump(), encoding="utf-8")
            staged.replace(staged.with_suffix(".json"))

    def _work(self, planned: Planned) -> str:
        """What is built for a case, the same for all profiles that ask for the same file."""
        case = planned.case
        runtime = self.settings.profiles[case.profile].runtime
        named = f"{case.model}-{case.variant_name}"
        return f"{named} for {runtime}" if runtime else named

    def _powerless(self) -> str:
        """Why no slowdown could ever be proven with these settings and so many cells; "" where it could."""
        noisy = self.noisy()
        if not noisy or self.settings.exact_only:
            return ""
        from pytest_edgebench.judge.relative_latency import power
        from pytest_edgebench.session import errors

        settings = self.settings
        limit = 1 + min(settings.parent_limit_percent, settings.baseline_limit_percent) / 100
        found = power(settings.alpha / noisy, settings.max_loads, limit)
        return "" if found.possible else errors.powerless(found.reason, noisy)

    def case_run(self, planned: Planned, request: pytest.FixtureRequest) -> CaseRun:
        """The case_run of a case, one for all tests of it in this process."""
        from pytest_edgebench.case.case import CaseRun

        model: Model = request.getfixturevalue(planned.model)
        source = _source(planned, model, request)
        known = self._case_runs.get(planned.case.key)
        # Tests may demand different things of a case; what was built and measured is shared by the toolbox.
        if known is None or known.source is not source or known.planned != planned:
            known = self._case_runs[planned.case.key] = CaseRun(self.toolbox, planned, source, model)
            self._lint(known)
            known.building = lambda: self._building(planned)
        self.toolbox.builder.adopt(model)
        return known

    def _lint(self, case_run: CaseRun) -> None:
        """Remark on what is known to go wrong with the case; nothing is built for it.

        Raises:
            DeclarationError: something was found, and the user said that it must not be.
        """
        if self.settings.lint == "off" or self.ref is not None:
            return
        from pytest_edgebench.lint import findings

        planned, source = case_run.planned, case_run.source
        try:
            fmt = case_run.fmt
        except EdgebenchError:  # told when it is built
            return
        subject = findings.subject_of(source, fmt, case_run.profile, planned.slots)
        found = findings.findings(subject, planned.place.replace(f"{self.config.rootpath}/", ""))
        self.findings |= dict.fromkeys(found)
        if found and self.settings.lint == "error":
            del self._case_runs[planned.case.key]  # the next test of the case is refused, too
            raise errors.refused(planned.case.key, [one.text for one in found])
        case_run.remarks |= dict.fromkeys(one.text for one in found)

    @contextlib.contextmanager
    def _building(self, planned: Planned) -> Iterator[None]:
        """A block that builds the file of a case; what comes after it is measuring, until `save`."""
        with self.notes.item(progress.COMPRESSING, self._work(planned)):
            yield
        self.notes.begin(progress.MEASURING, planned.case.key)

    def save(self, case_run: CaseRun) -> None:
        """Write what was found of a case into the run folder, beside what other tests of it found."""
        self.notes.end(progress.MEASURING, case_run.planned.case.key)
        if "artifact" in vars(case_run):
            with writing(self.run_folder):
                self._save(case_run)

    def _save(self, case_run: CaseRun) -> None:
        from pytest_edgebench.record.codec import encode

        observed, unfit = "scored" in vars(case_run), bool(vars(case_run).get("unfit"))
        with_parent = observed and not self.settings.exact_only
        folder = self.run_folder / "cases"
        folder.mkdir(exist_ok=True)
        facts: dict[str, Any] = {
            "artifact": encode(case_run.artifact.record),
            "observation": encode(case_run.observation()) if observed or unfit else None,
            "parent": encode(_parent_of(case_run)) if with_parent else None,
            "pairs": encode(case_run.pairs),
            "layers": encode(case_run.layers),
            "remarks": list(case_run.remarks),
        }
        if observed and (self.settings.save_baseline or self.settings.update_baseline != "no"):
            from pytest_edgebench.baselines.reference import entry_of

            key = case_run.planned.case.key
            facts["entry"] = encode(entry_of(case_run, folder / f"{key}.npz", self.demanded.terms(key)))
            facts["files"] = str(case_run.artifact.path.parent)
        from pytest_edgebench.measure.locks import entry_lock

        path = folder / f"{case_run.planned.case.key}.json"
        with entry_lock(path.with_suffix(".lock"), f"writing what was found of {path.stem}"):
            if path.is_file():
                facts = _together(json.loads(path.read_text(encoding="utf-8")), facts)
            staged = path.with_suffix(f".{os.getpid()}")
            staged.write_text(json.dumps(facts), encoding="utf-8")
            staged.replace(path)

    def close(self) -> None:
        """End workers, and throw away what nobody keeps."""
        if "toolbox" in vars(self):
            self.toolbox.close()
        if "folder" in vars(self) and getattr(self.config, "cache", None) is None and not self.worker:
            shutil.rmtree(self.folder, ignore_errors=True)
        if self._owner is not None:
            run_folder.leave(self.run_folder, self._owner)

    def _log(self, text: str) -> None:
        """What is built is counted in the run folder, and told with -v."""
        log = self.run_folder / "built.log"
        with writing(self.run_folder), log.open("a", encoding="utf-8") as file:
            file.write(text + "\n")


def _together(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """What two tests found of one case: one may have looked only at the file, the other measured it."""
    for name in ("observation", "parent"):
        if old.get(name) and new.get(name):
            new[name]["metrics"] = {**old[name]["metrics"], **new[name]["metrics"]}
    known = {name: value for name, value in new.items() if value is not None}
    pairs = {**old["pairs"], **new["pairs"]}
    return {**old, **known, "pairs": pairs, "remarks": [*dict.fromkeys(old["remarks"] + new["remarks"])]}


def _parent_of(case_run: CaseRun) -> Observation | None:
    """What is known of the float model; nothing where it cannot be built or run: the check tells that."""
    try:
        return case_run.parent_observation()
    except EdgebenchError:
        return None


def _source(planned: Planned, model: Model, request: pytest.FixtureRequest) -> Model | Recipe:
    if not planned.recipe:
        return model
    value: Recipe | Family = request.getfixturevalue(planned.recipe)
    return value.of(model)[planned.case.variant] if isinstance(value, Family) else value


def plain(value: Any) -> Any:
    """A frozen result as plain values; for what xdist sends."""
    return dataclasses.asdict(value)
