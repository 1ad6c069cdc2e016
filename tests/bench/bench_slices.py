"""``python tests/bench/bench_slices.py``: how often budgets on slices find a planted loss, and false alarms.

Simulated right and wrong: an original with 92 % right, a compressed model that turns 1 % of the samples each
way by rounding. "Found": one of 20 slices of 5 % each, at 5,000 samples, loses 25 of its 250 samples, which
is 10 points, while the mean stays within "model - 1 points". "False alarms": 100 slices of 50 samples without
any loss, and with a loss of exactly what the limit allows on every slice, the hardest that must not fail.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "judge"))

from sliced import World, drawn, judged  # type: ignore[import-not-found]

from pytest_edgebench.judge.measurements import Rules
from pytest_edgebench.record.run import Verdict

FOUND = 200
POPULATION = Rules(accuracy_mode="population")


def found(draws: int) -> list[str]:
    """A line for each limit: share of draws in which the slice fails and is named, and the mean passes."""
    lines = []
    for allowed in (0.0, 1.0, 2.0, 3.0, 5.0):
        generator = np.random.default_rng(1)
        hits = named = passed = strict = 0
        for _ in range(draws):
            facts = drawn(World(planted=0.1), generator)
            row = judged(facts, -allowed)
            hits += row.verdict is Verdict.FAIL
            named += row.verdict is Verdict.FAIL and row.slice == "s0"
            strict += judged(facts, -allowed, rules=POPULATION).verdict is Verdict.FAIL
            passed += judged(facts, -1.0, statistic="").verdict is Verdict.PASS
        lines.append(
            f"| worst slice model - {allowed:g} points | {100 * hits / draws:.1f} % | "
            f"{100 * named / draws:.1f} % | {100 * strict / draws:.1f} % | {100 * passed / draws:.1f} % |"
        )
    return lines


def alarms(draws: int) -> list[str]:
    """A line for each world and limit: share of draws in which any of 100 slices fails."""
    worlds = [
        ("no loss", World(slices=100), -2.0),
        ("no loss", World(slices=100), -0.0),
        ("no loss, 5 % turned", World(slices=100, changed=0.05), -2.0),
        ("2 points on every slice", World(slices=100, everywhere=0.02 / 0.92), -2.0),
        ("2 points on every slice of 250", World(everywhere=0.02 / 0.92), -2.0),
        ("92 % on every slice", World(slices=100), 92.0),
    ]
    lines = []
    for name, world, amount in worlds:
        generator = np.random.default_rng(2)
        counts = [0, 0]
        for _ in range(draws):
            facts = drawn(world, generator)
            for number, rules in enumerate((Rules(), POPULATION)):
                row = judged(facts, amount, rules=rules)
                counts[number] += row.verdict is Verdict.FAIL
        shown = " | ".join(f"{100 * count / draws:.2f} %" for count in counts)
        lines.append(f"| {name} | {row.limit} | {shown} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=2000, help="for false alarms (default: 2000)")
    draws = parser.parse_args().draws
    head = [
        "| limit | fails | and names the slice | fails, population | the mean passes |",
        "|---|---|---|---|---|",
    ]
    told = [f"Planted: 10 points in a slice of 5 %, {FOUND} draws", "", *head, *found(FOUND)]
    head = ["| world | limit | fails | fails, population |", "|---|---|---|---|"]
    told += ["", f"100 slices of 50 samples, {draws:,} draws", "", *head, *alarms(draws)]
    sys.stdout.write("\n".join(told) + "\n")


if __name__ == "__main__":
    main()
