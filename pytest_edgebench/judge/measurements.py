"""What a case is judged by: `Facts` of the case, its `Reference`s, and the `Rules` of the session."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from pytest_edgebench.declare.limit import Reference as ReferenceName
    from pytest_edgebench.judge.absolute_latency import AbsoluteDecision
    from pytest_edgebench.judge.accuracy import Evidence
    from pytest_edgebench.judge.bootstrap import Bootstrap
    from pytest_edgebench.judge.relative_latency import Decision
    from pytest_edgebench.record.run import Metric
    from pytest_edgebench.record.schema import Level

    Samples = NDArray[np.bool_] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ScoreInfo:
    """What a model is scored by: the metric's name, its unit "%" or "", its direction.

    `correctness` says that per-sample values are right or wrong, `fraction` that it is a number from 0 to 1.
    """

    name: str
    unit: str
    lower_is_better: bool = False
    correctness: bool = False
    fraction: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class OfSlice:
    """A case's score on one slice of the samples.

    Attributes:
        n: samples in it.
        metric: the score on them, with its 95 % interval; None where it has none, and `why` says why.
        right: how many are right, of a score that is such a share.
        own: of other scores, the evidence of the score itself: a "drop" is the score with the sign that makes
            more of it worse.
    """

    n: int
    metric: Metric | None
    why: str = ""
    right: int | None = None
    own: Evidence | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Against:
    """A reference's score on one slice, and the evidence of a case's drop from it on these samples.

    Without a score, `why` says why.
    """

    metric: Metric | None
    evidence: Evidence | None = None
    why: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """What a case is compared with: its float parent ("model") or the accepted state ("baseline").

    Attributes:
        metrics: metric → number; None where there is no such reference.
        why: why there is none, or why it is not like the case; one clause, e.g. "the artifact is gone".
            Without metrics and without a reason (the float model is its own parent) default checks are
            silently left out.
        new: the baseline exists but does not list this case.
        same_bytes: the artifact is byte-identical and the runtime the same.
        samples: (N,) per-sample right/wrong or values on the same samples as the case's.
        bootstrap: paired bootstrap of the score's drop, for scores without per-sample values.
        lacks: metric → why the reference's number of it does not compare, one clause each.
        changed: number of predictions that differ from this reference's; None where it is not known.
        slices: slice → its score there; None where the model has no slices.
    """

    metrics: Mapping[str, Metric] | None = None
    why: str = ""
    new: bool = False
    same_bytes: bool = False
    samples: Samples | None = None
    bootstrap: Bootstrap | None = None
    changed: int | None = None
    lacks: Mapping[str, str] = field(default_factory=dict)
    slices: Mapping[str, Against] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """All numbers of one case.

    Attributes:
        model, profile: names, for sentences.
        metrics: as in `Observation.metrics`, named by `Limit.key`.
        missing: metric (or "latency.p50") → one clause why it could not be had and what would be needed.
        score: None where the model has none.
        samples: (N,) per-sample right/wrong or values of the score.
        parent, baseline: references.
        timing: "model" or "baseline" → the decision of latency against it, confirmed and controlled.
        absolute: statistic → the decision of an absolute latency budget, confirmed.
        shared: whether other programs may run on what was measured: a host that is not dedicated.
        slices: slice → the score there, in the model's order; None where it has no slices.
    """

    model: str
    profile: str
    metrics: Mapping[str, Metric]
    missing: Mapping[str, str] = field(default_factory=dict)
    score: ScoreInfo | None = None
    samples: Samples | None = None
    parent: Reference = field(default_factory=Reference)
    baseline: Reference = field(default_factory=Reference)
    timing: Mapping[str, Decision] = field(default_factory=dict)
    absolute: Mapping[str, AbsoluteDecision] = field(default_factory=dict)
    shared: bool = False
    slices: Mapping[str, OfSlice] | None = None

    def reference(self, name: ReferenceName) -> Reference:
        """The reference called "model" or "baseline"."""
        return self.baseline if name == "baseline" else self.parent


@dataclass(frozen=True, slots=True)
class Rules:
    """Settings of the session that bear on verdicts.

    Attributes:
        alpha: error rate of a default check on a score. comparisons: distinct comparisons it is shared among.
        accuracy_mode: "fixed-set": a written budget is literal on the given set; "population": proven.
        parent_latency, baseline_latency: default limits as ratios, > 1.
        near_exact: share by which a near-exact metric may grow without a budget.
        regressions: level of the default checks against the baseline.
    """

    alpha: float = 0.01
    comparisons: int = 1
    accuracy_mode: Literal["fixed-set", "population"] = "fixed-set"
    parent_latency: float = 1.03
    baseline_latency: float = 1.03
    near_exact: float = 0.002
    regressions: Level = "warn"
