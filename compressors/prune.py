"""`Prune` and `PruneSemiStructured`: set weights to zero."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, cast, get_args

from pytest_edgebench.base.deprecated import renamed
from pytest_edgebench.compressors import activations, errors, ratios, sparsity
from pytest_edgebench.compressors.build import errors as build_errors
from pytest_edgebench.compressors.checks import check_finetune, check_ratio, check_schedule
from pytest_edgebench.compressors.finetune import finetuned, wants_data
from pytest_edgebench.compressors.sparsity import Scope
from pytest_edgebench.declare.model import LATER, Stage, Step, StepContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.record.run import Counts

Importance = Literal["magnitude", "activation"]
NO_LAYER = "the model has no convolution or linear layer"


@dataclass(frozen=True)
class Prune(Step):
    """Unstructured magnitude pruning of convolutions and linear layers.

    The smallest weights become zero; biases stay. Zeros save flash only in a compressed file, and no time
    on dense kernels; the manifest lists the share of zeros of each layer.

    Attributes:
        ratio: share of the weights to remove, 0 < ratio < 1.
        finetune: ``(module)`` or ``(module, (inputs, labels))`` trains the pruned module, in place or by
            returning it; removed weights stay zero. The second form is given the model's labelled data,
            which the manifest notes, since accuracy is measured on it too.
        scope: "global": the smallest weights of the whole model, however they are spread over the layers;
            "layer": the same share of each layer.
        rounds: prune in this many steps, with `finetune` after each.
        layer_ratios: pattern of layer names, as in ``named_modules()`` → a ratio of their own, each layer for
            itself; 0 leaves a layer whole. Of several patterns the first one counts.
        schedule: how the ratio grows over the rounds: "linear", or "cubic": much at first and little in the
            end (Zhu and Gupta 2017).
        importance: "magnitude": of the weight; "activation": times the norm of the input it is multiplied
            by, over 128 samples of the calibration data (Sun et al. 2023, Wanda). Layers whose inputs differ
            in size are then best compared each for itself, by scope="layer".

    Raises:
        DeclarationError: another ratio, no function, an unknown choice, rounds that are none.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("torch",), "tflite": ("torch",)}

    ratio: float
    finetune: Finetune | None = None
    scope: Scope = "global"
    rounds: int = 1
    layer_ratios: Mapping[str, float] | ratios.LayerRatios = field(default=(), metadata=LATER)
    schedule: ratios.Schedule = field(default="linear", metadata=LATER)
    importance: Importance = field(default="magnitude", metadata=LATER)

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_finetune(self.finetune, self.rounds)
        object.__setattr__(self, "layer_ratios", ratios.checked(self.layer_ratios))
        check_schedule(self.schedule, self.rounds)
        if self.importance not in get_args(Importance):
            raise errors.not_a_choice("importance", self.importance, get_args(Importance))
        if self.scope not in get_args(Scope):
            raise errors.not_a_choice("scope", self.scope, get_args(Scope))

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return wants_data(self.finetune)

    @property
    def samples(self) -> int:
        """Calibration samples it reads."""
        return activations.SAMPLES if self.importance == "activation" else 0

    def torch(self, module: Module, context: StepContext) -> Module:
        for done in range(1, self.rounds + 1):
            weights = sparsity.prunable(module)
            if not weights:
                raise build_errors.no_effect(str(self), NO_LAYER, "")
            share = ratios.reached(self.schedule, done, self.rounds)
            layers = [name.removesuffix(".weight") for name in weights]
            own = ratios.by_layer(str(self), cast("ratios.LayerRatios", self.layer_ratios), layers)
            masks = sparsity.smallest(
                self._scores(module, weights, context),
                self.ratio * share,
                self.scope,
                {
                    name: share * own[layer]
                    for name, layer in zip(weights, layers, strict=True)
                    if layer in own
                },
            )
            module = sparsity.held(module, masks, lambda m: finetuned(m, self.finetune, context))
        context.note(sparsity.told(module))
        return module

    def _scores(
        self, module: Module, weights: Mapping[str, Tensor], context: StepContext
    ) -> Mapping[str, Tensor]:
        if self.importance == "magnitude":
            return weights
        module.eval()
        norms = activations.input_norms(module, context)
        layers = {f"{name}.weight".lstrip("."): module.get_submodule(name) for name in norms}
        scored = {
            name: activations.weighed(layer, norms[name.removesuffix(".weight")])
            for name, layer in layers.items()
        }
        return {name: scored.get(name, weight) for name, weight in weights.items()}

    def effect(self, before: Counts, after: Counts) -> str | None:
        return more_zeros(before, after)

    def __str__(self) -> str:
        return _text(
            self, f"{self.ratio!r}", scope="global", rounds=1,
            layer_ratios=(), schedule="linear", importance="magnitude",
        )  # fmt: skip


@renamed("PruneNofM")
@dataclass(frozen=True)
class PruneSemiStructured(Step):
    """N:M (semi-structured) magnitude pruning: of each `of` neighbouring weights the `keep` largest stay.

    The form that sparse kernels read (2 of 4 on NVIDIA's); ONNX Runtime's and LiteRT's CPU kernels are dense
    and run no faster for it. Neighbours are inputs of one output in memory order; layers whose number of
    inputs is no multiple of `of` stay as they are.

    Attributes:
        keep, of: 1 <= keep < of.
        finetune: as of `Prune`.

    Raises:
        DeclarationError: other numbers, or no function.
    """

    stages: ClassVar[Mapping[str, Stage]] = Prune.stages
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = Prune.libraries

    keep: int = 2
    of: int = 4
    finetune: Finetune | None = None

    def __post_init__(self) -> None:
        if type(self.keep) is not int or type(self.of) is not int or not 1 <= self.keep < self.of:
            raise errors.bad_n_of_m(self.keep, self.of)
        check_finetune(self.finetune, 1)

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return wants_data(self.finetune)

    def torch(self, module: Module, context: StepContext) -> Module:
        weights = sparsity.prunable(module)
        if not weights:
            raise build_errors.no_effect(str(self), NO_LAYER, "")
        masks = sparsity.n_of_m(weights, self.keep, self.of)
        if not masks:
            raise build_errors.no_effect(str(self), f"no layer has a multiple of {self.of} inputs", "")
        module = sparsity.held(module, masks, lambda m: finetuned(m, self.finetune, context))
        context.note(sparsity.told(module))
        return module

    def effect(self, before: Counts, after: Counts) -> str | None:
        return more_zeros(before, after)

    def __str__(self) -> str:
        return _text(self, f"{self.keep}, {self.of}")


def more_zeros(before: Counts, after: Counts) -> str | None:
    """The proof of pruning to zero."""
    if after.zeros > before.zeros:
        return None
    return f"the model has {after.zeros} zero weights, no more than before"


def _text(step: Prune | PruneSemiStructured, given: str, **defaults: object) -> str:
    tuned = f", finetune={getattr(step.finetune, '__name__', 'function')}" if step.finetune else ""
    others = "".join(
        f", {name}={getattr(step, name)!r}"
        for name, default in defaults.items()
        if getattr(step, name) != default
    )
    return f"{type(step).__name__}({given}{tuned}{others})"
