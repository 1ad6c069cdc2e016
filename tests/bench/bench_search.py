"""``python tests/bench/bench_search.py``: 36 chains of 3 steps on the digits MLP: what sharing saves."""

from __future__ import annotations

import sys
import tempfile
import time

import pytest_edgebench as eb
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.suites.digits.digits import held_out, training
from pytest_edgebench.suites.digits.nets import recover, train_mlp

MOST = 0.40
"""Share of the cost of building each chain alone."""


def main() -> int:
    """Search in an empty cache, then again; 1 when sharing saves less than it should."""
    model = eb.Model(train_mlp, held_out, eb.top1, calibration=lambda: training()[0], name="mlp")
    steps: list[eb.Step | list[eb.Step]] = [
        [eb.Prune(0.3, recover), eb.Prune(0.5, recover), eb.Prune(0.7, recover)],
        [eb.LowRank(recover, ratio=0.9), eb.LowRank(recover, ratio=0.7)],
        [eb.Quantize("dynamic-int8"), eb.Quantize("static-int8"), eb.Quantize("fp16")],
    ]
    budgets = {"accuracy": "model - 3 points"}
    board = Profile("board", runtime="onnxruntime")
    with tempfile.TemporaryDirectory() as cache:
        began = time.monotonic()
        found = eb.search(model, steps, "size", budgets, [board], cache=cache)
        first = time.monotonic() - began
        began = time.monotonic()
        again = eb.search(model, steps, "size", budgets, [board], cache=cache)
        second = time.monotonic() - began
    sys.stdout.write(f"{found.text()}\n{first:.1f} s, again {second:.1f} s\n")
    same = [each.digest for each in found.candidates] == [each.digest for each in again.candidates]
    saved = found.shared_s is not None and found.alone_s and found.shared_s / found.alone_s <= MOST
    return 0 if saved and same and found.tried >= 30 else 1


if __name__ == "__main__":
    sys.exit(main())
