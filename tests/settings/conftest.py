from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from settings_plugin import Plugin

from pytest_edgebench.settings.resolve import Settings, load

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def configure(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Arguments of a pytest run in an empty folder → its settings."""
    pytester.plugins.append(Plugin())
    monkeypatch.delenv("CI", raising=False)  # a default depends on it

    def settings(*arguments: str) -> Settings:
        return load(pytester.parseconfig("-p", "no:edgebench", *arguments))

    return settings
