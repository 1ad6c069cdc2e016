"""Identity of numpy arrays, torch tensors and torch modules, without importing either library."""

from __future__ import annotations

import functools
import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.identity import errors
from pytest_edgebench.identity.walk import Refusal, Walk, pack, text, unfinished

if TYPE_CHECKING:
    import numpy as np
    import torch

# State dict hooks do not touch what is computed.
_HOOKS = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """Stands for an array in a digest."""

    identity: bytes


class ArrayHasher:
    """The identity of an array that is never whole in memory.

    Args:
        shape: of the whole; pieces come in its order, along the first axis.
    """

    def __init__(self, dtype: np.dtype[Any], shape: tuple[int, ...]) -> None:
        size = math.prod(shape) * dtype.itemsize
        self._hasher = unfinished("array", text(str(dtype)), text(str(shape)), size=size)

    def update(self, piece: np.ndarray[Any, Any]) -> None:
        self._hasher.update(_flat(piece))

    def done(self) -> Fingerprint:
        return Fingerprint(self._hasher.digest())


def known(walk: Walk, value: object) -> bytes | None:
    """The identity of a numpy or torch object; None for anything else.

    A value of a library that is not imported cannot exist, so `sys.modules` is asked, not `import`.
    """
    if isinstance(value, Fingerprint):
        return value.identity
    np = sys.modules.get("numpy")
    if np is not None and isinstance(value, np.ndarray | np.generic):
        return _array(walk, value)
    if np is not None and isinstance(value, np.dtype | np.ufunc):
        return pack("numpy", text(str(value)))
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "nn"):
        return None
    if isinstance(value, torch.nn.Module):
        return _module(walk, value)
    if isinstance(value, torch.Tensor):
        return _tensor(value)
    if isinstance(value, torch.dtype | torch.device | torch.layout | torch.memory_format):
        return pack("torch", text(str(value)))
    return None


def _array(walk: Walk, value: np.ndarray[Any, Any] | np.generic) -> bytes:
    import numpy as np

    if isinstance(value, np.ndarray) and type(value) not in (np.ndarray, np.memmap):
        raise Refusal(functools.partial(errors.no_identity, f"a {type(value).__qualname__}"))
    array = np.asarray(value)
    kind, shape = text(str(array.dtype)), text(str(array.shape))
    if array.dtype.names:
        kind = text(str(array.dtype.descr))
    if array.dtype.hasobject:
        return pack("array", kind, shape, walk.of(array.tolist()))
    return pack("array", kind, shape, _flat(array))


def _flat(array: np.ndarray[Any, Any]) -> memoryview:
    import numpy as np

    # As bytes: a memoryview of, e.g., datetime64 cannot be had.
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _tensor(value: torch.Tensor) -> bytes:
    import torch

    plain = type(value) in (torch.Tensor, torch.nn.Parameter, torch.nn.Buffer)
    if not plain or value.layout != torch.strided or value.is_quantized or value.is_meta:
        raise Refusal(functools.partial(errors.no_identity, f"a {_kind(value)}"))
    data = value.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1)
    return pack(
        "tensor", text(str(value.dtype)), text(str(tuple(value.shape))), data.view(torch.uint8).numpy().data
    )


def _kind(value: torch.Tensor) -> str:
    if value.is_meta:
        return "tensor without data (on the meta device)"
    return f"{str(value.layout).removeprefix('torch.')} or quantized {type(value).__qualname__}"


def _module(walk: Walk, module: torch.nn.Module) -> bytes:
    """Classes, plain attributes and tensors of all submodules; which of them share one tensor."""
    import torch

    if isinstance(module, torch.fx.GraphModule):  # its class is made anew for every instance
        parts = [text(module.code), *_tensors(walk, module, "", {})]
        for name, sub in module.named_children():
            parts += [text(name), walk.part(sub, "submodule `{}`", name)]
        return pack("graph", *parts)
    parts = []
    shared: dict[int, str] = {}
    plain = set(vars(torch.nn.Module()))
    for name, sub in module.named_modules(remove_duplicate=False):
        shown = f"submodule `{name}`" if name else type(module).__qualname__
        if isinstance(sub, torch.fx.GraphModule):
            parts += [text(name), walk.part(sub, shown)]
            continue
        if any(vars(sub).get(hooks) for hooks in _HOOKS):
            raise Refusal(
                functools.partial(errors.has_hooks, f"the torch module {type(sub).__qualname__} ({shown})")
            )
        parts += [text(name), walk.part(type(sub), "class of {}", shown)]
        for key, value in sorted(vars(sub).items()):
            if key not in plain:
                parts += [text(key), walk.part(value, "attribute `{}` of {}", key, shown)]
        parts += _tensors(walk, sub, f"{name}." if name else "", shared)
    return pack("torch module", *parts)


def _tensors(walk: Walk, module: torch.nn.Module, prefix: str, shared: dict[int, str]) -> list[bytes]:
    """Own parameters and buffers (also those left out of the state dict) of one module."""
    parts: list[bytes] = []
    for kind, tensors in (("parameter", module._parameters), ("buffer", module._buffers)):
        for key, tensor in sorted(tensors.items()):
            parts += [text(kind), text(key)]
            if tensor is None:
                parts.append(b"none")
                continue
            first = shared.setdefault(id(tensor), f"{prefix}{key}")
            # Fine-tuning leaves frozen parameters alone and moves shared ones together.
            parts += [
                text(first),
                bytes([tensor.requires_grad]),
                walk.part(tensor, "{} `{}{}`", kind, prefix, key),
            ]
    return parts
