"""`Comparisons`: latency of files against each other, each pair of files once a session."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_edgebench.judge.relative_latency import Outcome, control
from pytest_edgebench.measure import paired
from pytest_edgebench.measure.pool import COPIES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.judge.relative_latency import Decision
    from pytest_edgebench.measure.memo import Memo
    from pytest_edgebench.measure.observer import Observer
    from pytest_edgebench.measure.paired import Terms
    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.record.run import PairRecord
    from pytest_edgebench.workers.spec import Spec


@dataclass(frozen=True, slots=True, eq=False)
class Comparisons:
    """Paired benchmarks of a session.

    Attributes:
        memo: of the session. folder: of the session, for copies of files.
        terms: limit (a ratio) → what a comparison is held to. null_limit: that of the null control.
    """

    pool: Pool
    observer: Observer
    memo: Memo
    folder: Path
    terms: Callable[[float], Terms]
    null_limit: float

    def compare(
        self, reference: Artifact, candidate: Artifact, spec: Spec, model: Model, batch: int, limit: float,
        profile: str,
    ) -> tuple[Decision, PairRecord]:  # fmt: skip
        """Latency of one file against another's, once a session.

        A FAIL stands only if the null control passes, which is measured when the first FAIL needs it.

        Args:
            limit: a ratio. profile: its name, for whoever waits.

        Raises:
            MeasureError: the runtime failed on one of the files.
        """
        from pytest_edgebench.identity.digest import digest
        from pytest_edgebench.record.codec import Decoder, encode
        from pytest_edgebench.record.run import PairRecord

        terms = self.terms(limit)
        pair = (reference.record.digest, candidate.record.digest)
        key = digest((pair, *spec.key, batch, limit))
        what = f"timing {model.name} on {profile}"

        def measure() -> dict[str, object]:
            sample = self.observer.sample(model, batch)
            decision, record = self.pool.alone(
                spec,
                what,
                lambda: paired.compare(self.pool, spec, reference.path, candidate.path, sample, terms),
            )
            return {"decision": paired.plain(decision), "record": encode(record)}

        found = self.memo.get("pairs", key, what, measure)
        record: PairRecord = Decoder("the run folder").decode(PairRecord, found["record"], "")
        decision = paired.decision_from(found["decision"])
        if decision.verdict is not Outcome.FAIL:
            return decision, record
        null = self._null(spec, reference, model, batch)
        noise = (null.estimate, null.low95, null.high95) if null.look else ()
        return control(decision, null), replace(record, noise=noise)

    def _null(self, spec: Spec, reference: Artifact, model: Model, batch: int) -> Decision:
        """The null control of a kind of worker: a file against a byte copy of itself, once a session."""
        from pytest_edgebench.identity.digest import digest

        key = digest(spec.key)
        terms = self.terms(self.null_limit)

        def measure() -> dict[str, object]:
            folder = self.folder / COPIES / "null" / key
            shutil.copytree(reference.path.parent, folder, dirs_exist_ok=True)
            sample = self.observer.sample(model, batch)
            round_ = self.pool.alone(
                spec,
                "null control",
                lambda: paired.run_round(
                    self.pool.get(spec), reference.path, folder / reference.path.name, sample, terms
                ),
            )
            return paired.plain(round_.decision)

        return paired.decision_from(self.memo.get("null", key, "null control", measure))
