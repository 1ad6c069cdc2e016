"""The metrics that budgets may name, from what the metric sources give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.declare.grammar import FACTORS, example_of
from pytest_edgebench.docs.generated.markdown import code, table
from pytest_edgebench.record.metrics_table import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.record.metric_info import MetricInfo, Need

HEADING = "Metrics and units"
HEAD = """
What `eb.budget` takes as a keyword, and what `edge.NAME` gives in a test. Any other name is a score of your own: the name of
the function given as `score=`.
"""
CLASSES = """
- **exact**: counted. The smallest change is seen, and there is nothing to repeat.
- **score**: on labelled samples; judged on exactly these samples, or by evidence ([How the gate decides](gate.md)).
- **noisy**: measured several times; a verdict needs evidence.
"""
NEEDS: Mapping[Need, str] = {
    "file": "nothing: counted in the file",
    "run": "a run of the file, on the target or on this machine",
    "latency": "a target that can be timed",
    "memory": "a target whose memory can be measured",
    "instructions": "a target that counts instructions (`qemu`)",
}
BETTER = {True: "higher", False: "lower", None: "as the score says"}


def page() -> str:
    """One table for all metrics."""
    needs = {
        name: each.source.NEEDS for each in METRICS.sources if not each.package for name in each.source.GIVES
    }
    rows = [_row(name, METRICS[name], needs[name]) for name in METRICS if name in needs]
    head = ("metric", "what it is", "class", "better", "units of a limit", "example", "needs")
    return f"# {HEADING}\n{HEAD}\n{table(head, rows)}{CLASSES}"


def _row(name: str, info: MetricInfo, need: Need) -> tuple[str, ...]:
    units = info.units or FACTORS[info.unit or ("count" if info.cls == "exact" else "plain")]
    return (
        code(name),
        info.title,
        info.cls,
        BETTER[info.higher_is_better],
        ", ".join(code(unit) for unit in units if unit) or "none",
        code(f'{name}="{example_of(name, info)}"'),
        NEEDS[need],
    )
