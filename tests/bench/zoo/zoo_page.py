"""``docs/zoo.md`` from the cells of the zoo."""

from __future__ import annotations

from collections import Counter
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from zoo_cells import FAULT, REFUSED, WORKS, Cell

from pytest_edgebench.record import environment

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = Path(__file__).parents[3] / "docs" / "zoo.md"
TOLD = ("torch", "onnxruntime", "ai-edge-litert", "ai-edge-quantizer", "nncf", "torch-pruning",
        "transformers", "pytorchcv")  # fmt: skip
RIVALS = {
    ("onnx", "static-int8"): ("static-int8 transformer", "static-int8 nncf", "static-int8 transformer nncf"),
    ("onnx", "weight-int8"): ("weight-int8 nncf",),
    ("onnx", "weight-int4"): ("weight-int4 hqq", "weight-int4 k_quant", "weight-int4 nncf"),
    ("tflite", "static-int8"): ("static-int8 transformer", "static-int8 octav"),
    ("tflite", "weight-int4"): ("weight-int4 octav", "dynamic-int4"),
}
"""Format and scheme with its default → other ways to have it."""

HEAD = """# The zoo

Every step on {networks} architectures, exported to both formats. An entry is the signal over the error of
the outputs in dB, against the network's own file on the same runtime, and the file's size over that one's.
Weights are drawn, not trained, and steps are not followed by training: pruning and factorizing then cost
what they cost untrained, and only quantized files can be compared by dB. Inputs are {samples} noise images
with the spectrum of photographs, noise frames or random tokens; others serve to calibrate.

- **-**: refused; the reasons are below. An empty cell has not been tried yet.
- **direct**: the library alone, with its own defaults, all 8 bits of the weights and a scale for each
  channel; "products": convolutions and matrix products only; "transformer": NNCF's mode of that name.
  Compare it with the rows "all bits": by default one bit is left unused on ONNX (`reduce_range`).
- **fault**: the package's own mistake, or a library's that it let through. There must be none.

{counts}. {host}; {versions}; {date}.

Made by `python tests/bench/zoo.py --publish`.
"""


def counted(cells: Sequence[Cell]) -> str:
    """ "12 work, 3 refused, 0 faults"."""
    found = Counter(cell.verdict for cell in cells)
    return f"{found[WORKS]} work, {found[REFUSED]} refused, {found[FAULT]} faults"


def publish(cells: Sequence[Cell]) -> None:
    """Write the page."""
    from zoo_networks import SAMPLES

    networks = list(dict.fromkeys(cell.network for cell in cells))
    facts = environment.host()
    head = HEAD.format(
        networks=len(networks), samples=SAMPLES, counts=counted(cells), host=facts.get("cpu", ""),
        versions=", ".join(f"{name} {version(name)}" for name in TOLD), date=date.today(),
    )  # fmt: skip
    parts = [head]
    for fmt, title in (("onnx", "ONNX, ONNX Runtime"), ("tflite", "TFLite, LiteRT")):
        parts += [f"## {title}\n", _table([c for c in cells if c.fmt == fmt], networks)]
    parts += ["## The default compared with the best engine\n", BEST, _best(cells, networks)]
    parts += ["## Why steps are refused\n", _reasons(cells)]
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def _table(cells: Sequence[Cell], networks: Sequence[str]) -> str:
    steps = [step for step in dict.fromkeys(c.step for c in cells) if step != "original"]
    by = {(cell.network, cell.step): cell for cell in cells}
    lines = [f"| step | {' | '.join(networks)} |", "|---" * (len(networks) + 1) + "|"]
    lines.append(f"| size | {' | '.join(_whole(by.get((n, 'original'))) for n in networks)} |")
    for step in steps:
        row = [_entry(by.get((n, step)), by.get((n, "original"))) for n in networks]
        lines.append(f"| {step} | {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def _whole(cell: Cell | None) -> str:
    return f"{cell.size / 1000:,.0f} kB" if cell is not None and cell.verdict == WORKS else "-"


def _entry(cell: Cell | None, original: Cell | None) -> str:
    if cell is None:
        return ""
    if cell.verdict != WORKS:
        return "-" if cell.verdict == REFUSED else "**fault**"
    size = f"{cell.size / original.size:.2f}" if original is not None and original.size else "?"
    return f"{'exact' if cell.error_db is None else format(cell.error_db, '.0f')}, {size}"


BEST = """The default beside the way to the same scheme that has the least error: dB, kB and ms of each. Only
times from a factor of 2 up mean something, since other work ran on the machine.
"""


def _best(cells: Sequence[Cell], networks: Sequence[str]) -> str:
    by = {(cell.network, cell.fmt, cell.step): cell for cell in cells if cell.verdict == WORKS}
    lines = ["| network | scheme | default | best | |", "|---|---|---|---|---|"]
    for (fmt, scheme), others in RIVALS.items():
        for network in networks:
            usual = by.get((network, fmt, scheme))
            found = [by[network, fmt, step] for step in (scheme, *others) if (network, fmt, step) in by]
            if found:
                best = max(found, key=lambda cell: cell.error_db or 0)
                told = "the default" if best is usual else best.step.removeprefix(f"{scheme} ")
                lines.append(f"| {network} | {fmt} {scheme} | {_told(usual)} | {_told(best)} | {told} |")
    return "\n".join(lines) + "\n"


def _told(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    return f"{cell.error_db or 0:.1f} dB, {cell.size / 1000:,.0f} kB, {1e3 * (cell.latency_s or 0):.2f} ms"


def _reasons(cells: Sequence[Cell]) -> str:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for cell in cells:
        if cell.verdict != WORKS:
            reason = cell.reason.partition("; ")[0].replace("|", "\\|").replace("<", "&lt;")
            groups.setdefault((cell.step, cell.fmt, reason[:300]), []).append(cell.network)
    lines = ["| step | format | networks | reason |", "|---|---|---|---|"]
    lines += [
        f"| {step} | {fmt} | {', '.join(names)} | {why} |" for (step, fmt, why), names in groups.items()
    ]
    return "\n".join(lines) + "\n"
