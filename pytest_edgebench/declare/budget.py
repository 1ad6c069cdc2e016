"""`eb.budget` and `eb.cases`: marks that say what is demanded, and of which cases a test is made.

Neither raises: what is wrong is kept in `problems` and told at collection, with the file and line of the
call, all of a module at once.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, Never, TypedDict, Unpack, get_args

from pytest_edgebench.base.errors import DeclarationError
from pytest_edgebench.base.names import BUDGET_MARK, CASES_MARK
from pytest_edgebench.declare import errors
from pytest_edgebench.declare.made import note
from pytest_edgebench.record.schema import Evidence, Level

if TYPE_CHECKING:
    import pytest

Text = str | Sequence[str]


class Limits(TypedDict, total=False):
    """The limits `eb.budget` takes: the names of this package's own metrics in `METRICS`."""

    size: Text
    gzip: Text
    update: Text
    parameters: Text
    macs: Text
    ops: Text
    float_ops: Text
    instructions: Text
    arena: Text
    ram: Text
    flash: Text
    accuracy: Text
    agreement: Text
    flips: Text
    auc: Text
    f1: Text
    mae: Text
    latency: Text
    load: Text
    first_inference: Text
    memory: Text
    state_bytes: Text
    calls_per_s: Text


@dataclass(frozen=True, slots=True, eq=False)
class Budget:
    """What one `eb.budget` call says; limits are read at collection.

    Attributes:
        profiles, models, recipes: names or patterns; a recipe may be named with its variant,
            ``pruned.ratio30``.
        limits: metric → texts as written.
        level: None where none was written.
        evidence: the weakest kind of evidence that is accepted; None for any.
        file, line: of the call.
        problems: what is wrong with the arguments, each with `place`.
        shown: the arguments as one would write them.
    """

    profiles: tuple[str, ...]
    models: tuple[str, ...]
    recipes: tuple[str, ...]
    limits: Mapping[str, tuple[str, ...]]
    level: Level | None
    message: str
    evidence: Evidence | None
    file: str
    line: int
    problems: tuple[str, ...]
    shown: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def call(self) -> str:
        """As one would write it."""
        return f"eb.budget({self.shown})"


@dataclass(frozen=True, slots=True, eq=False)
class CasesSelection:
    """What one `eb.cases` call says; attributes as those of `Budget`."""

    models: tuple[str, ...]
    recipes: tuple[str, ...]
    profiles: tuple[str, ...]
    file: str
    line: int
    problems: tuple[str, ...]
    shown: str

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"


def budget(
    *profiles: str,
    models: Text = "*",
    recipes: Text = "*",
    level: Literal["error", "warn", "off"] | None = None,
    message: str = "",
    evidence: Evidence | None = None,
    metrics: Mapping[str, Text] = MappingProxyType({}),
    stacklevel: int = 1,
    **limits: Unpack[Limits],
) -> pytest.MarkDecorator:
    """Demand something of the cases of a test, a class, or (as `pytestmark`) of a module or folder.

    Args:
        profiles: names or patterns of hardware profiles; all without any.
        models, recipes: names or patterns; a recipe may be named with its variant, ``pruned.ratio30``.
        level: "error" fails, "warn" warns, "off" removes what a wider budget demands. Without it a limit is
            an error, but a warning where it is noisy and absolute on a profile that is not dedicated.
        message: your own words, shown when the budget is broken.
        evidence: the weakest kind of evidence that is accepted: "static", "predicted", "emulated", "host"
            or "device".
        metrics: limits on scores of your own and metrics of other packages, by name; the latter may be
            written as keywords too.
        stacklevel: 1 takes the budget's file and line from the caller, 2 from the caller's caller, ...
        **limits: metric → text or texts: ``4 ms``, ``p95 10 ms``, ``64 kB``, ``90 %``, ``6 M``,
            ``model - 1 points`` (or ``original - 1 points``, the same), ``baseline + 5 %``,
            ``worst slice 85 %``.

    Nothing is raised; mistakes are told at collection.
    """
    from pytest_edgebench.record.metrics_table import METRICS

    file, line = _caller(stacklevel)
    place = f"{file}:{line}"
    problems: list[str] = []
    read: dict[str, tuple[str, ...]] = {}
    given: dict[str, Any] = dict(limits)
    unknown: set[str] = set()
    for metric in given:
        try:
            if metric not in METRICS:
                unknown.add(metric)
                problems.append(str(errors.unknown_metric(metric, METRICS, place)))
        except DeclarationError as error:  # an installed package that cannot be used
            problems.append(str(error))
    if not isinstance(metrics, Mapping):
        problems.append(str(errors.metrics_not_mapping(metrics, place)))
        metrics = {}
    for metric in metrics:
        if metric in given:
            problems.append(str(errors.metric_twice(metric, place)))
    for metric, texts in (given | {str(name): texts for name, texts in metrics.items()}).items():
        if metric in unknown:
            continue  # its limits are not read: one mistake is one problem
        read[metric] = _limit_texts(metric, texts, place, problems)
    if not any(read.values()) and not problems:
        problems.append(str(errors.budget_empty(place)))
    if level not in (None, *get_args(Level)):
        problems.append(str(errors.level_unknown(level, place)))
        level = None
    if evidence not in (None, *get_args(Evidence)):
        problems.append(str(errors.evidence_unknown(evidence, get_args(Evidence), place)))
        evidence = None
    if not isinstance(message, str):
        problems.append(str(errors.message_not_text(message, place)))
        message = str(message)
    made = Budget(
        _patterns("a profile", profiles or ("*",), place, problems),
        _patterns("models", models, place, problems),
        _patterns("recipes", recipes, place, problems),
        read,
        level,
        message,
        evidence,
        file,
        line,
        tuple(problems),
        _shown(profiles, {"models": models, "recipes": recipes}, {**given, **metrics}, level=level),
    )
    note(made)
    return _mark(BUDGET_MARK, made)


def cases(
    *positional: Never, models: Text = "*", recipes: Text = "*", profiles: Text = "*", **unknown: Never
) -> pytest.MarkDecorator:
    """Make a test of these cases only; several on one test add up, and those of a test replace its class's.

    Args:
        models, recipes, profiles: names or patterns; a recipe may be named with its variant,
            ``pruned.ratio30``; ``recipes="original"`` asks for the model without any step.

    Nothing is raised; mistakes are told at collection.
    """
    file, line = _caller(1)
    place = f"{file}:{line}"
    problems: list[str] = []
    if positional:
        problems.append(str(errors.cases_positional(positional, place)))
    for name in unknown:
        problems.append(str(errors.cases_unknown(name, ("models", "recipes", "profiles"), place)))
    made = CasesSelection(
        _patterns("models", models, place, problems),
        _patterns("recipes", recipes, place, problems),
        _patterns("profiles", profiles, place, problems),
        file,
        line,
        tuple(problems),
        _shown((), {"models": models, "recipes": recipes, "profiles": profiles}, {}),
    )
    return _mark(CASES_MARK, made)


def _caller(stacklevel: int) -> tuple[str, int]:
    """File and line of the user's call; `stacklevel` as in `warnings.warn`."""
    level = stacklevel if isinstance(stacklevel, int) and stacklevel > 0 else 1
    try:
        frame = sys._getframe(level + 1)
    except ValueError:
        frame = sys._getframe(2)
    return frame.f_code.co_filename, frame.f_lineno


def _limit_texts(metric: str, given: Any, place: str, problems: list[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Sequence) or isinstance(given, bytes | bytearray):
        problems.append(str(errors.limit_not_text(metric, given, place)))
        return ()
    texts = tuple(given)
    wrong = [text for text in texts if not isinstance(text, str)]
    problems.extend(str(errors.limit_not_text(metric, text, place)) for text in wrong)
    if not texts:
        problems.append(str(errors.limit_none(metric, place)))
    return tuple(text for text in texts if isinstance(text, str))


def _patterns(what: str, given: Any, place: str, problems: list[str]) -> tuple[str, ...]:
    texts = (given,) if isinstance(given, str) or not isinstance(given, Sequence) else tuple(given)
    wrong = [text for text in texts if not isinstance(text, str) or not text]
    problems.extend(str(errors.selector_not_text(what, text, place)) for text in wrong)
    if not texts:
        problems.append(str(errors.selector_empty(what, place)))
    return tuple(text for text in texts if isinstance(text, str) and text) or ("*",)


def _shown(
    first: Sequence[Any], selectors: Mapping[str, Any], limits: Mapping[str, Any], level: Any = None
) -> str:
    parts = [_quoted(text) for text in first]
    parts += [f"{name}={_quoted(given)}" for name, given in selectors.items() if given != "*"]
    parts += [f"{name}={_quoted(given)}" for name, given in limits.items()]
    return ", ".join(parts + ([f"level={_quoted(level)}"] if level else []))


def _quoted(given: Any) -> str:
    if isinstance(given, str):
        return f'"{given}"'
    if isinstance(given, list | tuple):
        return f"[{', '.join(_quoted(text) for text in given)}]"
    return repr(given)


def _mark(name: str, value: Budget | CasesSelection) -> pytest.MarkDecorator:
    """The mark; an inert one where the plugin is switched off and unknown marks are errors."""
    import pytest

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", pytest.PytestUnknownMarkWarning)
        try:
            return getattr(pytest.mark, name).with_args(value)  # type: ignore[no-any-return]
        except pytest.fail.Exception:
            return pytest.mark.filterwarnings.with_args()
