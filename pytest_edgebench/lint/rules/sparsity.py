"""Zeros that save nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.compressors.prune import Prune, PruneSemiStructured
from pytest_edgebench.lint.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgebench.lint.rule import Subject


def sparse_latency(subject: Subject) -> Iterator[str]:
    """EB106."""
    if subject.latency:
        yield from (str(step) for step in subject.steps if isinstance(step, Prune | PruneSemiStructured))


RULES = (
    Rule(
        "EB106",
        "unstructured pruning does not reduce latency",
        "ONNX Runtime's and LiteRT's processor kernels are dense: zeros are multiplied like any other weight",
        "measured with ONNX Runtime 1.32: latency and file size unchanged, only the compressed size shrinks",
        "use eb.prune_channels or eb.low_rank, or demand the compressed size (gzip) only",
        sparse_latency,
    ),
)
