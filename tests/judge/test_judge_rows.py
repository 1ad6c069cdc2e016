"""A slot and facts make a row: exact, noisy and timed metrics, and everything that may be missing."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import pytest
from judge_facts import PLACE, facts, latency, size, slot, timed

from pytest_edgebench.judge.absolute_latency import AbsoluteDecision
from pytest_edgebench.judge.measurements import Reference
from pytest_edgebench.judge.relative_latency import Outcome
from pytest_edgebench.judge.rows import check_verdict, judge_slot
from pytest_edgebench.record.run import Metric, Row, Verdict

if TYPE_CHECKING:
    from pytest_edgebench.record.schema import Evidence, Level


def bytes_(value: float, parent: float | None = None, **more: object) -> Row:
    reference = Reference(None if parent is None else {"size": size(parent)})
    return judge_slot(
        slot("size", **{"amount": 64000.0, "unit": "B", **more}),  # type: ignore[arg-type]
        facts({"size": size(value)}, parent=reference),
    )


def test_an_exact_budget() -> None:
    passed, failed = bytes_(64000), bytes_(64001)
    assert passed.verdict is Verdict.PASS
    assert failed.verdict is Verdict.FAIL
    assert failed.reason == "64.0 kB is 1 B over the limit of 64.0 kB"
    assert (failed.place, failed.message, failed.bound, failed.level) == (PLACE, "why", 64000.0, "error")
    assert failed.measured == size(64001)


@pytest.mark.parametrize(
    ("value", "amount", "unit", "verdict"),
    [
        (105, 5.0, "%", Verdict.PASS),
        (106, 5.0, "%", Verdict.FAIL),
        (110, 10.0, "%", Verdict.PASS),
        (300, 200.0, "B", Verdict.PASS),
        (301, 200.0, "B", Verdict.FAIL),
        (50, -50.0, "%", Verdict.PASS),
        (51, -50.0, "%", Verdict.FAIL),
        (100, -0.0, "%", Verdict.PASS),
    ],
)
def test_relative_to_the_model(value: int, amount: float, unit: str, verdict: Verdict) -> None:
    row = bytes_(value, 100, reference="model", amount=amount, unit=unit)
    assert row.verdict is verdict
    assert row.reference_value == 100
    assert row.change is not None
    assert row.change.value == value - 100
    assert math.copysign(1, row.change.value) == (1 if value >= 100 else -1)
    assert row.change.unit == "%"


def test_the_reason_names_the_reference() -> None:
    row = bytes_(106, 100, reference="model", amount=5.0, unit="%")
    assert row.reason == "106 B is 1 B over the limit of 105 B; 6 B more than the float model (+6.00 %)"


def test_a_change_from_nothing_has_no_percentage() -> None:
    row = bytes_(5, 0, reference="model", amount=10.0, unit="B")
    assert row.verdict is Verdict.PASS
    assert row.change is None


def test_a_missing_number_fails() -> None:
    row = judge_slot(slot("ram", 256000.0, "B"), facts({}, missing={"ram": "it needs an arena count"}))
    assert row.verdict is Verdict.FAIL
    assert row.reason == "no memory on the target for rpi4: it needs an arena count"
    silent = judge_slot(slot("ram", 256000.0, "B"), facts({}))
    assert silent.reason == (
        "no memory on the target for rpi4: it was not measured; "
        "run the test that measures it, or drop the budget"
    )


@pytest.mark.parametrize("reference", ["", "model", "baseline"])
@pytest.mark.parametrize("key", ["latency", "latency.p50"])
def test_a_latency_budget_on_a_described_profile_fails(reference: str, key: str) -> None:
    described = facts(
        {},
        missing={key: "the profile is only described; a latency budget needs a target that can be timed"},
        parent=Reference({}, same_bytes=True),
        baseline=Reference({}, same_bytes=True),
    )
    unit = "%" if reference else "s"
    demand = slot("latency", 5.0, unit, statistic="p50", reference=reference)  # type: ignore[arg-type]
    row = judge_slot(demand, described)
    assert row.verdict is Verdict.FAIL
    assert row.reason == (
        "latency on rpi4 is not available: the profile is only described; "
        "a latency budget needs a target that can be timed"
    )
    demanded = judge_slot(replace(demand, evidence="device"), described)
    assert demanded.reason.endswith("that can be timed (the budget demands evidence 'device')")
    assert demanded.verdict is Verdict.ERROR
    warned = judge_slot(replace(demand, evidence="device", level="warn"), described)
    assert check_verdict([warned]) is Verdict.ERROR


def test_a_number_that_is_none_fails() -> None:
    row = judge_slot(slot("memory", 1e6, "B"), facts({"memory": Metric(math.nan, "B", "host", 1)}))
    assert row.verdict is Verdict.FAIL
    assert row.reason.startswith("the peak memory of a clean process for rpi4 is nan, which is not a number")


@pytest.mark.parametrize(
    ("had", "demanded", "verdict"),
    [
        ("host", "device", Verdict.ERROR),
        ("predicted", "emulated", Verdict.ERROR),
        ("static", "predicted", Verdict.ERROR),
        ("host", "host", Verdict.PASS),
        ("device", "predicted", Verdict.PASS),
    ],
)
def test_evidence(had: Evidence, demanded: Evidence, verdict: Verdict) -> None:
    row = judge_slot(
        slot("memory", 1e6, "B", evidence=demanded), facts({"memory": Metric(5e5, "B", had, 3, 4e5, 6e5)})
    )
    assert row.verdict is verdict
    if demanded == "emulated":
        assert row.reason == (
            "the budget demands evidence 'emulated', this peak memory of a clean process is 'predicted': "
            "give rpi4 a target that yields emulated or host or device evidence, "
            "or drop evidence= from the budget"
        )


def test_instructions_are_counts_and_no_time() -> None:
    counted = {"instructions": Metric(6_000_100.0, "", "emulated", 8)}
    row = judge_slot(slot("instructions", 6e6, ""), facts(counted))
    assert (row.verdict, row.measured) == (Verdict.FAIL, counted["instructions"])
    assert row.reason == "6,000,100 is 100 over the limit of 6,000,000"
    timed = judge_slot(slot("latency", 1.0, "s", statistic="p50"), facts(counted))
    assert timed.verdict is Verdict.FAIL
    assert timed.measured is None


@pytest.mark.parametrize("reference", ["", "baseline"])
def test_no_count_of_instructions_is_never_a_pass(reference: Literal["", "baseline"]) -> None:
    accepted = Reference({"instructions": Metric(6e6, "", "emulated", 8)})
    why = "rpi4 counts none: its target is no emulator"
    given = facts({}, missing={"instructions": why}, baseline=accepted)
    demand = slot("instructions", 0.5, "%" if reference else "", reference=reference)
    row = judge_slot(demand, given)
    assert (row.verdict, row.reason) == (Verdict.FAIL, f"no instructions of an inference for rpi4: {why}")


def test_counts_of_another_emulator_are_not_compared() -> None:
    lacks = {"instructions": "it was counted by qemu 7.2, now it is 9.1"}
    given = facts({"instructions": Metric(6e6, "", "emulated", 8)}, baseline=Reference({}, lacks=lacks))
    row = judge_slot(slot("instructions", 0.5, "%", reference="baseline"), given)
    assert row.verdict is Verdict.FAIL
    assert row.reason == (
        "the baseline has no instructions of an inference to compare with: "
        "it was counted by qemu 7.2, now it is 9.1; write an absolute limit or update the baseline"
    )


@pytest.mark.parametrize(("agree", "verdict"), [(99.0, Verdict.PASS), (98.9, Verdict.FAIL)])
def test_more_agreement_is_better(agree: float, verdict: Verdict) -> None:
    given = facts({"agreement": Metric(agree, "%", "emulated", 1000)})
    row = judge_slot(slot("agreement", 99.0, "%"), given)
    assert row.verdict is verdict
    assert row.higher_is_better
    if verdict is Verdict.FAIL:
        assert row.reason == "98.9 % is 0.100 % under the limit of 99 %"


def test_counting_a_file_needs_no_other_evidence() -> None:
    assert bytes_(100, evidence="device").verdict is Verdict.PASS


def test_no_parent_and_no_baseline_fail() -> None:
    alone = bytes_(100, reference="model", amount=5.0, unit="%")
    assert alone.verdict is Verdict.FAIL
    assert alone.reason == (
        "no original of kws to compare with: this case is the float model itself; write an absolute limit"
    )
    demand = slot("size", 1.0, "%", reference="baseline")
    none = judge_slot(demand, facts({"size": size(1)}))
    assert none.verdict is Verdict.FAIL
    assert "none was given; run with --edgebench-baseline=main" in none.reason
    gone = judge_slot(demand, facts({"size": size(1)}, baseline=Reference(None, "the artifact 3f2a is gone")))
    assert gone.verdict is Verdict.FAIL
    assert gone.reason == (
        "no baseline to compare with: the artifact 3f2a is gone; fix it, or compare with another baseline"
    )


def test_a_case_the_baseline_does_not_list_is_told() -> None:
    row = judge_slot(
        slot("size", 1.0, "%", reference="baseline"), facts({"size": size(1)}, baseline=Reference(new=True))
    )
    assert row.verdict is Verdict.INCONCLUSIVE
    assert row.reason.startswith("new: the baseline does not list this case")


def test_a_reference_without_the_metric_fails() -> None:
    row = judge_slot(
        slot("macs", 5.0, "%", reference="model"),
        facts({"macs": Metric(5, "", "static", 1)}, parent=Reference({})),
    )
    assert row.verdict is Verdict.FAIL
    assert row.reason == (
        "the float parent has no multiply-accumulates to compare with; write an absolute limit"
    )


@pytest.mark.parametrize("reference", ["model", "baseline"])
def test_noisy_numbers_are_not_compared(reference: str) -> None:
    number = Metric(1, "s", "host", 9, 0.9, 1.1)
    row = judge_slot(
        slot("load", 500.0, "%", reference=reference),  # type: ignore[arg-type]
        facts({"load": number}, parent=Reference({"load": number}), baseline=Reference({"load": number})),
    )
    assert row.verdict is Verdict.FAIL
    assert row.reason == (
        "the load time is too noisy to be compared with another model's; write an absolute limit"
    )


@pytest.mark.parametrize(
    ("low", "high", "verdict", "start"),
    [
        (0.9e6, 1.0e6, Verdict.PASS, "at most 1.00 MB (95 %)"),
        (0.9e6, 1.1e6, Verdict.INCONCLUSIVE, "between 900 kB and 1.10 MB (95 %), the limit is 1.00 MB"),
        (1.01e6, 1.1e6, Verdict.FAIL, "at least 1.01 MB (95 %), over the limit of 1.00 MB"),
        (None, None, Verdict.INCONCLUSIVE, "the peak memory of a clean process has no interval"),
    ],
)
def test_noisy_numbers_are_proven(
    low: float | None, high: float | None, verdict: Verdict, start: str
) -> None:
    row = judge_slot(slot("memory", 1e6, "B"), facts({"memory": Metric(1e6, "B", "host", 5, low, high)}))
    assert row.verdict is verdict
    assert row.reason.startswith(start)


@pytest.mark.parametrize(
    ("low", "high", "verdict", "start"),
    [
        (1000.0, 1100.0, Verdict.PASS, "at least 1,000 /s (95 %)"),
        (900.0, 1100.0, Verdict.INCONCLUSIVE, "between 900 /s and 1,100 /s (95 %), the limit is 1,000 /s"),
        (900.0, 999.0, Verdict.FAIL, "at most 999 /s (95 %), under the limit of 1,000 /s"),
    ],
)
def test_noisy_numbers_that_are_better_higher(low: float, high: float, verdict: Verdict, start: str) -> None:
    rate = Metric(1000.0, "/s", "host", 5, low, high)
    row = judge_slot(slot("calls_per_s", 1000, "/s"), facts({"calls_per_s": rate}))
    assert row.verdict is verdict
    assert row.reason.startswith(start)


def absolute(verdict: Outcome, *, confirmed: bool = False, budget: float = 4e-3) -> Row:
    decision = AbsoluteDecision(verdict, "p50", budget, 4.2e-3, 4.4e-3, 12, 0.01, confirmed, "the numbers")
    return judge_slot(
        slot("latency", 4e-3, "s", statistic="p50", level="warn"),
        facts({"latency.p50": latency(4.3e-3)}, absolute={"p50": decision}),
    )


def test_absolute_latency() -> None:
    assert absolute(Outcome.PASS).verdict is Verdict.PASS
    failed = absolute(Outcome.FAIL, confirmed=True)
    assert (failed.verdict, failed.reason, failed.bound) == (Verdict.FAIL, "the numbers", 4e-3)
    assert failed.level == "warn"
    assert absolute(Outcome.INCONCLUSIVE).verdict is Verdict.INCONCLUSIVE


def test_a_fail_that_nobody_confirmed_does_not_count() -> None:
    row = absolute(Outcome.FAIL)
    assert row.verdict is Verdict.INCONCLUSIVE
    assert row.reason == "the numbers; not confirmed in a fresh process, so it does not count"
    relative = relative_row(0.10, confirmed=False)
    assert relative.verdict is Verdict.INCONCLUSIVE
    assert relative.reason.endswith("so it does not count")


def test_a_pass_near_its_limit_that_nobody_confirmed_does_not_count() -> None:
    assert relative_row(0.04).verdict is Verdict.PASS
    row = relative_row(0.04, confirmed=False)
    assert row.verdict is Verdict.INCONCLUSIVE
    assert row.reason.endswith("so it does not count")
    assert relative_row(0.0, confirmed=False).verdict is Verdict.PASS


def test_another_limit_than_the_one_timed_is_an_error() -> None:
    row = absolute(Outcome.PASS, budget=5e-3)
    assert row.verdict is Verdict.ERROR
    assert row.reason == (
        "the latency was judged against 5.00 ms, but the limit is 4.00 ms: measure it again with this limit"
    )
    relative = relative_row(0.0, judged=1.03)
    assert relative.verdict is Verdict.ERROR
    assert "was judged against +3.00 %, but the limit is +5.00 %" in relative.reason


def test_latency_measured_but_never_decided_fails() -> None:
    measured = facts({"latency.p50": latency(4e-3)}, parent=Reference({}))
    assert judge_slot(slot("latency", 4e-3, "s", statistic="p50"), measured).verdict is Verdict.FAIL
    relative = slot("latency", 5.0, "%", statistic="p50", reference="model")
    assert judge_slot(relative, measured).verdict is Verdict.FAIL


def relative_row(
    change: float, *, judged: float = 1.05, confirmed: bool = True, measured: bool = True
) -> Row:
    decision = timed(change, judged, confirmed=confirmed)
    metrics = {"latency.p50": latency(2e-3)} if measured else {}
    return judge_slot(
        slot("latency", 5.0, "%", statistic="p50", reference="baseline"),
        facts(metrics, baseline=Reference({}), timing={"baseline": decision}),
    )


def test_relative_latency() -> None:
    failed, passed = relative_row(0.10), relative_row(0.0)
    assert failed.verdict is Verdict.FAIL
    assert failed.change is not None
    assert failed.change.low is not None
    assert failed.change.high is not None
    assert failed.change.low < failed.change.value < failed.change.high
    assert failed.change.value == pytest.approx(10, abs=0.5)
    assert failed.p is not None
    assert failed.p < 1e-4
    assert failed.reference_value == pytest.approx(2e-3 / 1.1, rel=0.01)
    assert failed.bound is not None
    assert failed.bound < 2e-3, "the row must not contradict itself"
    assert failed.reason.endswith("in 13 loads; the limit is +5 %")
    assert passed.verdict is Verdict.PASS
    assert passed.bound is not None
    assert passed.bound > 2e-3


def test_relative_latency_without_an_absolute_one() -> None:
    row = relative_row(0.10, measured=False)
    assert row.verdict is Verdict.FAIL
    assert (row.measured, row.bound, row.reference_value) == (None, None, None)


def test_an_open_timing_gives_its_reasons() -> None:
    decision = replace(timed(0.05, 1.05, sd=0.004), reasons=("the load average was high: wait",))
    assert decision.verdict is Outcome.INCONCLUSIVE
    row = judge_slot(
        slot("latency", 5.0, "%", statistic="p50", reference="baseline"),
        facts({"latency.p50": latency(2e-3)}, baseline=Reference({}), timing={"baseline": decision}),
    )
    assert row.verdict is Verdict.INCONCLUSIVE
    assert row.reason.startswith("+")
    assert row.reason.endswith("; the load average was high: wait")


def test_a_timing_that_was_never_ended_is_inconclusive() -> None:
    decision = timed(0.0, 1.05, n=3)
    assert decision.verdict is Outcome.GO_ON
    row = judge_slot(
        slot("latency", 5.0, "%", statistic="p50", reference="baseline"),
        facts({"latency.p50": latency(2e-3)}, baseline=Reference({}), timing={"baseline": decision}),
    )
    assert row.verdict is Verdict.INCONCLUSIVE
    assert row.reason.startswith("3 loads are too few")
    assert (row.change, row.p, row.bound) == (None, None, None)


def row_of(verdict: Verdict, level: Level = "error") -> Row:
    return Row("size", "", "", "64 kB", None, None, verdict, level)


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ([], Verdict.NOT_RUN),
        ([row_of(Verdict.NOT_RUN, "off")], Verdict.NOT_RUN),
        ([row_of(Verdict.FAIL, "warn")], Verdict.PASS),
        ([row_of(Verdict.INCONCLUSIVE, "warn"), row_of(Verdict.PASS)], Verdict.PASS),
        ([row_of(Verdict.ERROR, "warn")], Verdict.ERROR),
        ([row_of(Verdict.PASS), row_of(Verdict.INCONCLUSIVE)], Verdict.INCONCLUSIVE),
        ([row_of(Verdict.FAIL), row_of(Verdict.INCONCLUSIVE)], Verdict.FAIL),
        ([row_of(Verdict.PASS), row_of(Verdict.NOT_RUN, "off")], Verdict.PASS),
    ],
)
def test_the_verdict_of_a_check(rows: list[Row], verdict: Verdict) -> None:
    assert check_verdict(rows) is verdict
