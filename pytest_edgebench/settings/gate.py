"""What the settings files say of the gate, as plain values that can be kept and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

PERCENT = ("edgebench_alpha", "edgebench_default_latency_tolerance", "edgebench_baseline_limit")
PLAIN = ("edgebench_max_loads", "edgebench_cap_seconds", "edgebench_accuracy_mode", "edgebench_lint")
OPTIONS = ("--edgebench-inconclusive", "--edgebench-regressions", "--edgebench-loosened", "--edgebench-lint")
"""Options that a project may set in ``addopts``; what one person types is no change of the project."""


def gate(config: pytest.Config) -> dict[str, str]:
    """Ini key, or option in ``addopts`` → its value; percentages as plain numbers. All have been checked."""
    from pytest_edgebench.profiles.quantities import parse_percent
    from pytest_edgebench.settings.resolve import tolerance_key

    found = {}
    for key in PERCENT:
        read = tolerance_key(config) if key == PERCENT[1] else key
        found[key] = f"{parse_percent(config.getini(read)):g}"
    for key in PLAIN:
        value: Any = config.getini(key)
        found[key] = f"{value:g}" if isinstance(value, float) else str(value)
    given = [*config.getini("addopts")]
    for name in OPTIONS:
        for place, argument in enumerate(given):
            if argument == name and place + 1 < len(given):
                found[name] = given[place + 1]
            elif argument.startswith(f"{name}="):
                found[name] = argument.partition("=")[2]
    return found
