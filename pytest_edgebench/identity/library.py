"""Tells the user's own code from libraries, and finds modules without importing them."""

from __future__ import annotations

import importlib.metadata
import os
import sys
import sysconfig
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from pytest_edgebench.identity.walk import pack, text

if TYPE_CHECKING:
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_OWN = "pytest_edgebench"
_SUITES = f"{_OWN}.suites"
# The last two say how a package is installed, an editable one beside its source; each process that looks for
# entry points reads them.
_SITE = ("/site-packages/", "/dist-packages/", ".egg-info/", ".dist-info/")


@dataclass(frozen=True, slots=True)
class Found:
    """A first-party module: its file, full name and whether it is a package."""

    file: str
    name: str
    package: bool


@lru_cache(maxsize=1)
def library_roots() -> tuple[str, ...]:
    """Folders of the standard library and of installed packages, each ending in a separator.

    Not all of ``sys.prefix``: that is ``/usr`` for a system Python, and the project's own folder where
    the virtual environment was made in place.
    """
    paths = sysconfig.get_paths()
    folders = {paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    return tuple(sorted({f"{f}/" for folder in folders for f in (folder, os.path.realpath(folder))}))


@lru_cache(maxsize=4096)
def in_library_folder(file: str) -> bool:
    """Whether a file lies in the standard library or among installed packages."""
    path = os.path.abspath(file)  # noqa: PTH100 - called for every file opened: no Path objects
    return path.startswith(library_roots()) or any(part in path for part in _SITE)


def is_library(file: str, module: str) -> bool:
    """Whether code is a library's, identified by its version, rather than the user's own.

    pytest_edgebench counts as a library however it is installed, except its suites, which are models
    and recipes like a user's.
    """
    if module == _OWN or module.startswith(f"{_OWN}."):
        return not (module == _SUITES or module.startswith(f"{_SUITES}."))
    if file.startswith("<"):
        return file.startswith("<frozen")
    return in_library_folder(file) and version(_root(module)) != ""


@lru_cache(maxsize=256)
def version(root: str) -> str:
    """Version of the distribution that a top-level module belongs to; "" when there is none."""
    if root in sys.stdlib_module_names or root == "builtins":
        return f"python {sys.version_info.major}.{sys.version_info.minor}"
    try:
        return importlib.metadata.version(root)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        names = _distributions().get(root, ())
        return " ".join(f"{name} {importlib.metadata.version(name)}" for name in sorted(set(names)))


@lru_cache(maxsize=1)
def _distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


def library(module: str, qualname: str = "") -> bytes:
    """Identity of a library's module, class or function: its name and the distribution's version."""
    name = _OWN if _root(module) == _OWN else module
    return pack("library", text(name), text(qualname), text(version(_root(module))))


def module_file(module: ModuleType) -> str:
    """The file of a loaded module; "" for built-in ones and packages without ``__init__``."""
    return getattr(module, "__file__", None) or ""


def is_library_module(module: ModuleType) -> bool:
    """As `is_library`, of a loaded module."""
    file = module_file(module)
    if not file:
        return _spec_is_library(getattr(module, "__spec__", None), module.__name__)
    return is_library(file, module.__name__)


def find(name: str) -> Found | bytes | None:
    """A module by name, without importing it or its parents.

    Returns:
        the first-party module; the identity of a library; or None when there is no such module, or
        it is a first-party folder without ``__init__``.
    """
    root = _root(name)
    if root in sys.stdlib_module_names or (root == _OWN and not name.startswith(_SUITES)):
        return library(root)
    loaded = sys.modules.get(name)
    if loaded is not None and module_file(loaded):
        if is_library_module(loaded):
            return library(root)
        return Found(module_file(loaded), name, hasattr(loaded, "__path__"))
    spec: ModuleSpec | None = None
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        full = ".".join(parts[:end])
        spec = _spec(full, list(spec.submodule_search_locations or ()) if spec else None)
        if spec is None:
            return None
        if full != _OWN and _spec_is_library(spec, full):  # of our own only the suites come here
            return library(root)
    if spec is None or not spec.has_location or spec.origin is None:
        return None
    return Found(spec.origin, name, spec.submodule_search_locations is not None)


def _spec(name: str, path: list[str] | None) -> ModuleSpec | None:
    for finder in sys.meta_path:
        find_spec = getattr(finder, "find_spec", None)
        spec: ModuleSpec | None = find_spec(name, path, None) if find_spec else None
        if spec is not None:
            return spec
    return None


def _spec_is_library(spec: ModuleSpec | None, name: str) -> bool:
    if spec is None:  # made by hand, e.g. types.ModuleType("x")
        return version(_root(name)) != ""
    if spec.origin in ("built-in", "frozen"):
        return True
    places = [spec.origin] if spec.origin else list(spec.submodule_search_locations or ())
    return bool(places) and all(is_library(place, name) for place in places)


def _root(module: str) -> str:
    return module.partition(".")[0]
