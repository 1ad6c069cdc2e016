"""An engine of another package quantizes a model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from other_package import Other

ENGINE = """
ENGINE = {"name": "halves", "format": "onnx", "schemes": {"fp16": ("nearest", "other")}}


def quantize(source, target, asked, samples, note=print):
    import onnx
    from onnxruntime.transformers.float16 import convert_float_to_float16

    note(f"by {asked.algorithm}")
    onnx.save(convert_float_to_float16(onnx.load(source), keep_io_types=True), target)


def stayed(target, scheme, chosen):
    return []
"""
RECIPE = """

@eb.recipe
def ours(net):
    return eb.quantize(net, "fp16", engine="halves", algorithm="other")


@eb.recipe
def theirs(net):
    return eb.quantize(net, "static-int8", engine="halves")
"""


def test_an_engine_does_a_step(other: Other) -> None:
    other.install("engines", "halves", ENGINE)
    conftest = other.project / "conftest.py"
    conftest.write_text(conftest.read_text(encoding="utf-8") + RECIPE, encoding="utf-8")
    ended = other.pytest("--edgebench-json=run.json")
    assert "engine='halves' has no scheme 'static-int8'" in ended.stdout, ended.stdout
    record = json.loads((other.project / "run.json").read_text(encoding="utf-8"))
    ours = next(case for case in record["cases"] if case["recipe"] == "ours")
    assert "artifact" in ours, ours["checks"]
    made = record["artifacts"][ours["artifact"]]
    assert "by other" in made["notes"]
    assert made["versions"]["other-package"] == "1.0"


def test_a_file_that_says_nothing_of_itself(other: Other) -> None:
    other.install("engines", "halves", ENGINE.replace("ENGINE = {", "OTHER = {"))
    conftest = other.project / "conftest.py"
    conftest.write_text(conftest.read_text(encoding="utf-8") + RECIPE, encoding="utf-8")
    ended = other.pytest()
    assert "the file does not say which engine it is" in ended.stdout, ended.stdout
