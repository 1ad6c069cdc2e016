"""``python tests/bench/bad_inputs.py [--each 2000] [--whole 8] [READER ...]``: damaged inputs tried.

Every reader of files and answers gets copies of whole inputs, damaged at random (the same ones each time), in
a process of its own with bounded memory and time. Only a sentence of ours may come out. Of the data and model
files that their reader refuses, `--whole` of each kind are then used by models of one pytest session, which
may pass none of them; beside each kind stands a model whose files are whole, which passes.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROBUST = Path(__file__).parents[1] / "robust"
sys.path.insert(0, str(ROBUST))
from bad_readers import READERS  # type: ignore[import-not-found]  # noqa: E402 - by its folder
from driving import damaged, drive  # type: ignore[import-not-found]  # noqa: E402

CONFTEST = """
import numpy as np
import pytest_edgebench as eb

rng = np.random.default_rng(0)
X = rng.normal(size=(4, 6)).astype("float32")
IMAGES = rng.normal(size=(4, 1, 8, 8)).astype("float32")
POINTS = rng.normal(size=(4, 32)).astype("float32")
Y = np.array([0, 1, 1, 0])
"""
MODEL = """

@eb.model
def {name}():
    return eb.Model({path!r}, data={data}, score=eb.top1)
"""
TEST = """
import pytest_edgebench as eb


@eb.budget(size="1 GB", accuracy="0 %")
def test_budget(edge):
    edge.check()
"""
DATA = {
    "data .npz": ("{0}.npz", "{0!r} + '.npz'"),
    "data .npz, its headers": ("{0}.npz", "{0!r} + '.npz'"),
    "data .npy": ("{0}.npy", "({0!r} + '.npy', Y)"),
    "labels .npy": ("{0}.npy", "(X, {0!r} + '.npy')"),
    "data .parquet": ("{0}.parquet", "{0!r} + '.parquet'"),
}
"""Reader → name of its file, and the data of the model that reads it."""
MODELS = {
    "model .onnx": (0, "m.onnx", "(IMAGES, Y)"),
    "model .onnx, external data": (0, "m.onnx", "(IMAGES, Y)"),
    "model .tflite": (-1, "m.tflite", "(POINTS, Y)"),
}
"""Reader → which of its whole files, how it is called, and data that it takes."""


def net(path: Path, features: int = 6) -> None:
    """An ONNX network (batch, features) → MatMul → (batch, 2)."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    weights = np.random.default_rng(1).normal(size=(features, 2)).astype(np.float32)
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", n])
        for name, n in (("x", features), ("y", 2))
    ]
    node = helper.make_node("MatMul", ["x", "w"], ["y"])
    graph = helper.make_graph([node], "g", ends[:1], ends[1:], [numpy_helper.from_array(weights, "w")])
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)


def whole(each: int) -> tuple[Counter[str], str]:
    """One session over models whose data or file their reader refuses, and whole ones: verdict → cases."""
    from pytest_edgebench.base.errors import EdgebenchError
    from pytest_edgebench.record.load import load_run

    with tempfile.TemporaryDirectory(prefix="bad-inputs-") as text:
        folder = Path(text)
        net(folder / "net.onnx")
        conftest = CONFTEST + MODEL.format(name="right", path="net.onnx", data="(X, Y)")
        for kind, (name, reader) in enumerate(READERS.items()):
            if name not in MODELS and name not in DATA:
                continue
            place = folder / f"kind{kind}"
            place.mkdir()
            seeds = reader.seeds(place)
            if name in MODELS:
                which, file, data = MODELS[name]
                seeds = [seeds[which]]
                right = shutil.copytree(place, folder / f"right{kind}")
                (right / file).write_bytes(seeds[0])
                conftest += MODEL.format(name=f"right_{kind}", path=f"right{kind}/{file}", data=data)
            taken = number = 0
            while taken < each:
                content = damaged(name, number, place, seeds)
                number += 1
                try:
                    reader.read(place, content)
                except EdgebenchError:
                    taken += 1
                else:
                    continue
                called = f"bad_{kind}_{number}"
                if name in MODELS:  # in a folder of its own, beside the same weights
                    own = shutil.copytree(place, folder / called, ignore=shutil.ignore_patterns(file))
                    (own / file).write_bytes(content)
                    conftest += MODEL.format(name=called, path=f"{called}/{file}", data=data)
                else:
                    file, data = DATA[name]
                    (folder / file.format(called)).write_bytes(content)
                    conftest += MODEL.format(name=called, path="net.onnx", data=data.format(called))
        (folder / "conftest.py").write_text(conftest, encoding="utf-8")
        (folder / "test_net.py").write_text(TEST, encoding="utf-8")
        (folder / "pytest.ini").write_text("[pytest]\naddopts = -p no:randomly -p no:cacheprovider\n")
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "--edgebench-json=r.json", "--edgebench-report=r.html"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        run = load_run(folder / "r.json")
        verdicts = Counter(
            ("whole " if case.model.startswith("right") else "") + case.verdict.value for case in run.cases
        )
        return verdicts, ended.stdout + ended.stderr


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--each", type=int, default=2000, help="damaged inputs of each reader")
    parser.add_argument("--whole", type=int, default=8, help="refused ones of each kind in one session")
    parser.add_argument("readers", nargs="*", help="names of readers; all unless given")
    arguments = parser.parse_args()
    totals: Counter[str] = Counter()
    out = sys.stdout
    out.write(f"{'reader':30} {'tried':>6} {'refused':>8} {'accepted':>9} {'tracebacks':>11}\n")
    for name in arguments.readers or READERS:
        found = drive(name, 0, arguments.each)
        tried = sum(found.counts.values())
        bad = len(found.failures)
        out.write(
            f"{name:30} {tried:6,} {found.counts['refused']:8,} {found.counts['accepted']:9,} {bad:11,}\n"
        )
        out.flush()
        totals += Counter(tried=tried, refused=found.counts["refused"], tracebacks=bad)
        for at, said in found.failures[:5]:
            out.write(f"  input {at}: {said.strip().splitlines()[-1] if said.strip() else '?'}\n")
    out.write(
        f"{totals['tried']:,} tried, {totals['refused']:,} refused, {totals['tracebacks']:,} tracebacks\n"
    )
    passes = 0
    if arguments.whole:
        verdicts, text = whole(arguments.whole)
        passes = verdicts["PASS"]
        wrong = verdicts["whole PASS"] != 1 + len(MODELS) or "Traceback" in text or "INTERNALERROR" in text
        told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(verdicts.items()))
        out.write(f"in one session: {told}; passes that should not be: {passes}\n")
        if wrong:
            out.write(text)
            passes += 1
    return 1 if totals["tracebacks"] or passes else 0


if __name__ == "__main__":
    sys.exit(main())
