"""`Reach`: how a profile is reached, as a value, and what can be had that way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pytest_edgebench.errors import SettingsError
from pytest_edgebench.errors import target as errors
from pytest_edgebench.targets.qemu_cpus import CPUS

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.record.run import Rung

Value = str | int | float | bool | tuple[str, ...]
"""What an option may be; a list in TOML is a tuple here."""

Gives = Literal["outputs", "latency", "memory", "instructions"]
EVERYTHING: frozenset[Gives] = frozenset({"outputs", "latency", "memory"})
HERE = "host"

Options = Mapping[str, Value]
Check = Callable[[Value, str], Value]
"""A value of TOML and its place → the value as it is kept; raises SettingsError."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to reach a profile.

    Attributes:
        example: of `target` in a profile.
        rung: of what is measured there; "" where the option `rung` says it.
        gives: what can be asked for; where the option `gives` lists it, that counts.
        address: whether one follows the name, behind "://".
        options: names of `target_options` → their checks.
        paths: options that are paths of this machine, or begin with that of a program.
        required: options without which nothing works → an example of each.
    """

    example: str
    rung: Rung | Literal[""]
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


KINDS: Mapping[str, Kind] = {
    HERE: Kind("host", "host", EVERYTHING),
    "ssh": Kind(
        "ssh://user@board",
        "device",
        EVERYTHING,
        address=True,
        options={
            "config": text('config = "ssh_config"'),
            "folder": text('folder = ".cache/pytest-edgebench"'),
            "connect_s": seconds("connect_s = 10"),
        },
        paths=frozenset({"config"}),
    ),
    "qemu": Kind(
        "qemu",
        "emulated",
        frozenset({"outputs", "instructions"}),
        options={"cpu": choice([*CPUS]), "folder": text('folder = "qemu"')},
        paths=frozenset({"folder"}),
        required={"cpu": 'cpu = "cortex-a72"'},
    ),
    "command": Kind(
        "command",
        "",
        frozenset({"outputs"}),
        options={
            "run": words('run = ["./measure.sh", "--serial", "A1"]'),
            "rung": choice(("predicted", "emulated", "host", "device")),
            "gives": words(
                'gives = ["outputs", "latency"]', ("outputs", "latency", "memory", "instructions")
            ),
            "lock": text('lock = "phone-A1"'),
        },
        paths=frozenset({"run"}),
        required={"run": 'run = ["./measure.sh"]', "rung": 'rung = "device"'},
    ),
}
"""Name → kind of target. A kind's code is in the module of its name in `pytest_edgebench.targets`."""


@dataclass(frozen=True, slots=True)
class Reach:
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
    def of(cls, target: str, options: Options | None = None) -> Reach:
        """By the words of a checked profile; one without a target runs what it can on this machine."""
        kind, _, address = target.partition("://")
        return cls(kind or HERE, address, tuple((options or {}).items()))

    @property
    def here(self) -> bool:
        """Whether the worker is a plain process of this machine."""
        return self.kind == HERE

    @property
    def rung(self) -> Rung:
        """The kind of evidence that a measurement there is."""
        found: Any = KINDS[self.kind].rung or self.option("rung", HERE)
        return found  # type: ignore[no-any-return] # checked by `problems`

    @property
    def gives(self) -> frozenset[str]:
        """Of "outputs", "latency", "memory" and "instructions", what can be asked for there."""
        listed = self.option("gives", ())
        return frozenset(listed) if isinstance(listed, tuple) and listed else KINDS[self.kind].gives

    @property
    def lock(self) -> str:
        """Which lock timing there holds (`locks.timing`): that of this machine, or one of a board's own."""
        if self.rung != "device":
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


LOCAL = Reach()
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
        raise errors.unknown_target(where, name, [k.example for k in KINDS.values()])
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
    if kept.get("rung") == "emulated" and isinstance(gives, tuple) and "latency" in gives:
        problems.append(errors.emulated_latency(at("gives")))
    return kept, problems


def _found(value: Value, folder: Path) -> Value:
    """A path, or a program with its arguments, from a folder on; a bare name is looked up on PATH."""
    if isinstance(value, tuple):
        return (str(folder / value[0]) if "/" in value[0] else value[0], *value[1:])
    return str(folder / str(value))
