"""Files of other formats are refused with what to give in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.declare.model import file_format


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("m.ort", "from an .onnx file"),
        ("weights.pth", "makes the torch.nn.Module and loads them"),
        ("saved.keras", "tf.lite.TFLiteConverter"),
        ("hand.task", "zip archive"),
        ("m.ONNX", "rename it to end in .onnx"),
        ("m.xyz", "give a .onnx or .tflite file"),
    ],
)
def test_another_format_is_refused_with_what_to_give(name: str, instead: str) -> None:
    with pytest.raises(DeclarationError, match=f"unsupported model format: '{name}'") as caught:
        file_format(Path(name))
    assert instead in str(caught.value)
