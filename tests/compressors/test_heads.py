from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from file_answers import answers

from pytest_edgebench.base.errors import BuildError, DeclarationError, NoEffectError
from pytest_edgebench.compressors.chain import prune_heads
from pytest_edgebench.compressors.prune_heads import PruneHeads
from pytest_edgebench.declare.model import Model, StepContext
from pytest_edgebench.samples.scores import top1

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder
    from pytest_edgebench.declare.model import Format


def data() -> tuple[Any, Any]:
    rng = np.random.default_rng(5)
    return rng.normal(size=(64, 6, 16)).astype(np.float32), rng.integers(0, 3, 64)


def encoder() -> Any:
    """Two layers of four heads, of which 1 and 3 of the first, and 0 and 2 of the second, do nothing."""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(
                nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True) for _ in range(2)
            )
            self.out = nn.Linear(96, 3)

        def forward(self, x: Any) -> Any:
            for layer in self.layers:
                x = layer(x)
            return self.out(x.flatten(1))

    torch.manual_seed(3)
    net: Any = Net()
    with torch.no_grad():
        for layer, idle in zip(net.layers, ((1, 3), (0, 2)), strict=True):
            for head in idle:
                rows = slice(4 * head, 4 * head + 4)
                layer.self_attn.out_proj.weight[:, rows] = 0
                for part in range(3):
                    layer.self_attn.in_proj_weight[part * 16 + 4 * head : part * 16 + 4 * head + 4] *= 0.1
    return net.eval()


def pruned(module: Any, step: PruneHeads) -> tuple[Any, list[str]]:
    notes: list[str] = []
    model = Model(encoder, data, top1)
    return step.torch(module, StepContext("onnx", model, lambda n: {}, 0, notes.append)), notes


@pytest.mark.parametrize("importance", ["magnitude", "taylor"])
def test_idle_heads_go_and_nothing_is_lost(importance: Any) -> None:
    import torch

    inputs = torch.from_numpy(data()[0])
    module = encoder()
    with torch.no_grad():
        wanted = module(inputs)
        found, notes = pruned(module, PruneHeads(0.5, importance))
        torch.testing.assert_close(found(inputs), wanted, rtol=1e-4, atol=1e-5)
    assert "heads kept: layers.0.self_attn 2 of 4, layers.1.self_attn 2 of 4" in notes
    assert found.layers[0].self_attn.query.weight.shape == (8, 16)
    assert ("channels chosen by gradients on the evaluation data" in notes) == (importance == "taylor")


@pytest.mark.parametrize("batch_first", [True, False])
def test_masks_and_weights_are_those_of_the_old_attention(batch_first: bool) -> None:
    """Three heads of which one does nothing are called with all that may be given."""
    import torch
    from torch import nn

    torch.manual_seed(1)
    old: Any = nn.MultiheadAttention(12, 3, batch_first=batch_first).eval()
    with torch.no_grad():
        old.out_proj.weight[:, 4:8] = 0
        old.in_proj_weight[[r + p * 12 for p in range(3) for r in range(4, 8)]] *= 0.1
    x = torch.randn(5, 5, 12)
    late = torch.ones(5, 5, dtype=torch.bool).triu(1)
    absent = torch.zeros(5, 5, dtype=torch.bool)
    absent[:, 4] = True
    given: Any = {"attn_mask": late, "key_padding_mask": absent, "average_attn_weights": False}
    wanted, shares = old(x, x, x, **given)
    new, _ = pruned(old, PruneHeads(0.3))
    found, told = new(x, x, x, **given)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(told, shares[:, [0, 2]], rtol=1e-4, atol=1e-5)
    added, _ = new(x, x, x, attn_mask=torch.zeros(5, 5).masked_fill(late, -torch.inf), need_weights=False)
    assert added.shape == wanted.shape


@pytest.mark.parametrize("fmt", ["onnx", "tflite"])
def test_files_answer_the_same_with_fewer_parameters(shared_builder: Builder, fmt: Format) -> None:
    model = Model(encoder, data, top1, name="encoder", place="conftest.py:3")
    whole, thin = (shared_builder.build(source, fmt) for source in (model, prune_heads(model, 0.5)))
    assert whole.record.counts.parameters - thin.record.counts.parameters >= 2 * 4 * 8 * 16
    inputs = data()[0][:8]
    assert np.allclose(answers(whole.path, inputs), answers(thin.path, inputs), rtol=1e-3, atol=1e-4)


def test_a_model_without_heads(shared_builder: Builder, cnn: Model) -> None:
    with pytest.raises(NoEffectError, match=r"no nn\.MultiheadAttention of two heads or more"):
        shared_builder.build(prune_heads(cnn, 0.5), "onnx")


def test_ratios_of_layers() -> None:
    """Layers by the first pattern that matches; 0 leaves one whole."""
    found, notes = pruned(encoder(), PruneHeads(0.5, layer_ratios={"layers.0.*": 0.25}))
    assert "heads kept: layers.0.self_attn 3 of 4, layers.1.self_attn 2 of 4" in notes
    found, notes = pruned(encoder(), PruneHeads(0.75, layer_ratios={"layers.1.*": 0}))
    assert notes == ["heads kept: layers.0.self_attn 1 of 4"]
    assert found.layers[1].self_attn.in_proj_weight.shape == (48, 16)
    with pytest.raises(NoEffectError, match="layer_ratios= leaves all attention whole"):
        pruned(encoder(), PruneHeads(0.5, layer_ratios={"*": 0}))
    with pytest.raises(BuildError, match="'out' of layer_ratios= matches no layer"):
        pruned(encoder(), PruneHeads(0.5, layer_ratios={"out": 0.5}))
    with pytest.raises(DeclarationError, match="layer_ratios= maps patterns"):
        PruneHeads(0.5, layer_ratios={"*": 1})


@pytest.mark.parametrize("ratio", [0, 1, -1, float("nan")])
def test_ratios(ratio: float) -> None:
    with pytest.raises(DeclarationError, match="ratio"):
        PruneHeads(ratio)
    with pytest.raises(DeclarationError, match="importance"):
        PruneHeads(0.5, "loudest")  # type: ignore[arg-type]


def test_heads_of_a_whole_encoder() -> None:
    """``nn.TransformerEncoder`` reads weights of its layers' attention past the layers, with padding."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(16, 4, 32, dropout=0.0, batch_first=True)
    module, _ = pruned(nn.TransformerEncoder(layer, 2), PruneHeads(0.5))
    x = torch.randn(2, 5, 16)
    padding = torch.tensor([[False] * 5, [False] * 3 + [True] * 2])
    with torch.no_grad():
        wanted = module.train()(x, src_key_padding_mask=padding)
        found = module.eval()(x, src_key_padding_mask=padding)
    torch.testing.assert_close(found, wanted)
