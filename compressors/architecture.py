"""`LowRank` and `Separable`: layers replaced by cheaper ones that do nearly the same."""

from __future__ import annotations

import fnmatch
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, cast

from pytest_edgebench.compressors import attention, ratios
from pytest_edgebench.compressors.build import errors as build_errors
from pytest_edgebench.compressors.checks import check_finetune, check_rank, patterns
from pytest_edgebench.compressors.finetune import finetuned, wants_data
from pytest_edgebench.declare.model import LATER, Stage, Step, StepContext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch.nn import Conv2d, Linear, Module, MultiheadAttention

    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.record.run import Counts


@dataclass(frozen=True)
class Substitute(Step, ABC):
    """Replaces layers one by one, tells which, and trains what came out."""

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("torch",), "tflite": ("torch",)}

    finetune: Finetune | None = None
    exclude: tuple[str, ...] | str = ()

    def __post_init__(self) -> None:
        check_finetune(self.finetune, 1)
        object.__setattr__(self, "exclude", patterns("exclude", self.exclude))

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return wants_data(self.finetune)

    @abstractmethod
    def takes(self, layer: Module) -> bool:
        """Whether there may be a cheaper layer for one of this kind."""

    @abstractmethod
    def replacement(self, layer: Module, ratio: float) -> Module:
        """What takes the place of a layer that it `takes`; it counts only where it is smaller."""

    def ratios_of(self, names: Sequence[str]) -> Mapping[str, float]:
        """Layer → its ratio, of the layers that it takes; others are left whole."""
        return dict.fromkeys(names, 0.0)

    def torch(self, module: Module, context: StepContext) -> Module:
        module, replaced = self._replaced(module)
        if not replaced:
            raise build_errors.no_effect(str(self), "no layer became smaller by it", "")
        attention.leave_fast_path(module)
        context.note(f"{type(self).__name__} replaced {', '.join(name or 'the model' for name in replaced)}")
        return finetuned(module, self.finetune, context)

    def _replaced(self, module: Module) -> tuple[Module, list[str]]:
        """The module with layers replaced, and their names; one used at several places is replaced once."""
        found = [(name, layer) for name, layer in _alone(module) if self.takes(layer)]
        kept = [name for name, _ in found if not any(fnmatch.fnmatch(name, p) for p in self.exclude)]
        own = self.ratios_of([name for name, _ in found])
        made: dict[int, Module | None] = {}
        names = []
        for name, layer in found:
            if name not in kept or name not in own:
                continue
            if id(layer) not in made:
                made[id(layer)] = _smaller(layer, self.replacement(layer, own[name]))
            new = made[id(layer)]
            if new is None:
                continue
            names.append(name)
            if not name:
                return new, names
            parent, _, attribute = name.rpartition(".")
            setattr(module.get_submodule(parent), attribute, new)
        return module, names

    def effect(self, before: Counts, after: Counts) -> str | None:
        if after.parameters < before.parameters:
            return None
        return f"the model has {after.parameters} parameters, no fewer than before"


@dataclass(frozen=True)
class Ranked(Substitute):
    """A substitute that keeps a share of a rank: `ratio`, 0 < ratio < 1, or what `layer_ratios` has."""

    ratio: float = 0.5
    layer_ratios: Mapping[str, float] | ratios.LayerRatios = field(default=(), metadata=LATER)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_rank(self.ratio)
        object.__setattr__(self, "layer_ratios", ratios.checked_ranks(self.layer_ratios))

    def ratios_of(self, names: Sequence[str]) -> Mapping[str, float]:
        own = ratios.by_layer(str(self), cast("ratios.LayerRatios", self.layer_ratios), names)
        found = {name: own.get(name, self.ratio) for name in names}
        return {name: ratio for name, ratio in found.items() if ratio < 1}


@dataclass(frozen=True)
class LowRank(Ranked):
    """Linear layers and ungrouped 2-d convolutions as two thinner ones, by singular value decomposition.

    A weight (out, in) of rank r is a product (out, r) (r, in): the best one in the least-squares sense is cut
    from the singular value decomposition (Eckart and Young 1936). A convolution becomes one with r channels
    and a 1 x 1 one (Zhang et al. 2015, "Accelerating Very Deep Convolutional Networks").
    ``nn.MultiheadAttention`` is one layer here: each of its four projections becomes two. Layers that would
    not get smaller, and those that share their weight with another, stay.

    Attributes:
        ratio: r as a share of the full rank, 0 < ratio < 1, at least 1.
        finetune: as of `Prune`.
        exclude: pattern or patterns of names, as in ``named_modules()``, of layers that stay.
        layer_ratios: pattern of layer names → a ratio of their own, 0 < ratio <= 1; 1 leaves a layer whole.
            Of several patterns the first one counts.

    Raises:
        DeclarationError: another ratio, no function, no patterns.
    """

    def takes(self, layer: Module) -> bool:
        from torch import nn

        if isinstance(layer, nn.Conv2d):
            return layer.groups == 1
        return isinstance(layer, nn.Linear) or attention.is_plain(layer)

    def replacement(self, layer: Module, ratio: float) -> Module:
        from torch import nn

        if isinstance(layer, nn.Linear):
            return _thin_linear(layer, ratio)
        if isinstance(layer, nn.Conv2d):
            return _thin_convolution(layer, ratio)
        found = attention.unpacked(cast("MultiheadAttention", layer))
        for name, part in list(found.named_children()):
            setattr(found, name, _smaller(part, _thin_linear(part, ratio)) or part)
        return cast("Module", found)


@dataclass(frozen=True)
class Separable(Substitute):
    """Ungrouped 2-d convolutions wider than 1 x 1 as a depthwise and a 1 x 1 convolution.

    As MobileNets use (Howard et al. 2017). The pair starts as the nearest one to the old weight: for each
    input channel the first singular vectors of its (out, taps) matrix. That is seldom near enough without
    training: give `finetune`, or let `Distill` follow.

    Attributes:
        finetune: as of `Prune`.
        exclude: pattern or patterns of names, as in ``named_modules()``, of layers that stay.

    Raises:
        DeclarationError: no function, no patterns.
    """

    def takes(self, layer: Module) -> bool:
        return has_taps(layer)

    def replacement(self, layer: Module, ratio: float) -> Module:
        return _separable(cast("Conv2d", layer))


def _alone(module: Module) -> Iterator[tuple[str, Module]]:
    """Layers that share their weight with no other, by name.

    ``nn.MultiheadAttention`` reads what its layers hold past them: it is given whole, without what is in it.
    """
    from torch import nn

    named = list(module.named_modules(remove_duplicate=False))
    owners = {id(layer): layer for _, layer in named}.values()
    shared = Counter(id(weight) for layer in owners if (weight := _weight(layer)) is not None)
    inside = tuple(f"{name}." for name, layer in named if isinstance(layer, nn.MultiheadAttention))
    for name, layer in named:
        weight = _weight(layer)
        if weight is not None and shared[id(weight)] == 1 and not name.startswith(inside):
            yield name, layer


def _weight(layer: Module) -> Any:
    """The weight of a layer, if it has one of its own."""
    return getattr(layer, "in_proj_weight", getattr(layer, "weight", None))


def has_taps(layer: Module) -> bool:
    """Whether it is an ungrouped 2-d convolution wider than 1 x 1."""
    from torch import nn

    return isinstance(layer, nn.Conv2d) and layer.groups == 1 and layer.weight[0, 0].numel() > 1


def _smaller(old: Module, new: Module) -> Module | None:
    """`new` if it has fewer parameters than `old`."""
    sizes = [sum(p.numel() for p in m.parameters()) for m in (new, old)]
    return new if sizes[0] < sizes[1] else None


def _factors(matrix: Any, ratio: float) -> tuple[Any, Any]:
    """(out, r) and (r, in) whose product is nearest to the matrix (out, in), scaled alike."""
    import torch

    u, s, v = torch.linalg.svd(matrix.detach().double(), full_matrices=False)
    rank = max(1, round(ratio * len(s)))
    root = s[:rank].sqrt()
    return (u[:, :rank] * root).to(matrix.dtype), (root[:, None] * v[:rank]).to(matrix.dtype)


def _thin_linear(layer: Linear, ratio: float) -> Module:
    import torch
    from torch import nn

    left, right = _factors(layer.weight, ratio)
    first = nn.Linear(layer.in_features, len(right), bias=False)
    second = nn.Linear(len(right), layer.out_features, bias=layer.bias is not None)
    with torch.no_grad():
        first.weight.copy_(right)
        second.weight.copy_(left)
        if layer.bias is not None:
            second.bias.copy_(layer.bias)
    return nn.Sequential(first, second)


def _thin_convolution(layer: Conv2d, ratio: float) -> Module:
    import torch

    left, right = _factors(layer.weight.flatten(1), ratio)
    pair = _pair(layer, middle=len(right), groups=1)
    with torch.no_grad():
        pair[0].weight.copy_(right.view_as(pair[0].weight))
        pair[1].weight.copy_(left.view_as(pair[1].weight))
    return cast("Module", pair)


def _separable(layer: Conv2d) -> Module:
    import torch

    pair = _pair(layer, middle=layer.in_channels, groups=layer.in_channels)
    with torch.no_grad():
        for channel in range(layer.in_channels):
            u, s, v = torch.linalg.svd(layer.weight[:, channel].flatten(1).double(), full_matrices=False)
            root = s[0].sqrt()
            pair[0].weight[channel, 0] = (root * v[0]).view_as(pair[0].weight[channel, 0])
            pair[1].weight[:, channel, 0, 0] = u[:, 0] * root
    return cast("Module", pair)


def _pair(layer: Conv2d, *, middle: int, groups: int) -> Any:
    """A convolution like `layer` with `middle` outputs and no bias, then a 1 x 1 one with its bias."""
    from torch import nn

    return nn.Sequential(taps(layer, layer.in_channels, middle, groups), pointwise(layer, middle))


def taps(layer: Conv2d, inputs: int, outputs: int, groups: int = 1) -> Conv2d:
    """A convolution that reads the same places as `layer`, between so many channels, without a bias."""
    from torch import nn

    return nn.Conv2d(
        inputs,
        outputs,
        cast("tuple[int, int]", layer.kernel_size),
        stride=cast("tuple[int, int]", layer.stride),
        padding=cast("Any", layer.padding),
        dilation=cast("tuple[int, int]", layer.dilation),
        groups=groups,
        bias=False,
        padding_mode=layer.padding_mode,
    )


def pointwise(layer: Conv2d, inputs: int) -> Conv2d:
    """A 1 x 1 convolution to the outputs of `layer`, with its bias."""
    import torch
    from torch import nn

    found = nn.Conv2d(inputs, layer.out_channels, 1, bias=layer.bias is not None)
    with torch.no_grad():
        if layer.bias is not None and found.bias is not None:
            found.bias.copy_(layer.bias)
    return found
