"""Write a torch module as a model file, and check that it still answers the same."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

from pytest_edgebench.base.errors import BuildError, MeasureError
from pytest_edgebench.compressors.build import errors
from pytest_edgebench.compressors.build.blame import user_line
from pytest_edgebench.compressors.build.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from torch import Tensor
    from torch.nn import Module

    from pytest_edgebench.declare.model import Format

    Array = np.ndarray[Any, np.dtype[Any]]
    Call = Callable[[Path, Mapping[str, Array]], Sequence[Array]]

# What a file's bytes depend on beside the module.
EXPORTERS: Mapping[Format, tuple[str, ...]] = {
    "onnx": ("torch", "onnx", "onnxscript"),
    "tflite": ("torch", "litert-torch", "litert-converter"),
}
OPSET = 20
TOLERANCE = 1e-3  # of the largest output; exporters of float models stay below 1e-5


def export(
    module: Module,
    example: Mapping[str, Array],
    fmt: Format,
    path: Path,
    call: Call,
    axes: Mapping[str, int | None] | None = None,
) -> tuple[str, ...]:
    """Write `module` to `path`.

    Args:
        example: input name → one sample (1, ...), in the order of ``forward()`` or named as its parameters.
        call: runs a file once on inputs in the order of ``forward()``.
        axes: input name → the axis of the samples where it is not the first, None for a constant.

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
                _onnx(module, samples, len(expected), path, call, axes or {})
                if fmt == "onnx"
                else _tflite(module, samples, path)
            )
    except (ImportError, OSError, BuildError):
        raise
    except Exception as cause:
        raise errors.export_failed(fmt, _root(cause), user_line(cause)) from cause
    try:
        found = call(path, {name: value.numpy() for name, value in samples.items()})
    except MeasureError as error:
        raise errors.export_does_not_run(fmt, error.said or error.what) from error
    verify(fmt, found, [t.numpy() for t in expected])
    return notes


def ordered(module: Module, example: Mapping[str, Array]) -> dict[str, Array]:
    """The inputs in the order of ``forward()``, where all are named as its parameters; else as given."""
    parameters = list(inspect.signature(module.forward).parameters)
    if set(example) <= set(parameters):
        return {name: example[name] for name in parameters if name in example}
    return dict(example)


def _onnx(
    module: Module,
    samples: Mapping[str, Tensor],
    outputs: int,
    path: Path,
    call: Call,
    axes: Mapping[str, int | None],
) -> tuple[str, ...]:
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
    along = {name: axes.get(name, 0) for name in samples}
    two = [
        value if (axis := along[name]) is None else torch.cat([value, value], axis)
        for name, value in samples.items()
    ]
    try:
        write(two, tuple({} if axis is None else {axis: batch} for axis in along.values()))
        if _any_batch(path, along):
            call(path, {name: sample.numpy() for name, sample in samples.items()})
            return ()
    except OSError:
        raise
    except Exception:  # noqa: BLE001 - whether it is made for one sample only, the next line tells
        write(list(samples.values()), None)
    else:
        write(list(samples.values()), None)
    return ("exported for a batch of 1, since forward() does not allow others",)


def _any_batch(path: Path, along: Mapping[str, int | None]) -> bool:
    """Whether the file takes one sample too, rather than two alone as it was traced.

    ``len(x)`` and ``int(x.shape[0])`` in a forward() make a number of the batch, and no error of it.
    """
    import onnx

    for value in onnx.load(path, load_external_data=False).graph.input:
        dims, axis = value.type.tensor_type.shape.dim, along.get(value.name, 0)
        if axis is not None and dims and dims[axis].dim_value:
            return False
    return True


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
