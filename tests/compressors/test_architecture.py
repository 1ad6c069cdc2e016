from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import tiny_nets

from pytest_edgebench.base.errors import BuildError, DeclarationError, NoEffectError
from pytest_edgebench.compressors.architecture import LowRank, Separable
from pytest_edgebench.compressors.chain import low_rank, separable, tucker
from pytest_edgebench.compressors.tucker import Tucker
from pytest_edgebench.declare.model import Model, StepContext

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder


def context(source: Any = tiny_nets.mlp, data: Any = tiny_nets.flat_samples) -> tuple[StepContext, list[str]]:
    notes: list[str] = []
    return StepContext("onnx", Model(source, data, tiny_nets.score), lambda n: {}, 0, notes.append), notes


def test_a_low_rank_weight_loses_nothing() -> None:
    import torch

    module = tiny_nets.mlp()
    with torch.no_grad():
        module[0].weight.copy_(torch.randn(32, 4) @ torch.randn(4, 64))
    inputs = torch.randn(5, 64)
    wanted = module(inputs)
    given, notes = context()
    thin: Any = LowRank(ratio=4 / 32).torch(module, given)
    assert [layer.weight.shape for layer in thin[0]] == [(4, 64), (32, 4)]
    assert notes == ["LowRank replaced 0, 2"]
    torch.testing.assert_close(
        thin[0](inputs), torch.nn.functional.linear(inputs, module_weight(thin[0]), thin[0][1].bias)
    )
    kept: Any = LowRank(ratio=4 / 32, exclude="2")
    module2 = tiny_nets.mlp()
    module2[0].weight.data.copy_(module_weight(thin[0]))
    module2[0].bias.data.copy_(thin[0][1].bias.data)
    expected = module2(inputs)
    torch.testing.assert_close(kept.torch(module2, given)(inputs), expected, rtol=1e-3, atol=1e-4)
    assert wanted.shape == expected.shape


def module_weight(pair: Any) -> Any:
    return pair[1].weight @ pair[0].weight


def test_the_cut_is_the_best_of_its_rank() -> None:
    """The error is the root of the sum of squares of the singular values left out (Eckart and Young)."""
    import torch

    module = tiny_nets.cnn()
    weight = module[3].weight.detach().flatten(1)
    thin: Any = LowRank(ratio=0.5, exclude=("0", "7")).torch(
        module, context(tiny_nets.cnn, tiny_nets.samples)[0]
    )
    first, second = thin[3]
    assert (first.stride, second.kernel_size, second.bias is not None) == ((2, 2), (1, 1), True)
    found = second.weight.flatten(1) @ first.weight.flatten(1)
    left_out = torch.linalg.svdvals(weight)[4:]
    torch.testing.assert_close((found - weight).norm(), left_out.norm(), rtol=1e-4, atol=1e-5)


def test_a_separable_weight_loses_nothing() -> None:
    import torch

    module = tiny_nets.cnn().eval()
    with torch.no_grad():
        module[3].weight.copy_(torch.randn(8, 6, 1, 1) * torch.randn(1, 6, 3, 3))
    inputs = torch.randn(2, 1, 8, 8)
    wanted = module(inputs)
    given, notes = context(tiny_nets.cnn, tiny_nets.samples)
    found: Any = Separable(exclude="0").torch(module, given)
    assert [layer.groups for layer in found[3]] == [6, 1]
    assert notes == ["Separable replaced 3"]
    torch.testing.assert_close(found(inputs), wanted, rtol=1e-3, atol=1e-4)


def test_a_bottleneck_of_full_rank_loses_nothing() -> None:
    """A weight (8, 6, 3, 3) of rank 4 in its outputs and 3 in its inputs goes through 3 and 4 channels."""
    import torch

    module = tiny_nets.cnn().eval()
    with torch.no_grad():
        core = torch.randn(4, 3, 3, 3)
        module[3].weight.copy_(torch.einsum("rshw,or,is->oihw", core, torch.randn(8, 4), torch.randn(6, 3)))
    inputs = torch.randn(2, 1, 8, 8)
    wanted = module(inputs)
    given, notes = context(tiny_nets.cnn, tiny_nets.samples)
    found: Any = Tucker(ratio=0.5, exclude="0").torch(module, given)
    assert [tuple(layer.weight.shape) for layer in found[3]] == [(3, 6, 1, 1), (4, 3, 3, 3), (8, 4, 1, 1)]
    assert notes == ["Tucker replaced 3"]
    torch.testing.assert_close(found(inputs), wanted, rtol=1e-3, atol=1e-4)


def test_a_bottleneck_reaches_the_file(shared_builder: Builder, cnn: Model) -> None:
    before = shared_builder.build(cnn, "onnx").record.counts
    after = shared_builder.build(tucker(cnn, 0.5), "onnx").record.counts
    assert (after.parameters, after.macs) < (before.parameters, before.macs)
    assert after.ops["Conv"] == before.ops["Conv"] + 4  # 0 and 3, each into three


def test_a_layer_used_twice_is_one_and_tied_weights_stay() -> None:
    import torch
    from torch import nn

    layer = nn.Linear(16, 16)
    twice: Any = LowRank(ratio=0.25).torch(nn.Sequential(layer, nn.ReLU(), layer), context()[0])
    assert twice[0] is twice[2]
    tied = nn.Sequential(nn.Linear(16, 16), nn.Linear(16, 16))
    tied[1].weight = tied[0].weight
    with pytest.raises(NoEffectError, match="no layer became smaller by it"):
        LowRank(ratio=0.25).torch(tied, context()[0])
    single: Any = LowRank(ratio=0.25).torch(nn.Linear(16, 16), context()[0])
    assert tuple(single(torch.zeros(1, 16)).shape) == (1, 16)


def tune(module: Any, data: Any) -> None:
    module[7].bias.data += float(len(data[0]))


def break_it(module: Any) -> None:
    module[3][0].weight.data.fill_(float("inf"))


def test_substitutes_reach_the_file(shared_builder: Builder, cnn: Model) -> None:
    before = shared_builder.build(cnn, "onnx").record.counts
    built = shared_builder.build(low_rank(separable(cnn, tune), 0.25, exclude="3*"), "onnx")
    after = built.record.counts
    assert after.parameters < before.parameters
    assert after.macs < before.macs
    assert after.ops["Conv"] == before.ops["Conv"] + 2  # 0 into two, 3 into two
    assert "fine-tuned with the evaluation data at hand" in built.record.notes


def test_training_that_diverges(shared_builder: Builder, cnn: Model) -> None:
    with pytest.raises(BuildError, match=r"finetune left NaN or infinite values in '3.0.weight'") as caught:
        shared_builder.build(separable(cnn, break_it), "onnx")
    assert caught.value.where == "conftest.py:3"


@pytest.mark.parametrize("ratio", [0, 1, -1, float("nan"), True, "0.5"])
def test_ranks(ratio: Any) -> None:
    with pytest.raises(DeclarationError, match="share of the full rank between 0 and 1, not"):
        LowRank(ratio=ratio)
    with pytest.raises(DeclarationError, match="share of the full rank between 0 and 1, not"):
        Tucker(ratio=ratio)


def test_patterns_and_functions() -> None:
    with pytest.raises(DeclarationError, match="exclude= is a pattern or several"):
        Separable(exclude=[1])  # type: ignore[arg-type]
    with pytest.raises(DeclarationError, match="finetune= takes a function"):
        Separable("tune")  # type: ignore[arg-type]


def encoder() -> Any:
    """A whole ``nn.TransformerEncoder``, whose inference reads past its layers."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    return nn.TransformerEncoder(nn.TransformerEncoderLayer(32, 4, 64, dropout=0.0, batch_first=True), 2)


@pytest.mark.parametrize("exclude", [(), "*self_attn*", "*linear?"])
def test_attention_is_one_layer(exclude: Any) -> None:
    """Its projections of three in one parameter, and the output's, are split; or all stay."""
    import torch

    x = torch.randn(2, 5, 32, generator=torch.Generator().manual_seed(1))
    padding = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])
    given, notes = context()
    found: Any = LowRank(ratio=0.45, exclude=exclude).torch(encoder().eval(), given)
    with torch.no_grad():
        wanted = encoder().train()(x, src_key_padding_mask=padding)
        for module in (found.eval(), found.train()):
            error = module(x, src_key_padding_mask=padding) - wanted
            assert error[~padding].square().mean() < 0.25 * wanted.square().mean()
    (note,) = notes
    assert ("self_attn" in note) == (exclude != "*self_attn*")
    assert "out_proj" not in note
    if exclude != "*self_attn*":
        assert found.layers[0].self_attn.query[0].weight.shape == (14, 32)


def test_low_rank_attention_is_the_nearest() -> None:
    """Where its projections are of low rank, it answers as the attention did."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    layer = nn.MultiheadAttention(32, 4, batch_first=True)
    with torch.no_grad():
        for weight in (*layer.in_proj_weight.chunk(3), layer.out_proj.weight):
            weight.copy_(weight[:, :8] @ weight[:8])
        layer.in_proj_bias.normal_()
    x = torch.randn(2, 5, 32)
    wanted, shares = layer(x, x, x)
    found = LowRank(ratio=0.25).torch(layer, context()[0])
    given, told = found(x, x, x)
    torch.testing.assert_close(given, wanted, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(told, shares, rtol=1e-4, atol=1e-5)


def test_convolution_steps_leave_attention() -> None:
    with pytest.raises(NoEffectError, match="no layer became smaller"):
        Tucker(ratio=0.5).torch(encoder(), context()[0])


def test_ratios_of_layers() -> None:
    """Each layer by the first pattern that matches it; 1 leaves one whole."""
    cnn = context(tiny_nets.cnn, tiny_nets.samples)[0]
    found: Any = LowRank(ratio=0.5, layer_ratios={"0": 1.0, "3": 0.25, "*": 0.75}).torch(tiny_nets.cnn(), cnn)
    assert tuple(found[0].weight.shape) == (6, 1, 3, 3)
    assert [layer.weight.shape[0] for layer in found[3]] == [2, 8]
    assert [layer.weight.shape[0] for layer in found[7]] == [3, 4]
    through: Any = Tucker(ratio=0.75, layer_ratios={"3": 0.5}).torch(tiny_nets.cnn(), cnn)
    assert [tuple(layer.weight.shape[:2]) for layer in through[3]] == [(3, 6), (4, 3), (8, 4)]
    whole: Any = LowRank(ratio=0.25, layer_ratios={"*.self_attn": 1}).torch(encoder(), context()[0])
    assert whole.layers[1].self_attn.in_proj_weight.shape == (96, 32)
    with pytest.raises(BuildError, match=r"'1' of layer_ratios= matches no layer") as raised:
        Tucker(ratio=0.5, layer_ratios={"1": 0.5}).torch(tiny_nets.cnn(), cnn)
    assert raised.value.fix == "layers are 0, 3"
    with pytest.raises(NoEffectError, match="no layer became smaller"):
        Tucker(ratio=0.5, layer_ratios={"*": 1.0}).torch(tiny_nets.cnn(), cnn)


@pytest.mark.parametrize("given", [{"a": 0}, {"a": 1.5}, {"a": True}, {"": 0.5}, 0.5])
def test_what_are_no_ranks_of_layers(given: Any) -> None:
    for step in (LowRank, Tucker):
        with pytest.raises(DeclarationError, match="shares of the full rank above 0 and up to 1, not"):
            step(ratio=0.5, layer_ratios=given)
