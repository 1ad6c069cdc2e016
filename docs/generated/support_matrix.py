"""Which step works in which format, and which runtime runs what comes out, from the steps themselves."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, get_args

import pytest_edgebench as eb
from pytest_edgebench.compressors.quantize import ALIASES, SCHEMES, Quantize
from pytest_edgebench.declare.model import Format, Step
from pytest_edgebench.docs.generated.markdown import code, prose, table
from pytest_edgebench.runtimes.known import own
from pytest_edgebench.runtimes.protocol import MICRO

if TYPE_CHECKING:
    from collections.abc import Iterator

HEADING = "Steps, formats and runtimes"
HEAD = """
"torch" is a step on the module before it is exported, "file" one on the exported file; "-" is not available. A model given as a
file takes only steps on files. What cannot be built is UNSUPPORTED, with the reason, and shown as a skip; in a profile with
`required = true` it is a failure. What each step costs and saves: [Compressors](compressors.md).
"""
FORMATS: tuple[Format, ...] = get_args(Format)


def page() -> str:
    """Runtimes, steps, and schemes of `Quantize`."""
    runtimes = [
        (code(one.name), code(f".{one.format}"), one.distribution, "yes" if one.usual else "")
        for one in own().values()
    ]
    runs = {one.format for one in own().values()}
    shown = [f for f in FORMATS if f in runs]
    steps = [
        (code(f"eb.{name}"), *(step.stages.get(form, "-") for form in shown), about)
        for name, step, about in steps_of()
    ]
    schemes = [
        (code(f'"{name}"'), *(_scheme(name, form) for form in shown), _on_micro(name))
        for name in (*SCHEMES, *ALIASES)
    ]
    heads = [f"`.{form}`" for form in shown]
    return (
        f"# {HEADING}\n{HEAD}\n## Runtimes\n\n"
        f"{table(('runtime', 'runs', 'comes with', 'used where a profile names none'), runtimes)}"
        f"\n## Steps\n\n{table(('step', *heads, 'what it does'), steps)}"
        f"\n## Schemes of `eb.quantize`\n\n{table(('scheme', *heads, 'on `tflite-micro`'), schemes)}"
    )


def steps_of() -> Iterator[tuple[str, type[Step], str]]:
    """Name, class and first line of each public step."""
    for name in eb.__all__:
        found = getattr(eb, name)
        if inspect.isclass(found) and issubclass(found, Step) and found is not Step:
            yield name, found, prose((inspect.getdoc(found) or "").partition("\n")[0])


def _scheme(name: str, form: Format) -> str:
    return _answer(Quantize(name).refuses(form))  # type: ignore[arg-type]


def _on_micro(name: str) -> str:
    return _answer(Quantize(name).refuses_on(MICRO))  # type: ignore[arg-type]


def _answer(why: str | None) -> str:
    return f"no: {why}" if why else "yes"
