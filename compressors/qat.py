"""`QAT`: train a torch module with weights and activations rounded as int8 will round them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_edgebench.base.deprecated import renamed
from pytest_edgebench.compressors import errors
from pytest_edgebench.compressors.build import errors as build_errors
from pytest_edgebench.compressors.finetune import wants_data
from pytest_edgebench.compressors.fit import Fit
from pytest_edgebench.compressors.layers import train_as_seen, weighted
from pytest_edgebench.declare.model import Stage, Step, StepContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.record.run import Counts

KEPT = 0.95  # of a running range, when a new batch comes


@renamed("QuantizeTraining")
@dataclass(frozen=True)
class QAT(Step):
    """Quantization-aware training for the "static-int8" of `Quantize`, which has to follow.

    While the module trains, the weights of convolutions and linear layers are rounded to int8, symmetric,
    with a scale for each output channel, as both file formats hold them; what goes into these layers is
    rounded to 8 bits with one scale and zero point for the tensor, from a running range (Jacob et al.
    2018). The gradient passes the rounding as if it were not there, but is 0 where a value is cut off.
    Additions and outputs are not rounded in training. A batch norm that the export folds into the layer
    before it scales whole channels and leaves the rounding as it was trained.

    The result holds the rounded weights, in floats, so that quantizing the file changes them no more.

    Attributes:
        finetune: as of `Prune`; an `eb.Fit` for the default loop.
        reduce_range: as of the `Quantize` that follows: ONNX weights take 7 of the 8 bits.

    Raises:
        DeclarationError: no function, a flag that is none.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("torch",), "tflite": ("torch",)}

    finetune: Finetune = field(default_factory=Fit)
    reduce_range: bool = True

    def __post_init__(self) -> None:
        if not callable(self.finetune):
            raise errors.bad_finetune(self.finetune)
        if not isinstance(self.reduce_range, bool):
            raise errors.not_a_flag("reduce_range", self.reduce_range)

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return wants_data(self.finetune)

    def torch(self, module: Module, context: StepContext) -> Module:
        import torch
        from torch.nn.utils import parametrize

        layers = weighted(self, module)
        if not layers:
            raise build_errors.no_effect(str(self), "the model has no convolution or linear layer", "")
        before = {name: layer.weight.detach().clone() for name, layer in layers.items()}  # type: ignore[operator]
        top = 64 if self.reduce_range and context.format == "onnx" else 127

        class Rounded(torch.nn.Module):
            """The weight (out, ...) as it will be held."""

            def forward(self, weight: Tensor) -> Tensor:
                return rounded(weight, top)

        hooks = [layer.register_forward_pre_hook(_RoundedInput()) for layer in layers.values()]
        train_as_seen(self, module, layers, Rounded, self.finetune, context)
        for hook in hooks:
            hook.remove()
        for layer in layers.values():
            parametrize.remove_parametrizations(layer, "weight", leave_parametrized=True)
        if all(torch.allclose(before[n], x.weight, 1e-5, 0) for n, x in layers.items()):  # type: ignore[arg-type]
            raise build_errors.no_effect(str(self), "no weight changed", "")
        context.note(f"trained for int8: {len(layers)} layers, weights in -{top}...{top}")
        return module

    def effect(self, before: Counts, after: Counts) -> str | None:
        return None  # shown by `torch`: counts do not change; `Quantize` after it proves the integers

    def __str__(self) -> str:
        tuned = getattr(self.finetune, "__name__", "function")
        return f"QAT(finetune={tuned}{'' if self.reduce_range else ', reduce_range=False'})"


def rounded(weight: Tensor, top: int) -> Tensor:
    """A weight (out, ...) rounded to whole multiples of max / `top` of each output channel."""
    import torch

    with torch.no_grad():
        scale = weight.abs().flatten(1).amax(1).clamp(min=1e-12) / top
    zero = torch.zeros_like(scale, dtype=torch.int32)
    found: Tensor = torch.fake_quantize_per_channel_affine(weight, scale, zero, 0, -top, top)
    return found


class _RoundedInput:
    """A hook that rounds a layer's first input to 8 bits, by a running range that always holds 0."""

    def __init__(self) -> None:
        self._range: tuple[float, float] | None = None

    def __call__(self, layer: Module, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        import torch

        value = inputs[0]
        if layer.training:
            low, high = (float(bound) for bound in torch.aminmax(value.detach()))
            if self._range is not None:
                low = KEPT * self._range[0] + (1 - KEPT) * low
                high = KEPT * self._range[1] + (1 - KEPT) * high
            self._range = min(low, 0.0), max(high, 0.0)
        if self._range is None or self._range[1] - self._range[0] < 1e-12:
            return inputs
        low, high = self._range
        scale = (high - low) / 255
        zero = min(255, max(0, round(-low / scale)))
        return (torch.fake_quantize_per_tensor_affine(value, scale, zero, 0, 255), *inputs[1:])
