"""Labelled samples for training loops, batch by batch, and the loss that fits a task."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors import training_errors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.declare.model import Model
    from pytest_edgebench.samples.stream import Samples

NO_CLASS = -100  # a label that PyTorch's cross-entropy leaves out


class Batches:
    """Labelled samples as tensors; only those that are asked for are read.

    Args:
        samples: of a model.
        module: names and order of whose inputs they get.
    """

    def __init__(self, samples: Samples, module: Module) -> None:
        self._samples = samples
        self._module = module
        self.count = samples.count

    def at(self, rows: Sequence[int] | Tensor) -> tuple[list[Tensor], Tensor]:
        """Inputs of one call, in the order of ``forward()`` and with their roles, and labels (n, ...)."""
        import numpy as np
        import torch

        from pytest_edgebench.compressors.build.export import ordered

        numbers = np.asarray(rows, np.intp)
        given = ordered(self._module, self._samples.take(numbers).call())
        inputs = [_narrowed(torch.from_numpy(np.array(array)), self._module) for array in given.values()]
        labels = self._samples.labels()[numbers]
        if labels.dtype.kind not in "biufc":
            raise training_errors.labels_no_numbers()
        return inputs, torch.as_tensor(labels)


def _narrowed(tensor: Tensor, module: Module) -> Tensor:
    """Floats in the width of the module's own, as they are converted where a file runs."""
    own = next((p.dtype for p in module.parameters() if p.is_floating_point()), None)
    return tensor.to(own) if own is not None and tensor.is_floating_point() else tensor


def labelled(model: Model, module: Module) -> Batches:
    """The model's data for a module that is made of it."""
    from pytest_edgebench.samples.data import load

    return Batches(load(model), module)


def given(data: Any, module: Module, what: str, folder: Path | None = None) -> Batches:
    """Data in any form that a model's may have.

    Args:
        folder: where relative paths start; None for the current one.

    Raises:
        DataError: it has none of them.
    """
    from pathlib import Path

    from pytest_edgebench.samples.data import labelled

    return Batches(labelled(data, what, Path.cwd() if folder is None else folder), module)


def first(outputs: Any) -> Tensor:
    """The first tensor of what a module returned."""
    from pytest_edgebench.compressors.channel_groups import tensors

    return tensors(outputs)[0]


def gradients(module: Module, model: Model) -> None:
    """Leave the gradient of the loss on up to 256 samples of the model's data in the module's parameters."""
    import torch

    data = labelled(model, module)
    inputs, labels = data.at(range(min(256, data.count)))
    module.zero_grad()
    with torch.enable_grad():
        label_loss(first(module(*inputs)), labels).backward()  # type: ignore[no-untyped-call]


def class_axis(output: Tensor, labels: Tensor) -> int | None:
    """The axis of classes in an output, for class numbers; None where the labels are none of it.

    Labels (n, ...) are class numbers where the output has one axis more, (n, classes, ...) or
    (n, ..., classes).
    """
    if labels.is_floating_point() or output.dim() != labels.dim() + 1:
        return None
    axes = (1, output.dim() - 1)
    return next((a for a in axes if (*output.shape[:a], *output.shape[a + 1 :]) == labels.shape), None)


def label_loss(output: Tensor, labels: Tensor, axis: int | None = None) -> Tensor:
    """Cross-entropy for class numbers, see `class_axis`, else the mean squared error.

    Args:
        axis: of the classes, where it is known.

    Raises:
        BuildError: outputs and labels do not fit together.
    """
    from torch.nn import functional

    axis = class_axis(output, labels) if axis is None else axis % output.dim()
    if axis is not None:
        scores = output.movedim(axis, 1)
        if (len(scores), *scores.shape[2:]) != labels.shape:
            raise training_errors.labels_misfit(tuple(output.shape), f"shape {tuple(labels.shape)}")
        numbers = labels[labels != NO_CLASS]
        if len(numbers) and (int(numbers.max()) >= scores.shape[1] or int(numbers.min()) < 0):
            raise training_errors.labels_misfit(tuple(output.shape), f"classes up to {int(numbers.max())}")
        return functional.cross_entropy(scores, labels.long())
    if math.prod(output.shape) != math.prod(labels.shape):
        raise training_errors.labels_misfit(tuple(output.shape), f"shape {tuple(labels.shape)}")
    return functional.mse_loss(output, labels.to(output.dtype).reshape(output.shape))
