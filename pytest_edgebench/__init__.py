"""pytest fails when a model change breaks a promise made to a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_edgebench.base.errors import BudgetExceeded, EdgebenchError
    from pytest_edgebench.case.edge import Edge
    from pytest_edgebench.compressors.architecture import LowRank, Separable
    from pytest_edgebench.compressors.binarize import Binarize, BinarizeTraining
    from pytest_edgebench.compressors.chain import (
        binarize,
        chain,
        distill,
        low_rank,
        prebuilt,
        prune,
        prune_channels,
        prune_heads,
        prune_semi_structured,
        qat,
        quantize,
        separable,
        tucker,
    )
    from pytest_edgebench.compressors.custom.registered import steps
    from pytest_edgebench.compressors.custom.step import step
    from pytest_edgebench.compressors.distill import Distill
    from pytest_edgebench.compressors.draws import draws
    from pytest_edgebench.compressors.fit import Fit
    from pytest_edgebench.compressors.prune import Prune, PruneSemiStructured
    from pytest_edgebench.compressors.prune_channels import PruneChannels
    from pytest_edgebench.compressors.prune_heads import PruneHeads
    from pytest_edgebench.compressors.qat import QAT
    from pytest_edgebench.compressors.quantize import Quantize
    from pytest_edgebench.compressors.sensitive import sensitive
    from pytest_edgebench.compressors.tucker import Tucker
    from pytest_edgebench.declare.budget import budget, cases
    from pytest_edgebench.declare.model import Case, Model, Recipe, Step, StepContext
    from pytest_edgebench.declare.recipe import model, recipe
    from pytest_edgebench.declare.roles import Constant, Sample, State
    from pytest_edgebench.declare.score import Score
    from pytest_edgebench.declare.slices import slices
    from pytest_edgebench.recipe_search.search import search
    from pytest_edgebench.record.load import load_run
    from pytest_edgebench.samples.scores import auc, f1, mae, top1, top_k
    from pytest_edgebench.samples.task_scores.detection import mean_average_precision
    from pytest_edgebench.samples.task_scores.perplexity import perplexity
    from pytest_edgebench.samples.task_scores.segmentation import mean_iou
    from pytest_edgebench.samples.task_scores.signal import signal_to_noise
    from pytest_edgebench.samples.task_scores.text import bleu, word_error_rate

# Name → module: nothing is imported before it is used, since every pytest start pays for it.
_HOMES = {
    "Binarize": "pytest_edgebench.compressors.binarize",
    "BinarizeTraining": "pytest_edgebench.compressors.binarize",
    "BudgetExceeded": "pytest_edgebench.base.errors",
    "Case": "pytest_edgebench.declare.model",
    "Constant": "pytest_edgebench.declare.roles",
    "Distill": "pytest_edgebench.compressors.distill",
    "Edge": "pytest_edgebench.case.edge",
    "EdgebenchError": "pytest_edgebench.base.errors",
    "Fit": "pytest_edgebench.compressors.fit",
    "LowRank": "pytest_edgebench.compressors.architecture",
    "Model": "pytest_edgebench.declare.model",
    "Prune": "pytest_edgebench.compressors.prune",
    "PruneChannels": "pytest_edgebench.compressors.prune_channels",
    "PruneHeads": "pytest_edgebench.compressors.prune_heads",
    "PruneSemiStructured": "pytest_edgebench.compressors.prune",
    "QAT": "pytest_edgebench.compressors.qat",
    "Quantize": "pytest_edgebench.compressors.quantize",
    "Recipe": "pytest_edgebench.declare.model",
    "Sample": "pytest_edgebench.declare.roles",
    "Score": "pytest_edgebench.declare.score",
    "Separable": "pytest_edgebench.compressors.architecture",
    "State": "pytest_edgebench.declare.roles",
    "Step": "pytest_edgebench.declare.model",
    "StepContext": "pytest_edgebench.declare.model",
    "Tucker": "pytest_edgebench.compressors.tucker",
    "auc": "pytest_edgebench.samples.scores",
    "binarize": "pytest_edgebench.compressors.chain",
    "bleu": "pytest_edgebench.samples.task_scores.text",
    "budget": "pytest_edgebench.declare.budget",
    "cases": "pytest_edgebench.declare.budget",
    "chain": "pytest_edgebench.compressors.chain",
    "distill": "pytest_edgebench.compressors.chain",
    "draws": "pytest_edgebench.compressors.draws",
    "f1": "pytest_edgebench.samples.scores",
    "load_run": "pytest_edgebench.record.load",
    "low_rank": "pytest_edgebench.compressors.chain",
    "mae": "pytest_edgebench.samples.scores",
    "mean_average_precision": "pytest_edgebench.samples.task_scores.detection",
    "mean_iou": "pytest_edgebench.samples.task_scores.segmentation",
    "perplexity": "pytest_edgebench.samples.task_scores.perplexity",
    "slices": "pytest_edgebench.declare.slices",
    "signal_to_noise": "pytest_edgebench.samples.task_scores.signal",
    "model": "pytest_edgebench.declare.recipe",
    "prebuilt": "pytest_edgebench.compressors.chain",
    "prune": "pytest_edgebench.compressors.chain",
    "prune_channels": "pytest_edgebench.compressors.chain",
    "prune_heads": "pytest_edgebench.compressors.chain",
    "prune_semi_structured": "pytest_edgebench.compressors.chain",
    "qat": "pytest_edgebench.compressors.chain",
    "quantize": "pytest_edgebench.compressors.chain",
    "recipe": "pytest_edgebench.declare.recipe",
    "search": "pytest_edgebench.recipe_search.search",
    "sensitive": "pytest_edgebench.compressors.sensitive",
    "separable": "pytest_edgebench.compressors.chain",
    "step": "pytest_edgebench.compressors.custom.step",
    "steps": "pytest_edgebench.compressors.custom.registered",
    "top1": "pytest_edgebench.samples.scores",
    "top_k": "pytest_edgebench.samples.scores",
    "tucker": "pytest_edgebench.compressors.chain",
    "word_error_rate": "pytest_edgebench.samples.task_scores.text",
}

__all__ = [
    "QAT",
    "Binarize",
    "BinarizeTraining",
    "BudgetExceeded",
    "Case",
    "Constant",
    "Distill",
    "Edge",
    "EdgebenchError",
    "Fit",
    "LowRank",
    "Model",
    "Prune",
    "PruneChannels",
    "PruneHeads",
    "PruneSemiStructured",
    "Quantize",
    "Recipe",
    "Sample",
    "Score",
    "Separable",
    "State",
    "Step",
    "StepContext",
    "Tucker",
    "auc",
    "binarize",
    "bleu",
    "budget",
    "cases",
    "chain",
    "distill",
    "draws",
    "f1",
    "load_run",
    "low_rank",
    "mae",
    "mean_average_precision",
    "mean_iou",
    "model",
    "perplexity",
    "prebuilt",
    "prune",
    "prune_channels",
    "prune_heads",
    "prune_semi_structured",
    "qat",
    "quantize",
    "recipe",
    "search",
    "sensitive",
    "separable",
    "signal_to_noise",
    "slices",
    "step",
    "steps",
    "top1",
    "top_k",
    "tucker",
    "word_error_rate",
]


# Old name → new name. They are not in `__all__`, work, and warn.
_RENAMED = {
    "Bottleneck": "Tucker",
    "PruneNofM": "PruneSemiStructured",
    "QuantizeTraining": "QAT",
    "bottleneck": "tucker",
    "prune_n_of_m": "prune_semi_structured",
}


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        return _renamed(name)
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def _renamed(name: str) -> Any:
    import sys

    from pytest_edgebench.base.deprecated import deprecated

    # `from pytest_edgebench import NAME` asks twice: first the import system whether there is such a name.
    if sys._getframe(2).f_globals.get("__name__") != "importlib._bootstrap":
        deprecated(f"eb.{name}", f"eb.{_RENAMED[name]}")
    return globals().get(_RENAMED[name]) or __getattr__(_RENAMED[name])


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
