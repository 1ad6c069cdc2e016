"""`Sandbox`: what a worker that runs a model file on this machine may reach.

A model file is data from somebody else, and a runtime is a large program that reads it. So a worker reads
only its interpreter, the system's libraries and the folders of built models; writes only into a folder of its
own; has no network; and gets none of the variables in which a job keeps its secrets. `confine.py` does it in
the worker's own process before anything of the runtime is loaded.
"""

from __future__ import annotations

import fnmatch
import importlib.util
import json
import os
import site
import sys
import sysconfig
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgebench.base import confine
from pytest_edgebench.workers import errors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgebench.settings.resolve import Confined

CONFINE = Path(confine.__file__)
PACKAGE = CONFINE.parents[1]
PARTS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "libexec", "share", "pyvenv.cfg")
"""What belongs to a system or an interpreter below its prefix. Not the prefix itself: a project may lie
there, in a container's /usr/src/app, or with its virtual environment made in its own folder."""
SYSTEM = (
    *(f"{prefix}/{part}" for prefix in ("/usr", "/usr/local") for part in PARTS),
    "/lib", "/lib32", "/lib64", "/bin", "/sbin", "/nix/store", "/gnu/store", "/proc", "/sys",
    "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/ld.so.preload", "/etc/localtime",
    "/etc/alternatives",
)  # fmt: skip
DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
ACCELERATORS = ("nvidia*", "dri", "kfd", "accel")
OTHER_LIBRARIES = ("cuda*", "*-linux-gnu*")
"""Of accelerators and of other processors, below /usr and /usr/local, as patterns."""
PASSED = (
    "PATH", "LANG", "LANGUAGE", "LC_*", "TZ", "LD_LIBRARY_PATH", "GLIBC_TUNABLES", "MALLOC_*", "OMP_*",
    "KMP_*", "GOMP_*", "OPENBLAS_*", "MKL_*", "ORT_*", "TF_*", "XNN_*", "CUDA_VISIBLE_DEVICES",
    "PYTHONHASHSEED", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONUTF8", "PYTHONIOENCODING",
)  # fmt: skip
"""Variables that a worker gets, as patterns; no other."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """What the workers of a session are held to.

    Attributes:
        mode: "auto": as far as this machine can; "require": all of it, or an error; "off": not at all.
        models: folders with model files.
        exempt: runtime files whose workers do not start in it, and may do without.
    """

    mode: Confined = "off"
    models: tuple[Path, ...] = ()
    exempt: frozenset[Path] = frozenset()

    def holds(self) -> tuple[str, ...]:
        """Of "files", "network" and "environment" what is kept from a worker here."""
        return () if self.mode == "off" else (*_kernel(), "environment")

    def told(self) -> str:
        """In words, for the record."""
        if self.mode == "off":
            return "off"
        lacking = [name for name in ("files", "network") if name not in self.holds()]
        return ", ".join(self.holds()) + (f"; not {' or '.join(lacking)} on this kernel" if lacking else "")

    def check(self) -> None:
        """Make sure that all of it can be had where it is required.

        Raises:
            MeasureError: it cannot.
        """
        if self.mode == "require" and len(self.holds()) < 3:
            raise errors.no_sandbox([name for name in ("files", "network") if name not in self.holds()])

    def confines(self, runtime: Path, code: Sequence[Path] = ()) -> bool:
        """Whether a worker of this runtime file is confined: one of the user's own is code like the tests,
        and may need anything, so that it is left alone unless a sandbox is required.

        Args:
            code: as `Spec.code`.

        Raises:
            MeasureError: a sandbox is required and cannot be had.
        """
        self.check()
        ours = (runtime.parent == PACKAGE / "runtimes" or bool(code)) and runtime not in self.exempt
        return self.mode == "require" or (self.mode == "auto" and ours)

    def around(
        self, command: Sequence[str], environment: Mapping[str, str], scratch: Path, readable: Sequence[Path]
    ) -> tuple[list[str], dict[str, str]]:
        """The command and the variables that start a program confined.

        Args:
            scratch: a folder of its own, the only one that it may write to.
            readable: what it needs besides the system and the models, such as its interpreter.
        """
        passed = {
            name: value
            for name, value in environment.items()
            if any(fnmatch.fnmatchcase(name, pattern) for pattern in PASSED)
        }
        passed |= {"HOME": str(scratch), "TMPDIR": str(scratch)}
        search = [Path(entry) for entry in environment.get("PYTHONPATH", "").split(os.pathsep) if entry]
        if found := [str(path) for path in search if path in readable]:
            passed["PYTHONPATH"] = os.pathsep.join(found)
        if Path(site.getusersitepackages()) in readable:  # else looked for below HOME, which is another
            passed["PYTHONUSERBASE"] = site.getuserbase()
        return self.confined(command, scratch, readable), passed

    def confined(self, command: Sequence[str], writable: Path | None, readable: Sequence[Path]) -> list[str]:
        """The command alone, for a program whose variables are few and fixed.

        Args:
            writable: the only folder or file that it may write to. readable: as `around`.
        """
        if not _kernel():
            return list(command)
        rules = {
            "read": [
                *SYSTEM,
                *_other_libraries(),
                *map(str, (*readable, PACKAGE / "workers", PACKAGE / "runtimes", *self.models)),
            ],
            "write": [*DEVICES, *_accelerators(), *([str(writable)] if writable else [])],
            "files": "files" in _kernel(),
            "network": "network" in _kernel(),
            "memory": writable is not None and writable.is_dir(),
        }
        return [sys.executable, "-I", "-S", str(CONFINE), json.dumps(rules), *command]


OFF = Sandbox()


def new_folder(folder: Path) -> Path:
    """A new folder below one, for a worker's temporary files; whoever ends the worker deletes it."""
    folder.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="scratch-", dir=folder.resolve()))


def interpreter(python: str = "") -> tuple[Path, ...]:
    """The folders that an interpreter and its packages lie in.

    Args:
        python: path of the interpreter of an environment; "" for the one that runs this.
    """
    if not python:
        return own_interpreter()
    path = Path(python).absolute()
    return _parts(path.parent.parent, path.resolve().parent.parent)


@cache
def own_interpreter() -> tuple[Path, ...]:
    """Those of the interpreter that runs this, with the folder that its numpy lies in: a path file may lead
    anywhere, and the folders of the user's own project must not be among them."""
    found = {*_parts(Path(sys.prefix), Path(sys.base_prefix)), *interpreter(sys.executable)}
    found |= {Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    if site.ENABLE_USER_SITE:  # of ``pip install --user``
        found.add(Path(site.getusersitepackages()))
    spec = importlib.util.find_spec("numpy")
    if spec is not None and spec.origin is not None:
        found.add(Path(spec.origin).parents[1])
    return tuple(sorted(found))


def _parts(*prefixes: Path) -> tuple[Path, ...]:
    """What of an interpreter lies below these folders."""
    every = {prefix / part for prefix in prefixes for part in PARTS}
    return tuple(sorted(path for path in every if path.exists()))


@cache
def _kernel() -> tuple[str, ...]:
    """What this kernel can keep from a process that has no privileges."""
    found = {"files": confine.landlock() > 0, "network": confine.seccomp()}
    return tuple(name for name, has in found.items() if has)


@cache
def _other_libraries() -> list[str]:
    prefixes = (Path("/usr"), Path("/usr/local"))
    return [str(path) for prefix in prefixes for pattern in OTHER_LIBRARIES for path in prefix.glob(pattern)]


@cache
def _accelerators() -> list[str]:
    return [str(path) for pattern in ACCELERATORS for path in Path("/dev").glob(pattern)]
