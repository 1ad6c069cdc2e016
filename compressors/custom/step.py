"""`step`: a function of the user's own as a step that caches, chains and proves its effect like ours."""

from __future__ import annotations

import copy
import functools
import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, get_args, overload

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.compressors import training_errors
from pytest_edgebench.compressors.build import errors as build_errors
from pytest_edgebench.compressors.chain import chain
from pytest_edgebench.compressors.custom import errors
from pytest_edgebench.declare.model import Stage, Step, StepContext

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from torch.nn import Module

    from pytest_edgebench.declare.model import Model, Recipe
    from pytest_edgebench.record.run import Counts

On = Literal["torch", "onnx", "tflite"]
GIVEN: Mapping[On, tuple[str, ...]] = {
    "torch": ("module",),
    "onnx": ("source", "target"),
    "tflite": ("source", "target"),
}


@dataclass(frozen=True)
class CustomStep(Step):
    """A function of the user's own with its parameters; made by what `step` returns.

    Attributes:
        function: what does the work.
        identity: the function, which counts by its code and all that it refers to; or the user's own key.
        parameters: what it is given by name.
        depends: files it reads, which count by their content.
        changes: whether a result equal to what it was given is an error.
    """

    rebuilt: ClassVar[bool] = True
    on: ClassVar[On]

    function: Callable[..., Any] = field(compare=False)
    identity: Any
    parameters: Mapping[str, Any]
    depends: tuple[Path, ...]
    changes: bool

    @property
    def name(self) -> str:
        """Of the function."""
        return name_of(self.function)

    def options(self) -> dict[str, Any]:
        """What `step` was given beside the function, where it is not as by default."""
        key = {} if self.identity == self.function else {"key": self.identity}
        depends = {"depends": self.depends} if self.depends else {}
        return key | depends | ({} if self.changes else {"changes": False})

    def call(self, *given: Any) -> Any:
        """Call the function; with copies of the parameters, since these are part of the identity."""
        return self.function(*given, **copy.deepcopy(dict(self.parameters)))

    def effect(self, before: Counts, after: Counts) -> str | None:
        """Told by the content in `torch` and `file`: a changed weight changes no count."""
        return None

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{key}={value!r}' for key, value in self.parameters.items())})"


@dataclass(frozen=True)
class CustomTorch(CustomStep):
    """A function of a torch module, which it may change in place."""

    on: ClassVar[On] = "torch"
    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "torch", "tflite": "torch"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("torch",), "tflite": ("torch",)}

    def torch(self, module: Module, context: StepContext) -> Module:
        import torch

        before = _content(module)
        found = self.call(module)
        result = module if found is None else found
        if not isinstance(result, torch.nn.Module):
            raise errors.returned(self.name, found, "torch")
        for name, value in result.state_dict().items():
            if isinstance(value, torch.Tensor) and not torch.isfinite(value).all():
                raise training_errors.diverged(self.name, name)
        if self.changes and _content(result) == before:
            raise build_errors.no_effect(str(self), errors.NOTHING_CHANGED, "")
        return result


@dataclass(frozen=True)
class CustomFile(CustomStep):
    """A function of two paths: it reads the first and writes the second."""

    def file(self, source: Path, target: Path, context: StepContext) -> None:
        import shutil
        import tempfile

        from pytest_edgebench.artifacts import canonical
        from pytest_edgebench.samples.seeds import seeded

        # A copy, so that not even a function that writes to its input can damage the cache.
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            given = Path(folder, "given", source.name)
            shutil.copytree(source.parent, given.parent)
            before = canonical.digest(source)
            with seeded(context.seed):
                found = self.call(given, target)
            if not given.is_file() or canonical.digest(given) != before:
                raise errors.changed_input(self.name)
        if found is not None:
            raise errors.returned(self.name, found, "file")
        if target.is_file() and self.changes and canonical.digest(target) == before:
            raise build_errors.no_effect(str(self), errors.NOTHING_CHANGED, "")


@dataclass(frozen=True)
class CustomOnnx(CustomFile):
    """A function of two paths of ONNX files."""

    on: ClassVar[On] = "onnx"
    stages: ClassVar[Mapping[str, Stage]] = {"onnx": "file"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"onnx": ("onnx",)}


@dataclass(frozen=True)
class CustomTflite(CustomFile):
    """A function of two paths of TFLite files."""

    on: ClassVar[On] = "tflite"
    stages: ClassVar[Mapping[str, Stage]] = {"tflite": "file"}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {"tflite": ("ai-edge-litert",)}


_CLASSES: Mapping[On, type[CustomStep]] = {"torch": CustomTorch, "onnx": CustomOnnx, "tflite": CustomTflite}


class StepFunction:
    """A function as a step: called with a model or recipe it gives a recipe, `step` gives the step alone.

    Args:
        function, on, key, depends, changes: as of `step`.
    """

    __wrapped__: Callable[..., Any]

    def __init__(
        self, function: Callable[..., Any], on: On, key: str | None, depends: tuple[Path, ...], changes: bool
    ) -> None:
        functools.update_wrapper(self, function)
        self._function = function
        self._on = on
        self._key = key
        self._depends = depends
        self._changes = changes

    def __call__(self, source: Model | Recipe, /, **parameters: Any) -> Recipe:
        """Apply it to a model or a recipe's result.

        Raises:
            DeclarationError: as `step`; or a source that is neither.
        """
        return chain(source, self.step(**parameters))

    def step(self, **parameters: Any) -> CustomStep:
        """The step with these parameters, for ``eb.chain``.

        Raises:
            DeclarationError: parameters that the function does not take, or without which it cannot be
                called; a function or a parameter that has no identity; a file that is none.
        """
        from pytest_edgebench.identity.digest import digest

        name = name_of(self._function)
        signature = inspect.signature(self._function)
        given = GIVEN[self._on]
        try:
            signature.bind(*given, **parameters)
        except TypeError as cause:
            wanted = list(signature.parameters)[len(given) :]
            raise errors.wrong_parameters(name, str(cause), wanted) from None
        for path in self._depends:
            if not path.is_file():
                raise errors.no_such_file(name, str(path))
        identity = self._function if self._key is None else self._key
        ordered = dict(sorted(parameters.items()))
        made = _CLASSES[self._on](self._function, identity, ordered, self._depends, self._changes)
        try:
            digest((made.identity, made.parameters, made.depends), what=f"step {name}")
        except DeclarationError as error:
            raise errors.no_identity(name, error.what) from None
        return made


@overload
def step(
    on: On,
    function: Callable[..., Any],
    /,
    *,
    key: str | None = None,
    depends: Sequence[str | Path] = (),
    changes: bool = True,
) -> StepFunction: ...
@overload
def step(
    on: On,
    function: None = None,
    /,
    *,
    key: str | None = None,
    depends: Sequence[str | Path] = (),
    changes: bool = True,
) -> Callable[[Callable[..., Any]], StepFunction]: ...
def step(
    on: On,
    function: Callable[..., Any] | None = None,
    /,
    *,
    key: str | None = None,
    depends: Sequence[str | Path] = (),
    changes: bool = True,
) -> StepFunction | Callable[[Callable[..., Any]], StepFunction]:
    """Make a function of your own a step: ``@eb.step("torch")``, or ``eb.step("torch", function)``.

    ::

        @eb.step("torch")
        def clip(module, limit=1.0):
            for parameter in module.parameters():
                parameter.data.clamp_(-limit, limit)

        @eb.recipe
        def clipped_int8(kws):
            return eb.quantize(clip(kws, limit=0.5), "static-int8")

    In ``eb.chain`` write ``clip.step(limit=0.5)``. What was built is kept until the function, what it refers
    to, its parameters or a file it depends on changes. Seeds are set before it is called.

    Args:
        on: "torch": the function is given a copy of the module and returns it or another one, or changes it
            in place and returns nothing; "onnx", "tflite": it is given two paths, of the file to read and of
            the one to write, and returns nothing.
        function: without one, a decorator is returned.
        key: an identity of your own, for a function whose source cannot be read; change it with the function.
        depends: files that it reads; relative paths start in the folder of the function's own file. What a
            function on "torch" opens in Python is noticed without.
        changes: False where a result that equals what was given is no mistake.

    Returns:
        a `StepFunction`, or a decorator that makes one.

    Raises:
        DeclarationError: another `on`, something that is no plain function, or that takes no such arguments.
    """
    if not isinstance(on, str) or on not in get_args(On):
        raise errors.bad_stage(on, get_args(On))
    if key is not None and (not isinstance(key, str) or not key):
        raise errors.bad_key(key)
    if function is None:
        return lambda given: step(on, given, key=key, depends=depends, changes=changes)
    if not callable(function) or isinstance(function, type):
        raise errors.not_a_function(function)
    name = name_of(function)
    tests = (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction)
    if any(test(function) for test in tests):
        raise errors.not_plain(name)
    try:
        inspect.signature(function).bind_partial(*GIVEN[on])
    except TypeError:
        raise errors.wrong_function(name, on, ", ".join(GIVEN[on])) from None
    folder = Path(getattr(getattr(function, "__code__", None), "co_filename", "")).parent
    return StepFunction(function, on, key, tuple(folder / path for path in depends), changes)


def name_of(function: Callable[..., Any]) -> str:
    """A function's own name; of another callable, its class's."""
    return str(getattr(function, "__name__", type(function).__name__))


def _content(module: Module) -> str:
    """Identity of what a module holds: structure, counts and weights; hooks and forward() left out."""
    from pytest_edgebench.artifacts.inspect.file import inspect_module
    from pytest_edgebench.identity.digest import digest

    return digest((repr(module), inspect_module(module), dict(module.state_dict())))
