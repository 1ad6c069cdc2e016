"""Readers in C++ or Rust that open a file by its name, unseen by Python: which argument names it.

Files below the project are seen by `watch` in any case; these are for those elsewhere. One line a reader:
module, what is called, and the parameter that names the file. A reader is wrapped where its module is loaded.
"""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

READERS = (
    ("safetensors", "safe_open", "filename"),
    ("safetensors.torch", "safe_open", "filename"),
    ("safetensors.numpy", "safe_open", "filename"),
    ("torch", "from_file", "filename"),
    ("torch.jit", "load", "f"),
    ("h5py", "File", "name"),
    ("h5py.h5f", "open", "name"),
    ("pyarrow.parquet", "read_table", "source"),
    ("pyarrow.parquet", "ParquetFile", "source"),
    ("pyarrow", "memory_map", "path"),
    ("pyarrow", "OSFile", "path"),
    ("pyarrow.feather", "read_table", "source"),
    ("pyarrow.csv", "read_csv", "input_file"),
    ("polars", "read_parquet", "source"),
    ("polars", "read_csv", "source"),
    ("onnxruntime", "InferenceSession", "path_or_bytes"),
    ("cv2", "imread", "filename"),
    ("tokenizers", "Tokenizer.from_file", "path"),
    ("sentencepiece", "SentencePieceProcessor", "model_file"),
    ("lmdb", "open", "path"),
)
# A module may bind a reader of another: these are where a wrapped class would break `isinstance`.
_AT_INIT = {("h5py", "File"), ("pyarrow.parquet", "ParquetFile"), ("onnxruntime", "InferenceSession")}


class Readers:
    """Wraps readers while files are recorded.

    Args:
        touched: is given what a call names.
    """

    def __init__(self, touched: Callable[[object], None]) -> None:
        self._touched = touched
        self._restore: dict[tuple[str, str], Callable[[], None]] = {}

    def wrap(self) -> None:
        """Wrap those whose modules are loaded and that are not wrapped yet."""
        for module, dotted, parameter in READERS:
            if (module, dotted) in self._restore or not _loaded(module):
                continue
            owner: Any = sys.modules[module]
            *path, name = dotted.split(".")
            for part in path:
                owner = getattr(owner, part, None)
            target = vars(owner).get(name) if owner is not None else None
            if target is None:  # of another version
                continue
            if (module, dotted) in _AT_INIT and isinstance(target, type):
                owner, name, target = target, "__init__", vars(target).get("__init__")
                if target is None:
                    continue
            self._replace((module, dotted), owner, name, target, parameter)

    def restore(self) -> None:
        for undo in reversed(self._restore.values()):
            undo()
        self._restore.clear()

    def _replace(self, key: tuple[str, str], owner: Any, name: str, target: Any, parameter: str) -> None:
        inner = target.__func__ if isinstance(target, classmethod | staticmethod) else target
        first = 1 if name == "__init__" or isinstance(target, classmethod) else 0
        touched = self._touched
        if isinstance(inner, type):  # a Rust or C++ class that others test for: a subclass stays one
            return self._subclass(key, owner, name, inner, parameter)

        @functools.wraps(inner, updated=())
        def reader(*args: Any, **kwargs: Any) -> Any:
            touched(kwargs.get(parameter, args[first] if len(args) > first else None))
            return inner(*args, **kwargs)

        wrapped = type(target)(reader) if isinstance(target, classmethod | staticmethod) else reader
        try:
            setattr(owner, name, wrapped)
        except (AttributeError, TypeError):  # a class of an extension
            return None
        self._restore[key] = lambda: setattr(owner, name, target)
        return None

    def _subclass(self, key: tuple[str, str], owner: Any, name: str, inner: Any, parameter: str) -> None:
        touched = self._touched

        class Meta(type):
            def __call__(cls, *args: Any, **kwargs: Any) -> Any:
                touched(kwargs.get(parameter, args[0] if args else None))
                return inner(*args, **kwargs)

            def __instancecheck__(cls, instance: object) -> bool:
                return isinstance(instance, inner)

            def __getattr__(cls, attribute: str) -> Any:
                return getattr(inner, attribute)

        setattr(
            owner, name, Meta(inner.__name__, (), {"__doc__": inner.__doc__, "__module__": inner.__module__})
        )
        self._restore[key] = lambda: setattr(owner, name, inner)


def _loaded(module: str) -> bool:
    """Whether a module and its package are imported to their end: a library may look at its own meanwhile."""
    for name in {module, module.partition(".")[0]}:
        found = sys.modules.get(name)
        if found is None or getattr(getattr(found, "__spec__", None), "_initializing", False):
            return False
    return True
