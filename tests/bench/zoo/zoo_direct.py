"""The libraries used directly, as their own guides do, to compare with what the package makes of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pytest_edgebench as eb

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

SAMPLES = 32
PRODUCTS = ["Conv", "ConvTranspose", "MatMul", "Gemm"]


@dataclass(frozen=True)
class Direct(eb.Step):
    """Static int8 by one library with its own defaults, but scales for each channel.

    Attributes:
        library: its distribution.
        narrow: only products are quantized, or NNCF's transformer mode is on.
    """

    stages: ClassVar[Mapping[str, Any]] = {"onnx": "file", "tflite": "file"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("onnxruntime", "nncf"), "tflite": ()}
    samples: ClassVar[int] = SAMPLES

    library: str
    narrow: bool = False

    def file(self, source: Path, target: Path, context: Any) -> None:
        given = context.calibration(SAMPLES)
        inputs = next(iter(given.values()))
        {"onnxruntime": self._onnxruntime, "nncf": self._nncf, "ai-edge-quantizer": self._ai_edge_quantizer}[
            self.library
        ](source, target, inputs)

    def effect(self, before: Any, after: Any) -> str | None:
        return None

    def _onnxruntime(self, source: Path, target: Path, inputs: Any) -> None:
        from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static
        from onnxruntime.quantization.shape_inference import quant_pre_process

        ready = target.with_suffix(".ready.onnx")
        quant_pre_process(source, ready)
        calls = _calls(source, inputs)

        class Reader(CalibrationDataReader):  # type: ignore[misc]
            def get_next(self) -> Any:
                return next(calls, None)

        quantize_static(
            ready, target, Reader(), per_channel=True, activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8, op_types_to_quantize=PRODUCTS if self.narrow else None,
        )  # fmt: skip
        ready.unlink()

    def _nncf(self, source: Path, target: Path, inputs: Any) -> None:
        os.environ["NNCF_CI"] = "1"  # it tells nobody what it is used for
        import nncf
        import onnx
        from onnxruntime.quantization.shape_inference import quant_pre_process

        ready = target.with_suffix(".ready.onnx")
        quant_pre_process(source, ready)  # without it NNCF fails on weights that are computed
        kind = nncf.ModelType.TRANSFORMER if self.narrow else None
        calls = nncf.Dataset(list(_calls(source, inputs)))
        onnx.save(nncf.quantize(onnx.load(ready), calls, subset_size=SAMPLES, model_type=kind), target)
        ready.unlink()

    def _ai_edge_quantizer(self, source: Path, target: Path, inputs: Any) -> None:
        from ai_edge_litert.interpreter import Interpreter
        from ai_edge_quantizer import quantizer, recipe

        work = quantizer.Quantizer(str(source), recipe.static_wi8_ai8())
        interpreter = Interpreter(str(source))
        key, names = next(iter(interpreter.get_signature_list().items()))
        inputs = inputs.astype(interpreter.get_input_details()[0]["dtype"])
        ranges = work.calibrate({key: [{names["inputs"][0]: inputs[i : i + 1]} for i in range(len(inputs))]})
        target.write_bytes(work.quantize(ranges).quantized_model)


def _calls(source: Path, inputs: Any) -> Iterator[dict[str, Any]]:
    import onnx

    name = onnx.load(source, load_external_data=False).graph.input[0].name
    return ({name: inputs[i : i + 1]} for i in range(len(inputs)))


DIRECT: Mapping[str, tuple[tuple[str, ...], Direct]] = {
    "direct onnxruntime": (("onnx",), Direct("onnxruntime")),
    "direct onnxruntime products": (("onnx",), Direct("onnxruntime", narrow=True)),
    "direct nncf": (("onnx",), Direct("nncf")),
    "direct nncf transformer": (("onnx",), Direct("nncf", narrow=True)),
    "direct ai-edge-quantizer": (("tflite",), Direct("ai-edge-quantizer")),
}
