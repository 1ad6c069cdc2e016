"""A user's program for tests, run as ``python device_program.py DO FOLDER``: a device that doubles."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any


def main(do: str, folder: Path) -> None:
    request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
    answer: dict[str, Any] = {"schema": 1, "request": request["request"]}
    if "artifact" in request:
        content = (folder / request["artifact"]["path"]).read_bytes()
        answer["artifact"] = hashlib.sha256(content).hexdigest()
    answer |= ANSWERS[request["ask"]](request, folder)
    changed = MISDEEDS[do](answer, request)
    text = changed if isinstance(changed, str) else json.dumps(answer)
    if changed is not None:
        (folder / "answer.json").write_text(text, encoding="utf-8")


def describe(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {"runtime": {"name": "doubler", "version": "4.5"}, "cpu": "a chip"}


def run(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    import numpy as np

    (folder / "outputs").mkdir()
    x = np.load(folder / request["inputs"][0]["path"])
    np.save(folder / "outputs" / "y.npy", x * 2)
    return {"outputs": ["outputs/y.npy"]}


def timed(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The more bytes a file has, the slower."""
    call = 1e-6 * len((folder / request["artifact"]["path"]).read_bytes())
    return {"calls_s": [call] * request["calls"], "load_s": 0.01, "first_call_s": 0.002}


def memory(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {"peak_bytes": 3_000_000, "baseline_bytes": 2_000_000}


def count(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    return {"instructions": [2_000_001] + [2_000_000] * (request["calls"] - 1)}


ANSWERS = {"describe": describe, "run": run, "time": timed, "memory": memory, "count": count}

Answer = dict[str, Any]


def nothing(answer: Answer, request: Answer) -> object:
    return True


def crash(answer: Answer, request: Answer) -> object:
    print("device lost", file=sys.stderr, flush=True)  # noqa: T201 - what is printed is the point
    os.kill(os.getpid(), signal.SIGSEGV)
    return None


def fail(answer: Answer, request: Answer) -> object:
    print("no such device: A1", flush=True)  # noqa: T201 - what is printed is the point
    sys.exit(3)


def hang(answer: Answer, request: Answer) -> object:
    print("waiting for the device", flush=True)  # noqa: T201 - what is printed is the point
    if os.fork() == 0:
        Path(request["options"]["note"]).write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(1000)
    return None


def silent(answer: Answer, request: Answer) -> object:
    return None


def no_json(answer: Answer, request: Answer) -> object:
    return "{"


def a_list(answer: Answer, request: Answer) -> object:
    return "[]"


def refuse(answer: Answer, request: Answer) -> object:
    return json.dumps({"schema": 1, "request": request["request"], "error": "the arena is too small"})


def other_artifact(answer: Answer, request: Answer) -> object:
    answer["artifact"] = "0" * 64
    return True


def no_artifact(answer: Answer, request: Answer) -> object:
    del answer["artifact"]
    return True


def other_request(answer: Answer, request: Answer) -> object:
    answer["request"] = "command-of-yesterday"
    return True


def schema_2(answer: Answer, request: Answer) -> object:
    answer["schema"] = 2
    return True


def another_key(answer: Answer, request: Answer) -> object:
    answer["latency_ms"] = 3
    return True


def not_a_number(answer: Answer, request: Answer) -> object:
    answer["calls_s"] = [0.1, float("nan")]
    return True


def negative(answer: Answer, request: Answer) -> object:
    answer["calls_s"] = [-0.1]
    return True


def no_calls(answer: Answer, request: Answer) -> object:
    del answer["calls_s"]
    return True


def mean_only(answer: Answer, request: Answer) -> object:
    answer["mean_s"] = 0.004
    del answer["calls_s"], answer["load_s"], answer["first_call_s"]
    return True


def bad_load(answer: Answer, request: Answer) -> object:
    answer["load_s"] = "3 ms"
    return True


def warm(answer: Answer, request: Answer) -> object:
    answer["board"] = {
        "before": {"celsius": 41, "load": 0.5},
        "after": {"celsius": 49.6, "load": 1.5, "governor": "performance"},
    }
    return True


def odd_board(answer: Answer, request: Answer) -> object:
    answer["board"] = {"before": {}, "after": {"volts": 3}}
    return True


def no_version(answer: Answer, request: Answer) -> object:
    answer["runtime"] = {"name": "doubler", "version": 4.5}
    return True


def no_runtime(answer: Answer, request: Answer) -> object:
    del answer["runtime"]
    return True


def fractions(answer: Answer, request: Answer) -> object:
    answer["instructions"] = [1.5]
    answer["peak_bytes"] = 1.5
    answer = {key: value for key, value in answer.items() if key != request["options"].get("without")}
    return json.dumps(answer)


def outside(answer: Answer, request: Answer) -> object:
    answer["outputs"] = ["../../y.npy"]
    return True


def no_output(answer: Answer, request: Answer) -> object:
    answer["outputs"] = ["outputs/z.npy"]
    return True


def no_list(answer: Answer, request: Answer) -> object:
    answer["outputs"] = {}
    return True


MISDEEDS = {name: value for name, value in list(globals().items()) if callable(value) and name not in ANSWERS}

if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
