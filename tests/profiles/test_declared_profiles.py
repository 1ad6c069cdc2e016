"""Users' profiles: what they become, and every way to write them wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.profiles.load import load_profiles
from pytest_edgebench.profiles.profile import Profile

if TYPE_CHECKING:
    from pathlib import Path

DESIGN = """\
[profiles.rpi4]
extends = "cortex-a72"
threads = 4
[profiles.audio-board]
extends = "cortex-m7"
flash = "512 kB"
ram = "320 kB"
[profiles.x86-avx2]
target = "host"
"""


def problem(folder: Path, text: str) -> SettingsError:
    (folder / "edgebench.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_profiles(folder, None)
    return caught.value


def test_three_profiles(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_text(DESIGN)
    profiles = load_profiles(tmp_path, None)
    assert list(profiles) == ["rpi4", "audio-board", "x86-avx2"]
    rpi4, board, x86 = profiles.values()
    assert (rpi4.extends, rpi4.threads, rpi4.cpu, rpi4.target) == (("cortex-a72",), 4, "Arm Cortex-A72", "")
    assert not rpi4.measured
    assert (board.ram_bytes, board.flash_bytes, board.runtime) == (320_000, 512_000, "tflite-micro")
    # A profile may be called like an entry without extending it.
    assert x86 == Profile(
        "x86-avx2",
        target="host",
        sources={"target": "edgebench.toml:9: profiles.x86-avx2.target"},
        place="edgebench.toml:8: profiles.x86-avx2",
    )
    assert x86.measured


def test_every_key(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_text(
        """\
[profiles."my.board_1"]
extends = "nucleo-h743zi2"
target = "host"
runtime = "onnxruntime"
python = "envs/old/bin/python"
runtime_options = { graph = "all", level = 2, ratio = 0.5, spin = false }
threads = 2
batch = 8
cpu = "mine"
isa = ["dsp"]
ram = "256 KiB"
flash = "1 MB"
dedicated = true
required = true
"""
    )
    profile = load_profiles(tmp_path, None)["my.board_1"]
    assert profile.extends == ("nucleo-h743zi2", "cortex-m7")
    assert (profile.target, profile.runtime) == ("host", "onnxruntime")
    assert profile.python == str(tmp_path / "envs/old/bin/python")
    assert profile.runtime_options == {"graph": "all", "level": 2, "ratio": 0.5, "spin": False}
    assert (profile.threads, profile.batch, profile.cpu, profile.isa) == (2, 8, "mine", ("dsp",))
    assert (profile.ram_bytes, profile.flash_bytes) == (262_144, 1_000_000)
    assert profile.dedicated
    assert profile.required
    assert profile.sources["ram"] == 'edgebench.toml:11: profiles."my.board_1".ram'


def test_what_is_not_overridden_keeps_the_source_of_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_text('[profiles.a]\nextends = "nucleo-l4r5zi"\nram = "100 kB"\n')
    profile = load_profiles(tmp_path, None)["a"]
    assert profile.sources["ram"] == "edgebench.toml:3: profiles.a.ram"
    assert "DS12023" in profile.sources["flash"]
    assert profile.flash_bytes == 2 * 1024**2


@pytest.mark.parametrize("name", ["python3.10", "python"])
def test_bare_interpreter_is_looked_up_on_the_path(tmp_path: Path, name: str) -> None:
    (tmp_path / "edgebench.toml").write_text(f'[profiles.a]\npython = "{name}"\n')
    assert load_profiles(tmp_path, None)["a"].python == name


def test_interpreter_of_an_environment_is_not_resolved(tmp_path: Path) -> None:
    """The link in a virtual environment is what makes it one."""
    (tmp_path / "python").symlink_to("/bin/sh")
    (tmp_path / "edgebench.toml").write_text('[profiles.a]\npython = "./python"\n')
    assert load_profiles(tmp_path, None)["a"].python == str(tmp_path / "python")


def test_empty_runtime_takes_back_an_inherited_one(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_text('[profiles.a]\nextends = "cortex-m7"\nruntime = ""\n')
    assert load_profiles(tmp_path, None)["a"].runtime == ""


def test_runtime_of_a_plugin(tmp_path: Path) -> None:
    (tmp_path / "edgebench.toml").write_text('[profiles.a]\nruntime = "mine"\n')
    assert load_profiles(tmp_path, None, runtimes=["mine"])["a"].runtime == "mine"


KEYS = [
    ("threds = 4", "threds", "a profile has no key 'threds'", "did you mean 'threads'?"),
    ("ram_bytes = 4", "ram_bytes", "a profile has no key 'ram_bytes'", "did you mean 'ram'?"),
    ("sources = { ram = 'x' }", "sources", "a profile has no key 'sources'", "extends"),
    ('threads = "4"', "threads", "this is the text '4', not a whole number", "write threads = 4"),
    ("threads = 1.5", "threads", "this is 1.5, not a whole number", "write threads = 4"),
    ("threads = true", "threads", "this is true, not a whole number", "write threads = 4"),
    ("threads = 0", "threads", "0 is less than 1", "write threads = 4"),
    ("batch = -1", "batch", "-1 is less than 1", "write batch = 1"),
    ("batch = []", "batch", "this is a list, not a whole number", "write batch = 1"),
    ("cpu = 4", "cpu", "this is 4, not text", 'write cpu = "Arm Cortex-A72"'),
    (
        "isa = 'neon'",
        "isa",
        "this is the text 'neon', not a list of names",
        'write isa = ["neon", "dotprod"]',
    ),
    ("isa = [1]", "isa", "this is a list, not a list of names", 'write isa = ["neon"'),
    ("ram = 512000", "ram", "this is 512000, not text with a unit", 'write ram = "320 KiB"'),
    ("ram = '512 KB'", "ram", "'KB' in '512 KB' is read both ways", 'write ram = "320 KiB"'),
    ("ram = '512'", "ram", "'512' has no unit", 'write ram = "320 KiB"'),
    ("flash = 'much'", "flash", "'much' is not a number with a unit", 'write flash = "512 kB"'),
    ("flash = '0 kB'", "flash", "'0 kB' is not a whole number of bytes above 0", 'write flash = "512 kB"'),
    (
        "dedicated = 'true'",
        "dedicated",
        "this is the text 'true', not true or false",
        "write dedicated = true",
    ),
    ("required = 1", "required", "this is 1, not true or false", "write required = true, without quotes"),
    (
        "target = 'hots'",
        "target",
        "unknown target 'hots'",
        "write 'host', 'ssh://user@board', 'qemu' or 'command' to measure there, or leave target out",
    ),
    ("target = 'host://here'", "target", "'host://here' is not a target of this kind", "write e.g. 'host'"),
    ("target = 'ssh'", "target", "'ssh' is not a target of this kind", "write e.g. 'ssh://user@board'"),
    ("target = 'ssh://-oProxyCommand=x'", "target", "is not a target of this kind", "'ssh://user@board'"),
    ("target_options = 'x'", "target_options", "this is the text 'x', not a table of options", "write"),
    (
        "target_options.a = { b = 1 }",
        "target_options.a",
        "this is a table, not text, a number, a list, true or false",
        "write",
    ),
    (
        "target_options.folder = 'x'",
        "target_options.folder",
        "target option 'folder' is given, but no target",
        "add target = ...",
    ),
    ("runtime_version = 2.3", "runtime_version", "this is 2.3, not text", "write runtime_version = "),
    ("target = 1", "target", "this is 1, not text", 'write target = "host"'),
    ("runtime = 'onnx'", "runtime", "unknown runtime 'onnx'", "did you mean 'onnxruntime'?"),
    ("runtime = 'xyz'", "runtime", "unknown runtime 'xyz'", "onnxruntime, tflite-micro, tflite-runtime."),
    ("python = 3.10", "python", "this is 3.1, not text", 'write python = ".venv-old/bin/python"'),
    ("python = '~nobody-here/x'", "python", "no such user's home", "write the path in full"),
    (
        "runtime_options = 'fast'",
        "runtime_options",
        "this is the text 'fast', not a table of options",
        "write",
    ),
    (
        "runtime_options.a = [1]",
        "runtime_options.a",
        "this is a list, not text, a number, true or false",
        "write",
    ),
    (
        "runtime_options.a = nan",
        "runtime_options.a",
        "nan is not a number a runtime can use",
        "write a finite number",
    ),
    (
        "extends = 'cortexa72'",
        "extends",
        "the catalogue has no entry 'cortexa72'",
        "did you mean 'cortex-a72'?",
    ),
    ("extends = 'zzz'", "extends", "the catalogue has no entry 'zzz'", "cortex-a72, cortex-a76"),
    ("extends = ['cortex-a72']", "extends", "this is a list, not text", 'write extends = "cortex-a72"'),
    (
        "extends = 'other'",
        "extends",
        "'other' is a profile of yours",
        "extend the entry that 'other' extends",
    ),
]


@pytest.mark.parametrize("line, key, what, fix", KEYS, ids=[line for line, *_ in KEYS])
def test_wrong_key(tmp_path: Path, line: str, key: str, what: str, fix: str) -> None:
    error = problem(tmp_path, f"[profiles.other]\n[profiles.rpi4]\n{line}\n")
    assert error.where == f"edgebench.toml:3: profiles.rpi4.{key}"
    assert what in error.what
    assert fix in error.fix


@pytest.mark.parametrize(
    "name, usable",
    [("rpi 4", "rpi-4"), ("a/b", "a-b"), ("a[0]", "a-0"), ("ratio=3", "ratio-3"), ("µ", ""), ("", "")],
)
def test_name_that_no_test_id_can_hold(tmp_path: Path, name: str, usable: str) -> None:
    error = problem(tmp_path, f'[profiles."{name}"]\n')
    assert error.where == f'edgebench.toml:1: profiles."{name}"'
    assert error.what == f"{name!r} cannot be part of a test's id"
    assert error.fix == "use letters, digits, '_', '-' and '.'" + (f", e.g. {usable}" if usable else "")


def test_name_with_a_dot_and_no_quotes(tmp_path: Path) -> None:
    error = problem(tmp_path, "[profiles.pi.4]\nthreads = 4\n")
    assert error.where == "edgebench.toml:1: profiles.pi.4"
    assert 'A name with a dot in it stands in quotes: [profiles."a.b"]' in error.fix


@pytest.mark.parametrize(
    "text, where, what, fix",
    [
        (
            "[profile.a]\n",
            "edgebench.toml:1: profile",
            "unknown setting 'profile'",
            "did you mean 'profiles'?",
        ),
        (
            'edgebench_alpha = "1 %"\n',
            "edgebench.toml:1: edgebench_alpha",
            "unknown setting 'edgebench_alpha'",
            "edgebench_alpha is a key of pytest's own ini file",
        ),
        (
            "profiles = 3\n",
            "edgebench.toml:1: profiles",
            "this is 3, not a table of profiles",
            "[profiles.NAME]",
        ),
        ("[[profiles]]\n", "edgebench.toml:1: profiles", "this is a list, not a table", "[profiles.NAME]"),
        (
            "[profiles]\na = 3\n",
            "edgebench.toml:2: profiles.a",
            "this is 3, not a table",
            "[profiles.a] above",
        ),
    ],
)
def test_wrong_table(tmp_path: Path, text: str, where: str, what: str, fix: str) -> None:
    error = problem(tmp_path, text)
    assert error.where == where
    assert what in error.what
    assert fix in error.fix


def test_all_problems_at_once(tmp_path: Path) -> None:
    error = problem(
        tmp_path,
        "[profils.x]\n[profiles.a]\nthreds = 4\nram = 5\n[profiles.b]\nextends = 'none'\nthreads = 0\n",
    )
    lines = str(error).splitlines()
    assert lines[0] == "5 problems in the settings"
    places = [line.split(": ")[0] for line in lines[1:] if not line.startswith("  fix: ")]
    assert places == [f"edgebench.toml:{number}" for number in (1, 3, 4, 7, 6)]
    assert sum(line.startswith("  fix: ") for line in lines) == 5
