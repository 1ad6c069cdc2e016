"""What ``init`` writes: the files of a first project."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """What the files are about.

    Attributes:
        name: of the model, a Python identifier. file: of the model, from the folder.
        samples: file of labelled samples, from the folder. made_up: whether the model itself labelled them.
        score: "top1", "mae", or "difference" for a model of several outputs.
        inputs: names of the inputs where there are several, else (); they are x_0, x_1, ... in the file.
        worst: of a made-up score, how much may be lost: points, or in the outputs' unit.
        scheme: quantization that makes the file smaller, "" where none does.
        size: of the model file, as a limit.
    """

    name: str
    file: str
    samples: str
    made_up: bool
    score: str
    inputs: tuple[str, ...]
    worst: str
    scheme: str
    size: str


def conftest(facts: Facts) -> str:
    """The model and a recipe."""
    lines = ['"""What is compressed, and how."""', "", "from pathlib import Path", ""]
    several = facts.score == "difference"
    lines += ["import numpy as np"] if facts.inputs or several else []
    lines += ["import pytest_edgebench as eb", "", "HERE = Path(__file__).parent", ""]
    if several:
        lines += ["", "def difference(outputs, labels):", '    """Mean difference of the first output."""']
        lines += ["    return float(np.mean(np.abs(outputs[0] - labels)))", ""]
    data = f'HERE / "{facts.samples}"'
    if facts.inputs:
        data = "samples"
        arrays = ", ".join(f"{json.dumps(name)}: file['x_{i}']" for i, name in enumerate(facts.inputs))
        lines += ["", "def samples():", f'    with np.load(HERE / "{facts.samples}") as file:']
        lines += [f'        return {{{arrays}}}, file["y"]', ""]
    lines += ["", "@eb.model", f"def {facts.name}():"]
    if facts.made_up:
        what = "share of equal classes" if facts.score == "top1" else "mean difference of outputs"
        lines += [
            '    """Scored by its own answers to random inputs, until labelled samples take their place.',
            "",
            f"    The score is the {what} until then. Give `data` an .npz file with x (inputs)",
            "    and y (labels), or a function that returns both.",
            '    """',
        ]
    score = "eb.Score(difference, lower_is_better=True)" if several else f"eb.{facts.score}"
    lines.append(f'    return eb.Model(HERE / "{facts.file}", data={data}, score={score})')
    if facts.scheme:
        recipe = facts.scheme.replace("-", "_")
        lines += ["", "", "@eb.recipe", f"def {recipe}({facts.name}):"]
        lines.append(f'    return eb.quantize({facts.name}, "{facts.scheme}")')
        lines += ["", "", "# Smaller and mostly faster, at the price of some accuracy:", "# @eb.recipe"]
        lines += [f"# def int8({facts.name}):", f'#     return eb.quantize({facts.name}, "static-int8")']
    return "\n".join(lines) + "\n"


def test(facts: Facts) -> str:
    """A test with a budget that holds today."""
    lines = [
        '"""What the model promises to its devices; `pytest --edgebench-suggest` proposes budgets."""',
        "",
        "import pytest_edgebench as eb",
        "",
        "",
    ]
    if facts.scheme:
        lines += [
            f'@eb.budget(size="{facts.size}")  # of the uncompressed file',
            "# Not every processor is faster with it, so this only warns: set what your device needs.",
            '@eb.budget(latency="model + 20 %", level="warn")',
        ]
        if facts.made_up:
            lines.append("# On made-up samples, of today and a margin: replace it by what your data shows.")
            lines.append(_SCORES[facts.score].format(facts.worst))
    else:
        lines.append(f'@eb.budget(size="{facts.size}")  # of the file today, and 5 %')
    return "\n".join([*lines, f"def test_{facts.name}(edge):", "    edge.check()"]) + "\n"


_SCORES = {
    "top1": '@eb.budget(accuracy="model - {} points")',
    "mae": '@eb.budget(mae="model + {} points")',
    "difference": '@eb.budget(metrics={{"difference": "model + {} points"}})',
}

SETTINGS = """\
# Where the models run. `python -m pytest_edgebench profiles` lists what can be extended.
[profiles.host]
target = "host"
threads = 1

# A device that is only described: sizes and the accuracy of this machine's run, no timings.
# [profiles.rpi4]
# extends = "cortex-a72"
"""
