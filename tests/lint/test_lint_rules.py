from __future__ import annotations

import re
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.compressors.prune import Prune, PruneSemiStructured
from pytest_edgebench.compressors.prune_channels import PruneChannels
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.compressors.sensitive import sensitive
from pytest_edgebench.declare.model import Model
from pytest_edgebench.docs.generated.lint import page
from pytest_edgebench.lint.findings import Finding, findings, subject_of
from pytest_edgebench.lint.known import own
from pytest_edgebench.lint.rule import Subject
from pytest_edgebench.lint.rules.calibration import FEW_SAMPLES
from pytest_edgebench.lint.torch_model import convolutions
from pytest_edgebench.profiles.profile import Profile

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.declare.model import Format, Step

PLAIN = Profile("plain", target="host")
AVX2 = Profile("avx2", isa=("avx", "avx2"))
VNNI = Profile("vnni", isa=("avx2", "avx512_vnni"))
TENSOR = Profile("npu", isa=("per-tensor",))
ONLY = Profile("npu", isa=("int8-only",))
MICRO = Profile("m7", runtime="litert", isa=("armv7e-m", "dsp"))
FULL = Quantize("static-int8", reduce_range=False)
WIDE = Quantize("static-int8", activations="int16")
STATIC, DYNAMIC = Quantize("static-int8"), Quantize("dynamic-int8")


def told(*steps: Step, profile: Profile = PLAIN, fmt: Format = "onnx", **more: Any) -> list[str]:
    runtime = profile.runtime or {"onnx": "onnxruntime", "tflite": "litert"}[fmt]
    subject = Subject(steps, fmt, profile, more.pop("runtime", runtime), **more)
    return [one.rule for one in findings(subject, "conftest.py:3")]


CASES: list[tuple[str, list[str], list[str]]] = [
    ("EB101", told(FULL, profile=AVX2), told(FULL, profile=VNNI)),
    ("EB101", told(FULL, profile=AVX2), told(STATIC, profile=AVX2)),
    ("EB101", told(FULL, profile=AVX2), told(FULL, profile=AVX2, fmt="tflite")),
    (
        "EB101",
        told(Quantize("dynamic-int8", reduce_range=False), profile=AVX2),
        told(Quantize("static-int8", reduce_range=False, weights="uint8"), profile=AVX2),
    ),
    ("EB102", told(DYNAMIC, convolutions=True), told(DYNAMIC, convolutions=False)),
    ("EB102", told(DYNAMIC, convolutions=True), told(DYNAMIC, convolutions=None)),
    ("EB102", told(DYNAMIC, convolutions=True), told(STATIC, convolutions=True)),
    ("EB102", told(DYNAMIC, convolutions=True), told(DYNAMIC, convolutions=True, fmt="tflite")),
    (
        "EB102",
        told(DYNAMIC, convolutions=True),
        told(Quantize("dynamic-int8", exclude="Conv*"), convolutions=True),
    ),
    (
        "EB102",
        told(Quantize("dynamic-int8", ops=("Gemm", "Conv")), convolutions=True),
        told(Quantize("dynamic-int8", ops="Gemm"), convolutions=True),
    ),
    ("EB103", told(STATIC, profile=TENSOR), told(Quantize("static-int8", per_channel=False), profile=TENSOR)),
    ("EB103", told(STATIC, profile=TENSOR), told(STATIC)),
    ("EB104", told(DYNAMIC, profile=MICRO, fmt="tflite"), told(STATIC, profile=MICRO, fmt="tflite")),
    ("EB104", told(DYNAMIC, runtime="tflite-runtime", fmt="tflite"), told(DYNAMIC, fmt="tflite")),
    ("EB104", told(DYNAMIC, runtime="tflm", fmt="tflite"), told(DYNAMIC)),
    (
        "EB105",
        told(Quantize("weight-int4"), fmt="tflite"),
        told(Quantize("weight-int4"), Quantize("weight-int8")),
    ),
    ("EB106", told(Prune(0.5), latency=True), told(Prune(0.5))),
    ("EB110", told(WIDE, fmt="tflite", latency=True), told(WIDE, fmt="tflite")),
    ("EB110", told(WIDE, fmt="tflite", latency=True), told(STATIC, fmt="tflite", latency=True)),
    ("EB110", told(WIDE, fmt="tflite", latency=True), told(WIDE, profile=MICRO, fmt="tflite", latency=True)),
    ("EB106", told(PruneSemiStructured(), latency=True), told(PruneChannels(0.5), latency=True)),
    ("EB107", told(profile=ONLY), told(STATIC, profile=ONLY, fmt="tflite")),
    ("EB107", told(DYNAMIC, profile=ONLY, fmt="tflite"), told(DYNAMIC, fmt="tflite")),
    ("EB107", told(STATIC, profile=ONLY), told(STATIC)),
    (
        "EB107",
        told(Quantize("static-int8", activations="int16"), profile=ONLY, fmt="tflite"),
        told(Quantize("static-int8", activations="int8"), profile=ONLY, fmt="tflite"),
    ),
    (
        "EB108",
        told(Quantize("static-int8", FEW_SAMPLES - 1)),
        told(Quantize("static-int8", FEW_SAMPLES)),
    ),
    ("EB108", told(Quantize("static-int8", 8)), told(Quantize("dynamic-int8", 8))),
    ("EB109", told(Quantize("static-int8", per_channel=False)), told(STATIC)),
    (
        "EB109",
        told(Quantize("dynamic-int8", per_channel=False)),
        told(Quantize("dynamic-int8", per_channel=False), profile=TENSOR),
    ),
    (
        "EB109",
        told(Quantize("static-int8", per_channel=False)),
        told(Quantize("static-int8", per_channel=False, keep=sensitive())),
    ),
]


@pytest.mark.parametrize(
    ("rule", "broken", "kept"), CASES, ids=[f"{case[0]}-{i}" for i, case in enumerate(CASES)]
)
def test_a_rule_finds_what_it_is_about_and_nothing_else(
    rule: str, broken: list[str], kept: list[str]
) -> None:
    assert broken == [rule]
    assert kept == []


def test_every_rule_is_tried() -> None:
    assert {rule for rule, _, _ in CASES} == {rule.id for rule in own()}


def test_rules_have_ids_and_words() -> None:
    ids = [rule.id for rule in own()]
    assert ids == sorted(set(ids))
    for rule in own():
        assert re.fullmatch(r"EB\d{3}", rule.id)
        assert rule.check.__doc__ == f"{rule.id}."
        assert all((rule.title, rule.reason, rule.source, rule.fix))


def test_a_finding_says_what_where_why_and_what_to_write() -> None:
    (found,) = findings(Subject((Prune(0.5),), "onnx", PLAIN, "onnxruntime", latency=True), "conftest.py:9")
    assert isinstance(found, Finding)
    assert found.text.startswith(
        "conftest.py:9: EB106 unstructured pruning does not reduce latency: Prune(0.5) on plain; ONNX"
    )
    assert "; fix: use eb.prune_channels" in found.text


def test_only_the_given_rules_are_asked() -> None:
    subject = Subject((FULL, Prune(0.5)), "onnx", AVX2, "onnxruntime", latency=True)
    assert [one.rule for one in findings(subject, "")] == ["EB101", "EB106"]
    assert [one.rule for one in findings(subject, "", own()[1:])] == ["EB106"]


def test_each_rule_has_a_heading_to_link_to() -> None:
    for rule in own():
        assert f"## {rule.id}: {rule.title} {{ #{rule.id.lower()} }}\n" in page()


# What is told of a model without making it


def with_convolution() -> Any:
    from torch import nn

    return nn.Sequential(nn.Conv2d(1, 2, 3))


def without() -> Any:
    from torch import nn

    return nn.Sequential(nn.Linear(1, 2))


class Net:
    def __init__(self) -> None:
        self.body = with_convolution()


def by_class() -> Any:
    return Net()


nets = ModuleType("nets")
nets.make = by_class  # type: ignore[attr-defined]


def in_a_module() -> Any:
    return nets.make()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (with_convolution, True),
        (without, None),
        (by_class, True),
        (lambda: by_class(), True),
        (in_a_module, True),
    ],
)
def test_convolutions_of_a_function_that_is_not_called(source: Any, expected: bool | None) -> None:
    assert convolutions(Model(source, "data.npz", lambda a, b: 0.0)) is expected


def test_convolutions_of_files(tmp_path: Path) -> None:
    import onnx
    from onnx import helper

    for op in ("Conv", "Relu"):
        graph = helper.make_graph([helper.make_node(op, ["x"], ["y"])], "g", [], [])
        onnx.save(helper.make_model(graph), tmp_path / f"{op}.onnx")
    (tmp_path / "broken.onnx").write_bytes(b"\xff\xff")
    names = ("Conv.onnx", "Relu.onnx", "broken.onnx", "net.tflite")
    found = [convolutions(Model(tmp_path / name, "data.npz", lambda a, b: 0.0)) for name in names]
    assert found == [True, False, None, None]


def test_the_subject_of_a_case() -> None:
    from pytest_edgebench.compressors.chain import chain
    from pytest_edgebench.declare.limit import Limit, Slot

    model = Model(with_convolution, "data.npz", lambda a, b: 0.0)
    slots = [Slot(Limit("latency", "p50", "", 1.0, "s", "1 s"), "error", "test.py:1")]
    found = subject_of(chain(model, DYNAMIC), "onnx", PLAIN, slots)
    assert found == Subject((DYNAMIC,), "onnx", PLAIN, "onnxruntime", convolutions=True, latency=True)
    assert subject_of(model, "tflite", MICRO, []) == Subject((), "tflite", MICRO, "litert")
