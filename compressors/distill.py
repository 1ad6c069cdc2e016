"""`Distill`: train a model on what a better one answers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pytest_edgebench.compressors.finetune import finite, label_loss, labelled
from pytest_edgebench.declare.model import Model, Recipe, Stage, Step, StepContext
from pytest_edgebench.errors import build, compress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.record.run import Counts

NOTE = "distilled on the evaluation data"


@dataclass(frozen=True)
class Distill(Step):
    """Train the model at hand, the student, on a teacher's outputs (Hinton et al. 2015).

    The loss is ``soft * T**2 * KL(teacher / T || student / T) + hard * L(student, labels)`` over the first
    output, where L is cross-entropy for integer labels, else the mean squared error; with `features` the
    mean squared error between the outputs of pairs of layers is added.

    Attributes:
        teacher: a model of torch code, or a recipe of torch steps.
        temperature: T > 0; higher ones tell more of the teacher's second thoughts.
        soft, hard: weights of the two parts, at least 0 and not both 0.
        epochs, batch, rate: of Adam; batches are drawn by the model's seed.
        features: pairs (layer of the student, layer of the teacher), named as in ``named_modules()``. Where
            channels (axis 1) differ, a linear layer between them is trained along and thrown away.
        data: a function that returns ``(inputs, labels)`` to train on; without it the model's own data serve,
            which the manifest notes, since accuracy is measured on them too.

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
    batch: int = 32
    rate: float = 0.003
    features: tuple[tuple[str, str], ...] = ()
    data: Any = None

    def __post_init__(self) -> None:
        if not isinstance(self.teacher, Model | Recipe):
            raise build.not_a_source(self.teacher)
        for name in ("epochs", "batch"):
            if type(getattr(self, name)) is not int or getattr(self, name) < 1:
                raise compress.not_a_count(name, getattr(self, name))
        for name in ("temperature", "rate"):
            compress.check_number(name, getattr(self, name), zero=False)
        for name in ("soft", "hard"):
            compress.check_number(name, getattr(self, name), zero=True)
        if not self.soft and not self.hard:
            raise compress.no_loss()
        pairs = isinstance(self.features, tuple) and all(
            isinstance(p, tuple) and len(p) == 2 and all(isinstance(n, str) for n in p) for p in self.features
        )
        if not pairs:
            raise compress.bad_features(self.features)
        if self.data is not None and not callable(self.data):
            raise compress.bad_training_data(self.data)

    @property
    def ingredients(self) -> tuple[Model | Recipe, ...]:
        return (self.teacher,)

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return self.data is None

    def torch(self, module: Module, context: StepContext) -> Module:
        import copy
        import dataclasses

        import torch

        teacher = context.made(self.teacher).eval().requires_grad_(False)
        source = context.model
        if self.data is None:
            context.note(NOTE)
        else:
            source = dataclasses.replace(source, data=self.data)
        inputs, labels = labelled(source, module)
        before = copy.deepcopy(module.state_dict())
        with torch.enable_grad():
            first, last = self._train(module, teacher, inputs, labels)
        finite(module, "distillation")
        module.eval()
        if all(torch.equal(value, before[name]) for name, value in module.state_dict().items()):
            raise build.no_effect(str(self), "no weight changed", "")
        context.note(f"distilled: loss {first:.3g} in the first epoch, {last:.3g} in the last")
        return module

    def effect(self, before: Counts, after: Counts) -> str | None:
        return None  # shown by `torch`: counts do not change

    def _train(
        self, student: Module, teacher: Module, inputs: list[Tensor], labels: Tensor
    ) -> tuple[float, float]:
        """Mean loss of the first and of the last epoch."""
        import torch
        from torch.nn import functional

        student.eval()
        with torch.no_grad(), _Taps(teacher, [b for _, b in self.features]) as wanted:
            answers = _first(teacher(*inputs))
            with _Taps(student, [a for a, _ in self.features]) as given:
                own = _first(student(*inputs))
        if own.shape != answers.shape:
            raise compress.other_outputs(tuple(own.shape), tuple(answers.shape))
        targets = [wanted.found[b] for _, b in self.features]
        bridges = [
            _bridge(pair, given.found[pair[0]], target)
            for pair, target in zip(self.features, targets, strict=True)
        ]
        trained = [p for m in (student, *bridges) for p in m.parameters()]
        optimizer = torch.optim.Adam(trained, lr=self.rate)
        student.train()
        means: list[float] = []
        for _ in range(self.epochs):
            losses = []
            for rows in torch.split(torch.randperm(len(labels)), self.batch):
                if len(rows) == 1 and len(labels) > 1:
                    continue  # batch norms need two
                with _Taps(student, [a for a, _ in self.features]) as taps:
                    output = _first(student(*(array[rows] for array in inputs)))
                t = self.temperature
                divergence = functional.kl_div(
                    functional.log_softmax(output / t, -1),
                    functional.log_softmax(answers[rows] / t, -1),
                    reduction="batchmean",
                    log_target=True,
                )
                loss = self.soft * t * t * divergence
                if self.hard:
                    loss = loss + self.hard * label_loss(output, labels[rows])
                for (a, _), bridge, target in zip(self.features, bridges, targets, strict=True):
                    seen = bridge(taps.found[a].movedim(1, -1)).movedim(-1, 1)
                    loss = loss + functional.mse_loss(seen, target[rows])
                if not math.isfinite(loss.item()):
                    raise compress.loss_diverged(len(means) + 1)
                optimizer.zero_grad()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                losses.append(loss.item())
            means.append(sum(losses) / len(losses))
        return means[0], means[-1]

    def __str__(self) -> str:
        root = self.teacher if isinstance(self.teacher, Model) else self.teacher.model
        return f"Distill({root.name or 'teacher'})"


class _Taps:
    """Keeps what named layers put out while the block runs."""

    def __init__(self, module: Module, names: list[str]) -> None:
        known = dict(module.named_modules())
        for name in names:
            if name not in known:
                raise compress.no_layer(name, [n for n in known if n])
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
        raise compress.other_features(pair, tuple(student.shape), tuple(teacher.shape))
    channels = student.shape[1], teacher.shape[1]
    return nn.Identity() if channels[0] == channels[1] else nn.Linear(*channels)


def _first(outputs: Any) -> Tensor:
    import torch

    value: Tensor = outputs if isinstance(outputs, torch.Tensor) else outputs[0]
    return value
