"""``[[waivers]]``: accepted regressions, every key required and checked."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.profiles.document import read
from pytest_edgebench.settings.waivers import Waiver, read_waivers

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.base.errors import SettingsError

GOOD = {
    "case": 'case = "kws-int8-rpi4"',
    "metric": 'metric = "size"',
    "up_to": 'up_to = "baseline + 8 %"',
    "until": "until = 2030-06-30",
    "reason": 'reason = "wider first layer"',
}


def waivers(folder: Path, text: str) -> tuple[tuple[Waiver, ...], list[SettingsError]]:
    (folder / "edgebench.toml").write_text(text)
    problems: list[SettingsError] = []
    document = read(folder)
    assert document is not None
    return read_waivers(document, problems), problems


def table(**changed: str) -> str:
    return "\n".join(["[[waivers]]", *({**GOOD, **changed}).values(), ""])


def test_none(tmp_path: Path) -> None:
    assert waivers(tmp_path, "[profiles.a]\n") == ((), [])


def test_two(tmp_path: Path) -> None:
    found, problems = waivers(tmp_path, table() + table(metric='metric = "latency"'))
    assert problems == []
    assert found[0] == Waiver(
        case="kws-int8-rpi4",
        metric="size",
        up_to="baseline + 8 %",
        until=datetime.date(2030, 6, 30),
        reason="wider first layer",
        place="edgebench.toml:1: waivers[0]",
    )
    assert (found[1].metric, found[1].place) == ("latency", "edgebench.toml:7: waivers[1]")


WRONG = [
    ("case", "case = 3", "this is 3, not text", 'write case = "kws-int8-rpi4"'),
    ("case", "case = ''", "this is the text '', not text", 'write case = "kws-int8-rpi4"'),
    ("metric", "metric = []", "this is a list, not text", 'write metric = "size"'),
    ("up_to", "up_to = 8", "this is 8, not text", 'write up_to = "baseline + 8 %"'),
    (
        "until",
        "until = '2030-06-30'",
        "this is the text '2030-06-30', not a date",
        "2030-06-30, without quotes",
    ),
    ("until", "until = 2030", "this is 2030, not a date", "write until = 2030-06-30"),
    ("until", "until = 2030-06-30T12:00:00", "this is 2030-06-30 12:00:00, not a date", "write until = 2030"),
    ("until", "until = 12:00:00", "this is 12:00:00, not a date", "write until = 2030"),
    ("reason", "reason = '  '", "this is the text '  ', not text", "write reason ="),
]


@pytest.mark.parametrize("key, line, what, fix", WRONG, ids=[line for _, line, *_ in WRONG])
def test_wrong_value(tmp_path: Path, key: str, line: str, what: str, fix: str) -> None:
    found, (error,) = waivers(tmp_path, table(**{key: line}))
    assert found == ()
    assert error.where == f"edgebench.toml:{2 + list(GOOD).index(key)}: waivers[0].{key}"
    assert error.what == what
    assert fix in error.fix


def test_impossible_day_is_no_toml(tmp_path: Path) -> None:
    from pytest_edgebench.base.errors import SettingsError

    with pytest.raises(SettingsError, match=r"^edgebench.toml:5: invalid TOML"):
        waivers(tmp_path, table(until="until = 2030-02-30"))


def test_unknown_key(tmp_path: Path) -> None:
    _, (error,) = waivers(tmp_path, table(reason='reason = "x"\nresaon = "y"'))
    assert (error.where, error.what) == (
        "edgebench.toml:7: waivers[0].resaon",
        "a waiver has no key 'resaon'",
    )
    assert error.fix == "did you mean 'reason'?"


def test_missing_keys(tmp_path: Path) -> None:
    _, (error,) = waivers(tmp_path, '[[waivers]]\ncase = "a"\nmetric = "size"\nreason = "x"\n')
    assert (error.where, error.what) == ("edgebench.toml:1: waivers[0]", "the waiver has no up_to, until")
    assert error.fix == 'add up_to = "baseline + 8 %"; until = 2030-06-30'


def test_one_for_each_limit_of_a_metric(tmp_path: Path) -> None:
    """As budgets have them: a waiver of the mean says nothing of the worst slice."""
    limits = ("model - 3 points", "worst slice model - 9 points", "slice night 70 %", "baseline - 3 points")
    tables = [table(metric='metric = "accuracy"', up_to=f'up_to = "{limit}"') for limit in limits]
    found, problems = waivers(tmp_path, "".join(tables))
    assert problems == []
    assert [waiver.up_to for waiver in found] == [*limits]


def test_twice(tmp_path: Path) -> None:
    found, (error,) = waivers(tmp_path, table() + table(up_to='up_to = "baseline + 9 %"'))
    assert len(found) == 1
    assert error.where == "edgebench.toml:7: waivers[1]"
    assert error.what == "size of kws-int8-rpi4 is waived twice; the other is at edgebench.toml:1: waivers[0]"
    assert error.fix == "delete one of them"


@pytest.mark.parametrize(
    "text, where",
    [
        ("[waivers]\ncase = 'a'\n", "edgebench.toml:1: waivers"),
        ("waivers = ['a']\n", "edgebench.toml:1: waivers[0]"),
    ],
)
def test_no_tables(tmp_path: Path, text: str, where: str) -> None:
    found, (error,) = waivers(tmp_path, text)
    assert found == ()
    assert error.where == where
    assert error.fix == "write [[waivers]] above its keys"
