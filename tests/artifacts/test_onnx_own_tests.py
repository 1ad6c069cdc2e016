"""A fixed sample of ONNX's own tests; ``tests/bench/onnx_tests.py`` tries all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import pytest
from onnx_cases import SAMPLE, arrays, collected, counts, pairs, sample, tried

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PAIRS = 150
PADDED = ("pads", "auto_pad")


@pytest.fixture(scope="module")
def cases() -> Sequence[Any]:
    return collected()


def test_a_sample_of_onnx_own_tests(cases: Sequence[Any], tmp_path: Path) -> None:
    results = [tried(case, tmp_path) for case in sample(cases, SAMPLE)]
    assert [f"{result.name}: {result.wrong}" for result in results if result.wrong] == []
    assert len(results) == SAMPLE
    assert sum(result.ran for result in results) > SAMPLE // 2
    assert sum(bool(result.macs) for result in results) > 10


def test_an_operator_and_its_expanded_form_have_the_same_macs(cases: Sequence[Any], tmp_path: Path) -> None:
    """ONNX writes many operators as graphs of simpler ones, whose products are counted one by one."""
    compared = 0
    for fused, expanded in sample(pairs(cases), PAIRS):
        macs = counts(expanded, tmp_path).macs
        assert counts(fused, tmp_path).macs == macs, fused.name
        compared += bool(macs)
    assert compared > PAIRS // 8


def test_macs_are_the_sum_of_the_answer_to_ones(cases: Sequence[Any], tmp_path: Path) -> None:
    """Where everything is 1, each multiply-accumulate adds 1 to an output; one with padding adds 0."""
    import onnxruntime as ort

    compared = 0
    for case in cases:
        node = case.model.graph.node[0]
        linear = node.op_type in ("MatMul", "Gemm", "Conv", "ConvTranspose", "Einsum", "CausalConvWithState")
        if len(case.model.graph.node) > 1 or not linear or "expanded" in case.name:
            continue
        feed = arrays(case)
        third = node.op_type != "Einsum" and len(node.input) > 2
        ones = {
            n: np.zeros_like(a) if third and n == node.input[2] else np.ones_like(a) for n, a in feed.items()
        }
        model = onnx.ModelProto.FromString(case.model.SerializeToString())
        kept = [a for a in node.attribute if a.name != "alpha"]
        del model.graph.node[0].attribute[:]
        model.graph.node[0].attribute.extend(kept)
        try:
            session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
            output = session.run(None, ones)[0]
        except Exception:  # noqa: BLE001 - a type or version that it does not run
            continue
        total = float(np.asarray(output, np.float64).sum())
        counted = counts(case, tmp_path).macs
        if len(feed) == 1 and node.op_type == "Einsum":  # a sum of one operand multiplies nothing
            assert counted == 0, case.name
        elif node.op_type.startswith("Causal") or any(
            a.name in PADDED and (a.s or any(a.ints)) for a in kept
        ):
            assert 0 < total <= counted, case.name
        else:
            assert total == counted, case.name
        compared += 1
    assert compared >= 30
