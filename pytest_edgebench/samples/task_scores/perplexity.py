"""How surprised a language model is by the next token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.task_scores.by_rows import by_rows, of_sums

if TYPE_CHECKING:
    from pytest_edgebench.declare.data import Array

IGNORED = -100
"""Label of a token that does not count, as in torch's cross-entropy."""


def _parts(outputs: Any, labels: Array) -> Array:
    """Negative log-likelihood (nats) and number of the tokens that count, of each sample: (N, 2)."""
    import numpy as np

    if isinstance(outputs, tuple) or outputs.ndim != 3 or outputs.shape[:2] != labels.shape:
        shape = "several outputs" if isinstance(outputs, tuple) else outputs.shape
        raise errors.outputs_shape(
            f"perplexity needs outputs (samples, tokens, vocabulary) and labels (samples, tokens), "
            f"not {shape} and {labels.shape}",
            "",
        )
    counts = labels != IGNORED
    tokens = np.where(counts, labels, 0).astype(np.int64)
    if tokens.min(initial=0) < 0 or tokens.max(initial=0) >= outputs.shape[2]:
        raise errors.outputs_shape(
            f"labels go from {tokens.min()} to {tokens.max()}, the vocabulary has {outputs.shape[2]}", ""
        )
    found = np.empty((len(labels), 2))
    for number, logits in enumerate(outputs):  # one at a time: a vocabulary is large
        top = logits.max(axis=-1, keepdims=True).astype(np.float64)
        total = np.log(np.exp(logits - top).sum(axis=-1)) + top[:, 0]
        chosen = np.take_along_axis(logits, tokens[number][:, None], axis=-1)[:, 0]
        found[number] = ((total - chosen)[counts[number]].sum(), counts[number].sum())
    return found


def _perplexity(sums: Array) -> float:
    import numpy as np

    if not sums[1]:
        raise errors.outputs_shape(f"every label is {IGNORED}, so that no token counts", "")
    return float(np.exp(sums[0] / sums[1]))


perplexity = by_rows("perplexity", of_sums(_parts, _perplexity), lower_is_better=True)
"""exp of the mean negative log-likelihood of the labels' tokens; lower is better.

Outputs are logits (N, tokens, vocabulary), labels token numbers (N, tokens), -100 for what does not count.
"""
