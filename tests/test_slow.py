"""What every run leaves out of long tests."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
import slow


@pytest.mark.parametrize("test", slow.TRIED)
def test_what_is_listed_is_there(test: str) -> None:
    """A test that was renamed would be tried with all parameters again."""
    file, _, name = test.partition("::")
    text = (slow.ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^@pytest\.mark\.parametrize.*?^(async )?def {name}\(", text, re.MULTILINE | re.DOTALL)
    assert slow.TRIED[test] >= 1


def test_some_are_tried_whatever_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow, "TRIED", {"a.py::test_x": 2})
    items: list[Any] = [SimpleNamespace(nodeid=f"a.py::test_x[{n}]") for n in range(5)]
    items.append(SimpleNamespace(nodeid="a.py::test_y[1]"))
    left_out = {item.nodeid for item in slow.chosen(items)}
    assert left_out == {f"a.py::test_x[{n}]" for n in (1, 3, 4)}
    assert {item.nodeid for item in slow.chosen(items[::-1])} == left_out
    assert not [*slow.chosen(items[:1])]  # all that was asked for
