"""What was there before is left alone by the garbage collector, and seen by it again afterwards."""

from __future__ import annotations

import gc

import pytest

from pytest_edgebench.base.collector import settled


def test_it_is_walked_again_afterwards() -> None:
    with settled():
        assert gc.get_freeze_count() > 0
    assert gc.get_freeze_count() == 0
    with pytest.raises(KeyError), settled():
        raise KeyError
    assert gc.get_freeze_count() == 0


def test_what_somebody_else_froze_stays_so() -> None:
    gc.freeze()
    try:
        with settled():
            pass
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
