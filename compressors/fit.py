"""`Fit`: the default training loop, for steps that train and whose user has no function for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.deprecated import renamed
from pytest_edgebench.compressors import errors, training, training_errors
from pytest_edgebench.compressors.checks import check_data
from pytest_edgebench.compressors.training import first, label_loss
from pytest_edgebench.declare.model import LATER

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch.nn import Module


@renamed(rate="lr", batch="batch_size")
@dataclass(frozen=True)
class Fit:
    """Train on labels with Adam: cross-entropy for class numbers, else the mean squared error.

    May stand wherever a step takes ``finetune=``.

    Attributes:
        epochs: passes over the data.
        batch_size: samples of one step; the last ones that fill none are left out of that epoch.
        lr: learning rate, which falls to 0 along half a cosine.
        data: to train on, in any form that `data` of a model has, or a function that returns it; without it
            the model's own labelled data is taken, which the manifest notes, since accuracy is measured on
            it too.
        loss: a function ``(outputs, labels)`` of what the module returned for a batch, and of its labels;
            returns a number to make small. Without it cross-entropy for class numbers, also for each place
            of a dense output (n, classes, ...), else the mean squared error, of the first output.

    Raises:
        DeclarationError: numbers that are none, a loss that is no function.
    """

    epochs: int = 3
    batch_size: int = 32
    lr: float = 1e-3
    data: Any = None
    loss: Callable[[Any, Any], Any] | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise errors.not_a_count(name, getattr(self, name))
        errors.check_number("lr", self.lr, zero=False)
        check_data("Fit", self.data)
        if self.loss is not None and not callable(self.loss):
            raise training_errors.bad_loss(self.loss)

    @property
    def __name__(self) -> str:
        """How a step shows it among its parameters."""
        return f"Fit(epochs={self.epochs})"

    @property
    def labelled(self) -> bool:
        """Whether it is to be given the model's labelled data."""
        return self.data is None

    def __call__(self, module: Module, data: Any = None) -> None:
        """Train `module` in place.

        Args:
            data: `Batches`, or data in any form that a model's may have.

        Raises:
            BuildError: the loss became NaN or infinite, or outputs and labels do not fit together.
            DataError: data of no known form.
        """
        import torch

        batches = data if isinstance(data, training.Batches) else None
        chosen = data if self.data is None else self.data
        if batches is None:
            batches = training.given(chosen, module, "Fit")
        batch = min(self.batch_size, batches.count)
        optimizer = torch.optim.Adam([p for p in module.parameters() if p.requires_grad], lr=self.lr)
        steps = self.epochs * (batches.count // batch)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for epoch in range(self.epochs):
            order = torch.randperm(batches.count)
            for start in range(0, batches.count - batch + 1, batch):
                inputs, labels = batches.at(order[start : start + batch])
                outputs = module(*inputs)
                loss = self.loss(outputs, labels) if self.loss else label_loss(first(outputs), labels)
                if not isinstance(loss, torch.Tensor) or loss.numel() != 1 or not loss.requires_grad:
                    raise training_errors.loss_is_none(loss)
                if not math.isfinite(loss.item()):
                    raise training_errors.loss_diverged(epoch + 1)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                schedule.step()
