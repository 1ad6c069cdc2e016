"""Records what a user's function asks of the machine while it runs: files, folders, variables, modules."""

from __future__ import annotations

import importlib.util
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pytest_edgebench.identity import errors, hooks
from pytest_edgebench.identity.library import in_library_folder
from pytest_edgebench.identity.seen import Seen, value_digest
from pytest_edgebench.identity.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

_SYSTEM = (
    *("/bin/", "/dev/", "/etc/", "/lib/", "/lib64/", "/proc/", "/sbin/", "/sys/"),
    *("/usr/bin/", "/usr/lib/", "/usr/local/bin/", "/usr/sbin/"),
    # Read by whoever first imports a library that formats dates, and so by one process and not by another.
    *("/usr/share/fonts/", "/usr/share/locale/", "/usr/share/mime/", "/usr/share/zoneinfo/"),
)
_COUNTS_YET = ("/dev/shm/",)
_COMPILED = (".pyc", ".so")
# What tools read of a project at any time; a function that reads them by Python's own open is seen.
_TOOLS = ("edgebench.toml", "pyproject.toml", "pytest.ini", "tox.ini", "setup.cfg")


class Opened:
    """Context manager: what is asked of the machine while it is active, by any thread.

    Files count that are opened for reading, by Python's own open wherever they lie, by any library or process
    where they lie below the project, and by some known libraries elsewhere (`readers`). Lookups, listings and
    variables count that the user's code asks for, be it through Python's own library.
    """

    def __init__(self, exclude: Iterable[Path] = (), tree: Path | None = None) -> None:
        """`exclude`: folders that do not count, e.g. the cache. `tree`: the project's root."""
        self._exclude = _folders(exclude)
        self._tree = _folders([tree] if tree is not None else [])
        self._opened: set[str] = set()
        self._wanted: set[str] = set()  # opened by the user's code, there or not
        self._code: set[str] = set()
        self._looked: set[str] = set()
        self._listed: set[str] = set()
        self._made: set[str] = set()
        self._variables: set[str] = set()
        self._values: dict[str, dict[str, str | None]] = {}  # path of a module, name → digest
        self._elsewhere: set[str] = set()  # looked at outside of the project
        self._watch: Watch | None = None

    def __enter__(self) -> Self:
        if self._tree:
            self._watch = Watch(self._skipped)
            self._watch.tree(self._tree[-1].rstrip(os.sep) or os.sep)
        hooks.start(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        hooks.stop(self)
        if self._watch is None:
            return
        watched = self._watch.close()
        if self._watch.lost and error is None:
            raise errors.unwatched(self._tree[0])
        for path in watched:
            # Elsewhere other programs open files as well: one counts that was looked at just before.
            near = path.startswith(self._tree) or path in self._elsewhere
            if near and not path.endswith((".py", *_TOOLS)):
                self._opened.add(path)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that still exist, absolute and sorted; without code, libraries and system files."""
        return tuple(Path(path) for path in sorted(self._opened.copy()) if self._counts(path))

    def seen(self) -> Seen:
        """All that was asked, by absolute paths."""
        files = [str(path) for path in self.files]
        known = {*files, *self._made}
        lookups = {path for path in self._looked if _is_data(path)} - known
        lookups |= {path for path in self._wanted if not os.path.exists(path)} - known  # noqa: PTH110
        return Seen(
            files=tuple(files),
            code=tuple(sorted({source_of(path) for path in self._code if self._is_code(path)})),
            lookups=tuple(sorted(path for path in lookups if self._lasting(path))),
            folders=tuple(sorted(path for path in self._listed - self._made if self._lasting(path))),
            environment=tuple(sorted(self._variables)),
            values=tuple(
                f"{known} {name} {path}"
                for path, values in sorted(self._values.items())
                for name, known in sorted(values.items())
                if known and self._is_code(path)
            ),
        )

    # What `hooks` tells; none of these may raise or take long.

    def opened(self, path: str, by_user: bool) -> None:
        self._opened.add(path)
        if by_user or path.startswith(self._tree):
            self._wanted.add(path)

    def made(self, path: str) -> None:
        self._made.add(path)

    def looked(self, path: str, by_user: bool) -> None:
        if by_user or path.startswith(self._tree):
            self._looked.add(path)
        if self._watch is not None and not path.startswith(self._tree):
            # A reader in C++ may come next, of a file that no watch of the project sees.
            folder = os.path.dirname(path)  # noqa: PTH120
            if not self._skipped(os.path.join(folder, "")) and not in_library_folder(folder):  # noqa: PTH118
                self._elsewhere.add(path)
                self._watch.folder(folder)

    def listed(self, path: str) -> None:
        self._listed.add(path)

    def touched(self, path: str) -> None:
        """A file that was named to a reader which Python does not see."""
        (self._code if path.endswith(".py") else self._opened).add(path)
        self._wanted.add(path)

    def imported(self, path: str) -> None:
        self._code.add(path)

    def value(self, path: str, name: str, value: object) -> None:
        if path not in self._values or name not in self._values[path]:
            self._values.setdefault(path, {})[name] = value_digest(name, value)

    def read_variable(self, name: str) -> None:
        self._variables.add(name)

    # Within

    def _counts(self, path: str) -> bool:
        if path.endswith((".py", *_COMPILED)) or ".so." in path or self._skipped(path):
            return False
        return not in_library_folder(path) and Path(path).is_file()

    def _skipped(self, path: str) -> bool:
        if path.startswith(self._exclude):
            return True
        return path.startswith(_system_folders()) and not path.startswith(_COUNTS_YET)

    def _lasting(self, path: str) -> bool:
        """Whether a path is the project's or the machine's, not this call's own or a library's."""
        if self._skipped(path) or in_library_folder(path) or path.endswith(".pyc"):
            return False
        parents = {path}
        while len(path) > 1:
            path = os.path.dirname(path)  # noqa: PTH120
            parents.add(path)
        return not parents & self._made

    def _is_code(self, path: str) -> bool:
        return not self._skipped(path) and not in_library_folder(path)


def _is_data(path: str) -> bool:
    return not path.endswith((".py", *_COMPILED)) or not os.path.isfile(path)  # noqa: PTH113


def source_of(path: str) -> str:
    """The text that a compiled file was made from; another path as it is."""
    if not path.endswith(".pyc"):
        return path
    try:
        return importlib.util.source_from_cache(path)
    except (NotImplementedError, ValueError):
        return path


def _folders(given: Iterable[Path]) -> tuple[str, ...]:
    folders = [os.fspath(folder) for folder in given]
    both = {f for folder in folders for f in (os.path.abspath(folder), os.path.realpath(folder))}  # noqa: PTH100
    return tuple(os.path.join(folder, "") for folder in sorted(both))  # noqa: PTH118


@lru_cache(maxsize=1)
def _system_folders() -> tuple[str, ...]:
    # Not the whole of sys.prefix, which may be /usr or the project's own folder.
    own = ("bin", "include", "lib", "lib64")
    return (*_SYSTEM, *(os.path.join(p, name, "") for p in {sys.prefix, sys.base_prefix} for name in own))  # noqa: PTH118
