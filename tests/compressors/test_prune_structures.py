from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets

from pytest_edgebench.base.errors import BuildError, DeclarationError, NoEffectError
from pytest_edgebench.compressors.chain import prune, prune_channels, prune_semi_structured, quantize
from pytest_edgebench.compressors.prune import Prune, PruneSemiStructured
from pytest_edgebench.compressors.prune_channels import PruneChannels
from pytest_edgebench.declare.model import Format, Model, StepContext

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder


def context(source: Any = tiny_nets.mlp, data: Any = tiny_nets.flat_samples) -> tuple[StepContext, list[str]]:
    notes: list[str] = []
    return StepContext("onnx", Model(source, data, tiny_nets.score), lambda n: {}, 0, notes.append), notes


def train(module: Any, data: Any) -> None:
    import torch

    inputs, labels = (torch.as_tensor(array) for array in data)
    optimizer = torch.optim.SGD(module.parameters(), 0.05)
    for _ in range(3):
        optimizer.zero_grad()
        loss: Any = torch.nn.functional.cross_entropy(module(inputs), labels)
        loss.backward()
        optimizer.step()


def diverge(module: Any) -> None:
    next(iter(module.parameters())).data.fill_(float("nan"))


def test_the_same_share_of_each_layer() -> None:
    given, notes = context()
    pruned = Prune(0.5, scope="layer").torch(tiny_nets.mlp(), given)
    assert [int((p == 0).sum()) for p in pruned.parameters() if p.dim() == 2] == [1024, 64]
    assert notes == ["zeros: 0.weight 50%, 2.weight 50%; dense kernels run no faster for them"]


def test_rounds_reach_the_ratio_and_train_after_each(tmp_path: Any) -> None:
    seen = []

    def look(module: Any) -> None:
        seen.append(sum(int((p == 0).sum()) for p in module.parameters() if p.dim() == 2))

    Prune(0.6, look, rounds=3).torch(tiny_nets.mlp(), context()[0])
    assert seen == [round(2176 * share) for share in (0.2, 0.4, 0.6)]


@pytest.mark.parametrize(("keep", "of"), [(2, 4), (1, 4), (3, 8)])
def test_n_of_m(keep: int, of: int) -> None:
    import torch

    torch.manual_seed(0)
    plain = tiny_nets.mlp()
    before = plain[0].weight.detach().clone().reshape(-1, of)
    pruned: Any = PruneSemiStructured(keep, of, train).torch(plain, context()[0])
    after = pruned[0].weight.detach().reshape(-1, of)
    assert bool(((after != 0).sum(1) == keep).all())
    kept = torch.topk(before.abs(), keep, dim=1).indices.sort(1).values
    assert torch.equal(after.abs().topk(keep, dim=1).indices.sort(1).values, kept)


def test_layers_that_n_of_m_does_not_divide_stay() -> None:
    pruned: Any = PruneSemiStructured(2, 4).torch(
        tiny_nets.cnn(), context(tiny_nets.cnn, tiny_nets.samples)[0]
    )
    assert not bool((pruned[0].weight == 0).any())  # 9 inputs
    assert not bool((pruned[3].weight == 0).any())  # 54
    assert float((pruned[7].weight == 0).float().mean()) == 0.5  # 72
    with pytest.raises(NoEffectError, match="no layer has a multiple of 7 inputs"):
        PruneSemiStructured(2, 7).torch(tiny_nets.mlp(), context()[0])


@pytest.mark.parametrize("importance", ["magnitude", "taylor"])
@pytest.mark.parametrize("scope", ["layer", "global"])
def test_channels_leave_with_all_that_reads_them(importance: Any, scope: Any) -> None:
    import torch

    given, notes = context(tiny_nets.cnn, tiny_nets.samples)
    pruned: Any = PruneChannels(0.5, importance, scope=scope).torch(tiny_nets.cnn(), given)
    first, second, last = pruned[0], pruned[3], pruned[7]
    assert first.out_channels + second.out_channels == 7
    assert first.out_channels == pruned[1].num_features == second.in_channels
    assert (last.in_features, last.out_features) == (9 * second.out_channels, 4)
    assert tuple(pruned(torch.zeros(2, 1, 8, 8)).shape) == (2, 4)
    assert bool(notes) == (importance == "taylor")


def test_the_least_channel_by_magnitude_leaves() -> None:
    import torch

    module = tiny_nets.mlp()
    with torch.no_grad():
        module[0].weight[5] = module[0].bias[5] = 0
        module[2].weight[:, 5] = 0
    inputs = torch.randn(3, 64)
    wanted = module(inputs)
    pruned = PruneChannels(1 / 32).torch(module, context()[0])
    assert pruned[0].out_features == 31  # type: ignore[index]
    torch.testing.assert_close(pruned(inputs), wanted)


def test_rounds_and_multiples_of_channels() -> None:
    seen = []

    def look(module: Any) -> None:
        seen.append(module[0].out_features)

    PruneChannels(0.5, finetune=look, rounds=2).torch(tiny_nets.mlp(), context()[0])
    assert seen == [24, 16]
    pruned: Any = PruneChannels(0.3, multiple=8).torch(tiny_nets.mlp(), context()[0])
    assert pruned[0].out_features % 8 == 0


@pytest.mark.parametrize("fmt", ["onnx", "tflite"])
def test_channels_shrink_the_file_and_can_be_quantized(
    shared_builder: Builder, mlp: Model, fmt: Format
) -> None:
    recipe = prune_channels(mlp, 0.5, "taylor", train)
    before, after = shared_builder.build(mlp, fmt), shared_builder.build(recipe, fmt)
    assert after.record.counts.parameters == 64 * 16 + 16 + 16 * 4 + 4
    assert after.record.counts.macs == before.record.counts.macs // 2
    assert after.size < before.size
    assert "fine-tuned with the evaluation data at hand" in after.record.notes
    assert shared_builder.build(quantize(recipe, "dynamic-int8"), fmt).record.counts.float_ops == 0


@pytest.mark.parametrize(("importance", "count"), [("taylor", 2), ("magnitude", 1)])
def test_labelled_data_are_part_of_the_key_of_what_reads_them(
    builder: Builder, importance: Any, count: int
) -> None:
    inputs, labels = tiny_nets.flat_samples()
    models = [Model(tiny_nets.mlp, (inputs, given), tiny_nets.score) for given in (labels, 3 - labels)]
    keys = {builder._modules.key(prune_channels(model, 0.5, importance), "onnx") for model in models}
    assert len(keys) == count


def test_a_model_without_inner_channels() -> None:
    import torch

    with pytest.raises(NoEffectError, match="without some, left, right would fail or change the"):
        PruneChannels(0.5).torch(tiny_nets.pair(), context(tiny_nets.pair, tiny_nets.pair_samples)[0])
    with pytest.raises(NoEffectError, match="no convolution or linear layer"):
        PruneChannels(0.5).torch(torch.nn.ReLU(), context()[0])


def test_training_that_diverges_caches_nothing(builder: Builder, mlp: Model) -> None:
    before = sorted(builder._cache.root.rglob("*"))
    for recipe in (
        prune(mlp, 0.5, diverge),
        prune_semi_structured(mlp, finetune=diverge),
        prune_channels(mlp, 0.5, finetune=diverge),
    ):
        with pytest.raises(
            BuildError, match=r"training diverged: finetune left NaN .* in '0.weight'"
        ) as caught:
            builder.build(recipe, "onnx")
        assert caught.value.where == "conftest.py:3"
    made = {path.name for path in builder._cache.root.rglob("*") if path.is_file()} - {p.name for p in before}
    assert sum(name.endswith(".pt") for name in made) == 1  # the model's own weights
    assert not list((builder._cache.root / "artifacts").glob("*/*.onnx"))


def test_labels_without_a_loss() -> None:
    given, _ = context(tiny_nets.mlp, (tiny_nets.flat_samples()[0], np.full(48, 9)))
    with pytest.raises(BuildError, match=r"outputs have shape \(48, 4\), the labels .* classes up to 9"):
        PruneChannels(0.5, "taylor").torch(tiny_nets.mlp(), given)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: PruneChannels(0), "a pruning ratio is a number between 0 and 1, not 0"),
        (lambda: PruneChannels(1), "not 1"),
        (lambda: PruneChannels(-1), "not -1"),
        (lambda: PruneChannels(float("nan")), "not nan"),
        (lambda: PruneChannels(0.5, "size"), "importance= is not 'size'"),  # type: ignore[arg-type]
        (lambda: PruneChannels(0.5, scope="all"), "scope= is not 'all'"),  # type: ignore[arg-type]
        (lambda: PruneChannels(0.5, multiple=0), "multiple= is a whole number, at least 1, not 0"),
        (lambda: Prune(0.5, scope="all"), "scope= is not 'all'"),  # type: ignore[arg-type]
        (lambda: Prune(0.5, rounds=0), "rounds= is a whole number"),
        (lambda: Prune(0.5, rounds=2), "rounds=2 without finetune= does what one round does"),
        (lambda: PruneSemiStructured(4, 4), "1 <= keep < of, not 4 and 4"),
        (lambda: PruneSemiStructured(0, 4), "1 <= keep < of, not 0 and 4"),
    ],
)
def test_parameters_that_are_none(make: Any, sentence: str) -> None:
    with pytest.raises(DeclarationError, match=sentence):
        make()


def test_rounds_need_the_module_they_gave() -> None:
    with pytest.raises(BuildError, match="the next round of pruning knows nothing of"):
        PruneChannels(0.5, finetune=lambda m: tiny_nets.mlp(), rounds=2).torch(tiny_nets.mlp(), context()[0])


def test_finetune_that_returns_a_number() -> None:
    with pytest.raises(BuildError, match=r"finetune returned a float, not a torch\.nn\.Module"):
        PruneChannels(0.5, finetune=lambda m: 0.5).torch(tiny_nets.mlp(), context()[0])  # type: ignore[arg-type]
