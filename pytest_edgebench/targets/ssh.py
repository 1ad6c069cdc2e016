"""A Linux board, reached by the OpenSSH client: the worker runs there, with the board's own runtime.

Files lie below a folder of the account's home, by the digest of their content, so that each is sent once.
Whatever was not used for a month is deleted there; all of it may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shlex
import tarfile
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import EdgebenchError, MeasureError
from pytest_edgebench.profiles.target import EVERYTHING, Kind, seconds, text
from pytest_edgebench.targets import errors
from pytest_edgebench.targets.board_lock import BoardLock
from pytest_edgebench.targets.ssh_link import LOST, Link
from pytest_edgebench.workers.process import PARTS, WORKER, Process

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from pytest_edgebench.profiles.target import TargetRef
    from pytest_edgebench.workers.spec import Spec

KIND = Kind(
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
)
"""How a profile names this target, and its `target_options`."""
FOLDER = ".cache/pytest-edgebench"
CONNECT_S = 10.0
SEND_S = 600.0
END_S = 5.0
KEPT_DAYS = 30
CLOCK_OFF_S = 60.0
SMALL_BYTES = 1 << 18  # up to which asking first takes longer than sending in vain
MANIFEST = "manifest.json"
"""Beside it, all files belong to one artifact."""
HOLDER = Path(__file__).with_name("board_holder.py")
FIND_PYTHON = (
    "import sys; print('python', '.'.join(map(str, sys.version_info[:3]))); "
    "sys.exit(9) if sys.version_info < (3, 11) else None; import numpy"
)
NO_ROOM = ("No space left", "Disk quota exceeded", "File too large", "Wrote only", "short write")
NO_RIGHT = ("Permission denied", "Read-only file system", "Not a directory", "File exists")


class Board:
    """A board of one account."""

    def __init__(self, target_ref: TargetRef) -> None:
        self.target_ref = target_ref
        config, connect_s = target_ref.option("config", ""), target_ref.option("connect_s", CONNECT_S)
        self._link = Link(target_ref.address, str(config), float(connect_s))  # type: ignore[arg-type] # checked
        self._folder = ""  # there, in full
        self._facts: dict[str, str] = {}
        self._there: dict[str, str] = {}  # digest → folder there
        self._digests: dict[tuple[object, ...], str] = {}
        self._pythons: dict[str, MeasureError | None] = {}
        self._orphans: list[str] = []
        self._lock: BoardLock | None = None

    @property
    def title(self) -> str:
        """For messages."""
        return self.target_ref.title

    def prepare(self) -> None:
        """Connect and make the folder, unless that is so; errors as `Target.prepare`."""
        if self._link.alive and self._folder:
            return
        self._folder = ""
        self._there.clear()
        self._let_go()
        if not self._link.alive:
            self._link.open()
        wanted = str(self.target_ref.option("folder", FOLDER))
        script = (
            f"cd && mkdir -p {place(wanted)}/files && cd {place(wanted)} || exit 3\n"
            'echo "folder $PWD"; echo "date $(date +%s)"; echo "system $(uname -srm)"\n'
            f"find files -mindepth 1 -maxdepth 1 -mtime +{KEPT_DAYS} -exec rm -rf {{}} + 2>/dev/null\n"
            "find . -maxdepth 1 -name 'worker-*.pid' -mtime +1 -exec rm -f {} + 2>/dev/null\n"
            "exit 0"
        )
        here = time.time()
        status, said = self._link.run(script, "looking around")
        found = dict(re.findall(r"^(folder|date|system) (.+)$", said, re.MULTILINE))
        if status == 3:
            raise self._unwritten(wanted, 0, said) or errors.not_writable(self.title, wanted, said)
        if status or "folder" not in found:
            raise errors.unlike_a_board(self.title, said)
        self._folder = found["folder"]
        self._facts = {"target": f"ssh://{self.title}", "system": found.get("system", "")}
        if told := clock_told(found.get("date", ""), (here + time.time()) / 2):
            self._facts["clock"] = told

    def put(self, path: Path) -> str:
        """Send a file with the side files of its artifact; errors as `Target.put`."""
        folder = path.parent
        files = {path.name: path}
        if (folder / MANIFEST).is_file():
            inner = sorted(file for file in folder.rglob("*") if file.is_file() and file.name != MANIFEST)
            files = {str(file.relative_to(folder)): file for file in inner}
        return f"{self._sent(files, path.name)}/{path.name}"

    def start(self, spec: Spec, folder: Path) -> Process:
        """A worker on the board; errors as `Target.start`."""
        python = place(spec.python or "python3")
        self._check(spec.python or "python3", python)
        parts = [WORKER, *(WORKER.with_name(name) for name in PARTS)]
        worker = self._sent({part.name: part for part in parts}, "the worker")
        beside = [spec.file, *spec.file.parent.glob("*_session.py")]
        runtime = self._sent({part.name: part for part in beside}, spec.file.name)
        command = f"{python} -u -P {q(worker)}/worker.py {q(runtime)}/{q(spec.file.name)} 0"
        note = f"{self._folder}/worker-{uuid.uuid4().hex}.pid"
        # The number is known before the worker runs; and ssh tells of a signal only what a shell makes of it.
        inner = f"echo $$ > {q(note)}; exec env OPENBLAS_NUM_THREADS=1 {command}"
        script = f"sh -c {q(inner)}; status=$?; rm -f {q(note)}; exit $status"
        while self._orphans:  # they would disturb what is timed now
            self._link.run(ending(self._orphans[-1]), "ending a worker")
            self._orphans.pop()
        return RemoteProcess(spec.title, self._link, script, note, self._orphans, folder)

    def hold(self, spec: Spec, what: str, deadline_s: float) -> AbstractContextManager[int]:
        """Hold the board for timing; errors as `BoardLock.held`."""
        if self._lock is None:
            python = place(spec.python or "python3")
            self._check(spec.python or "python3", python)
            holder = self._sent({HOLDER.name: HOLDER}, "what holds the board")
            command = self._link.session(f"exec {python} -u {q(holder)}/{HOLDER.name}")
            self._lock = BoardLock(self.title, command)
        return self._lock.held(what, deadline_s)

    def fetch(self, there: str, here: Path) -> None:
        """Copy a file from the board; errors as `Target.fetch`."""
        try:
            with here.open("wb") as file:
                status = self._link.copy(f"cat {q(there)}", file, f"fetching {there}", SEND_S)
        except OSError as cause:
            raise errors.not_fetched(self.title, there, str(cause)) from cause
        if status:
            here.unlink()
            raise errors.not_fetched(self.title, there, "")

    def describe(self) -> Mapping[str, str]:
        """Address and system; how wrong its clock is, where it is."""
        return self._facts

    def stop(self) -> None:
        """Disconnect."""
        self._let_go()
        self._link.close()

    # Within

    def _let_go(self) -> None:
        if self._lock is not None:
            self._lock.close()
        self._lock = None

    def _check(self, python: str, placed: str) -> None:
        """Make sure, once, that an interpreter can run the worker."""
        if python not in self._pythons:
            status, said = self._link.run(f"{placed} -c {q(FIND_PYTHON)}", f"looking for {python}")
            version = re.search(r"^python (\S+)$", said, re.MULTILINE)
            error: MeasureError | None = None
            if version is None:
                error = errors.no_board_python(self.title, python, said)
            elif status == 9:
                error = errors.old_python(self.title, python, version[1])
            elif status:
                error = errors.no_numpy(self.title, python, said)
            self._pythons[python] = error
        if (found := self._pythons[python]) is not None:
            raise found

    def _sent(self, files: Mapping[str, Path], what: str) -> str:
        """The folder there that holds files of a content; sent if they are not there."""
        digest = self._digest(files)
        if digest not in self._there:
            target = f"{self._folder}/files/{digest}"
            status = 1
            if sum(path.stat().st_size for path in files.values()) > SMALL_BYTES:
                status, _ = self._link.run(there(target), f"looking for {what}")
            if status:
                self._send(files, target, what)
            self._there[digest] = target
        return self._there[digest]

    def _digest(self, files: Mapping[str, Path]) -> str:
        """SHA-256 of names and content, memoised by what tells a file from another version of it."""
        stats = {name: path.stat() for name, path in files.items()}
        key = tuple((name, str(files[name]), s.st_size, s.st_mtime_ns) for name, s in stats.items())
        if key not in self._digests:
            whole = hashlib.sha256()
            for name in sorted(files):
                with files[name].open("rb") as file:
                    content = hashlib.file_digest(file, "sha256").hexdigest()
                whole.update(f"{name}\0{content}\n".encode())
            self._digests[key] = whole.hexdigest()
        return self._digests[key]

    def _send(self, files: Mapping[str, Path], target: str, what: str) -> None:
        """Send files as one archive, which appears in `target` at once."""
        part = f"{self._folder}/files/part-{uuid.uuid4().hex}"
        script = (
            f"{there(target)} && exit 0\n"
            f"mkdir -p {q(part)} && tar -xf - -C {q(part)} && "
            f"{{ mv {q(part)} {q(target)} 2>/dev/null || [ -d {q(target)} ]; }}\n"
            # Where another process was quicker, `mv` has moved it into what is there.
            f"status=$?; rm -rf {q(part)} {q(target)}/{q(part.rpartition('/')[2])}; exit $status"
        )
        with tempfile.TemporaryFile() as archive:
            with tarfile.open(fileobj=archive, mode="w") as tar:
                for name, path in sorted(files.items()):
                    tar.add(path, name, recursive=False, filter=_plain)
            size = archive.tell()
            archive.seek(0)
            status, said = self._link.run(script, f"sending {what}", send=archive, deadline_s=SEND_S)
        if status:
            raise self._unwritten(self._folder, size, said) or errors.not_sent(self.title, what, said)

    def _unwritten(self, folder: str, size: int, said: str) -> EdgebenchError | None:
        """Why something could not be written, where what was printed says it."""
        if any(words in said for words in NO_ROOM):
            return errors.no_room(self.title, folder, size, said)
        if any(words in said for words in NO_RIGHT):
            return errors.not_writable(self.title, folder, said)
        return None


class RemoteProcess(Process):
    """A worker on a board, by the ssh process that leads to it.

    Args:
        script: that starts it. note: the file there with its number.
        orphans: takes the note where the connection is lost, as the worker may go on for a while.
    """

    def __init__(
        self, title: str, link: Link, script: str, note: str, orphans: list[str], folder: Path
    ) -> None:
        self._link, self._note, self._orphans = link, note, orphans
        super().__init__(title, link.session(script), os.environ, folder, errors.no_client)

    def kill(self, patience_s: float = 0) -> int:
        """End it here, and there too, where it would go on until its deadline and disturb the next."""
        ends_itself = not self.alive or self._waited(patience_s)
        status = super().kill()
        if not ends_itself and self._link.alive:
            with contextlib.suppress(MeasureError):  # then it ends by itself, at its deadline
                self._link.run(ending(self._note), "ending a worker", deadline_s=END_S)
        return status

    def _died(self, doing: str, status: int) -> MeasureError:
        if status == LOST:
            self._orphans.append(self._note)
            return self._link.lost(doing, self.tail())
        return super()._died(doing, 128 - status if status > 128 else status)


def make(target_ref: TargetRef, folder: Path) -> Board:
    """The target of a reference of this kind."""
    return Board(target_ref)


def place(path: str) -> str:
    """A path as a word of the shell there; "~" at its beginning is the account's home."""
    return f'"$HOME"/{q(path[2:])}' if path.startswith("~/") else q(path)


def q(word: str) -> str:
    """A word of the shell."""
    return shlex.quote(word)


def there(folder: str) -> str:
    """A script that succeeds where a folder is there, and marks it as used."""
    return f"[ -d {q(folder)} ] && touch {q(folder)}"


def ending(note: str) -> str:
    """A script that ends the worker whose number is in a file."""
    return f"[ -f {q(note)} ] && kill -9 $(cat {q(note)}); rm -f {q(note)}"


def clock_told(date: str, here: float) -> str:
    """How wrong a board's clock is, in words; "" where it is right to a minute.

    Args:
        date: seconds since the epoch, as the board tells them. here: as we know them.
    """
    if not date.isdigit():
        return "unknown"
    off = int(date) - here
    if abs(off) < CLOCK_OFF_S:
        return ""
    steps = ((86400, "days"), (3600, "h"), (60, "min"))
    size, unit = next(step for step in steps if abs(off) >= step[0])
    return f"{abs(off) / size:.1f} {unit} {'ahead' if off > 0 else 'behind'}"


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """An entry of the archive without what is of this machine only."""
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o644
    return info
