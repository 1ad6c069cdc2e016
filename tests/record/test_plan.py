"""Plans: written by each process, read as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.record.plan import FOLDER, Plan, PlannedCase, PlannedSlot, load, merged, read

if TYPE_CHECKING:
    from pathlib import Path

SLOT = PlannedSlot("test_a.py:3", "size", "", "", "64 kB")
FIRST = Plan(
    tests={"test_a.py::test_a": "a"},
    slots={"test_a.py::test_a": (SLOT,)},
    cases={"a": PlannedCase("net", "int8", "", "pi", "conftest.py:4")},
    listed=("a", "b"),
    homes={"a": ("test_a.py",), "c": ("test_a.py",)},
    planned=2,
    powerless="too few",
    warnings=("w1", "w2"),
    files={"test_a.py": ""},
    failed=("test_c.py",),
)
SECOND = Plan(
    tests={"test_b.py::test_b": "b"},
    slots={"test_b.py::test_b": ()},
    cases={"b": PlannedCase("net", "int4", "", "pi", "conftest.py:9")},
    listed=("b", "c"),
    homes={"b": ("test_b.py",), "c": ("test_c.py", "test_a.py")},
    planned=3,
    powerless="other",
    warnings=("w2", "w3"),
    files={"test_b.py": "--lf"},
    failed=("test_c.py", "test_d.py"),
    broken=True,
)


@pytest.mark.parametrize("plan", [Plan(), FIRST, SECOND])
def test_what_is_written_is_read(plan: Plan) -> None:
    assert load(plan.dump()) == plan


@pytest.mark.parametrize("text", ["", FIRST.dump()[:-9], "[]", "{}", '{"slots": {}, "cases": {"a": 1}}'])
def test_something_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a plan|Expecting|Unterminated"):
        load(text)


def test_several_as_one() -> None:
    found = merged([FIRST, SECOND])
    assert found == Plan(
        tests={**FIRST.tests, **SECOND.tests},
        slots={**FIRST.slots, **SECOND.slots},
        cases={**FIRST.cases, **SECOND.cases},
        listed=("a", "b", "c"),
        homes={"a": ("test_a.py",), "b": ("test_b.py",), "c": ("test_a.py", "test_c.py")},
        planned=3,
        powerless="too few",
        warnings=("w1", "w2", "w3"),
        files={"test_a.py": "", "test_b.py": "--lf"},
        failed=("test_c.py", "test_d.py"),
        broken=True,
    )
    assert merged([]) == Plan()


def test_one_that_was_cut_is_named(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "gw0.json").write_text(FIRST.dump())
    (tmp_path / FOLDER / "gw1.json").write_text(SECOND.dump()[:50])
    assert read(tmp_path) == (FIRST, ["gw1"])
    assert read(tmp_path / "nothing") == (Plan(), [])
