"""`TargetRef`: how a profile is reached, as a value, and what can be had that way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pytest_edgebench.base import discovery
from pytest_edgebench.base.errors import SettingsError
from pytest_edgebench.profiles import errors

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.record.schema import Evidence

Value = str | int | float | bool | tuple[str, ...]
"""What an option may be; a list in TOML is a tuple here."""

Gives = Literal["outputs", "inner", "latency", "memory", "instructions"]
EVERYTHING: frozenset[Gives] = frozenset({"outputs", "latency", "memory"})
HERE = "host"
EVIDENCE = ("host", "device", "emulated", "predicted", "")
"""In which order messages name kinds of target."""

Options = Mapping[str, Value]
Check = Callable[[Value, str], Value]
"""A value of TOML and its place → the value as it is kept; raises SettingsError."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to reach a profile.

    Attributes:
        example: of `target` in a profile.
        evidence: the kind that a measurement there is; "" where the option `evidence` says it.
        gives: what can be asked for; where the option `gives` lists it, that counts.
        address: whether one follows the name, behind "://".
        options: names of `target_options` → their checks.
        paths: options that are paths of this machine, or begin with that of a program.
        required: options without which nothing works → an example of each.
    """

    example: str
    evidence: Evidence | Literal[""]
    gives: frozenset[Gives]
    address: bool = False
    options: Mapping[str, Check] = field(default_factory=dict)
    paths: frozenset[str] = frozenset()
    required: Mapping[str, str] = field(default_factory=dict)


def text(example: str) -> Check:
    """Takes text that is not empty."""

    def check(value: Value, where: str) -> Value:
        if not isinstance(value, str) or not value:
            raise errors.option_type(where, "text", value, example)
        return value

    return check


def words(example: str, known: Sequence[str] = ()) -> Check:
    """Takes a list of texts, of those known if any are."""

    def check(value: Value, where: str) -> Value:
        if not isinstance(value, tuple) or not value or not all(isinstance(v, str) and v for v in value):
            raise errors.option_type(where, "a list of texts", value, example)
        for word in value:
            if known and word not in known:
                raise errors.option_choice(where, word, known)
        return value

    return check


def choice(known: Sequence[str]) -> Check:
    """Takes one of some texts."""

    def check(value: Value, where: str) -> Value:
        if value not in known:
            raise errors.option_choice(where, value, known)
        return value

    return check


def seconds(example: str) -> Check:
    """Takes a number above 0."""

    def check(value: Value, where: str) -> Value:
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise errors.option_type(where, "a number of seconds above 0", value, example)
        return value

    return check


RENAMED: Mapping[str, str] = {"rung": "evidence"}
"""Options that were renamed: old name → new name. The old ones are accepted; keys of caches hold them."""

HOST = Kind("host", "host", EVERYTHING)
"""This machine; all other kinds are in the modules of `pytest_edgebench.targets`."""


class Kinds(Mapping[str, Kind]):
    """Name → kind of target, found when it is asked for: only the targets that a profile names are imported.

    A kind is the constant `KIND` of a file in `pytest_edgebench.targets`, or of a module that another package
    names as an entry point of ``pytest_edgebench.targets``. Beside it stands
    ``make(target_ref, folder) -> Target`` (`workers.protocol`).
    """

    def __getitem__(self, name: str) -> Kind:
        if name == HERE:
            return HOST
        module = discovery.module(GROUP, MARKER, GROUP, name)
        if module is None:
            raise KeyError(name)
        kind = getattr(module, MARKER, None)
        if not isinstance(kind, Kind) or not callable(getattr(module, "make", None)):
            raise errors.not_a_target(name, getattr(module, "__name__", repr(module)))
        return kind

    def __iter__(self) -> Iterator[str]:
        others = (name for name in discovery.names(GROUP, MARKER, GROUP) if name != HERE)
        return iter((HERE, *others))

    def __len__(self) -> int:
        return sum(1 for _ in self)


GROUP, MARKER = "targets", "KIND"
KINDS: Mapping[str, Kind] = Kinds()


@dataclass(frozen=True, slots=True)
class TargetRef:
    """How a profile is reached; hashable.

    Attributes:
        kind: a name in `KINDS`.
        address: ``user@board`` or ``board:port``, where the kind has one.
        options: `target_options` of the profile, as pairs; kept sorted.
    """

    kind: str = HERE
    address: str = ""
    options: tuple[tuple[str, Value], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "options", tuple(sorted(self.options)))

    @classmethod
    def of(cls, target: str, options: Options | None = None) -> TargetRef:
        """By the words of a checked profile; one without a target runs what it can on this machine."""
        kind, _, address = target.partition("://")
        return cls(kind or HERE, address, tuple((options or {}).items()))

    @property
    def here(self) -> bool:
        """Whether the worker is a plain process of this machine."""
        return self.kind == HERE

    @property
    def evidence(self) -> Evidence:
        """The kind of evidence that a measurement there is."""
        found: Any = KINDS[self.kind].evidence or self.option("evidence", HERE)
        return found  # type: ignore[no-any-return] # checked by `problems`

    @property
    def gives(self) -> frozenset[str]:
        """Of "outputs", "inner", "latency", "memory" and "instructions", what can be asked for there."""
        listed = self.option("gives", ())
        return frozenset(listed) if isinstance(listed, tuple) and listed else KINDS[self.kind].gives

    @property
    def shows_inner(self) -> bool:
        """Whether it runs any file it is given, such as one whose inner tensors are outputs too.

        A flashed board runs its own program whatever it is sent, so where the profile lists what its target
        gives, it has to list "inner".
        """
        return "gives" not in KINDS[self.kind].options or "inner" in self.gives

    @property
    def lock(self) -> str:
        """Which lock timing there holds (`locks.timing`): that of this machine, or one of a board's own."""
        if self.evidence != "device":
            return HERE
        named = self.option("lock", "") or self.address.rpartition("@")[2]
        if not named:
            run = self.option("run", ())
            named = " ".join(run) if isinstance(run, tuple) else ""
        return f"{self.kind}-{named}"

    @property
    def title(self) -> str:
        """For messages; "" for this machine."""
        return "" if self.here else self.address or " ".join(filter(None, (self.kind, self._cpu)))

    @property
    def _cpu(self) -> str:
        return str(self.option("cpu", ""))

    def option(self, name: str, default: Value) -> Value:
        """An option, or what it is where the profile does not say."""
        return dict(self.options).get(name, default)


LOCAL = TargetRef()
"""This machine."""


def check_target(name: str, where: str) -> str:
    """A profile's `target` if it is one; "" is none.

    Raises:
        SettingsError: no such kind, no address, or one that is none.
    """
    kind, separator, address = name.partition("://")
    if not name:
        return name
    known = KINDS.get(kind)
    if known is None:
        nearest = sorted(KINDS.values(), key=lambda kind: EVIDENCE.index(kind.evidence))
        raise errors.unknown_target(where, name, [kind.example for kind in nearest])
    if known.address != bool(separator):
        raise errors.target_address(where, name, known.example)
    # What begins with "-" would be an option of the program that is given it.
    if known.address and (not address or address.startswith("-") or set(address) & set(" \t\n'\"/\\")):
        raise errors.target_address(where, name, known.example)
    return name


def check_options(
    target: str,
    options: Mapping[str, Value],
    at: Callable[[str], str],
    inherited: frozenset[str] = frozenset(),
    folder: Path | None = None,
) -> tuple[dict[str, Value], list[SettingsError]]:
    """A profile's `target_options` with the checks of its target's kind.

    Args:
        at: name of an option → its place; "" → that of the table.
        inherited: names that come from the catalogue: left out where this target has no use for them, so that
            one line in the user's file leads to another target.
        folder: that relative paths start from.

    Returns:
        the options kept, and all problems.
    """
    name = target.partition("://")[0]
    known = KINDS[name or HERE]
    kept: dict[str, Value] = {}
    problems: list[SettingsError] = []
    for option, value in options.items():
        check = known.options.get(option)
        if check is not None:
            try:
                checked = check(value, at(option))
                kept[option] = _found(checked, folder) if option in known.paths and folder else checked
            except SettingsError as error:
                problems.append(error)
        elif option not in inherited:
            problems.append(errors.unknown_option(at(option), option, name or "none", [*known.options]))
    for option, example in known.required.items():
        if option not in options:
            problems.append(errors.option_missing(at(""), option, name, example))
    gives = kept.get("gives", ())
    if kept.get("evidence") == "emulated" and isinstance(gives, tuple) and "latency" in gives:
        problems.append(errors.emulated_latency(at("gives")))
    return kept, problems


def _found(value: Value, folder: Path) -> Value:
    """A path, or a program with its arguments, from a folder on; a bare program is looked up on PATH."""
    if isinstance(value, tuple):
        program = str(folder / value[0]) if "/" in value[0] else value[0]
        return (program, *(_argument(word, folder) for word in value[1:]))
    return str(folder / str(value))


def _argument(word: str, folder: Path) -> str:
    """An argument of a program: what begins with ``./`` or ``../``, also behind ``--option=``, is a path."""
    option, sign, path = word.rpartition("=") if word.startswith("-") else ("", "", word)
    return f"{option}{sign}{folder / path}" if path.startswith(("./", "../")) else word
