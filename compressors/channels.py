"""`PruneChannels`: remove whole channels with everything that depends on them."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args

from pytest_edgebench.compressors.checks import check_finetune, check_ratio
from pytest_edgebench.compressors.finetune import finetuned, gradients, wants_data
from pytest_edgebench.compressors.prune import NO_LAYER
from pytest_edgebench.compressors.sparsity import prunable
from pytest_edgebench.declare.data import load
from pytest_edgebench.declare.model import Stage, Step, StepContext
from pytest_edgebench.errors import build as errors
from pytest_edgebench.errors import compress

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.record.run import Counts

Importance = Literal["magnitude", "taylor"]
BY_EVALUATION_DATA = "channels chosen by gradients on the evaluation data"


@dataclass(frozen=True)
class PruneChannels(Step):
    """Structured pruning by torch-pruning: the file gets smaller and faster, on any runtime.

    Removes output channels of convolutions and linear layers, and what reads them: the inputs of later
    layers, batch norms, both sides of a residual sum. Layers that make the model's outputs keep theirs.

    Attributes:
        ratio: share of the channels to remove, 0 < ratio < 1; about its square stays of the weights.
        importance: "magnitude": the norm of a channel's weights (all that depend on it together);
            "taylor": weight times gradient of the loss on the model's labelled data (Molchanov et al. 2019,
            "Importance Estimation for Neural Network Pruning"), cross-entropy for integer labels, else the
            mean squared error; the manifest notes that this is the evaluation data.
        finetune: as of `Prune`.
        scope: "layer": the same share of each layer; "global": the least important of the whole model.
        rounds: prune in this many steps, with `finetune` after each.
        multiple: round the channels that stay to a multiple of this (kernels like 8).

    Raises:
        DeclarationError: another ratio, no function, an unknown importance or scope, numbers that are none.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "onnx": ("torch", "torch-pruning"),
        "tflite": ("torch", "torch-pruning"),
    }

    ratio: float
    importance: Importance = "magnitude"
    finetune: Finetune | None = None
    scope: Literal["global", "layer"] = "layer"
    rounds: int = 1
    multiple: int = 1

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_finetune(self.finetune, self.rounds)
        if self.importance not in get_args(Importance):
            raise errors.not_a_choice("importance", self.importance, get_args(Importance))
        if self.scope not in ("global", "layer"):
            raise errors.not_a_choice("scope", self.scope, ("global", "layer"))
        if type(self.multiple) is not int or self.multiple < 1:
            raise compress.not_a_count("multiple", self.multiple)

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return self.importance == "taylor" or wants_data(self.finetune)

    def torch(self, module: Module, context: StepContext) -> Module:
        import torch_pruning  # type: ignore[import-untyped]

        if not prunable(module):
            raise errors.no_effect(str(self), NO_LAYER, "")
        example = _example(module, context)
        module.eval()
        kept = _outputs(module, example)
        importance = torch_pruning.importance
        pruner = torch_pruning.pruner.BasePruner(
            module,
            example,
            importance.GroupTaylorImportance()
            if self.importance == "taylor"
            else importance.GroupMagnitudeImportance(),
            global_pruning=self.scope == "global",
            pruning_ratio=self.ratio,
            # A layer of a global choice could lose all its channels.
            max_pruning_ratio=0.9 if self.scope == "global" else 1.0,
            iterative_steps=self.rounds,
            ignored_layers=[layer for name, layer in module.named_modules() if name in kept],
            round_to=self.multiple if self.multiple > 1 else None,
        )
        before = sum(p.numel() for p in module.parameters())
        for _ in range(self.rounds):
            if self.importance == "taylor":
                context.note(BY_EVALUATION_DATA)
                gradients(module, context.model)
            pruner.step()
            module.zero_grad(set_to_none=True)
            trained = finetuned(module, self.finetune, context)
            if trained is not module and self.rounds > 1:
                raise compress.finetune_in_place()
            module = trained.eval()
        if sum(p.numel() for p in module.parameters()) == before:
            raise errors.no_effect(
                str(self), compress.no_channels("no channel was removed", sorted(kept)), ""
            )
        return module

    def effect(self, before: Counts, after: Counts) -> str | None:
        if after.parameters < before.parameters:
            return None
        return f"the model has {after.parameters} parameters, no fewer than before"


def _example(module: Module, context: StepContext) -> Any:
    """One sample as positional arguments of ``forward()``."""
    import torch

    from pytest_edgebench.compressors.export import ordered

    sample = ordered(module, load(context.model).sample())
    return tuple(torch.from_numpy(array.copy()) for array in sample.values())


def _outputs(module: Module, example: tuple[Tensor, ...]) -> set[str]:
    """Names of the layers whose channels are the model's outputs.

    Found by trying: without one channel of such a layer the outputs have another shape.
    """
    import torch
    import torch_pruning
    from torch import nn
    from torch.nn.modules.conv import _ConvNd

    def shapes(candidate: Module) -> list[Any]:
        with torch.no_grad():
            outputs = candidate(*example)
        return [t.shape for t in ([outputs] if isinstance(outputs, torch.Tensor) else outputs)]

    wanted, found = shapes(module), set()
    for name, layer in module.named_modules():
        if not isinstance(layer, _ConvNd | nn.Linear):
            continue
        trial = copy.deepcopy(module)
        graph = torch_pruning.DependencyGraph().build_dependency(trial, example)
        one: Any = trial.get_submodule(name)
        try:
            graph.get_pruning_group(one, graph.get_pruner_of_module(one).prune_out_channels, [0]).prune()
            same = shapes(trial) == wanted
        except Exception:  # noqa: BLE001 - what breaks without a channel must keep it
            same = False
        if not same:
            found.add(name)
    return found
