"""Who owns a folder that several processes see: whoever holds the lock on a file, as long as they live.

Not a process number, which in another container is nobody or somebody else: the kernel releases a ``flock``
when its holder ends, however it ends, and shows it to all containers that share the file.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def own(path: Path) -> IO[bytes]:
    """Make a file and hold its lock until the file is closed.

    Raises:
        OSError: it cannot be written.
    """
    while True:
        file = path.open("ab")
        try:
            # Where a file system has no locks there are no owners, and `swept` removes nothing.
            with contextlib.suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_EX)
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:
            pass  # a sweeper came between
        except BaseException:
            file.close()
            raise
        file.close()


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only one in this block with a folder, which is made if missing; no file of a lock is left in it.

    Where it cannot be made, or the file system has no locks, it is not; whoever writes there says why.
    """
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
            held.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def unowned(path: Path, *, missing: bool = True) -> Iterator[bool]:
    """Whether nobody holds the lock of a file; nobody gets it in this block.

    Args:
        missing: what is yielded where there is no such file. False for one whose name was listed: it may have
            been removed by another sweeper, and its maker, who waited for the lock, makes it again.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield missing
        return
    except OSError:
        yield False
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            # The lock of a file that was removed meanwhile says nothing of the one that now has its name.
            free = os.path.samestat(os.fstat(file.fileno()), path.stat())
        except OSError:
            free = False
        yield free
