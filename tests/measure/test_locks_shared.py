"""Locks between containers: one folder for all of them, and holders that have no process number here."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_edgebench.base.errors import MeasureError, SettingsError
from pytest_edgebench.measure import locks

HOLDER = Path(__file__).with_name("lock_holder.py")


def contained() -> list[str]:
    """A command that starts a process in a PID namespace of its own; empty where that is not allowed."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return []
    for flags in (["--pid", "--fork", "--kill-child"], ["--user", "--pid", "--fork", "--kill-child"]):
        if subprocess.run([unshare, *flags, "true"], capture_output=True, check=False).returncode == 0:
            return [unshare, *flags]
    return []


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEBENCH_LOCKS", str(tmp_path))
    assert locks.lock_folder() == tmp_path
    with locks.timing():
        assert (tmp_path / "host.lock").exists()


@pytest.mark.parametrize("given", ["", "locks", "/no/such/folder"])
def test_a_folder_that_is_none(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEBENCH_LOCKS", given)
    with pytest.raises(SettingsError, match="is not the full path of an existing folder") as caught:
        locks.lock_folder()
    assert caught.value.where == "environment variable EDGEBENCH_LOCKS"
    assert "mount one folder of the host into all containers" in caught.value.fix


def test_a_holder_in_another_container_is_seen_and_named(tmp_path: Path) -> None:
    before = contained()
    if not before:
        pytest.skip("no PID namespaces here")
    command = [*before, sys.executable, str(HOLDER), "timing", str(tmp_path), "timing kws"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with (
            pytest.raises(MeasureError, match=r"held by: process \d+ \(timing kws, since"),
            locks.building(folder=tmp_path, deadline_s=0.1),
        ):
            pass
        other.kill()
    with locks.building(folder=tmp_path, deadline_s=10):
        assert locks._living(tmp_path, "host")


def test_the_holder_s_host_is_named_where_it_is_another(tmp_path: Path) -> None:
    with locks._named(tmp_path, "host", "timing kws"):
        (card,) = tmp_path.glob("*.holder")
        card.write_text(card.read_text().replace('"host": "', '"host": "c0ffee-'))
        (told,) = locks._living(tmp_path, "host")
    assert "in c0ffee-" in told
    assert "(timing kws, since " in told
    assert locks._living(tmp_path, "host") == []
