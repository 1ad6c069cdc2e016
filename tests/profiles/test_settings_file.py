"""The settings file: which one, what is no TOML, and on which line a key stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.profiles.document import entry, locate, read
from pytest_edgebench.profiles.load import HOST, load_profiles, settings_folder

if TYPE_CHECKING:
    from pathlib import Path


def test_no_file_is_one_host_profile(tmp_path: Path) -> None:
    assert read(tmp_path) is None
    assert load_profiles(tmp_path, None) == {"host": HOST}


def test_own_file(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_text("[profiles.a]\nthreads = 2\n")
    assert load_profiles(tmp_path, None)["a"].threads == 2


def test_table_in_pyproject(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[project]\nname = 'x'\n\n[tool.edgebench.profiles.a]\nthreads = 2\n"
    )
    profile = load_profiles(tmp_path, None)["a"]
    assert profile.threads == 2
    assert profile.place == "pyproject.toml:4: tool.edgebench.profiles.a"


@pytest.mark.parametrize(
    "text",
    [
        "this is = = no TOML, and none of our business",
        "[project]\nname = 'my-edgebench-suite'\n",
        "[tool]\nother = 1 # edgebench\n",
    ],
)
def test_pyproject_that_says_nothing_of_us(tmp_path: Path, text: str) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    assert load_profiles(tmp_path, None) == {"host": HOST}


def test_settings_lie_beside_the_ini_file(tmp_path: Path) -> None:
    beside = tmp_path / "ci"
    beside.mkdir()
    (beside / "pytest.ini").touch()
    (beside / "edgebench.toml").write_text("[profiles.there]\n")
    (tmp_path / "edgebench.toml").write_text("[profiles.here]\n")
    assert list(load_profiles(tmp_path, beside / "pytest.ini")) == ["there"]
    assert list(load_profiles(tmp_path, None)) == ["here"]


def test_no_ini_file_on_purpose(tmp_path: Path) -> None:
    """``pytest -c /dev/null``: nothing lies beside a device."""
    from pathlib import Path

    assert settings_folder(tmp_path, Path("/dev/null")) == tmp_path


def test_two_files(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_text("[profiles.a]\n")
    (tmp_path / "pyproject.toml").write_text("[tool.edgebench.profiles.a]\n")
    with pytest.raises(SettingsError) as caught:
        read(tmp_path)
    assert str(caught.value) == (
        "pyproject.toml:1: tool.edgebench: "
        "[tool.edgebench] holds settings, and so does edgebench.toml next to it\n"
        "  fix: keep edgebench.toml: "
        "move what is missing there and delete [tool.edgebench] from pyproject.toml"
    )


@pytest.mark.parametrize(
    "text, where, fix",
    [
        ("[profiles.a]\nram = 512 kB\n", "edgebench.toml:2", 'stand in quotes: ram = "512 kB"'),
        (
            "[profiles.a]\nextends = cortex-a72 # mine\n",
            "edgebench.toml:2",
            'in quotes: extends = "cortex-a72"',
        ),
        ("[profiles.a]\nthreads = 1\nthreads = 2\n", "edgebench.toml:3", "stands there twice: delete one"),
        ("[profiles.a]\n[profiles.b]\n[profiles.a]\n", "edgebench.toml:3", "stands there twice: delete one"),
        ("[profiles.a\nthreads = 1\n", "edgebench.toml:1", "write [profiles.NAME] above lines such as"),
        ("[profiles.a]\nisa = [\n'neon',\n", "edgebench.toml:3", "write [profiles.NAME] above lines such as"),
    ],
)
def test_no_toml(tmp_path: Path, text: str, where: str, fix: str) -> None:
    (tmp_path / "edgebench.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        read(tmp_path)
    assert caught.value.where == where
    assert caught.value.what.startswith("invalid TOML (")
    assert fix in caught.value.fix


def test_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_bytes(b"[profiles.a]\ncpu = '\xb5'\n")
    with pytest.raises(SettingsError) as caught:
        read(tmp_path)
    assert str(caught.value) == (
        "edgebench.toml: the file is not UTF-8 text (byte 21 is 0xb5)\n  fix: save it with the encoding UTF-8"
    )


def test_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_bytes(b"\xef\xbb\xbf[profiles.a]\n")
    assert list(load_profiles(tmp_path, None)) == ["a"]


def test_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").mkdir()
    with pytest.raises(SettingsError, match="the file cannot be read: Is a directory"):
        read(tmp_path)


def test_table_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nedgebench = 3\n")
    with pytest.raises(SettingsError, match=r"^pyproject.toml:2: tool.edgebench: this is 3, not a table"):
        read(tmp_path)


TEXT = '''\
# [profiles.comment]
[profiles.rpi4]   # mine
extends = "cortex-a72"
"threads" = 4
note = """
ram = "not a key"
[not.a.table]
"""
runtime_options.intra = 1

[ profiles . "a.b" ]
isa = [
    "neon",
]
small = { ram = "1 kB" }
[[waivers]]
case = "x"
[[waivers]]
case = "y"
[waivers.more]
key = 1
'''


@pytest.mark.parametrize(
    "keys, line",
    [
        (("profiles",), 2),
        (("profiles", "rpi4"), 2),
        (("profiles", "rpi4", "extends"), 3),
        (("profiles", "rpi4", "threads"), 4),
        (("profiles", "rpi4", "runtime_options"), 9),
        (("profiles", "rpi4", "runtime_options", "intra"), 9),
        (("profiles", "a.b"), 11),
        (("profiles", "a.b", "isa"), 12),
        (("waivers", entry(0), "case"), 17),
        (("waivers", entry(1)), 18),
        (("waivers", entry(1), "more", "key"), 21),
    ],
)
def test_lines(keys: tuple[str, ...], line: int) -> None:
    assert locate(TEXT)[keys] == line


def test_what_is_no_key_has_no_line() -> None:
    found = {".".join(keys) for keys in locate(TEXT)}
    assert not {key for key in found if "comment" in key or key.endswith("ram") or "not" in key.split(".")}


def test_a_key_inside_an_inline_table_is_placed_at_its_table(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_text("\nprofiles = { a = { threds = 2 } }\n")
    with pytest.raises(SettingsError) as caught:
        load_profiles(tmp_path, None)
    assert caught.value.where == "edgebench.toml:2: profiles.a.threds"
