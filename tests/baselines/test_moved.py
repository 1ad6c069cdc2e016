"""Two files operator by operator."""

from __future__ import annotations

import pytest

from pytest_edgebench.artifacts.inspect.tally import Layer
from pytest_edgebench.baselines.moved import MOST, SAME, moved
from pytest_edgebench.record.layers import LayerChange

NET = (Layer("first", "MatMul", 640, 2560), Layer("r", "Relu", 0, 0), Layer("last", "MatMul", 100, 400))
WIDER = (Layer("first", "MatMul", 800, 3200), Layer("r", "Relu", 0, 0), Layer("last", "MatMul", 125, 500))


def test_a_wider_net() -> None:
    found = moved(NET, WIDER)
    assert found.first == "MatMul first: MACs 640 → 800, bytes 2,560 → 3,200"
    assert found.rows == (
        LayerChange("first", "MatMul", 800, 3200, 640, 2560),
        LayerChange("last", "MatMul", 125, 500, 100, 400),
        LayerChange("r", "Relu", 0, 0, 0, 0),
    )


@pytest.mark.parametrize(
    "new, first",
    [
        (NET, SAME),
        ((*NET, Layer("s", "Softmax", 0, 0)), "Softmax s is new"),
        (NET[:2], "MatMul last is gone"),
        ((NET[0], Layer("g", "Gelu", 0, 0), NET[2]), "Relu r → Gelu g"),
        ((Layer("first", "MatMul", 640, 640), *NET[1:]), "MatMul first: bytes 2,560 → 640"),
        ((NET[0], Layer("", "Gelu", 0, 0), NET[2]), "Relu r → Gelu"),
    ],
)
def test_the_first_that_moved(new: tuple[Layer, ...], first: str) -> None:
    assert moved(NET, new).first == first


def test_what_is_new_and_what_is_gone_has_one_side() -> None:
    rows = moved(NET[:1], NET[2:]).rows
    assert rows[0] == LayerChange("first", "MatMul", None, None, 640, 2560)
    assert rows[1] == LayerChange("last", "MatMul", 100, 400)


def test_the_largest_and_the_sum_of_the_rest() -> None:
    """Alike names are paired in their order; the rest loses no byte."""
    old = [Layer("", "Conv", i, 10 * i) for i in range(100)]
    new = [Layer("", "Conv", 2 * i, 10 * i) for i in range(100)]
    rows = moved(old, new).rows
    assert len(rows) == MOST + 1
    assert (rows[0].macs, rows[0].old_macs) == (198, 99)
    assert (rows[-1].name, rows[-1].op) == ("", "80 others")
    assert sum(row.macs or 0 for row in rows) == 2 * sum(range(100))
    assert sum(row.old_bytes or 0 for row in rows) == 10 * sum(range(100))
