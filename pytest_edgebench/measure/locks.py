"""Locks between processes: of one cache entry, and of the machine so that building does not spoil timing.

All are ``flock`` locks, which the kernel releases when their holder ends, however it ends. Building is
shared, timing is exclusive. A turnstile keeps timing from being starved by builds that follow one another:
whoever wants the machine goes through it, and who waits for the machine to get quiet stays in it, so that no
new build begins meanwhile.

To hold two of them in one thread is allowed in one order only: an entry, then the machine. Anything else is
refused at once, since two processes doing so could wait for each other.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import platform
import re
import stat
import threading
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base.privacy import Private
from pytest_edgebench.measure import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENTRY_S, BUILDING_S, TIMING_S = 3600.0, 1800.0, 3600.0
POLL_MIN_S, POLL_MAX_S = 0.001, 0.05
PLACES = (Path("/run/lock"), Path("/tmp"))  # where everybody may write
EVERYBODY = 0o1777
FOLDER = "EDGEBENCH_LOCKS"
"""Environment variable: the folder of the machine's locks, for containers that share a machine."""


class _Held(threading.local):
    """What this thread holds: title of the machine's lock or "", and paths of entries."""

    def __init__(self) -> None:
        self.machine = ""
        self.entries: list[Path] = []


_held = _Held()
_open: set[int] = set()  # descriptors of held locks in this process


def _close_in_child() -> None:
    """A forked child must not keep its parent's locks after the parent's end."""
    for descriptor in _open:
        with contextlib.suppress(OSError):
            os.close(descriptor)
    _open.clear()
    _held.__init__()  # type: ignore[misc]


os.register_at_fork(after_in_child=_close_in_child)


@contextlib.contextmanager
def entry_lock(path: Path, what: str, deadline_s: float = ENTRY_S) -> Iterator[None]:
    """Hold the lock of one entry, exclusively.

    Args:
        path: of the lock's file, made if missing in a folder that exists.
        what: what the holder does, for those who wait.

    Raises:
        MeasureError: not had in time, with its holder named; or this thread holds it or the machine already.
        SettingsError: the file cannot be written.
    """
    path = path.absolute()
    if _held.machine or path in _held.entries:
        raise errors.nested_lock(f"the lock for {what}", _held.machine or f"the lock {path.name}")

    def open_file() -> int:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

    with _locked(path, open_file, fcntl.LOCK_EX, what, deadline_s, lambda: _told_in(path)) as descriptor:
        with contextlib.suppress(OSError):  # on a full disk the lock is no worse for having no name
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, _card(what).encode(), 0)
        _held.entries.append(path)
        try:
            yield
        finally:
            _held.entries.remove(path)


@contextlib.contextmanager
def building(
    what: str = "building", deadline_s: float = BUILDING_S, folder: Path | None = None, target: str = "host"
) -> Iterator[None]:
    """Hold the machine for work that would disturb a timing; others may build at the same time.

    Args:
        what: for those who wait.
        target: as in `timing`; a target may be held for the work it does itself.
        folder: of the machine's locks, for tests.

    Raises:
        MeasureError: not had in time, with the holders named; or this thread holds the machine already.
        SettingsError: the lock folder cannot be used.
    """
    with _machine(target, what, fcntl.LOCK_SH, deadline_s, folder):
        yield


@contextlib.contextmanager
def timing(
    target: str = "host", what: str = "timing", deadline_s: float = TIMING_S, folder: Path | None = None
) -> Iterator[None]:
    """Hold a target alone: on "host" nobody builds or times; another target is kept from other timings only.

    Args:
        target: "host", or the name of a physical target, the same in every project.
        what, folder: as `building`.

    Raises:
        MeasureError, SettingsError: as `building`.
    """
    with _machine(target, what, fcntl.LOCK_EX, deadline_s, folder):
        yield


def lock_folder() -> Path:
    """The folder of the machine's locks, the same for all users, projects and temporary folders.

    A container sees another one's locks only where both are given one folder, by ``EDGEBENCH_LOCKS``.

    Raises:
        SettingsError: that is not the full path of a folder.
    """
    given = os.environ.get(FOLDER)
    if given is not None:
        folder = Path(given)
        if not folder.is_absolute() or not folder.is_dir():
            raise errors.lock_folder(FOLDER, given)
        return folder
    for place in PLACES:
        with contextlib.suppress(OSError):
            if place.stat().st_mode & stat.S_IWOTH and os.access(place, os.W_OK):
                return place / "pytest-edgebench"
    return PLACES[-1] / "pytest-edgebench"


@contextlib.contextmanager
def _machine(target: str, what: str, mode: int, deadline_s: float, folder: Path | None) -> Iterator[None]:
    if _held.machine:
        raise errors.nested_lock(f"the machine for {what}", _held.machine)
    folder = folder or lock_folder()
    name = re.sub(r"[^\w.-]", "_", target)
    end = time.monotonic() + deadline_s
    path, turnstile = folder / f"{name}.lock", folder / f"{name}.turnstile"
    wanted = f"the machine ({what})" if target == "host" else f"{target} ({what})"

    def holders() -> list[str]:
        return _living(folder, name)

    def enter(stack: contextlib.ExitStack, path: Path, mode: int) -> None:
        left = max(0.0, end - time.monotonic())
        lock = _locked(path, lambda: _open_shared(path), mode, wanted, left, holders, deadline_s)
        stack.enter_context(lock)

    with contextlib.ExitStack() as held:
        with contextlib.ExitStack() as passing:
            enter(passing, turnstile, fcntl.LOCK_EX)
            enter(held, path, mode)
        if mode == fcntl.LOCK_EX:  # who holds it alone knows that other cards are of killed processes
            for card in folder.glob(f"{name}.*.holder"):
                with contextlib.suppress(OSError):
                    card.unlink()
        held.enter_context(_named(folder, name, what))
        _held.machine = wanted
        try:
            yield
        finally:
            _held.machine = ""


@contextlib.contextmanager
def _locked(
    path: Path,
    open_file: Callable[[], int],
    mode: int,
    wanted: str,
    deadline_s: float,
    holders: Callable[[], list[str]],
    told_s: float | None = None,
) -> Iterator[int]:
    """Hold a file's lock in a mode; gives the descriptor.

    It is polled for, the less often the longer it takes: a waiting system call has no deadline.
    """
    began = time.monotonic()
    while True:
        try:
            descriptor = open_file()
        except OSError as cause:
            raise errors.lock_file(path, cause) from cause
        _open.add(descriptor)
        try:
            while not _tried(descriptor, mode, path):
                waited = time.monotonic() - began
                if waited >= deadline_s:
                    raise errors.lock_timeout(wanted, told_s or deadline_s, holders())
                time.sleep(min(POLL_MAX_S, max(POLL_MIN_S, waited / 20), deadline_s - waited + POLL_MIN_S))
            if _same_file(descriptor, path):  # else somebody cleaned up, and others lock another file
                yield descriptor
                return
        finally:
            if descriptor in _open:  # not in a forked child that leaves the block, too
                _open.remove(descriptor)
                with contextlib.suppress(OSError):
                    fcntl.flock(descriptor, fcntl.LOCK_UN)  # also for children that hold a copy
                os.close(descriptor)


def _tried(descriptor: int, mode: int, path: Path) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as cause:  # some network file systems have no locks
        raise errors.lock_file(path, cause) from cause
    return True


def _same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _open_shared(path: Path) -> int:
    """Open a lock file in the folder that all users share; it is never written, so reading it is enough.

    Without O_CREAT where it exists: in such folders Linux refuses that for files of other users.
    """
    if not path.parent.is_dir():
        staged = path.parent.with_name(f"{path.parent.name}.{uuid.uuid4().hex}")
        staged.mkdir()
        staged.chmod(EVERYBODY)
        try:
            staged.rename(path.parent)
        except OSError:  # another process was quicker
            staged.rmdir()
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    while True:
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, flags)
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL)
            os.fchmod(descriptor, 0o644)  # whatever the umask
            return descriptor


# Who holds a lock


def _card(what: str) -> str:
    """Who holds it, in a file that others read or that is kept with the cache: arguments of a step may be
    secret."""
    what = Private.here(Path.cwd()).text(what)
    return json.dumps({"pid": os.getpid(), "host": platform.node(), "what": what, "since": time.time()})


@contextlib.contextmanager
def _named(folder: Path, name: str, what: str) -> Iterator[None]:
    """Leave a card beside a lock that several may hold; it only serves messages.

    The card is locked, too, so that others know whether its writer lives, also from another container.
    """
    card = folder / f"{name}.{uuid.uuid4().hex}.holder"
    descriptor = None
    with contextlib.suppress(OSError):
        descriptor = os.open(card, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        _open.add(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        os.fchmod(descriptor, 0o644)
        os.write(descriptor, _card(what).encode())
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            card.unlink()
        if descriptor is not None and descriptor in _open:
            _open.remove(descriptor)
            os.close(descriptor)


def _living(folder: Path, name: str) -> list[str]:
    """What the cards of a lock say of processes that live."""
    return [text for card in sorted(folder.glob(f"{name}.*.holder")) for text in _told_in(card)]


def _told_in(path: Path) -> list[str]:
    """The holder named in a file, if the file's lock is still held."""
    try:
        with path.open("rb") as file:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return []  # had, so nobody holds it
            card = json.loads(file.read())
        since = time.strftime("%H:%M:%S", time.localtime(card["since"]))
        where = "" if card["host"] == platform.node() else f" in {card['host']}"
        return [f"process {card['pid']}{where} ({card['what']}, since {since})"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
