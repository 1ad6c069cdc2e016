"""A model and what is made of it: `Model`, `Recipe`, `Step`, `Case`."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.declare import errors, other_formats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from torch.nn import Module

    from pytest_edgebench.declare.data import Data, Inputs
    from pytest_edgebench.declare.score import Score
    from pytest_edgebench.record.run import Counts

Format = Literal["onnx", "tflite"]
Stage = Literal["torch", "file"]
LATER: Mapping[str, bool] = {"later": True}
"""Metadata of a step's field that came after others had used the step: at its default it is in no key."""
FORMATS: Mapping[str, Format] = {".onnx": "onnx", ".tflite": "tflite"}


@dataclass(frozen=True, eq=False)
class Model:
    """A source network with labelled data and a score.

    Attributes:
        source: a function that makes a ``torch.nn.Module`` (preferred: called only when an artifact is
            missing), a module, or the path of an ``.onnx`` or ``.tflite`` file. A relative path is taken
            from the folder of the file that made the `Model`.
        data: ``(inputs, labels)``, first axis samples, each an array or the path of an ``.npy``, which is
            read as needed. Several inputs are a mapping of name to array; `Sample`, `Constant` and `State` in
            it say what is not simply samples along the first axis. Or the path of an ``.npz`` with ``x`` and
            ``y``; or a torch ``Dataset``, whose samples must be the same each time, or a ``DataLoader``; or a
            list of batches, pairs of inputs and labels (n, ...); or a function returning one of these, called
            only when needed. A third member of the pair (``critical`` in the ``.npz``) gives the samples that
            the budget ``flips=`` counts, by their numbers or as a mask.
        score: how outputs are scored against labels, e.g. ``eb.top1``; a plain function
            ``(outputs, labels) -> float`` is an aggregate, higher is better.
        calibration: unlabelled inputs for static quantization, in any of these forms (an ``.npz`` needs no
            ``y``), or a function returning them.
        seed: set before `source` is called.
        key: an identity of your own for a source that has none.
        depends: further files the source reads in ways that are not seen: outside of the project, by a
            library in C++ or Rust.
        signature: which one to run and count, of a ``.tflite`` file with several.
        data_source: what the labelled data is, in one line for record and reports: name, origin, licence.
        name, place: of the fixture that made it (place is ``file:line``); filled in by ``eb.model``.
        folder: where relative paths start; ``eb.model`` fills in the folder of the declaring file.
    """

    source: Module | Path | str | Callable[[], Module]
    data: Data | Callable[[], Data]
    score: Score | Callable[[Any, Any], float]
    calibration: Inputs | Callable[[], Inputs] | None = None
    seed: int = 0
    key: str | None = None
    depends: tuple[str | Path, ...] = ()
    signature: str = field(default="", kw_only=True)
    data_source: str = field(default="", kw_only=True)
    name: str = field(default="", kw_only=True)
    place: str = field(default="", kw_only=True)
    folder: Path = field(default_factory=Path.cwd, kw_only=True)

    def __post_init__(self) -> None:
        named = str(self.source) if isinstance(self.source, str | Path) else ""
        if self.signature and not named.endswith(".tflite"):
            raise errors.signature_of(self.signature, named)

    def path(self) -> Path | None:
        """The absolute path of a file source; None for a torch source."""
        return self.folder / self.source if isinstance(self.source, str | Path) else None

    def format(self) -> Format | None:
        """The format of a file source; None for a torch source.

        Raises:
            DeclarationError: a file that is neither ``.onnx`` nor ``.tflite``.
        """
        path = self.path()
        return file_format(path) if path is not None else None


def file_format(path: Path) -> Format:
    """The format a file name stands for.

    Raises:
        DeclarationError: another suffix than ``.onnx`` or ``.tflite``.
    """
    try:
        return FORMATS[path.suffix]
    except KeyError:
        raise DeclarationError(
            f"unsupported model format: {path.name!r}", where=str(path), fix=other_formats.fix(path.suffix)
        ) from None


def _as_they_are(calls: Mapping[str, Any], source: Path) -> Mapping[str, Any]:
    return calls


def _no_ingredients(source: Model | Recipe) -> Any:
    raise LookupError("only what a torch step lists as `ingredients` can be had")


@dataclass(frozen=True)
class StepContext:
    """What a step may use while it works.

    Attributes:
        format: of the artifact being built.
        model: the root model.
        calibration: gives up to n unlabelled inputs, a mapping of input name to array (n, ...) in the
            model's own dtype; names are "input_0", ... where the data has none. A constant, or a sample along
            another axis than the first, is an object with these methods of an array: its slices are what one
            call takes.
        seed: the model's seed.
        note: adds a caveat to the manifest.
        made: gives a torch step a copy of the module of one of its `ingredients`, with its torch steps.
        runs: the workers that run model files, for the steps of this package
            (`pytest_edgebench.compressors.build.runs.Runs`).
        carried: calibration inputs and a model file → the same calls with the states that the file has in
            each, where states go on from call to call; `calibration` gives their initial value.
    """

    format: Format
    model: Model
    calibration: Callable[[int], Mapping[str, Any]]
    seed: int
    note: Callable[[str], None]
    made: Callable[[Model | Recipe], Any] = _no_ingredients
    runs: Any = None
    carried: Callable[[Mapping[str, Any], Path], Mapping[str, Any]] = _as_they_are


@dataclass(frozen=True)
class Step:
    """One compressor with its parameters; a frozen dataclass whose fields are its identity.

    A subclass says in `stages` at which stage it acts for each format ("torch": on the module before
    export; "file": on the exported file), overrides `torch` and/or `file`, and proves its work in `effect`.
    `rebuilt` says that a torch step is done anew in each session, as it may change more of a module than its
    state dict tells.
    """

    stages: ClassVar[Mapping[str, Stage]] = {}
    libraries: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    rebuilt: ClassVar[bool] = False

    @property
    def ingredients(self) -> tuple[Model | Recipe, ...]:
        """Other models and recipes that a torch step reads, e.g. a teacher; among its fields."""
        return ()

    def refuses(self, fmt: Format) -> str | None:
        """None, or why these parameters cannot be had in this format: one clause after "since"."""
        return None

    def refuses_on(self, runtime: str) -> str | None:
        """As `refuses`, of the runtime that a profile names."""
        return None

    def made_with(self, fmt: Format) -> tuple[str, ...]:
        """Distributions whose version changes what the step makes in this format."""
        return self.libraries.get(fmt, ())

    def torch(self, module: Any, context: StepContext) -> Any:
        """Return the compressed module; `module` is a deep copy that may be changed in place."""
        raise NotImplementedError(f"{type(self).__name__} has no torch stage")

    def file(self, source: Path, target: Path, context: StepContext) -> None:
        """Read the model file `source` and write the compressed one to `target`."""
        raise NotImplementedError(f"{type(self).__name__} has no file stage")

    def effect(self, before: Counts, after: Counts) -> str | None:
        """None when the step did what it promises, else one sentence saying why it had no effect."""
        raise NotImplementedError(f"{type(self).__name__} proves nothing")

    def proof(
        self, source: Path, target: Path, before: Counts, after: Counts, note: Callable[[str], None]
    ) -> str | None:
        """As `effect`, of a step on a file, with both files at hand and what to note of them."""
        return self.effect(before, after)

    def revision(self, fmt: Format, source: Path, before: Counts, *, from_file: bool) -> int:
        """A number that goes up where this version makes other bytes than an earlier one did.

        It is part of the key, so that what the cache holds of the earlier one is not used.

        Args:
            source, before: what the step is applied to, and its counts.
            from_file: whether the model is a file of the user's rather than an export.
        """
        return 0

    def __str__(self) -> str:
        changed = [
            f"{f.name}={getattr(self, f.name)!r}"
            for f in dataclasses.fields(self)
            if getattr(self, f.name) != f.default
        ]
        return f"{type(self).__name__}({', '.join(changed)})"


@dataclass(frozen=True, eq=False)
class Recipe:
    """A model with steps applied, lazily.

    Attributes:
        source: what the step is applied to.
        step: the compressor.
        place: ``file:line`` of the recipe function; filled in by ``eb.recipe``.
    """

    source: Model | Recipe
    step: Step
    place: str = field(default="", kw_only=True)

    @property
    def model(self) -> Model:
        """The model all steps start from."""
        return self.source if isinstance(self.source, Model) else self.source.model

    def steps(self) -> tuple[Step, ...]:
        """All steps, first applied first."""
        before = () if isinstance(self.source, Model) else self.source.steps()
        return (*before, self.step)


@dataclass(frozen=True)
class Prebuilt(Step):
    """A file that another pipeline made of the model; replaces it, so it must be the only step."""

    path: Path
    digest: str = ""

    @property
    def format(self) -> Format:
        return file_format(self.path)


@dataclass(frozen=True, order=True)
class Case:
    """A model × recipe × variant × profile; `variant` is "" for a recipe without sweep."""

    model: str
    recipe: str
    variant: str
    profile: str

    @property
    def variant_name(self) -> str:
        """``recipe`` or ``recipe.variant``."""
        return f"{self.recipe}.{self.variant}" if self.variant else self.recipe

    @property
    def key(self) -> str:
        """``model-recipe-profile``, or ``model-recipe.variant-profile``."""
        return f"{self.model}-{self.variant_name}-{self.profile}"

    def __iter__(self) -> Iterator[str]:
        return iter((self.model, self.recipe, self.variant, self.profile))


ORIGINAL = "original"
