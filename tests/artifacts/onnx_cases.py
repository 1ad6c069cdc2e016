"""ONNX's own tests of its operators, generated from the onnx package: counted, canonicalised and run."""

from __future__ import annotations

import random
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import onnx

from pytest_edgebench.artifacts.canonical import canonicalise, digest
from pytest_edgebench.artifacts.inspect.file import inspect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_edgebench.record.run import Counts

T = TypeVar("T")
OPEN = "test_affine_grid"  # the lengths of their expanded graphs are known only as they run
SEED, SAMPLE = 18, 300
RTOL = 1e-3
CHANCE = ("Random", "Bernoulli", "Dropout", "Multinomial")


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one test.

    Attributes:
        wrong: what went wrong, "" if nothing did. ran: whether ONNX Runtime gives the expected outputs.
        macs: None where they are a floor.
    """

    name: str
    wrong: str
    ran: bool
    macs: int | None


def collected() -> Sequence[Any]:
    """All cases by name; takes about 20 s, as the expected outputs are made."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return sorted(collect_testcases(""), key=lambda case: case.name)


def pairs(cases: Sequence[Any]) -> Sequence[tuple[Any, Any]]:
    """Tests of an operator, each with the same test of the simpler operators that it stands for."""
    named = {case.name: case for case in cases}
    plain = [(named.get(re.sub(r"_expanded(_ver\d+)?$", "", name)), case) for name, case in named.items()]
    return [
        (fused, case) for fused, case in plain if fused not in (None, case) and not case.name.startswith(OPEN)
    ]


def sample(items: Sequence[T], count: int) -> Sequence[T]:
    """The same few of them each time."""
    return random.Random(SEED).sample(items, count)


def counts(case: Any, folder: Path) -> Counts:
    """What is counted in the model of a test with the lengths of its inputs."""
    path = folder / "m.onnx"
    onnx.save(case.model, path)
    return inspect(path, arrays(case))


def tried(case: Any, folder: Path) -> Result:
    """One case: its counts, before and after its canonical form, and its outputs."""
    path = folder / "m.onnx"
    onnx.save(case.model, path)
    given = arrays(case)
    counts = inspect(path, given)
    if counts.macs < 0 or counts.float_ops > sum(counts.ops.values()):
        return Result(case.name, f"counts {counts}", False, None)
    before = digest(path)
    canonicalise(path)
    if digest(path) != before:
        return Result(case.name, "the canonical form has another digest", False, None)
    if inspect(path, given) != counts:
        return Result(case.name, "the canonical form has other counts", False, None)
    wrong, ran = _run(case, path)
    return Result(case.name, wrong, ran, None if counts.uncounted or counts.guessed else counts.macs)


def arrays(case: Any) -> dict[str, Any]:
    """What the first call of a test is given, by input."""
    names = [value.name for value in case.model.graph.input]
    inputs = case.data_sets[0][0] if case.data_sets else []
    return {n: a for n, a in zip(names, inputs, strict=False) if isinstance(a, (np.ndarray, np.generic))}


def _run(case: Any, path: Path) -> tuple[str, bool]:
    """What is wrong with the canonical form where the original runs; and whether outputs are as expected."""
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.log_severity_level = 4
    inputs, outputs = case.data_sets[0]
    names = [value.name for value in case.model.graph.input]
    feed = {n: v for n, v in zip(names, inputs, strict=False) if v is not None}
    providers = ["CPUExecutionProvider"]
    try:
        original = ort.InferenceSession(case.model.SerializeToString(), settings, providers).run(None, feed)
    except Exception:  # noqa: BLE001 - whatever it cannot run, it could not before
        return "", False
    try:
        found = ort.InferenceSession(str(path), settings, providers).run(None, feed)
    except Exception as cause:  # noqa: BLE001 - told
        return f"the canonical form does not run: {cause}", False
    if any(node.op_type.startswith(CHANCE) for node in case.model.graph.node):
        return "", True
    if not _all_equal(original, found):
        return "the canonical form gives other outputs", False
    return "", _all_equal(outputs, found)


def _all_equal(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(some) == len(others) and all(_equal(a, b) for a, b in zip(some, others, strict=True))


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, list):
        return len(one) == len(other) and all(_equal(a, b) for a, b in zip(one, other, strict=True))
    if not isinstance(one, np.ndarray):
        return bool(one is other or one == other)
    if one.dtype.kind not in "fc":
        return bool(np.array_equal(one, other))
    return one.shape == other.shape and bool(np.allclose(one, other, RTOL, 1e-6, equal_nan=True))
