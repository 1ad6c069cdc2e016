"""`Builder`: recipe in, cached artifact out."""

from __future__ import annotations

import contextlib
import shutil
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts import canonical
from pytest_edgebench.artifacts.inspect import inspect, inspect_module
from pytest_edgebench.artifacts.sizes import sizes
from pytest_edgebench.compressors import plan
from pytest_edgebench.compressors.export import EXPORTERS, export
from pytest_edgebench.compressors.keys import Observed, library_versions, step_base
from pytest_edgebench.compressors.modules import Modules, step_errors
from pytest_edgebench.compressors.samples import Samples
from pytest_edgebench.declare.identity import digest
from pytest_edgebench.declare.model import Format, Model, Prebuilt, Recipe
from pytest_edgebench.errors import EdgebenchError
from pytest_edgebench.errors import build as errors
from pytest_edgebench.record.run import ArtifactRecord, StepRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgebench.artifacts.artifact import Artifact
    from pytest_edgebench.artifacts.cache import Cache

Source = Model | Recipe


class Builder:
    """Builds artifacts that are not in the cache.

    Locks never nest: a unit of work (making a module, exporting it, one step) finds its inputs made, then
    takes its own lock, then the machine-wide one.

    Args:
        cache: where artifacts are kept.
        log: told in one line each time something is really built.
        building: the machine-wide lock that keeps builds and timing apart.
        tree: the project's root.
    """

    def __init__(
        self,
        cache: Cache,
        log: Callable[[str], None] = lambda text: None,
        building: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext,
        tree: Path | None = None,
    ) -> None:
        self._cache = cache
        self._log = log
        self._building = building
        observed = Observed(cache, tree)
        self._samples = Samples(observed)
        self._modules = Modules(cache, observed, self._samples, building, log)
        # The source is kept with what became of it, so that no id is used twice.
        self._done: dict[tuple[int, Format], tuple[Source, Artifact | EdgebenchError]] = {}

    def check(self, source: Source, fmt: Format) -> None:
        """Refuse what cannot be built, without building: `UnsupportedError` with place, reason and mend."""
        plan.check(source, fmt)

    def adopt(self, model: Model) -> None:
        """Take identity and a copy of a module given as such, as its fixture returned it.

        Raises:
            DeclarationError: it has no identity.
        """
        self._modules.adopt(model)

    def build(self, source: Source, fmt: Format) -> Artifact:
        """The artifact of a recipe, or of a model itself, in a format; failures too are remembered.

        Raises:
            UnsupportedError: it cannot be built in this format.
            BuildError, NoEffectError: the source, the export or a step failed or changed nothing.
            DataError: no example or calibration data. DeclarationError: something has no identity.
            SettingsError: the cache cannot be written.
        """
        done = self._done.get((id(source), fmt))
        if done is None:
            found: Artifact | EdgebenchError
            try:
                plan.check(source, fmt)
                found = self._built(source, fmt)
            except EdgebenchError as error:
                found = error
            done = self._done[id(source), fmt] = source, found
        if isinstance(done[1], EdgebenchError):
            raise done[1]
        return done[1]

    def prepare(self, source: Source, fmt: Format) -> str:
        """Make the module of a torch source, or of a recipe whose last step works on modules; its identity.

        Nothing is exported. Errors as `build`.
        """
        plan.check(source, fmt)
        self._modules.make(source, fmt)
        return self._modules.key(source, fmt)

    def _built(self, source: Source, fmt: Format) -> Artifact:
        if isinstance(source, Recipe) and isinstance(source.step, Prebuilt):
            return self._copied(source.step.path)
        path = source.path() if isinstance(source, Model) else None
        if path is not None:
            assert isinstance(source, Model)
            return self._copied(path)
        if isinstance(source, Model) or plan.is_torch(source, fmt):
            return self._exported(source, fmt)
        return self._stepped(source, fmt)

    def _copied(self, path: Path) -> Artifact:
        """A file made elsewhere, as it is: its size is what reaches the device."""
        key = digest(("copy", canonical.digest(path)))

        def make(folder: Path) -> tuple[Path, ArtifactRecord]:
            for name in (path.name, *_side_files(path)):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path.parent / name, folder / name)
            return folder / path.name, _record(key, folder / path.name, (), {}, ())

        return self._unit(key, f"copying {path.name}", make)

    def _exported(self, source: Source, fmt: Format) -> Artifact:
        model = source if isinstance(source, Model) else source.model
        base = self._modules.base(source, fmt)
        if self._modules.known(source, fmt):
            found = self._cache.get(self._export_key(source, fmt))
            if found:
                return found
        # Held while the model is made, so that who waits for the same file does not train it, too.
        with self._cache.lock(f"export-{digest((base, fmt))}", f"exporting {model.name} to {fmt}"):
            return self._exported_alone(source, model, fmt)

    def _export_key(self, source: Source, fmt: Format) -> str:
        model = source if isinstance(source, Model) else source.model
        versions, module_key = library_versions(EXPORTERS[fmt]), self._modules.key(source, fmt)
        return digest(("export", module_key, fmt, versions, self._samples.signature(model)))

    def _exported_alone(self, source: Source, model: Model, fmt: Format) -> Artifact:
        versions = library_versions(EXPORTERS[fmt])
        found = self._cache.get(self._export_key(source, fmt))
        if found:
            return found
        missing = [name for name, version in versions.items() if not version]
        if missing:
            raise errors.not_installed(missing[0], f"exporting to {fmt}", plan.place_of(source))
        made = self._modules.make(source, fmt)
        final = self._export_key(source, fmt)  # making it may have told of other files that it reads

        def make(folder: Path) -> tuple[Path, ArtifactRecord]:
            path = folder / f"model.{fmt}"
            self._log(f"{model.name or 'model'}: exporting to {fmt}")
            try:
                notes = export(made.module, self._samples.example(model), fmt, path)
                canonical.canonicalise(path)
            except EdgebenchError as error:
                error.where = error.where or plan.place_of(source)
                raise
            except ImportError as cause:
                what = f"exporting to {fmt}"
                raise errors.not_installed(cause.name or str(cause), what, plan.place_of(source)) from cause
            step = StepRecord(
                f"export to {fmt}", "export", inspect_module(made.module), inspect(path), sizes(folder)
            )
            return path, _record(final, path, (*made.steps, step), versions, (*made.notes, *notes))

        return self._unit(final, f"exporting {model.name}", make)

    def _stepped(self, recipe: Recipe, fmt: Format) -> Artifact:
        parent = self.build(recipe.source, fmt)
        step, place = recipe.step, plan.place_of(recipe)
        key = step_base(recipe, parent.key, fmt, self._samples.key(recipe))
        versions = library_versions(step.libraries.get(fmt, ()))

        def make(folder: Path) -> tuple[Path, ArtifactRecord]:
            path = folder / f"model.{fmt}"
            notes = list(parent.record.notes)
            self._log(f"{recipe.model.name or 'model'}: {step} on {fmt}")
            with step_errors(recipe):
                step.file(parent.path, path, self._samples.context(recipe, fmt, notes.append))
                if not path.is_file():
                    raise errors.wrote_nothing(str(step), place)
                canonical.canonicalise(path)
                before, after = parent.record.counts, inspect(path)
                reason = step.effect(before, after)
            if reason:
                raise errors.no_effect(str(step), reason, place)
            steps = (*parent.record.steps, StepRecord(str(step), "file", before, after, sizes(folder)))
            return path, _record(key, path, steps, {**parent.record.versions, **versions}, tuple(notes))

        return self._unit(key, str(step), make)

    def _unit(self, key: str, what: str, make: Callable[[Path], tuple[Path, ArtifactRecord]]) -> Artifact:
        """One artifact: from the cache, or made under its lock in a folder that a kill leaves to be swept."""
        found = self._cache.get(key)
        if found:
            return found
        with self._cache.lock(key, what):
            found = self._cache.get(key)  # another process may have made it meanwhile
            if found:
                return found
            with self._building(), self._cache.stage() as folder:
                return self._cache.put(*make(folder))


def _record(
    key: str, path: Path, steps: tuple[StepRecord, ...], versions: dict[str, str], notes: tuple[str, ...]
) -> ArtifactRecord:
    return ArtifactRecord(
        key=key,
        digest=canonical.digest(path),
        format=path.suffix[1:],
        files={},
        counts=inspect(path),
        steps=steps,
        versions={name: version for name, version in versions.items() if version},
        notes=tuple(dict.fromkeys(notes)),
    )


def _side_files(path: Path) -> tuple[str, ...]:
    if path.suffix != ".onnx":
        return ()
    from pytest_edgebench.artifacts.inspect_onnx import side_files

    return side_files(path)
