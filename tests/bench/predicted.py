"""``python tests/bench/predicted.py``: how far predictions are off networks the fit has not seen.

Needs EDGEBENCH_DATA. ``--write`` also makes the coefficients that the package ships, ``--publish`` the tables
in "Predicted latency". Every figure is of whole networks left out, all input sizes, cores and software of a
network together; refused is what the package would refuse without it, and an interval is judged that the
other networks alone gave.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from dataclasses import replace
from datetime import date
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench_docs import publish
from prediction_points import CUBE, DROPS, PROCESSORS, points_of

from pytest_edgebench.predict import fit, hierarchy
from pytest_edgebench.predict.hierarchy import Prior, Spread
from pytest_edgebench.predict.ranges import FARTHEST, outside, ranges_of
from pytest_edgebench.predict.shipped import DATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_edgebench.predict.hierarchy import Key, Points

    Held = Mapping[Key, list[fit.Held]]

NONE = Spread(0.0, 0.0)
PRIORS = {
    "latency": Prior(
        ("conv", "pointwise", "depthwise", "dense", "outputs", "inference"),
        start=(2.0, 2.0, 6.0, 2.5, 10.0, 20_000.0),
        open=(0.08, 0.08, 0.08, 0.08, 3.0, 1.0),
        all=1.0,
        core=Spread(0.5, 0.05),
        software=Spread(0.8, 0.1),
        version=Spread(0.1, 0.2),
        pair=Spread(0.05, 0.1),
        error=0.09,
    ),
    PROCESSORS: Prior(
        ("conv", "pointwise", "depthwise", "dense", "outputs", "inference"),
        start=(1.0, 1.0, 2.0, 2.0, 10.0, 200_000.0),
        open=(0.3, 0.3, 0.5, 0.5, 1.0, 2.0),
        all=1.0,
        core=NONE,
        software=NONE,
        version=NONE,
        pair=NONE,
        error=0.04,
    ),
    "ram": Prior(
        ("peak", "operators"), (0.7, 500.0), (0.3, 1.0), 0.5, NONE, NONE, Spread(0.1, 0.1), NONE, 0.2
    ),
    "flash": Prior(
        ("file", "inference"), (1.0, 30_000.0), (0.2, 1.0), 0.5, NONE, NONE, Spread(0.1, 0.1), NONE, 0.1
    ),
}
"""Rounded from a search along each number for a small mean error of networks left out."""
PLAIN = {"latency": "macs", "ram": "peak", "flash": "file"}
BOUNDED = {"latency": ("macs", "outputs", "operators"), "ram": ("peak", "operators"), "flash": ("file",)}
"""Between the least and the largest that was seen."""
KINDS = {"latency": ("conv", "pointwise", "depthwise", "dense"), "ram": (), "flash": ()}
"""At most the largest: none of a kind is never strange."""
SHOWN = (CUBE, "tensorflow-lite")
"""Software whose measurements have a row each."""
UNITS = {"latency": (1e6, "M cycles"), "ram": (1e3, "kB"), "flash": (1e3, "kB")}


def ranges(group: str, points: Points, without: str = "") -> dict[str, list[float]]:
    """Of all networks that are fitted together, but one."""
    seen = [point.features for of_key in points.values() for point in of_key if point.network != without]
    quantity = group.split()[0]
    return ranges_of(seen, BOUNDED[quantity], KINDS[quantity])


def accepted(group: str, points: Points, held: Held) -> dict[Key, list[fit.Held]]:
    """Those that would not be refused by ranges that have not seen their network."""
    known: dict[str, dict[str, tuple[float, float]]] = {}
    found: dict[Key, list[fit.Held]] = {}
    for key, ones in held.items():
        for one in ones:
            name = one.point.network
            if name not in known:
                known[name] = {term: (low, high) for term, (low, high) in ranges(group, points, name).items()}
            beyond = outside(one.point.features, known[name])
            if beyond is None or beyond.distance <= FARTHEST:
                found.setdefault(key, []).append(one)
    return found


def of_software(held: Held, software: str) -> list[fit.Held]:
    return [one for key, ones in held.items() if key.software == software for one in ones]


def behind(kept: Held, held: Held, software: str) -> list[fit.Held]:
    """What an interval rests on: those not refused; all, where these are of fewer than three networks."""
    found = of_software(kept, software)
    enough = len({one.point.network for one in found}) >= fit.NETWORKS
    return found if enough else of_software(held, software)


def fits(group: str, points: Points) -> Iterator[dict[str, object]]:
    """The entries of a quantity in the package's coefficients."""
    prior = PRIORS[group]
    costs = hierarchy.fit(points, prior)
    held = hierarchy.left_out(points, prior)
    kept = accepted(group, points, held)
    for key in sorted(points):
        rest = behind(kept, held, key.software)
        yield {
            "quantity": group.split()[0],
            **key._asdict(),
            "terms": prior.terms,
            "costs": [float(f"{value:.6g}") for value in costs[key]],
            "drops": key[1:] in DROPS,
            "spread": round(fit.half_width(rest), 6),
            "points": len(points[key]),
            "networks": len({point.network for point in points[key]}),
            "held": len(rest),
            "behind": len({one.point.network for one in rest}),
            "ranges": ranges(group, points),
            "sources": sorted({point.source for point in points[key]}),
        }


def judged(group: str, points: Points) -> dict[Key, list[fit.Held]]:
    """Points left out and not refused, each with the interval that all other networks gave."""
    prior = PRIORS[group]
    found: dict[Key, list[fit.Held]] = {}
    held = accepted(group, points, hierarchy.left_out(points, prior))
    for network in sorted({one.point.network for ones in held.values() for one in ones}):
        rest = {key: [p for p in of_key if p.network != network] for key, of_key in points.items()}
        inner = hierarchy.left_out(points, prior, (network,))
        kept = accepted(group, rest, inner)
        for key, ones in held.items():
            others = behind(kept, inner, key.software)
            spread = fit.half_width(others) if others else None
            mine = [replace(one, spread=spread) for one in ones if one.point.network == network]
            found.setdefault(key, []).extend(mine)
    return found


def compared(group: str, points: Points, held: Held, plain: Held) -> Iterator[str]:
    """A row for each fit, as Markdown, and one for each software: errors, refusals, coverage."""
    quantity = group.split()[0]
    for key in sorted(points):
        if len({point.network for point in points[key]}) >= fit.NETWORKS:
            title = ", ".join(filter(None, (quantity, key.core, key.runtime)))
            yield _row(title, points[key], held.get(key, []), plain[key])
    for software in dict.fromkeys(key.software for key in sorted(points)):
        mine = [key for key in points if key.software == software]
        if len(mine) > 1:
            given = [point for key in mine for point in points[key]]
            known, alone = of_software(held, software), of_software(plain, software)
            yield _row(f"{quantity}, {software}, all", given, known, alone)


def single(group: str, held: Held) -> Iterator[str]:
    """A row for each measurement, as Markdown."""
    quantity = group.split()[0]
    factor, unit = UNITS[quantity]
    for key in sorted(held):
        for one in held[key]:
            told = [f"{value / factor:.3g} {unit}" for value in (one.point.cost, one.cost)]
            cells = " | ".join([f"{one.point.features.macs / 1e6:.3g}", *told])
            off = f"{100 * math.expm1(one.error):+.1f} %"
            where = f"{key.core or quantity}, {key.runtime}"
            yield f"| {where} | {one.point.network} | {cells} | {off} |"


def tables(groups: Mapping[str, Points]) -> str:
    """Both tables of all quantities."""
    rows = [
        "| fit | networks (n) | refused | off by, median | mean | worst "
        "| products, tensors or file alone: mean | interval held | interval, typical |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    many = ["| what | network | M MACs | measured | predicted | off by |", "|---|---|---|---|---|---|"]
    for group, points in groups.items():
        held, prior = judged(group, points), PRIORS[group]
        one = PLAIN[group.split()[0]]
        alone = replace(prior, terms=(one,), start=prior.start[:1], open=prior.open[:1])
        rows += compared(group, points, held, hierarchy.left_out(points, alone))
        many += single(group, {key: ones for key, ones in held.items() if key.software in SHOWN})
    return "\n".join(rows) + "\n\n" + "\n".join(many)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="make the package's coefficients")
    parser.add_argument("--publish", action="store_true", help="write the tables into the docs")
    arguments = parser.parse_args()
    if "EDGEBENCH_DATA" not in os.environ:
        parser.error("EDGEBENCH_DATA is not set: it names the folder of the published tables and model files")
    groups = points_of(Path(os.environ["EDGEBENCH_DATA"]))
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scipy", "pytest-edgebench"))
    text = f"{tables(groups)}\n\n{versions}; {date.today()}."
    sys.stdout.write(f"{text}\n")
    if arguments.write:
        every = [entry for group, points in groups.items() for entry in fits(group, points)]
        made = {"made": "python tests/bench/predicted.py --write", "fits": every}
        DATA.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    if arguments.publish:
        publish("prediction", "predicted", text)
    return 0


def _row(title: str, points: Sequence[fit.Point], held: Sequence[fit.Held], plain: Sequence[fit.Held]) -> str:
    networks = len({point.network for point in points})
    refused = f"{len(points) - len(held)} of {len(points)}"
    spreads = [one.spread for one in held if one.spread is not None]
    known = [one.covered for one in held if one.covered is not None]
    wide = f"{100 * math.expm1(median(spreads)):.0f} %" if spreads else "-"
    names = {one.point.network for one in held}
    alone = _errors([one for one in plain if one.point.network in names])[1] if held else "-"
    cells = [refused, *(_errors(held) if held else ("-",) * 3), alone, f"{sum(known)} of {len(known)}", wide]
    return f"| {title} | {networks} ({len(points)}) | {' | '.join(cells)} |"


def _errors(held: Iterable[fit.Held]) -> tuple[str, str, str]:
    """Median, mean and largest factor off, as a percentage above 1."""
    sizes = [abs(one.error) for one in held]
    middle = math.fsum(sizes) / len(sizes)
    a, b, c = (f"{100 * math.expm1(value):.1f} %" for value in (median(sizes), middle, max(sizes)))
    return a, b, c


if __name__ == "__main__":
    sys.exit(main())
