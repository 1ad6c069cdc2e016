"""What an artifact is made from, as a SHA-256: the key it is kept under."""

from __future__ import annotations

import contextlib
import dataclasses
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts import canonical
from pytest_edgebench.declare.identity import digest
from pytest_edgebench.declare.opened import Opened, content_digest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.declare.model import Format, Model, Recipe, Step

OPENED = "opened"
PACKAGE = "pytest-edgebench"


class Observed:
    """Keys that hold the content of the files which a user's function read.

    Which files those are is known only once it has run: the list is kept in the cache under `base`, the
    identity of the function's code, and their content is looked at again in each session. Files of the
    project are listed by their path from its root, so that a checkout of another commit, which shares the
    cache, looks at its own.

    Args:
        tree: the project's root; None when there is none.
    """

    def __init__(self, cache: Cache, tree: Path | None = None) -> None:
        self._cache = cache
        self._tree = tree
        self._known: dict[str, str] = {}

    def key(self, base: str) -> str | None:
        """`base` with the content of the files read; None when the function never ran to its end."""
        if base not in self._known:
            paths = self._cache.memo_get(OPENED, base)
            if paths is None:
                return None
            found = [(self._tree or Path()) / path for path in paths]
            self._known[base] = digest((base, content_digest(found))) if paths else base
        return self._known[base]

    @contextlib.contextmanager
    def run(self, base: str) -> Iterator[None]:
        """Record what is read while the function runs in this block."""
        with Opened(exclude=[self._cache.root]) as opened:
            yield
        self._known.pop(base, None)
        self._cache.memo_put(OPENED, base, [self._listed(path) for path in opened.files])

    def _listed(self, path: Path) -> str:
        inside = self._tree is not None and path.is_relative_to(self._tree)
        return str(path.relative_to(self._tree)) if inside and self._tree else str(path)


def source_base(model: Model) -> str:
    """Identity of a model's source without the files its function reads.

    Raises:
        DeclarationError: the source has no identity. BuildError: a source file that is no whole model.
    """
    depends = content_digest([model.folder / path for path in model.depends]) if model.depends else ""
    path = model.path()
    if path is not None:
        return digest(("file", canonical.digest(path), depends))
    if model.key is not None:
        return digest(("key", model.key, model.seed, depends))
    return digest(("source", model.source, model.seed, depends))


def step_base(
    recipe: Recipe, source_key: str, fmt: Format, slice_key: str, ingredients: Sequence[str] = ()
) -> str:
    """Identity of a step applied to what has `source_key`.

    Args:
        slice_key: identity of its calibration data.
        ingredients: keys of the other models and recipes that it reads, which stand for these fields.

    Raises:
        DeclarationError: a field of the step has no identity.
    """
    step = recipe.step
    versions = library_versions(step.libraries.get(fmt, ()))
    fields: Any = step
    if ingredients:
        known = {f.name: getattr(step, f.name) for f in dataclasses.fields(step)}
        others = {n: v for n, v in known.items() if not any(v is i for i in step.ingredients)}
        fields = type(step).__qualname__, others, list(ingredients)
    return digest(("step", source_key, fmt, _code(step), fields, versions, slice_key, recipe.model.seed))


def library_versions(names: Sequence[str]) -> dict[str, str]:
    """Distribution → version, this package included; "" for what is not installed. Imports none of them."""
    return {name: _version(name) for name in (PACKAGE, *names)}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _code(step: Step) -> Any:
    """The class of a user's own step; ours are known by this package's version."""
    return "" if type(step).__module__.startswith("pytest_edgebench.") else type(step)
