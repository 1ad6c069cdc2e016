"""`Prune` and `PruneNofM`: set weights to zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, get_args

from pytest_edgebench.compressors import sparsity
from pytest_edgebench.compressors.checks import check_finetune, check_ratio
from pytest_edgebench.compressors.finetune import finetuned, wants_data
from pytest_edgebench.compressors.sparsity import Scope
from pytest_edgebench.declare.model import Stage, Step, StepContext
from pytest_edgebench.errors import build as errors
from pytest_edgebench.errors import compress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch.nn import Module

    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.record.run import Counts

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
        rounds: prune in this many steps of equal size, with `finetune` after each.

    Raises:
        DeclarationError: another ratio, no function, an unknown scope, rounds that are none.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("torch",), "tflite": ("torch",)}

    ratio: float
    finetune: Finetune | None = None
    scope: Scope = "global"
    rounds: int = 1

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_finetune(self.finetune, self.rounds)
        if self.scope not in get_args(Scope):
            raise errors.not_a_choice("scope", self.scope, get_args(Scope))

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return wants_data(self.finetune)

    def torch(self, module: Module, context: StepContext) -> Module:
        for done in range(1, self.rounds + 1):
            weights = sparsity.prunable(module)
            if not weights:
                raise errors.no_effect(str(self), NO_LAYER, "")
            masks = sparsity.smallest(weights, self.ratio * done / self.rounds, self.scope)
            module = sparsity.held(module, masks, lambda m: finetuned(m, self.finetune, context))
        context.note(sparsity.told(module))
        return module

    def effect(self, before: Counts, after: Counts) -> str | None:
        return more_zeros(before, after)

    def __str__(self) -> str:
        return _text(self, f"{self.ratio!r}", scope="global", rounds=1)


@dataclass(frozen=True)
class PruneNofM(Step):
    """Semi-structured magnitude pruning: of each `of` neighbouring weights the `keep` largest stay.

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
            raise compress.bad_n_of_m(self.keep, self.of)
        check_finetune(self.finetune, 1)

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return wants_data(self.finetune)

    def torch(self, module: Module, context: StepContext) -> Module:
        weights = sparsity.prunable(module)
        if not weights:
            raise errors.no_effect(str(self), NO_LAYER, "")
        masks = sparsity.n_of_m(weights, self.keep, self.of)
        if not masks:
            raise errors.no_effect(str(self), f"no layer has a multiple of {self.of} inputs", "")
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


def _text(step: Prune | PruneNofM, given: str, **defaults: object) -> str:
    tuned = f", finetune={getattr(step.finetune, '__name__', 'function')}" if step.finetune else ""
    others = "".join(
        f", {name}={getattr(step, name)!r}"
        for name, default in defaults.items()
        if getattr(step, name) != default
    )
    return f"{type(step).__name__}({given}{tuned}{others})"
