"""Recipes from steps: `quantize`, `binarize`, `qat`, `prune`, `chain`, `prebuilt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from pytest_edgebench.compressors.architecture import LowRank, Separable
from pytest_edgebench.compressors.binarize import SMALLEST, Binarize, BinarizeTraining
from pytest_edgebench.compressors.bottleneck import Bottleneck
from pytest_edgebench.compressors.channels import Importance, PruneChannels
from pytest_edgebench.compressors.distill import Distill
from pytest_edgebench.compressors.fit import Fit
from pytest_edgebench.compressors.heads import PruneHeads
from pytest_edgebench.compressors.prune import Prune, PruneNofM
from pytest_edgebench.compressors.qat import QuantizeTraining
from pytest_edgebench.compressors.quantize import Activations, Method, Quantize, Scheme, Weights
from pytest_edgebench.declare.model import Model, Prebuilt, Recipe, Step
from pytest_edgebench.errors import build as errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgebench.compressors.draws import Draws
    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.compressors.sensitive import Sensitive
    from pytest_edgebench.compressors.sparsity import Scope


class DistillOptions(TypedDict, total=False):
    """What `distill` takes beside its models: fields of `Distill`."""

    temperature: float
    soft: float
    hard: float
    epochs: int
    batch: int
    rate: float
    features: tuple[tuple[str, str], ...]
    data: Callable[[], Any] | None


def quantize(
    source: Model | Recipe,
    scheme: Scheme,
    *,
    calibration: int | Draws = 128,
    per_channel: bool = True,
    reduce_range: bool = True,
    method: Method = "minmax",
    activations: Activations | None = None,
    weights: Weights = "int8",
    block: int = 32,
    exclude: tuple[str, ...] | str = (),
    percentile: float = 99.99,
    keep: Sensitive | None = None,
) -> Recipe:
    """Quantize a model or a recipe's result; see `Quantize`."""
    step = Quantize(
        scheme,
        calibration,
        per_channel,
        reduce_range,
        method,
        activations,
        weights,
        block,
        exclude,
        percentile,
        keep,
    )
    return chain(source, step)


def binarize(
    source: Model | Recipe,
    finetune: Finetune | None = None,
    *,
    exclude: tuple[str, ...] | str = (),
    smallest: int = SMALLEST,
) -> Recipe:
    """Keep one bit of each weight of a model or a recipe's result; see `Binarize`.

    With `finetune` the model is first trained with binary weights, see `BinarizeTraining`; `exclude` then
    names layers of the torch module, and without it weights of the file.
    """
    if finetune is None:
        return chain(source, Binarize(exclude, smallest))
    training = BinarizeTraining(finetune, exclude, smallest)
    return chain(source, training, Binarize((), smallest, trained=True))


def qat(
    source: Model | Recipe,
    finetune: Finetune | None = None,
    *,
    calibration: int = 128,
    reduce_range: bool = True,
) -> Recipe:
    """Train a model for int8 and quantize it; see `QuantizeTraining` and the "static-int8" of `Quantize`.

    Without `finetune` an `eb.Fit` with its defaults trains it.
    """
    training = QuantizeTraining(finetune or Fit(), reduce_range)
    return chain(source, training, Quantize("static-int8", calibration, reduce_range=reduce_range))


def prune(
    source: Model | Recipe,
    ratio: float,
    finetune: Finetune | None = None,
    *,
    scope: Scope = "global",
    rounds: int = 1,
) -> Recipe:
    """Set a share of the weights of a model or a recipe's result to zero; see `Prune`."""
    return chain(source, Prune(ratio, finetune, scope, rounds))


def prune_n_of_m(
    source: Model | Recipe, keep: int = 2, of: int = 4, finetune: Finetune | None = None
) -> Recipe:
    """Keep the largest `keep` of each `of` neighbouring weights; see `PruneNofM`."""
    return chain(source, PruneNofM(keep, of, finetune))


def prune_channels(
    source: Model | Recipe,
    ratio: float,
    importance: Importance = "magnitude",
    finetune: Finetune | None = None,
    *,
    scope: Scope = "layer",
    rounds: int = 1,
    multiple: int = 1,
) -> Recipe:
    """Remove a share of the channels of a model or a recipe's result; see `PruneChannels`."""
    return chain(source, PruneChannels(ratio, importance, finetune, scope, rounds, multiple))


def prune_heads(
    source: Model | Recipe,
    ratio: float,
    importance: Importance = "magnitude",
    finetune: Finetune | None = None,
) -> Recipe:
    """Remove heads of attention; see `PruneHeads`."""
    return chain(source, PruneHeads(ratio, importance, finetune))


def low_rank(
    source: Model | Recipe,
    ratio: float,
    finetune: Finetune | None = None,
    *,
    exclude: tuple[str, ...] | str = (),
) -> Recipe:
    """Split linear layers and convolutions into two thinner ones; see `LowRank`."""
    return chain(source, LowRank(finetune, exclude, ratio))


def bottleneck(
    source: Model | Recipe,
    ratio: float,
    finetune: Finetune | None = None,
    *,
    exclude: tuple[str, ...] | str = (),
) -> Recipe:
    """Lead convolutions through fewer channels; see `Bottleneck`."""
    return chain(source, Bottleneck(finetune, exclude, ratio))


def separable(
    source: Model | Recipe, finetune: Finetune | None = None, *, exclude: tuple[str, ...] | str = ()
) -> Recipe:
    """Split convolutions into a depthwise and a 1 x 1 one; see `Separable`."""
    return chain(source, Separable(finetune, exclude))


def distill(source: Model | Recipe, teacher: Model | Recipe, **options: Unpack[DistillOptions]) -> Recipe:
    """Train a model, the student, on a teacher's outputs; see `Distill`."""
    return chain(source, Distill(teacher, **options))


def chain(source: Model | Recipe, *steps: Step) -> Recipe:
    """Apply steps to a model or a recipe's result, first given first.

    Raises:
        DeclarationError: no step, something that is no step, or a source that is neither model nor recipe.
    """
    if not isinstance(source, Model | Recipe):
        raise errors.not_a_source(source)
    if not steps:
        raise errors.empty_chain()
    for step in steps:
        if not isinstance(step, Step):
            raise errors.not_a_step(step)
        source = Recipe(source, step)
    assert isinstance(source, Recipe)
    return source


def prebuilt(source: Model, path: str | Path) -> Recipe:
    """A file that another pipeline made of the model; a relative path starts where the model was declared.

    Raises:
        DeclarationError: a source that is no model, or a file that is neither ``.onnx`` nor ``.tflite``.
    """
    if not isinstance(source, Model):
        raise errors.prebuilt_of_recipe(source)
    step = Prebuilt(source.folder / path)
    _ = step.format  # refuses other suffixes here, where the user's line is on the stack
    return Recipe(source, step)
