"""`PruneHeads`: remove whole heads of attention."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, get_args

from pytest_edgebench.compressors.channels import BY_EVALUATION_DATA, Importance
from pytest_edgebench.compressors.checks import check_finetune, check_ratio
from pytest_edgebench.compressors.finetune import finetuned, gradients, wants_data
from pytest_edgebench.declare.model import Stage, Step, StepContext
from pytest_edgebench.errors import build as errors

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor
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

    Raises:
        DeclarationError: another ratio, no function, an unknown importance.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("torch",), "tflite": ("torch",)}

    ratio: float
    importance: Importance = "magnitude"
    finetune: Finetune | None = None

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_finetune(self.finetune, 1)
        if self.importance not in get_args(Importance):
            raise errors.not_a_choice("importance", self.importance, get_args(Importance))

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return self.importance == "taylor" or wants_data(self.finetune)

    def torch(self, module: Module, context: StepContext) -> Module:
        found = {name: layer for name, layer in module.named_modules() if _prunable(layer)}
        if not found:
            why = "the model has no nn.MultiheadAttention of two heads or more, with one width for all inputs"
            raise errors.no_effect(str(self), why, "")
        module.eval()
        if self.importance == "taylor":
            context.note(BY_EVALUATION_DATA)
            gradients(module, context.model)
        told = []
        for name, layer in found.items():
            kept = _kept(layer, self.ratio, taylor=self.importance == "taylor")
            thin = _thin(layer, kept)
            told.append(f"{name or 'the model'} {len(kept)} of {layer.num_heads}")
            if not name:
                module = thin
                continue
            parent, _, attribute = name.rpartition(".")
            setattr(module.get_submodule(parent), attribute, thin)
        module.zero_grad(set_to_none=True)
        context.note(f"heads kept: {', '.join(told)}")
        return finetuned(module, self.finetune, context)

    def effect(self, before: Counts, after: Counts) -> str | None:
        if after.parameters < before.parameters:
            return None
        return f"the model has {after.parameters} parameters, no fewer than before"


def _prunable(layer: Any) -> bool:
    from torch import nn

    if not isinstance(layer, nn.MultiheadAttention) or layer.num_heads < 2:
        return False
    return layer.in_proj_weight is not None and layer.bias_k is None and not layer.add_zero_attn


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
            raise errors.no_effect("PruneHeads(importance='taylor')", "attention got no gradient", "")
        scores = (values * _by_head(layer, *given)).sum(1).abs()
    else:
        scores = values.norm(dim=1)
    heads = layer.num_heads
    removed = min(heads - 1, max(1, round(ratio * heads)))
    return sorted(scores.argsort(descending=True, stable=True)[: heads - removed].tolist())


def _thin(layer: MultiheadAttention, kept: list[int]) -> Module:
    """Attention with some of the heads, called as the old one."""
    import torch
    from torch import nn

    width, heads = layer.embed_dim // layer.num_heads, len(kept)
    rows = torch.cat([torch.arange(head * width, (head + 1) * width) for head in kept])
    three = torch.cat([rows + part * layer.embed_dim for part in range(3)])
    drop = layer.dropout

    class ThinAttention(nn.Module):
        """Of tensors (n, length, width), or (length, n, width) where the old one took these."""

        _qkv_same_embed_dim = False  # no fast path of nn.TransformerEncoderLayer, which reads the old weights
        in_proj_bias = None

        def __init__(self) -> None:
            super().__init__()
            self.batch_first = layer.batch_first
            self.query, self.key, self.value = (
                nn.Linear(layer.embed_dim, heads * width, bias=layer.in_proj_bias is not None)
                for _ in range(3)
            )
            self.out_proj = nn.Linear(heads * width, layer.embed_dim, bias=layer.out_proj.bias is not None)

        def forward(
            self,
            query: Tensor,
            key: Tensor,
            value: Tensor,
            key_padding_mask: Tensor | None = None,
            need_weights: bool = True,
            attn_mask: Tensor | None = None,
            average_attn_weights: bool = True,
            is_causal: bool = False,
        ) -> tuple[Tensor, Tensor | None]:
            if not self.batch_first:
                query, key, value = (x.transpose(0, 1) for x in (query, key, value))
            q, k, v = (
                part(x).unflatten(2, (heads, width)).transpose(1, 2)
                for part, x in ((self.query, query), (self.key, key), (self.value, value))
            )
            scores = q @ k.transpose(2, 3) / width**0.5
            if attn_mask is not None:
                scores = _masked(scores, attn_mask)
            if key_padding_mask is not None:
                scores = _masked(scores, key_padding_mask[:, None, None])
            shares = torch.softmax(scores, -1)
            mixed = nn.functional.dropout(shares, drop, self.training) @ v
            found = self.out_proj(mixed.transpose(1, 2).flatten(2))
            told = shares.mean(1) if average_attn_weights else shares
            return found if self.batch_first else found.transpose(0, 1), told if need_weights else None

    thin = ThinAttention()
    with torch.no_grad():
        parts = layer.in_proj_weight[three].chunk(3)
        for part, weight in zip((thin.query, thin.key, thin.value), parts, strict=True):
            part.weight.copy_(weight)
        if layer.in_proj_bias is not None:
            for part, bias in zip(
                (thin.query, thin.key, thin.value), layer.in_proj_bias[three].chunk(3), strict=True
            ):
                part.bias.copy_(bias)
        thin.out_proj.weight.copy_(layer.out_proj.weight[:, rows])
        if layer.out_proj.bias is not None:
            thin.out_proj.bias.copy_(layer.out_proj.bias)
    return thin.train(layer.training)


def _masked(scores: Tensor, mask: Tensor) -> Tensor:
    """Scores with a mask as ``nn.MultiheadAttention`` takes them: True for what is left out, or added."""
    import torch

    return scores.masked_fill(mask, -torch.inf) if mask.dtype == torch.bool else scores + mask
