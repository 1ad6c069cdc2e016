"""`Distill`: train a model on what a better one answers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from pytest_edgebench.base.deprecated import renamed
from pytest_edgebench.compressors import errors, training, training_errors
from pytest_edgebench.compressors.build import errors as build_errors
from pytest_edgebench.compressors.checks import check_data
from pytest_edgebench.compressors.finetune import finite
from pytest_edgebench.compressors.training import class_axis, first, label_loss
from pytest_edgebench.declare.model import LATER, Model, Recipe, Stage, Step, StepContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.compressors.training import Batches
    from pytest_edgebench.record.run import Counts

Task = Literal["classes", "values"]
NOTE = "distilled on the evaluation data"


@renamed(rate="lr", batch="batch_size")
@dataclass(frozen=True)
class Distill(Step):
    """Train the model at hand, the student, on a teacher's outputs (Hinton et al. 2015).

    The loss is ``soft * S + hard * L(student, labels)`` of the first output. For class numbers S is
    ``T**2 * KL(teacher / T || student / T)`` over the axis of the classes, averaged over samples and places
    of a dense output, and L cross-entropy. For other labels (regression) both are mean squared errors. With
    `features` the mean squared error between the outputs of pairs of layers is added. Teacher and student
    see one batch at a time.

    Attributes:
        teacher: a model of torch code, or a recipe of torch steps.
        temperature: T > 0; higher ones tell more of the teacher's second thoughts.
        soft, hard: weights of the two parts, at least 0 and not both 0. Two, not one `alpha`: they need not
            add up to 1, and their sum weighs both parts against `features`.
        epochs, batch_size, lr: of Adam; batches are drawn by the model's seed.
        features: pairs (layer of the student, layer of the teacher), named as in ``named_modules()``. Where
            channels (axis 1) differ, a linear layer between them is trained along and thrown away.
        data: to train on, in any form that `data` of a model has, or a function that returns it; without it
            the model's own data serve, which the manifest notes, since accuracy is measured on them too.
        loss: "classes" or "values" where the labels do not tell: integers are class numbers, other numbers
            are values.
        class_axis: of the classes in the outputs; None: axis 1 of (n, classes, ...) where labels are
            (n, ...), else the last one.

    Raises:
        DeclarationError: a teacher that is neither model nor recipe, numbers that are none.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("torch",), "tflite": ("torch",)}

    teacher: Model | Recipe
    temperature: float = 4.0
    soft: float = 0.9
    hard: float = 0.1
    epochs: int = 30
    batch_size: int = 32
    lr: float = 0.003
    features: tuple[tuple[str, str], ...] = ()
    data: Any = None
    loss: Task | None = field(default=None, metadata=LATER)
    class_axis: int | None = field(default=None, metadata=LATER)

    def __post_init__(self) -> None:
        if not isinstance(self.teacher, Model | Recipe):
            raise errors.not_a_source(self.teacher)
        for name in ("epochs", "batch_size"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise errors.not_a_count(name, getattr(self, name))
        for name in ("temperature", "lr"):
            errors.check_number(name, getattr(self, name), zero=False)
        for name in ("soft", "hard"):
            errors.check_number(name, getattr(self, name), zero=True)
        if not self.soft and not self.hard:
            raise training_errors.no_loss()
        pairs = isinstance(self.features, tuple) and all(
            isinstance(p, tuple) and len(p) == 2 and all(isinstance(n, str) for n in p) for p in self.features
        )
        if not pairs:
            raise training_errors.bad_features(self.features)
        check_data("Distill", self.data)
        if self.loss not in (None, *get_args(Task)):
            raise errors.not_a_choice("loss", self.loss, (None, *get_args(Task)))
        if self.class_axis is not None and type(self.class_axis) is not int:
            raise training_errors.bad_class_axis(self.class_axis)

    @property
    def ingredients(self) -> tuple[Model | Recipe, ...]:
        return (self.teacher,)

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return self.data is None

    def torch(self, module: Module, context: StepContext) -> Module:
        import copy

        import torch

        teacher = context.made(self.teacher).eval().requires_grad_(False)
        if self.data is None:
            context.note(NOTE)
            data = training.labelled(context.model, module)
        else:
            data = training.given(self.data, module, "Distill", context.model.folder)
        before = copy.deepcopy(module.state_dict())
        with torch.enable_grad():
            first, last = self._train(module, teacher, data)
        finite(module, "distillation")
        module.eval()
        if all(torch.equal(value, before[name]) for name, value in module.state_dict().items()):
            raise build_errors.no_effect(str(self), "no weight changed", "")
        context.note(f"distilled: loss {first:.3g} in the first epoch, {last:.3g} in the last")
        return module

    def effect(self, before: Counts, after: Counts) -> str | None:
        return None  # shown by `torch`: counts do not change

    def _train(self, student: Module, teacher: Module, data: Batches) -> tuple[float, float]:
        """Mean loss of the first and of the last epoch."""
        import torch

        student.eval()
        bridges = self._bridges(student, teacher, data)
        trained = [p for m in (student, *bridges) for p in m.parameters()]
        optimizer = torch.optim.Adam(trained, lr=self.lr)
        student.train()
        means: list[float] = []
        for _ in range(self.epochs):
            losses = []
            for rows in torch.split(torch.randperm(data.count), self.batch_size):
                if len(rows) == 1 < min(self.batch_size, data.count):
                    continue  # what is left over: batch norms need two
                loss = self._loss(student, teacher, bridges, *data.at(rows))
                if not math.isfinite(loss.item()):
                    raise training_errors.loss_diverged(len(means) + 1)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                losses.append(loss.item())
            means.append(sum(losses) / len(losses))
        return means[0], means[-1]

    def _bridges(self, student: Module, teacher: Module, data: Batches) -> list[Module]:
        """What makes the student's channels of each pair of layers as many as the teacher's."""
        import torch

        inputs, _ = data.at(range(min(2, data.count)))
        with torch.no_grad(), _Taps(teacher, [b for _, b in self.features]) as wanted:
            answers = first(teacher(*inputs))
            with _Taps(student, [a for a, _ in self.features]) as given:
                own = first(student(*inputs))
        if own.shape != answers.shape:
            raise training_errors.other_outputs(tuple(own.shape), tuple(answers.shape))
        return [_bridge((a, b), given.found[a], wanted.found[b]) for a, b in self.features]

    def _loss(
        self, student: Module, teacher: Module, bridges: list[Module], inputs: list[Tensor], labels: Tensor
    ) -> Tensor:
        """Of one batch."""
        import torch
        from torch.nn import functional

        with torch.no_grad(), _Taps(teacher, [b for _, b in self.features]) as wanted:
            answers = first(teacher(*inputs))
        with _Taps(student, [a for a, _ in self.features]) as taps:
            output = first(student(*inputs))
        axis = self._axis(output, labels)
        loss = self.soft * self._softness(output, answers, axis)
        if self.hard:
            # Class numbers of another form than the outputs' classes are what `label_loss` refuses.
            named = self.class_axis if axis is not None else None
            loss = loss + self.hard * label_loss(output, labels, named)
        for (a, b), bridge in zip(self.features, bridges, strict=True):
            seen = bridge(taps.found[a].movedim(1, -1)).movedim(-1, 1)
            loss = loss + functional.mse_loss(seen, wanted.found[b])
        return loss

    def _axis(self, output: Tensor, labels: Tensor) -> int | None:
        """The axis of the classes in the outputs; None for values."""
        if self.loss == "values" or (self.loss is None and labels.is_floating_point()):
            return None
        if self.class_axis is None:
            found = class_axis(output, labels)
            return output.dim() - 1 if found is None else found
        if not -output.dim() <= self.class_axis < output.dim():
            raise training_errors.no_class_axis(self.class_axis, tuple(output.shape))
        return self.class_axis

    def _softness(self, output: Tensor, answers: Tensor, axis: int | None) -> Tensor:
        """How far a student is from its teacher."""
        from torch.nn import functional

        if axis is None:
            return functional.mse_loss(output, answers)
        t = self.temperature
        own, wanted = (
            functional.log_softmax(scores.movedim(axis, -1) / t, -1).flatten(0, -2)
            for scores in (output, answers)
        )
        return t * t * functional.kl_div(own, wanted, reduction="batchmean", log_target=True)

    def __str__(self) -> str:
        root = self.teacher if isinstance(self.teacher, Model) else self.teacher.model
        return f"Distill({root.name or 'teacher'})"


class _Taps:
    """Keeps what named layers put out while the block runs."""

    def __init__(self, module: Module, names: list[str]) -> None:
        known = dict(module.named_modules())
        for name in names:
            if name not in known:
                raise training_errors.no_layer(name, [n for n in known if n])
        self.found: dict[str, Tensor] = {}
        self._layers = {name: known[name] for name in names}
        self._hooks: list[Any] = []

    def __enter__(self) -> _Taps:
        for name, layer in self._layers.items():

            def keep(_layer: Any, _inputs: Any, output: Tensor, name: str = name) -> None:
                self.found[name] = output

            self._hooks.append(layer.register_forward_hook(keep))
        return self

    def __exit__(self, *error: object) -> None:
        for hook in self._hooks:
            hook.remove()


def _bridge(pair: tuple[str, str], student: Tensor, teacher: Tensor) -> Module:
    """What makes the student's channels as many as the teacher's."""
    from torch import nn

    if student.dim() < 2 or student.shape[2:] != teacher.shape[2:]:
        raise training_errors.other_features(pair, tuple(student.shape), tuple(teacher.shape))
    channels = student.shape[1], teacher.shape[1]
    return nn.Identity() if channels[0] == channels[1] else nn.Linear(*channels)
