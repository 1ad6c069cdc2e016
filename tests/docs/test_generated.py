"""The pages made from the code: complete, and without anything of this machine."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from pytest_edgebench.commands import docs
from pytest_edgebench.docs.generated import commands, errors, exit_codes, record, settings
from pytest_edgebench.docs.generated import options as options_page
from pytest_edgebench.docs.generated.markdown import attributes, table
from pytest_edgebench.profiles.catalogue import load_catalogue
from pytest_edgebench.profiles.keys import KEYS
from pytest_edgebench.record.metrics_table import METRICS
from pytest_edgebench.settings.options import INI, OPTIONS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return {name: docs.generate(module) for name, module in docs.generated().items()}


def test_nothing_of_this_machine_is_in_them(pages: dict[str, str]) -> None:
    for name, text in pages.items():
        assert str(ROOT) not in text, name
        assert str(Path.home()) not in text.replace("/root file", ""), name
        assert sys.executable not in text, name


def test_no_cell_is_empty_that_says_something(pages: dict[str, str]) -> None:
    for name in ("settings", "record", "commands", "options", "exit-codes"):
        for line in pages[name].splitlines():
            assert not re.search(r"\|\s+\|$", line), f"{name}: {line}"


def test_all_that_there_is_is_on_its_page(pages: dict[str, str]) -> None:
    for name in (*OPTIONS, *(key for key, *_ in INI)):
        assert f"| `{name}" in pages["options"]
    assert set(options_page.WHY) == {*OPTIONS, *(key for key, *_ in INI)}
    for key in KEYS:
        assert f"| `{key}` |" in pages["settings"]
    for metric in METRICS:
        assert f"| `{metric}` |" in pages["metrics"]
    for entry in load_catalogue():
        assert f"{{ #{entry} }}" in pages["catalogue"]
    for name, _ in commands.commands():
        assert f"\n## {name}\n" in pages["commands"]
        assert f"| `edgebench {name}` |" in pages["exit-codes"]
    for found in record.types():
        assert f"\n## {found.__name__}\n" in pages["record"]


def test_exit_codes_are_pytests(pages: dict[str, str]) -> None:
    assert set(exit_codes.PYTEST) >= {int(code) for code in pytest.ExitCode}
    assert settings.HEADING in pages["settings"]


def test_every_file_of_messages_is_in_the_error_index(pages: dict[str, str]) -> None:
    files = [
        path
        for folder in ("pytest_edgebench", "compressors", "reports")
        for path in (ROOT / folder).rglob("errors.py")
    ]
    assert {errors._room(path) for path in files} <= {*errors.TITLES}
    found = {message.anchor for message in errors.messages()}
    for path in files:
        for name in re.findall(
            r"^def ([a-z]\w+)\(.*?\) -> \w*Error:", path.read_text(encoding="utf-8"), re.M
        ):
            room = errors._room(path)
            said = re.search(rf"^def {name}\(.*?(?=^def |\Z)", path.read_text(encoding="utf-8"), re.M | re.S)
            assert said
            if " " in "".join(re.findall(r'"([^"]+)"', said[0])):
                assert any(anchor.startswith(f"{room}-{name}") for anchor in found), f"{path}: {name}"


def test_each_message_has_an_anchor_of_its_own(pages: dict[str, str]) -> None:
    anchors = re.findall(r"\{ #([\w-]+) \}$", pages["errors"], re.MULTILINE)
    assert len(anchors) == len(set(anchors)) > 400
    assert "`unknown metric {metric}`" in pages["errors"]
    assert "`it does not fit into {profile}, so it was not run: {why}`" in pages["errors"]


def test_a_bar_in_a_cell_is_escaped() -> None:
    assert table(("a", "b"), [("x|y", "1\n  2")]) == "| a | b |\n| --- | --- |\n| x\\|y | 1 2 |\n"


def test_attributes_of_a_docstring() -> None:
    class Documented:
        """One.

        Attributes:
            first: a long
                story, e.g. ``x``.
            second, third: both. fourth: alone.
        """

    assert attributes(Documented) == {
        "first": "a long story, e.g. `x`.",
        "second": "both.",
        "third": "both.",
        "fourth": "alone.",
    }
