"""Latency of one file against another's: fresh loads of both until the judge has seen enough."""

from __future__ import annotations

import dataclasses
import math
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.judge import reasons as why
from pytest_edgebench.judge import relative_latency as judge
from pytest_edgebench.judge.looks import N_MAX
from pytest_edgebench.judge.relative_latency import Decision, Outcome
from pytest_edgebench.record.run import PairRecord
from pytest_edgebench.workers.results import board_note

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.workers.client import Client
    from pytest_edgebench.workers.results import Array, Pairs, Plan
    from pytest_edgebench.workers.spec import Spec

ALPHA_PASS = 0.01


@dataclass(frozen=True, slots=True)
class Terms:
    """What a comparison is held to.

    Attributes:
        limit: as a ratio, 1.05 for "+ 5 %".
        alpha_fail: error rate of a FAIL: 1 % over all noisy cells planned. alpha_pass: of a PASS.
        max_loads: after which it ends undecided.
        cap_s: seconds after which it does; longer for slow models (`cap_for`).
        deadline_s: of one request to the worker.
    """

    limit: float
    alpha_fail: float
    alpha_pass: float = ALPHA_PASS
    max_loads: int = N_MAX
    cap_s: float = 40.0
    deadline_s: float = 120.0


@dataclass(frozen=True, slots=True)
class Round:
    """The loads of one process.

    Attributes:
        q: ln of candidate over reference, one a load. reference_s: the reference's fastest call in each.
        p50_s, reference_p50_s: the median call of the candidate and of the reference in each load.
        decision: on these loads alone, with its reasons.
        board: how warm and busy a board was, in words; "" for other targets.
    """

    q: tuple[float, ...]
    reference_s: tuple[float, ...]
    p50_s: tuple[float, ...]
    reference_p50_s: tuple[float, ...]
    decision: Decision
    seed: int
    plan: Plan
    alternate: bool
    board: str = ""


def compare(
    pool: Pool,
    spec: Spec,
    reference: Path,
    candidate: Path,
    sample: Mapping[str, Array],
    terms: Terms,
    null: Decision | None = None,
    *,
    eleven_for_ten: bool = False,
) -> tuple[Decision, PairRecord]:
    """Time `candidate` against `reference`, and a FAIL or a PASS near its limit again in a fresh process.

    The machine must be held for timing (`locks.timing`).

    Args:
        sample: the inputs of one call, for both.
        null: the null control of this kind of worker; without its PASS no FAIL stands.
        eleven_for_ten: call the candidate 11 times for 10, for a self-test.

    Raises:
        MeasureError: the runtime failed on one of the files.
    """
    began = time.monotonic()
    first = run_round(
        pool.get(spec), reference, candidate, sample, terms, null, eleven_for_ten=eleven_for_ten
    )
    decision, second = first.decision, None
    if judge.wants_second(decision):
        with pool.fresh(spec) as client:
            second = run_round(
                client, reference, candidate, sample, terms, null, eleven_for_ten=eleven_for_ten
            )
        decision = judge.confirm(decision, second.decision)
    if null is not None:
        decision = judge.control(decision, null)
    record = PairRecord(
        limit=terms.limit,
        alpha_fail=terms.alpha_fail,
        alpha_pass=terms.alpha_pass,
        seed=first.seed,
        pairs=first.plan.pairs,
        calls=first.plan.calls,
        warm_ups=first.plan.warm_ups,
        alternate=first.alternate,
        q=first.q,
        confirm_seed=second.seed if second else None,
        confirm_q=second.q if second else (),
        noise=(null.estimate, null.low95, null.high95) if null is not None and null.look else (),
        seconds=time.monotonic() - began,
        reference_s=_short(first.reference_s),
        p50_s=_short(first.p50_s),
        reference_p50_s=_short(first.reference_p50_s),
        board=first.board,
    )
    return decision, record


def run_round(
    client: Client,
    reference: Path,
    candidate: Path,
    sample: Mapping[str, Array],
    terms: Terms,
    null: Decision | None = None,
    *,
    eleven_for_ten: bool = False,
    seed: int | None = None,
) -> Round:
    """Measure look by look in one process until there is a decision or the time is up."""
    seed = int.from_bytes(os.urandom(4)) if seed is None else seed
    alternate = _crowded(reference, candidate)
    q: list[float] = []
    plan: Plan | None = None
    found: list[Pairs] = []
    began, cap_s = time.monotonic(), terms.cap_s
    while True:
        look = judge.next_look(len(q), terms.max_loads)
        left = cap_s - (time.monotonic() - began)
        capped = look is None or (bool(q) and left <= 0)
        if not capped and look is not None:
            pairs = client.pairs(
                reference, candidate, sample, loads=look - len(q), seed=seed, first=len(q), plan=plan,
                alternate=alternate, eleven_for_ten=eleven_for_ten,
                seconds=max(min(left, terms.deadline_s / 2), 0.001), deadline_s=terms.deadline_s,
            )  # fmt: skip
            found.append(pairs)
            plan = pairs.plan
            q += [math.log(b / a) for a, b in zip(pairs.a_s, pairs.b_s, strict=True)]
            if len(found) == 1:
                cap_s = cap_for(float(min(pairs.a_s)) * plan.calls, terms.cap_s)
        decision = judge.decide(
            q, limit=terms.limit, alpha_fail=terms.alpha_fail, alpha_pass=terms.alpha_pass,
            n_max=terms.max_loads, capped=capped,
        )  # fmt: skip
        if decision.verdict is not Outcome.GO_ON:
            break
    assert plan is not None
    over = capped and len(q) < terms.max_loads
    readings = _readings(found, client.spec.threads, plan, terms, null, cap_s if over else None)
    took = tuple(float(seconds) for pairs in found for seconds in pairs.a_s)
    p50_s = tuple(float(seconds) for pairs in found for seconds in pairs.b_p50_s)
    others = tuple(float(seconds) for pairs in found for seconds in pairs.a_p50_s)
    board = board_note((found[0].readings[0], found[-1].readings[1]))
    told = why.explain(decision, readings, q)
    return Round(tuple(q), took, p50_s, others, told, seed, plan, alternate, board)


def _short(seconds: Sequence[float]) -> tuple[float, ...]:
    """With 4 significant digits."""
    return tuple(float(f"{each:.4g}") for each in seconds)


def cap_for(unit_s: float, cap_s: float) -> float:
    """The time cap where a timed unit takes so long: 3 times as much from 20 ms on."""
    return cap_s * (3.0 if unit_s >= 0.02 else 1.0)


def decision_from(value: Mapping[str, object]) -> Decision:
    """A decision from its `plain` form."""
    fields = dict(value)
    fields["verdict"] = Outcome(str(fields["verdict"]))
    fields["reasons"] = tuple(fields["reasons"])  # type: ignore[arg-type]
    return Decision(**fields)  # type: ignore[arg-type]


def plain(decision: Decision) -> dict[str, object]:
    """A decision as values that `json` writes."""
    return {**dataclasses.asdict(decision), "verdict": str(decision.verdict)}


def _crowded(*paths: Path) -> bool:
    """Whether both files loaded, with their working memory, might not fit."""
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 4 * sum(path.stat().st_size for path in paths) > free


def _readings(
    found: list[Pairs], threads: int, plan: Plan, terms: Terms, null: Decision | None, cap_s: float | None
) -> why.Readings:
    before, after = found[0].readings[0], found[-1].readings[1]
    cpus = before.cpus or len(os.sched_getaffinity(0))  # a board tells its own
    steal = None
    if before.steal_s is not None and after.steal_s is not None and after.at_s > before.at_s:
        total = (after.at_s - before.at_s) * (before.cpus or os.cpu_count() or 1)
        steal = 100 * (after.steal_s - before.steal_s) / total
    unit = min(min(p.a_s.min(), p.b_s.min()) for p in found) * plan.calls
    return why.Readings(
        load_average=before.load, cpus=cpus, threads=threads, steal_percent=steal, clock_s=after.clock_s,
        unit_s=float(unit), capped=cap_s is not None, cap_s=cap_s, most=terms.max_loads, null=null,
    )  # fmt: skip
