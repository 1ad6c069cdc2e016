"""`Session`: the state of one pytest process, kept in its stash."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import tempfile
import time
import uuid
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench import options, progress, ref_child
from pytest_edgebench.collection import Collection, case_of, deselect
from pytest_edgebench.declare.recipe import Family
from pytest_edgebench.errors import EdgebenchError
from pytest_edgebench.errors import lint as lint_errors
from pytest_edgebench.writing import writing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pytest_edgebench.bench import Bench
    from pytest_edgebench.declare.limit import Planned
    from pytest_edgebench.declare.model import Model, Recipe
    from pytest_edgebench.examine import Examination
    from pytest_edgebench.lint import Finding
    from pytest_edgebench.record.baseline import Baseline
    from pytest_edgebench.record.run import Observation

RUN = "edgebench_run"  # key of the run folder in what xdist hands to its workers
KEPT_RUNS = 2  # folders of earlier sessions that stay, for whoever looks for the cause of a failure


class Session:
    """What this process knows.

    Attributes:
        settings: what the user asked for.
        collection: what was found while collecting.
        findings: of the linter, in this process.
        worker: name of the xdist worker, "" in a process that reports.
        started: seconds since the epoch.
        step, wipe: show progress and take it away, in a process that reports.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.ref = ref_child.told()
        self.settings = options.load(config)
        if self.ref is not None:
            self.settings = ref_child.settings(self.settings, self.ref)
        self.collection = Collection(config, self.settings.profiles)
        given: dict[str, Any] = getattr(config, "workerinput", {})
        self.worker: str = given.get("workerid", "")
        self.started = time.time()
        self.step: Callable[[], None] = lambda: None
        self.wipe: Callable[[], None] = lambda: None
        self._given: str = given.get(RUN, "")
        self._examinations: dict[str, Examination] = {}
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
            return Path(self._given)
        with writing():
            return self._new_run_folder()

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

    def _new_run_folder(self) -> Path:
        runs = self.folder / "runs"
        runs.mkdir(parents=True, exist_ok=True)
        earlier = sorted(path for path in runs.iterdir() if path.is_dir())
        for path in earlier[: -KEPT_RUNS or None]:
            if not _alive(path):
                shutil.rmtree(path, ignore_errors=True)
        stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(self.started))
        folder = runs / f"{stamp}-{os.getpid()}-{uuid.uuid4().hex[:6]}"
        folder.mkdir()
        return folder

    @cached_property
    def bench(self) -> Bench:
        """Tools to build, measure and judge."""
        from pytest_edgebench.bench import Bench

        with writing():
            (self.run_folder / "workers").mkdir(parents=True, exist_ok=True)
        cache = self.folder / "cache"
        return Bench(self.settings, cache, self.run_folder, self.noisy, self._log, self.baseline)

    @cached_property
    def baseline(self) -> Baseline | None:
        """The accepted state, which the reporting process found (`pytest_edgebench.baseline.find`)."""
        from pytest_edgebench import baseline

        return baseline.found(self.run_folder)

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

    def plan(self, items: list[pytest.Item]) -> None:
        """Write down which cases the selected tests are to report, for whoever merges.

        Raises:
            pytest.UsageError: the cache folder cannot be written; a gate that could never fail.
        """
        try:
            self._plan(items)
        except EdgebenchError as error:
            raise pytest.UsageError(str(error)) from None

    def _plan(self, items: list[pytest.Item]) -> None:
        selected = {item.nodeid: case_of(item) for item in items}
        if not any(selected.values()):
            return
        plan = {
            "tests": {node: planned.case.key for node, planned in selected.items() if planned},
            "slots": {
                node: [
                    [slot.place, slot.limit.metric, slot.limit.statistic, slot.limit.reference,
                     slot.limit.text]
                    for slot in planned.slots
                ]
                for node, planned in selected.items()
                if planned
            },
            "cases": {
                planned.case.key: [*planned.case, planned.place] for planned in selected.values() if planned
            },
            "all": list(self.collection.plan),
            "planned": len(self.collection.plan),
            "powerless": self._powerless(),
            "warnings": list(self.collection.warnings),
        }  # fmt: skip
        if plan["powerless"] and not self.worker:
            raise pytest.UsageError(str(plan["powerless"]))
        cases = [planned for planned in selected.values() if planned]
        self.notes.plan(progress.COMPRESSING, map(self._work, cases))
        self.notes.plan(progress.MEASURING, (planned.case.key for planned in cases))
        folder = self.run_folder / "plans"
        with writing(folder):
            folder.mkdir(exist_ok=True)
            (folder / f"{self.worker or 'main'}.json").write_text(json.dumps(plan), encoding="utf-8")

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
        from pytest_edgebench.errors import run as errors
        from pytest_edgebench.judge.timing import power

        settings = self.settings
        limit = 1 + min(settings.parent_limit_percent, settings.baseline_limit_percent) / 100
        found = power(settings.alpha / noisy, settings.max_loads, limit)
        return "" if found.possible else errors.powerless(found.reason, noisy)

    def examine(self, planned: Planned, request: pytest.FixtureRequest) -> Examination:
        """The examination of a case, one for all tests of it in this process."""
        from pytest_edgebench.examine import Examination

        model: Model = request.getfixturevalue(planned.model)
        source = _source(planned, model, request)
        known = self._examinations.get(planned.case.key)
        # Tests may demand different things of a case; what was built and measured is shared by the bench.
        if known is None or known.source is not source or known.planned != planned:
            known = self._examinations[planned.case.key] = Examination(self.bench, planned, source, model)
            self._lint(known)
            known.building = lambda: self._building(planned)
        self.bench.builder.adopt(model)
        return known

    def _lint(self, examination: Examination) -> None:
        """Remark on what is known to go wrong with the case; nothing is built for it.

        Raises:
            DeclarationError: something was found, and the user said that it must not be.
        """
        if self.settings.lint == "off" or self.ref is not None:
            return
        from pytest_edgebench import lint

        planned, source = examination.planned, examination.source
        try:
            fmt = examination.fmt
        except EdgebenchError:  # told when it is built
            return
        subject = lint.subject_of(source, fmt, examination.profile, planned.slots)
        found = lint.findings(subject, planned.place.replace(f"{self.config.rootpath}/", ""))
        self.findings |= dict.fromkeys(found)
        if found and self.settings.lint == "error":
            del self._examinations[planned.case.key]  # the next test of the case is refused, too
            raise lint_errors.refused(planned.case.key, [one.text for one in found])
        examination.remarks |= dict.fromkeys(one.text for one in found)

    @contextlib.contextmanager
    def _building(self, planned: Planned) -> Iterator[None]:
        """A block that builds the file of a case; what comes after it is measuring, until `save`."""
        with self.notes.item(progress.COMPRESSING, self._work(planned)):
            yield
        self.notes.begin(progress.MEASURING, planned.case.key)

    def save(self, examination: Examination) -> None:
        """Write what was found of a case into the run folder, beside what other tests of it found."""
        self.notes.end(progress.MEASURING, examination.planned.case.key)
        if "artifact" in vars(examination):
            with writing(self.run_folder):
                self._save(examination)

    def _save(self, examination: Examination) -> None:
        from pytest_edgebench.record.codec import encode

        observed, unfit = "scored" in vars(examination), bool(vars(examination).get("unfit"))
        with_parent = observed and not self.settings.exact_only
        folder = self.run_folder / "cases"
        folder.mkdir(exist_ok=True)
        facts: dict[str, Any] = {
            "artifact": encode(examination.artifact.record),
            "observation": encode(examination.observation()) if observed or unfit else None,
            "parent": encode(_parent_of(examination)) if with_parent else None,
            "pairs": encode(examination.pairs),
            "remarks": list(examination.remarks),
        }
        if observed and (self.settings.save_baseline or self.settings.update_baseline != "no"):
            from pytest_edgebench.accepted import entry_of

            facts["entry"] = encode(entry_of(examination, folder / f"{examination.planned.case.key}.npz"))
            facts["files"] = str(examination.artifact.path.parent)
        from pytest_edgebench.measure.locks import entry_lock

        path = folder / f"{examination.planned.case.key}.json"
        with entry_lock(path.with_suffix(".lock"), f"writing what was found of {path.stem}"):
            if path.is_file():
                facts = _together(json.loads(path.read_text(encoding="utf-8")), facts)
            staged = path.with_suffix(f".{os.getpid()}")
            staged.write_text(json.dumps(facts), encoding="utf-8")
            staged.replace(path)

    def close(self) -> None:
        """End workers, and throw away what nobody keeps."""
        if "bench" in vars(self):
            self.bench.close()
        if "folder" in vars(self) and getattr(self.config, "cache", None) is None and not self.worker:
            shutil.rmtree(self.folder, ignore_errors=True)

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


def _parent_of(examination: Examination) -> Observation | None:
    """What is known of the float model; nothing where it cannot be built or run: the check tells that."""
    try:
        return examination.parent_observation()
    except EdgebenchError:
        return None


def _source(planned: Planned, model: Model, request: pytest.FixtureRequest) -> Model | Recipe:
    if not planned.recipe:
        return model
    value: Recipe | Family = request.getfixturevalue(planned.recipe)
    return value.of(model)[planned.case.variant] if isinstance(value, Family) else value


def _alive(folder: Path) -> bool:
    """Whether the process that made a run folder still runs."""
    pid = folder.name.split("-")[2]
    return pid.isdigit() and Path(f"/proc/{pid}").exists()


def plain(value: Any) -> Any:
    """A frozen result as plain values; for what xdist sends."""
    return dataclasses.asdict(value)
