"""Boards that cannot be reached, or lack what is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
from loopback_board import LoopbackBoard, on_board, python_like, script

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.targets import ssh, ssh_link
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from pathlib import Path

X = np.array([[1, 2]], np.float32)


def failure(pool: Pool, wanted: Spec) -> MeasureError:
    with pytest.raises(MeasureError) as caught:
        pool.get(wanted).describe()
    return caught.value


# What cannot be reached


def test_unknown_host_key(board: LoopbackBoard, pool: Pool) -> None:
    """Refused, also the second time, and nothing is written down."""
    config = board.client("unknown", known="")
    wanted = on_board(board, target={"config": str(config)})
    for _ in range(2):
        error = failure(pool, wanted)
        assert f"{board.address} is not known: no key of it is on record here" in str(error)
        assert "compare the fingerprint" in error.fix
        assert error.lasting
    assert (board.folder / "unknown.known_hosts").read_text() == ""


def test_a_user_who_accepts_any_key_is_overruled(board: LoopbackBoard, pool: Pool) -> None:
    config = board.client("lax", known="")
    config.write_text(config.read_text() + "  StrictHostKeyChecking no\n")
    assert "is not known" in str(failure(pool, on_board(board, target={"config": str(config)})))
    assert (board.folder / "lax.known_hosts").read_text() == ""


def test_changed_host_key(board: LoopbackBoard, pool: Pool) -> None:
    config = board.client("changed", known=board.stranger())
    error = failure(pool, on_board(board, target={"config": str(config)}))
    assert f"{board.address} answers with another key than it had" in str(error)
    assert "ssh-keygen -R" in error.fix


def test_wrong_key(board: LoopbackBoard, pool: Pool) -> None:
    config = board.client("wrong", key="stranger")
    error = failure(pool, on_board(board, target={"config": str(config)}))
    assert f"{board.address} does not let us in" in str(error)
    assert "Permission denied (publickey)" in str(error)
    assert "ssh-copy-id" in error.fix


def test_switched_off(tmp_path: Path, pool: Pool, net: Path) -> None:
    """It is tried again with each question, and works when it is back."""
    board = LoopbackBoard(tmp_path / "b")
    board.switch_off()
    error = failure(pool, on_board(board))
    assert f"{board.address} cannot be reached" in str(error)
    assert "Connection refused" in str(error)
    assert not error.lasting
    board.switch_on()
    assert pool.get(on_board(board)).run(net, X).arrays[0].tolist() == [[3, 6]]
    board.switch_off()


def test_no_ssh_here(board: LoopbackBoard, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Pool(tmp_path / "printed") as pool:
        error = failure(pool, on_board(board))
    assert str(error).startswith("the program ssh cannot be started: No such file")
    assert "apt-get install openssh-client" in error.fix


def test_a_configuration_that_is_none(board: LoopbackBoard, pool: Pool, tmp_path: Path) -> None:
    error = failure(pool, on_board(board, target={"config": str(tmp_path / "gone")}))
    assert "Can't open user config file" in str(error)


def test_a_login_that_never_ends(tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ssh_link, "LOGIN_S", 0.5)
    board = LoopbackBoard(tmp_path / "b", command="echo a moment; sleep 30")
    error = failure(pool, on_board(board, target={"connect_s": 1}))
    assert f"{board.address} had not let us in after 1.5 s" in str(error)
    assert "Its login must end without a question" in error.fix
    board.switch_off()


def test_something_else_than_a_board(tmp_path: Path, pool: Pool) -> None:
    """A router, say, that takes no commands of a shell."""
    board = LoopbackBoard(tmp_path / "b", command=f"echo {ssh_link.READY}; cat >/dev/null")
    error = failure(pool, on_board(board))
    assert f"{board.address} does not behave like a Linux machine with a POSIX shell" in str(error)
    assert "the account needs a shell" in error.fix
    board.switch_off()


def test_too_slow(board: LoopbackBoard) -> None:
    link = ssh_link.Link(board.address, str(board.config), 10)
    link.open()
    with pytest.raises(MeasureError, match=r"had not finished after 0\.3 s while sleeping"):
        link.run("sleep 3", "sleeping", deadline_s=0.3)
    assert link.run("echo on; exit 3", "asking") == (3, "on\n")
    link.close()


# What a board lacks


def test_no_tar(tmp_path: Path, pool: Pool) -> None:
    commands = ("sh", "env", "mkdir", "find", "date", "uname", "rm", "touch", "mv", "cat")
    (tmp_path / "bin").mkdir()
    for name in commands:
        (tmp_path / "bin" / name).symlink_to(shutil.which(name) or name)
    board = LoopbackBoard(tmp_path / "b", {"PATH": str(tmp_path / "bin")})
    error = failure(pool, on_board(board))
    assert f"the worker could not be sent to {board.address}" in str(error)
    assert "does the board have tar?" in error.fix
    board.switch_off()


def test_no_python(board: LoopbackBoard, pool: Pool) -> None:
    error = failure(pool, on_board(board, python="/no/such/python"))
    assert f"{board.address} has no interpreter /no/such/python" in str(error)
    assert "install Python ≥ 3.11 there" in error.fix
    assert pool.get(on_board(board)).describe()["name"] == "board"  # with one that is there


def test_old_python(board: LoopbackBoard, pool: Pool, tmp_path: Path) -> None:
    older = '-c "import sys; sys.version_info = (3, 9, 2); exec(sys.argv[2])"'
    python = python_like(tmp_path / "python3.9", older)
    error = failure(pool, on_board(board, python=python))
    assert f"{python} on {board.address} is Python 3.9.2, and the worker needs 3.11" in str(error)


def test_no_numpy(board: LoopbackBoard, pool: Pool, tmp_path: Path) -> None:
    python = python_like(tmp_path / "bare", "-I -S")
    error = failure(pool, on_board(board, python=python))
    assert f"{python} on {board.address} has no numpy" in str(error)
    assert "No module named 'numpy'" in str(error)


def test_no_runtime(board: LoopbackBoard, pool: Pool) -> None:
    wanted = Spec("tflite-runtime", python=sys.executable, target_ref=board.target_ref())
    error = failure(pool, wanted)
    assert str(error).startswith(f"tflite-runtime on {board.address} cannot be imported in {sys.executable}")
    assert "install it there" in error.fix


def test_another_version(board: LoopbackBoard, pool: Pool) -> None:
    error = failure(pool, on_board(board, version="1.3"))
    assert str(error).startswith(
        f"board_runtime on {board.address} is version 1.2.3, and the profile asks for 1.3"
    )
    assert pool.get(on_board(board, version="1.2")).describe()["version"] == "1.2.3"


def test_nothing_can_be_written(board: LoopbackBoard, pool: Pool) -> None:
    for _ in range(2):  # also once the connection is there
        error = failure(pool, on_board(board, target={"folder": "/proc/edgebench"}))
        assert f"nothing can be written to /proc/edgebench on {board.address}" in str(error)
        assert "name another folder in target_options" in error.fix


def test_no_room(board: LoopbackBoard, pool: Pool, tmp_path: Path, net: Path) -> None:
    """The model is refused; the worker, which is small, goes on."""
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        client = pool.get(on_board(board, target={"folder": str(small / "edgebench")}))
        client.describe()
        net.write_bytes(os.urandom(1 << 20))
        with pytest.raises(MeasureError) as caught:
            client.run(net, X)
        assert f"{board.address} has no room for " in str(caught.value)
        assert "make room there" in caught.value.fix
        assert client.describe()["name"] == "board"
        assert not list((small / "edgebench" / "files").glob("part-*"))
    finally:
        pool.close()
        subprocess.run(["umount", "--lazy", str(small)], check=True)


def test_wrong_clock(tmp_path: Path, pool: Pool, net: Path) -> None:
    """Times are taken by a clock that counts seconds only; that the date is wrong is told."""
    script(tmp_path / "bin" / "date", "exec /bin/date -d '2 hours ago' \"$@\"")
    board = LoopbackBoard(tmp_path / "b", {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"})
    client = pool.get(on_board(board))
    assert client.run(net, X).arrays[0].tolist() == [[3, 6]]
    assert pool.reached(client.spec)["clock"] == "2.0 h behind"
    board.switch_off()


@pytest.mark.parametrize(
    ("date", "told"),
    [("1000", ""), ("1059", ""), ("1061", "1.0 min ahead"), ("0", "16.7 min behind"), ("?", "unknown")],
)
def test_clock_in_words(date: str, told: str) -> None:
    assert ssh.clock_told(date, 1000) == told


def test_days_behind() -> None:
    assert ssh.clock_told("0", 86400 * 365.0) == "365.0 days behind"
