"""What is counted in the file: sizes, parameters, multiply-accumulates, operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.record.metric_info import MetricInfo

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_edgebench.metrics.protocol import View
    from pytest_edgebench.record.run import Metric

GIVES = {
    "size": MetricInfo("B", "exact", "size of all files", rank=0, in_file=True),
    "gzip": MetricInfo("B", "exact", "size of all files, gzip", rank=1, in_file=True),
    "parameters": MetricInfo("", "exact", "parameters", rank=2, in_file=True),
    "macs": MetricInfo("", "exact", "multiply-accumulates", rank=3, in_file=True),
    "ops": MetricInfo("", "exact", "operations in the graph", rank=4, in_file=True),
    "float_ops": MetricInfo("", "exact", "convolutions and products in float", rank=5, in_file=True),
}
NEEDS = "file"
RANK = 10


def measure(view: View) -> Mapping[str, Metric]:
    """All of them."""
    return view.observer.static(view.artifact, view.model)


def why(view: View) -> Mapping[str, str]:
    """None is ever missing."""
    return {}
