"""`PruneHeads`: remove whole heads of attention."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, cast, get_args

from pytest_edgebench.compressors import attention, errors, ratios
from pytest_edgebench.compressors.build import errors as build_errors
from pytest_edgebench.compressors.checks import check_finetune, check_ratio
from pytest_edgebench.compressors.finetune import finetuned, wants_data
from pytest_edgebench.compressors.prune_channels import BY_EVALUATION_DATA, Importance
from pytest_edgebench.compressors.training import gradients
from pytest_edgebench.declare.model import LATER, Stage, Step, StepContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch.nn import Module, MultiheadAttention

    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.record.run import Counts


@dataclass(frozen=True)
class PruneHeads(Step):
    """Remove heads of ``nn.MultiheadAttention``, also inside ``nn.TransformerEncoderLayer``.

    A head goes with its rows of the projections of query, key and value, and its columns of the output's;
    what is around the attention keeps its width. Other attention is made of linear layers, which
    `PruneChannels` takes.

    Attributes:
        ratio: share of the heads of each layer to remove, 0 < ratio < 1; at least one goes and one stays.
        importance: "magnitude": the norm of all weights of a head; "taylor": the magnitude of the summed
            weight times gradient of the loss on the model's labelled data (Michel et al. 2019, "Are Sixteen
            Heads Really Better than One?"); the manifest notes that this is the evaluation data.
        finetune: as of `Prune`.
        layer_ratios: pattern of names of the attention layers → a ratio of their own; 0 leaves one whole. Of
            several patterns the first one counts.

    Raises:
        DeclarationError: another ratio, no function, an unknown importance.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("torch",), "tflite": ("torch",)}

    ratio: float
    importance: Importance = "magnitude"
    finetune: Finetune | None = None
    layer_ratios: Mapping[str, float] | ratios.LayerRatios = field(default=(), metadata=LATER)

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_finetune(self.finetune, 1)
        object.__setattr__(self, "layer_ratios", ratios.checked(self.layer_ratios))
        if self.importance not in get_args(Importance):
            raise errors.not_a_choice("importance", self.importance, get_args(Importance))

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return self.importance == "taylor" or wants_data(self.finetune)

    def torch(self, module: Module, context: StepContext) -> Module:
        found = {
            name: layer
            for name, layer in module.named_modules()
            if attention.is_plain(layer) and layer.num_heads > 1
        }
        if not found:
            why = "the model has no nn.MultiheadAttention of two heads or more, with one width for all inputs"
            raise build_errors.no_effect(str(self), why, "")
        own = ratios.by_layer(str(self), cast("ratios.LayerRatios", self.layer_ratios), found)
        found = {name: layer for name, layer in found.items() if own.get(name, self.ratio)}
        if not found:
            raise build_errors.no_effect(str(self), "layer_ratios= leaves all attention whole", "")
        module.eval()
        if self.importance == "taylor":
            context.note(BY_EVALUATION_DATA)
            gradients(module, context.model)
        told = []
        for name, layer in found.items():
            kept = _kept(layer, own.get(name, self.ratio), taylor=self.importance == "taylor")
            thin = attention.unpacked(layer, kept)
            told.append(f"{name or 'the model'} {len(kept)} of {layer.num_heads}")
            if not name:
                module = thin
                continue
            parent, _, attribute = name.rpartition(".")
            setattr(module.get_submodule(parent), attribute, thin)
        attention.leave_fast_path(module)
        module.zero_grad(set_to_none=True)
        context.note(f"heads kept: {', '.join(told)}")
        return finetuned(module, self.finetune, context)

    def effect(self, before: Counts, after: Counts) -> str | None:
        if after.parameters < before.parameters:
            return None
        return f"the model has {after.parameters} parameters, no fewer than before"


def _by_head(layer: MultiheadAttention, projected: Any, output: Any) -> Any:
    """(heads, ...): the rows and columns of each head, in one row."""
    import torch

    heads = layer.num_heads
    rows = projected.reshape(3, heads, -1, layer.embed_dim).transpose(0, 1).flatten(1)
    columns = output.reshape(layer.embed_dim, heads, -1).transpose(0, 1).flatten(1)
    return torch.cat([rows, columns], 1)


def _kept(layer: MultiheadAttention, ratio: float, *, taylor: bool) -> list[int]:
    """The heads that matter most, in their order."""
    weights = layer.in_proj_weight, layer.out_proj.weight
    values = _by_head(layer, *(weight.detach() for weight in weights))
    if taylor:
        given = [weight.grad for weight in weights]
        if any(grad is None for grad in given):
            raise build_errors.no_effect("PruneHeads(importance='taylor')", "attention got no gradient", "")
        scores = (values * _by_head(layer, *given)).sum(1).abs()
    else:
        scores = values.norm(dim=1)
    heads = layer.num_heads
    removed = min(heads - 1, max(1, round(ratio * heads)))
    return sorted(scores.argsort(descending=True, stable=True)[: heads - removed].tolist())
