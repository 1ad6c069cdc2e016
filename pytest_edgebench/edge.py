"""`Edge`: one case in a test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from pytest_edgebench.declare.limit import COUNTED, STATISTICS
from pytest_edgebench.errors import BudgetExceeded, DataError
from pytest_edgebench.errors import run as errors
from pytest_edgebench.record.run import Check, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas
    import pytest

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.examine import Examination
    from pytest_edgebench.measure.results import Array
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.run import Metric, Row, StepRecord, Twin


class Ops:
    """Operations of a model file: ``edge.ops["Conv"]`` nodes of a type, `float` compute ones in float.

    Iterating gives the types there are; `len` is the number of all nodes.
    """

    def __init__(self, counts: Mapping[str, int], float_ops: int) -> None:
        self._counts = dict(counts)
        self.float = float_ops
        """Convolutions, matrix products and recurrent cells that run in floating point."""

    def __getitem__(self, name: str) -> int:
        return self._counts.get(name, 0)

    def __iter__(self) -> Iterator[str]:
        return iter(self._counts)

    def __contains__(self, name: object) -> bool:
        return name in self._counts

    def __len__(self) -> int:
        return sum(self._counts.values())

    def __repr__(self) -> str:
        return f"Ops({self._counts}, float={self.float})"


class Latency:
    """Latency on the profile, each statistic with value (seconds), interval, rung and number of calls."""

    def __init__(self, metrics: Mapping[str, Metric], why: Callable[[], DataError]) -> None:
        self._metrics = metrics
        self._why = why

    def __getattr__(self, name: str) -> Metric:
        if name not in STATISTICS:
            raise AttributeError(errors.unknown_attribute(f"latency.{name}", ", ".join(STATISTICS)))
        if f"latency.{name}" not in self._metrics:
            raise self._why()
        return self._metrics[f"latency.{name}"]


class Edge:
    """A model × recipe × variant × profile in a test.

    Every metric has ``.value``, ``.unit``, ``.rung``, ``.n``, ``.low`` and ``.high`` (None for exact ones),
    in bytes, seconds, % or plain numbers. All is built and measured when it is first asked for.

    Attributes:
        model, recipe, variant: names; recipe is "original" for the model itself.
        profile: the hardware target.
    """

    def __init__(self, examination: Examination, item: pytest.Item, checks: list[Check]) -> None:
        self._examination = examination
        self._item = item
        self._checks = checks
        case = examination.planned.case
        self.key = case.key
        self.model, self.recipe, self.variant = case.model, case.recipe, case.variant
        self.profile: Profile = examination.profile

    def check(self) -> None:
        """Judge all budgets of the case and the default checks.

        Raises:
            BudgetExceeded: one of level "error" is broken; the traceback shows the budget's own line.
        """
        __tracebackhide__ = True
        import time

        from pytest_edgebench.judge.rows import check_verdict
        from pytest_edgebench.judging import judge
        from pytest_edgebench.reports.junit import properties

        began = time.monotonic()
        examination = self._examination
        rows = judge(examination)
        verdict = check_verdict(rows)
        check = Check(self._item.nodeid, verdict, rows, seconds=time.monotonic() - began)
        self._checks.append(check)
        self._item.user_properties += properties(self.key, check, examination.observation())
        blocking = [Verdict.FAIL, Verdict.ERROR]
        if examination.bench.settings.inconclusive == "fail":
            blocking.append(Verdict.INCONCLUSIVE)
        broken = [row for row in rows if row.verdict in blocking and _blocks(row)]
        if broken:
            _raise_at_budget(self.key, broken, f"{self._item.config.rootpath}/")

    @property
    def artifact(self) -> Artifact:
        """The built file."""
        return self._examination.artifact

    @property
    def parent(self) -> Artifact | None:
        """The float model built for the same profile; None for the model itself."""
        return self._examination.parent.artifact

    @property
    def ops(self) -> Ops:
        """Operations of the file."""
        counts = self.artifact.record.counts
        return Ops(counts.ops, counts.float_ops)

    @property
    def steps(self) -> tuple[StepRecord, ...]:
        """What was done to the model, first step first.

        Each has ``.step`` (its text), ``.stage``, ``.before`` and ``.after`` with ``ops``, ``float_ops``,
        ``weight_bytes`` (by dtype), ``parameters``, ``zeros`` and ``macs``, and ``.sizes`` of the file after
        it (``["raw"]``, ``["gzip"]``). Of a step on a torch module only parameters, zeros and weights are
        known.
        """
        return self.artifact.record.steps

    @property
    def predictions(self) -> Array | tuple[Array, ...]:
        """Outputs on the labelled data, (N, ...); a tuple for several outputs."""
        outputs = self._examination.scored.outputs
        return outputs[0] if len(outputs) == 1 else outputs

    @property
    def twin(self) -> Twin | None:
        """Predictions on the target beside the host's; None where the host's own runtime made them."""
        _ = self._examination.scored
        return self._examination.twin

    def frame(self) -> pandas.DataFrame:
        """The case's numbers as a table, one a line; its columns are those of `record.frame.COLUMNS`.

        Measures what has not been measured yet.
        """
        from pytest_edgebench.record.frame import of_metrics

        case = self._examination.planned.case
        names = {"case": self.key, **dict(zip(("model", "recipe", "variant", "profile"), case, strict=True))}
        return of_metrics(names, self._examination.metrics(), self.artifact.record.key)

    @property
    def latency(self) -> Latency:
        """Latency on the profile, measured or predicted.

        Raises:
            DataError: it is neither; of a statistic that is not predicted, when that is asked for.
        """
        examination = self._examination

        def why() -> DataError:
            return DataError(examination.absent()["latency"], where=examination.profile.place)

        timed = examination.timed
        metrics = examination.counted if timed is None else timed.metrics
        if not any(f"latency.{name}" in metrics for name in STATISTICS):
            raise why()
        return Latency(metrics, why)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        examination = self._examination
        if name == "memory" and examination.memory is not None:
            return examination.memory
        if name in COUNTED:
            return examination.bench.observer.static(examination.artifact)[name]
        metrics = examination.metrics()
        if name in metrics:
            return metrics[name]
        if name in (absent := examination.absent()):
            raise DataError(absent[name], where=examination.profile.place)
        raise AttributeError(errors.unknown_attribute(name, ", ".join(sorted(metrics))))


def _blocks(row: Row) -> bool:
    """Whether a broken row fails the test: one that could not be judged does so at any level."""
    return row.level == "error" or (row.level == "warn" and row.verdict is Verdict.ERROR)


def _raise_at_budget(key: str, broken: list[Row], root: str) -> NoReturn:
    """Raise from the line of the budget, so that pytest shows the user's own source.

    Places are told from `root`, as pytest tells its own.
    """
    __tracebackhide__ = True
    from pytest_edgebench.reports.lines import row_line

    many = f"{len(broken)} budgets of {key} are broken:\n" if len(broken) > 1 else ""
    lines = "\n".join(row_line(key, row) for row in broken)
    error = BudgetExceeded(many + lines.replace(root, ""))
    place = next((row.place for row in broken if row.place), "")
    if not place:
        raise error
    file, _, line = place.rpartition(":")
    code = compile("\n" * (int(line) - 1) + "raise error", file, "exec")
    exec(code, {"error": error})
    raise error
