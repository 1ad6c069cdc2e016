"""`PruneChannels`: remove whole channels with everything that depends on them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast, get_args

from pytest_edgebench.compressors import activations, channel_groups, errors, ratios
from pytest_edgebench.compressors.build import errors as build_errors
from pytest_edgebench.compressors.checks import check_finetune, check_ratio, check_schedule
from pytest_edgebench.compressors.finetune import finetuned, wants_data
from pytest_edgebench.compressors.prune import NO_LAYER
from pytest_edgebench.compressors.sparsity import prunable
from pytest_edgebench.compressors.training import gradients
from pytest_edgebench.declare.model import LATER, Stage, Step, StepContext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from torch.nn import Module

    from pytest_edgebench.compressors.finetune import Finetune
    from pytest_edgebench.record.run import Counts

Importance = Literal["magnitude", "taylor"]
AnyImportance = Literal["magnitude", "taylor", "activation"]
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
            mean squared error; the manifest notes that this is the evaluation data; "activation": the mean
            magnitude that a channel has in what reads it, over 128 samples of the calibration data.
        finetune: as of `Prune`.
        scope: "layer": the same share of each layer; "global": the least important of the whole model.
        rounds: prune in this many steps, with `finetune` after each.
        multiple: round the channels that stay to a multiple of this (kernels like 8).
        layer_ratios, schedule: as of `Prune`.

    Raises:
        DeclarationError: another ratio, no function, an unknown importance or scope, numbers that are none.
    """

    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "onnx": ("torch", "torch-pruning"),
        "tflite": ("torch", "torch-pruning"),
    }

    ratio: float
    importance: AnyImportance = "magnitude"
    finetune: Finetune | None = None
    scope: Literal["global", "layer"] = "layer"
    rounds: int = 1
    multiple: int = 1
    layer_ratios: Mapping[str, float] | ratios.LayerRatios = field(default=(), metadata=LATER)
    schedule: ratios.Schedule = field(default="linear", metadata=LATER)

    def __post_init__(self) -> None:
        check_ratio(self.ratio)
        check_finetune(self.finetune, self.rounds)
        object.__setattr__(self, "layer_ratios", ratios.checked(self.layer_ratios))
        check_schedule(self.schedule, self.rounds)
        if self.importance not in get_args(AnyImportance):
            raise errors.not_a_choice("importance", self.importance, get_args(AnyImportance))
        if self.scope not in ("global", "layer"):
            raise errors.not_a_choice("scope", self.scope, ("global", "layer"))
        if type(self.multiple) is not int or self.multiple < 1:
            raise errors.not_a_count("multiple", self.multiple)

    @property
    def labelled(self) -> bool:
        """Whether it reads the model's labelled data."""
        return self.importance == "taylor" or wants_data(self.finetune)

    @property
    def samples(self) -> int:
        """Calibration samples it reads."""
        return activations.SAMPLES if self.importance == "activation" else 0

    def torch(self, module: Module, context: StepContext) -> Module:
        if not prunable(module):
            raise build_errors.no_effect(str(self), NO_LAYER, "")
        example = _example(module, context)
        module.eval()
        kept = channel_groups.kept(module, example, partial(self._pruner, rounds=1, data=False))
        stay = [layer for name, layer in module.named_modules() if name in kept]
        pruner = self._pruner(module, example, stay, rounds=self.rounds, data=True)
        before = sum(p.numel() for p in module.parameters())
        for _ in range(self.rounds):
            if self.importance == "taylor":
                context.note(BY_EVALUATION_DATA)
                gradients(module, context.model)
            with self._seen(pruner, module, context):
                pruner.step()
            module.zero_grad(set_to_none=True)
            trained = finetuned(module, self.finetune, context)
            if trained is not module and self.rounds > 1:
                raise errors.finetune_in_place()
            module = trained.eval()
        if sum(p.numel() for p in module.parameters()) == before:
            raise build_errors.no_effect(str(self), errors.no_channels(sorted(kept)), "")
        if len(kept) > 1:  # one makes the outputs
            context.note(f"kept all channels: {', '.join(sorted(kept))}")
        return module

    def _pruner(
        self, module: Module, example: tuple[Any, ...], stay: Sequence[Module], *, rounds: int, data: bool
    ) -> Any:
        """torch-pruning's, with what is asked for; by magnitude where there is no `data` to go by."""
        import torch
        import torch_pruning  # type: ignore[import-untyped]

        importance = torch_pruning.importance
        kinds = {"taylor": importance.GroupTaylorImportance, "activation": importance.ActivationImportance}
        layers = {
            name: layer for name, layer in module.named_modules() if isinstance(layer, channel_groups.roots())
        }
        own = ratios.by_layer(str(self), cast("ratios.LayerRatios", self.layer_ratios), layers)
        with torch.enable_grad():  # by which it reads the module
            return torch_pruning.pruner.BasePruner(
                module,
                example,
                kinds.get(self.importance if data else "", importance.GroupMagnitudeImportance)(),
                global_pruning=self.scope == "global",
                pruning_ratio=self.ratio,
                # A layer of a global choice could lose all its channels.
                max_pruning_ratio=0.9 if self.scope == "global" else 1.0,
                pruning_ratio_dict={layers[name]: ratio for name, ratio in own.items() if ratio},
                iterative_steps=rounds,
                iterative_pruning_ratio_scheduler=self._ratios,
                ignored_layers=[*stay, *(layers[name] for name, ratio in own.items() if not ratio)],
                round_to=self.multiple if self.multiple > 1 else None,
                root_module_types=[*channel_groups.roots()],
                **channel_groups.reading(),
            )

    def _ratios(self, ratio: float, rounds: int) -> list[float]:
        """The ratio that is to be reached after 0, 1, ... rounds."""
        return [ratio * ratios.reached(self.schedule, done, rounds) for done in range(rounds + 1)]

    @contextlib.contextmanager
    def _seen(self, pruner: Any, module: Module, context: StepContext) -> Iterator[None]:
        """While it lasts, torch-pruning knows the activations of the calibration data, if it goes by them."""
        if self.importance != "activation":
            yield
            return
        norms = activations.input_norms(module, context)
        for name, norm in norms.items():
            module.get_submodule(name)._importance = norm
        try:
            yield
        finally:
            for name in norms:
                delattr(module.get_submodule(name), "_importance")

    def effect(self, before: Counts, after: Counts) -> str | None:
        if after.parameters < before.parameters:
            return None
        return f"the model has {after.parameters} parameters, no fewer than before"


def _example(module: Module, context: StepContext) -> Any:
    """One sample as positional arguments of ``forward()``."""
    import torch

    from pytest_edgebench.compressors.build.export import ordered
    from pytest_edgebench.samples.data import example

    sample = ordered(module, example(context.model).call())
    return tuple(torch.from_numpy(array.copy()) for array in sample.values())
