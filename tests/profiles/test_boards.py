"""Boards: what their entries say, which level a number of theirs has, what they can be asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.declare.precedence import resolved
from pytest_edgebench.profiles.catalogue import described, load_catalogue
from pytest_edgebench.profiles.kernels import FAMILIES, MICRO
from pytest_edgebench.profiles.load import load_profiles
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.profiles.target import TargetRef

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.profiles.target import Value

ENTRIES = load_catalogue()
MICROCONTROLLERS = [name for name in ENTRIES if described(name, ENTRIES).core.startswith("cortex-m")]


def test_there_are_the_boards_that_people_have() -> None:
    assert set(ENTRIES) >= {
        "cortex-m0plus", "cortex-m33", "cortex-m55", "cortex-m85", "nrf52840-dk", "nrf5340-dk",
        "cy8cproto-062-4343w", "raspberry-pi-pico", "raspberry-pi-pico-2", "esp32-s3",
        "raspberry-pi-zero-2-w", "jetson-orin-nano", "snapdragon-8-gen-3",
    }  # fmt: skip


@pytest.mark.parametrize("name", [*MICROCONTROLLERS, "esp32-s3"])
def test_microcontrollers_run_tflite_micro(name: str) -> None:
    """So a file stays in flash, and its arena alone has to fit into memory."""
    profile = described(name, ENTRIES)
    assert profile.runtime == "tflite-micro"
    assert profile.predicted_by == ""
    assert not profile.kernels or FAMILIES[profile.kernels] == MICRO


def test_there_are_many_microcontrollers() -> None:
    assert len(MICROCONTROLLERS) > 15


@pytest.mark.parametrize(
    "evidence, level", [("device", "error"), ("host", "warn"), ("predicted", "warn"), ("emulated", "warn")]
)
@pytest.mark.parametrize("metric, text", [("latency", "p50 4 ms"), ("memory", "4 MB")])
def test_a_device_over_its_budget_is_an_error(evidence: str, level: str, metric: str, text: str) -> None:
    """Nothing else runs on a device."""
    options: dict[str, Value] = {"run": ("./x",), "evidence": evidence, "gives": ("latency", "memory")}
    profile = Profile("board", target="command", target_options=options)
    assert resolved(None, parse(metric, text, "t.py:1"), profile) == level
    assert resolved("warn", parse(metric, text, "t.py:1"), profile) == "warn"


def test_a_board_over_ssh_is_a_device() -> None:
    profile = Profile("pi", target="ssh://pi@board")
    assert resolved(None, parse("latency", "p50 4 ms", "t.py:1"), profile) == "error"


@pytest.mark.parametrize(
    "target, options, shown",
    [
        ("command", {}, False),
        ("command", {"gives": ("outputs", "latency")}, False),
        ("command", {"gives": ("outputs", "inner")}, True),
        ("ssh://pi@board", {}, True),
        ("", {}, True),
    ],
)
def test_inner_tensors_are_asked_for_where_the_profile_says_so(
    target: str, options: dict[str, tuple[str, ...]], shown: bool
) -> None:
    """A flashed board runs its own program whatever file it is sent."""
    assert TargetRef.of(target, dict(options)).shows_inner is shown


def test_kernels_are_those_that_are_known(tmp_path: Path) -> None:
    file = tmp_path / "edgebench.toml"
    file.write_text('[profiles.a]\nkernels = "x-cube-ai"\n')
    assert load_profiles(tmp_path, None)["a"].kernels == "x-cube-ai"
    file.write_text('[profiles.a]\nkernels = "cmsis"\n')
    with pytest.raises(SettingsError) as caught:
        load_profiles(tmp_path, None)
    assert caught.value.what == "unknown kernels 'cmsis'"
    assert "'cmsis-nn'" in caught.value.fix
    assert caught.value.where.endswith("edgebench.toml:2: profiles.a.kernels")
