"""Another CPU, emulated by qemu: the same worker runs there, with the runtimes of that architecture.

Arm code runs in a root file system that `setup qemu` has made; x86 code over the environment of this machine.
Outputs are those of the CPU's own kernels. Times would be the emulator's, so none are taken; instead the
instructions of an inference are counted, by a plugin of qemu in a process of its own for each file.
"""

from __future__ import annotations

import os
import platform
import shutil
import sys
import tempfile
import uuid
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.profiles.qemu_cpus import ARCHES, CPUS
from pytest_edgebench.profiles.target import Kind, TargetRef, choice, text
from pytest_edgebench.runtimes import known
from pytest_edgebench.targets import errors
from pytest_edgebench.targets import qemu_place as place
from pytest_edgebench.targets.local import Local, parent
from pytest_edgebench.workers import errors as workers_errors
from pytest_edgebench.workers.process import WORKER, Process
from pytest_edgebench.workers.sandbox import interpreter

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from pytest_edgebench.profiles.qemu_cpus import Cpu
    from pytest_edgebench.workers.channel import Arrays
    from pytest_edgebench.workers.progress import Progress
    from pytest_edgebench.workers.spec import Spec

KIND = Kind(
    "qemu",
    "emulated",
    frozenset({"outputs", "instructions"}),
    options={"cpu": choice([*CPUS]), "folder": text('folder = "qemu"')},
    paths=frozenset({"folder"}),
    required={"cpu": 'cpu = "cortex-a72"'},
)
"""How a profile names this target, and its `target_options`."""
HERE = Path("/proc/self/cwd")
WHEELS = {name: runtime.distribution for name, runtime in known.own().items()}
"""Runtime → what a root must have of it."""
OF_ENVIRONMENT = ("PATH", "HOME", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
"""Variables that find the packages of this machine's environment, for code that runs over it."""
ALWAYS = {
    # The same on each machine: texts of other lengths move what lies in memory, and so the count.
    "HOME": "/tmp",
    "PATH": "/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}


@dataclass(frozen=True, slots=True)
class Places:
    """Where code under qemu finds what it needs.

    Attributes:
        worker, runtime: files of this package. prefix, site: of a root; None where there is none.
    """

    worker: Path
    runtime: Path
    prefix: Path | None = None
    site: Path | None = None


class Emulator(Local):
    """One CPU."""

    def __init__(self, target_ref: TargetRef) -> None:
        self.target_ref = target_ref
        self.cpu: Cpu = CPUS[str(target_ref.option("cpu", ""))]  # checked when the settings were read
        self.arch = ARCHES[self.cpu.arch]
        self.folder = Path(str(target_ref.option("folder", "") or place.default_folder()))
        self.root: place.Root | None = None
        self.version = ""
        self.program = self.arch.program

    @property
    def told(self) -> str:
        """The CPU and what emulates it, for the record."""
        return f"{self.cpu.name} (qemu {self.version})"

    def prepare(self) -> None:
        """Make sure that qemu and the root are there."""
        if self.version:
            return
        program = shutil.which(self.arch.program)
        if program is None:
            raise errors.not_installed(self.arch.program, self.cpu.name)
        self.program = program
        if self.arch.debian:
            self.root = place.read_root(self.folder, self.arch)
        elif platform.machine() != "x86_64":
            raise errors.other_machine(self.cpu.name, platform.machine())
        self.version = place.qemu_version(program)

    def start(self, spec: Spec, folder: Path) -> Emulated:
        """A worker that is started when it is first asked something that has to be run."""
        if self.root is not None:
            if spec.python:
                raise errors.own_python(self.cpu.name)
            wheel = WHEELS.get(spec.runtime, "")
            if wheel and wheel not in self.root.wheels:
                raise errors.not_in_root(wheel, self.arch.name, [*self.root.wheels])
        return Emulated(self, spec, folder)

    def describe(self) -> Mapping[str, str]:
        """Versions of qemu and of what counts."""
        return {"target": "qemu", "qemu": self.version, "plugin": place.COUNTER_VERSION}

    def places(self, runtime: Path) -> Places:
        """Where all lies, with the file of a runtime."""
        if self.root is None:
            return Places(WORKER, runtime)
        return Places(WORKER, runtime, self.root.prefix(self.cpu), self.root.folder / "site")

    def command(self, python: str, at: Places, plugin: Sequence[str] = ()) -> list[str]:
        """The words that start an interpreter under qemu.

        Args:
            python: of this machine, for x86; "" for the one that runs pytest.
            plugin: words for qemu that load one.
        """
        # The seed is that of what the kernel would give a program as its own random bytes.
        words = [self.program, "-cpu", self.cpu.name, "-seed", "1", *plugin]
        if at.prefix is None:
            return [*words, "-L", "/", python or sys.executable]
        return [*words, "-L", str(at.prefix), str(at.prefix / "usr" / "bin" / f"python{place.PYTHON}")]

    def environment(self, at: Places) -> dict[str, str]:
        """All variables of qemu and of the code it runs."""
        if at.prefix is None:
            return ALWAYS | {name: os.environ[name] for name in OF_ENVIRONMENT if name in os.environ}
        # An interpreter looks for its packages where it lies; Debian's own are not all below that.
        debian = at.prefix / "usr" / "lib" / "python3" / "dist-packages"
        return {**ALWAYS, "PYTHONPATH": f"{at.site}:{debian}", "PYTHONNOUSERSITE": "1"}

    def facts(self, spec: Spec) -> dict[str, str] | None:
        """What a worker would tell of itself, where that is known without starting one."""
        distribution = WHEELS.get(spec.runtime)
        if distribution is None:
            return None
        if self.root is not None:
            version, python, numpy = self.root.wheels[distribution], self.root.python, self.root.numpy
        elif spec.python:
            return None
        else:
            try:
                version, numpy = metadata.version(distribution), metadata.version("numpy")
            except metadata.PackageNotFoundError:
                return None
            python = platform.python_version()
        return {"name": spec.runtime, "version": version, "threads": str(spec.threads), "cpu": self.told,
                "python": python, "numpy": numpy}  # fmt: skip


class Emulated:
    """A worker under qemu, and for each count another one with the plugin."""

    streams = True

    def __init__(self, emulator: Emulator, spec: Spec, folder: Path) -> None:
        self._emulator, self._spec, self._folder = emulator, spec, folder
        self._process: Process | None = None
        self._closed = False

    @property
    def pid(self) -> int:
        """Of the worker, or of this process before it is started."""
        return os.getpid() if self._process is None else self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return not self._closed and (self._process is None or self._process.alive)

    def ask(
        self,
        message: Mapping[str, Any],
        arrays: Arrays,
        doing: str,
        deadline_s: float,
        progress: Progress | None = None,
    ) -> tuple[dict[str, Any], Arrays]:
        """Errors as `Channel.ask`; a count that fails leaves the worker as it is."""
        if self._closed:
            raise workers_errors.dead(self._spec.title)
        if message["ask"] == "describe":
            return self._describe(message, doing, deadline_s), {}
        if message["ask"] == "count":
            return self._count(message, arrays, doing, deadline_s)
        return self._worker().ask(message, arrays, doing, deadline_s, progress)

    def tail(self) -> str:
        """The end of what it printed."""
        return "" if self._process is None else self._process.tail()

    def kill(self, patience_s: float = 0) -> int:
        """End it; how it ended, 0 if it was never started."""
        self._closed = True
        return 0 if self._process is None else self._process.kill(patience_s)

    def close(self) -> None:
        """Let it end by itself, or kill it; may be called again."""
        self._closed = True
        if self._process is not None:
            self._process.close()

    # Within

    def _worker(self) -> Process:
        if self._process is None:
            self._process = self._started(self._emulator.places(self._spec.file))
        return self._process

    def _started(
        self, at: Places, plugin: Sequence[str] = (), before: Sequence[str] = (), noted: Path | None = None
    ) -> Process:
        emulator = self._emulator
        command = [*before, *emulator.command(self._spec.python, at, plugin), "-u", "-P"]
        command += [str(at.worker), str(at.runtime), str(parent())]
        if emulator.sandbox.confines(self._spec.file):
            readable = (emulator.folder, *interpreter(self._spec.python), self._spec.file)
            # Its variables are few and fixed already, and more of them would move what is counted.
            command = emulator.sandbox.confined(command, noted, readable)
        return Process(
            self._spec.title, command, emulator.environment(at), self._folder,
            lambda cause: errors.not_installed(emulator.program, emulator.cpu.name),
        )  # fmt: skip

    def _describe(self, message: Mapping[str, Any], doing: str, deadline_s: float) -> dict[str, Any]:
        known = self._emulator.facts(self._spec)
        if known is not None:
            return {"ok": known}
        answer, _ = self._worker().ask(message, {}, doing, deadline_s)
        if isinstance(answer.get("ok"), dict):
            answer["ok"]["cpu"] = self._emulator.told  # x86 code reads this machine's name of its own
        return answer

    def _count(
        self, message: Mapping[str, Any], arrays: Arrays, doing: str, deadline_s: float
    ) -> tuple[dict[str, Any], Arrays]:
        """Each file in a process that has done nothing else, so that the count does not depend on others."""
        plugin = place.plugin_path(self._emulator.folder, self._emulator.version)
        if not plugin.is_file():
            raise errors.no_plugin(self._emulator.version)
        noted = (self._folder / f"counted-{uuid.uuid4().hex[:12]}.txt").absolute()
        noted.parent.mkdir(parents=True, exist_ok=True)
        noted.touch()  # what is not there could not be allowed to be written
        model, places = Path(message["path"]), self._emulator.places(self._spec.file)
        with tempfile.TemporaryDirectory(prefix="edgebench-") as folder:
            at = linked(places, Path(folder))
            (Path(folder) / "m").symlink_to(model.absolute().parent)
            request = {**message, "path": str(HERE / "m" / model.name), "threads": 1, "mark": place.MARK}
            process = self._started(at, place.plugin_words(plugin, noted), ("env", "-C", folder), noted)
            try:
                answer, _ = process.ask(request, arrays, doing, deadline_s)
                text = noted.read_text(encoding="ascii") if noted.is_file() else process.tail()
            finally:
                process.close()
                noted.unlink(missing_ok=True)
        if "error" in answer:
            return answer, {}
        found = counts(text, message["calls"])
        if found is None:
            raise errors.no_counts(self._spec.title, doing, message["calls"], text or process.tail())
        return answer, {"instructions": found}


def linked(places: Places, folder: Path) -> Places:
    """The same places by the same names on each machine: links in a folder, which it is started in."""
    found = {}
    for name in ("worker", "runtime"):
        path: Path = getattr(places, name)
        (folder / name[0]).symlink_to(path.absolute().parent)
        found[name] = HERE / name[0] / path.name
    if places.prefix is None or places.site is None:
        return Places(**found)
    for name, path in (("p", places.prefix), ("s", places.site)):
        (folder / name).symlink_to(path)
    return Places(**found, prefix=HERE / "p", site=HERE / "s")


def counts(text: str, calls: int) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """Instructions of each inference, by what the plugin noted; None where that is not of so many.

    Three marks for each: the first two have nothing between them, so that their median distance is what a
    mark itself costs.

    Args:
        text: a line for the plugin's version, then "mark total" a line.
        calls: inferences.
    """
    import numpy as np

    first, *lines = text.splitlines() or [""]
    if first != f"edgebench-counter {place.COUNTER_VERSION}" or len(lines) != 3 * calls:
        return None
    try:
        table = np.asarray([[int(word) for word in line.split()] for line in lines], np.int64)
    except ValueError:
        return None
    if table.shape != (3 * calls, 2) or (table[:, 0] != np.arange(3 * calls)).any():
        return None
    totals = table[:, 1].reshape(calls, 3)
    cost = int(np.median(totals[:, 1] - totals[:, 0]))
    found = totals[:, 2] - totals[:, 1] - cost
    return found if (found > 0).all() else None


def over(cpu: Cpu, program: str, version: str, root: place.Root | None) -> Emulator:
    """A CPU by what was found of it, without looking for it."""
    emulator = Emulator(TargetRef("qemu", options=(("cpu", cpu.name),)))
    emulator.program, emulator.version, emulator.root = program, version, root
    return emulator


def make(target_ref: TargetRef, folder: Path) -> Emulator:
    """The target of a reference of this kind."""
    return Emulator(target_ref)
