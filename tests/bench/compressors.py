"""``python tests/bench/compressors.py``: every compressor on three networks and both formats, as a table.

Runs ``every.py``; what it has built is used again. ``--publish`` writes the table into the package's docs.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import defaultdict
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from bench_docs import publish, session

import pytest_edgebench as eb
from pytest_edgebench.record import environment

if TYPE_CHECKING:
    from pytest_edgebench.record.run import CaseResult, Run

PROFILES = ("onnxruntime", "litert")
TOLD = ("onnxruntime", "ai-edge-litert", "ai-edge-quantizer", "torch", "torch-pruning")


def run(folder: Path) -> Run:
    """A session over all of them, whose cache and record lie in `folder`."""
    profiles = [f'[profiles.{name}]\ntarget = "host"\nruntime = "{name}"\n' for name in PROFILES]
    return session(folder, "every.py", "\n".join(profiles), "--tb=line", "--edgebench-lint=off")


def table(found: Run) -> str:
    """Per network: a row for each compressor, and three columns for each format."""
    cases: dict[str, dict[str, dict[str, CaseResult]]] = defaultdict(lambda: defaultdict(dict))
    for case in found.cases:
        cases[case.model][case.variant_name][case.profile] = case
    parts = []
    for model, recipes in sorted(cases.items()):
        original = recipes.pop("original", {})
        parts.append(f"**{model}**: {'; '.join(_whole(original[name]) for name in PROFILES)}.")
        head = ["compressor"]
        for name in PROFILES:
            head += [f"{name}: weights", "file", "accuracy", "latency"]
        lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
        for recipe, by in sorted(recipes.items()):
            cells = [recipe.replace("_", " ")]
            for name in PROFILES:
                cells += _cells(by[name], original[name])
            lines.append(f"| {' | '.join(cells)} |")
        parts.append("\n".join(lines))
    versions = ", ".join(f"{name} {version(name)}" for name in TOLD)
    parts.append(
        f"{environment.host()['cpu']}, {environment.host()['cpus']} CPUs; {versions}; {date.today()}."
    )
    return "\n\n".join(parts)


def _whole(case: CaseResult) -> str:
    assert case.observation is not None
    metrics = case.observation.metrics
    score, size, time = metrics["accuracy"], metrics["size"], metrics["latency.p50"]
    return (
        f"{case.profile} {size.value / 1000:.1f} kB, {score.value:.1f} % of {score.n:,}, "
        f"{1e6 * time.value:.0f} µs"
    )


def _cells(case: CaseResult, original: CaseResult) -> list[str]:
    """Weights' bytes and file over the original's, accuracy's change with its interval, latency's ratio."""
    if case.observation is None or case.artifact is None or original.artifact is None:
        return [case.checks[0].verdict.lower() if case.checks else "-", "-", "-", "-"]
    assert original.observation is not None
    metrics, whole = case.observation.metrics, original.observation.metrics
    bytes_ = [sum(one.counts.weight_bytes.values()) for one in (case.artifact, original.artifact)]
    rows = [row for check in case.checks for row in check.rows if row.reference == "model"]
    change = next((row.change for row in rows if row.metric == "accuracy"), None)
    told = f"{metrics['accuracy'].value - whole['accuracy'].value:+.1f}"
    if change is not None and change.low is not None and change.high is not None:
        told += f" [{change.low:+.1f}, {change.high:+.1f}]"
    pair = case.pairs.get("model")
    ratio = math.exp(sorted(pair.q)[len(pair.q) // 2]) if pair is not None else None
    size = metrics["size"].value / whole["size"].value
    return [f"{bytes_[0] / bytes_[1]:.3f}", f"{size:.2f}", told, "-" if ratio is None else f"{ratio:.2f}"]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, default=Path("build/compressors"), help="its cache and record")
    options.add_argument("--publish", action="store_true", help="write the table into the docs")
    options.add_argument("--table", action="store_true", help="of the last run's record")
    arguments = options.parse_args()
    found = eb.load_run(arguments.out / "run.json") if arguments.table else run(arguments.out)
    text = table(found)
    sys.stdout.write(f"{text}\n")
    if arguments.publish:
        publish("compressors", "compressors", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
