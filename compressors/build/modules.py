"""Torch modules: made by the user's function once a process, and changed by torch steps."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.artifacts.cache import conditions
from pytest_edgebench.artifacts.inspect.file import inspect_module
from pytest_edgebench.base import errors as base_errors
from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.base.relative import call_from
from pytest_edgebench.compressors.build import errors
from pytest_edgebench.compressors.build.blame import user_line
from pytest_edgebench.compressors.build.export import ordered
from pytest_edgebench.compressors.build.keys import Observed, source_base, step_base
from pytest_edgebench.compressors.build.made_on import made_on
from pytest_edgebench.compressors.build.plan import place_of
from pytest_edgebench.compressors.build.states import STATE, States, weights_of
from pytest_edgebench.declare.model import Format, Model, Recipe
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.record.run import StepRecord
from pytest_edgebench.samples.seeds import seeded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from torch.nn import Module

    from pytest_edgebench.artifacts.cache import Cache
    from pytest_edgebench.compressors.build.calibration import StepData
    from pytest_edgebench.compressors.build.rebuild import Rebuild
    from pytest_edgebench.samples.roles import Given


@dataclass(frozen=True, slots=True)
class Made:
    """A module with how it came about; it must not be changed."""

    module: Module
    steps: tuple[StepRecord, ...] = ()
    notes: tuple[str, ...] = ()


class Modules:
    """Makes modules when they are needed; what was trained is kept as a state dict."""

    def __init__(
        self,
        cache: Cache,
        observed: Observed,
        samples: StepData,
        building: Callable[[], AbstractContextManager[object]],
        log: Callable[[str], None],
        rebuild: Rebuild,
    ) -> None:
        self._cache = cache
        self._observed = observed
        self._samples = samples
        self._building = building
        self._log = log
        self._rebuild = rebuild
        self._states = States(cache)
        self._made: dict[str, Made] = {}
        self._digests: dict[str, str] = {}  # by key
        # Digests of weights and code are not free; the sources are kept so that no id is used twice.
        self._bases: dict[tuple[int, Format | None], tuple[Model | Recipe, str]] = {}

    def key(self, source: Model | Recipe, fmt: Format) -> str:
        """Identity of the module with its torch steps.

        It holds the content of the files that were read while it was made, so what was never made is made.
        """
        base = self.base(source, fmt)
        if not _reads(source):
            return base
        if self._observed.key(base) is None and not self._made_elsewhere(source, base):
            self.make(source, fmt)
        key = self._observed.key(base)
        assert key is not None
        return key

    def digest(self, source: Model | Recipe, fmt: Format) -> str:
        """Digest of the module with its torch steps: of what it was made from, and of its weights.

        Weights that were trained differ between kinds of CPU, so they cannot be told from the key; what was
        never made is made.
        """
        if isinstance(source, Model) and (source.path() is not None or _is_module(source.source)):
            return self.key(source, fmt)  # of the content itself
        key = self.key(source, fmt)
        if key not in self._digests:
            weights = self._states.weights(key)
            base = self.base(source, fmt)
            if weights is None and isinstance(source, Model) and base not in self._made:
                with self._cache.lock(f"source-{base}", f"making {source.name or 'model'}"):
                    weights = self._states.weights(key)  # who made it meanwhile has told
            if weights is None:
                self.make(source, fmt)
                key = self.key(source, fmt)  # making it may have told of other files that it reads
            if key not in self._digests:
                self._digests[key] = digest((key, weights or self._states.weights(key)))
        return self._digests[key]

    def adopt(self, model: Model) -> None:
        """Take identity and a copy of a module given as such, before anything can change it."""
        if _is_module(model.source):
            self.make(model, "onnx")

    def make(self, source: Model | Recipe, fmt: Format) -> Made:
        """The module with its torch steps applied, made at most once a process.

        Raises:
            BuildError: the user's function or a step failed. NoEffectError: a step changed nothing.
        """
        base = self.base(source, fmt)
        if base not in self._made:
            if isinstance(source, Recipe):
                self._made[base] = self._restored(source, fmt) or self._stepped(source, fmt)
            else:
                self._made[base] = self._called(source, base)
        return self._made[base]

    def known(self, source: Model | Recipe, fmt: Format) -> bool:
        """Whether its key can be told without making it."""
        return not _reads(source) or self._observed.key(self.base(source, fmt)) is not None

    def base(self, source: Model | Recipe, fmt: Format) -> str:
        """Identity of the module without the files that are read while it is made."""
        entry = id(source), fmt if isinstance(source, Recipe) else None
        if entry in self._bases:
            return self._bases[entry][1]
        if isinstance(source, Model):
            base = source_base(source)
        else:
            slice_key = self._samples.key(source)
            others = [self.digest(other, fmt) for other in source.step.ingredients]
            base = step_base(source, self.digest(source.source, fmt), fmt, slice_key, others)
        self._bases[entry] = source, base
        return base

    def _made_elsewhere(self, source: Model | Recipe, base: str) -> bool:
        """Wait for another process that is making a model; whether it told what was read meanwhile."""
        if not isinstance(source, Model):
            return False
        with self._cache.lock(f"source-{base}", f"making {source.name or 'model'}"):
            return self._observed.key(base) is not None

    def _called(self, model: Model, base: str) -> Made:
        if _is_module(model.source):
            return Made(copy.deepcopy(model.source).eval())  # type: ignore[union-attr]
        name, function = model.name or "model", model.source
        assert callable(function)
        sample = self._samples.sample(model)  # before anything is observed: data are no part of the module
        with self._cache.lock(f"source-{base}", f"making {name}"), self._building():
            self._log(f"{name}: making the model")
            try:
                with self._observed.run(base):
                    module = call_from(function, model.folder, lambda: seeded(model.seed, torch=True))
                    _tried(module, sample)
            except EdgebenchError:
                raise
            except Exception as cause:
                line = user_line(cause)
                raise errors.source_failed(name, cause, line, place_of(model)) from cause
            if not _is_module(module):
                raise errors.source_not_module(name, module, place_of(model))
            key = self.key(model, "onnx")
            # Training need not be repeatable: the first weights serve all formats, workers and sessions.
            self._same(f"making the model {name}", key, module, place_of(model))
            if not self._states.load(module, key):
                self._states.save(module, key)
            self._digests[key] = digest((key, self._states.note(module, key)))
        return Made(module.eval(), notes=self._observed.notes(base))

    def _stepped(self, recipe: Recipe, fmt: Format) -> Made:
        before = self.make(recipe.source, fmt)
        base = self.base(recipe, fmt)
        place = place_of(recipe)
        notes: list[str] = []
        # Made before the lock is taken, since locks do not nest.
        others = [(other, self.make(other, fmt).module) for other in recipe.step.ingredients]
        context = dataclasses.replace(
            self._samples.context(recipe, fmt, notes.append),
            made=lambda wanted: next(copy.deepcopy(m) for other, m in others if other is wanted),
        )
        with self._cache.lock(f"step-{base}", str(recipe.step)):
            found = self._restored(recipe, fmt)
            if found:
                return found
            with self._building():
                self._log(f"{recipe.model.name or 'model'}: {recipe.step}")
                module = copy.deepcopy(before.module)
                with step_errors(recipe), seeded(recipe.model.seed, torch=True), self._observed.run(base):
                    module = recipe.step.torch(module, context)
                if not _is_module(module):
                    raise errors.no_module(str(recipe.step), module, place)
                counts = inspect_module(before.module), inspect_module(module)
                reason = recipe.step.effect(*counts)
                if reason:
                    raise errors.no_effect(str(recipe.step), reason, place)
            notes += self._observed.notes(base)
            record = StepRecord(str(recipe.step), "torch", *counts)
            made = Made(module.eval(), (*before.steps, record), (*before.notes, *notes))
            key = self.key(recipe, fmt)
            self._same(str(recipe.step), key, module, place)
            # Else the state would not fit the source again, or not be all that was changed.
            if not recipe.step.rebuilt and _shapes(module) == _shapes(before.module):
                self._states.save(module, key)
                self._cache.memo_put(STATE, key, notes)
            self._digests[key] = digest((key, self._states.note(module, key)))
            self._rebuild.done(f"module-{key}")
        return made

    def _restored(self, recipe: Recipe, fmt: Format) -> Made | None:
        """The result of an earlier run, from the source's module and the state dict kept."""
        key = self._observed.key(self.base(recipe, fmt))
        if key and self._rebuild.due(f"module-{key}"):
            return None
        notes = self._cache.memo_get(STATE, key) if key else None
        if key is None or notes is None:
            return None
        before = self.make(recipe.source, fmt)
        module = copy.deepcopy(before.module)
        if not self._states.load(module, key):
            return None
        record = StepRecord(str(recipe.step), "torch", inspect_module(before.module), inspect_module(module))
        return Made(module.eval(), (*before.steps, record), (*before.notes, *notes))

    def _same(self, what: str, key: str, module: Module, place: str) -> None:
        """Look whether a module that is made again has the weights that it had.

        Raises:
            BuildError: it has others, and was made again to find that out.
        """
        known, weights = self._states.noted(key), weights_of(module)
        if known is None or known["weights"] == weights:
            return
        first = f"{known['weights'][:12]} on {conditions(known['made_on'])}"
        now = f"{weights[:12]} on {conditions(made_on())}"
        if self._rebuild.active:
            raise errors.rebuilt_differs(what, first, now, place)
        self._cache.tell(f"{what} again gave other weights ({now}) than the first ({first})")


def _tried(module: Any, sample: Given | None) -> None:
    """Call a copy of a module once, so that what its `forward` reads is seen.

    That it cannot be called is said by its export.
    """
    if sample is None or not _is_module(module):
        return
    import torch

    with torch.no_grad(), contextlib.suppress(Exception):
        called = copy.deepcopy(module).eval()
        called(*(torch.from_numpy(array.copy()) for array in ordered(called, sample.call()).values()))


@contextlib.contextmanager
def step_errors(recipe: Recipe) -> Iterator[None]:
    """Give what a step raises the recipe's place, and what libraries raise a sentence."""
    step, place = str(recipe.step), place_of(recipe)
    try:
        yield
    except EdgebenchError as error:
        error.where = error.where or place
        raise
    except ImportError as cause:
        raise errors.lacking(cause, step, place) from cause
    except Exception as cause:
        if isinstance(cause, OSError) and base_errors.is_full(cause):
            raise  # the cache says so
        raise errors.step_failed(step, cause, place, user_line(cause)) from cause


def _reads(source: Model | Recipe) -> bool:
    """Whether a function of the user's runs, which may read files; a `key` of their own settles it."""
    return isinstance(source, Recipe) or (source.key is None and not _is_module(source.source))


def _is_module(value: Any) -> bool:
    if "torch" not in sys.modules:
        return False
    import torch

    return isinstance(value, torch.nn.Module)


def _shapes(module: Module) -> dict[str, Any]:
    return {name: getattr(value, "shape", None) for name, value in module.state_dict().items()}
