from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import tiny_nets

from pytest_edgebench.base.errors import BuildError, DeclarationError, NoEffectError
from pytest_edgebench.compressors.chain import prune, quantize
from pytest_edgebench.compressors.prune import Prune
from pytest_edgebench.declare.model import Format, Model, StepContext

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder

WEIGHTS = 64 * 32 + 32 * 4


def context() -> StepContext:
    model = Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score)
    notes: list[str] = []
    return StepContext("onnx", model, lambda n: {}, 0, notes.append)


def zeros(module: Any) -> int:
    return sum(int((p == 0).sum()) for p in module.parameters() if p.dim() > 1)


def train(module: Any, inputs: Any, optimizer: Any = None) -> None:
    import torch

    optimizer = optimizer or torch.optim.Adam(module.parameters(), 0.01, weight_decay=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        (module(torch.as_tensor(inputs)) - 1).square().mean().backward()
        optimizer.step()


def tuned(module: Any, data: Any) -> None:
    inputs, labels = data
    assert len(inputs) == len(labels) == 48
    train(module, inputs)


def tuned_alone(module: Any) -> Any:
    import torch

    train(module, torch.randn(8, 64))
    return module


@pytest.mark.parametrize("ratio", [0.25, 0.5, 0.99])
def test_exactly_the_smallest_weights_of_all_layers_become_zero(ratio: float) -> None:
    import torch

    module = tiny_nets.mlp()
    before = torch.cat([p.detach().flatten() for p in module.parameters() if p.dim() > 1])
    biases = [p.detach().clone() for p in module.parameters() if p.dim() == 1]
    pruned = Prune(ratio).torch(module, context())
    after = torch.cat([p.detach().flatten() for p in pruned.parameters() if p.dim() > 1])
    assert int((after == 0).sum()) == round(ratio * WEIGHTS)
    assert before[after == 0].abs().max() <= before[after != 0].abs().min()
    assert torch.equal(before[after != 0], after[after != 0])
    assert all(map(torch.equal, biases, [p for p in pruned.parameters() if p.dim() == 1]))


def test_ties_do_not_remove_more(tmp_path: Any) -> None:
    import torch

    module = torch.nn.Linear(10, 10)
    torch.nn.init.ones_(module.weight)
    assert zeros(Prune(0.3).torch(module, context())) == 30


def test_shared_weights_count_once() -> None:
    import torch

    one = torch.nn.Linear(8, 8)
    two = torch.nn.Linear(8, 8)
    two.weight = one.weight
    pruned: Any = Prune(0.5).torch(torch.nn.Sequential(one, two), context())
    assert pruned[0].weight is pruned[1].weight
    assert int((pruned[0].weight == 0).sum()) == 32


@pytest.mark.parametrize("finetune", [tuned, tuned_alone])
def test_removed_weights_stay_zero_while_the_others_train(finetune: Any) -> None:
    import torch

    torch.manual_seed(0)
    module = tiny_nets.mlp()
    plain: Any = Prune(0.5).torch(tiny_nets.mlp(), context())
    pruned: Any = Prune(0.5, finetune).torch(module, context())
    assert zeros(pruned) == zeros(plain) == WEIGHTS // 2
    assert not torch.equal(pruned[0].weight, plain[0].weight)
    assert all(not p._backward_hooks for p in pruned.parameters())


def test_weights_that_finetune_revives_are_removed_again() -> None:
    def revive(module: Any) -> None:
        for parameter in module.parameters():
            parameter.data += 1

    pruned = Prune(0.5, revive).torch(tiny_nets.mlp(), context())
    assert zeros(pruned) == WEIGHTS // 2


def test_another_architecture_from_finetune_is_refused() -> None:
    with pytest.raises(BuildError, match="another architecture"):
        Prune(0.5, lambda module: tiny_nets.cnn()).torch(tiny_nets.mlp(), context())


def test_finetune_that_returns_no_module() -> None:
    with pytest.raises(BuildError, match=r"finetune returned a float, not a torch\.nn\.Module"):
        Prune(0.5, lambda module: 0.93).torch(tiny_nets.mlp(), context())  # type: ignore[arg-type]


def test_a_model_without_such_layers() -> None:
    import torch

    with pytest.raises(NoEffectError, match="no convolution or linear layer"):
        Prune(0.5).torch(torch.nn.BatchNorm2d(3), context())


@pytest.mark.parametrize("fmt", ["onnx", "tflite"])
def test_zeros_reach_the_file_and_survive_quantization(
    shared_builder: Builder, mlp: Model, fmt: Format
) -> None:
    plain = shared_builder.build(prune(mlp, 0.5), fmt).record
    assert plain.counts.zeros == WEIGHTS // 2
    assert [step.stage for step in plain.steps] == ["torch", "export"]
    assert plain.steps[0].before is not None
    assert plain.steps[0].before.zeros == 0
    small = shared_builder.build(quantize(prune(mlp, 0.5), "dynamic-int8"), fmt).record
    assert small.counts.zeros >= WEIGHTS // 2
    assert [str(step.step) for step in small.steps] == [
        "Prune(0.5)",
        f"export to {fmt}",
        "Quantize(scheme='dynamic-int8')",
    ]


def test_training_on_the_evaluation_data_is_noted(shared_builder: Builder, mlp: Model) -> None:
    assert shared_builder.build(prune(mlp, 0.5, tuned), "onnx").record.notes[0] == (
        "fine-tuned with the evaluation data at hand"
    )
    (only,) = shared_builder.build(prune(mlp, 0.5, tuned_alone), "onnx").record.notes
    assert only.startswith("zeros: 0.weight ")


def test_pruning_what_is_already_zero_has_no_effect(shared_builder: Builder, mlp: Model) -> None:
    with pytest.raises(NoEffectError, match="1088 zero weights, no more than before") as caught:
        shared_builder.build(prune(prune(mlp, 0.5), 0.3), "onnx")
    assert caught.value.where == "conftest.py:3"


@pytest.mark.parametrize("ratio", [0, 1, -0.1, 50, True, float("nan"), "0.5", None])
def test_ratio(ratio: Any) -> None:
    with pytest.raises(DeclarationError, match="a number between 0 and 1, not"):
        Prune(ratio)


def test_finetune_is_a_function() -> None:
    with pytest.raises(DeclarationError, match="finetune= takes a function"):
        Prune(0.5, "tune")  # type: ignore[arg-type]
