"""`Builder`: recipe in, cached artifact out."""

from __future__ import annotations

import contextlib
import functools
import shutil
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from pytest_edgebench.artifacts import canonical
from pytest_edgebench.artifacts.cache import conditions
from pytest_edgebench.artifacts.inspect.file import inspect, inspect_module
from pytest_edgebench.artifacts.sizes import sizes
from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.compressors.build import errors, loads, plan
from pytest_edgebench.compressors.build.calibration import StepData
from pytest_edgebench.compressors.build.export import EXPORTERS, export
from pytest_edgebench.compressors.build.keys import Observed, library_versions, step_base
from pytest_edgebench.compressors.build.made_on import made_on
from pytest_edgebench.compressors.build.modules import Modules, step_errors
from pytest_edgebench.compressors.build.rebuild import Rebuild
from pytest_edgebench.compressors.build.runs import Runs, private
from pytest_edgebench.declare.model import Format, Model, Prebuilt, Recipe
from pytest_edgebench.identity.digest import digest
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
        rebuild: what is built although it is in the cache; that it differs is an error.
        runs: workers that run what is built; None for its own.
    """

    def __init__(
        self,
        cache: Cache,
        log: Callable[[str], None] = lambda text: None,
        building: Callable[[], AbstractContextManager[object]] = contextlib.nullcontext,
        tree: Path | None = None,
        rebuild: Rebuild | None = None,
        runs: Runs | None = None,
    ) -> None:
        self._cache = cache
        self._log = log
        self._building = building
        self._rebuild = rebuild or Rebuild()
        observed = Observed(cache, tree)
        self._runs = runs or private(cache.folders)
        self._samples = StepData(observed, self._runs)
        self._modules = Modules(cache, observed, self._samples, building, log, self._rebuild)
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
            try:
                return folder / path.name, _record(key, folder / path.name, (), {}, ())
            except EdgebenchError as error:
                if error.where.startswith(str(folder)):  # of the copy, which says nothing to a user
                    error.where = str(path)
                raise

        return self._unit(key, f"copying {path.name}", str(path), make)

    def _exported(self, source: Source, fmt: Format) -> Artifact:
        model = source if isinstance(source, Model) else source.model
        base = self._modules.base(source, fmt)
        if self._modules.known(source, fmt):
            key = self._export_key(source, fmt)
            found = None if self._rebuild.due(key) else self._cache.get(key)
            if found:
                return found
        # Held while the model is made, so that who waits for the same file does not train it, too.
        with self._cache.lock(f"export-{digest((base, fmt))}", f"exporting {model.name} to {fmt}"):
            return self._exported_alone(source, model, fmt)

    def _export_key(self, source: Source, fmt: Format) -> str:
        model = source if isinstance(source, Model) else source.model
        # An original is known by what it is made from; what was compressed, by what it was made of.
        known = self._modules.key if isinstance(source, Model) else self._modules.digest
        versions = library_versions(EXPORTERS[fmt])
        return digest(("export", known(source, fmt), fmt, versions, self._samples.signature(model)))

    def _exported_alone(self, source: Source, model: Model, fmt: Format) -> Artifact:
        versions = library_versions(EXPORTERS[fmt])
        key = self._export_key(source, fmt)
        found = None if self._rebuild.due(key) else self._cache.get(key)
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
                example, call = self._samples.example(model), functools.partial(self._runs.call, fmt)
                notes = export(made.module, example, fmt, path, call, self._samples.axes(model))
                canonical.canonicalise(path)
            except EdgebenchError as error:
                error.where = error.where or plan.place_of(source)
                raise
            except ImportError as cause:
                what = f"exporting to {fmt}"
                raise errors.lacking(cause, what, plan.place_of(source)) from cause
            step = StepRecord(
                f"export to {fmt}", "export", inspect_module(made.module), inspect(path), sizes(folder)
            )
            return path, _record(final, path, (*made.steps, step), versions, (*made.notes, *notes))

        return self._unit(final, f"exporting {model.name}", plan.place_of(source), make)

    def _stepped(self, recipe: Recipe, fmt: Format) -> Artifact:
        parent = self.build(recipe.source, fmt)
        step, place = recipe.step, plan.place_of(recipe)
        given = recipe.model.format() is not None
        revision = step.revision(fmt, parent.path, parent.record.counts, from_file=given)
        key = step_base(recipe, parent.digest, fmt, self._samples.key(recipe), revision=revision)
        versions = library_versions(step.made_with(fmt))

        def make(folder: Path) -> tuple[Path, ArtifactRecord]:
            path = folder / f"model.{fmt}"
            notes = list(parent.record.notes)
            self._log(f"{recipe.model.name or 'model'}: {step} on {fmt}")
            with step_errors(recipe):
                context = self._samples.context(recipe, fmt, notes.append, parent.path)
                step.file(parent.path, path, context)
                if not path.is_file():
                    raise errors.wrote_nothing(str(step), place)
                canonical.canonicalise(path)
                before, after = parent.record.counts, inspect(path)
                reason = step.proof(parent.path, path, before, after, notes.append)
                if not reason:
                    sample, signature = self._samples.sample(recipe.model), recipe.model.signature
                    loads.check(str(step), fmt, path, parent.path, sample, self._runs, signature)
            if reason:
                raise errors.no_effect(str(step), reason, place)
            steps = (*parent.record.steps, StepRecord(str(step), "file", before, after, sizes(folder)))
            return path, _record(key, path, steps, {**parent.record.versions, **versions}, tuple(notes))

        return self._unit(key, str(step), place, make)

    def _unit(
        self, key: str, what: str, place: str, make: Callable[[Path], tuple[Path, ArtifactRecord]]
    ) -> Artifact:
        """One artifact: from the cache, or made under its lock in a folder that a kill leaves to be swept."""
        found = None if self._rebuild.due(key) else self._cache.get(key)
        if found:
            return found
        with self._cache.lock(key, what):
            found = self._cache.get(key)  # another process may have made it meanwhile
            if found and not self._rebuild.due(key):
                return found
            with self._building(), self._cache.stage() as folder:
                path, record = make(folder)
                if found and found.digest != record.digest:
                    raise errors.rebuilt_differs(what, _told(found.record), _told(record), place)
                made = self._cache.put(path, record)
            self._rebuild.done(key)
            return made


def _told(record: ArtifactRecord) -> str:
    return f"{record.digest[:12]} on {conditions(record.made_on)}"


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
        made_on=made_on(),
    )


def _side_files(path: Path) -> tuple[str, ...]:
    if path.suffix != ".onnx":
        return ()
    from pytest_edgebench.artifacts.inspect.onnx_file import side_files

    return side_files(path)
