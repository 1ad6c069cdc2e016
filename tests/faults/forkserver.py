"""``python forkserver.py``: sessions of pytest and their workers as forks of one process.

Almost all of a small session's time is spent on imports and on the templates of the report. This process
has both, and nothing else of a session runs in it. Each line on its standard input is a session, as JSON, and
each line that it answers is a status as `subprocess` has it.

folder, arguments, environment
    where pytest runs, with what.
output
    a file that takes all that it prints.
fault
    what `arm` of `fault.c` takes: folder, count file, number of the call, error, log; may be left out.
kill_after_s
    when it is killed; 0 for never.
modules
    a file: names of the modules that the session and its workers imported are added, and are imported here
    afterwards, so that later sessions find them; "" for none.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import runpy
import select
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from importlib.resources import files
from pathlib import Path
from typing import IO, Any, NoReturn

CONFINED = ("-I", "-S")
"""Options of the interpreter that confines itself and then becomes a worker; see `sandbox.py`."""
PATIENCE_S = 60.0


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _session(asked)
        status = _waited(pid, asked["kill_after_s"])
        if asked["modules"]:
            _import(Path(asked["modules"]))
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def _waited(pid: int, kill_after_s: float) -> int:
    ended = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(ended, select.POLLIN)
    if not poll.poll((kill_after_s or PATIENCE_S) * 1000):
        os.kill(pid, signal.SIGKILL)
    os.close(ended)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _import(file: Path) -> None:
    for name in dict.fromkeys(file.read_text(encoding="utf-8").split()):
        with contextlib.suppress(Exception):  # one that only its importer can import
            importlib.import_module(name)
    environment = importlib.import_module("pytest_edgebench.reports.html")._environment()
    for template in (files("pytest_edgebench.reports") / "templates").iterdir():
        if template.name.endswith(".j2"):
            environment.get_template(template.name)
    gc.collect()
    gc.freeze()  # a fork need not look at what is here


def _imported(names: IO[str], project: str) -> None:
    """Add the modules of this process, but those of the project."""
    found = {name: str(getattr(module, "__file__", "") or "") for name, module in sys.modules.items()}
    names.writelines(f"{n}\n" for n, path in found.items() if path and not path.startswith(project))
    names.flush()


def _session(asked: dict[str, Any]) -> NoReturn:
    """Pytest, as ``python -m pytest`` runs it, and what was to be done at the end of the process."""
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    tempfile.tempdir = None
    output = os.open(asked["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    _streams(os.open(os.devnull, os.O_RDONLY), output, output)
    sys.path.insert(0, asked["folder"])
    names = Worker.names = Path(asked["modules"] or os.devnull).open("a", encoding="utf-8")  # noqa: SIM115
    import pytest_edgebench.workers.process as workers

    workers.subprocess = _Forking()  # type: ignore[assignment,attr-defined]
    if asked["fault"]:
        _arm(*asked["fault"])
    import pytest

    atexit._clear()  # what libraries would do at the end of the process they were imported in
    weakref.finalize._registered_with_atexit = False  # type: ignore[attr-defined]
    status = pytest.main(asked["arguments"])
    _imported(names, asked["folder"])
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def _arm(folder: str, count: str, at: int, error: int, log: str) -> None:
    library = ctypes.CDLL(None)
    library.arm.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_long, ctypes.c_int, ctypes.c_char_p)
    library.arm(folder.encode(), count.encode(), at, error, log.encode())


def _streams(*files: int) -> None:
    """The standard streams of this process are these files from now on."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    sys.stdin = os.fdopen(0, closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, closefd=False)


class Worker(subprocess.Popen[bytes]):
    """A worker that is forked from the session instead of started; confined, and untouched by the fault."""

    names: IO[str]

    def _execute_child(self, args: list[str], *rest: Any) -> None:
        kept, environment, (stdin, _, _, stdout, _, stderr) = rest[3], rest[5], rest[9:15]
        self.pid = os.fork()  # as that of the class forks
        if self.pid == 0:
            try:
                _work(args, kept, environment, stdin, stdout, stderr)
            finally:
                os._exit(70)
        self._child_created = self._closed_child_pipe_fds = True
        os.close(stdin)
        os.close(stdout)


class _Forking:
    """`subprocess` with another `Popen`."""

    Popen = Worker

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)


def _work(args: list[str], kept: tuple[int, ...], environment: dict[str, str], *streams: int) -> None:
    if tuple(args[1:3]) != CONFINED:
        os._exit(71)
    _arm("", "", 0, 0, "")
    os.setsid()
    _streams(*streams)
    names = os.fdopen(os.dup(Worker.names.fileno()), "a", encoding="utf-8")
    for number in {*range(3, 1024)} - {names.fileno(), *kept}:
        with contextlib.suppress(OSError):
            os.close(number)
    os.environ.clear()
    os.environ.update(environment)
    tempfile.tempdir = None
    signal.signal(signal.SIGINT, signal.default_int_handler)
    _, _, _, confine, rules, *program = args
    confined: dict[str, Any] = runpy.run_path(confine)

    def become(_: str, words: list[str], __: Any) -> None:
        at = next(i for i, word in enumerate(words) if word.endswith("worker.py"))
        sys.argv = words[at:]
        runpy.run_path(sys.argv[0], run_name="__main__")
        _imported(names, "?")
        os._exit(0)

    os.execvpe = become  # type: ignore[assignment]
    confined["main"](rules, *program)


if __name__ == "__main__":
    main()
