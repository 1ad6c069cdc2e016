"""The kept file of an accepted case, counted again: what its line says must follow from it.

A check sum shows that a line was edited, not that it was right when the sum was made. Numbers that can be
had from the file are therefore never taken from the line: they are counted again, and a line that says
otherwise is refused, unless another counter may be the reason.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts import canonical
from pytest_edgebench.artifacts.inspect import COUNTER_VERSION
from pytest_edgebench.baselines import errors
from pytest_edgebench.judge.measurements import Rules
from pytest_edgebench.record.metrics_table import METRICS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.case.case import CaseRun
    from pytest_edgebench.record.baseline import Entry
    from pytest_edgebench.record.run import Metric

BY_GRAPH = frozenset({"parameters", "macs", "ops", "float_ops"})
"""What the rules of counting give, at the lengths of the labelled samples where the graph leaves any free."""


def counters() -> dict[str, str]:
    """What else than the file its numbers depend on: versions of our rules, and of the library of gzip."""
    return {
        "counts": str(COUNTER_VERSION),
        "digest": str(canonical.VERSION),
        "gzip": getattr(zlib, "ZLIB_RUNTIME_VERSION", zlib.ZLIB_VERSION),
    }


def true_digest(title: str, entry: Entry, artifact: Artifact) -> str:
    """The digest of the kept file itself.

    Raises:
        BaselineError: the line names another one, or other files than the model has.
        BuildError: the file is no whole model.
    """
    found = canonical.digest(artifact.path)
    if found != entry.digest and entry.counters.get("digest") == str(canonical.VERSION):
        raise errors.other_digest(title, entry.case)
    needed = {entry.model, *_side_files(artifact)}
    if set(entry.files) != needed:
        raise errors.other_files(title, entry.case, sorted(set(entry.files) ^ needed))
    return found


def _side_files(artifact: Artifact) -> tuple[str, ...]:
    if artifact.format == "tflite":
        return ()
    from pytest_edgebench.artifacts.inspect.onnx_file import side_files

    return side_files(artifact.path)


def recounted(
    title: str, case_run: CaseRun, entry: Entry, artifact: Artifact, lacks: Collection[str]
) -> dict[str, Metric]:
    """The exact numbers of the kept file, and those of the line that no count here can give.

    Args:
        lacks: metrics that another emulator, runtime or CPU counted.

    Raises:
        BaselineError: the line says something else than the file.
        EdgebenchError: the file cannot be counted.
    """
    kept = {name: m for name, m in entry.metrics.items() if _exact(name) and name not in lacks}
    numbers = case_run.numbers_of(artifact, artifact.format)
    found = numbers.counted() | numbers.ask([name for name in kept if METRICS[name].near_exact])
    found = {name: metric for name, metric in found.items() if _exact(name) and name not in lacks}
    differing = [name for name in kept if name in found and not _equal(name, kept[name], found[name])]
    same = _same_counter(case_run, entry)
    wrong = [(name, kept[name], found[name]) for name in differing if same(name)]
    if wrong:
        raise errors.other_counts(title, entry.case, wrong)
    if differing:
        case_run.remarks[errors.counted_again(title, differing)] = None
    return kept | found


def _same_counter(case_run: CaseRun, entry: Entry) -> Callable[[str], bool]:
    """Whether a metric was counted then as it is counted now, so that both numbers must be equal."""
    now = counters()
    observer = case_run.toolbox.observer
    same_runtime = _version(entry.runtime) == _version(observer.describe(case_run.spec))

    def same(name: str) -> bool:
        if name == "size" or METRICS[name].near_exact:
            return True
        if name == "gzip":
            return entry.counters.get("gzip") == now["gzip"]
        if name in BY_GRAPH:
            by_rules = entry.counters.get("counts") == now["counts"]
            return by_rules and entry.data == observer.data_key(case_run.model)
        return name == "arena" and same_runtime  # what another package counts may be counted otherwise now

    return same


def _version(runtime: Mapping[str, str]) -> tuple[str | None, str | None]:
    return runtime.get("name"), runtime.get("version")


def _equal(name: str, then: Metric, now: Metric) -> bool:
    if then.unit != now.unit or then.floor != now.floor:
        return False
    tolerance = Rules().near_exact if METRICS[name].near_exact else 0.0
    return abs(then.value - now.value) <= tolerance * abs(now.value)


def _exact(name: str) -> bool:
    return name in METRICS and METRICS[name].cls == "exact"
