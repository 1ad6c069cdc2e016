"""``python tests/bench/distillation.py``: a student taught by a larger network, and by labels alone.

Both see the same 100 labelled digits, in the same order, from the same start; seeds 0 to 9 were fixed before
anything was seen. ``--publish`` writes the result into the package's docs, whichever way it falls.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import mean, stdev
from typing import TYPE_CHECKING

from bench_docs import publish, session

from pytest_edgebench.judge.student import t_quantile

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run

SEEDS = range(10)
STUDENT = """

@eb.model
def student{seed}():
    return eb.Model(small, held_out, eb.top1, seed={seed})
"""


def run(folder: Path) -> Run:
    """Train and score all students; nothing is timed."""
    students = "".join(STUDENT.format(seed=seed) for seed in SEEDS)
    return session(folder, "taught.py", '[profiles.plain]\nruntime = "onnxruntime"\n', end=students)


def text(found: Run) -> str:
    """A row for each seed, and the mean difference with its 95 % interval by Student's t."""
    scores: dict[tuple[str, str], float] = {}
    for case in found.cases:
        assert case.observation is not None
        scores[case.model, case.recipe] = case.observation.metrics["accuracy"].value
    lines = ["| seed | labels alone | distilled | difference |", "|---|---|---|---|"]
    differences = []
    for seed in SEEDS:
        alone, taught = (scores[f"student{seed}", name] for name in ("labels_alone", "distilled"))
        differences.append(taught - alone)
        lines.append(f"| {seed} | {alone:.1f} % | {taught:.1f} % | {taught - alone:+.1f} |")
    middle, n = mean(differences), len(differences)
    half = t_quantile(0.025, n - 1) * stdev(differences) / n**0.5
    told = (
        f"Teacher {scores['teacher', 'original']:.1f} %. Distilled students differ by {middle:+.2f} points "
        f"on average, 95 % interval [{middle - half:+.2f}, {middle + half:+.2f}], n={n} pairs. "
        f"torch {version('torch')}; {date.today()}."
    )
    return "\n".join(lines) + f"\n\n{told}"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, default=Path("build/distillation"), help="its cache and record")
    options.add_argument("--publish", action="store_true", help="write the result into the docs")
    arguments = options.parse_args()
    told = text(run(arguments.out))
    sys.stdout.write(f"{told}\n")
    if arguments.publish:
        publish("compressors", "distillation", told)
    return 0


if __name__ == "__main__":
    sys.exit(main())
