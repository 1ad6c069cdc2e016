from __future__ import annotations

from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.limit import Slot
from pytest_edgebench.declare.use import BudgetUse


def slot(place: str, metric: str, text: str) -> Slot:
    return Slot(parse(metric, text), "error", place)


OWN = slot("test_kws.py:3", "size", "64 kB")
WIDE = slot("conftest.py:9", "latency", "4 ms")


def test_nothing_planned_is_nothing_missed() -> None:
    assert BudgetUse().messages() == []


def test_a_budget_that_was_judged_for_all_its_cases() -> None:
    use = BudgetUse()
    use.plan("test_kws.py::test_a", "kws-int8-host", [OWN])
    use.plan("test_kws.py::test_a", "kws-fp16-host", [OWN])
    use.judge("kws-int8-host", [OWN.place])
    use.judge("kws-fp16-host", [OWN.place])
    assert use.messages() == []


def test_a_budget_missed_for_one_case() -> None:
    use = BudgetUse()
    use.plan("test_kws.py::test_a", "kws-int8-host", [OWN, slot(OWN.place, "ops", "4")])
    use.plan("test_kws.py::test_a", "kws-fp16-host", [OWN])
    use.judge("kws-int8-host", [OWN.place])
    assert use.messages() == [
        'test_kws.py:3: eb.budget(size="64 kB", ops="4") was never judged: '
        "call edge.check() in test_kws.py::test_a"
    ]


def test_a_wide_budget_is_judged_by_any_test_of_the_case() -> None:
    use = BudgetUse()
    for test in ("test_a", "test_b"):
        use.plan(test, "kws-int8-host", [WIDE])
    use.judge("kws-int8-host", [WIDE.place])
    assert use.messages() == []


def test_a_wide_budget_that_none_judges_names_all_tests() -> None:
    use = BudgetUse()
    for test in ("test_a", "test_b"):
        use.plan(test, "kws-int8-host", [WIDE])
    use.judge("kws-int8-host", [OWN.place])
    use.judge("kws-int8-rpi4", [WIDE.place])
    assert use.messages() == [
        'conftest.py:9: eb.budget(latency="4 ms") was never judged: call edge.check() in test_a, test_b'
    ]
