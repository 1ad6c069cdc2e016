"""Messages of the room `environments`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import EdgebenchError
from pytest_edgebench.targets.errors import _install

if TYPE_CHECKING:
    from collections.abc import Sequence


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
        f"not all of {', '.join(wanted)} is available for {platform} and Python {python}; pip printed:\n"
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
        fix="apt-get install gcc libc6-dev, then run setup again; outputs are available without it",
    )


def not_loaded(program: str, version: str, printed: str) -> SetupError:
    lines = "\n".join(f"    {line}" for line in printed.splitlines())
    return SetupError(
        f"{program} {version} does not take the plugin that counts instructions; it printed:\n{lines}",
        fix="use Debian's qemu-user (7.2) or a newer one that is not static; outputs need none",
    )


def other_arch(wanted: str, machine: str) -> SetupError:
    return SetupError(
        f"x86 CPUs are emulated over the environment of this machine, which is {machine}, not {wanted}",
        fix="run it on an x86-64 machine, or leave --arch x86_64 out",
    )


class SetupError(EdgebenchError):
    """What a target needs cannot be made here."""


def foreign_folder(folder: str) -> SetupError:
    return SetupError(
        "this folder is there already and was not made by this command, so it is left alone",
        where=folder,
        fix="give another one with --folder, or move it away",
    )


def no_interpreter(python: str, cause: str) -> SetupError:
    return SetupError(
        f"the interpreter {python} cannot be asked for its version: {cause}",
        fix="give --python the path of a Python interpreter",
    )


def no_runtime_wheel(package: str, version: str, wanted: str, python: str, found: str) -> SetupError:
    return SetupError(
        f"{package} {version} has no wheel that could be used with Python {found} ({python}): "
        f"it needs {wanted}",
        fix=f"give --python a Python {wanted} interpreter, such as --python python{wanted}",
    )


def failed(doing: str, tail: str) -> SetupError:
    printed = "\n".join(f"    {line}" for line in tail.splitlines())
    return SetupError(
        f"{doing} failed; it printed:\n{printed}",
        fix="fix what it says (is the package registry reached, is the disk full?) and run setup again",
    )


def too_slow(doing: str, seconds: float) -> SetupError:
    return SetupError(
        f"{doing} had not finished after {seconds:g} s, and was stopped",
        fix="run setup again on a quicker connection; what is half made is made again",
    )


def unlike_asked(folder: str, wanted: str, found: str) -> SetupError:
    return SetupError(
        f"the new environment answers with {found}, not with {wanted}",
        where=folder,
        fix="does a pip configuration or a variable such as PYTHONPATH put other packages there?",
    )
