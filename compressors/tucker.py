"""`Tucker`: a convolution through fewer channels than it reads and writes, by a Tucker decomposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pytest_edgebench.base.deprecated import renamed
from pytest_edgebench.compressors.architecture import Ranked, has_taps, pointwise, taps

if TYPE_CHECKING:
    from torch.nn import Conv2d, Module


@renamed("Bottleneck")
@dataclass(frozen=True)
class Tucker(Ranked):
    """Ungrouped 2-d convolutions wider than 1 x 1 as three: 1 x 1 to fewer channels, the taps, 1 x 1 back.

    Like the bottleneck blocks of ResNet (He et al. 2016), but linear between. The three start as a
    truncated Tucker decomposition of the old weight (out, in, height, width) in its first two axes (Kim et
    al. 2016, "Compression of Deep Convolutional Neural Networks for Fast and Low Power Mobile
    Applications"), found by the singular vectors of its unfoldings (De Lathauwer et al. 2000); give
    `finetune`, or let `Distill` follow. Layers that would not get smaller, and those that share their weight,
    stay.

    Attributes:
        ratio: channels between as a share of those read and of those written, 0 < ratio < 1, at least 1.
        finetune: as of `Prune`.
        exclude: pattern or patterns of names, as in ``named_modules()``, of layers that stay.
        layer_ratios: as of `LowRank`.

    Raises:
        DeclarationError: another ratio, no function, no patterns.
    """

    def takes(self, layer: Module) -> bool:
        return has_taps(layer)

    def replacement(self, layer: Module, ratio: float) -> Module:
        return _through_fewer(cast("Conv2d", layer), ratio)


def _through_fewer(layer: Conv2d, ratio: float) -> Module:
    import torch
    from torch import nn

    weight = layer.weight.detach().double()  # (out, in, height, width)
    back = _basis(weight, ratio)
    into = _basis(weight.transpose(0, 1), ratio)
    core = torch.einsum("oihw,or,is->rshw", weight, back, into)
    first = nn.Conv2d(layer.in_channels, into.shape[1], 1, bias=False)
    middle = taps(layer, into.shape[1], back.shape[1])
    last = pointwise(layer, back.shape[1])
    with torch.no_grad():
        first.weight.copy_(into.T[:, :, None, None])
        middle.weight.copy_(core)
        last.weight.copy_(back[:, :, None, None])
    return nn.Sequential(first, middle, last)


def _basis(weight: Any, ratio: float) -> Any:
    """(n, r): the first left singular vectors of a weight (n, ...) unfolded along its first axis."""
    import torch

    u, _, _ = torch.linalg.svd(weight.flatten(1), full_matrices=False)
    return u[:, : max(1, round(ratio * weight.shape[0]))]
