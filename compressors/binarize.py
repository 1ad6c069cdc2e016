"""`Binarize` and `BinarizeTraining`: weights of one bit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from pytest_edgebench.compressors import errors
from pytest_edgebench.compressors.binary_weights import Asked
from pytest_edgebench.compressors.build import errors as build_errors
from pytest_edgebench.compressors.checks import patterns
from pytest_edgebench.compressors.finetune import wants_data
from pytest_edgebench.compressors.layers import train_as_seen, weighted
from pytest_edgebench.declare.model import Stage, Step, StepContext

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.record.run import Counts

SMALLEST = 1024


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
            raise errors.not_a_flag("trained", self.trained)

    def file(self, source: Path, target: Path, context: StepContext) -> None:
        if context.format == "onnx":
            from pytest_edgebench.compressors.binarize_onnx import binarize
        else:
            from pytest_edgebench.compressors.binarize_tflite import binarize
        asked = Asked(str(self), tuple(self.exclude), self.smallest, self.trained)
        done = binarize(source, target, asked)
        if not done:
            raise build_errors.no_effect(
                str(self), errors.nothing_to_binarize(self.smallest, self.trained), ""
            )
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
            raise errors.bad_finetune(self.finetune)
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
            raise build_errors.no_effect(str(self), errors.nothing_to_binarize(self.smallest, False), "")

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


def _check_smallest(given: object) -> None:
    if type(given) is not int or given < 1:
        raise errors.not_a_count("smallest", given)
