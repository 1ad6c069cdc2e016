"""Write a torch module as a model file, and check that it still answers the same."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors.blame import user_line
from pytest_edgebench.compressors.quiet import quiet
from pytest_edgebench.errors import BuildError
from pytest_edgebench.errors import build as errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.declare.model import Format

    Array = np.ndarray[Any, np.dtype[Any]]

# What a file's bytes depend on beside the module.
EXPORTERS: Mapping[Format, tuple[str, ...]] = {
    "onnx": ("torch", "onnx", "onnxscript"),
    "tflite": ("torch", "litert-torch", "litert-converter"),
}
OPSET = 20
TOLERANCE = 1e-3  # of the largest output; exporters of float models stay below 1e-5


def export(module: Module, example: Mapping[str, Array], fmt: Format, path: Path) -> tuple[str, ...]:
    """Write `module` to `path`.

    Args:
        example: input name → one sample (1, ...), in the order of ``forward()`` or named as its parameters.

    Returns:
        Caveats for the manifest.

    Raises:
        BuildError: it cannot be exported, or the file answers otherwise than the module.
    """
    import torch

    module = module.cpu().eval()
    samples = {name: torch.from_numpy(array.copy()) for name, array in ordered(module, example).items()}
    try:
        with torch.no_grad():
            expected = _tensors(module(*samples.values()))
        with quiet():
            notes = (
                _onnx(module, samples, len(expected), path)
                if fmt == "onnx"
                else _tflite(module, samples, path)
            )
    except (ImportError, OSError, BuildError):
        raise
    except Exception as cause:
        raise errors.export_failed(fmt, _root(cause), user_line(cause)) from cause
    run = _run_onnx if fmt == "onnx" else _run_tflite
    verify(fmt, run(path, [t.numpy() for t in samples.values()]), [t.numpy() for t in expected])
    return notes


def ordered(module: Module, example: Mapping[str, Array]) -> dict[str, Array]:
    """The inputs in the order of ``forward()``, where all are named as its parameters; else as given."""
    parameters = list(inspect.signature(module.forward).parameters)
    if set(example) <= set(parameters):
        return {name: example[name] for name in parameters if name in example}
    return dict(example)


def _onnx(module: Module, samples: Mapping[str, Tensor], outputs: int, path: Path) -> tuple[str, ...]:
    import torch

    def write(values: Sequence[Tensor], shapes: Any) -> None:
        torch.onnx.export(
            module,
            tuple(values),
            path,
            dynamo=True,
            opset_version=OPSET,
            external_data=False,
            input_names=list(samples),
            output_names=[f"output_{n}" for n in range(outputs)],
            dynamic_shapes=shapes,
            verbose=False,
        )

    batch = torch.export.Dim("batch")
    # Traced with two samples: a dimension of one would be taken for a constant.
    two = [torch.cat([sample, sample]) for sample in samples.values()]
    try:
        write(two, tuple({0: batch} for _ in samples))
    except OSError:
        raise
    except Exception:  # noqa: BLE001 - whether it is made for one sample only, the next line tells
        write(list(samples.values()), None)
        return ("exported for a batch of 1, since forward() does not allow others",)
    return ()


def _tflite(module: Module, samples: Mapping[str, Tensor], path: Path) -> tuple[str, ...]:
    import litert_torch

    named = set(samples) <= set(inspect.signature(module.forward).parameters)
    if named:  # the file's signature then carries the names
        converted = litert_torch.convert(module, sample_kwargs=dict(samples))
    else:
        converted = litert_torch.convert(module, tuple(samples.values()))
    converted.export(str(path))
    return ()


def _tensors(value: Any) -> list[Tensor]:
    import torch

    values = [value] if isinstance(value, torch.Tensor) else value
    if not isinstance(values, tuple | list) or not all(isinstance(v, torch.Tensor) for v in values):
        raise errors.not_a_tensor(value)
    return list(values)


def _run_onnx(path: Path, inputs: Sequence[Array]) -> list[Array]:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]
    return list(session.run(None, dict(zip(names, inputs, strict=False))))


def _run_tflite(path: Path, inputs: Sequence[Array]) -> list[Array]:
    from ai_edge_litert.interpreter import Interpreter

    with quiet():
        interpreter = Interpreter(str(path), num_threads=1)
        interpreter.allocate_tensors()
        for detail, value in zip(interpreter.get_input_details(), inputs, strict=False):
            interpreter.set_tensor(detail["index"], value)
        interpreter.invoke()
        return [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]


def verify(fmt: Format, found: Sequence[Array], expected: Sequence[Array]) -> None:
    """Compare what a file answers with what the module does.

    Raises:
        BuildError: another number or shape of outputs, or an error over `TOLERANCE` of the largest one.
    """
    import numpy as np

    if len(found) != len(expected):
        raise errors.export_outputs(fmt, len(found), len(expected))
    for given, wanted in zip(found, expected, strict=True):
        if given.shape != wanted.shape:
            raise errors.export_shape(fmt, given.shape, wanted.shape)
        known = np.isfinite(wanted)  # what is NaN in torch is refused when it is measured
        if known.any():
            scale = max(float(np.abs(wanted[known]).max()), 1e-6)
            error = float(np.abs(given[known].astype(float) - wanted[known].astype(float)).max()) / scale
            if not error <= TOLERANCE:
                raise errors.export_differs(fmt, error, TOLERANCE)


def _root(cause: BaseException) -> BaseException:
    """The first exception of a chain: exporters wrap it in advice of their own."""
    while cause.__cause__ is not None:
        cause = cause.__cause__
    return cause
