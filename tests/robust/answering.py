"""A worker's process that answers with given bytes, asked by the client as a session asks it."""

from __future__ import annotations

import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from pytest_edgebench.base.errors import EdgebenchError, MeasureError
from pytest_edgebench.profiles.target import LOCAL
from pytest_edgebench.workers.channel import unpack
from pytest_edgebench.workers.client import Client
from pytest_edgebench.workers.spec import Spec

QUESTIONS = ("describe", "run", "time", "pairs", "memory", "count")


class Told:
    """A channel whose answer is what `unpack` makes of some bytes, with the errors of `Process.ask`."""

    pid, alive = 0, True

    def __init__(self, content: bytes) -> None:
        self._content = content

    def ask(self, *_: Any) -> Any:
        from pytest_edgebench.workers import errors

        at = 0

        def read(count: int) -> bytearray:
            nonlocal at
            if count > len(self._content) - at:
                raise EOFError
            at += count
            return bytearray(self._content[at - count : at])

        try:
            return unpack(read)
        except EOFError:
            raise errors.died("a worker", "answering", 0, "") from None
        except Exception as cause:  # noqa: BLE001 - as `Process.ask`
            raise errors.malformed("a worker", "answering", str(cause), "") from None

    def tail(self) -> str:
        return ""

    def kill(self, patience_s: float = 0) -> int:
        return 0

    def close(self) -> None:
        pass


class There:
    """A target that starts it."""

    target_ref = LOCAL

    def __init__(self, content: bytes) -> None:
        self._content = content

    def start(self, *_: Any) -> Told:
        return Told(self._content)

    def put(self, path: Path) -> str:
        return str(path)

    def prepare(self) -> None:
        pass


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="answering-"))


def ask_everything(content: bytes) -> None:
    """Ask every question; what one of them accepts is accepted.

    Raises:
        EdgebenchError: none does.
    """
    x, path = np.ones((1, 2), np.float32), Path("net.onnx")
    refused: EdgebenchError | None = None
    for question in QUESTIONS:
        client = Client(Spec("litert"), _folder(), There(content))  # type: ignore[arg-type]
        try:
            if question == "describe":
                client.describe()
            elif question == "run":
                client.run(path, x)
            elif question == "time":
                client.time(path, x, loads=2, calls=2, seed=0)
            elif question == "pairs":
                client.pairs(path, path, x, loads=2, seed=0)
            elif question == "memory":
                client.memory(path, x)
            else:
                client.count(path, x)
            return
        except MeasureError as error:
            refused = error
    assert refused is not None
    raise refused


if __name__ == "__main__":
    ask_everything(Path(sys.argv[1]).read_bytes())
