"""What an artifact is made from, as a SHA-256: the key it is kept under."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts import canonical
from pytest_edgebench.base.deprecated import identity_class, identity_field
from pytest_edgebench.base.distributions import version
from pytest_edgebench.identity.digest import added, digest
from pytest_edgebench.identity.file_digests import FileDigests
from pytest_edgebench.identity.files import content_digest
from pytest_edgebench.identity.opened import Opened
from pytest_edgebench.identity.seen import Seen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.declare.model import Format, Model, Recipe, Step

OPENED = "opened"
BY_SAMPLE = "known by size, time and a sample of their content"
PACKAGE = "pytest-edgebench"


class Observed:
    """Keys that hold what a user's function asked of the machine: files, folders, variables, modules.

    What that is is known only once it has run: the names are kept in the cache under `base`, the identity of
    the function's code, and looked up again in each session. Files of the project are listed by their path
    from its root, so that a checkout of another commit, which shares the cache, looks at its own.

    Args:
        tree: the project's root; None when there is none.
    """

    def __init__(self, cache: Cache, tree: Path | None = None) -> None:
        self._cache = cache
        self._tree = tree
        self._known: dict[str, str] = {}
        self.files = FileDigests(cache)

    def key(self, base: str) -> str | None:
        """`base` with the state of all that was read; None when the function never ran to its end."""
        if base not in self._known:
            listed = self._listed(base)
            if listed is None:
                return None
            seen = listed.renamed(lambda path: str((self._tree or Path()) / path))
            state = seen.state(base, listed)
            files = content_digest(map(Path, seen.files), self.files.of) if seen.files or state else ""
            if state is not None:
                self._known[base] = digest((base, files, state))
            else:
                self._known[base] = digest((base, files)) if seen.files else base
        return self._known[base]

    def notes(self, base: str) -> tuple[str, ...]:
        """Which of the files that were read are known by a sample of their content, for a manifest."""
        listed = self._listed(base)
        told = (
            "" if listed is None else self.files.told((self._tree or Path()) / path for path in listed.files)
        )
        return (f"{BY_SAMPLE}: {told}",) if told else ()

    @contextlib.contextmanager
    def run(self, base: str) -> Iterator[None]:
        """Record what is read while the function runs in this block.

        Raises:
            DeclarationError: more happened than could be recorded.
        """
        with Opened(exclude=[self._cache.root], tree=self._tree) as opened:
            yield
        self._known.pop(base, None)
        found, before = opened.seen().renamed(self._name), self._listed(base)
        # What an earlier call asked in another state of the machine may be asked again in that state.
        self._cache.memo_put(OPENED, base, (found.merged(before) if before else found).to_json())

    def _listed(self, base: str) -> Seen | None:
        try:
            return Seen.of_json(self._cache.memo_get(OPENED, base))
        except ValueError:
            return None

    def _name(self, path: str) -> str:
        inside = self._tree is not None and Path(path).is_relative_to(self._tree)
        return str(Path(path).relative_to(self._tree)) if inside and self._tree else path


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
    recipe: Recipe,
    source_digest: str,
    fmt: Format,
    slice_key: str,
    ingredients: Sequence[str] = (),
    *,
    revision: int = 0,
) -> str:
    """Identity of a step applied to what has `source_digest`.

    Args:
        source_digest: of the content that the step works on, not of what that was made from: one key could
            have given other bytes on another CPU.
        slice_key: identity of its calibration data.
        ingredients: digests of the other models and recipes that it reads, which stand for these fields.
        revision: see `Step.revision`.

    Raises:
        DeclarationError: a field of the step has no identity.
    """
    step = recipe.step
    versions = library_versions(step.made_with(fmt))
    fields: Any = step
    if ingredients:
        kind = type(step)
        told = [(f, getattr(step, f.name)) for f in dataclasses.fields(step)]
        known = {identity_field(kind, f.name): value for f, value in told if not added(f, value)}
        others = {n: v for n, v in known.items() if not any(v is i for i in step.ingredients)}
        fields = identity_class(kind), others, list(ingredients)
    parts = ("step", source_digest, fmt, _code(step), fields, versions, slice_key, recipe.model.seed)
    return digest((*parts, revision) if revision else parts)


def library_versions(names: Sequence[str]) -> dict[str, str]:
    """Distribution → version, this package included; "" for what is not installed. Imports none of them."""
    return {name: version(name) for name in (PACKAGE, *names)}


def _code(step: Step) -> Any:
    """The class of a user's own step; ours are known by this package's version."""
    return "" if type(step).__module__.startswith("pytest_edgebench.") else type(step)
