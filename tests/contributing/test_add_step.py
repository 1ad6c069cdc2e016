"""A compression step of another package."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from other_package import Other

STEP = """
import onnx
import pytest_edgebench as eb


@eb.step("onnx", changes=False)
def stamped(source, target, text="net"):
    model = onnx.load(source)
    model.graph.name = text
    onnx.save(model, target)
"""
RECIPE = """

@eb.recipe
def ours(net):
    return eb.steps.stamped(net, text="n")
"""


def test_a_step_is_part_of_a_recipe(other: Other) -> None:
    other.install("steps", "stamped", STEP, "other_package_file:stamped")
    conftest = other.project / "conftest.py"
    conftest.write_text(conftest.read_text(encoding="utf-8") + RECIPE, encoding="utf-8")
    ended = other.pytest("--edgebench-json=run.json")
    assert "2 passed" in ended.stdout, ended.stdout
    record = json.loads((other.project / "run.json").read_text(encoding="utf-8"))
    assert {case["recipe"] for case in record["cases"]} >= {"ours", "fp16"}
