"""`Binarize` and `BinarizeTraining`: weights of one bit."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_edgebench.compressors.checks import patterns
from pytest_edgebench.compressors.finetune import wants_data
from pytest_edgebench.compressors.layers import train_as_seen, weighted
from pytest_edgebench.declare.model import Stage, Step, StepContext
from pytest_edgebench.errors import build, compress, precision

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.record.run import Counts

    Array = np.ndarray[Any, np.dtype[Any]]

SMALLEST = 1024
# Relative error up to which scales are kept in half precision: half of its last bit.
HALF_STEP = 2.0**-11


@dataclass(frozen=True)
class Binarize(Step):
    """Keep of each weight of convolutions and matrix products its sign, and one scale for each channel.

    The scale is the mean magnitude of the channel's weights, which makes the squared error least (Rastegari
    et al., XNOR-Net, 2016, equation 6). Signs are stored as bits, eight in a byte, and expanded to floats by
    operators in the graph, so the file shrinks to 1/32 on large weights, and the arithmetic stays float.
    ONNX Runtime expands once, when it loads the file; LiteRT at every inference, which costs time there.

    Attributes:
        exclude: pattern or patterns (``*``, ``?``) of weights that stay float: by the weight's name, or
            that without its last part (``conv1`` for ``conv1.weight``).
        smallest: weights with fewer elements stay float; the operators that expand one take 0.5 to 1 kB.
        trained: binarize only weights whose channels have one magnitude each, as `BinarizeTraining` leaves
            them; nothing is lost then but what half precision takes from the scales.

    Raises:
        DeclarationError: patterns, a count or a flag that is none.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "file", "tflite": "file"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("onnx",), "tflite": ("ai-edge-litert",)}

    exclude: tuple[str, ...] | str = ()
    smallest: int = SMALLEST
    trained: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "exclude", patterns("exclude", self.exclude))
        _check_smallest(self.smallest)
        if not isinstance(self.trained, bool):
            raise build.not_a_flag("trained", self.trained)

    def file(self, source: Path, target: Path, context: StepContext) -> None:
        if context.format == "onnx":
            from pytest_edgebench.compressors.binarize_onnx import binarize
        else:
            from pytest_edgebench.compressors.binarize_tflite import binarize
        done = binarize(source, target, self)
        if not done:
            raise build.no_effect(str(self), precision.nothing_to_binarize(self.smallest, self.trained), "")
        before, after = (sum(bytes_[n] for bytes_ in done.values()) for n in (0, 1))
        context.note(
            f"binarized {', '.join(sorted(done))}: {before} B of weights became {after} B of signs and scales"
        )

    def effect(self, before: Counts, after: Counts) -> str | None:
        if after.weight_bytes.get("binary", 0) <= before.weight_bytes.get("binary", 0):
            return "no weight became binary"
        if sum(after.weight_bytes.values()) >= sum(before.weight_bytes.values()):
            return "signs, scales and what expands them take as much as the weights did"
        return None


@dataclass(frozen=True)
class BinarizeTraining(Step):
    """Train a torch module with binary weights in its convolutions and linear layers.

    The forward pass sees sign and scale as `Binarize` makes them; the gradient passes the sign as if it were
    not there (straight-through estimator, Bengio et al. 2013). The result has binary weights, in floats;
    `Binarize` packs them.

    Attributes:
        finetune: as of `Prune`; an `eb.Fit` for the default loop.
        exclude: pattern or patterns of the layers' names that keep float weights.
        smallest: layers with fewer weights keep them float.

    Raises:
        DeclarationError: no function, patterns or a count that are none.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("torch",), "tflite": ("torch",)}

    finetune: Finetune
    exclude: tuple[str, ...] | str = ()
    smallest: int = SMALLEST

    def __post_init__(self) -> None:
        if not callable(self.finetune):
            raise build.bad_finetune(self.finetune)
        object.__setattr__(self, "exclude", patterns("exclude", self.exclude))
        _check_smallest(self.smallest)

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return wants_data(self.finetune)

    def torch(self, module: Module, context: StepContext) -> Module:
        import torch
        from torch.nn.utils import parametrize

        layers = weighted(self, module, self.exclude, self.smallest)
        if not layers:
            raise build.no_effect(str(self), precision.nothing_to_binarize(self.smallest, False), "")

        class Binary(torch.nn.Module):
            """The weight as the forward pass sees it: (out, ...) in, the same out."""

            def forward(self, weight: Tensor) -> Tensor:
                with torch.no_grad():
                    scale = weight.abs().mean(tuple(range(1, weight.dim())), keepdim=True)
                    binary = torch.where(weight >= 0, scale, -scale)
                return weight + (binary - weight).detach() if weight.requires_grad else binary

        train_as_seen(self, module, layers, Binary, self.finetune, context)
        for layer in layers.values():
            # Without gradient the parametrization gives exactly the binary values.
            layer.parametrizations.weight.original.requires_grad_(False)  # type: ignore[union-attr]
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
            layer.weight.requires_grad_(True)
        return module

    def effect(self, before: Counts, after: Counts) -> str | None:
        return None  # `Binarize` after it finds the binary weights, or says that there are none

    def __str__(self) -> str:
        tuned = getattr(self.finetune, "__name__", "function")
        others = "".join(f", exclude={self.exclude!r}" for _ in self.exclude[:1])
        return f"BinarizeTraining(finetune={tuned}{others})"


def signs_and_scales(weight: Array, axis: int, *, trained: bool) -> tuple[Array, Array] | None:
    """Bits and scales of a weight, or None where `trained` and it is not binary.

    Args:
        weight: floats of any shape.
        axis: of the channels.

    Returns:
        Bits: uint8 (ceil(n / 8), 1), bit k of byte b is element 8 b + k in memory order, 1 for a value of 0
        and above. Scales: float32, or float16 where its error is at most half its last bit, of the weight's
        number of dimensions, all 1 but `axis`.
    """
    import numpy as np

    others = tuple(n for n in range(weight.ndim) if n != axis)
    sizes = np.abs(weight.astype(np.float64))
    if trained and not bool((sizes == sizes.max(others, keepdims=True)).all()):
        return None
    scale = sizes.mean(others, keepdims=True).astype(np.float32)
    with np.errstate(over="ignore"):
        half = scale.astype(np.float16)
    if bool((np.abs(half.astype(np.float32) - scale) <= HALF_STEP * scale).all()):
        scale = half
    bits = np.packbits(weight.reshape(-1) >= 0, bitorder="little").reshape(-1, 1)
    return bits, scale


def binary_of(step: Binarize, name: str, weight: Array, axis: int) -> tuple[Array, Array] | None:
    """Bits and scales of a weight, as `signs_and_scales`, or None where the step leaves it as it is.

    Raises:
        BuildError: NaN or infinity in it.
    """
    import numpy as np

    if weight.size < step.smallest or stays(name, step.exclude):
        return None
    if not np.isfinite(weight).all():
        raise precision.weight_not_finite(str(step), name)
    return signs_and_scales(weight, axis, trained=step.trained)


def stays(name: str, patterns: Sequence[str]) -> bool:
    """Whether a weight's name, or that without its last part, matches a pattern."""
    names = (name, name.rpartition(".")[0])
    return any(fnmatch.filter(names, pattern) for pattern in patterns)


def check_patterns(step: Binarize, names: Sequence[str]) -> None:
    """Refuse a pattern of `exclude` that matches none of the names.

    Raises:
        BuildError: such a pattern.
    """
    for pattern in step.exclude:
        if not any(stays(name, (pattern,)) for name in names):
            raise precision.excludes_no_weight(str(step), pattern, names)


def _check_smallest(given: object) -> None:
    if type(given) is not int or given < 1:
        raise compress.not_a_count("smallest", given)
