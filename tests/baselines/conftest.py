"""Fixtures of the tests of baselines."""

from __future__ import annotations

import pytest
from baselines_project import Repo


@pytest.fixture
def repo(pytester: pytest.Pytester) -> Repo:
    return Repo(pytester)
