"""Messages about emulated CPUs: what is missing for them, and what setup cannot make."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import MeasureError
from pytest_edgebench.errors.target import SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence

SETUP = "python -m pytest_edgebench setup qemu"
INSTALL = {
    "apt-get": "run it on Debian or Ubuntu, or in a container of one",
    "dpkg-deb": "apt-get install dpkg",
    "gcc": "apt-get install gcc libc6-dev",
}
"""Program → the command that brings it; all others are of qemu."""


def _install(program: str) -> str:
    return INSTALL.get(program, "apt-get install qemu-user")


# Setting up


def no_program(program: str, purpose: str) -> SetupError:
    return SetupError(f"{program} is missing, {purpose}", fix=f"{_install(program)}, then run setup again")


def no_keyring(path: str) -> SetupError:
    return SetupError(
        "the keys that Debian's packages are signed with are missing",
        where=path,
        fix="apt-get install debian-archive-keyring, then run setup again",
    )


def no_pip(python: str, printed: str) -> SetupError:
    return SetupError(
        f"{python} has no pip, which fetches the wheels: {printed}",
        fix=f"{python} -m ensurepip, or give --python the path of an interpreter that has pip",
    )


def no_wheel(wanted: Sequence[str], platform: str, python: str, printed: str) -> SetupError:
    lines = "\n".join(f"    {line}" for line in printed.splitlines())
    return SetupError(
        f"not all of {', '.join(wanted)} can be had for {platform} and Python {python}; pip printed:\n"
        f"{lines}",
        fix="name a version that has a wheel for it, such as --wheel onnxruntime==1.23.2",
    )


def wheel_form(given: str, known: Sequence[str]) -> SetupError:
    return SetupError(
        f"{given!r} names no version of a wheel",
        where="--wheel",
        fix=f"write NAME==VERSION, with NAME one of {', '.join(known)}",
    )


def no_packages(printed: str) -> SetupError:
    return SetupError(
        f"apt-get names no packages to install; it printed: {printed.strip()[-300:] or 'nothing'}",
        fix="give --mirror the address of a Debian mirror that has bookworm",
    )


def busy(folder: str) -> SetupError:
    return SetupError("another set-up is at work here", where=folder, fix="wait until it has ended")


def unwritten(folder: str, cause: str) -> SetupError:
    return SetupError(
        f"the set-up cannot be written: {cause}",
        where=folder,
        fix="make room there (a root takes 500 MB), or give --folder another place",
    )


def not_imported(arch: str, printed: str) -> SetupError:
    lines = "\n".join(f"    {line}" for line in printed.splitlines())
    return SetupError(
        f"the runtimes do not work in the new root of {arch}; it printed:\n{lines}",
        fix="try another version of a wheel with --wheel NAME==VERSION",
    )


def not_built(compiler: str, printed: str) -> SetupError:
    lines = "\n".join(f"    {line}" for line in printed.splitlines())
    return SetupError(
        f"{compiler} cannot build the plugin that counts instructions; it printed:\n{lines}",
        fix="apt-get install gcc libc6-dev, then run setup again; outputs can be had without it",
    )


def not_loaded(program: str, version: str, printed: str) -> SetupError:
    lines = "\n".join(f"    {line}" for line in printed.splitlines())
    return SetupError(
        f"{program} {version} does not take the plugin that counts instructions; it printed:\n{lines}",
        fix="use Debian's qemu-user (7.2) or a newer one that is not static; outputs can be had without it",
    )


def other_arch(wanted: str, machine: str) -> SetupError:
    return SetupError(
        f"x86 CPUs are emulated over the environment of this machine, which is {machine}, not {wanted}",
        fix="run it on an x86-64 machine, or leave --arch x86_64 out",
    )


# Measuring


def _lasting(what: str, fix: str, where: str = "") -> MeasureError:
    error = MeasureError(what, where=where, fix=fix)
    error.lasting = True
    return error


def not_installed(program: str, cpu: str) -> MeasureError:
    return _lasting(f"{program}, which emulates {cpu}, is missing", _install(program))


def no_version(program: str, printed: str) -> MeasureError:
    return _lasting(
        f"{program} does not tell its version; it printed: {printed.strip()[:200] or 'nothing'}",
        "apt-get install --reinstall qemu-user",
    )


def no_root(arch: str, folder: str) -> MeasureError:
    return _lasting("there is no root file system with Python for " + arch, setup(arch), folder)


def broken_root(arch: str, folder: str, missing: str) -> MeasureError:
    return _lasting(f"the root file system for {arch} is damaged: {missing} is missing", setup(arch), folder)


def old_root(arch: str, folder: str) -> MeasureError:
    return _lasting(
        f"the root file system for {arch} was made by another version of pytest-edgebench",
        setup(arch),
        folder,
    )


def not_in_root(runtime: str, arch: str, there: Sequence[str]) -> MeasureError:
    return _lasting(
        f"the root file system for {arch} has no {runtime}: it has {', '.join(sorted(there)) or 'nothing'}",
        f"write a runtime that it has in the profile, or install {runtime} here and run {setup(arch)}",
    )


def other_machine(cpu: str, machine: str) -> MeasureError:
    return _lasting(
        f"{cpu} is emulated over the environment of this machine, which is {machine}, not x86_64",
        "run it on an x86-64 machine",
    )


def own_python(cpu: str) -> MeasureError:
    return _lasting(
        f"python is given in the profile, but {cpu} runs the Python of its own root file system",
        "take python out of the profile",
    )


def no_plugin(version: str) -> MeasureError:
    return _lasting(f"the plugin that counts instructions is not built for qemu {version}", SETUP)


def no_counts(title: str, doing: str, wanted: int, printed: str) -> MeasureError:
    return MeasureError(
        f"{title} noted no instructions of {wanted} inferences while {doing}: "
        f"{printed.strip()[:200] or 'nothing'}",
        fix=f"{SETUP} --again",
    )


def setup(arch: str) -> str:
    """The command that makes what an architecture needs."""
    return SETUP if arch in ("aarch64", "x86_64") else f"{SETUP} --arch {arch}"


def not_counted(what: str, fix: str) -> str:
    return f"the instructions cannot be counted: {what}" + (f"; {fix}" if fix else "")
