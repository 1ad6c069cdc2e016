"""Progress as it is seen: on a terminal, in a log, under xdist, with -q and without a terminal reporter."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest
from plugin_project import Project

if TYPE_CHECKING:
    from pathlib import Path

TEST = """
import time


def test_slow(edge):
    assert edge.size.value > 0
    time.sleep(SECONDS if edge.recipe == "fp16" else 2 * SECONDS)
"""
HASTE = """

import pytest_edgebench.reports.progress as shown

shown.PERIOD_S = PERIOD
"""
LINE = re.compile(r"^edgebench: (.*)$", re.MULTILINE)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(tmp_path / "project")
    slow(project)
    return project


def slow(project: Project, seconds: float = 0.4, period: float = 0.2) -> None:
    """Two cases, of which one takes so long and one twice, and logs that get a line so often."""
    conftest = (project.folder / "conftest.py").read_text(encoding="utf-8").partition(HASTE[:30])[0]
    project.write(
        {
            "conftest.py": conftest + HASTE.replace("PERIOD\n", f"{period}\n"),
            "test_net.py": TEST.replace("SECONDS", str(seconds)),
        }
    )


def test_a_log_gets_whole_lines(project: Project) -> None:
    ran = project.run().calm()
    assert ran.status == 0, ran.text
    assert "\r" not in ran.text
    assert "\x1b" not in ran.text
    lines = LINE.findall(ran.text)
    assert lines, ran.text
    assert all(re.match(r"(compressing|measuring) \d/\d", found) for found in lines)


def test_a_log_gets_no_line_before_its_time(project: Project) -> None:
    slow(project, period=30.0)
    ran = project.run().calm()
    assert ran.status == 0, ran.text
    assert "compressing" not in ran.text
    assert "measuring" not in ran.text


def test_a_log_of_several_processes(project: Project) -> None:
    ran = project.run("-n", "2").calm()
    assert ran.status == 0, ran.text
    assert "\x1b[J" not in ran.text
    assert any("measuring" in found for found in LINE.findall(ran.text)), ran.text


@pytest.mark.parametrize("arguments", [("-q",), ("-q", "-n", "2"), ("-p", "no:terminal")])
def test_nothing_where_nothing_is_wanted(project: Project, arguments: tuple[str, ...]) -> None:
    ran = project.run(*arguments).calm()
    assert ran.status == 0, ran.text
    assert "compressing" not in ran.text
    assert "measuring" not in ran.text


def on_terminal(project: Project, *arguments: str, columns: int = 100, **environment: str) -> str:
    """What a terminal of so many columns receives from pytest."""
    import fcntl
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 30, columns, 0, 0))
    own = {
        name: v for name, v in os.environ.items() if not name.startswith(("PYTEST_", "COLUMNS", "NO_COLOR"))
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", *arguments],
        cwd=project.folder, env={**own, "TERM": "xterm", **environment},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    found, end = b"", time.monotonic() + 120
    while time.monotonic() < end:
        if not select.select([ours], [], [], 1.0)[0]:
            continue
        try:
            part = os.read(ours, 65536)
        except OSError:  # the other side is closed
            break
        found += part
    else:
        process.kill()
    assert process.wait(30) == 0, found
    os.close(ours)
    return found.decode()


def screen(text: str) -> list[str]:
    """Lines that stay on an endless screen, from the codes that we and pytest use."""
    lines, row, column = [""], 0, 0
    for code in re.findall(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b\[[?\d;]*[A-Za-z]|[\s\S]", text):
        if code == "\n":
            row += 1
            lines += [""] * (row + 1 - len(lines))
        elif code == "\r":
            column = 0
        elif code[:2] == "\x1b]" or (code[0] == "\x1b" and code.endswith("m")):
            continue
        elif code == "\x1b[J":
            lines[row:] = [lines[row][:column]]
        elif code == "\x1b[1A":
            row -= 1
        elif code[0] == "\x1b" and code.endswith("C"):
            column += int(code[2:-1])
        else:
            assert code[0] != "\x1b", repr(code)
            lines[row] = lines[row].ljust(column)[:column] + code + lines[row][column + 1 :]
            column += 1
    return lines


@pytest.mark.parametrize("arguments", [(), ("-v",), ("-n", "2")])
def test_a_terminal_shows_one_line_and_keeps_none(project: Project, arguments: tuple[str, ...]) -> None:
    slow(project, seconds=0.7)
    text = on_terminal(project, *arguments)
    assert re.search(r"measuring \d/2", text), text
    left = "\n".join(screen(text))
    assert "measuring" not in left
    assert "compressing" not in left
    assert "2 passed" in left
    assert left.count("PASSED") == 2 if "-v" in arguments else re.search(r"(^|\s)\.\.\s", left), left


def test_a_narrow_terminal_without_colours(project: Project) -> None:
    slow(project, seconds=0.7)
    text = on_terminal(project, columns=24, NO_COLOR="1")
    drawn = re.findall(r"\n\r\x1b\[J([^\x1b]*)\x1b\[1A", text)
    assert drawn, text
    assert all(0 < len(found) < 24 for found in drawn)
    assert "\x1b[2m" not in text


def test_a_terminal_that_knows_no_codes(project: Project) -> None:
    text = on_terminal(project, TERM="dumb")
    assert "\x1b" not in text
    assert LINE.findall(text.replace("\r\n", "\n"))


def test_quiet_on_a_terminal(project: Project) -> None:
    assert "measuring" not in on_terminal(project, "-q")
