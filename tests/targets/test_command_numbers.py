"""What cannot be in a program's answer: each is refused with a sentence, none raises anything else."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.targets import command_answer, command_numbers
from pytest_edgebench.targets.command_numbers import SHORTEST_S, longest
from pytest_edgebench.workers.told import MOST

if TYPE_CHECKING:
    from pathlib import Path

NO_TIMES = [
    0, -1, -0.0, 1e308, 5e-324, 1e-12, 10**400, -(10**400), 2**64 * 1e-6, math.nan, math.inf, -math.inf, True,
    "1", None, [0.001], {},
]  # fmt: skip
NO_COUNTS = [0, -1, 1.0, 1.5, 10**400, 2**64, MOST + 1, math.nan, True, "1", None, []]
NO_BOARDS = [
    10**400, math.nan, -1, 1e300, True, "1", None, []
]  # fmt: skip


def refused(ask: Any) -> str:
    with pytest.raises(MeasureError) as caught:
        ask()
    assert caught.value.fix
    assert len(caught.value.what) < 350
    assert str(caught.value).replace("\n", "").isprintable()
    return caught.value.what


@pytest.mark.parametrize("value", NO_TIMES, ids=lambda value: repr(value)[:20])
def test_times_that_cannot_be(value: object) -> None:
    bound = longest("device", 1.0)
    told = refused(lambda: command_numbers.calls({"calls_s": [0.1, value]}, 2, 1.0, "p", bound))
    assert "calls_s" in told
    if value is not None:
        assert "load_s" in refused(lambda: command_numbers.seconds({"load_s": value}, "load_s", "p", bound))
        assert "mean_s" in refused(lambda: command_numbers.calls({"mean_s": value}, 2, 1.0, "p", bound))


def test_a_measured_time_is_no_longer_than_the_request() -> None:
    """A predicted one may be: nothing has to run for it."""
    two = {"calls_s": [2.0]}
    assert "longer than 1.04 s" in refused(
        lambda: command_numbers.calls(two, 1, 1.0, "p", longest("host", 1.0))
    )
    assert command_numbers.calls(two, 1, 1.0, "p", longest("predicted", 1.0)) == [2.0]
    assert "longer than 8.64e+04 s" in refused(
        lambda: command_numbers.calls({"calls_s": [9e4]}, 1, 1.0, "p", longest("predicted", 1.0))
    )


def test_fewer_calls_than_asked_for() -> None:
    """Unless the time for them was used up."""
    assert "2 of the 3 times" in refused(
        lambda: command_numbers.calls({"calls_s": [0.1] * 2}, 3, 1.0, "p", 2)
    )
    assert command_numbers.calls({"calls_s": [0.6] * 2}, 3, 1.0, "p", 2) == [0.6] * 2
    both = {"calls_s": [0.1], "mean_s": 0.1}
    assert "calls_s and mean_s" in refused(lambda: command_numbers.calls(both, 1, 1.0, "p", 2))
    assert command_numbers.calls({"calls_s": [SHORTEST_S]}, 1, 1.0, "p", 2) == [SHORTEST_S]


@pytest.mark.parametrize("value", NO_COUNTS, ids=lambda value: repr(value)[:20])
def test_counts_that_cannot_be(value: object) -> None:
    assert "peak_bytes" in refused(lambda: command_numbers.whole({"peak_bytes": value}, "peak_bytes", "p"))
    assert "instructions" in refused(lambda: command_numbers.counts({"instructions": [5, value]}, "p"))
    assert command_numbers.counts({"instructions": [MOST]}, "p") == [MOST]


@pytest.mark.parametrize("value", NO_BOARDS, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize("key", ["load", "celsius", "cpus", "governor"])
def test_boards_that_cannot_be(key: str, value: object) -> None:
    if key == "celsius" and value == -1:
        return
    if key == "governor" and value == "1":
        value = "x\x1b[31m"
    given = {"board": {"before": {}, "after": {key: value}}}
    assert f"board.after.{key}" in refused(lambda: command_numbers.board(given, "p"))


@pytest.mark.parametrize("name", ["\x1b[31mred", "two\nlines", "\u202etxt", "n" * 201, ""])
@pytest.mark.parametrize("key", ["name", "version"])
def test_names_that_are_no_line_of_text(key: str, name: str) -> None:
    runtime = {"name": "litert", "version": "1", key: name}
    told = refused(lambda: command_answer.described({"runtime": runtime}, "p"))
    assert f"runtime.{key} is" in told


ARRAYS = {
    "a header that claims more": (b"(2, 6), }", b"(2, 9999999999), }", "header says 79,999,999,992 bytes"),
    "a negative length": (b"(2, 6), }", b"(2, -6), }", "its shape is (2, -6)"),
    "another number of samples": (b"(2, 6), }", b"(3, 4), }", "its shape is (3, 4), for 2 samples"),
    "text": (b"<f4", b"<U1", "it holds no numbers"),
    "objects": (b"'<f4'", b"'|O' ", "it holds Python objects"),
    "fields": (b"'<f4'", b"'V4' ", "it holds no numbers"),
    "no archive": (b"\x93NUMPY", b"PK\x03\x04\x00\x00", "the magic string is not correct"),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_are_refused_by_their_header(name: str, tmp_path: Path) -> None:
    old, new, told = ARRAYS[name]
    np.save(tmp_path / "y.npy", np.ones((2, 6), np.float32))
    content = (tmp_path / "y.npy").read_bytes()
    assert old in content
    (tmp_path / "y.npy").write_bytes(content.replace(old, new))
    assert told in refused(lambda: command_answer.outputs({"outputs": ["y.npy"]}, tmp_path, 2, "p"))


@pytest.mark.parametrize("path", ["n" * 5000, "a\x00b", ".", "../y.npy", "/dev/zero", "loop", "\ud800"])
def test_paths_that_lead_nowhere(path: str, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    assert refused(lambda: command_answer.outputs({"outputs": [path]}, tmp_path, 2, "p"))[:2] == "p "


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 100_000,
        b'{"a": ' * 100_000,
        json.dumps({"schema": 1}).encode("utf-16"),
        b"",
        b"9" * 5000,
        b"\x80",
    ],
    ids=["lists", "objects", "utf-16", "empty", "digits", "a byte"],
)
def test_answers_that_are_no_json(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "answer.json").write_bytes(content)
    told = refused(lambda: command_answer.read(tmp_path, {"request": "r", "ask": "time"}, "p", "timing", ""))
    assert "wrote an answer.json that is not JSON while timing" in told
