"""``python -m pytest_edgebench init MODEL``: conftest, test and settings for a model file, ready to run."""

from __future__ import annotations

import keyword
import math
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench import start_texts
from pytest_edgebench.errors import start as errors
from pytest_edgebench.start_model import answers, first_line, scheme, size

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Array = NDArray[np.generic]

TAKEN = ("edge", "request", "samples", "difference", "fp16", "dynamic_int8", "int8", "np", "eb")
"""Names that mean something in the files that are written."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a .onnx or .tflite file")
    parser.add_argument("--data", metavar="FILE", help="an .npz file with labelled samples: arrays x and y")
    parser.add_argument("--folder", metavar="DIR", default=".", help="where to write (default: here)")


def run(arguments: argparse.Namespace) -> int:
    """Write the files and say what to do next.

    Returns:
        the exit status, 0.

    Raises:
        BuildError, DeclarationError: no model file that can be read.
        StartError: files that would be overwritten, a model that cannot be run, or samples of no use.
        RecordError: a file cannot be written.
    """
    from pytest_edgebench.artifacts.inspect import inspect, sniff
    from pytest_edgebench.record.store import write

    model, folder = Path(arguments.model), Path(arguments.folder)
    form = sniff(model)
    inspect(model)  # a broken file ends here, in a sentence
    name = identifier(model.stem)
    test_file, samples_file = f"test_{name}.py", f"{name}-samples.npz"
    wanted = ["conftest.py", test_file, "edgebench.toml", *([] if arguments.data else [samples_file])]
    there = [one for one in wanted if (folder / one).exists()]
    if there:
        raise errors.there_already(there, str(folder))
    inputs: tuple[str, ...] = ()
    known = None
    if arguments.data:
        score, samples = _given(Path(arguments.data)), _from(folder, Path(arguments.data))
    else:
        known = answers(model, form)
        score, samples = known.score, samples_file
        inputs = tuple(known.inputs) if len(known.inputs) > 1 else ()
        names = [f"x_{i}" for i in range(len(inputs))] or ["x"]
        arrays = dict(zip(names, known.inputs.values(), strict=True))
        _save(folder / samples_file, {**arrays, "y": known.labels})
    compressor, lost = scheme(model, form, known)
    limit = size(model, form) * (1.0 if compressor else 1.05)
    facts = start_texts.Facts(
        name=name,
        file=_from(folder, model),
        samples=samples,
        made_up=known is not None,
        score=score,
        inputs=inputs,
        worst=f"{lost + 5:.2g}" if score == "top1" else f"{max(1.5 * lost, 1e-6):.2g}",
        scheme=compressor,
        size=f"{math.ceil(limit / 10) / 100:g} kB",
    )
    texts = {
        "conftest.py": start_texts.conftest(facts),
        test_file: start_texts.test(facts),
        "edgebench.toml": start_texts.SETTINGS,
    }
    for one, text in texts.items():
        write(folder / one, text)
    for one in wanted:
        sys.stdout.write(f"wrote {folder / one}\n")
    where = "" if folder.resolve() == Path.cwd() else f" {folder}"
    sys.stdout.write(f"next: pytest{where} --edgebench-show=all --edgebench-suggest\n")
    return 0


def identifier(stem: str) -> str:
    """A file's name as that of a fixture: ``kws-v2.1`` gives ``kws_v2_1``."""
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_").lower() or "model"
    taken = keyword.iskeyword(name) or name in TAKEN
    return f"model_{name}" if name[0].isdigit() or taken else name


def _given(data: Path) -> str:
    """The score that suits a file of labelled samples: top-1 for one whole number a sample.

    Raises:
        StartError: no such file, or without x and y of one length.
    """
    import numpy as np

    try:
        with np.load(data, allow_pickle=False) as file:
            x, y = file["x"], file["y"]
    except FileNotFoundError:
        raise errors.no_data(str(data), "there is no such file") from None
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as cause:
        raise errors.no_data(str(data), first_line(cause)) from None
    if not x.ndim or not y.ndim or len(x) != len(y) or not len(x):
        raise errors.no_data(str(data), f"x has shape {x.shape} and y {y.shape}")
    return "top1" if y.ndim == 1 and y.dtype.kind in "iub" else "mae"


def _save(path: Path, arrays: Mapping[str, Array]) -> None:
    import numpy as np

    from pytest_edgebench.errors import record

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    except OSError as cause:
        raise record.cannot_write(str(path), cause) from cause


def _from(folder: Path, path: Path) -> str:
    """A path as seen from the folder, with slashes."""
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
