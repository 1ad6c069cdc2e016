"""`Private`: takes out of what is written where somebody's files lie, who that is, and a job's secrets.

Paths of the project become relative, the home folder becomes ``~``, the user's name ``<user>``, and the value
of a variable whose name says that it is a secret the variable's name.
"""

from __future__ import annotations

import dataclasses
import getpass
import os
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

T = TypeVar("T")
SECRET = re.compile(
    r"TOKEN|SECRET|PASSW|CREDENTIAL|PRIVATE|APIKEY|(?:^|_)(?:KEY|AUTH|PASS|PWD|DSN|COOKIE)(?:_|$)"
)
SHORTEST_SECRET = 6
SHARED_NAMES = frozenset(
    {
        "root", "user", "admin", "administrator", "runner", "ubuntu", "debian", "docker", "vagrant",
        "jenkins", "gitlab", "gitlab-runner", "builder", "build", "nobody", "test", "tester", "app", "dev",
        "pi", "vscode", "codespace", "circleci", "travis",
    }
)  # fmt: skip
"""Names of users that say nothing of a person, and are words in other texts."""
NAMES = frozenset({"key", "model", "recipe", "variant", "profile", "metric", "profiles", "digest", "format"})
"""Fields that hold names which the project gave; only paths and secrets are looked for in them."""


class Private:
    """What must not be written.

    Args:
        root: of the project. environment: of this process. home, user: of who runs it.
    """

    def __init__(self, root: Path, environment: Mapping[str, str], home: Path | None, user: str) -> None:
        self._root, self._environment, self._home, self._user = root, environment, home, user

    @classmethod
    def here(cls, root: Path) -> Private:
        """Of this process."""
        try:
            home: Path | None = Path.home()
        except RuntimeError:  # no entry for this user, and no HOME
            home = None
        try:
            user = getpass.getuser()
        except (KeyError, OSError, ImportError):
            user = ""
        return cls(root, os.environ, home, user)

    def text(self, given: str, *, name: bool = False) -> str:
        """A text without them.

        Args:
            name: it is a name that the project gave.
        """
        if self._found.search(given) is None:
            return given
        for pattern, instead in self._places:
            given = pattern.sub(instead, given)
        return given if name or self._name is None else self._name.sub("<user>", given)

    def value(self, given: T, field: str = "") -> T:
        """A result with all its texts (dataclasses, tuples, mappings); itself where nothing changes.

        A part that several results share is cleaned once, and shared afterwards, too.
        """
        return cast("T", self._clean(given, field, {}))

    def _clean(self, given: Any, field: str, shared: dict[int, tuple[Any, Any]]) -> Any:
        """As `value`.

        Args:
            shared: by id, each dataclass that was seen (so that its id stays its own) and what became of it.
        """
        if given is None or isinstance(given, float | int):  # most of what there is
            return given
        if isinstance(given, str):
            return self.text(given, name=field in NAMES)
        if isinstance(given, tuple | list):
            parts = [self._clean(each, field, shared) for each in given]
            same = all(new is old for new, old in zip(parts, given, strict=True))
            return given if same else type(given)(parts)
        if isinstance(given, Mapping):
            pairs = [(self._key(key), self._clean(each, str(key), shared)) for key, each in given.items()]
            old = given.items()
            same = all(new[0] is key and new[1] is each for new, (key, each) in zip(pairs, old, strict=True))
            return given if same else dict(pairs)
        if not dataclasses.is_dataclass(given) or isinstance(given, type):
            return given
        if id(given) not in shared:
            fields = {each.name: getattr(given, each.name) for each in dataclasses.fields(given)}
            cleaned = {name: self._clean(value, name, shared) for name, value in fields.items()}
            changed = {name: value for name, value in cleaned.items() if value is not fields[name]}
            shared[id(given)] = given, dataclasses.replace(given, **changed) if changed else given
        return shared[id(given)][1]

    def _key(self, given: Any) -> Any:
        return self.text(given, name=True) if isinstance(given, str) else given

    @cached_property
    def _places(self) -> list[tuple[re.Pattern[str], str]]:
        """Longest first, since a secret may hold a path, and the project lies in the home folder."""
        found: list[tuple[str, str]] = []
        for path, instead in ((self._root, "."), (self._home, "~")):
            for text in {str(path), os.path.realpath(path)} if path is not None else ():
                if len(Path(text).parts) > 1:
                    found.append((text, instead))
        found.sort(key=lambda each: -len(each[0]))
        patterns = [
            (re.compile(re.escape(value)), f"<{variable}>")
            for value, variable in sorted(self._secrets.items())
        ]
        for text, instead in found:
            # A path begins here: in ssh://root@board no "/root" does.
            begins = r"(?:(?<![\w/])|(?<=file://))" + re.escape(text)
            if instead == ".":
                patterns.append((re.compile(begins + r"/(?=[^\s/])"), ""))
            patterns.append((re.compile(begins + r"(?![\w.-])"), instead))
        return patterns

    @cached_property
    def _secrets(self) -> dict[str, str]:
        return {
            value: name
            for name, value in self._environment.items()
            if SECRET.search(name.upper()) and len(value) >= SHORTEST_SECRET and not Path(value).exists()
        }

    @cached_property
    def _name(self) -> re.Pattern[str] | None:
        if len(self._user) < 3 or self._user.lower() in SHARED_NAMES:
            return None
        return re.compile(rf"(?<![A-Za-z0-9]){re.escape(self._user)}(?![A-Za-z0-9])")

    @cached_property
    def _found(self) -> re.Pattern[str]:
        """Whether there is anything to do, which is seldom."""
        every = [pattern.pattern for pattern, _ in self._places]
        return re.compile("|".join(every + ([self._name.pattern] if self._name else [])) or r"(?!)")
