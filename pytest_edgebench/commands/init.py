"""``edgebench init MODEL``: conftest, test and settings for a model file, ready to run."""

from __future__ import annotations

import keyword
import math
import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base import printed
from pytest_edgebench.commands import errors, init_templates
from pytest_edgebench.commands.init_layouts import plans
from pytest_edgebench.commands.init_probe import Probe, plain, scheme, size

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from pytest_edgebench.commands.init_layouts import Plan
    from pytest_edgebench.commands.init_probe import Answers
    from pytest_edgebench.declare.model import Format
    from pytest_edgebench.workers.results import Interface

    Array = NDArray[np.generic]

HELP = "write a first conftest, test and settings for a model file"
TAKEN = ("edge", "request", "samples", "difference", "fp16", "dynamic_int8", "int8", "np", "eb")
"""Names that mean something in the files that are written."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("model", metavar="MODEL", help="a .onnx or .tflite file")
    parser.add_argument("--data", metavar="FILE", help="an .npz file with labelled samples: arrays x and y")
    parser.add_argument("--folder", metavar="DIR", default=".", help="where to write (default: here)")
    parser.add_argument(
        "--length",
        metavar="NAME=N,N",
        action="append",
        default=[],
        help="lengths of a sample of an input with free axes, e.g. x=3,224,224",
    )


def run(arguments: argparse.Namespace) -> int:
    """Write the files and say what to do next.

    Returns:
        the exit status, 0.

    Raises:
        BuildError, DeclarationError: no model file that can be read.
        StartError: files that would be overwritten, a model that cannot be run, or samples of no use.
        RecordError: a file cannot be written.
    """
    from pytest_edgebench.artifacts.inspect.file import inspect, sniff
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
    data = None if arguments.data is None else Path(arguments.data)
    score = "" if data is None else _given(data)
    found = _looked_at(model, form, data, arguments.length)
    known, lost = found.known, found.lost
    if known is not None:
        score = known.score
        _save(folder / samples_file, {**_named(found.plan, known), "y": known.labels})
    elif data is not None:
        _enough(data, found.plan)
    limit = size(model, form) * (1.0 if found.scheme else 1.05)
    facts = init_templates.Facts(
        name=name,
        file=_from(folder, model),
        samples=samples_file if data is None else _from(folder, data),
        made_up=known is not None,
        score=score,
        judged=0 if known is None else known.judged,
        plan=found.plan,
        signature=found.signature,
        signatures=found.signatures,
        worst=f"{lost + 5:.2g}"
        if score == "top1"
        else f"{max(1.5 * lost, 1e-6 if score == 'mae' else 0.01):.2g}",
        scheme=found.scheme,
        size=f"{math.ceil(limit / 10) / 100:g} kB",
    )
    texts = {
        "conftest.py": init_templates.conftest(facts),
        test_file: init_templates.test(facts),
        "edgebench.toml": init_templates.settings(facts),
    }
    for one, text in texts.items():
        write(folder / one, text)
    for one in wanted:
        printed.out(f"wrote {folder / one}\n")
    for line in init_templates.chosen(facts):
        printed.out(f"chose {line}\n")
    where = "" if folder.resolve() == Path.cwd() else f" {folder}"
    printed.out(f"next: pytest{where} --edgebench-show=all --edgebench-suggest\n")
    return 0


class Found:
    """What a look at the file in a worker gave.

    Attributes:
        plan: how it is fed. known: its answers to made-up samples; None with labelled ones.
        scheme, lost: what makes it smaller, and what that costs.
        signature, signatures: of a file with several, the one taken and all.
    """

    def __init__(self, plan: Plan, known: Answers | None, made: tuple[str, float]) -> None:
        self.plan, self.known = plan, known
        self.scheme, self.lost = made
        self.signature, self.signatures = "", tuple[str, ...]()


def _looked_at(model: Path, form: Format, data: Path | None, lengths: Sequence[str]) -> Found:
    """Ask a worker what the file takes, and run it there; this process never loads it."""
    from pytest_edgebench.measure.pool import Pool
    from pytest_edgebench.runtimes.known import usual
    from pytest_edgebench.workers.sandbox import Sandbox
    from pytest_edgebench.workers.spec import Spec

    signatures = _signatures(model) if form == "tflite" else ()
    signature = signatures[0] if len(signatures) > 1 else ""
    options = (("signature", signature),) if signature else ()
    with tempfile.TemporaryDirectory(prefix="edgebench-") as temporary:
        made = Path(temporary).resolve() / "made"
        made.mkdir()
        sandbox = Sandbox("auto", (model.resolve().parent, made))
        with Pool(Path(temporary).resolve() / "printed", sandbox) as pool:
            probe = Probe(pool, Spec(usual(form), options=options), model)
            interface = probe.interface()
            given = _lengths(lengths, interface)
            known = None if data is not None else probe.answers(interface, given)
            # Of samples that the user has, lengths are theirs.
            likeliest = plans(interface.inputs, interface.outputs, given)[0]
            plan = likeliest if known is None else known.plan
            found = Found(plan, known, scheme(probe, model, form, known, made))
    if signature:
        found.signature, found.signatures = signature, signatures
    return found


def _signatures(model: Path) -> tuple[str, ...]:
    from pytest_edgebench.artifacts.inspect.tflite_file import read, reading

    with reading(model):
        return tuple(read(model).signatures)
    raise AssertionError("the block above returns or raises")


def _lengths(given: Sequence[str], interface: Interface) -> dict[str, tuple[int, ...]]:
    """Input → lengths, of NAME=N,N or NAME=NxN.

    Raises:
        StartError: another form, or no such input.
    """
    names = [tensor["name"] for tensor in interface.inputs]
    found = {}
    for text in given:
        name, _, numbers = text.rpartition("=")
        parts = re.split(r"[,x]", numbers)
        if name not in names or not all(part.isdecimal() and int(part) for part in parts):
            raise errors.no_length(text, names)
        found[name] = tuple(int(part) for part in parts)
    return found


def identifier(stem: str) -> str:
    """A file's name as that of a fixture: ``kws-v2.1`` gives ``kws_v2_1``."""
    name = re.sub(r"\W+", "_", stem, flags=re.ASCII).strip("_").lower() or "model"
    taken = keyword.iskeyword(name) or name in TAKEN
    return f"model_{name}" if name[0].isdigit() or taken else name


def _named(plan: Plan, known: Answers) -> dict[str, Array]:
    """The samples under the names that the conftest reads: x, or x_0, x_1, ... of several inputs."""
    arrays = [known.inputs[role.name] for role in plan.samples]
    return dict(zip(init_templates.names(plan), arrays, strict=True))


def _given(data: Path) -> str:
    """The score that suits a file of labelled samples: top-1 for one whole number a sample.

    Raises:
        StartError: no such file, or without x and y of one length.
    """
    import numpy as np

    try:
        with np.load(data, allow_pickle=False) as file:
            x, y = file["x" if "x" in file or "x_0" not in file else "x_0"], file["y"]
    except FileNotFoundError:
        raise errors.no_data(str(data), "there is no such file") from None
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as cause:
        raise errors.no_data(str(data), plain(cause)) from None
    if not x.ndim or not y.ndim or len(x) != len(y) or not len(x):
        raise errors.no_data(str(data), f"x has shape {x.shape} and y {y.shape}")
    return "top1" if y.ndim == 1 and y.dtype.kind in "iub" else "mae"


def _enough(data: Path, plan: Plan) -> None:
    """Make sure that the file of labelled samples has an array for each input.

    Raises:
        StartError: it has not.
    """
    import numpy as np

    with np.load(data, allow_pickle=False) as file:
        if not set(init_templates.names(plan)) <= set(file.files):
            raise errors.several_inputs(str(data), [role.name for role in plan.samples])


def _save(path: Path, arrays: Mapping[str, Array]) -> None:
    import numpy as np

    from pytest_edgebench.record import errors as record_errors

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    except OSError as cause:
        raise record_errors.cannot_write(str(path), cause) from cause


def _from(folder: Path, path: Path) -> str:
    """A path as seen from the folder, with slashes."""
    return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
