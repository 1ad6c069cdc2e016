"""``python tests/bench/gate/regressions.py``: real slowdowns through the rule, at limits of 3 % and 5 %.

Each network is compared with ones that have more layers or channels, and with itself called 11 times for 10.
What the change really is, a long measurement shows first: 30 to 280 loads in two processes. Verdicts are
then counted by how far that is from the limit. ``--threads 2`` does one round with two threads, on two sizes.
"""

from __future__ import annotations

import itertools
import math
import sys
import tempfile
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from gate_files import Kind, copy_of, inputs, kinds, network, slower
from gate_results import Results, least, loads, parser, read, results, table, told, where

from pytest_edgebench.judge import relative_latency as judge
from pytest_edgebench.judge.loads import trimmed
from pytest_edgebench.judge.looks import N_MAX
from pytest_edgebench.judge.matrix import alpha_per_cell
from pytest_edgebench.measure import locks, paired
from pytest_edgebench.measure.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gate_results import Line

    from pytest_edgebench.judge.relative_latency import Decision
    from pytest_edgebench.record.run import PairRecord

NAME = "regressions"
SIZES = (0.03, 0.4, 3.0, 30.0)
LONG = 3.0
TWO = (0.4, 3.0)
"""Sizes for two threads: shorter calls do not use them."""
LIMITS = (1.03, 1.05)
CHANGES = (1.5, 3.5, 4.5, 6.5, 8.5)
WAYS = ("layers", "channels")
ELEVEN = "11 for 10"
CELLS = 100
ROUNDS = 7
"""Verdicts on each change, limit and network: about 9 changes x 7 = 63 for each network at each limit."""
NEAR_ROUNDS = 2
"""The same for a change within a point of the limit, which takes all loads to say that it is too near; for
short calls only."""
LOADS = {0.03: 280, 0.4: 280, 3.0: 140, 30.0: 80}
"""Of the long measurement, by the milliseconds a call takes: it is to end in half a minute."""
LOADS_ELEVEN = {0.03: 280, 0.4: 140, 3.0: 60, 30.0: 30}
"""The same where each unit is ten calls."""
WIDEST = 1.0
"""Points to either side: a change that the long measurement shows less well than this is in no bin."""
BINS = (
    ("3 points and more under the limit", -math.inf, -3.0),
    ("1 to 3 points under", -3.0, -1.0),
    ("up to 1 point under", -1.0, 0.0),
    ("up to 1 point over", 0.0, 1.0),
    ("1 to 3 points over", 1.0, 3.0),
    ("3 points and more over", 3.0, math.inf),
)


def truth(
    pool: Pool, kind: Kind, files: tuple[Path, Path], rows: int, threads: int, loads: int, *, eleven: bool
) -> Line:
    """The change that many loads in two processes show, with its 95 % interval, in percent."""
    q: list[float] = []
    for seed in (1, 2):
        with locks.timing("host", "a long measurement"), pool.fresh(kind.spec(threads)) as client:
            pairs = client.pairs(
                *files, inputs(kind, rows), loads=loads // 2, seed=seed, seconds=1800, deadline_s=2400,
                eleven_for_ten=eleven,
            )  # fmt: skip
        q += [math.log(b / a) for a, b in zip(pairs.a_s, pairs.b_s, strict=True)]
    middle = trimmed(q)
    change, low, high = (
        100 * (math.exp(x) - 1) for x in (middle.mean, middle.low(0.025), middle.high(0.025))
    )
    return {
        "change": change,
        "low": low,
        "high": high,
        "loads": len(q),
        "call_ms": 1000 * float(min(pairs.a_s)),
    }


def run(kept: Results, threads: int, sizes: tuple[float, ...]) -> None:
    """All that is not done yet, until the time is up."""
    sizes = (0.03,) if kept.quick else sizes
    changes: tuple[float, ...] = (3.5, 8.5) if kept.quick else CHANGES
    truths = {line["key"]: line for line in kept.lines() if line["what"] == "truth"}
    done = {line["key"] for line in kept.lines() if line["what"] == "verdict"}
    ways = [(how, percent) for percent in changes for how in WAYS] + [(ELEVEN, 10)]
    nulls: dict[tuple[Kind, float], Decision] = {}
    with tempfile.TemporaryDirectory() as folder, Pool(Path(folder)) as pool:
        # All networks before the second round of any, so that a run cut short is even.
        rounds = range(1 if kept.quick or threads > 1 else ROUNDS)
        for number, kind, (how, percent) in itertools.product(rounds, kinds(sizes), ways):
            change = f"{kind.name} {how} {percent} threads {threads}"
            wanted = {limit: f"{change} limit {limit} {number}" for limit in LIMITS}
            wanted = {limit: key for limit, key in wanted.items() if key not in done}
            if not wanted:
                continue
            if not kept.time_left:
                return
            eleven, spec = how == ELEVEN, kind.spec(threads)
            path, rows = network(kept.models, pool.get(kind.spec()), kind)
            other = copy_of(path) if eleven else slower(path, kind, rows, percent, how)
            most = 24 if kept.quick else (LOADS_ELEVEN if eleven else LOADS)[kind.ms]
            if change not in truths or truths[change]["loads"] < most:
                found = truth(pool, kind, (path, other), rows, threads, most, eleven=eleven)
                truths[change] = {"key": change, **found}
                kept.add(what="truth", threads=threads, **truths[change])
            terms = {limit: paired.Terms(limit, alpha_per_cell(CELLS)) for limit in LIMITS}
            sample, record = inputs(kind, rows), None
            # The nearest limit first: its loads mostly decide the other one too.
            for limit in sorted(wanted, key=lambda limit: abs(points(truths[change], limit))):
                gap = points(truths[change], limit)
                if abs(gap) < 1 and number >= (kind.ms < LONG) * NEAR_ROUNDS:
                    continue
                with locks.timing("host", "regressions for the gate"):
                    if (kind, limit) not in nulls:  # as a session does it: once for a kind of worker
                        round_ = paired.run_round(pool.get(spec), path, copy_of(path), sample, terms[limit])
                        nulls[kind, limit] = round_.decision
                    null = nulls[kind, limit]
                    decision = judged(record, terms[limit], null) if record is not None else None
                    shared = decision is not None
                    if record is None or decision is None:
                        decision, record = paired.compare(
                            pool, spec, path, other, sample, terms[limit], null, eleven_for_ten=eleven
                        )
                kept.add(
                    what="verdict", key=wanted[limit], of=change, limit=limit, ms=kind.ms,
                    runtime=kind.runtime, dtype=kind.dtype, threads=threads, how=how,
                    shared=shared, null=str(null.verdict), **told(decision, record),
                )  # fmt: skip


def judged(record: PairRecord, terms: paired.Terms, null: Decision) -> Decision | None:
    """What the loads taken for one limit say of another; None where it would have taken more of them."""

    def said(q: Sequence[float]) -> Decision:
        return judge.decide(
            q, limit=terms.limit, alpha_fail=terms.alpha_fail, alpha_pass=terms.alpha_pass,
            n_max=terms.max_loads,
        )  # fmt: skip

    decision = said(record.q)
    if judge.wants_second(decision):
        second = said(record.confirm_q)
        if second.verdict is judge.Outcome.GO_ON:
            return None
        decision = judge.confirm(decision, second)
    if decision.verdict is judge.Outcome.GO_ON:
        return None
    return judge.control(replace(decision, n=decision.look), null)


def points(truth: Line, limit: float) -> float:
    """Points from a limit to the change that a long measurement showed."""
    return float(truth["change"]) - 100 * (limit - 1)


def known(truth: Line) -> bool:
    """Whether the long measurement says how far from a limit a change is."""
    return float(truth["high"]) - float(truth["low"]) <= 2 * WIDEST


def wrong(line: Line, truths: dict[str, Line]) -> bool:
    """A FAIL where the long measurement's interval is under the limit, or a PASS where it is over."""
    found, limit = truths[line["of"]], 100 * (line["limit"] - 1)
    return bool(
        (line["verdict"] == "FAIL" and found["high"] < limit)
        or (line["verdict"] == "PASS" and found["low"] > limit)
    )


def markdown(folder: Path) -> str:
    lines = read(folder / f"{NAME}.jsonl")
    truths = {line["key"]: line for line in lines if line["what"] == "truth"}
    lines = [line for line in lines if line["what"] == "verdict" and known(truths[line["of"]])]
    ways: dict[int, list[Line]] = defaultdict(list)
    for line in lines:
        ways[line["threads"]].append(line)
    return "\n\n".join(_table(group, truths, threads) for threads, group in sorted(ways.items()))


def _table(lines: list[Line], truths: dict[str, Line], threads: int) -> str:
    groups: dict[tuple[str, float], list[Line]] = defaultdict(list)
    for line in lines:
        gap = points(truths[line["of"]], line["limit"])
        (name,) = [name for name, low, high in BINS if low <= gap < high]
        groups[name, line["ms"]].append(line)
    rows = []
    for name, low, _ in BINS:
        for ms in sorted({line["ms"] for line in lines}):
            group = groups[name, ms]
            if not group:
                continue
            verdicts = Counter(line["verdict"] for line in group)
            right = verdicts["FAIL" if low >= 0 else "PASS"]
            rows.append(
                (name, f"{ms:g} ms", verdicts["FAIL"], verdicts["PASS"], verdicts["INCONCLUSIVE"],
                 least(right, len(group)), sum(wrong(line, truths) for line in group),
                 *loads(group))
            )  # fmt: skip
    head = (
        "true change",
        "call",
        "FAIL",
        "PASS",
        "INCONCLUSIVE",
        "right",
        "wrong",
        "loads, median",
        "their sd",
    )
    note = (
        f"{threads} thread{'s' if threads > 1 else ''}, at most {N_MAX} loads, limits + 3 % and + 5 %, "
        f"level of {CELLS} cells; ONNX Runtime and LiteRT, float and int8. Changes that the long measurement "
        f"shows to more than ± {WIDEST:g} point are left out. Wrong: FAIL although the 95 % interval of the "
        f"long measurement lies under the limit, or PASS although it lies over. {where(lines)}"
    )
    return f"{table(head, rows)}\n\n{_each(lines, truths)}\n\n{note}"


def _each(lines: list[Line], truths: dict[str, Line]) -> str:
    """How many verdicts there are of each limit, runtime, type and duration."""
    sizes = sorted({line["ms"] for line in lines})
    groups: dict[tuple[float, str, str], list[Line]] = defaultdict(list)
    for line in lines:
        groups[line["limit"], line["runtime"], line["dtype"]].append(line)

    def cell(group: list[Line]) -> str:
        undecided = sum(line["verdict"] == "INCONCLUSIVE" for line in group)
        return f"{len(group)} ({undecided}, {sum(wrong(line, truths) for line in group)})"

    rows = [
        (f"+ {100 * (limit - 1):g} %", f"{runtime}, {dtype}",
         *(cell([line for line in group if line["ms"] == ms]) for ms in sizes))
        for (limit, runtime, dtype), group in sorted(groups.items())
    ]  # fmt: skip
    return table(("limit", "verdicts (INCONCLUSIVE, wrong)", *(f"{ms:g} ms" for ms in sizes)), rows)


def main() -> int:
    options = parser(__doc__)
    options.add_argument("--threads", type=int, default=1)
    options.add_argument("--sizes", type=float, nargs="+", choices=SIZES, help="milliseconds; all by default")
    arguments = options.parse_args()
    kept = results(arguments, NAME)
    if not arguments.table:
        sizes = arguments.sizes or (SIZES if arguments.threads == 1 else TWO)
        run(kept, arguments.threads, tuple(sizes))
    print(markdown(kept.folder))  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
