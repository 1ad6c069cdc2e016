"""The catalogue: complete, checked, each figure with its source; and entries of other plugins."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.profiles.catalogue import FOLDER, NO_SOURCE_NEEDED, described, lineage, load_catalogue
from pytest_edgebench.profiles.keys import KEYS
from pytest_edgebench.profiles.load import HOST, load_profiles

if TYPE_CHECKING:
    from pathlib import Path

ENTRIES = load_catalogue()
TABLES: dict[str, dict[str, Any]] = {
    name: table
    for path in sorted(FOLDER.glob("*.toml"))
    for name, table in tomllib.loads(path.read_text(encoding="utf-8")).items()
}


def test_entries_that_documentation_names() -> None:
    assert set(ENTRIES) >= {
        "host",
        "cortex-a72",
        "raspberry-pi-4",
        "cortex-a76",
        "raspberry-pi-5",
        "cortex-m4",
        "cortex-m7",
        "nucleo-l4r5zi",
        "nucleo-h743zi2",
        "x86-avx2",
    }


@pytest.mark.parametrize("name", TABLES)
def test_keys_and_sources(name: str) -> None:
    """By the files themselves, without the code that reads them."""
    table = TABLES[name]
    assert set(table) <= {*KEYS, "sources"}
    figures = set(table) - NO_SOURCE_NEEDED - {"sources"}
    assert set(table.get("sources", {})) == figures
    assert all(len(source) > 10 for source in table.get("sources", {}).values())


def test_only_the_host_is_measured() -> None:
    assert [name for name in ENTRIES if described(name, ENTRIES).measured] == ["host"]


def test_figures() -> None:
    board = described("nucleo-l4r5zi", ENTRIES)
    assert (board.ram_bytes, board.flash_bytes, board.runtime) == (640 * 1024, 2 * 1024**2, "tflite-micro")
    assert "120 MHz" in board.cpu
    assert "dotprod" in described("raspberry-pi-5", ENTRIES).isa
    assert "dotprod" not in described("raspberry-pi-4", ENTRIES).isa
    assert not any("vnni" in name for name in described("x86-avx2", ENTRIES).isa)


def test_nearest_entry_wins() -> None:
    assert [entry.name for entry in lineage("raspberry-pi-4", ENTRIES)] == ["raspberry-pi-4", "cortex-a72"]
    pi = described("raspberry-pi-4", ENTRIES)
    assert pi.cpu.startswith("Broadcom BCM2711")
    assert pi.sources["cpu"].startswith("Raspberry Pi 4 Model B product brief")
    assert pi.isa == described("cortex-a72", ENTRIES).isa


def test_host_without_reading_the_catalogue(tmp_path: Path) -> None:
    """`HOST` must stay what ``extends = "host"`` gives."""
    (tmp_path / "edgebench.toml").write_text('[profiles.host]\nextends = "host"\n')
    (declared,) = load_profiles(tmp_path, None).values()
    assert {**_fields(declared), "place": ""} == _fields(HOST)


def _fields(profile: object) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in profile.__dataclass_fields__}  # type: ignore[attr-defined]


def test_entry_of_a_plugin(tmp_path: Path) -> None:
    extra = {"my-board": {"extends": "cortex-m7", "ram": "256 KiB", "sources": {"ram": "my datasheet"}}}
    (tmp_path / "edgebench.toml").write_text('[profiles.a]\nextends = "my-board"\n')
    profile = load_profiles(tmp_path, None, extra)["a"]
    assert profile.extends == ("my-board", "cortex-m7")
    assert profile.ram_bytes == 262_144
    assert profile.sources["ram"] == "my datasheet"


@pytest.mark.parametrize(
    "table, where, what",
    [
        ({"ram": "1 kB"}, ".ram", "the figure of 'ram' has no source"),
        ({"ram": "1 kB", "sources": {"ram": " "}}, ".ram", "the figure of 'ram' has no source"),
        ({"sources": {"ram": "x"}}, ".sources", "a source is given for 'ram', which the entry does not set"),
        ({"sources": "x"}, ".sources", "this is the text 'x', not a table of sources"),
        ({"rum": "1 kB"}, ".rum", "a profile has no key 'rum'"),
        ({"threads": 0, "sources": {"threads": "x"}}, ".threads", "0 is less than 1"),
        ({"extends": "nowhere"}, ".extends", "the catalogue has no entry 'nowhere'"),
        ({"extends": "mine"}, ".extends", "the entry extends itself: mine → mine"),
        (3, "", "this is 3, not a table of keys"),
    ],
)
def test_wrong_entry_of_a_plugin(table: Any, where: str, what: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_catalogue({"mine": table})
    assert caught.value.where == f"pytest_edgebench_profiles: mine{where}"
    assert caught.value.what == what
    assert caught.value.fix


def test_entry_that_is_there_already() -> None:
    with pytest.raises(SettingsError) as caught:
        load_catalogue({"cortex-a72": {}})
    assert caught.value.what == (
        "the catalogue has an entry 'cortex-a72' already, from catalogue/arm-cortex-a.toml: cortex-a72"
    )
    assert caught.value.fix == "give it another name"


def test_circle_of_entries() -> None:
    with pytest.raises(SettingsError, match="the entry extends itself: a → b → a"):
        load_catalogue({"a": {"extends": "b"}, "b": {"extends": "a"}})


def test_wrong_entry_of_a_plugin_is_told_with_the_profiles_mistakes(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_text('[profiles.a]\nextends = "cortex-m7"\nthreads = 0\n')
    with pytest.raises(SettingsError, match="2 problems in the settings") as caught:
        load_profiles(tmp_path, None, {"mine": {"ram": "1 kB"}})
    assert "the figure of 'ram' has no source" in str(caught.value)
    assert "0 is less than 1" in str(caught.value)


def test_boards_of_the_public_tables() -> None:
    board = described("nucleo-u575zi-q", ENTRIES)
    assert (board.ram_bytes, board.flash_bytes, board.extends) == (768 * 1024, 2 * 1024**2, ("cortex-m33",))
    assert described("disco-f746ng", ENTRIES).ram_bytes == 320 * 1024
    assert described("nucleo-g0b1re", ENTRIES).isa == ("armv6-m",)
    assert described("stm32mp157f-dk2", ENTRIES).ram_bytes is None
