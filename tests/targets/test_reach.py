"""How a profile says where it is measured, and what can be had there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.commands.profiles import details
from pytest_edgebench.profiles.load import load_profiles
from pytest_edgebench.profiles.profile import Profile
from pytest_edgebench.profiles.target import KINDS, LOCAL, TargetRef
from pytest_edgebench.profiles.text import as_text
from pytest_edgebench.workers.spec import Spec


def profile(tmp_path: Path, text: str) -> Profile:
    (tmp_path / "edgebench.toml").write_text(f"[profiles.board]\n{text}\n")
    return load_profiles(tmp_path, None)["board"]


def refused(tmp_path: Path, text: str) -> str:
    with pytest.raises(SettingsError) as caught:
        profile(tmp_path, text)
    return str(caught.value)


def test_this_machine() -> None:
    assert TargetRef.of("host") == TargetRef.of("") == LOCAL
    assert (LOCAL.evidence, LOCAL.lock, LOCAL.title) == ("host", "host", "")
    assert Profile("p", target="host").measured
    assert not Profile("p").measured
    assert not Profile("p").gives("outputs")  # of the target; its accuracy is had on this machine


def test_a_board(tmp_path: Path) -> None:
    board = profile(tmp_path, 'target = "ssh://pi@rpi4:2222"\npython = "~/env/bin/python"')
    target_ref = board.target_ref
    assert (target_ref.evidence, target_ref.lock, target_ref.title) == (
        "device",
        "ssh-rpi4:2222",
        "pi@rpi4:2222",
    )
    assert board.python == "~/env/bin/python"  # of the board
    assert board.measured
    assert board.gives("memory")
    assert not board.gives("instructions")
    assert TargetRef.of("ssh://root@rpi4:2222").lock == target_ref.lock  # one board, whoever logs in


def test_a_board_with_an_ssh_configuration(tmp_path: Path) -> None:
    board = profile(tmp_path, 'target = "ssh://rpi4"\ntarget_options.config = "ci/ssh_config"')
    assert board.target_options == {"config": str(tmp_path / "ci" / "ssh_config")}


def test_a_command(tmp_path: Path) -> None:
    text = 'target = "command"\n[profiles.board.target_options]\nrun = ["./measure.sh", "a/b"]\nevidence = '
    phone = profile(tmp_path, text + '"device"\ngives = ["latency"]')
    assert phone.target_options["run"] == (str(tmp_path / "measure.sh"), "a/b")
    assert phone.target_ref.evidence == "device"
    assert phone.target_ref.lock.startswith("command-")
    assert phone.measured
    assert not phone.gives("outputs")
    chip = profile(tmp_path, text + '"emulated"')
    assert (chip.target_ref.evidence, chip.target_ref.lock) == ("emulated", "host")
    assert (chip.measured, chip.gives("outputs")) == (False, True)


def test_a_named_lock(tmp_path: Path) -> None:
    text = 'target = "command"\ntarget_options = { run = ["adb"], evidence = "device", lock = "phone" }'
    found = profile(tmp_path, text)
    assert found.target_ref.lock == "command-phone"
    assert found.target_options["run"] == ("adb",)  # looked up on PATH


@pytest.mark.parametrize(
    ("text", "key", "told"),
    [
        (
            'target = "ssh://a"\ntarget_options.conf = "x"',
            "3: profiles.board.target_options.conf",
            "target 'ssh' has no option 'conf'\n  fix: it has config, folder, connect_s",
        ),
        (
            'target = "host"\ntarget_options.conf = "x"',
            "3: profiles.board.target_options.conf",
            "target 'host' has no option 'conf'\n  fix: it has none",
        ),
        (
            'target = "ssh://a"\ntarget_options.connect_s = 0',
            "3: profiles.board.target_options.connect_s",
            "this is 0, not a number of seconds above 0\n  fix: write e.g. connect_s = 10",
        ),
        (
            'target = "ssh://a"\ntarget_options.folder = ""',
            "3: profiles.board.target_options.folder",
            "this is '', not text",
        ),
        (
            'target = "command"\ntarget_options.run = ["x"]',
            "3: profiles.board.target_options",
            "target 'command' needs the option 'evidence'\n  fix: add evidence = \"device\"",
        ),
        (
            'target = "command"',
            "1: profiles.board.target_options",
            "target 'command' needs the option 'run'\n  fix: add run = [",
        ),
        (
            'target = "command"\ntarget_options = { run = "x", evidence = "device" }',
            "3: profiles.board.target_options.run",
            "this is 'x', not a list of texts",
        ),
        (
            'target = "command"\ntarget_options = { run = ["x"], evidence = "static" }',
            "3: profiles.board.target_options.evidence",
            "this cannot be 'static'\n  fix: write one of predicted, emulated, host, device",
        ),
        (
            'target = "command"\ntarget_options = { run = ["x"], evidence = "device", gives = ["speed"] }',
            "3: profiles.board.target_options.gives",
            "this cannot be 'speed'",
        ),
        (
            'target = "command"\ntarget_options = { run = ["x"], evidence = "emulated", '
            'gives = ["latency"] }',
            "3: profiles.board.target_options.gives",
            "an emulator has no latency: its time says nothing of the device's",
        ),
    ],
)
def test_bad_options(text: str, key: str, told: str, tmp_path: Path) -> None:
    said = refused(tmp_path, text)
    assert f"edgebench.toml:{key}: {told}" in said


def test_options_of_another_target_are_not_inherited(tmp_path: Path) -> None:
    """One line in the user's file leads from a command to a board."""
    entry = {
        "chip": {
            "target": "command",
            "target_options": {"run": ["./emulate"], "evidence": "emulated"},
        }
    }
    (tmp_path / "edgebench.toml").write_text(
        '[profiles.a]\nextends = "chip"\n[profiles.b]\nextends = "chip"\ntarget = "ssh://board"\n'
    )
    found = load_profiles(tmp_path, None, entry)
    assert found["a"].target_ref.evidence == "emulated"
    assert (found["b"].target_ref.evidence, found["b"].target_options) == ("device", {})


def test_specs_tell_targets_apart() -> None:
    board = Profile("p", target="ssh://pi@rpi4", runtime_version="2.3")
    spec = Spec.of(board, "tflite")
    assert spec.title == "litert on pi@rpi4"
    assert Spec("litert").key == ("litert", "", (), 1)  # as before there were targets
    assert spec.key != Spec("litert").key
    assert len({spec, Spec("litert"), Spec.of(Profile("p", target="ssh://pi@rpi5"), "tflite")}) == 3
    assert [spec.accepts(version) for version in ("2.3", "2.3.1", "2.30.0", "2.4.0", "")] == [
        True,
        True,
        False,
        False,
        False,
    ]
    assert Spec("litert").accepts("anything")


def test_what_is_shown(tmp_path: Path) -> None:
    shown = details(profile(tmp_path, 'target = "ssh://pi@rpi4"\nruntime_version = "2.3"'))
    assert "  target           ssh://pi@rpi4" in shown
    assert "  runtime_version  2.3" in shown
    assert "device: accuracy, latency and load time, memory, by target 'ssh'" in shown
    text = 'target = "command"\ntarget_options = { run = ["x"], evidence = "device", gives = ["latency"] }'
    shown = details(profile(tmp_path, text))
    assert 'target_options   run = ["x"], evidence = "device", gives = ["latency"]' in shown
    assert "device: latency and load time, by target 'command'" in shown
    assert "host: accuracy, from a run of the same runtime on this machine" in shown
    assert "none for memory, instructions of an inference: a budget on these fails" in shown


def test_what_a_record_keeps(tmp_path: Path) -> None:
    """No path of a program, which is another one on each machine."""
    options = '{ run = ["./x"], evidence = "device", gives = ["latency", "memory"] }'
    text = f'target = "command"\ntarget_options = {options}'
    told = as_text(profile(tmp_path, text))
    assert told == {
        "target": "command",
        "target_options": "evidence=device, gives=latency memory",
        "threads": "1",
        "batch": "1",
    }


def test_every_kind_has_its_module() -> None:
    folder = Path(__file__).parents[2] / "pytest_edgebench" / "targets"
    assert all((folder / f"{name}.py").is_file() for name in KINDS)
