"""A metric in a test: compared by its unit, shown in one line."""

from __future__ import annotations

import pytest

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.case.reading import Reading, reading
from pytest_edgebench.record.run import Metric

SIZE = reading("size", Metric(13_248.0, "B", "static", 1))
ACCURACY = reading("accuracy", Metric(94.4, "%", "host", 500, 92.0, 96.1))
MACS = reading("macs", Metric(10_240.0, "", "static", 1))
LATENCY = reading("latency.p95", Metric(4.43e-6, "s", "host", 1920, 4.41e-6, 4.46e-6))
BRIER = reading("brier", Metric(0.12, "", "host", 500))


@pytest.mark.parametrize(
    ("metric", "below", "above"),
    [
        (SIZE, "13 kB", "13.5 kB"),
        (SIZE, "12 KiB", "1 MB"),
        (ACCURACY, "94 %", "95 %"),
        (MACS, 10_000, 10_241),
        (MACS, "10 k", "1 M"),
        (LATENCY, "4 µs", "5 us"),
        (BRIER, 0.1, 0.13),
        (BRIER, "0.1", "0.13"),
        (SIZE, Metric(1.0, "B", "static", 1), Metric(20_000.0, "B", "host", 1)),
    ],
)
def test_it_compares_by_its_unit(metric: Reading, below: str | float, above: str | float) -> None:
    assert below < metric < above
    assert above > metric > below
    assert metric >= below
    assert metric <= above
    assert not metric < below
    assert not metric > above
    assert metric != above


def test_equal_is_equal() -> None:
    assert SIZE == "13248 B"
    assert SIZE <= "13248 B"
    assert SIZE >= "13248 B"
    assert MACS == 10_240
    assert Metric(13_248.0, "B", "static", 1) == SIZE
    assert len({SIZE, reading("size", Metric(13_248.0, "B", "static", 1))}) == 1
    assert SIZE != [13_248]


@pytest.mark.parametrize(
    ("metric", "other", "told"),
    [
        (SIZE, 64_000, "size is 13.2 kB, and 64000 has no unit\n  fix: compare with text"),
        (ACCURACY, 0.9, 'and 0.9 has no unit\n  fix: compare with text, e.g. edge.accuracy < "94.4 %"'),
        (LATENCY, 0.01, "and 0.01 has no unit"),
        (SIZE, "5 ms", "cannot be compared with '5 ms': size=\"5 ms\": unit 'ms' does not fit"),
        (SIZE, "model - 1 %", "cannot be compared with 'model - 1 %': it is no number with a unit"),
        (LATENCY, "p50 4 ms", "it is no number with a unit"),
        (SIZE, "small", "cannot be compared with 'small'"),
        (BRIER, "5 %", "it is no number with a unit"),
        (SIZE, LATENCY, "size is in B and cannot be compared with s"),
        (MACS, SIZE, "macs is in plain numbers and cannot be compared with B"),
    ],
)  # fmt: skip
def test_what_has_no_unit_or_another_is_refused(metric: Reading, other: object, told: str) -> None:
    with pytest.raises(DeclarationError) as caught:
        _ = metric < other  # type: ignore[operator]
    assert told in str(caught.value)


def test_a_floor_decides_only_what_it_proves() -> None:
    floor = reading("macs", Metric(10_240.0, "", "static", 1, floor=True))
    assert floor > 10_000
    assert not floor < 10_000
    for compare in (floor.__lt__, floor.__gt__, floor.__eq__):
        with pytest.raises(
            DeclarationError, match="macs is at least 10,240, so it is not known whether it is"
        ):
            compare(20_000)


def test_it_shows_itself_in_one_line() -> None:
    assert repr(SIZE) == "<size 13.2 kB, static>"
    assert repr(ACCURACY) == "<accuracy 94.4 % [92 %, 96.1 %], host, n=500>"
    assert f"{LATENCY}" == "4.43 µs"
    assert repr(reading("macs", Metric(7.0, "", "static", 1, floor=True))) == "<macs at least 7, static>"
