"""What ``init`` writes: the files of a first project."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_edgebench.commands.init_layouts import Plan


@dataclass(frozen=True, slots=True)
class Facts:
    """What the files are about.

    Attributes:
        name: of the model, a Python identifier. file: of the model, from the folder.
        samples: file of labelled samples, from the folder. made_up: whether the model itself labelled them.
        score: "top1", "mae", or "difference" for a model of several outputs. judged: the output it looks at.
        plan: how the file is fed.
        signature, signatures: of a file with several, the one taken and all; else empty.
        worst: of a made-up score, how much may be lost: points, or in the outputs' unit.
        scheme: quantization that makes the file smaller, "" where none does.
        size: of the model file, as a limit.
    """

    name: str
    file: str
    samples: str
    made_up: bool
    score: str
    judged: int
    plan: Plan
    signature: str
    signatures: tuple[str, ...]
    worst: str
    scheme: str
    size: str


def names(plan: Plan) -> list[str]:
    """Arrays in the file of samples: x, or x_0, x_1, ... for several inputs."""
    count = len(plan.samples)
    return ["x"] if count == 1 else [f"x_{number}" for number in range(count)]


def chosen(facts: Facts) -> list[str]:
    """What the file leaves open and how it was decided, a line each."""
    found = []
    for role in facts.plan.roles:
        if role.kind == "sample" and role.free and facts.made_up:
            declared = " x ".join("any" if n is None else str(n) for n in role.declared[1:])
            taken = " x ".join(map(str, role.shape))
            found.append(f"input {role.name}: {taken} for {declared}, as of {role.layout}")
        elif role.kind == "constant":
            found.append(f"input {role.name}: the constant {role.value}")
        elif role.kind == "state":
            found.append(f"input {role.name}: state, fed from output {role.output}, reset before each sample")
    if facts.plan.batch > 1:
        found.append(f"batch = {facts.plan.batch}: the file takes no other number of samples in a call")
    if facts.signature:
        found.append(f"signature {facts.signature!r} of {', '.join(facts.signatures)}")
    return found


def conftest(facts: Facts) -> str:
    """The model and a recipe."""
    lines = ['"""What is compressed, and how."""', "", "from pathlib import Path", ""]
    several, mapped = facts.score == "difference", _mapped(facts.plan)
    constants = any(role.kind == "constant" and role.shape for role in facts.plan.roles)
    lines += ["import numpy as np"] if mapped or several or constants else []
    lines += ["import pytest_edgebench as eb", "", "HERE = Path(__file__).parent", ""]
    if several:
        lines += _difference(facts)
    data = f'HERE / "{facts.samples}"'
    if mapped:
        data = "samples"
        lines += _samples(facts)
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
    lines += _lengths(facts)
    score = 'eb.Score(difference, lower_is_better=True, unit="fraction")' if several else f"eb.{facts.score}"
    more = f", signature={json.dumps(facts.signature)}" if facts.signature else ""
    if facts.signature:
        lines.append(f"    # Signatures of the file: {', '.join(facts.signatures)}.")
    lines.append(f'    return eb.Model(HERE / "{facts.file}", data={data}, score={score}{more})')
    if facts.scheme:
        recipe = facts.scheme.replace("-", "_")
        lines += ["", "", "@eb.recipe", f"def {recipe}({facts.name}):"]
        lines.append(f'    return eb.quantize({facts.name}, "{facts.scheme}")')
        lines += ["", "", "# Smaller and mostly faster, at the price of some accuracy:", "# @eb.recipe"]
        lines += [f"# def int8({facts.name}):", f'#     return eb.quantize({facts.name}, "static-int8")']
    return "\n".join(lines) + "\n"


def _mapped(plan: Plan) -> bool:
    """Whether data must be a mapping of input name to array or role."""
    return len(plan.roles) > 1


def _difference(facts: Facts) -> list[str]:
    number = facts.judged
    which = "first output" if not number else f"output {number}, counted from 0"
    return [
        "",
        "def difference(outputs, labels):",
        f'    """Mean difference of the {which}, as a fraction of its mean size."""',
        f"    off = np.abs(outputs[{number}].astype(float) - labels)",
        "    return float(np.mean(off) / (np.mean(np.abs(labels)) or 1))",
        "",
    ]


def _samples(facts: Facts) -> list[str]:
    arrays = dict(zip((role.name for role in facts.plan.samples), names(facts.plan), strict=True))
    lines = [
        "",
        "def samples():",
        f'    with np.load(HERE / "{facts.samples}") as file:',
        "        inputs = {",
    ]
    for role in facts.plan.roles:
        key = json.dumps(role.name)
        if role.kind == "sample":
            lines.append(f'            {key}: file["{arrays[role.name]}"],')
        elif role.kind == "constant":
            value = f"np.full({role.shape}, {role.value})" if role.shape else role.value
            lines += ["            # Change it to what the model was made for:"]
            lines.append(f"            {key}: eb.Constant({value}),")
        else:
            axis = f", axis={role.axis}" if role.axis else ""
            lines += ['            # reset="sequence" or "never" keeps it from sample to sample:']
            lines.append(f'            {key}: eb.State({json.dumps(role.output)}{axis}, reset="sample"),')
    return [*lines, "        }", '        return inputs, file["y"]', ""]


def _lengths(facts: Facts) -> list[str]:
    """Which lengths were taken for free axes, and how to take others."""
    lines = []
    for role in facts.plan.samples:
        if role.free and facts.made_up:
            declared = ", ".join("any" if n is None else str(n) for n in ("samples", *role.declared[1:]))
            taken = ", ".join(map(str, role.shape))
            again = ",".join(map(str, role.shape))
            lines += [
                f"    # Input {role.name} is ({declared}). Samples are taken as ({taken}): {role.layout}.",
                "    # For others, change this line and run it in an empty folder:",
                f"    #   edgebench init {facts.file} --length {role.name}={again}",
            ]
    return lines


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
            lines.append("# Placeholder: measured on random inputs. Replace once you pass --data.")
            lines.append(_SCORES[facts.score].format(facts.worst))
    else:
        lines.append(f'@eb.budget(size="{facts.size}")  # of the file today, and 5 %')
    return "\n".join([*lines, f"def test_{facts.name}(edge):", "    edge.check()"]) + "\n"


_SCORES = {
    "top1": '@eb.budget(accuracy="model - {} points")',
    "mae": '@eb.budget(mae="model + {} points")',
    "difference": '@eb.budget(metrics={{"difference": "model + {} points"}})',
}


def settings(facts: Facts) -> str:
    """Profiles, with the batch that the file takes."""
    batch = f"batch = {facts.plan.batch}  # the file takes no other\n" if facts.plan.batch > 1 else ""
    return SETTINGS.format(batch=batch)


SETTINGS = """\
# Where the models run. `edgebench profiles` lists what can be extended.
[profiles.host]
target = "host"
threads = 1
{batch}
# A device that is only described: sizes and the accuracy of this machine's run, no timings.
# [profiles.rpi4]
# extends = "cortex-a72"
"""
