"""A program of a `command` target that answers wrongly: ``wrong_program.py WAY FOLDER``; "right" is right."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = dict[str, Any]


def times(*values: object, key: str = "calls_s") -> Callable[[str, Answer, Path], None]:
    def change(ask: str, answer: Answer, folder: Path) -> None:
        if ask == "time":
            answer[key] = list(values) * 200 if key == "calls_s" else values[0]

    return change


def array(content: bytes) -> Callable[[str, Answer, Path], None]:
    def change(ask: str, answer: Answer, folder: Path) -> None:
        if ask == "run":
            (folder / "y.npy").write_bytes(content)

    return change


def few(ask: str, answer: Answer, folder: Path) -> None:
    if ask == "time":
        answer["calls_s"] = answer["calls_s"][:1]


def loud(ask: str, answer: Answer, folder: Path) -> None:
    if ask == "time":
        for _ in range(100):
            os.write(1, b"x" * 1_000_000)


def lingering(ask: str, answer: Answer, folder: Path) -> None:
    if ask == "time" and os.fork() == 0:
        time.sleep(60)
        os._exit(0)


def coloured(ask: str, answer: Answer, folder: Path) -> None:
    if ask == "describe":
        answer["runtime"]["name"] = "\x1b[31monnxruntime\n::error::x"


def said(ask: str, answer: Answer, folder: Path) -> None:
    if ask == "time":
        answer["error"] = "\x1b]0;x\x07\n::error::<script>alert(1)</script>\u202e"


def board(ask: str, answer: Answer, folder: Path) -> None:
    if ask == "time":
        answer["board"] = {"before": {"load": 10**400}, "after": {}}


def pipe(ask: str, answer: Answer, folder: Path) -> None:
    if ask == "time":
        os.mkfifo(folder / "answer.json")
        sys.exit()


def tidy(ask: str, answer: Answer, folder: Path) -> None:
    if ask == "time":
        shutil.rmtree(folder)
        sys.exit()


def head(shape: str, dtype: str = "<f4") -> bytes:
    text = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


WAYS: dict[str, Callable[[str, Answer, Path], None]] = {
    "right": lambda ask, answer, folder: None,
    "digits": times(10**400),
    "largest": times(1e308),
    "smallest": times(5e-324),
    "picoseconds": times(1e-12),
    "microseconds": times(2**64 * 1e-6),
    "negative": times(-1),
    "boolean": times(True),
    "nan": times(float("nan")),
    "load": times(10**400, key="load_s"),
    "first": times(1e308, key="first_call_s"),
    "few": few,
    "giant": array(head("(1000000000000000,)")),
    "objects": array(head("(40, 2)", "|O")),
    "archive": array(b"PK\x03\x04" + bytes(60)),
    "loud": loud,
    "lingering": lingering,
    "coloured": coloured,
    "said": said,
    "board": board,
    "pipe": pipe,
    "tidy": tidy,
}


def main(way: str, folder: Path) -> None:
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    ask = request["ask"]
    answer: Answer = {"schema": 1, "request": request["request"]}
    if ask == "describe":
        answer["runtime"] = {"name": "onnxruntime", "version": "1"}
    else:
        content = (folder / request["artifact"]["path"]).read_bytes()
        answer["artifact"] = hashlib.sha256(content).hexdigest()
    if ask == "run":
        import onnxruntime

        session = onnxruntime.InferenceSession(content)
        x = np.load(folder / request["inputs"][0]["path"])
        np.save(folder / "y.npy", session.run(None, {"x": x})[0])
        answer["outputs"] = ["y.npy"]
    if ask == "time":
        answer["calls_s"] = [0.001] * request["calls"]
    WAYS[way](ask, answer, folder)
    (folder / "answer.json").write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
