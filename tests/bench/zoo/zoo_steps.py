"""What is tried on each network: every step of the package with usual parameters, and every engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from zoo_direct import DIRECT

import pytest_edgebench as eb

if TYPE_CHECKING:
    from torch import nn

Made = Callable[[eb.Model], eb.Model | eb.Recipe]
BOTH, ONNX, TFLITE = ("onnx", "tflite"), ("onnx",), ("tflite",)


def settle(module: nn.Module, data: Any) -> None:
    """A little training towards the answers that the module gives now, whatever their shape."""
    import torch

    inputs = torch.from_numpy(data[0][:16])
    with torch.no_grad():
        wanted = module.eval()(inputs)
    work = torch.optim.SGD(module.parameters(), 1e-4)
    for _ in range(3):
        work.zero_grad()
        loss = torch.nn.functional.mse_loss(module(inputs), wanted)
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        work.step()


def quantized(scheme: Any, **options: Any) -> Made:
    return lambda model: eb.quantize(model, scheme, **options)


def directly(step: eb.Step) -> Made:
    return lambda model: eb.chain(model, step)


STEPS: dict[str, tuple[tuple[str, ...], Made]] = {
    "original": (BOTH, lambda model: model),
    "dynamic-int8": (BOTH, quantized("dynamic-int8")),
    "static-int8": (BOTH, quantized("static-int8", calibration=32)),
    "static-int8 transformer": (BOTH, quantized("static-int8", calibration=32, preset="transformer")),
    "static-int8 all bits": (ONNX, quantized("static-int8", calibration=32, reduce_range=False)),
    "static-int8 transformer all bits": (
        ONNX,
        quantized("static-int8", calibration=32, preset="transformer", reduce_range=False),
    ),
    "static-int8 int16": (TFLITE, quantized("static-int8", calibration=32, activations="int16")),
    "fp16": (BOTH, quantized("fp16")),
    "weight-int8": (BOTH, quantized("weight-int8")),
    "weight-int4": (BOTH, quantized("weight-int4")),
    "dynamic-int4": (TFLITE, quantized("dynamic-int4")),
    "binarize": (BOTH, lambda model: eb.binarize(model)),
    "static-int8 nncf": (ONNX, quantized("static-int8", calibration=32, engine="nncf")),
    "static-int8 transformer nncf": (
        ONNX,
        quantized("static-int8", calibration=32, engine="nncf", preset="transformer"),
    ),
    "weight-int8 nncf": (ONNX, quantized("weight-int8", engine="nncf")),
    "weight-int4 nncf": (ONNX, quantized("weight-int4", engine="nncf")),
    "weight-int4 hqq": (ONNX, quantized("weight-int4", engine="onnxruntime", algorithm="hqq")),
    "weight-int4 k_quant": (ONNX, quantized("weight-int4", engine="onnxruntime", algorithm="k_quant")),
    "static-int8 octav": (
        TFLITE,
        quantized("static-int8", calibration=32, engine="ai-edge-quantizer", algorithm="octav"),
    ),
    "weight-int4 octav": (TFLITE, quantized("weight-int4", engine="ai-edge-quantizer", algorithm="octav")),
    "prune": (BOTH, lambda model: eb.prune(model, 0.3)),
    "prune_semi_structured": (BOTH, lambda model: eb.prune_semi_structured(model, 2, 4)),
    "prune_channels": (BOTH, lambda model: eb.prune_channels(model, 0.25)),
    "prune_heads": (BOTH, lambda model: eb.prune_heads(model, 0.5)),
    "low_rank": (BOTH, lambda model: eb.low_rank(model, 0.5)),
    "separable": (BOTH, lambda model: eb.separable(model)),
    "tucker": (BOTH, lambda model: eb.tucker(model, 0.5)),
    "qat": (BOTH, lambda model: eb.qat(model, settle, calibration=32)),
    "distill": (BOTH, lambda model: eb.distill(model, model, epochs=1, soft=1.0, hard=0.0)),
    **{name: (formats, directly(step)) for name, (formats, step) in DIRECT.items()},
}
"""Name → the formats that it is for, and what it makes of a model."""
