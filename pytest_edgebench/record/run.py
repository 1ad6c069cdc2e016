"""What a run found: plain results, written as JSON by the controller and read by every report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from pytest_edgebench.base.deprecated import deprecated
from pytest_edgebench.record.layers import Layers
from pytest_edgebench.record.margins import Margins
from pytest_edgebench.record.past import Past
from pytest_edgebench.record.schema import SCHEMA, Evidence, Level
from pytest_edgebench.record.slices import SlicesRecord

if TYPE_CHECKING:
    import pandas


class Verdict(StrEnum):
    """The outcome of a row, a check or a case, worst last in `SEVERITY`."""

    PASS = "PASS"
    INCONCLUSIVE = "INCONCLUSIVE"
    UNSUPPORTED = "UNSUPPORTED"
    NOT_RUN = "NOT RUN"
    FAIL = "FAIL"
    ERROR = "ERROR"


SEVERITY = tuple(Verdict)


def worst(verdicts: Sequence[Verdict]) -> Verdict:
    """The most severe of some verdicts; NOT RUN for none."""
    return max(verdicts, key=SEVERITY.index) if verdicts else Verdict.NOT_RUN


@dataclass(frozen=True, slots=True)
class Metric:
    """One number with its evidence.

    Attributes:
        value: the number. unit: "B" for bytes, "s" for seconds, "" for a count, "%" or "" for a score.
        evidence: the kind of evidence behind it. n: how many samples, calls or files it rests on.
        low, high: 95 % interval in `unit`; None for an exact number.
        note: a caveat a reader must know, e.g. "accuracy of the host run".
        floor: the true number is at least `value`, as something could not be counted; `note` says what.
    """

    value: float
    unit: str
    evidence: Evidence
    n: int
    low: float | None = None
    high: float | None = None
    note: str = ""
    floor: bool = False

    @property
    def rung(self) -> Evidence:
        """Deprecated: `evidence`."""
        deprecated("Metric.rung", ".evidence")
        return self.evidence


@dataclass(frozen=True, slots=True)
class Counts:
    """What is in a model file (or module), counted.

    Attributes:
        ops: op type → number of nodes.
        float_ops: number of compute ops (convolution, product, attention, recurrent cell) in floats.
        weight_bytes: dtype name of constant tensors → bytes.
        parameters: constant elements. zeros: elements of weight tensors (rank ≥ 2) equal to zero.
        macs: multiply-accumulates of one inference at batch 1; a floor where something is uncounted.
        uncounted: op type → number of nodes whose multiply-accumulates are not, or not wholly, in `macs`: no
            rule, a length or a number of trips that is not known.
        guessed: a free length of the inputs, other than the batch, was taken as 1.
        counter: version of the rules of counting (`artifacts.inspect.COUNTER_VERSION`).
    """

    ops: Mapping[str, int]
    float_ops: int
    weight_bytes: Mapping[str, int]
    parameters: int
    zeros: int
    macs: int
    uncounted: Mapping[str, int] = field(default_factory=dict)
    guessed: bool = False
    counter: int = 1


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One compression step of an artifact: its text, stage and the counts before and after.

    Attributes:
        step: as text, e.g. "Quantize(scheme='static-int8')". stage: where it was done.
        before, after: what was counted; None where nothing could be.
        sizes: "raw", "gzip" and, where it is installed, "zstd" → bytes of all files after it; empty for a
            step on a torch module, which has no file.
    """

    step: str
    stage: Literal["torch", "export", "file"]
    before: Counts | None
    after: Counts | None
    sizes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArtifactRecord:
    """What a report says of an artifact.

    Attributes:
        key: SHA-256 of what it was made from. digest: SHA-256 of the canonical bytes.
        format: suffix of the model file. counts: what is in it.
        steps: what was done to the model, first step first.
        files: file name → bytes. versions: distribution → version of the libraries that made it.
        notes: caveats, e.g. "calibrated on evaluation data".
        made_on: what the bytes may depend on besides the key: "cpu", "threads", "torch" (its CPU capability).
    """

    key: str
    digest: str
    format: str
    files: Mapping[str, int]
    counts: Counts
    steps: tuple[StepRecord, ...]
    versions: Mapping[str, str]
    notes: tuple[str, ...] = ()
    made_on: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flip:
    """A sample whose predicted class on the target is not the host's.

    Attributes:
        sample: its number, from 0.
        host, target: the predicted classes. label: the right one; None where labels are not classes.
        swing: (host's output of its class over the target's class) + (the target's likewise), in the unit of
            the outputs: how far the two are from agreeing.
        critical: marked as such by the user.
    """

    sample: int
    host: int
    target: int
    label: int | None
    swing: float
    critical: bool = False


@dataclass(frozen=True, slots=True)
class Twin:
    """What the target predicts, compared with what the host predicts with the same file.

    Attributes:
        reference: what ran on the host, e.g. "litert 2.3.0".
        n: samples. identical: those with every output the same, bit for bit.
        agree: those with the same predicted class; None where outputs are not class scores.
        explained: share of the variance of the host's outputs that the target's explain, at most 1; None
            where the host's are constant.
        flips: worst first, the worst few.
        critical: how many of the critical samples flip; None without any. marked: how many there are.
        diverges: the first tensor that differs, on the sample that differs most, in words; "" if not known.
        kernels: the family of the target's kernels by its outputs, in words; "" if not looked into.
        contradicted: the profile states kernels of another family.
    """

    reference: str
    n: int
    identical: int
    agree: int | None = None
    explained: float | None = None
    flips: tuple[Flip, ...] = ()
    critical: int | None = None
    marked: int = 0
    diverges: str = ""
    kernels: str = ""
    contradicted: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What was measured for one (artifact, profile), once a session.

    Attributes:
        artifact_key: of the file. profile: where it ran.
        runtime: name, version, threads, cpu of what ran it.
        metrics: "size", "size.gzip", "parameters", "macs", "accuracy", "latency.p50", "load", ...
        series: small series kept in the record, in SI units: "latency" is at most 90 quantiles of the
            timed calls, "latency.load_min" and "latency.load_p50" hold one figure a load.
        arrays: name → file of an array in the run folder: "predictions".
        missing: metric → why it is not available on this profile, with the evidence that would be needed.
        twin: predictions compared with the host's; None where the host's own runtime made them.
        data: what the model was scored on, as it says itself; "" where it says nothing.
        slices: the score on each slice of the samples; None where the model has none.
        margins: how far decisions are from another class; None where outputs are not class scores.
    """

    artifact_key: str
    profile: str
    runtime: Mapping[str, str]
    metrics: Mapping[str, Metric]
    series: Mapping[str, Sequence[float]] = field(default_factory=dict)
    arrays: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    twin: Twin | None = None
    data: str = ""
    slices: SlicesRecord | None = None
    margins: Margins | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One judged slot of a check: a metric against a budget or a default limit.

    Attributes:
        metric, statistic: e.g. "latency", "p50"; statistic is "" for metrics without.
        reference: "" for an absolute limit, else "model" or "baseline".
        limit: the limit as written, e.g. "model - 1 points", or the default check in words.
        bound: the limit as a number in the metric's unit; None where it is not known.
        place: ``file:line`` of the budget; "" for a default check. higher_is_better: direction of the metric.
        reference_value: the reference's own number in the metric's unit; None for absolute limits.
        change: against the reference, in % (or points for a score), with its interval; None when not known.
        measured: the number; None where there is none. verdict: of this row.
        level: whether it fails the test ("error") or only warns.
        p, p_adjusted: one-sided p-value of a noisy comparison, and after Holm over the whole matrix.
        reason: why, or what decided. message: the user's own words on the budget.
        cause: what of the case differs from the reference it is worse than, in one sentence; "" elsewhere.
        waiver: place of the waiver that was asked about a broken limit; "" where none was.
        since: of a broken limit, since when it has been broken, in words; "" where no earlier run is known.
        slice: the slice of the samples whose score it is; "" for all samples.
    """

    metric: str
    statistic: str
    reference: str
    limit: str
    bound: float | None
    measured: Metric | None
    verdict: Verdict
    level: Level
    place: str = ""
    higher_is_better: bool = False
    reference_value: float | None = None
    change: Metric | None = None
    p: float | None = None
    p_adjusted: float | None = None
    reason: str = ""
    message: str = ""
    cause: str = ""
    waiver: str = ""
    since: str = ""
    slice: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One test's judgement of one case.

    Attributes:
        nodeid: of the test. verdict: the worst of its rows.
        rows: one for each budget and default check. reason: why there are none. seconds: it took.
        failed: whether the test made pytest fail: not with an xfail, and not with a broken limit that only
            warns; also where it was planned and never reported.
    """

    nodeid: str
    verdict: Verdict
    rows: tuple[Row, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    failed: bool = False


@dataclass(frozen=True, slots=True)
class PairRecord:
    """How latency was compared with another file's, enough to repeat it.

    Attributes:
        limit: as a ratio. alpha_fail, alpha_pass: error rates of the two decisions.
        seed, pairs, calls, warm_ups, alternate: what the worker was asked for.
        q: ln of candidate over reference, one a fresh load of both, in the order measured.
        confirm_seed, confirm_q: of the second process, where there was one.
        reference_s: fastest call of the reference in each load, seconds, 4 significant digits; that of the
            candidate is it times e to the q.
        p50_s, reference_p50_s: median call of the candidate and of the reference in each load, likewise.
        noise: ln ratio and 95 % interval of the null control, a file against its own copy; empty without.
        seconds: it took.
        board: temperature, governor and load of a board meanwhile, in words; "" for other targets.
    """

    limit: float
    alpha_fail: float
    alpha_pass: float
    seed: int
    pairs: int
    calls: int
    warm_ups: int
    alternate: bool
    q: Sequence[float]
    confirm_seed: int | None = None
    confirm_q: Sequence[float] = ()
    noise: tuple[float, ...] = ()
    seconds: float = 0.0
    reference_s: Sequence[float] = ()
    p50_s: Sequence[float] = ()
    reference_p50_s: Sequence[float] = ()
    board: str = ""


@dataclass(frozen=True, slots=True)
class CaseResult:
    """All that was found for one case; its verdict is the worst of its checks.

    Attributes:
        key: ``model-recipe-profile`` or ``model-recipe.variant-profile``.
        model, recipe, variant, profile: names; recipe is "original" for the model itself, variant "" without
            a sweep.
        place: ``file:line`` of the recipe. checks: one for each test that judged it.
        artifact: the built file; None where none was built.
        observation: what was measured; parent: the same of the original model.
        pairs: "model" or "baseline" → how latency was compared with it.
        past: "latency.p50", "size vs baseline" → earlier numbers, oldest first, of what a report draws.
        layers: of a case that is worse than the baseline, what moved in its file; None for all others.
    """

    key: str
    model: str
    recipe: str
    variant: str
    profile: str
    place: str
    checks: tuple[Check, ...]
    artifact: ArtifactRecord | None = None
    observation: Observation | None = None
    parent: Observation | None = None
    pairs: Mapping[str, PairRecord] = field(default_factory=dict)
    past: Mapping[str, tuple[Past, ...]] = field(default_factory=dict)
    layers: Layers | None = None

    @property
    def variant_name(self) -> str:
        """``recipe`` or ``recipe.variant``."""
        return f"{self.recipe}.{self.variant}" if self.variant else self.recipe

    @property
    def verdict(self) -> Verdict:
        return worst([check.verdict for check in self.checks])

    @property
    def warned(self) -> bool:
        return any(
            row.verdict is Verdict.FAIL and row.level == "warn" for check in self.checks for row in check.rows
        )


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Run:
    """A whole session.

    Attributes:
        started: ISO 8601, UTC. duration_s: seconds. command: the arguments pytest was given.
        commit, branch: of the git repository round the ini file; "" outside one. dirty: uncommitted changes.
        environment: host facts, e.g. cpu, cpu_flags, kernel, python, load average.
        versions: distribution → version.
        profiles: name → keys of the profile, as text.
        cases: in the order of their tests. schema: of the record.
        problems: session-wide problems that make the run fail, one sentence each.
        notes: what a reader must know that does not make it fail, e.g. "timings need a quieter machine".
        baseline: what was compared with, e.g. kind, name, commit, made, host; empty without one.
        loosened: what is demanded less than when the baseline was accepted, one line each.
    """

    started: str
    duration_s: float
    command: tuple[str, ...]
    commit: str
    branch: str
    dirty: bool
    environment: Mapping[str, str]
    versions: Mapping[str, str]
    profiles: Mapping[str, Mapping[str, str]]
    cases: tuple[CaseResult, ...]
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    baseline: Mapping[str, str] = field(default_factory=dict)
    loosened: tuple[str, ...] = ()
    schema: int = SCHEMA

    def frame(self) -> pandas.DataFrame:
        """All numbers as a table, one a line; its columns are those of `record.frame.COLUMNS`."""
        from pytest_edgebench.record.frame import frame

        return frame(self.cases, self.commit, self.started)
