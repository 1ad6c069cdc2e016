"""What to give in place of model files of formats that are not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_WEIGHTS = "it holds weights: give a function that makes the torch.nn.Module and loads them"
_KERAS = "convert it with tf.lite.TFLiteConverter and give the .tflite file"
INSTEAD: Mapping[str, str] = {
    ".ort": "ONNX Runtime made it from an .onnx file: give that one",
    **dict.fromkeys((".pt", ".pth", ".bin", ".ckpt", ".safetensors"), _WEIGHTS),
    **dict.fromkeys((".h5", ".hdf5", ".keras", ".pb"), _KERAS),
    ".task": "it is a zip archive: give one of the .tflite files inside",
    ".lite": "if it is a TensorFlow Lite model, rename it to .tflite",
    **dict.fromkeys((".engine", ".plan", ".trt"), "TensorRT made it from an .onnx file: give that one"),
}
"""By suffix in lower case."""
ELSE = "give a .onnx or .tflite file, or a function that makes a torch.nn.Module"


def fix(suffix: str) -> str:
    """What to do about a file that ends so."""
    lower = suffix.lower()
    if lower != suffix and lower in (".onnx", ".tflite"):
        return f"rename it to end in {lower}"
    return INSTEAD.get(lower, ELSE)
