"""How large the inputs of layers are on some samples: what pruning by activations goes by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.declare.model import StepContext

SAMPLES = 128
BATCH = 32


def input_norms(module: Module, context: StepContext) -> dict[str, Tensor]:
    """Layer name → the root of the summed squares of each input channel, of convolutions and linear layers.

    On `SAMPLES` of the calibration data. Layers that were not called are left out.
    """
    import torch
    from torch import nn
    from torch.nn.modules.conv import _ConvNd

    from pytest_edgebench.compressors.build.export import ordered

    sums: dict[str, Any] = {}

    def watch(name: str, layer: Any) -> Any:
        axis = 1 if isinstance(layer, _ConvNd) else -1

        def hook(_layer: Module, inputs: tuple[Any, ...]) -> None:
            channels = inputs[0].detach().double().movedim(axis, 0).flatten(1)
            sums[name] = sums.get(name, 0) + channels.square().sum(1)

        return layer.register_forward_pre_hook(hook)

    layers = {name: m for name, m in module.named_modules() if isinstance(m, _ConvNd | nn.Linear)}
    hooks = [watch(name, layer) for name, layer in layers.items()]
    given = context.calibration(SAMPLES)
    count = min(SAMPLES, len(next(iter(given.values()))))
    try:
        with torch.no_grad():
            for start in range(0, count, BATCH):
                parts = {name: array[start : min(count, start + BATCH)] for name, array in given.items()}
                module(*(torch.from_numpy(part.copy()) for part in ordered(module, parts).values()))
    finally:
        for hook in hooks:
            hook.remove()
    return {name: total.sqrt().float() for name, total in sums.items()}


def weighed(layer: Any, norms: Tensor) -> Any:
    """Magnitudes of a layer's weights times the norms of what they are multiplied by, in their shape."""
    weight = layer.weight.detach().abs()
    ones = [1] * (weight.dim() - 2)
    if getattr(layer, "transposed", False):
        return weight * norms.view(-1, 1, *ones)
    groups = getattr(layer, "groups", 1)
    rows = norms.view(groups, -1).repeat_interleave(len(weight) // groups, 0)
    return weight * rows.view(*rows.shape, *ones)
