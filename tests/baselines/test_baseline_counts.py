"""Counts of instructions are compared only with counts that were made the same way."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_edgebench.baselines.reference import AcceptedState
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.profiles.text import as_text
from pytest_edgebench.record.baseline import Entry
from pytest_edgebench.record.run import Metric

RUNTIME = {"name": "litert", "version": "2.3.0", "qemu": "7.2", "plugin": "1", "python": "3.11.2"}
PROFILE = Profile("rpi4", extends=("cortex-a72",), cpu="Arm Cortex-A72", ram_bytes=10**9)


def lacks(runtime: dict[str, str], profile: Profile = PROFILE, *, counted: bool = True) -> dict[str, str]:
    """What does not compare with a case that `RUNTIME` ran for `PROFILE`."""
    metrics = {"size": Metric(1.0, "B", "static", 1)}
    if counted:
        metrics["instructions"] = Metric(6e6, "", "emulated", 8)
    entry = Entry(
        "net-int8-rpi4", "net", "int8", "", "rpi4", "conftest.py:1", (), "digest", "tflite", "net.tflite", {},
        "key", (), {}, RUNTIME, metrics, profile_keys=as_text(PROFILE),
    )  # fmt: skip
    observer = SimpleNamespace(describe=lambda spec: runtime)
    case_run: Any = SimpleNamespace(toolbox=SimpleNamespace(observer=observer), spec=None, profile=profile)
    return AcceptedState(None, updating=False)._lacks(case_run, entry)


def test_the_same_way() -> None:
    assert lacks(RUNTIME) == {}
    assert lacks({**RUNTIME, "python": "3.11.9"}) == {}
    assert lacks(RUNTIME, Profile("rpi4", cpu="Arm Cortex-A72", ram_bytes=2 * 10**9, required=True)) == {}


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        ("qemu", "9.1", "it was counted with qemu 7.2, now it is 9.1"),
        ("version", "2.4.0", "it was counted with version 2.3.0, now it is 2.4.0"),
        ("plugin", "2", "it was counted with plugin 1, now it is 2"),
        ("cpu", "Arm Cortex-A53", "it was counted with cpu Arm Cortex-A72, now it is none"),
    ],
)
def test_another_way(key: str, value: str, why: str) -> None:
    profile = Profile("rpi4") if key == "cpu" else PROFILE
    runtime = RUNTIME if key == "cpu" else {**RUNTIME, key: value}
    assert lacks(runtime, profile) == {"instructions": why}


def test_nothing_was_counted() -> None:
    assert lacks({**RUNTIME, "qemu": "9.1"}, counted=False) == {}
