"""``python tests/bench/predicted.py``: how far predictions are off networks the fit has not seen.

Needs EDGEBENCH_DATA. ``--write`` also makes the coefficients that the package ships, ``--publish`` the tables
in "Predicted latency". Every figure is of whole networks left out, all input sizes and boards of a network
together; an interval is judged that the other networks alone gave.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench_docs import publish
from prediction_points import points_of

from pytest_edgebench.predict import fit
from pytest_edgebench.predict.shipped import DATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from prediction_points import Group

TERMS = {
    "latency": ("macs", "outputs", "inference"),
    "ram": ("peak", "operators"),
    "flash": ("file", "inference"),
}
PLAIN = {"latency": ("macs",), "ram": ("peak",), "flash": ("file",)}
BOUNDED = {"latency": ("macs", "outputs", "operators"), "ram": ("peak", "operators"), "flash": ("file",)}
"""Between the least and the largest that was seen."""
KINDS = {"latency": ("conv", "pointwise", "depthwise", "dense"), "ram": (), "flash": ()}
"""At most the largest: none of a kind is never strange."""
UNITS = {"latency": (1e6, "M cycles"), "ram": (1e3, "kB"), "flash": (1e3, "kB")}


def fitted(group: Group, points: Sequence[fit.Point]) -> dict[str, object]:
    """The entry of a core and runtime in the package's coefficients."""
    networks = {point.network for point in points}
    quantity, core, runtime = group
    terms, bounded, kinds = TERMS[quantity], BOUNDED[quantity], KINDS[quantity]
    held = fit.left_out(points, terms) if len(networks) >= fit.NETWORKS else []
    costs = fit.coefficients(points, terms) if held else [0.0] * len(terms)
    values = {name: [point.features.value(name) for point in points] for name in (*bounded, *kinds)}
    ranges = {name: [min(values[name]), max(values[name])] for name in bounded}
    ranges |= {name: [0, max(values[name])] for name in kinds}
    return {
        "quantity": quantity,
        "core": core,
        "runtime": runtime,
        "terms": terms,
        "costs": [float(f"{value:.6g}") for value in costs],
        "spread": round(fit.half_width([one.error for one in held]), 6) if held else 0.0,
        "points": len(points),
        "networks": len(networks),
        "ranges": ranges,
        "sources": sorted({point.source for point in points}),
    }


def compared(groups: Mapping[Group, Sequence[fit.Point]]) -> str:
    """A row for each fit, as Markdown: both models' errors, and how often the interval held."""
    lines = [
        "| fit | networks (n) | off by, median | mean | worst "
        "| products, tensors or file alone: median | mean | worst | interval held |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for group, points in groups.items():
        networks = len({point.network for point in points})
        if networks < fit.NETWORKS:
            cells = ["refused: too few networks", *["-"] * 6]
        else:
            held, plain = (fit.left_out(points, terms[group[0]]) for terms in (TERMS, PLAIN))
            known = [one.covered for one in held if one.covered is not None]
            cells = [*_errors(held), *_errors(plain), f"{sum(known)} of {len(known)}"]
        lines.append(
            f"| {', '.join(filter(None, group))} | {networks} ({len(points)}) | {' | '.join(cells)} |"
        )
    return "\n".join(lines)


def single(groups: Mapping[Group, Sequence[fit.Point]]) -> str:
    """A row for each measurement, as Markdown."""
    lines = [
        "| what | network | M MACs | measured | predicted | off by |",
        "|---|---|---|---|---|---|",
    ]
    for (quantity, core, _), points in groups.items():
        if len({point.network for point in points}) < fit.NETWORKS:
            continue
        factor, unit = UNITS[quantity]
        for one in fit.left_out(points, TERMS[quantity]):
            told = [f"{value / factor:.3g} {unit}" for value in (one.point.cost, one.cost)]
            cells = " | ".join([f"{one.point.features.macs / 1e6:.3g}", *told])
            off = f"{100 * math.expm1(one.error):+.1f} %"
            lines.append(f"| {core or quantity} | {one.point.network} | {cells} | {off} |")
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="make the package's coefficients")
    parser.add_argument("--publish", action="store_true", help="write the tables into the docs")
    arguments = parser.parse_args()
    if "EDGEBENCH_DATA" not in os.environ:
        parser.error("EDGEBENCH_DATA is not set: it names the folder of the published tables and model files")
    groups = points_of(Path(os.environ["EDGEBENCH_DATA"]))
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pytest-edgebench"))
    text = f"{compared(groups)}\n\n{single(groups)}\n\n{versions}; {date.today()}."
    sys.stdout.write(f"{text}\n")
    if arguments.write:
        made = {
            "made": "python tests/bench/predicted.py --write",
            "fits": [fitted(*it) for it in groups.items()],
        }
        DATA.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    if arguments.publish:
        publish("prediction", "predicted", text)
    return 0


def _errors(held: Sequence[fit.Held]) -> tuple[str, str, str]:
    """Median, mean and largest factor off, as a percentage above 1."""
    sizes = [abs(one.error) for one in held]
    middle = math.fsum(sizes) / len(sizes)
    a, b, c = (f"{100 * math.expm1(value):.1f} %" for value in (median(sizes), middle, max(sizes)))
    return a, b, c


if __name__ == "__main__":
    sys.exit(main())
