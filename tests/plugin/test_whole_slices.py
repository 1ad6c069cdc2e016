"""Slices through whole sessions: found and told in every report; other scores, streams, wrong names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from plugin_project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

SLICES = eb.slices(np.load("light.npy"))


@eb.model
def net():
    return eb.Model("net.onnx", data="samples.npz", score=eb.top1, slices=SLICES)


@eb.recipe
def dim(net):
    return eb.prebuilt(net, "dim.onnx")
"""
TEST = """
import pytest_edgebench as eb


@eb.budget({budget}, size="model + 100 %")
def test_budget(edge):
    edge.check()
    {more}
"""


def linear(path: Path, weights: NDArray[np.float32]) -> None:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        "linear",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 6])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 4])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.save(model, path)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A file of another pipeline that takes samples at night for class 0 more often."""
    made = Project(tmp_path / "project")
    generator, count = np.random.default_rng(0), 2000
    labels, night = generator.integers(0, 4, count), generator.random(count) < 0.1
    x = np.zeros((count, 6), "float32")
    x[np.arange(count), labels] = 2
    x[:, :4] += generator.normal(0, 0.55, (count, 4))
    x[:, 4] = night
    np.savez(made.folder / "samples.npz", x=x, y=labels)
    np.save(made.folder / "light.npy", np.where(night, "night", "day"))
    plain = np.eye(6, 4, dtype="float32")
    linear(made.folder / "net.onnx", plain)
    plain[4, 0] = 1.2
    linear(made.folder / "dim.onnx", plain)
    made.write({"conftest.py": CONFTEST})
    return made


def session(project: Project, budget: str, more: str = "", *arguments: str) -> str:
    project.write({"test_net.py": TEST.format(budget=budget, more=more)})
    return project.run(*arguments).calm().text


def test_the_worst_slice_fails_at_the_budgets_line_and_is_named_everywhere(project: Project) -> None:
    files = {"html": "report.html", "json": "run.json", "markdown": "comment.md"}
    options = [f"--edgebench-{kind.replace('html', 'report')}={name}" for kind, name in files.items()]
    text = session(project, 'accuracy=["model - 3 points", "worst slice model - 2 points"]', "", *options)
    assert "test_net.py:5: net-dim-board: accuracy worst slice (night)" in text
    assert "lost " in text
    for part in ("slice night: 2", " of 2,000 samples", "of the original", "over all 2 slices"):
        assert part in text
    assert "accuracy worst slice (night)" in (project.folder / "comment.md").read_text()
    page = (project.folder / "report.html").read_text()
    for name in ("slices", "margins"):
        assert f"part-{name}" in page
    assert "5th percentile shrank by" in page
    assert "night (worst)" in page
    run = json.loads((project.folder / "run.json").read_text())
    seen = next(each["slices"] for each in run["observations"] if each.get("slices"))
    assert seen["worst"] == "night"
    assert [each["name"] for each in seen["each"]] == ["day", "night"]
    night = seen["each"][1]
    assert night["low"] < night["value"] < night["high"]
    assert night["change_low"] < night["change"] < night["change_high"] < 0
    assert sum(each["n"] for each in seen["each"]) == seen["total"] == 2000


def test_what_nobody_asked_for_is_a_note_and_read_in_a_test(project: Project) -> None:
    more = (
        'assert edge.slices["night"].change < -5 < edge.slices["day"].change; '
        "assert edge.margins.change_p5.high < 0 < edge.margins.flipped"
    )
    text = session(project, 'accuracy="model - 3 points"', more, "-v")
    assert "1 passed" in text
    assert "note: net-dim-board: slice night, " in text
    project.write({"conftest.py": CONFTEST.replace(", slices=SLICES", "")})
    text = session(project, 'accuracy="model - 3 points"', "assert edge.slices == {}", "-v")
    assert "1 passed" in text
    assert "note: net-dim" not in text


@pytest.mark.parametrize(
    ("budget", "told"),
    [
        ("slice nigth 85 %", "net has no slice 'nigth': did you mean 'night'?"),
        ("slice 85 %", "the slice has no name"),
    ],
)
def test_a_name_that_is_not_there_is_told_at_the_budgets_line(
    project: Project, budget: str, told: str
) -> None:
    text = session(project, f'accuracy="{budget}"')
    assert told in text
    assert "test_net.py:5" in text


def test_wrong_slices_are_one_failure_and_lose_nothing_else(project: Project) -> None:
    project.write({"conftest.py": CONFTEST.replace('np.load("light.npy")', '["day"]')})
    text = session(project, 'accuracy="worst slice 85 %"', "", "--edgebench-json=run.json", "-v")
    assert "conftest.py:5: slices name 1 samples, and the data has 2,000" in text
    assert "1 failed" in text
    assert "ERROR" not in text  # of a teardown that fails likewise
    run = json.loads((project.folder / "run.json").read_text())
    assert run["artifacts"]  # the file that was built is in the record all the same


def test_a_slice_that_a_test_misspells(project: Project) -> None:
    text = session(project, 'accuracy="model - 3 points"', 'edge.slices["nigth"]')
    assert "conftest.py:8: there is no slice 'nigth'" in text
    assert "did you mean 'night'?" in text


def test_a_budget_on_slices_of_a_model_without(project: Project) -> None:
    project.write({"conftest.py": CONFTEST.replace(", slices=SLICES", "")})
    text = session(project, 'accuracy="worst slice 85 %"')
    assert "net has no slices: give its eb.Model some, slices=eb.slices(...)" in text


def test_slices_that_do_not_fit_the_data_are_told_with_their_line(project: Project) -> None:
    project.write({"conftest.py": CONFTEST.replace('np.load("light.npy")', '["a", "b"]')})
    text = session(project, 'accuracy="worst slice 85 %"')
    assert "conftest.py:5: slices name 2 samples, and the data has 2,000" in text


def test_other_scores_and_a_stream(project: Project) -> None:
    """Macro F1 has no value a sample; the samples come batch by batch, and a function names their slices."""
    streamed = CONFTEST.replace(
        'SLICES = eb.slices(np.load("light.npy"))',
        """
class Stream:
    def __len__(self):
        return 8

    def __iter__(self):
        with np.load("samples.npz") as file:
            x, y = file["x"], file["y"]
        for at in range(0, 2000, 250):
            yield x[at : at + 250], y[at : at + 250]


SLICES = eb.slices(lambda inputs, labels: {"night": inputs[:, 4] > 0, "class 2": labels == 2})
""",
    )
    streamed = streamed.replace('"samples.npz", score=eb.top1', "list(Stream()), score=eb.f1")
    project.write({"conftest.py": streamed})
    text = session(project, 'f1=["slice night model - 2 points", "worst slice 0.5"]')
    assert "f1 slice night" in text
    assert "of 2,000 samples, lost 0." in text


def test_slices_against_the_baseline(project: Project) -> None:
    linear(project.folder / "dim.onnx", np.eye(6, 4, dtype="float32"))
    budget = 'accuracy="worst slice baseline - 2 points"'
    assert "1 inconclusive" in session(project, budget, "", "--edgebench-update-baseline")
    plain = np.eye(6, 4, dtype="float32")
    plain[4, 0] = 1.2
    linear(project.folder / "dim.onnx", plain)
    text = session(project, budget)
    assert "accuracy worst slice (night)" in text
    assert "of 2,000 samples, lost 9.17 points from 98.3 % of" in text
