"""The networks of the zoo: what makes each, and inputs of a kind that it takes.

Weights are drawn with a seed, not trained; the statistics of batch norms are those of the inputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

import pytest_edgebench as eb

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import nn

    Array = np.ndarray[Any, np.dtype[Any]]

SAMPLES, SIDE, TOKENS, WORDS = 32, 96, 32, 256


@dataclass(frozen=True)
class Network:
    """Attributes:
    make: the module. inputs: n samples of its input from a seed.
    transformer: whether the preset of that name is meant for it.
    """

    make: Callable[[], nn.Module]
    inputs: Callable[[int, int], Array]
    transformer: bool = False

    def model(self, name: str) -> eb.Model:
        """With other samples to calibrate on than to judge by."""
        return eb.Model(
            self.module,
            lambda: (self.inputs(SAMPLES, 1), np.zeros(SAMPLES, np.int64)),
            eb.top1,
            calibration=lambda: self.inputs(SAMPLES, 2),
            key=f"zoo-1-{name}",
            name=name,
            place="zoo.py:1",
        )

    def module(self) -> nn.Module:
        import torch
        from torch import nn

        torch.manual_seed(0)
        net = self.make().train()
        for part in net.modules():
            if isinstance(part, nn.BatchNorm1d | nn.BatchNorm2d):
                part.momentum = None  # statistics are the mean over all batches
            if isinstance(part, nn.Dropout):
                part.p = 0.0
        with torch.no_grad():
            for seed in range(3, 6):
                net(torch.from_numpy(self.inputs(16, seed)))
        return net.eval()


def images(channels: int, side: int) -> Callable[[int, int], Array]:
    """Noise with most of its power in low frequencies, as photographs have it."""

    def made(count: int, seed: int) -> Array:
        rng = np.random.default_rng(seed)
        wave = np.fft.fftfreq(side)
        power = 1 / np.maximum(np.hypot(wave[:, None], wave[None]), 1 / side)
        spectrum = np.fft.fft2(rng.normal(size=(count, channels, side, side))) * power
        found = np.fft.ifft2(spectrum).real
        scaled: Array = (found / found.std((1, 2, 3), keepdims=True)).astype(np.float32)
        return scaled

    return made


def frames(*shape: int) -> Callable[[int, int], Array]:
    return lambda count, seed: np.random.default_rng(seed).normal(size=(count, *shape)).astype(np.float32)


def tokens(count: int, seed: int) -> Array:
    return np.random.default_rng(seed).integers(1, WORDS, (count, TOKENS))


def pooled(module: str, name: str) -> Callable[[], nn.Module]:
    """An image classifier of pytorchcv, whose last pooling then fits any side."""

    def make() -> nn.Module:
        import importlib

        from torch import nn

        net: Any = getattr(importlib.import_module(f"pytorchcv.models.{module}"), name)(num_classes=100)
        if hasattr(net.features, "final_pool"):
            net.features.final_pool = nn.AdaptiveAvgPool2d(1)
        if name.startswith("squeezenet"):
            net.output.final_pool = nn.AdaptiveAvgPool2d(1)
        made: nn.Module = net
        return made

    return make


def hugging(kind: str, answer: str, given: str, **config: Any) -> Callable[[], nn.Module]:
    """A model of transformers as a module from one tensor to one tensor."""

    def make() -> nn.Module:
        import transformers
        from torch import Tensor, nn

        family, _, part = kind.partition("/")
        settings = getattr(transformers, f"{family}Config")(attn_implementation="eager", **config)

        class Alone(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                whole = getattr(transformers, part)(settings)
                self.net = whole.get_encoder() if family == "Whisper" else whole

            def forward(self, x: Tensor) -> Tensor:
                more = {"use_cache": False} if family in ("GPT2", "Llama") else {}
                found: Tensor = getattr(self.net(**{given: x}, **more), answer)
                return found

        return Alone()

    return make


def _own(name: str) -> Callable[[], nn.Module]:
    def make() -> nn.Module:
        import zoo_own

        made: nn.Module = getattr(zoo_own, name)()
        return made

    return make


IMAGES = images(3, SIDE)
SMALL = {"hidden_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 128}
NETWORKS: dict[str, Network] = {
    "mobilenetv2": Network(pooled("mobilenetv2", "mobilenetv2_wd2"), IMAGES),
    "mobilenetv3": Network(pooled("mobilenetv3", "mobilenetv3_small_wd2"), IMAGES),
    "efficientnet-b0": Network(pooled("efficientnet", "efficientnet_b0"), IMAGES),
    "resnet18": Network(pooled("resnet", "resnet18_wd2"), IMAGES),
    "shufflenetv2": Network(pooled("shufflenetv2", "shufflenetv2_wd2"), IMAGES),
    "squeezenet": Network(pooled("squeezenet", "squeezenet_v1_1"), IMAGES),
    "regnet": Network(pooled("regnet", "regnetx002"), IMAGES),
    "ds-cnn": Network(_own("ds_cnn"), images(1, 49)),
    "unet": Network(_own("UNet"), images(3, 64)),
    "yolo": Network(_own("Yolo"), IMAGES),
    "vit": Network(
        hugging("ViT/ViTForImageClassification", "logits", "pixel_values", image_size=SIDE, patch_size=16,
                **SMALL),
        IMAGES, True,
    ),
    "mobilevit": Network(
        hugging("MobileViT/MobileViTForImageClassification", "logits", "pixel_values", image_size=SIDE,
                hidden_sizes=[48, 64, 80], neck_hidden_sizes=[8, 16, 24, 32, 48, 64, 128]),
        IMAGES, True,
    ),
    "bert": Network(
        hugging("Bert/BertModel", "last_hidden_state", "input_ids", vocab_size=WORDS, **SMALL), tokens, True
    ),
    "gpt": Network(
        hugging("GPT2/GPT2LMHeadModel", "logits", "input_ids", vocab_size=WORDS, n_positions=TOKENS,
                n_embd=64, n_layer=3, n_head=4),
        tokens, True,
    ),
    "llama": Network(
        hugging("Llama/LlamaForCausalLM", "logits", "input_ids", vocab_size=WORDS,
                num_key_value_heads=2, **SMALL),
        tokens, True,
    ),
    "whisper": Network(
        hugging("Whisper/WhisperModel", "last_hidden_state", "input_features", d_model=64, encoder_layers=2,
                encoder_attention_heads=4, encoder_ffn_dim=128, decoder_layers=1, decoder_attention_heads=4,
                decoder_ffn_dim=128, vocab_size=WORDS, num_mel_bins=16, max_source_positions=64,
                pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1),
        frames(16, 128), True,
    ),
    "lstm": Network(_own("Recurrent"), frames(20, 16)),
    "tcn": Network(_own("TCN"), frames(16, 128)),
}  # fmt: skip
