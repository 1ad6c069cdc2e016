"""A root file system of another architecture: Debian's packages and wheels, unpacked, nothing installed.

apt, with folders of its own, finds and checks the packages, so that no right of root, no chroot and no binfmt
is needed, and nothing of this machine changes.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_edgebench.environments import errors, steps
from pytest_edgebench.environments.errors import SetupError
from pytest_edgebench.profiles.qemu_cpus import CPUS
from pytest_edgebench.targets import qemu_place as place
from pytest_edgebench.targets.qemu import over
from pytest_edgebench.workers.process import WORKER

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_edgebench.profiles.qemu_cpus import Arch, Cpu

SUITE = "bookworm"  # which has Python 3.11, the oldest that the worker needs
MIRROR = "http://deb.debian.org/debian"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
GLIBC = 36  # minor version of that suite
OLDEST_GLIBC = 17
PYTHON_PACKAGE = f"python{place.PYTHON}"
FOLDERS = ("root", "site", "cpus")
TOPOLOGY = {
    "core_id": "0", "physical_package_id": "0", "core_siblings": "1", "thread_siblings": "1",
    "core_siblings_list": "0", "thread_siblings_list": "0", "core_cpus_list": "0", "package_cpus_list": "0",
}  # fmt: skip
IMPORTS = {"onnxruntime": "onnxruntime", "ai-edge-litert": "ai_edge_litert.interpreter",
           "tflite-runtime": "tflite_runtime.interpreter"}  # fmt: skip
"""Distribution → the module that a runtime file imports."""


@dataclass(frozen=True, slots=True)
class Package:
    """One package of Debian, in a version."""

    name: str
    version: str
    arch: str

    @property
    def file(self) -> str:
        """As apt calls its file."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.arch}.deb"

    def __str__(self) -> str:
        return f"{self.name} {self.version} {self.arch}"


def wanted(arch: Arch, wheels: Mapping[str, str], mirror: str) -> str:
    """What a root is made of, as asked, on one line: another one needs another root."""
    pins = [f"{name}=={version}" for name, version in sorted(pinned(arch, wheels).items())]
    fakes = hashlib.sha256("".join(cpu.name + cpu.cpuinfo for cpu in _cpus(arch)).encode()).hexdigest()[:12]
    return " ".join([SUITE, mirror, PYTHON_PACKAGE, *arch.packages, *pins, fakes])


def pinned(arch: Arch, wheels: Mapping[str, str]) -> dict[str, str]:
    """Distribution → version: as asked for, else as in this environment; what is not here is left out."""
    found = {}
    for name, version in arch.wheels.items():
        found[name] = wheels.get(name) or version
        if not found[name]:
            try:
                found[name] = metadata.version(name).partition("+")[0]
            except metadata.PackageNotFoundError:
                del found[name]
    return found


def make_root(
    arch: Arch,
    folder: Path,
    qemu: tuple[str, str],
    wheels: Mapping[str, str],
    python: str,
    mirror: str,
    say: Callable[[str], None],
) -> place.Root:
    """Make a root file system; it is there at once and whole, or not at all.

    Args:
        folder: of the whole set-up; what was fetched is kept there.
        qemu: its program for this architecture, and its version.
        wheels: versions that are asked for. python: interpreter whose pip fetches them.
        say: told in a line what is being done.

    Raises:
        SetupError: a program is missing, or one of the steps failed.
    """
    apt = steps.program("apt-get", "which fetches the packages of Debian")
    unpack = steps.program("dpkg-deb", "which unpacks the packages of Debian")
    if not KEYRING.is_file():
        raise errors.no_keyring(str(KEYRING))
    for left in folder.glob(f"part-{arch.name}-*"):  # of a set-up that was killed
        shutil.rmtree(left)
    part = folder / f"part-{arch.name}-root"
    for name in FOLDERS:
        (part / name).mkdir(parents=True)
    say(f"fetching Debian's packages for {arch.debian}")
    packages, files = fetch_packages(arch, folder / f"apt-{arch.name}", apt, mirror)
    say(f"unpacking {len(packages)} packages")
    for file in files:
        steps.do(f"unpacking {file.name}", [unpack, "-x", str(file), str(part / "root")])
    for link, leads_to in arch.links.items():
        (part / "root" / link).symlink_to(leads_to)
    pins = pinned(arch, wheels)
    say(f"fetching {', '.join(pins)}")
    fetch_wheels(arch, pins, part / "site", python)
    for cpu in _cpus(arch):
        fake_cpu(cpu, part)
    say("importing the runtimes under qemu")
    root = _tried(arch, part, qemu, wanted(arch, wheels, mirror), tuple(str(p) for p in packages), pins)
    told = {
        "schema": place.SCHEMA, "wheels": dict(root.wheels), "wanted": root.wanted, "python": root.python,
        "numpy": root.numpy, "packages": list(root.packages),
    }  # fmt: skip
    text = json.dumps(told, indent=1, sort_keys=True)
    (part / place.MADE).write_text(text, encoding="utf-8")
    name = f"{arch.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    shutil.rmtree(folder / name, ignore_errors=True)
    part.rename(folder / name)
    staged = folder / f"part-{arch.name}-pointer"
    staged.write_text(f"{name}\n", encoding="utf-8")
    staged.replace(place.pointer(folder, arch))
    for old in folder.glob(f"{arch.name}-*"):
        if old.name != name:
            shutil.rmtree(old)
    return place.read_root(folder, arch)


def fetch_packages(arch: Arch, folder: Path, apt: str, mirror: str) -> tuple[list[Package], list[Path]]:
    """Have apt find, fetch and check Python and what the wheels need, with all that these depend on.

    Returns:
        the packages, and their files.
    """
    for name in ("state/lists/partial", "cache/archives/partial", "none"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").write_text("", encoding="utf-8")
    (folder / "sources.list").write_text(
        f"deb [signed-by={KEYRING}] {mirror} {SUITE} main\n", encoding="utf-8"
    )
    reached = steps.ask(["apt-config", "dump", "Acquire"])  # such as a proxy
    config = folder / "apt.conf"
    config.write_text(f"{apt_config(arch, folder)}{reached}", encoding="utf-8")
    more = {"APT_CONFIG": str(config), "LC_ALL": "C"}
    steps.do("fetching the list of packages", [apt, "-q", "update"], more)
    install = [apt, "-q", "-y", "--no-install-recommends"]
    names = [PYTHON_PACKAGE, *arch.packages]
    printed = steps.do("choosing packages", [*install, "--simulate", "install", *names], more)
    packages = planned(printed, arch)
    if not packages:
        raise errors.no_packages(printed)
    steps.do("fetching packages", [*install, "--download-only", "install", *names], more)
    return packages, [folder / "cache" / "archives" / package.file for package in packages]


def apt_config(arch: Arch, folder: Path) -> str:
    """Settings of apt under which it works for another architecture, in folders of its own."""
    lines = {
        "APT::Architecture": arch.debian,
        "APT::Architectures": arch.debian,
        "APT::Sandbox::User": "root",  # the folders are of the user who makes them
        "Acquire::Languages": "none",
        "Dir::State": f"{folder}/state",
        "Dir::State::status": f"{folder}/status",
        "Dir::Cache": f"{folder}/cache",
        "Dir::Etc::sourcelist": f"{folder}/sources.list",
        "Dir::Etc::sourceparts": f"{folder}/none",
        "Dir::Etc::preferencesparts": f"{folder}/none",
        "Dir::Etc::preferences": f"{folder}/none/none",
        "Dir::Etc::parts": f"{folder}/none",
        "Dir::Etc::main": f"{folder}/none/none",
    }
    return "".join(f'{name} "{value}";\n' for name, value in lines.items())


def planned(simulated: str, arch: Arch) -> list[Package]:
    """The packages that apt would install, sorted, by the lines of a simulation.

    Such as ``Inst libc6 (2.36-9+deb12u10 Debian:12.11/stable [arm64]) [...]``; apt-get(8), --simulate.
    """
    found = re.findall(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) [^\[\])]*\[(\w+)\]\)", simulated, re.MULTILINE)
    packages = {Package(name.partition(":")[0], version, of) for name, version, of in found}
    return sorted((p for p in packages if p.arch in (arch.debian, "all")), key=str)


def fetch_wheels(arch: Arch, pins: Mapping[str, str], site: Path, python: str) -> None:
    """Have pip fetch wheels of another architecture and unpack them."""
    asked = [f"{name}=={version}" for name, version in pins.items()]
    try:
        steps.do("asking for pip", [python, "-m", "pip", "--version"])
    except SetupError as error:
        raise errors.no_pip(python, error.what.splitlines()[-1].strip()) from None
    command = [python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--target", str(site), "--no-deps", "--no-compile", "--only-binary=:all:"]
    command += ["--implementation", "cp", "--python-version", place.PYTHON]
    for minor in range(GLIBC, OLDEST_GLIBC - 1, -1):
        command += ["--platform", f"manylinux_2_{minor}_{arch.platform}"]
    command += ["--platform", f"manylinux2014_{arch.platform}", *asked]
    status, printed = steps.run("fetching wheels", command)
    if status:
        raise errors.no_wheel(asked, arch.platform, place.PYTHON, steps.tail(printed))


def fake_cpu(cpu: Cpu, folder: Path) -> None:
    """What qemu's ``-L`` is given for a CPU: the root, and files of the kernel that tell of that CPU.

    Without them runtimes read those of this machine; ONNX Runtime on Arm crashes over an x86 cpuinfo.
    """
    prefix = folder / "cpus" / cpu.name
    system = prefix / "sys" / "devices" / "system" / "cpu"
    (system / "cpu0" / "topology").mkdir(parents=True)
    for entry in (folder / "root").iterdir():
        if entry.name not in ("proc", "sys"):
            (prefix / entry.name).symlink_to(Path("..", "..", "root", entry.name))
    (prefix / "proc").mkdir()
    (prefix / "proc" / "cpuinfo").write_text(cpu.cpuinfo, encoding="ascii")
    for name in ("possible", "present", "online", "kernel_max"):
        (system / name).write_text("0\n", encoding="ascii")
    for name, text in TOPOLOGY.items():
        (system / "cpu0" / "topology" / name).write_text(f"{text}\n", encoding="ascii")


def _tried(
    arch: Arch,
    part: Path,
    qemu: tuple[str, str],
    asked: str,
    packages: tuple[str, ...],
    pins: Mapping[str, str],
) -> place.Root:
    """The root, once the runtimes were imported in it; that leaves their byte code there, too."""
    emulator = over(_cpus(arch)[0], *qemu, place.Root(part, pins, asked, "", "", packages))
    modules = ", ".join(IMPORTS[name] for name in pins if name in IMPORTS)
    code = (
        f"import json, platform, runpy; runpy.run_path({str(WORKER)!r}); import numpy, {modules}; "
        "from importlib.metadata import version; "
        f"print(json.dumps([platform.python_version(), numpy.__version__, "
        f"{{name: version(name) for name in {list(pins)!r}}}]))"
    )
    at = emulator.places(WORKER)
    more = {**emulator.environment(at), "PYTHONDONTWRITEBYTECODE": ""}
    status, printed = steps.run("importing the runtimes", [*emulator.command("", at), "-P", "-c", code], more)
    told: Any = None
    if not status:
        try:
            told = json.loads(printed.strip().splitlines()[-1])
        except (ValueError, IndexError):
            status = 1
    if status:
        raise errors.not_imported(arch.name, steps.tail(printed))
    python, numpy, versions = told
    return place.Root(part, versions, asked, python, numpy, packages)


def _cpus(arch: Arch) -> list[Cpu]:
    return [cpu for cpu in CPUS.values() if cpu.arch == arch.name]
