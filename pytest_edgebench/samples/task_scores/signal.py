"""Signals against signals: denoising, separation, vocoders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.declare.score import Score
from pytest_edgebench.samples import errors

if TYPE_CHECKING:
    from pytest_edgebench.declare.data import Array


def _each(outputs: Any, labels: Array) -> Array:
    """10 log10(sum of label² / sum of (label - output)²) of each sample, in dB: (N,).

    The smallest float32 step is added to both sums, so that silence and a perfect answer have a number.
    """
    import numpy as np

    if isinstance(outputs, tuple) or outputs.size != labels.size:
        raise errors.outputs_shape("the signal-to-noise ratio needs one output of the labels' shape", "")
    step = float(np.finfo(np.float32).eps)
    wanted = labels.reshape(len(labels), -1).astype(np.float64)
    noise = ((wanted - outputs.reshape(wanted.shape)) ** 2).sum(axis=1)
    return np.asarray(10 * np.log10(((wanted**2).sum(axis=1) + step) / (noise + step)))


def _mean(outputs: Any, labels: Array) -> float:
    return float(_each(outputs, labels).mean())


signal_to_noise = Score(_mean, per_sample=_each, name="signal_to_noise", unit="dB")
"""Mean over the samples of the signal-to-noise ratio, in dB; higher is better."""
