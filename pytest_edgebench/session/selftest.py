"""``--edgebench-selftest``: does the gate keep its word on this machine?

100 comparisons of a model with its own byte copy (A/A), and 30 in which the copy is called 11 times for 10:
a slowdown of exactly 10 % that needs no second model. The gate is at fault if more than one A/A fails, if
fewer than 28 slowdowns fail, or if one passes. With healthy error rates that happens by chance in 5e-5 of
runs; a gate with 5 % false alarms is caught in 96 % of them.
"""

from __future__ import annotations

import shutil
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.session.session import Session

EQUAL, SLOWER = 100, 30
MOST_FALSE, FEWEST_FOUND = 1, 28


class SelfTest:
    """Takes the place of collecting and running tests."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lines: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        session.items = []
        session.testscollected = EQUAL + SLOWER
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        began = time.monotonic()
        equal, slower = self._measure()
        wrong = problems(equal, slower)
        kept = "does NOT keep" if wrong else "keeps"
        self._lines = [
            f"equal models: {told(equal)} of {EQUAL}",
            f"10 % slower:  {told(slower)} of {SLOWER}",
            *wrong,
            f"the gate {kept} its word here ({time.monotonic() - began:.0f} s)",
        ]
        session.testsfailed = len(wrong)
        return True

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section("edgebench self-test")
        for line in self._lines:
            terminalreporter.line(line)

    def _measure(self) -> tuple[Counter[str], Counter[str]]:
        """Verdicts of both kinds, in turns so that what disturbs the machine meets both."""
        from pytest_edgebench.measure import locks
        from pytest_edgebench.measure.paired import compare
        from pytest_edgebench.measure.pool import COPIES
        from pytest_edgebench.workers.spec import Spec

        bench = self._session.toolbox
        first, second = _models(self._session.run_folder / COPIES / "selftest")
        sample = _sample()
        spec = Spec("onnxruntime")
        terms = bench.terms(1.03)
        counts: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
        kinds = [number * SLOWER % (EQUAL + SLOWER) < SLOWER for number in range(EQUAL + SLOWER)]
        for slow in kinds:
            with locks.timing("host", "the gate's test of itself"):
                decision, _ = compare(bench.pool, spec, first, second, sample, terms, eleven_for_ten=slow)
            counts[slow][str(decision.verdict)] += 1
        return counts


def problems(equal: Counter[str], slower: Counter[str]) -> list[str]:
    """What the gate did that it promises not to do."""
    found = []
    if equal["FAIL"] > MOST_FALSE:
        found.append(f"✕ {equal['FAIL']} equal models failed; at most {MOST_FALSE} may")
    if slower["PASS"]:
        found.append(f"✕ {slower['PASS']} models that are 10 % slower passed; none may")
    if slower["FAIL"] < FEWEST_FOUND:
        found.append(
            f"✕ only {slower['FAIL']} of {SLOWER} slower models failed; at least {FEWEST_FOUND} must: "
            "the machine is too noisy to find slowdowns"
        )
    return found


def told(counts: Counter[str]) -> str:
    """Verdicts in words."""
    return ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))


def _models(folder: Path) -> tuple[Path, Path]:
    """A small network, about 0.1 ms a call, and its byte copy."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    nodes, weights, at = [], [], "x"
    for layer in range(4):
        weights.append(numpy_helper.from_array(rng.normal(size=(256, 256)).astype(np.float32), f"w{layer}"))
        nodes += [
            helper.make_node("MatMul", [at, f"w{layer}"], [f"m{layer}"]),
            helper.make_node("Tanh", [f"m{layer}"], [f"t{layer}"]),
        ]
        at = f"t{layer}"
    graph = helper.make_graph(
        nodes,
        "selftest",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [8, 256])],
        [helper.make_tensor_value_info(at, TensorProto.FLOAT, [8, 256])],
        weights,
    )
    first, second = folder / "a.onnx", folder / "b.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), first)
    shutil.copyfile(first, second)
    return first, second


def _sample() -> dict[str, Any]:
    import numpy as np

    return {"x": np.random.default_rng(1).normal(size=(8, 256)).astype(np.float32)}
