"""Waivers: which broken row one is for, and what the row becomes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from judge_facts import facts, latency, size, slot, timed

from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.judge.apply_waiver import allowed, pending, updated
from pytest_edgebench.judge.measurements import Reference, Rules
from pytest_edgebench.judge.rows import judge_slot
from pytest_edgebench.record.run import Row, Verdict

if TYPE_CHECKING:
    from pytest_edgebench.declare.limit import Limit
    from pytest_edgebench.judge.measurements import Facts

CASE, PLACE = "kws-int8-rpi4", "edgebench.toml:7 waivers[0]"
GROWN = facts({"size": size(1100)}, baseline=Reference({"size": size(1000)}))


@dataclass(frozen=True)
class Accepted:
    """As a settings file gives it."""

    up_to: str
    case: str = CASE
    metric: str = "size"
    until: str = "2030-06-30"
    reason: str = "wider first layer"
    place: str = PLACE

    @property
    def limit(self) -> Limit:
        return parse(self.metric, self.up_to, self.place)


def broken(given: Facts = GROWN) -> Row:
    """Size of the baseline + 5 %, on 10 % more."""
    row = judge_slot(slot("size", 5, "%", reference="baseline", text="baseline + 5 %"), given)
    assert row.verdict is Verdict.FAIL
    return row


def waived(waiver: Accepted, row: Row, given: Facts = GROWN) -> Row:
    found = pending(row, CASE, [waiver])
    assert found is not None
    assert found.limit == waiver.limit
    return allowed(row, found, given, Rules())


def test_the_first_that_fits_is_taken() -> None:
    others = [Accepted("baseline + 20 %", case="kws-int8-nano"), Accepted("baseline + 20 %", metric="macs")]
    absolute = Accepted("2 kB")
    first, second = Accepted("baseline + 8 %"), Accepted("baseline + 20 %")
    found = pending(broken(), CASE, [*others, absolute, first, second])
    assert found is not None
    assert found.waiver is first
    assert pending(broken(), CASE, [*others, absolute]) is None
    assert pending(broken(), CASE, []) is None


@pytest.mark.parametrize(
    "row",
    [replace(broken(), verdict=Verdict.PASS), replace(broken(), verdict=Verdict.ERROR)],
    ids=["kept", "unknown"],
)
def test_only_a_broken_row_asks(row: Row) -> None:
    assert pending(row, CASE, [Accepted("baseline + 20 %")]) is None


def test_a_row_that_is_off_asks_for_none() -> None:
    assert pending(replace(broken(), level="off"), CASE, [Accepted("baseline + 20 %")]) is None


def test_within_the_waiver_it_only_warns() -> None:
    row = broken()
    found = waived(Accepted("baseline + 20 %"), row)
    words = f"waived up to baseline + 20 % until 2030-06-30: wider first layer ({PLACE})"
    assert found == replace(row, level="warn", reason=f"{row.reason}; {words}", waiver=PLACE)
    assert (found.verdict, found.limit) == (Verdict.FAIL, "baseline + 5 %")
    assert waived(Accepted("baseline + 20 %"), replace(row, reason="")).reason == words


def test_over_the_waiver_it_stays_an_error() -> None:
    row = broken()
    found = waived(Accepted("baseline + 8 %"), row)
    words = f"over its waiver, too (baseline + 8 %, {PLACE})"
    assert found == replace(row, reason=f"{row.reason}; {words}", waiver=PLACE)
    assert found.level == "error"


def test_where_the_waivers_limit_is_open_the_row_is() -> None:
    """The latency is proven over its own limit, and near the waiver's."""
    waiver = Accepted("baseline + 10 %", metric="latency")
    row = replace(broken(), metric="latency", statistic="p50", reason="slower")
    near = facts(
        {"latency.p50": latency(1)},
        baseline=Reference({"latency.p50": latency(1)}),
        timing={"baseline": timed(0.10, 1.10, sd=0.05)},
    )
    found = waived(waiver, row, near)
    assert (found.verdict, found.level, found.waiver) == (Verdict.INCONCLUSIVE, "error", PLACE)
    assert found.reason.startswith(
        f"slower; waived up to baseline + 10 % until 2030-06-30: wider first layer ({PLACE})"
    )
    assert "; whether it is over that is open: " in found.reason


def test_what_an_update_accepts_only_warns() -> None:
    row = broken()
    assert updated(row) == replace(row, level="warn", reason=f"{row.reason}; accepted by this update")


@pytest.mark.parametrize(
    "row",
    [
        replace(broken(), reference="model"),
        replace(broken(), reference=""),
        replace(broken(), verdict=Verdict.INCONCLUSIVE),
        replace(broken(), level="warn"),
    ],
    ids=["model", "absolute", "open", "warning"],
)
def test_an_update_leaves_what_it_does_not_accept(row: Row) -> None:
    assert updated(row) is row
