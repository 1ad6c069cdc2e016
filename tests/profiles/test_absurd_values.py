"""Values that no device has: one sentence each, with the key and what to write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.errors import DeclarationError, SettingsError
from pytest_edgebench.declare.grammar import parse
from pytest_edgebench.profiles.document import read
from pytest_edgebench.profiles.load import read_profiles
from pytest_edgebench.settings.waivers import read_waivers

if TYPE_CHECKING:
    from pathlib import Path

PROFILE = '[profiles.board]\nextends = "cortex-a72"\n'
NAME = "n" * 300
ABSURD = {
    "threads": (PROFILE + f"threads = {10**20}\n", "edgebench.toml:3: profiles.board.threads: the number is"),
    "some threads": (PROFILE + "threads = 5000\n", "profiles.board.threads: 5,000 is more than 4,096"),
    "batch": (PROFILE + f"batch = {10**9}\n", "profiles.board.batch: 1,000,000,000 is more than 65,536"),
    "name": (f'[profiles.{NAME}]\nextends = "cortex-a72"\n', "the name has 300 characters"),
    "memory": (PROFILE + 'ram = "0 B"\n', "profiles.board.ram: "),
    "clock": (PROFILE + 'clock = "0 Hz"\n', "profiles.board.clock: "),
}  # fmt: skip


def problems_of(folder: Path, text: str) -> list[SettingsError]:
    (folder / "edgebench.toml").write_text(text)
    document = read(folder)
    assert document is not None
    found: list[SettingsError] = []
    read_profiles(document, None, (), found)
    read_waivers(document, found)
    return found


@pytest.mark.parametrize("name", ABSURD)
def test_a_value_of_a_profile(name: str, tmp_path: Path) -> None:
    text, told = ABSURD[name]
    (problem,) = problems_of(tmp_path, text)
    assert told in str(problem)
    assert problem.fix
    assert len(str(problem)) < 300


@pytest.mark.parametrize(
    ("metric", "text", "told"),
    [
        ("size", "0 B", "no model keeps a limit of 0"),
        ("size", "0 kB", "no model keeps a limit of 0"),
        ("ram", "0.0 MiB", "no model keeps a limit of 0"),
        ("accuracy", "model + 1000 points", "no two models are 100 points apart"),
        ("accuracy", "model - 100 pp", "nothing would be left of the reference"),
        ("accuracy", "baseline - 1e9 points", "nothing would be left of the reference"),
        ("size", "1e400 B", "the number is not finite"),
        ("latency", "model - 100 %", "nothing would be left of the reference"),
    ],
)
def test_a_limit(metric: str, text: str, told: str) -> None:
    with pytest.raises(DeclarationError, match=told) as caught:
        parse(metric, text, "test_net.py:7")
    assert caught.value.where == "test_net.py:7"
    assert caught.value.fix


@pytest.mark.parametrize(
    ("metric", "text"), [("flips", "0"), ("float_ops", "0"), ("accuracy", "model - 99 points")]
)
def test_a_limit_that_can_be_kept(metric: str, text: str) -> None:
    assert parse(metric, text).text == text


WAIVER = """
[[waivers]]
case = "kws-int8-rpi4"
metric = "{metric}"
up_to = "baseline + 8 %"
until = 2099-06-30
reason = "wider first layer"
"""


@pytest.mark.parametrize(
    ("metric", "meant"), [("siez", "size"), ("latncy", "latency"), ("flsh", "flash"), ("Size", "size")]
)
def test_a_misspelt_metric_of_a_waiver(metric: str, meant: str, tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path, WAIVER.format(metric=metric))
    assert problem.what == f"unknown metric {metric!r}; did you mean {meant!r}?"
    assert problem.where == "edgebench.toml:4: waivers[0].metric"


def test_a_score_of_the_users_own_is_no_misspelling(tmp_path: Path) -> None:
    text = WAIVER.format(metric="word_errors").replace("8 %", "1 points")
    assert problems_of(tmp_path, text) == []
