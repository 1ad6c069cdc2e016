"""Settings as the plugin reads them, without the rest of the plugin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench import hookspecs
from pytest_edgebench.settings.options import add_options
from pytest_edgebench.settings.resolve import load

if TYPE_CHECKING:
    import pytest


class Plugin:
    """The three hooks by which the plugin uses the module; under ``-p no:edgebench`` for itself."""

    def pytest_addhooks(self, pluginmanager: pytest.PytestPluginManager) -> None:
        pluginmanager.add_hookspecs(hookspecs)

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        add_options(parser)

    def pytest_configure(self, config: pytest.Config) -> None:
        load(config)
