"""``nn.MultiheadAttention`` as linear layers that steps can change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor
    from torch.nn import Module, MultiheadAttention


def is_plain(layer: Any) -> bool:
    """Whether it is ``nn.MultiheadAttention`` of one width for all inputs, without keys of its own."""
    from torch import nn

    if not isinstance(layer, nn.MultiheadAttention):
        return False
    return layer.in_proj_weight is not None and layer.bias_k is None and not layer.add_zero_attn


def leave_fast_path(module: Module) -> None:
    """Have encoders of ``nn.Transformer`` call their layers.

    In inference they otherwise read the layers' weights, which those that took their place do not have.
    """
    from torch import nn

    for part in module.modules():
        if isinstance(part, nn.TransformerEncoderLayer):
            part.activation_relu_or_gelu = 0
        if isinstance(part, nn.TransformerEncoder):
            part.use_nested_tensor = False


def unpacked(layer: MultiheadAttention, kept: Sequence[int] | None = None) -> Any:
    """The same attention as a module of four linear layers, ``query``, ``key``, ``value`` and ``out_proj``.

    It is called as the old one. Plain PyTorch holds three of them in one parameter that no layer has.

    Args:
        kept: heads that stay, all without it.
    """
    import torch
    from torch import nn

    kept = range(layer.num_heads) if kept is None else kept
    width, heads = layer.embed_dim // layer.num_heads, len(kept)
    rows = torch.cat([torch.arange(head * width, (head + 1) * width) for head in kept])
    three = torch.cat([rows + part * layer.embed_dim for part in range(3)])
    drop = layer.dropout

    class Attention(nn.Module):
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

    thin = Attention()
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
