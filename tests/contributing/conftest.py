"""For tests that extend the package by one file, as CONTRIBUTING.md says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import other_package
import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def other(tmp_path: Path) -> other_package.Other:
    return other_package.make(tmp_path)
