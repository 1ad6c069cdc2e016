"""What is demanded of a case today, as a baseline keeps it, and what a change demands less; plain values."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.baselines.loosened import loosened
from pytest_edgebench.baselines.terms import Held, Today, standing, terms, today, with_uncollected
from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.limit import Planned, Slot
from pytest_edgebench.declare.model import Case
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.record.terms import Demand, Terms, Waived
from pytest_edgebench.settings.waivers import Waiver

if TYPE_CHECKING:
    from pytest_edgebench.baselines.terms import Excuse

GATE = {"edgebench_alpha": "2", "--edgebench-inconclusive": "fail"}
NOW = date(2026, 3, 2)
SIZE = "64 kB"


def slot(metric: str, text: str, level: Any = "error", evidence: Any = None) -> Slot:
    return Slot(parse(metric, text, "t.py:1"), level, "t.py:1", "", evidence)


def held(*slots: Slot, off: Any = (), excuse: Excuse = "", test: str = "t.py::test_a") -> Held:
    case = Case("net", "int8", "", "pi")
    return Held(Planned(case, "net", "int8", False, slots, "c.py:4", frozenset(off)), excuse, test)


def now(*all_held: Held, gate: Any = None, profile: Profile | None = None, waivers: Any = ()) -> Today:
    return today(all_held, gate or GATE, profile or Profile("pi"), waivers, NOW)


def then(*all_held: Held, **more: Any) -> Terms:
    return terms(now(*all_held, **more), higher_is_better=True)


def waiver(text: str = "70 kB", until: date = NOW, case: str = "net-int8-pi") -> Waiver:
    return Waiver(case, "size", text, until, "for now", "edgebench.toml:1")


def test_of_several_tests_the_strictest_limit_is_kept() -> None:
    found = then(held(slot("size", "64 kB"), slot("accuracy", "90 %")),
                 held(slot("size", "60 kB", "warn"), slot("accuracy", "95 %")))  # fmt: skip
    assert found.demands == {
        "size": Demand("64 kB", 64_000, "B", "error"), "accuracy": Demand("95 %", 95, "%", "error"),
    }  # fmt: skip
    assert found.gate == {**GATE, "required": "false", "dedicated": "false"}


@pytest.mark.parametrize("excuse", ["", "skip", "xfail"])
def test_plain_values_of_another_process_are_as_good(excuse: Excuse) -> None:
    given = [
        held(slot("size", SIZE), off=[("ram", "", "baseline")], excuse=excuse),
        held(slot("ram", "1 kB")),
    ]
    assert today(map(standing, given), GATE, Profile("pi"), [waiver()], NOW) == now(
        *given, waivers=[waiver()]
    )


def test_memory_of_the_profile_is_part_of_the_gate() -> None:
    found = then(held(), profile=Profile("pi", ram_bytes=4000, dedicated=True))
    assert found.gate == {**GATE, "required": "false", "dedicated": "true", "ram": "4000"}


def test_waivers_of_this_case_that_have_not_ended() -> None:
    some = [waiver(), waiver(case="other"), waiver(until=date(2026, 3, 1))]
    assert then(held(), waivers=some).waived == {"size": Waived("70 kB", 70_000, "B", "2026-03-02")}
    assert then(held(), waivers=some[1:]).waived == {}


def test_slots_of_statistics_and_references_have_names() -> None:
    found = then(held(slot("latency", "p95 10 ms"), slot("size", "model - 10 %")))
    assert [*found.demands] == ["latency.p95", "size model"]


def test_a_slot_is_off_where_no_test_demands_it() -> None:
    size = ("size", "", "")
    assert then(held(off=[size])).off == ("size",)
    assert then(held(off=[size]), held(slot("size", SIZE))).off == ()
    assert then(held(off=[size], excuse="skip")).off == ()


def test_skipped_tests_demand_nothing_and_expected_failures_warn() -> None:
    found = now(held(slot("size", SIZE), excuse="skip"))
    assert (found.demands, found.skipped) == ({}, {"size": "t.py::test_a"})
    found = now(held(slot("size", SIZE), slot("ops", "40", "warn"), excuse="xfail"))
    assert [placed.demand.level for of in found.demands.values() for placed in of] == ["warn", "warn"]
    assert [placed.excused for of in found.demands.values() for placed in of] == ["t.py::test_a", ""]


def test_what_uncollected_tests_demanded_still_holds() -> None:
    old = then(held(slot("size", "60 kB"), slot("ops", "40"), slot("accuracy", "90 %"), slot("macs", "5")))
    new = then(held(slot("size", SIZE), slot("ops", "30"), off=[("macs", "", "")]))
    other = {**new.demands, "accuracy": Demand("9 points", 9, "points", "error")}
    found = with_uncollected(old, replace(new, demands=other))
    assert {name: demand.text for name, demand in found.demands.items()} == {
        "size": "60 kB", "ops": "30", "accuracy": "90 %", "macs": "5",
    }  # fmt: skip
    assert found.off == ()


OLD = then(held(slot("size", SIZE), slot("accuracy", "90 %"), slot("ops", "40", "off")),
           profile=Profile("pi", ram_bytes=4000, required=True), waivers=[waiver()],
           gate={**GATE, "edgebench_lint": "error", "edgebench_accuracy_mode": "population"})  # fmt: skip
SAME: dict[str, Any] = {
    "profile": Profile("pi", ram_bytes=4000, required=True), "waivers": [waiver()],
    "gate": {**GATE, "edgebench_lint": "error", "edgebench_accuracy_mode": "population"},
}  # fmt: skip
ALL = (slot("size", SIZE), slot("accuracy", "90 %"))
LESS: dict[str, tuple[tuple[Held, ...], dict[str, Any], list[str]]] = {
    "nothing": ((held(*ALL),), {}, []),
    "stricter": ((held(slot("size", "60 kB"), slot("accuracy", "95 %")),), {}, []),
    "a higher limit": (
        (held(slot("size", "80 kB"), ALL[1]),), {}, ["t.py:1: size: limit 80 kB (was 64 kB)"]
    ),
    "a lower score": (
        (held(ALL[0], slot("accuracy", "80 %")),), {}, ["t.py:1: accuracy: limit 80 % (was 90 %)"]
    ),
    "a level": (
        (held(slot("size", SIZE, "warn"), ALL[1]),), {}, ["t.py:1: size: level warn (was error)"]
    ),
    "a kind of evidence": (
        (held(slot("size", SIZE), ALL[1]),), {"evidence": "host"},
        ["t.py:1: size: evidence of any kind (was host)"],
    ),
    "gone": ((held(ALL[0]),), {}, ["accuracy 90 % is demanded no more"]),
    "off": (
        (held(ALL[0], off=[("accuracy", "", "")]),), {}, ['accuracy 90 % is switched off by level="off"']
    ),
    "a default check": (
        (held(*ALL, off=[("size", "", "model")]),), {},
        ['the default check of size against the model is switched off by level="off"'],
    ),
    "skipped": (
        (held(*ALL, excuse="skip"),), {},
        ["size 64 kB is demanded no more, since t.py::test_a is skipped",
         "accuracy 90 % is demanded no more, since t.py::test_a is skipped"],
    ),
    "skipped in one of two tests": ((held(*ALL, excuse="skip"), held(*ALL)), {}, []),
    "expected to fail": (
        (held(*ALL, excuse="xfail"),), {},
        ["t.py:1: size: level warn by pytest.mark.xfail on t.py::test_a (was error)",
         "t.py:1: accuracy: level warn by pytest.mark.xfail on t.py::test_a (was error)"],
    ),
    "another unit": (
        (held(ALL[0], slot("accuracy", "90 %")),), {"unit": "points"},
        ["t.py:1: accuracy: limit 90 % (was 90 points)"],
    ),
    "alpha": ((held(*ALL),), {"gate": {"edgebench_alpha": "1"}}, ["edgebench_alpha = 1 (was 2)"]),
    "a lower option": (
        (held(*ALL),), {"gate": {"edgebench_lint": "warn"}}, ["edgebench_lint = warn (was error)"]
    ),
    "an option that is gone": (
        (held(*ALL),), {"gate": {"--edgebench-inconclusive": None}},
        ["--edgebench-inconclusive = not set (was fail)"],
    ),
    "another mode": (
        (held(*ALL),), {"gate": {"edgebench_accuracy_mode": "fixed-set"}},
        ["edgebench_accuracy_mode = fixed-set (was population)"],
    ),
    "a new option": ((held(*ALL),), {"gate": {"--edgebench-regressions": "error"}}, []),
    "more memory": ((held(*ALL),), {"profile": {"ram_bytes": 8000}}, ["ram = 8000 (was 4000)"]),
    "no memory": ((held(*ALL),), {"profile": {"ram_bytes": None}}, ["ram = not set (was 4000)"]),
    "new memory": ((held(*ALL),), {"profile": {"flash_bytes": 9}}, []),
    "not required": ((held(*ALL),), {"profile": {"required": False}}, ["required = false (was true)"]),
    "a number that is gone": (
        (held(*ALL),), {"gate": {"edgebench_alpha": None}}, []
    ),
    "a new waiver": (
        (held(*ALL),), {"waived": {}}, ["a new waiver of size up to 70 kB until 2026-03-02"]
    ),
    "a longer waiver": (
        (held(*ALL),), {"waivers": [waiver(until=date(2027, 1, 1))]},
        ["the waiver of size allows 70 kB until 2027-01-01 (was 70 kB until 2026-03-02)"],
    ),
    "a wider waiver": (
        (held(*ALL),), {"waivers": [waiver("71 kB")]},
        ["the waiver of size allows 71 kB until 2026-03-02 (was 70 kB until 2026-03-02)"],
    ),
    "a narrower waiver": ((held(*ALL),), {"waivers": [waiver("69 kB")]}, []),
}  # fmt: skip


@pytest.mark.parametrize("name", LESS)
def test_each_thing_that_is_demanded_less_is_one_clause(name: str) -> None:
    all_held, more, told = LESS[name]
    old, session = OLD, dict(SAME)
    if "gate" in more:
        session["gate"] = {n: v for n, v in {**SAME["gate"], **more["gate"]}.items() if v is not None}
    if "profile" in more:
        session["profile"] = replace(SAME["profile"], **more["profile"])
    if "waivers" in more:
        session["waivers"] = more["waivers"]
    if "waived" in more:
        old = replace(old, waived={})
    if "evidence" in more:
        old = replace(old, demands={**old.demands, "size": replace(old.demands["size"], evidence="host")})
    if "unit" in more:
        accuracy = replace(old.demands["accuracy"], unit="points", text="90 points")
        old = replace(old, demands={**old.demands, "accuracy": accuracy})
    assert loosened(old, now(*all_held, **session)) == told


def test_a_waiver_of_a_score_reaches_further_where_it_is_lower() -> None:
    lower = Waiver("net-int8-pi", "accuracy", "80 %", NOW, "", "edgebench.toml:1")
    old = replace(then(held()), waived={"accuracy": Waived("85 %", 85, "%", NOW.isoformat())})
    assert "the waiver of accuracy allows 80 %" in loosened(old, now(held(), waivers=[lower]))[0]
