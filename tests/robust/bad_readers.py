"""Every reader of files and answers that may come from elsewhere, whole inputs, and a way to damage them."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mutation
import numpy as np
import parquet_files

if TYPE_CHECKING:
    import random

Mutate = Callable[[bytes, "random.Random"], bytes]
TESTS = Path(__file__).parents[1]
X = np.arange(24, dtype="float32").reshape(4, 6)
Y = np.array([0, 1, 1, 0])


@dataclass(frozen=True)
class Reader:
    """One reader.

    Attributes:
        seeds: makes whole inputs in a folder.
        read: writes an input into a folder and reads it; only errors of ours may come out.
        mutate: a damaged copy.
        exact: what is accepted has the meaning of a whole input, by check sums; `read` gives the meaning.
    """

    seeds: Callable[[Path], list[bytes]]
    read: Callable[[Path, bytes], Any]
    mutate: Mutate = mutation.in_bytes
    exact: bool = False


def _saved(save: Callable[..., None], *args: Any, **arrays: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, *args, **arrays)
    return buffer.getvalue()


def _headed(content: bytes, chance: random.Random) -> bytes:
    """An archive whose member is damaged, with a check sum that fits."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        member = archive.read("x.npy")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("x.npy", mutation.in_bytes(member, chance))
        archive.writestr("y.npy", _saved(np.save, Y))
    return buffer.getvalue()


def _model(folder: Path, data: Any, **more: Any) -> Any:
    from pytest_edgebench.declare.model import Model

    return Model("n.onnx", data, None, folder=folder, place="c.py:1", **more)  # type: ignore[arg-type]


def _read_npz(folder: Path, content: bytes) -> None:
    from pytest_edgebench.samples.data import load

    (folder / "d.npz").write_bytes(content)
    list(load(_model(folder, "d.npz")).batches(3))


def _read_npy(folder: Path, content: bytes) -> None:
    from pytest_edgebench.samples.data import load

    (folder / "d.npy").write_bytes(content)
    list(load(_model(folder, ("d.npy", Y))).batches(3))


def _read_labels(folder: Path, content: bytes) -> None:
    from pytest_edgebench.samples.data import load

    (folder / "d.npy").write_bytes(content)
    load(_model(folder, (X, "d.npy")))


def _read_calibration(folder: Path, content: bytes) -> None:
    from pytest_edgebench.samples.data import calibration

    (folder / "d.npz").write_bytes(content)
    calibration(_model(folder, (X, Y), calibration="d.npz"), 2)


def _of_model(name: str) -> Callable[[Path, bytes], None]:
    def read(folder: Path, content: bytes) -> None:
        """As a session does: its parts are found, counted, and given a digest."""
        from pytest_edgebench.artifacts.canonical import digest
        from pytest_edgebench.artifacts.inspect.file import inspect

        path = folder / name
        path.write_bytes(content)
        inspect(path)
        digest(path)

    return read


def _onnx_seeds(folder: Path) -> list[bytes]:
    sys.path.insert(0, str(TESTS / "artifacts"))
    from onnx_files import conv_net  # type: ignore[import-not-found]

    plain = conv_net(folder / "a.onnx").read_bytes()
    return [plain, conv_net(folder / "q.onnx", quantized=True).read_bytes()]


def _external_seeds(folder: Path) -> list[bytes]:
    sys.path.insert(0, str(TESTS / "artifacts"))
    from onnx_files import conv_net

    return [conv_net(folder / "m.onnx", external=True).read_bytes()]  # with weights.bin beside it


def _in_onnx(content: bytes, chance: random.Random) -> bytes:
    import onnx

    return mutation.in_message(content, chance, onnx.ModelProto)


def _in_external(content: bytes, chance: random.Random) -> bytes:
    """One of the entries that say where the weights lie is changed."""
    import onnx

    model = onnx.ModelProto.FromString(content)
    tensors = [tensor for tensor in model.graph.initializer if tensor.external_data]
    entry = chance.choice(chance.choice(tensors).external_data)
    texts = (
        "../weights.bin", "/etc/passwd", "..", "", "weights.bin\x00", "w" * 5000, "-1", "1e9", "9" * 20, "0",
        "7", "m.onnx", "./weights.bin", "link.bin", "pipe", "\x1b[31m",
    )  # fmt: skip
    entry.value = chance.choice(texts)
    if chance.random() < 0.2:
        entry.key = chance.choice(("offset", "length", "location", "x"))
    found: bytes = model.SerializeToString()
    return found


def _tflite_seeds(folder: Path) -> list[bytes]:
    sys.path.insert(0, str(TESTS / "runtimes"))
    import tflite_written as written  # type: ignore[import-not-found]

    made = (written.recurrent, written.signed, written.free_convolution)
    found = [make(folder / f"{number}.tflite").read_bytes() for number, make in enumerate(made)]
    return [*found, (TESTS / "characterisation" / "blobs.tflite").read_bytes()]


def _read_settings(folder: Path, content: bytes) -> None:
    from pytest_edgebench.profiles import errors
    from pytest_edgebench.profiles.document import read
    from pytest_edgebench.profiles.load import read_profiles
    from pytest_edgebench.settings.waivers import read_waivers

    (folder / "edgebench.toml").write_bytes(content)
    document = read(folder)
    assert document is not None
    problems: list[Any] = []
    read_profiles(document, None, (), problems)
    read_waivers(document, problems)
    if problems:
        raise errors.several(problems)


SETTINGS = b"""\
[profiles.rpi4]
extends = "cortex-a72"
threads = 4
batch = 2
ram = "2 GB"
required = true
[profiles.board]
target = "ssh://pi@board:22"
runtime = "litert"
runtime_options = {delegates = "none"}
python = "python3"
[profiles.phone]
target = "command"
runtime = "onnxruntime"
[profiles.phone.target_options]
run = ["./measure.sh", "--serial"]
evidence = "device"
gives = ["outputs", "latency"]
lock = "phone"
[[waivers]]
case = "kws-int8-rpi4"
metric = "size"
up_to = "baseline + 8 %"
until = 2030-06-30
reason = "wider first layer"
"""


def _baseline_seeds(folder: Path) -> list[bytes]:
    from pytest_edgebench.record.baseline import Baseline, Entry, dump
    from pytest_edgebench.record.run import Metric

    metrics = {"size": Metric(10.0, "B", "static", 1), "accuracy": Metric(90.5, "%", "host", 100, 88.0, 92.0)}
    cases = {}
    for number in range(4):
        case = f"kws-int8-p{number}"
        files = {"kws.onnx": f"{number + 1:064x}"}
        cases[case] = Entry(
            case, "kws", "int8", "", f"p{number}", "conftest.py:9", ("test_kws.py",), f"{number:064x}",
            "onnx", "kws.onnx", files, "ab", ("Quantize(scheme='static-int8')",), {"onnx": "1.19.0"},
            {"name": "onnxruntime"}, metrics, {"MatMul": 2}, made="2026-01-01T00:00:00+00:00",
        )  # fmt: skip
    made = Baseline(folder, "2026-01-01T00:00:00+00:00", "abc", {"cpu": "x"}, cases, {}, "folder", "")
    return [dump(made).encode()]


def _read_baseline(folder: Path, content: bytes) -> Any:
    from pytest_edgebench.record.baseline import load

    (folder / "baseline.json").write_bytes(content)
    found = load(folder)
    return found.cases


def _run_seeds(folder: Path) -> list[bytes]:
    sys.path.insert(0, str(TESTS / "reports"))
    from report_runs import matrix, remembered, run  # type: ignore[import-not-found]

    from pytest_edgebench.record import store

    cases = matrix(96).cases
    return [store.dump(run(remembered(cases[3]), cases[31], cases[70], cases[89])).encode()]


def _read_run(folder: Path, content: bytes) -> None:
    """Read, and if it is accepted, reported in all ways."""
    from pytest_edgebench.record.load import load_run
    from pytest_edgebench.reports import github, html, markdown, suggest, terminal

    (folder / "run.json").write_bytes(content)
    run = load_run(folder / "run.json")
    terminal.summary(run, "all", 100, colour=False)
    markdown.render(run)
    github.commands(run)
    html.render(run)
    suggest.suggestions(run)


def _history_seeds(folder: Path) -> list[bytes]:
    sys.path.insert(0, str(TESTS / "reports"))
    from report_runs import matrix, run

    from pytest_edgebench.record.history import SqliteHistory

    path = folder / "seed.sqlite"
    history = SqliteHistory(path)
    history.add(run(*matrix(96).cases[:6]))
    history.close()
    return [path.read_bytes()]


def _read_history(folder: Path, content: bytes) -> None:
    from contextlib import closing

    from pytest_edgebench.record.history import Slot, SqliteHistory

    for path in folder.glob("h.sqlite*"):
        path.unlink()
    (folder / "h.sqlite").write_bytes(content)
    with closing(SqliteHistory(folder / "h.sqlite", 0.1)) as history:
        slot = Slot("kws-int8-rpi4", "latency", "p50", "")
        history.streak(slot)
        history.past(slot, "s", 20)
        history.counts()


ANSWERS: dict[str, dict[str, Any]] = {
    "describe": {"runtime": {"name": "litert", "version": "2"}, "cpu": "x"},
    "run": {"artifact": "ab", "outputs": ["y.npy"], "raw": False},
    "time": {"artifact": "ab", "calls_s": [0.1, 0.2], "load_s": 0.1, "first_call_s": 0.1},
    "memory": {"artifact": "ab", "peak_bytes": 30, "baseline_bytes": 20},
    "count": {"artifact": "ab", "instructions": [5, 6]},
}
BOARD = {"load": 0.5, "celsius": 40.0, "governor": "performance", "cpus": 4}


def _answer_seeds(folder: Path) -> list[bytes]:
    board = {"before": BOARD, "after": BOARD}
    return [
        json.dumps({"schema": 1, "request": ask, **answer, "board": board}).encode()
        for ask, answer in ANSWERS.items()
    ]


def _read_answer(folder: Path, content: bytes) -> None:
    """As an answer to each question, since the one that was asked is not known here."""
    from pytest_edgebench.base.errors import EdgebenchError
    from pytest_edgebench.targets import command_answer, command_numbers

    (folder / "answer.json").write_bytes(content)
    np.save(folder / "y.npy", np.ones((2, 3), np.float32))
    refused: EdgebenchError | None = None
    for ask in ANSWERS:
        request = {"request": ask, "ask": ask}
        if ask != "describe":
            request["artifact"] = {"sha256": "ab"}  # type: ignore[assignment]
        try:
            answer = command_answer.read(folder, request, "p", "asking", "")
            command_numbers.board(answer, "p")
            if ask == "describe":
                command_answer.described(answer, "p")
            elif ask == "run":
                command_answer.outputs(answer, folder, 2, "p")
            elif ask == "time":
                command_numbers.calls(answer, 2, 1.0, "p", 1.0)
                command_numbers.seconds(answer, "load_s", "p", 1.0)
            elif ask == "memory":
                command_numbers.whole(answer, "peak_bytes", "p")
            else:
                command_numbers.counts(answer, "p")
            return
        except EdgebenchError as error:
            refused = error
    assert refused is not None
    raise refused


def _read_output(folder: Path, content: bytes) -> None:
    from pytest_edgebench.targets import command_answer

    (folder / "y.npy").write_bytes(content)
    command_answer.outputs({"outputs": ["y.npy"]}, folder, 4, "p")


def _frame_seeds(folder: Path) -> list[bytes]:
    from pytest_edgebench.workers.channel import pack

    reading = {"load": 0.5, "steal_s": 0.0, "at_s": 1.0, "clock_s": 1e-9}
    readings = [reading, reading]
    times = {"load": np.ones(2) / 100, "first_call": np.ones(2) / 100, "calls": np.ones(4) / 1000,
             "counts": np.array([2, 2])}  # fmt: skip
    pairs = {name: np.ones(2) / 100 for name in ("a", "b", "a_p50", "b_p50", "started")}
    plan = {"pairs": 2, "calls": 3, "warm_ups": 1}
    answers: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"ok": {"name": "litert", "version": "2"}}, {}),
        ({"ok": {"raw": False}}, {"0": np.ones((4, 2), np.float32)}),
        ({"ok": {}}, times),
        ({"ok": {"plan": plan}}, pairs),
        ({"ok": {"peak_bytes": 30, "baseline_bytes": 20}}, {}),
        ({"ok": {}}, {"instructions": np.array([5, 6])}),
    ]
    return [
        b"".join(bytes(piece) for piece in pack({**answer, "readings": readings}, arrays))
        for answer, arrays in answers
    ]


def _in_frame(content: bytes, chance: random.Random) -> bytes:
    """The text of a message, its length right again; or any of its bytes."""
    from pytest_edgebench.workers.channel import HEAD, MAGIC

    if chance.random() < 0.3:
        return mutation.in_bytes(content, chance)
    _, length = HEAD.unpack(content[: HEAD.size])
    end = HEAD.size + length
    text = mutation.in_json(content[HEAD.size : end], chance)
    return HEAD.pack(MAGIC, len(text)) + text + content[end:]


def _read_frame(folder: Path, content: bytes) -> None:
    """As the answer to each question, by the client that asks a worker."""
    from answering import ask_everything

    ask_everything(content)


READERS: dict[str, Reader] = {
    "data .npz": Reader(
        lambda _: [_saved(np.savez, x=X, y=Y), _saved(np.savez_compressed, x=X, y=Y, critical=np.array([1]))],
        _read_npz,
    ),
    "data .npz, its headers": Reader(lambda _: [_saved(np.savez, x=X, y=Y)], _read_npz, _headed),
    "data .npy": Reader(lambda _: [_saved(np.save, X), _saved(np.save, np.asfortranarray(X))], _read_npy),
    "labels .npy": Reader(lambda _: [_saved(np.save, Y)], _read_labels),
    "data .parquet": Reader(parquet_files.seeds, parquet_files.read),
    "calibration .npz": Reader(lambda _: [_saved(np.savez, x=X)], _read_calibration),
    "model .onnx": Reader(_onnx_seeds, _of_model("m.onnx"), _in_onnx),
    "model .onnx, external data": Reader(_external_seeds, _of_model("m.onnx"), _in_external),
    "model .tflite": Reader(_tflite_seeds, _of_model("m.tflite")),
    "edgebench.toml": Reader(lambda _: [SETTINGS], _read_settings, mutation.in_toml),
    "baseline.json": Reader(_baseline_seeds, _read_baseline, mutation.in_json, exact=True),
    "run.json": Reader(_run_seeds, _read_run, mutation.in_json),
    "history": Reader(_history_seeds, _read_history),
    "answer.json": Reader(_answer_seeds, _read_answer, mutation.in_json),
    "answer's .npy": Reader(lambda _: [_saved(np.save, X)], _read_output),
    "worker's answer": Reader(_frame_seeds, _read_frame, _in_frame),
}
