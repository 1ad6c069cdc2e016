"""The grammar of limits, from the tables that the parser uses."""

from __future__ import annotations

from pytest_edgebench.declare.grammar import FACTORS
from pytest_edgebench.declare.limit import OF_DRAWS
from pytest_edgebench.docs.generated.markdown import code, table
from pytest_edgebench.record.metrics_table import METRICS

HEADING = "Budget grammar"
SYNTAX = """
```text
limit     = [statistic] number unit
          | [statistic] reference sign number (unit | "%" | "points" | "pp")
reference = "original" | "model" | "baseline"
sign      = "+" | "-"
```

A limit is text: `size="64 kB"`. Several limits of one metric are a list: `latency=["4 ms", "p95 10 ms"]`. A metric whose
name is not a Python word goes into `metrics={"energy": "3 mJ"}`.

- **Absolute** limits are an upper bound for sizes, counts and times, and for a score follow its direction (`accuracy` is a
  lower bound, `mae` an upper one). A count may have no unit: `macs="6 M"`.
- **Relative** limits say how far the number may be from that of the original model (`original`, or `model`: two words for
  one reference) or from the accepted one (`baseline`): `size="baseline + 1 %"`, `latency="original - 20 %"`. The original
  is the model without any step, also for a recipe that is made of another recipe.
- A relative limit of a **score** is in percentage points, `accuracy="model - 1 points"` or `"model - 1 pp"`. A percentage of
  a percentage is refused with a suggestion.
- A limit of a score may be on a group of samples, `accuracy="worst slice 85 %"` or
  `accuracy="slice night model - 2 points"`: [slices](howto-slices.md).
- **Latency** relative to another file is in `%` and is compared as [paired loads](gate.md); it takes no statistic.
"""
MEANINGS = {
    "B": "bytes; `k`, `M`, `G` are powers of 1,000, `Ki`, `Mi`, `Gi` of 1,024",
    "s": "time",
    "%": "a share or a score in per cent",
    "count": "counts: operations, parameters, instructions",
    "plain": "plain numbers",
    "own": "scores of your own",
}
"""Kind of unit → what it measures."""


def page() -> str:
    """Syntax, units, statistics."""
    units = [
        (", ".join(code(unit) for unit in known if unit), MEANINGS[kind]) for kind, known in FACTORS.items()
    ]
    statistics = [
        (code(name), code(", ".join(info.statistics))) for name, info in METRICS.items() if info.statistics
    ]
    statistics.append(("scores of a recipe with `calibration=eb.draws(...)`", code(", ".join(OF_DRAWS))))
    statistics.append(("scores of a model with `slices=`", code("worst slice, slice NAME")))
    return (
        f"# {HEADING}\n{SYNTAX}\n## Units\n\n{table(('written', 'of'), (row for row in units if row[0]))}"
        "\nMetrics of other packages bring units of their own: [Metrics](metrics.md).\n"
        "\n## Statistics\n\nThe first is what a limit without one means.\n\n"
        f"{table(('metric', 'statistics'), statistics)}"
    )
