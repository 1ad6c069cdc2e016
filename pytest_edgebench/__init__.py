"""pytest fails when a model change breaks a promise made to a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_edgebench.compressors.architecture import LowRank, Separable
    from pytest_edgebench.compressors.binarize import Binarize, BinarizeTraining
    from pytest_edgebench.compressors.bottleneck import Bottleneck
    from pytest_edgebench.compressors.chain import (
        binarize,
        bottleneck,
        chain,
        distill,
        low_rank,
        prebuilt,
        prune,
        prune_channels,
        prune_heads,
        prune_n_of_m,
        qat,
        quantize,
        separable,
    )
    from pytest_edgebench.compressors.channels import PruneChannels
    from pytest_edgebench.compressors.custom import step
    from pytest_edgebench.compressors.distill import Distill
    from pytest_edgebench.compressors.draws import draws
    from pytest_edgebench.compressors.fit import Fit
    from pytest_edgebench.compressors.heads import PruneHeads
    from pytest_edgebench.compressors.prune import Prune, PruneNofM
    from pytest_edgebench.compressors.qat import QuantizeTraining
    from pytest_edgebench.compressors.quantize import Quantize
    from pytest_edgebench.compressors.registered import steps
    from pytest_edgebench.compressors.sensitive import sensitive
    from pytest_edgebench.declare.budget import budget, cases
    from pytest_edgebench.declare.model import Case, Model, Recipe, Step, StepContext
    from pytest_edgebench.declare.recipe import model, recipe
    from pytest_edgebench.declare.score import Score, auc, f1, mae, top1, top_k
    from pytest_edgebench.edge import Edge
    from pytest_edgebench.errors import BudgetExceeded, EdgebenchError
    from pytest_edgebench.record.store import load_run
    from pytest_edgebench.searching import search

# Name → module: nothing is imported before it is used, since every pytest start pays for it.
_HOMES = {
    "Binarize": "pytest_edgebench.compressors.binarize",
    "BinarizeTraining": "pytest_edgebench.compressors.binarize",
    "Bottleneck": "pytest_edgebench.compressors.bottleneck",
    "BudgetExceeded": "pytest_edgebench.errors",
    "Case": "pytest_edgebench.declare.model",
    "Distill": "pytest_edgebench.compressors.distill",
    "Edge": "pytest_edgebench.edge",
    "EdgebenchError": "pytest_edgebench.errors",
    "Fit": "pytest_edgebench.compressors.fit",
    "LowRank": "pytest_edgebench.compressors.architecture",
    "Model": "pytest_edgebench.declare.model",
    "Prune": "pytest_edgebench.compressors.prune",
    "PruneChannels": "pytest_edgebench.compressors.channels",
    "PruneHeads": "pytest_edgebench.compressors.heads",
    "PruneNofM": "pytest_edgebench.compressors.prune",
    "Quantize": "pytest_edgebench.compressors.quantize",
    "QuantizeTraining": "pytest_edgebench.compressors.qat",
    "Recipe": "pytest_edgebench.declare.model",
    "Score": "pytest_edgebench.declare.score",
    "Separable": "pytest_edgebench.compressors.architecture",
    "Step": "pytest_edgebench.declare.model",
    "StepContext": "pytest_edgebench.declare.model",
    "auc": "pytest_edgebench.declare.score",
    "binarize": "pytest_edgebench.compressors.chain",
    "bottleneck": "pytest_edgebench.compressors.chain",
    "budget": "pytest_edgebench.declare.budget",
    "cases": "pytest_edgebench.declare.budget",
    "chain": "pytest_edgebench.compressors.chain",
    "distill": "pytest_edgebench.compressors.chain",
    "draws": "pytest_edgebench.compressors.draws",
    "f1": "pytest_edgebench.declare.score",
    "load_run": "pytest_edgebench.record.store",
    "low_rank": "pytest_edgebench.compressors.chain",
    "mae": "pytest_edgebench.declare.score",
    "model": "pytest_edgebench.declare.recipe",
    "prebuilt": "pytest_edgebench.compressors.chain",
    "prune": "pytest_edgebench.compressors.chain",
    "prune_channels": "pytest_edgebench.compressors.chain",
    "prune_heads": "pytest_edgebench.compressors.chain",
    "prune_n_of_m": "pytest_edgebench.compressors.chain",
    "qat": "pytest_edgebench.compressors.chain",
    "quantize": "pytest_edgebench.compressors.chain",
    "recipe": "pytest_edgebench.declare.recipe",
    "search": "pytest_edgebench.searching",
    "sensitive": "pytest_edgebench.compressors.sensitive",
    "separable": "pytest_edgebench.compressors.chain",
    "step": "pytest_edgebench.compressors.custom",
    "steps": "pytest_edgebench.compressors.registered",
    "top1": "pytest_edgebench.declare.score",
    "top_k": "pytest_edgebench.declare.score",
}

__all__ = [
    "Binarize",
    "BinarizeTraining",
    "Bottleneck",
    "BudgetExceeded",
    "Case",
    "Distill",
    "Edge",
    "EdgebenchError",
    "Fit",
    "LowRank",
    "Model",
    "Prune",
    "PruneChannels",
    "PruneHeads",
    "PruneNofM",
    "Quantize",
    "QuantizeTraining",
    "Recipe",
    "Score",
    "Separable",
    "Step",
    "StepContext",
    "auc",
    "binarize",
    "bottleneck",
    "budget",
    "cases",
    "chain",
    "distill",
    "draws",
    "f1",
    "load_run",
    "low_rank",
    "mae",
    "model",
    "prebuilt",
    "prune",
    "prune_channels",
    "prune_heads",
    "prune_n_of_m",
    "qat",
    "quantize",
    "recipe",
    "search",
    "sensitive",
    "separable",
    "step",
    "steps",
    "top1",
    "top_k",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
