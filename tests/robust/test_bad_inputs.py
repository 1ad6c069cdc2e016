"""A fixed sample of the damaged inputs that ``python tests/bench/bad_inputs.py`` tries by the thousand."""

from __future__ import annotations

import pytest
from bad_readers import READERS
from driving import drive

SAMPLE = 120


@pytest.mark.parametrize("name", READERS)
def test_damaged_inputs_are_read_or_refused_with_a_sentence(name: str) -> None:
    """No traceback, hang or crash, bounded memory; what check sums guard is never read as something else."""
    found = drive(name, 0, SAMPLE)
    assert found.failures == []
    assert found.counts["refused"] + found.counts["accepted"] == SAMPLE
    assert found.counts["refused"] >= SAMPLE / 10


def test_a_reader_that_fails_is_found(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    """What is counted as a traceback: the frame's own texts, were they raised as they are."""
    from answering import Told

    from pytest_edgebench.base.errors import MeasureError

    with pytest.raises(MeasureError):
        Told(b"EBW1\xff\xff\xff\x7f").ask()
