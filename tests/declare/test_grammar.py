from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.declare.budget import Budget
from pytest_edgebench.declare.grammar import parse, understand


@pytest.mark.parametrize(
    "metric, text, statistic, reference, amount, unit",
    [
        ("size", "64 kB", "", "", 64_000, "B"),
        ("size", "64KiB", "", "", 65_536, "B"),
        ("size", "1.5 MB", "", "", 1_500_000, "B"),
        ("ram", "1 MiB", "", "", 1 << 20, "B"),
        ("flash", "2 GB", "", "", 2e9, "B"),
        ("flash", "2 GiB", "", "", 2 << 30, "B"),
        ("size", "12 B", "", "", 12, "B"),
        ("latency", "4 ms", "p50", "", 0.004, "s"),
        ("latency", " p95 10 ms ", "p95", "", 0.01, "s"),
        ("latency", "min 3 us", "min", "", 3e-6, "s"),
        ("latency", "p99 3 µs", "p99", "", 3e-6, "s"),
        ("latency", "mean 3 μs", "mean", "", 3e-6, "s"),
        ("latency", "max 7e2ns", "max", "", 7e-7, "s"),
        ("load", "1.5 s", "", "", 1.5, "s"),
        ("accuracy", "90 %", "", "", 90, "%"),
        ("accuracy", "90.25%", "", "", 90.25, "%"),
        ("accuracy", "worst 88 %", "worst", "", 88, "%"),
        ("accuracy", "worst model - 2 points", "worst", "model", -2, "points"),
        ("my_score", "median 0.9", "median", "", 0.9, ""),
        ("auc", "0.97", "", "", 0.97, ""),
        ("my_score", "0.97", "", "", 0.97, ""),
        ("my_score", "97 %", "", "", 97, "%"),
        ("parameters", "6 M", "", "", 6e6, ""),
        ("macs", "1.2G", "", "", 1.2e9, ""),
        ("ops", "40", "", "", 40, ""),
        ("instructions", "6 M", "", "", 6e6, ""),
        ("instructions", "baseline + 0.5 %", "", "baseline", 0.5, "%"),
        ("instructions", "model - 1 M", "", "model", -1e6, ""),
        ("arena", "64 kB", "", "", 64000, "B"),
        ("agreement", "99.5 %", "", "", 99.5, "%"),
        ("flips", "0", "", "", 0, ""),
        ("float_ops", "0", "", "", 0, ""),
        ("accuracy", "model - 1 points", "", "model", -1, "points"),
        ("accuracy", "model - 1 pp", "", "model", -1, "points"),
        ("signal_to_noise", "model - 0.5 dB", "", "model", -0.5, "points"),
        ("accuracy", "original - 1 points", "", "model", -1, "points"),
        ("accuracy", "worst original - 2 pp", "worst", "model", -2, "points"),
        ("latency", "original + 200 %", "p50", "model", 200, "%"),
        ("size", "Original-50%", "", "model", -50, "%"),
        ("my_score", "worst baseline-2.5pp", "worst", "baseline", -2.5, "points"),
        ("accuracy", "model + 5 points", "", "model", 5, "points"),
        ("auc", "baseline - 0.01 points", "", "baseline", -0.01, "points"),
        ("my_score", "model−2 points", "", "model", -2, "points"),
        ("latency", "baseline + 5 %", "p50", "baseline", 5, "%"),
        ("latency", "baseline - 3 %", "p50", "baseline", -3, "%"),
        ("size", "model - 50 %", "", "model", -50, "%"),
        ("size", "baseline + 2 kB", "", "baseline", 2000, "B"),
        ("ops", "baseline + 2", "", "baseline", 2, ""),
        ("macs", "model - 3 k", "", "model", -3000, ""),
    ],
)
def test_read(metric: str, text: str, statistic: str, reference: str, amount: float, unit: str) -> None:
    limit = parse(metric, text)
    assert (limit.metric, limit.statistic, limit.reference) == (metric, statistic, reference)
    assert limit.amount == amount
    assert limit.unit == unit
    assert limit.text == text


@pytest.mark.parametrize(
    "metric, text, why, fix",
    [
        ("size", "", "the limit is empty", 'size="64 kB"'),
        ("size", "small", "no number in it", 'size="64 kB"'),
        ("size", "model", "no number in it", '"model + 5 %"'),
        ("latency", "ms", "no number in it", 'latency="4 ms"'),
        ("latency", "< 4 ms", "no comparison sign", 'latency="4 ms"'),
        ("latency", "4", "the number has no unit", "write one of: ns, us, µs, μs, ms, s"),
        ("latency", "4 kB", "unit 'kB' does not fit latency", "write one of: ns"),
        ("latency", "4 sec", "unit 'sec' does not fit latency", "write one of: ns"),
        ("latency", "4 MS", "unit 'MS' does not fit", "did you mean 'ms'?"),
        ("size", "64 KB", "unit 'KB' does not fit", "did you mean 'kB'?"),
        ("size", "64", "the number has no unit", "write one of: B, kB, KiB"),
        ("size", "1,000 B", "this is not a limit", "write a number with its unit"),
        ("size", "1_000 B", "this is not a limit", "write a number with its unit"),
        ("size", "64 kB 3", "this is not a limit", "write a number with its unit"),
        ("accuracy", "0.9", "the number has no unit", "write one of: %"),
        ("auc", "90 %", "unit '%' does not fit auc", 'plain number; write auc="0.9"'),
        ("parameters", "6 MB", "unit 'MB' does not fit parameters", "write one of: k, M, G"),
        ("instructions", "6 ms", "unit 'ms' does not fit instructions", "write one of: k, M, G"),
        ("instructions", "many", "no number in it", 'instructions="6 M"'),
        ("latency", "6 M", "unit 'M' does not fit latency", "write one of: ns"),
        ("agreement", "101 %", "more than 100 %", "at most 100 %"),
        ("agreement", "model - 1 %", "a target with the host on the same file", 'agreement="99 %"'),
        ("flips", "baseline + 1", "a target with the host on the same file", 'flips="0"'),
        ("size", "inf B", "not finite", "write a finite number"),
        ("size", "nan B", "not finite", "write a finite number"),
        ("size", "1e999 B", "not finite", "write a finite number"),
        ("latency", "baseline + nan %", "not finite", "write a finite number"),
        ("latency", "-4 ms", "the number is negative", "without sign"),
        ("accuracy", "101 %", "more than 100 %", "at most 100 %"),
        ("size", "p95 4 kB", "size is one number", "drop 'p95'"),
        ("size", "worst 4 kB", "size is one number", "drop 'worst'"),
        ("latency", "p90 4 ms", "statistic 'p90' does not exist", "write one of: p50, p95, p99"),
        ("latency", "p95 model + 5 %", "judged on pairs", 'write latency="model + 5 %"'),
        ("latency", "p50 baseline + 5 %", "judged on pairs", 'write latency="baseline + 5 %"'),
        ("latency", "model + 1 ms", "unit 'ms' does not fit latency", "write one of: %"),
        ("latency", "model + 1 points", "points are for scores", "write %"),
        ("load", "baseline + 5 %", "not compared with another model", "absolute limit"),
        ("memory", "model + 5 %", "not compared with another model", "absolute limit"),
        ("accuracy", "model - 1 %", "given in points", 'write accuracy="model - 1 points"'),
        ("my_score", "baseline - 1 %", "given in points", 'write my_score="baseline - 1 points"'),
        ("accuracy", "original - 1 %", "given in points", 'write accuracy="original - 1 points"'),
        ("latency", "p95 original + 5 %", "have no statistic of their own", "original + 5 %"),
        ("accuracy", "model - 1", "the number has no unit", "write one of: points"),
        ("size", "model - 1 points", "points are for scores", "write %"),
        ("size", "model - 1 pp", "points are for scores", "write %"),
        ("size", "baseline + 5", "the number has no unit", "write one of: %, B"),
        ("size", "baseline - 100 %", "nothing would be left", "less than 100 %"),
        ("size", "baseline + -5 %", "not a limit", "baseline + 5 %"),
        ("size", "parent + 5 %", "not a limit", '"model + 5 %"'),
    ],
)
def test_refused_with_place_and_fix(metric: str, text: str, why: str, fix: str) -> None:
    with pytest.raises(DeclarationError) as raised:
        parse(metric, text, "test_kws.py:7")
    told = str(raised.value)
    assert told.startswith(f'test_kws.py:7: {metric}="{text}": ')
    assert why in told.splitlines()[0]
    assert fix in told.splitlines()[1]


@given(st.text(max_size=30), st.sampled_from(["size", "latency", "accuracy", "auc", "ops", "mine"]))
def test_any_text_is_a_limit_or_a_declaration_error(text: str, metric: str) -> None:
    told = ""
    try:
        limit = parse(metric, text, "f.py:1")
    except DeclarationError as error:
        told = error.fix
    else:
        assert limit.text == text
        assert limit.reference or limit.amount >= 0
        return
    assert told


@given(st.decimals(0, 10**6, places=6), st.sampled_from(["ns", "us", "ms", "s"]))
def test_amounts_are_the_nearest_floats(number: object, unit: str) -> None:
    exponent = {"ns": -9, "us": -6, "ms": -3, "s": 0}[unit]
    assert parse("latency", f"{number} {unit}").amount == float(f"{number}e{exponent}")


def test_original_and_model_are_one_slot() -> None:
    """Two words for one reference: a budget with both demands two things of one number."""
    limits = {"accuracy": ("model - 1 points", "original - 2 points")}
    found = understand(
        Budget((), ("*",), ("*",), limits, None, "", None, "test_net.py", 4, (), "accuracy=...")
    )
    assert len(found.problems) == 1
    assert "original - 2 points" in found.problems[0]
