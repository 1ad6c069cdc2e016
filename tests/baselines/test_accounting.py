"""What became of a baseline's cases: gone, missed or not asked for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.baselines import errors
from pytest_edgebench.baselines.accounting import Asked, account, told_loosened
from pytest_edgebench.record.baseline import Baseline, Entry
from pytest_edgebench.record.plan import NARROWED, Plan, PlannedCase, PlannedSlot, load, merged, read

if TYPE_CHECKING:
    from collections.abc import Mapping


def baseline(**tests: str) -> Baseline:
    """Key → the file that has the case."""
    cases = {
        key: Entry(
            key, "net", "int8", "", "pi", "conftest.py:3", (file,), "d", "onnx", "m", {}, "k", (), {}, {}, {}
        )
        for key, file in tests.items()
    }  # fmt: skip
    return Baseline(Path(), cases=cases)


@pytest.fixture
def asked(tmp_path: Path) -> Asked:
    """All of a folder with one test file."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_a.py").touch()
    return Asked(tmp_path, (tmp_path,))


A = "tests/test_a.py"


def told(found: Baseline, plan: Plan, asked: Asked) -> tuple[set[str], Mapping[str, str], Mapping[str, str]]:
    became = account(found, plan, asked)
    return set(became.gone), became.missed, became.unseen


def test_a_case_that_any_test_has_is_accounted_for(asked: Asked) -> None:
    plan = Plan(listed=("a",), files={"tests/test_b.py": ""})  # moved to another file
    assert told(baseline(a=A), plan, asked) == (set(), {}, {})


def test_gone_where_its_file_was_collected_or_deleted(asked: Asked) -> None:
    plan = Plan(files={A: ""})
    assert told(baseline(a=A, b="tests/test_deleted.py"), plan, asked) == ({"a", "b"}, {}, {})


@pytest.mark.parametrize(
    "plan, why",
    [
        (Plan(files={A: "could not import 'torch'"}), "was skipped while it was imported (could not import"),
        (Plan(failed=(A,)), "could not be collected"),
        (Plan(failed=("tests",)), "could not be collected"),
        (Plan(failed=(".",)), "could not be collected"),
        (Plan(), "exists but pytest did not collect it; check python_files"),
    ],
)
def test_missed_where_its_file_was_asked_for(asked: Asked, plan: Plan, why: str) -> None:
    gone, missed, unseen = told(baseline(a=A), plan, asked)
    assert (gone, unseen) == (set(), {})
    assert why in missed["a"]
    assert A in missed["a"]


def test_filters(asked: Asked) -> None:
    root = asked.root
    for other, plan, why in (
        (
            replace(asked, whole=(root / "tests" / "test_b.py",)),
            Plan(),
            "not among the paths given to pytest",
        ),
        (replace(asked, whole=()), Plan(files={A: ""}), "not among the paths given to pytest"),
        (replace(asked, ignored=(root / A,)), Plan(), "--ignore"),
        (replace(asked, ignored=(root / "tests",)), Plan(), "--ignore"),
        (replace(asked, ignored_globs=(str(root / "*" / "test_?.py"),)), Plan(), "--ignore-glob"),
        (replace(asked, other_files=True), Plan(), "-o python_files"),
        (asked, Plan(files={A: NARROWED}), "--lf"),
    ):
        assert told(baseline(a=A), plan, other) == (set(), {}, {"a": why})
    # What is deleted is gone, whatever other files are called now.
    assert told(baseline(a="gone.py"), Plan(), replace(asked, other_files=True))[0] == {"a"}


def test_all_files_of_a_case_must_have_been_asked_for(asked: Asked) -> None:
    found = baseline(a=A)
    both = replace(found, cases={"a": replace(found.cases["a"], tests=(A, "other/test_b.py"))})
    narrow = replace(asked, whole=(asked.root / "tests",))
    assert told(both, Plan(files={A: ""}), narrow)[2] == {"a": "not among the paths given to pytest"}
    assert told(both, Plan(files={A: ""}), asked)[0] == {"a"}


def test_plans_of_several_processes_are_one(tmp_path: Path) -> None:
    case, slot = PlannedCase("net", "int8", "", "pi", "c.py:1"), PlannedSlot("t.py:2", "size", "", "", "1 kB")
    first = Plan({"t.py::a": "k"}, {"t.py::a": (slot,)}, {"k": case}, ("k",), 3, "", ("w",), {A: ""})
    second = replace(first, tests={"t.py::b": "k"}, planned=2, powerless="why", failed=("x.py",), broken=True)
    assert load(first.dump()) == first
    (tmp_path / "plans").mkdir()
    for name, text in (("gw0", first.dump()), ("gw1", second.dump()), ("gw2", second.dump()[:40])):
        (tmp_path / "plans" / f"{name}.json").write_text(text, encoding="utf-8")
    (tmp_path / "plans" / "gw3.json").write_text("{}", encoding="utf-8")
    found, unreadable = read(tmp_path)
    assert unreadable == ["gw2", "gw3"]
    assert found == merged([first, second])
    assert found.tests == {"t.py::a": "k", "t.py::b": "k"}
    assert (found.planned, found.powerless, found.failed, found.broken) == (3, "why", ("x.py",), True)


def test_what_is_demanded_less_is_told_where_all_that_demands_was_collected(asked: Asked) -> None:
    """`b` is also in a file that was not asked for: what that demands is not known."""
    found = baseline(a=A, b=A, c=A)
    cases = {**found.cases, "b": replace(found.cases["b"], tests=(A, "tests/test_other.py"))}
    found = replace(found, cases=cases)
    (asked.root / "tests" / "test_other.py").touch()
    looser = ("size: 64 kB → 70 kB",)
    plan = Plan(files={A: ""}, loosened={"a": looser, "b": looser, "c": (*looser, "macs: off")})
    lines = told_loosened(found, plan, asked)
    assert lines == [errors.loosened(looser[0], ["a", "c"]), errors.loosened("macs: off", ["c"])]
    assert all(clause in line for clause, line in zip((looser[0], "macs: off"), lines, strict=True))


def test_names_of_files_start_from_the_base(asked: Asked) -> None:
    """pytest was started in `tests`, whose root that then is; the baseline lies one folder up."""
    inner = replace(asked, root=asked.root / "tests", base=asked.root)
    assert (inner.here(A), inner.kept("test_a.py")) == ("test_a.py", A)
    assert (asked.here(A), asked.kept(A)) == (A, A)
    assert told(baseline(a=A), Plan(files={"test_a.py": ""}), inner) == ({"a"}, {}, {})


def test_what_is_told_of_cases_that_were_not_judged() -> None:
    assert errors.gone("a-int8-pi", "c.py:4") == (
        "a-int8-pi is in the baseline (c.py:4) but no test has it any more: bring it back, or accept that it "
        "is gone with --edgebench-update-baseline"
    )
    assert errors.missed("a-int8-pi", "c.py:4", "why").endswith("(c.py:4) but was not compared: why")
    assert errors.unseen(1, "--lf").startswith("1 case of the baseline not compared: ")
    assert errors.unseen(1200, "--lf").startswith("1,200 cases of the baseline not compared: ")
