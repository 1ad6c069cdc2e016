"""A session in which programs answer wrongly, each in its way: every one costs its own case alone."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_whole_targets import CONFTEST, INI, write_net
from wrong_program import WAYS

from pytest_edgebench.record.load import load_run

PROGRAM = Path(__file__).with_name("wrong_program.py")
TEST = """
import pytest_edgebench as eb


@eb.budget(size="20 kB", accuracy="10 %", latency="1 s")
def test_budget(edge):
    edge.check()
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("answers")
    profiles = [
        f'[profiles.{way}]\ntarget = "command"\nruntime = "onnxruntime"\n[profiles.{way}.target_options]\n'
        f'run = ["{sys.executable}", "{PROGRAM}", "{way}"]\nevidence = "device"\n'
        'gives = ["outputs", "latency"]\n'
        for way in WAYS
    ]
    for name, text in (
        ("conftest.py", CONFTEST),
        ("test_net.py", TEST),
        (
            "pytest.ini",
            INI.replace("cap_seconds = 1", "cap_seconds = 20"),
        ),  # a decision, also on a busy machine
        ("edgebench.toml", "".join(profiles)),
    ):
        (folder / name).write_text(text, encoding="utf-8")
    write_net(folder / "net.onnx")
    options = ["--edgebench-show=all", "--edgebench-report=r.html", "--edgebench-json=r.json",
               "--edgebench-markdown=r.md", "--junitxml=r.xml"]  # fmt: skip
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    return folder, ended.stdout + ended.stderr


def test_only_the_right_one_passes(ran: tuple[Path, str]) -> None:
    """Every other case is an ERROR of one sentence, with what to do."""
    folder, _ = ran
    verdicts = {case.profile: case for case in load_run(folder / "r.json").cases if case.recipe == "fp16"}
    assert set(verdicts) == set(WAYS)
    assert verdicts.pop("right").verdict.value == "PASS"
    for way, case in verdicts.items():
        (check,) = case.checks
        assert check.verdict.value == "ERROR", way
        assert re.match(r"test_net\.py:\d+: ", check.reason), (way, check.reason)
        assert "; " in check.reason, way
        assert "\n" not in check.reason.partition("\n  it printed:")[0], way


def test_nothing_is_told_raw_and_everything_is_written(ran: tuple[Path, str]) -> None:
    folder, text = ran
    assert "Traceback" not in text
    assert "INTERNALERROR" not in text
    for name in ("r.html", "r.md", "r.xml"):
        written = (folder / name).read_text(encoding="utf-8")
        assert "<script>alert" not in written
        text += written
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", text)
    assert not re.search(r"^\s*::", text, re.MULTILINE)
