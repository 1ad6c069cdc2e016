from __future__ import annotations

from typing import TYPE_CHECKING

from plugin_project import Project

if TYPE_CHECKING:
    from pathlib import Path

TEST = """
import pytest_edgebench as eb


@eb.cases(recipes="int8")
def test_what_was_done(edge):
    (step,) = edge.steps
    assert (step.stage, step.before.weight_bytes, step.before.float_ops) == ("file", {"float32": 4608}, 2)
    assert step.after.weight_bytes["int8"] >= 1152  # with zero points
    assert step.after.float_ops == edge.ops.float == 0
    assert step.before.parameters == 1152 and step.before.macs == step.after.macs == 1152
    assert step.sizes["raw"] == edge.size.value and step.sizes["gzip"] == edge.gzip.value
    assert set(edge.ops) == set(step.after.ops) and len(edge.ops) == sum(step.after.ops.values())
    assert "MatMulInteger" in edge.ops and "Conv" not in edge.ops and edge.ops["Conv"] == 0
    assert edge.ops["MatMulInteger"] == 2 and step.before.ops["MatMul"] == 2
"""


def test_a_user_can_ask_what_each_step_did(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write({"test_net.py": TEST})
    ended = project.run()
    assert ended.calm().outcomes == {"passed": 1}, ended.text
    (case,) = project.record()["cases"]
    (step,) = project.record()["artifacts"][case["artifact"]]["steps"]
    assert set(step["sizes"]) >= {"raw", "gzip"}
