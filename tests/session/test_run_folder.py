"""Run folders belong to living sessions, wherever those live."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pytest_edgebench.session import run_folder
from pytest_edgebench.session.session import Session

MAKE = """
import sys, time
from pathlib import Path
from pytest_edgebench.session import run_folder
folder, owner = run_folder.make(Path(sys.argv[1]), 0.0)
print(folder, flush=True)
time.sleep(60)
"""


def made(runs: Path, started: float = 1e9) -> Path:
    """The run folder of a session that has ended."""
    folder, owner = run_folder.make(runs, started)
    owner.close()
    return folder


def test_a_living_session_keeps_its_folder_and_a_killed_one_does_not(tmp_path: Path) -> None:
    """Its number is hidden: no process of it is looked for."""
    with subprocess.Popen(
        [sys.executable, "-c", MAKE, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        living = Path(other.stdout.readline().strip())
        hidden = living.rename(living.with_name(re.sub(r"-\d+-(\w+)$", r"-999999999-\1", living.name)))
        later = [made(tmp_path, 1e9 + n) for n in range(5)]
        assert hidden.is_dir()
        assert [folder.is_dir() for folder in later] == [False, False, True, True, True]
        other.kill()
    made(tmp_path, 2e9)
    assert not hidden.exists()


def test_what_a_killed_session_had_begun_to_write_goes_at_once(tmp_path: Path) -> None:
    """Its folder stays for whoever looks for the cause; half a record tells nothing."""
    killed = made(tmp_path)
    (killed / "cases").mkdir()
    begun = [killed / ".run.json.77.tmp", killed / "cases" / ".a.json.77.tmp"]
    for path in begun:
        path.write_text("{")
    (killed / "cases" / "b.json").write_text("{}")
    living, owner = run_folder.make(tmp_path, 2e9)
    assert [path.exists() for path in begun] == [False, False]
    assert (killed / "cases" / "b.json").exists()
    (own := living / ".run.json.78.tmp").write_text("{")
    made(tmp_path, 3e9)
    owner.close()
    assert own.exists()


def test_a_folder_of_an_earlier_version_goes(tmp_path: Path) -> None:
    old = tmp_path / "19990101-000000-1-abcdef"
    old.mkdir()
    for n in range(3):
        made(tmp_path, 1e9 + n)
    assert not old.exists()


def test_what_cannot_be_made_is_not_left_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refused)
    with pytest.raises(OSError, match="No space left"):
        run_folder.make(tmp_path / "runs", 0.0)
    assert list((tmp_path / "runs").iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["runs"]


def test_a_worker_on_another_file_system_gets_a_sentence(pytestconfig: Any, tmp_path: Path) -> None:
    session = Session(pytestconfig)
    session.worker, session._given = "gw3", str(tmp_path / "elsewhere")
    with pytest.raises(pytest.UsageError, match="gw3 does not see the run folder") as caught:
        _ = session.run_folder
    assert "edgebench merge" in str(caught.value)
