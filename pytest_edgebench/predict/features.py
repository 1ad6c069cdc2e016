"""`Features`: the work in a model file, by the kinds that cost differently on small processors."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any


@dataclass(frozen=True, slots=True)
class Features:
    """What one inference of a network does.

    Attributes:
        conv, pointwise, depthwise, dense: multiply-accumulates of convolutions larger than 1x1, of 1x1
            convolutions, of depthwise convolutions, and of fully connected and matrix products.
        outputs: elements that all operators write.
        operators: how many there are.
        integer: whether nothing is computed in floats.
        peak: bytes of the tensors that are alive at once, where that is most, without constants.
        file: bytes of the model file.
        uncounted: operators whose work or lengths are not known, so that the rest is too little.
        left: the same without channels whose weights are all zero, which some software drops; None where
            there are none.
    """

    conv: float
    pointwise: float
    depthwise: float
    dense: float
    outputs: float
    operators: float
    integer: bool = True
    peak: float = 0.0
    file: float = 0.0
    uncounted: tuple[str, ...] = ()
    left: Features | None = None

    @property
    def macs(self) -> float:
        """Multiply-accumulates of all kinds."""
        return self.conv + self.pointwise + self.depthwise + self.dense

    @property
    def inference(self) -> float:
        """1: the term of what an inference costs whatever the network."""
        return 1.0

    def value(self, term: str) -> float:
        """A sum of fields by its name, such as "conv+pointwise"; also "macs" and "inference".

        Raises:
            ValueError: there is no such field.
        """
        names = {field.name for field in fields(self)} - {"integer", "uncounted", "left"} | {
            "macs",
            "inference",
        }
        parts = term.split("+")
        if unknown := [part for part in parts if part not in names]:
            raise ValueError(f"there is no feature {unknown[0]!r}; there are {', '.join(sorted(names))}")
        return float(sum(getattr(self, part) for part in parts))


def features_of(path: Path) -> Features:
    """The work in a ``.tflite`` file, all subgraphs that run, by the shapes stored in it.

    Raises:
        BuildError: truncated or damaged.
    """
    from pytest_edgebench.artifacts.inspect.tflite_counts import FLOATS, macs_of, reachable
    from pytest_edgebench.artifacts.inspect.tflite_file import read, reading
    from pytest_edgebench.artifacts.inspect.tflite_rules import computes
    from pytest_edgebench.predict.zero_channels import shares

    kinds = ("conv", "pointwise", "depthwise", "dense", "outputs")
    whole: dict[str, Any] = dict.fromkeys(kinds, 0.0)
    left = dict(whole)
    operators, integer, peak = 0, True, 0
    uncounted: dict[str, None] = {}
    with reading(path):
        file = read(path)
        for graph in (file.graphs[at] for at in reachable(file, sorted({*file.signatures.values()}) or [0])):
            peak = max(peak, graph.peak())
            dropped = shares(graph)
            for place, operator in enumerate(graph.operators):
                inputs, found = operator.inputs, macs_of(graph, operator)
                weight = graph.shape(inputs[1]) if len(inputs) > 1 and inputs[1] >= 0 else ()
                outputs = sum(graph.elements(index) for index in operator.outputs)
                for work, (products, written) in ((whole, (1, 1)), (left, dropped.get(place, (1, 1)))):
                    work[_kind(operator.name, weight)] += products * (found or 0)
                    work["outputs"] += written * outputs
                if found is None or not all(graph.known(i) for i in operator.outputs):
                    uncounted[operator.name] = None
                operators += 1
                if computes(operator.name):  # int8 weights with float data are not integers throughout
                    integer = integer and not any(graph.dtype(i) in FLOATS for i in inputs if i >= 0)
    size = path.stat().st_size
    same: dict[str, Any] = {"integer": integer, "peak": peak, "file": size, "uncounted": tuple(uncounted)}
    rest = Features(**left, operators=operators, **same) if left != whole else None
    return Features(**whole, operators=operators, **same, left=rest)


def _kind(name: str, weight: tuple[int, ...]) -> str:
    """The feature an operator's products belong to; weights of CONV_2D: out, height, width, in."""
    if name == "DEPTHWISE_CONV_2D":
        return "depthwise"
    if name == "CONV_2D" and weight[1:3] == (1, 1):
        return "pointwise"
    return "conv" if "CONV" in name else "dense"
