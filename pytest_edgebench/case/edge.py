"""`Edge`: one case in a test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from pytest_edgebench.base.errors import BudgetExceeded, DataError
from pytest_edgebench.case import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas
    import pytest

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.case.case import CaseRun
    from pytest_edgebench.case.reading import Reading
    from pytest_edgebench.profiles.profile import Profile
    from pytest_edgebench.record.margins import Margins
    from pytest_edgebench.record.run import Check, Metric, Observation, Row, StepRecord, Twin
    from pytest_edgebench.record.slices import SliceRecord
    from pytest_edgebench.workers.results import Array


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


class Statistics:
    """A metric with several statistics, each with value, interval, evidence and number of calls.

    ``edge.latency.p50`` is in seconds.
    """

    def __init__(self, metric: str, metrics: Mapping[str, Metric], why: Callable[[], DataError]) -> None:
        self._metric = metric
        self._metrics = metrics
        self._why = why

    def __getattr__(self, name: str) -> Reading:
        from pytest_edgebench.case.reading import reading
        from pytest_edgebench.record.metrics_table import METRICS

        known = METRICS[self._metric].statistics
        if name not in known:
            raise AttributeError(errors.unknown_attribute(f"{self._metric}.{name}", ", ".join(known)))
        if f"{self._metric}.{name}" not in self._metrics:
            raise self._why()
        key = f"{self._metric}.{name}"
        return reading(key, self._metrics[key])

    def __repr__(self) -> str:
        from pytest_edgebench.case.reading import reading

        prefix = f"{self._metric}."
        known = [
            f"{key.removeprefix(prefix)} {reading(key, metric)}"
            for key, metric in self._metrics.items()
            if key.startswith(prefix)
        ]
        return f"<{self._metric}: {', '.join(known)}>"


@dataclass(frozen=True, slots=True)
class Texts:
    """How a check is put into words, which reports know.

    Attributes:
        properties: case key, check and what was observed → JUnit properties of the test.
        row_line: case key and a row → the row in one line.
    """

    properties: Callable[[str, Check, Observation | None], list[tuple[str, str]]]
    row_line: Callable[[str, Row], str]


class Edge:
    """A model × recipe × variant × profile in a test.

    Every metric has ``.value``, ``.unit``, ``.evidence``, ``.n``, ``.low`` and ``.high`` (None for exact
    ones), in bytes, seconds, % or plain numbers, and compares with text that says its unit:
    ``edge.size < "64 kB"``. All is built and measured when it is first asked for.

    Attributes:
        model, recipe, variant: names; recipe is "original" for the model itself.
        profile: the hardware target.

    Args:
        renew: takes in budgets that were added to the test since it began.
    """

    def __init__(
        self,
        case_run: CaseRun,
        item: pytest.Item,
        checks: list[Check],
        texts: Texts,
        renew: Callable[[], None] = lambda: None,
    ) -> None:
        self._case_run = case_run
        self._item = item
        self._checks = checks
        self._texts = texts
        self._renew = renew
        case = case_run.planned.case
        self.key = case.key
        self.model, self.recipe, self.variant = case.model, case.recipe, case.variant
        self.profile: Profile = case_run.profile

    def __repr__(self) -> str:
        from pytest_edgebench.case.reading import reading

        known = [f"{name} {reading(name, metric)}" for name, metric in self._case_run.known().items()]
        return f"<edge {self.key}: {', '.join(known) or 'nothing measured yet'}>"

    def check(self) -> None:
        """Judge all budgets of the case and the default checks.

        Raises:
            BudgetExceeded: one of level "error" is broken; the traceback shows the budget's own line.
        """
        __tracebackhide__ = True
        import time

        from pytest_edgebench.case.verdict import judge
        from pytest_edgebench.judge.rows import check_verdict
        from pytest_edgebench.record.run import Check, Verdict

        began = time.monotonic()
        self._renew()
        case_run = self._case_run
        rows = judge(case_run)
        verdict = check_verdict(rows)
        check = Check(self._item.nodeid, verdict, rows, seconds=time.monotonic() - began)
        self._checks.append(check)
        self._item.user_properties += self._texts.properties(self.key, check, case_run.observation())
        blocking = [Verdict.FAIL, Verdict.ERROR]
        if case_run.toolbox.settings.inconclusive == "fail":
            blocking.append(Verdict.INCONCLUSIVE)
        broken = [row for row in rows if row.verdict in blocking and _blocks(row)]
        if broken:
            lines = [self._texts.row_line(self.key, row) for row in broken]
            _raise_at_budget(self.key, broken, lines, f"{self._item.config.rootpath}/")

    @property
    def artifact(self) -> Artifact:
        """The built file."""
        return self._case_run.artifact

    @property
    def parent(self) -> Artifact | None:
        """The float model built for the same profile; None for the model itself."""
        return self._case_run.parent.artifact

    @property
    def ops(self) -> Ops:
        """Operations of the file."""
        counts = self._case_run.toolbox.observer.counts(self.artifact, self._case_run.model)
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
        outputs = self._case_run.scored.outputs
        return outputs[0] if len(outputs) == 1 else outputs

    @property
    def twin(self) -> Twin | None:
        """Predictions on the target beside the host's; None where the host's own runtime made them."""
        _ = self._case_run.scored
        return self._case_run.twin

    @property
    def slices(self) -> Mapping[str, SliceRecord]:
        """The score on each slice: ``edge.slices["night"].value``; empty where the model has no slices.

        Each has ``.n`` (samples), ``.value`` with ``.low`` and ``.high``, ``.original``, and ``.change``
        against that with ``.change_low`` and ``.change_high``, in the score's unit or points. A name that is
        not there is a KeyError that says which are.
        """
        from pytest_edgebench.case.slices import Named

        found = self._case_run.recorded_slices
        return Named(
            {each.name: each for each in (() if found is None else found.each)}, self._case_run.model.place
        )

    @property
    def margins(self) -> Margins | None:
        """How far decisions are from another class, ``edge.margins.p5.value``; None without class scores.

        ``.median`` and ``.p5`` of the label's score less the largest other, ``.original_median``,
        ``.original_p5``, ``.change_median`` and ``.change_p5``, each with ``.value``, ``.low`` and ``.high``.
        """
        return self._case_run.margins

    def frame(self) -> pandas.DataFrame:
        """The case's numbers as a table, one a line; its columns are those of `record.frame.COLUMNS`.

        Measures what has not been measured yet.
        """
        from pytest_edgebench.record.frame import of_metrics

        case = self._case_run.planned.case
        names = {"case": self.key, **dict(zip(("model", "recipe", "variant", "profile"), case, strict=True))}
        return of_metrics(names, self._case_run.metrics(), self.artifact.record.key)

    @property
    def latency(self) -> Statistics:
        """Latency on the profile, measured (12 fresh loads of the file) or predicted.

        Raises:
            DataError: it is neither; of a statistic that is not predicted, when that is asked for.
        """
        return self._statistics("latency", self._case_run.numbers.ask(["latency"]) or self._case_run.counted)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        from pytest_edgebench.case.reading import reading
        from pytest_edgebench.record.metrics_table import METRICS

        case_run = self._case_run
        if name in METRICS:
            found = case_run.ask([name])
            if METRICS[name].statistics:
                return self._statistics(name, found)
            if name in found:
                return reading(name, found[name])
        metrics = case_run.metrics()
        if name in metrics:
            return reading(name, metrics[name])
        if name in case_run.absent():
            raise self._absent(name)
        raise AttributeError(errors.unknown_attribute(name, ", ".join(sorted(metrics))))

    def _statistics(self, metric: str, found: Mapping[str, Metric]) -> Statistics:
        from pytest_edgebench.record.metrics_table import METRICS

        if not any(f"{metric}.{name}" in found for name in METRICS[metric].statistics):
            raise self._absent(metric)
        return Statistics(metric, found, lambda: self._absent(metric))

    def _absent(self, metric: str) -> DataError:
        """Why there is no number of a metric."""
        case_run = self._case_run
        why = case_run.absent().get(metric) or errors.gave_none(metric)
        return DataError(why, where=case_run.profile.place)


def _blocks(row: Row) -> bool:
    """Whether a broken row fails the test: one that could not be judged does so at any level."""
    from pytest_edgebench.record.run import Verdict

    return row.level == "error" or (row.level == "warn" and row.verdict is Verdict.ERROR)


def _raise_at_budget(key: str, broken: list[Row], lines: list[str], root: str) -> NoReturn:
    """Raise from the line of the budget, so that pytest shows the user's own source.

    Places are told from `root`, as pytest tells its own.
    """
    __tracebackhide__ = True
    many = f"{len(broken)} budgets of {key} are broken:\n" if len(broken) > 1 else ""
    error = BudgetExceeded(many + "\n".join(lines).replace(root, ""))
    place = next((row.place for row in broken if row.place), "")
    if not place:
        raise error
    file, _, line = place.rpartition(":")
    code = compile("\n" * (int(line) - 1) + "raise error", file, "exec")
    exec(code, {"error": error})
    raise error
