"""Steps as Python: what ``found.best("rpi4").code()`` prints, to be pasted into ``conftest.py``."""

from __future__ import annotations

import ast
import dataclasses
import enum
import functools
import keyword
import re
import sys
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from pytest_edgebench.compressors.custom.step import CustomStep, StepFunction
from pytest_edgebench.compressors.draws import Draws
from pytest_edgebench.compressors.sensitive import Sensitive
from pytest_edgebench.declare.model import Model, Recipe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.model import Step

SHIPPED = "pytest_edgebench.compressors."
"""Where the classes are defined that the public names have."""
FUNCTIONS = {Draws: "draws", Sensitive: "sensitive"}
"""Classes that have no public name → the function that makes one."""


def recipe_code(model: str, steps: Sequence[Step]) -> str:
    """A recipe with these steps, and the imports that it needs.

    A function within a function cannot be imported, and a lambda (``...``) has no name: a comment says what
    to put there.

    Args:
        model: its fixture's name.
    """
    written = _Written()
    argument = _identifier(model or "model")
    lines = ",\n        ".join([argument, *map(written.value, steps)])
    name = "_".join(_snake(type(step).__name__) for step in steps)
    if name in (argument, *written.fixtures):
        name += "_recipe"
    arguments = ", ".join(dict.fromkeys([argument, *written.fixtures]))
    recipe = f"@eb.recipe\ndef {name}({arguments}):\n    return eb.chain(\n        {lines},\n    )\n"
    return f"{written.head()}{recipe}"


def step_code(step: Step) -> str:
    """A step as it is written: ``eb.Quantize(scheme='static-int8')``; a user's own class by its name."""
    return _Written().value(step)


class _Written:
    """Writes values, and remembers what the text around them has to say.

    Attributes:
        fixtures: names of further models, which the recipe takes as arguments.
    """

    def __init__(self) -> None:
        self.fixtures: list[str] = []
        self._imports: dict[str, None] = {}
        self._comments: dict[str, None] = {}

    def head(self) -> str:
        """Imports and comments, each on a line of its own, and an empty line; or nothing."""
        lines = [*self._imports, *self._comments]
        return "\n".join([*lines, "", ""]) if lines else ""

    def value(self, given: Any) -> str:
        """An expression that makes the value."""
        if isinstance(given, Model):
            self.fixtures.append(_identifier(given.name or "teacher"))
            return self.fixtures[-1]
        if isinstance(given, Recipe):
            return f"eb.chain({', '.join(map(self.value, (given.model, *given.steps())))})"
        if isinstance(given, CustomStep):
            return self._custom(given)
        if isinstance(given, functools.partial):
            self._imports["import functools"] = None
            return f"functools.partial({self._arguments((given.func, *given.args), given.keywords)})"
        if isinstance(given, enum.Enum):
            return f"{self._named(type(given))}.{given.name}"
        if isinstance(given, PurePath):
            self._imports["import pathlib"] = None
            return f"pathlib.Path({str(given)!r})"
        if dataclasses.is_dataclass(given) and not isinstance(given, type):
            return self._fields(given)
        if isinstance(given, tuple | list):
            return self._several(given)
        if hasattr(given, "dtype") and hasattr(given, "item") and not getattr(given, "shape", ()):
            given = given.item()  # a number of numpy's, whose text names numpy
        return self._plain(given)

    def _several(self, given: tuple[Any, ...] | list[Any]) -> str:
        inner = ", ".join(map(self.value, given))
        if isinstance(given, list):
            return f"[{inner}]"
        return f"({inner},)" if len(given) == 1 else f"({inner})"

    def _plain(self, given: Any) -> str:
        text = repr(given)
        try:
            ast.literal_eval(text)
        except (ValueError, SyntaxError):
            return self._named(given)
        return text

    def _fields(self, given: Any) -> str:
        """A dataclass by the fields that are not as they are by default."""
        own = type(given)
        parts = {
            field.name: getattr(given, field.name)
            for field in dataclasses.fields(given)
            if field.init and getattr(given, field.name) != _default(field)
        }
        name = f"eb.{FUNCTIONS.get(own, own.__name__)}" if own.__module__.startswith(SHIPPED) else None
        return f"{name or self._named(own)}({self._arguments((), parts)})"

    def _custom(self, step: CustomStep) -> str:
        """A function of the user's as a step: by the name that its module has for it."""
        made = getattr(sys.modules.get(step.function.__module__), step.name, None)
        function = self._named(step.function)
        if not isinstance(made, StepFunction):
            function = f"eb.step({self._arguments((step.on, step.function), step.options())})"
        return f"{function}.step({self._arguments((), step.parameters)})"

    def _arguments(self, given: Sequence[Any], named: Any) -> str:
        return ", ".join(
            [*map(self.value, given), *(f"{name}={self.value(value)}" for name, value in named.items())]
        )

    def _named(self, given: Any) -> str:
        """A function or class by its name, which is imported where it can be; a lambda as ``...``."""
        module, whole = getattr(given, "__module__", ""), getattr(given, "__qualname__", "")
        name = whole.rpartition(".")[2]
        if name != whole or not name.isidentifier():
            code = getattr(given, "__code__", None)
            place = f" of {PurePath(code.co_filename).name}:{code.co_firstlineno}" if code else ""
            what = name.strip("<>") or f"{type(given).__name__} object"
            self._comments[
                f"# {name if name.isidentifier() else '...'} is the {what}{place}: put it here"
            ] = None
            return name if name.isidentifier() else "..."
        if module == "__main__":
            module = PurePath(getattr(sys.modules["__main__"], "__file__", None) or "").stem
        if module != "conftest":
            found = self._imports if module else self._comments
            found[
                f"from {module} import {name}" if module else f"# {name} is the one given to the search"
            ] = None
        return name


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default


def _identifier(name: str) -> str:
    """A name as that of an argument."""
    found = re.sub(r"\W", "_", name)
    return f"_{found}" if keyword.iskeyword(found) or not found.isidentifier() else found


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z][a-z])", "_", name).lower()
