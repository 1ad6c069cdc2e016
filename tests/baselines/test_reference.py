"""What the accepted state has of a real case, built and run in this process's workers."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from small_repo import write_net

import pytest_edgebench as eb
from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.baselines.reference import AcceptedState, entry_of
from pytest_edgebench.baselines.terms import Held, today
from pytest_edgebench.case.case import CaseRun
from pytest_edgebench.case.toolbox import Toolbox
from pytest_edgebench.declare.limit import Planned
from pytest_edgebench.declare.model import Case, Model
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.record import baseline as record
from pytest_edgebench.record.baseline import Baseline, Entry
from pytest_edgebench.record.run import Metric
from pytest_edgebench.settings.resolve import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

X, Y = np.random.default_rng(1).normal(size=(16, 8)).astype("float32"), np.arange(16) % 4
KEY = "net-half-host"


class Project:
    """A model, its case, and tools to build it."""

    def __init__(self, folder: Path, width: int = 4, **of_profile: Any) -> None:
        self.folder = folder
        profile = Profile("host", **{"target": "host", **of_profile})
        settings = Settings(folder, {"host": profile}, ("host",), exact_only=True)
        (folder / "run" / "cases").mkdir(parents=True, exist_ok=True)
        self.toolbox = Toolbox(settings, folder / "cache", folder / "run", lambda: 1, lambda text: None)
        self.model = Model(
            write_net(folder / f"net{width}.onnx", width), (X, Y), eb.top1, name="net", folder=folder,
            place="conftest.py:9",
        )  # fmt: skip

    def case_run(self, source: Any = None, model: Model | None = None) -> CaseRun:
        model = model or self.model
        made = eb.quantize(model, "fp16") if source is None else source
        planned = Planned(Case("net", "half", "", "host"), "net", "half", False, (), "conftest.py:14")
        return CaseRun(self.toolbox, planned, made, model)

    def entry(self, case_run: CaseRun) -> tuple[Entry, Path]:
        outputs = self.folder / "outputs.npz"
        now = today([Held(case_run.planned)], {}, case_run.profile, (), date(2026, 3, 2))
        return entry_of(case_run, outputs, now), outputs

    def accept(self, case_run: CaseRun, **more: Any) -> AcceptedState:
        """The case as it is now, with changes of its line, as the accepted state."""
        entry, outputs = self.entry(case_run)
        changed = replace(entry, **more)
        folder = self.folder / "accepted"
        found = Baseline(folder, cases={KEY: changed}, name="kept")
        record.save(found, {changed.digest: case_run.artifact.path.parent}, {entry.outputs: outputs})
        return AcceptedState(found, updating=False)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """One for all tests that leave its case as it is."""
    project = Project(tmp_path_factory.mktemp("project"))
    yield project
    project.toolbox.close()


def test_what_did_not_change_is_the_same(shared: Project) -> None:
    case_run = shared.case_run()
    state = shared.accept(case_run)
    found = state.reference(case_run)
    assert (found.why, found.new, found.same_bytes, found.changed) == ("", False, True, 0)
    assert found.metrics is not None
    assert found.metrics["size"] == case_run.counted["size"]
    assert found.metrics["accuracy"] == case_run.scored.metric
    assert state.cause(case_run) == "unexplained: nothing recorded differs"
    assert state.folders == (shared.folder / "accepted" / "baseline",)
    artifact = state.artifact(case_run)
    assert artifact is not None
    assert artifact.path.is_relative_to(shared.folder / "accepted")
    assert case_run.remarks == {}


def test_an_entry_keeps_what_is_exact(shared: Project) -> None:
    entry, outputs = shared.entry(shared.case_run())
    assert {"size", "gzip", "parameters", "ops", "accuracy"} <= {*entry.metrics}
    assert not any(name.startswith(("latency", "load", "memory")) for name in entry.metrics)
    assert entry.parent
    assert entry.terms is not None
    with np.load(outputs) as archive:
        assert archive["output_0"].shape == (16, 4)


def test_without_a_baseline(shared: Project) -> None:
    case_run = shared.case_run()
    for updating in (False, True):
        state = AcceptedState(None, updating=updating)
        assert state.folders == ()
        assert state.artifact(case_run) is None
        assert state.cause(case_run) == ""
        assert state.kept(case_run)[0] is None
        assert "--edgebench-update-baseline" in state.kept(case_run)[1]
        found = state.reference(case_run)
        assert (found.metrics, found.new) == (None, updating)


def test_a_case_that_it_does_not_list_or_could_not_build(shared: Project, tmp_path: Path) -> None:
    case_run = shared.case_run()
    empty = AcceptedState(Baseline(tmp_path), updating=False)
    assert empty.reference(case_run).new
    assert empty.artifact(case_run) is None
    assert empty.kept(case_run) == (None, "the baseline does not list this case")
    broken = AcceptedState(Baseline(tmp_path, broken={KEY: "no torch"}, name="main"), updating=False)
    assert broken.reference(case_run).why == "it could not be built at main: no torch"
    assert broken.kept(case_run) == (None, "it could not be built at main: no torch")


def test_the_kept_file_itself(shared: Project) -> None:
    case_run = shared.case_run()
    kept, why = shared.accept(case_run).kept(case_run)
    assert kept is not None
    assert (kept.record.digest, why) == (case_run.artifact.record.digest, "")
    shutil.rmtree(shared.folder / "accepted")


def test_kept_files_that_were_changed(shared: Project) -> None:
    case_run = shared.case_run()
    state = shared.accept(case_run)
    (path,) = (shared.folder / "accepted" / "baseline").glob("*/*.onnx")
    path.write_bytes(path.read_bytes() + b"\0")
    assert state.artifact(case_run) is None
    assert state.kept(case_run)[0] is None
    assert state.kept(case_run)[1] in state.reference(case_run).why
    found = state.reference(case_run)
    assert found.metrics is None
    assert "restore" in found.why or "was changed" in found.why
    shutil.rmtree(shared.folder / "accepted")


OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "a digest": ({"digest": "0" * 64}, "the digests differ"),
    "files": ({}, "are not those of the model: more.bin"),
    "a number": ({"size": Metric(1, "B", "static", 1)}, "says of net-half-host size 1 B, but "),
    "a unit": ({"ops": Metric(1, "%", "static", 1)}, "ops 1 %, but "),
    "a floor": ({"macs": Metric(32, "", "static", 1, floor=True)}, "macs at least 32, but 32"),
    "gzip": ({"gzip": Metric(1, "B", "static", 1)}, "gzip 1 B, but "),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_a_line_that_says_otherwise_than_its_file_is_refused(shared: Project, name: str) -> None:
    changes, told = OTHERS[name]
    case_run = shared.case_run()
    entry, _ = shared.entry(case_run)
    if name == "files":
        more = case_run.artifact.path.with_name("more.bin")
        more.touch()
        sum_ = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        state = shared.accept(case_run, files={**entry.files, "more.bin": sum_})
        more.unlink()
    elif name == "a digest":
        state = shared.accept(case_run, **changes)
    else:
        state = shared.accept(case_run, metrics={**entry.metrics, **changes})
    assert told in state.reference(case_run).why
    shutil.rmtree(shared.folder / "accepted")


RULES: dict[str, tuple[str, dict[str, Any]]] = {
    "counted by other rules": ("macs", {"counters": {}}),
    "compressed by another library": ("gzip", {"counters": {"gzip": "1.1", "counts": "0"}}),
    "counted at other lengths": ("parameters", {"data": "0" * 64}),
    "the digest of other rules": ("macs", {"counters": {"digest": "0"}}),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_what_another_counter_gave_is_counted_again(shared: Project, name: str) -> None:
    metric, changes = RULES[name]
    case_run = shared.case_run()
    entry, _ = shared.entry(case_run)
    metrics = {**entry.metrics, metric: replace(entry.metrics[metric], value=7)}
    found = shared.accept(case_run, metrics=metrics, **changes).reference(case_run)
    assert found.metrics is not None
    assert found.metrics[metric] == entry.metrics[metric]
    assert any(f"{metric} of the baseline kept were counted in another way" in r for r in case_run.remarks)


def test_the_arena_is_the_runtimes_own_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused where the runtime of now is that of then, and counted again where it is another."""
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "runtimes")
    from small_files import tflite_sum  # type: ignore[import-not-found]

    project = Project(tmp_path, runtime="tflite-micro")
    path = tflite_sum(tmp_path / "net.tflite")
    data = (X[:, :3], np.zeros((16, 3), "float32"))
    project.model = Model(path, data, eb.mae, name="net", folder=tmp_path, place="conftest.py:9")
    try:
        case_run = project.case_run(project.model)
        entry, _ = project.entry(case_run)
        metrics = {**entry.metrics, "arena": replace(entry.metrics["arena"], value=7)}
        found = project.accept(case_run, metrics=metrics).reference(case_run)
        assert "says of net-half-host arena 7 B, but " in found.why
        then = {**entry.runtime, "version": "0"}
        found = project.accept(case_run, metrics=metrics, runtime=then).reference(case_run)
        assert found.metrics is not None
        assert found.metrics["arena"] == entry.metrics["arena"]
        assert "arena of the baseline kept were counted in another way" in "".join(case_run.remarks)
    finally:
        project.toolbox.close()


def test_what_cannot_be_counted_here_stays(shared: Project) -> None:
    case_run = shared.case_run()
    entry, _ = shared.entry(case_run)
    metrics = {**entry.metrics, "arena": Metric(100, "B", "static", 1)}
    found = shared.accept(case_run, metrics=metrics).reference(case_run)
    assert found.metrics is not None
    assert found.metrics["arena"].value == 100


def test_other_labelled_data_runs_the_accepted_file_again(shared: Project) -> None:
    case_run = shared.case_run()
    state = shared.accept(case_run, data="0" * 64)
    found = state.reference(case_run)
    assert found.metrics is not None
    assert found.metrics["accuracy"] == case_run.scored.metric
    assert "the labelled data of net is not that of the baseline kept" in "".join(case_run.remarks)


def test_without_kept_outputs_the_accepted_file_is_run(shared: Project) -> None:
    case_run = shared.case_run()
    found = shared.accept(case_run, outputs="").reference(case_run)
    assert found.changed == 0


def test_another_runtime_is_remarked_on(shared: Project) -> None:
    case_run = shared.case_run()
    shared.accept(case_run, runtime={"name": "onnxruntime", "version": "1.0"}).reference(case_run)
    assert "the baseline kept ran on onnxruntime 1.0" in "".join(case_run.remarks)


@pytest.mark.parametrize("same", [False, True])
def test_instructions_that_another_cpu_counted_do_not_compare(shared: Project, same: bool) -> None:
    case_run = shared.case_run()
    entry, _ = shared.entry(case_run)
    metrics = {**entry.metrics, "instructions": Metric(1e6, "", "emulated", 1)}
    keys = entry.profile_keys if same else {**entry.profile_keys, "cpu": "cortex-a72"}
    found = shared.accept(case_run, metrics=metrics, profile_keys=keys).reference(case_run)
    assert found.metrics is not None
    assert ("instructions" in found.metrics) == same
    if not same:
        assert "it was counted with cpu cortex-a72, now it is " in found.lacks["instructions"]


def test_a_file_of_another_format(shared: Project) -> None:
    """Of a profile that asked for another one: what is counted compares, the file is not timed."""
    case_run = shared.case_run()
    state = shared.accept(case_run)
    assert case_run.scored
    case_run.fmt = "tflite"
    assert state.artifact(case_run) is None
    assert state.reference(case_run).why == "the baseline's file is a .onnx, another format"


def test_what_changed_is_the_cause(tmp_path: Path) -> None:
    old, new = Project(tmp_path), Project(tmp_path, width=6)
    try:
        state = old.accept(old.case_run())
        case_run = new.case_run()
        assert "the uncompressed model changed: parameters 32 → 48" in state.cause(case_run)
        ref = AcceptedState(replace(state.baseline, kind="ref"), updating=False)  # type: ignore[type-var]
        assert "parameters 32 → 48" in ref.cause(case_run)
    finally:
        old.toolbox.close()
        new.toolbox.close()


def test_layers_of_what_changed_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = Project(tmp_path), Project(tmp_path, width=6)
    try:
        state = old.accept(old.case_run())
        assert state.layers(old.case_run()) is None
        found = state.layers(new.case_run())
        assert found is not None
        assert "MACs 32 → 48, bytes 64 → 96" in found.first
        assert {(row.old_macs, row.macs) for row in found.rows} >= {(32, 48)}
        assert state.layers(new.case_run()) is found
        kept = state.artifact(new.case_run())
        assert kept is not None

        def uncountable(*arguments: object) -> None:
            raise BuildError("of unknown operators")

        with monkeypatch.context() as patched:
            patched.setattr("pytest_edgebench.artifacts.inspect.layers.layers", uncountable)
            assert AcceptedState(state.baseline, updating=False).layers(new.case_run()) is None
        kept.path.write_bytes(b"no model")
        assert AcceptedState(state.baseline, updating=False).layers(new.case_run()) is None
    finally:
        old.toolbox.close()
        new.toolbox.close()


def test_the_model_itself_is_its_own_parent(shared: Project) -> None:
    case_run = shared.case_run(shared.model)
    entry, _ = shared.entry(case_run)
    assert entry.parent == entry.digest


def test_a_parent_that_cannot_be_built_is_none(shared: Project) -> None:
    """A prebuilt file beside a torch model that fails."""

    def fails() -> Any:
        raise RuntimeError("no weights")

    model = Model(fails, (X, Y), eb.top1, name="net", folder=shared.folder, place="conftest.py:9")
    case_run = shared.case_run(eb.prebuilt(model, shared.folder / "net4.onnx"), model)
    assert shared.entry(case_run)[0].parent == ""
