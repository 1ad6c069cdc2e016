"""The case that a test of pytest stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.names import EDGE
from pytest_edgebench.declare.limit import Planned

if TYPE_CHECKING:
    import pytest


def case_of(item: pytest.Item) -> Planned | None:
    """The case of a test item; None for a test without `edge`."""
    callspec = getattr(item, "callspec", None)
    planned = callspec.params.get(EDGE) if callspec is not None else None
    return planned if isinstance(planned, Planned) else None
