"""A phase: when it began, and what is left."""

from __future__ import annotations

from pytest_edgebench.record.phase import Phase


def test_a_phase_begins_with_its_first_item() -> None:
    assert Phase("measuring", {"a", "b"}).since == float("inf")
    found = Phase("measuring", {"a", "b"}, {"b": 30.0, "c": 20.0}, {"c": 1.0})
    assert (found.since, found.total, found.over, found.now()) == (20.0, 3, False, "b")
