"""Recipes from steps: `quantize`, `binarize`, `qat`, `prune`, `chain`, `prebuilt`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack

from pytest_edgebench.compressors import errors
from pytest_edgebench.compressors.architecture import LowRank, Separable
from pytest_edgebench.compressors.binarize import SMALLEST, Binarize, BinarizeTraining
from pytest_edgebench.compressors.distill import Distill
from pytest_edgebench.compressors.fit import Fit
from pytest_edgebench.compressors.prune import Prune, PruneSemiStructured
from pytest_edgebench.compressors.prune_channels import AnyImportance, Importance, PruneChannels
from pytest_edgebench.compressors.prune_heads import PruneHeads
from pytest_edgebench.compressors.qat import QAT
from pytest_edgebench.compressors.quantize import Quantize
from pytest_edgebench.compressors.tucker import Tucker
from pytest_edgebench.declare.model import Model, Prebuilt, Recipe, Step

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pytest_edgebench.compressors.draws import Draws
    from pytest_edgebench.compressors.engines.quantization import (
        Activations,
        Method,
        Preset,
        Scheme,
        SchemeName,
        Weights,
    )
    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.compressors.ratios import Schedule
    from pytest_edgebench.compressors.sensitive import Sensitive
    from pytest_edgebench.compressors.sparsity import Scope


class DistillOptions(TypedDict, total=False):
    """What `distill` takes beside its models: fields of `Distill`."""

    temperature: float
    soft: float
    hard: float
    epochs: int
    batch_size: int
    lr: float
    features: tuple[tuple[str, str], ...]
    data: Any
    loss: Literal["classes", "values"] | None
    class_axis: int | None


def quantize(
    source: Model | Recipe,
    scheme: SchemeName,
    *,
    calibration: int | Draws = 128,
    per_channel: bool = True,
    reduce_range: bool = True,
    method: Method = "minmax",
    activations: Activations | None = None,
    weights: Weights = "int8",
    block: int | None = 32,
    exclude: tuple[str, ...] | str = (),
    percentile: float = 99.99,
    keep: Sensitive | None = None,
    ops: tuple[str, ...] | str = (),
    preset: Preset | None = None,
    engine: str | None = None,
    algorithm: str | None = None,
    rules: Mapping[str, Scheme] | tuple[tuple[str, Scheme], ...] = (),
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
        ops=ops,
        preset=preset,
        engine=engine,
        algorithm=algorithm,
        rules=rules,
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
    exclude: tuple[str, ...] | str = (),
    ops: tuple[str, ...] | str = (),
    preset: Preset | None = None,
) -> Recipe:
    """Train a model for int8 and quantize it; see `QAT` and the "static-int8" of `Quantize`.

    Without `finetune` an `eb.Fit` with its defaults trains it. `exclude`, `ops` and `preset` name operators
    of the exported file, as in `quantize`; all layers are trained with rounded weights.
    """
    training = QAT(finetune or Fit(), reduce_range)
    step = Quantize(
        "static-int8", calibration, reduce_range=reduce_range, exclude=exclude, ops=ops, preset=preset
    )
    return chain(source, training, step)


def prune(
    source: Model | Recipe,
    ratio: float,
    finetune: Finetune | None = None,
    *,
    scope: Scope = "global",
    rounds: int = 1,
    layer_ratios: Mapping[str, float] | None = None,
    schedule: Schedule = "linear",
    importance: Literal["magnitude", "activation"] = "magnitude",
) -> Recipe:
    """Set a share of the weights of a model or a recipe's result to zero; see `Prune`."""
    return chain(source, Prune(ratio, finetune, scope, rounds, layer_ratios or (), schedule, importance))


def prune_semi_structured(
    source: Model | Recipe, keep: int = 2, of: int = 4, finetune: Finetune | None = None
) -> Recipe:
    """N:M sparsity: keep the largest `keep` of each `of` neighbouring weights; see `PruneSemiStructured`."""
    return chain(source, PruneSemiStructured(keep, of, finetune))


def prune_channels(
    source: Model | Recipe,
    ratio: float,
    importance: AnyImportance = "magnitude",
    finetune: Finetune | None = None,
    *,
    scope: Scope = "layer",
    rounds: int = 1,
    multiple: int = 1,
    layer_ratios: Mapping[str, float] | None = None,
    schedule: Schedule = "linear",
) -> Recipe:
    """Remove a share of the channels of a model or a recipe's result; see `PruneChannels`."""
    step = PruneChannels(ratio, importance, finetune, scope, rounds, multiple, layer_ratios or (), schedule)
    return chain(source, step)


def prune_heads(
    source: Model | Recipe,
    ratio: float,
    importance: Importance = "magnitude",
    finetune: Finetune | None = None,
    *,
    layer_ratios: Mapping[str, float] | None = None,
) -> Recipe:
    """Remove heads of attention; see `PruneHeads`."""
    return chain(source, PruneHeads(ratio, importance, finetune, layer_ratios or ()))


def low_rank(
    source: Model | Recipe,
    ratio: float,
    finetune: Finetune | None = None,
    *,
    exclude: tuple[str, ...] | str = (),
    layer_ratios: Mapping[str, float] | None = None,
) -> Recipe:
    """Split linear layers and convolutions into two thinner ones; see `LowRank`."""
    return chain(source, LowRank(finetune, exclude, ratio, layer_ratios or ()))


def tucker(
    source: Model | Recipe,
    ratio: float,
    finetune: Finetune | None = None,
    *,
    exclude: tuple[str, ...] | str = (),
    layer_ratios: Mapping[str, float] | None = None,
) -> Recipe:
    """Split convolutions by a Tucker decomposition into three thinner ones; see `Tucker`."""
    return chain(source, Tucker(finetune, exclude, ratio, layer_ratios or ()))


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
