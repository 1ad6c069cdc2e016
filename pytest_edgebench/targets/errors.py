"""Messages of the room `targets`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.base.errors import Dropped, LockLost, MeasureError

if TYPE_CHECKING:
    from collections.abc import Sequence


def _lasting_ssh(what: str, fix: str) -> MeasureError:
    error = MeasureError(what, fix=fix)
    error.lasting = True
    return error


def no_client(cause: OSError) -> MeasureError:
    return _lasting_ssh(
        f"the program ssh cannot be started: {cause.strerror or cause}",
        "install the OpenSSH client (Debian: apt-get install openssh-client)",
    )


def unknown_host_key(title: str, said: str) -> MeasureError:
    return _lasting_ssh(
        f"{title} is not known: no key of it is on record here, so it could be any machine{_said(said)}",
        f"log in once by hand and compare the fingerprint it shows with the board's own: ssh ssh://{title}",
    )


def changed_host_key(title: str, said: str) -> MeasureError:
    return _lasting_ssh(
        f"{title} answers with another key than it had: was it set up again, or is it another?{_said(said)}",
        "if the board was set up again, remove its old key (ssh-keygen -R HOST) and log in once by hand",
    )


def denied(title: str, said: str) -> MeasureError:
    return _lasting_ssh(
        f"{title} does not let us in{_said(said)}",
        "put your public key on the board (ssh-copy-id), and name it in the ssh configuration (IdentityFile) "
        "or load it into ssh-agent; passwords are never asked for",
    )


def unreachable(title: str, said: str) -> MeasureError:
    return MeasureError(
        f"{title} cannot be reached{_said(said)}",
        fix="is it switched on, and does its ssh server run? Try: ssh ssh://" + title,
    )


def no_ssh_answer(title: str, seconds: float, said: str) -> MeasureError:
    return MeasureError(
        f"{title} had not let us in after {seconds:g} s{_said(said)}",
        fix="is the board overloaded? Its login must end without a question; see connect_s in target_options",
    )


def dropped(title: str, doing: str, said: str) -> Dropped:
    return Dropped(
        f"the connection to {title} was lost while {doing}{_said(said)}",
        fix="it was opened again and tried once more; look at the board's network and power",
    )


def unlike_a_board(title: str, said: str) -> MeasureError:
    return _lasting_ssh(
        f"{title} does not behave like a Linux machine with a POSIX shell{_said(said)}",
        "the account needs a shell with cd, mkdir, find and tar, and a home folder",
    )


def not_writable(title: str, folder: str, said: str) -> MeasureError:
    return MeasureError(
        f"nothing can be written to {folder} on {title}{_said(said)}",
        fix="name another folder in target_options: folder = ...",
    )


def no_room(title: str, folder: str, wanted: int, said: str) -> MeasureError:
    return MeasureError(
        f"{title} has no room for {wanted} bytes in {folder}{_said(said)}",
        fix=f"make room there (the content of {folder} may be deleted at any time), or name a folder on "
        "another disk in target_options: folder = ...",
    )


def not_sent(title: str, what: str, said: str) -> MeasureError:
    return MeasureError(f"{what} could not be sent to {title}{_said(said)}", fix="does the board have tar?")


def not_fetched(title: str, path: str, said: str) -> MeasureError:
    return MeasureError(f"{path} could not be fetched from {title}{_said(said)}", fix="is the file there?")


def too_slow(title: str, doing: str, seconds: float) -> MeasureError:
    return MeasureError(
        f"{title} had not finished after {seconds:g} s while {doing}",
        fix="is the board overloaded, or the network very slow?",
    )


def no_board_python(title: str, python: str, said: str) -> MeasureError:
    return MeasureError(
        f"{title} has no interpreter {python}{_said(said)}",
        fix="install Python ≥ 3.11 there, or give `python` of the profile its path on the board",
    )


def old_python(title: str, python: str, version: str) -> MeasureError:
    return MeasureError(
        f"{python} on {title} is Python {version}, and the worker needs 3.11",
        fix="install a newer one there, and give `python` of the profile its path on the board",
    )


def no_numpy(title: str, python: str, said: str) -> MeasureError:
    return MeasureError(
        f"{python} on {title} has no numpy{_said(said)}",
        fix=f"install it there with the runtime: {python} -m pip install numpy ...",
    )


def _said(said: str) -> str:
    lines = said.strip().splitlines()[-6:]
    return ":\n" + "\n".join(f"    {line}" for line in lines) if lines else ""


SETUP = "edgebench setup qemu"


INSTALL = {
    "apt-get": "run it on Debian or Ubuntu, or in a container of one",
    "dpkg-deb": "apt-get install dpkg",
    "gcc": "apt-get install gcc libc6-dev",
}
"""Program → the command that brings it; all others are of qemu."""


def _install(program: str) -> str:
    return INSTALL.get(program, "apt-get install qemu-user")


def _lasting_qemu(what: str, fix: str, where: str = "") -> MeasureError:
    error = MeasureError(what, where=where, fix=fix)
    error.lasting = True
    return error


def not_installed(program: str, cpu: str) -> MeasureError:
    return _lasting_qemu(f"{program}, which emulates {cpu}, is missing", _install(program))


def no_version(program: str, printed: str) -> MeasureError:
    return _lasting_qemu(
        f"{program} printed no version, but: {printed.strip()[:200] or 'nothing'}",
        "apt-get install --reinstall qemu-user",
    )


def no_root(arch: str, folder: str) -> MeasureError:
    return _lasting_qemu("no root file system with Python for " + arch, setup(arch), folder)


def broken_root(arch: str, folder: str, missing: str) -> MeasureError:
    return _lasting_qemu(
        f"the root file system for {arch} is damaged: {missing} is missing", setup(arch), folder
    )


def old_root(arch: str, folder: str) -> MeasureError:
    return _lasting_qemu(
        f"the root file system for {arch} was made by another version of pytest-edgebench",
        setup(arch),
        folder,
    )


def not_in_root(runtime: str, arch: str, there: Sequence[str]) -> MeasureError:
    return _lasting_qemu(
        f"the root file system for {arch} has no {runtime}: it has {', '.join(sorted(there)) or 'nothing'}",
        f"write a runtime that it has in the profile, or install {runtime} here and run {setup(arch)}",
    )


def other_machine(cpu: str, machine: str) -> MeasureError:
    return _lasting_qemu(
        f"{cpu} is emulated over the environment of this machine, which is {machine}, not x86_64",
        "run it on an x86-64 machine",
    )


def own_python(cpu: str) -> MeasureError:
    return _lasting_qemu(
        f"python is given in the profile, but {cpu} runs the Python of its own root file system",
        "take python out of the profile",
    )


def no_plugin(version: str) -> MeasureError:
    return _lasting_qemu(f"the plugin that counts instructions is not built for qemu {version}", SETUP)


def no_counts(title: str, doing: str, wanted: int, printed: str) -> MeasureError:
    return MeasureError(
        f"{title} noted no instructions of {wanted} inferences while {doing}: "
        f"{printed.strip()[:200] or 'nothing'}",
        fix=f"{SETUP} --again",
    )


def setup(arch: str) -> str:
    """The command that makes what an architecture needs."""
    return SETUP if arch in ("aarch64", "x86_64") else f"{SETUP} --arch {arch}"


def no_python(python: str, cause: OSError) -> MeasureError:
    return MeasureError(
        f"the interpreter {python} cannot be started: {cause.strerror or cause}",
        fix="give `python` of the profile the path of an environment's interpreter (bin/python)",
    )


def not_copied(path: str, cause: OSError) -> MeasureError:
    return MeasureError(
        f"the file cannot be copied: {cause.strerror or cause}",
        where=path,
        fix="is it there, and is there room for it here?",
    )


def lock_lost(title: str, doing: str) -> LockLost:
    return LockLost(
        f"{title} was not held all the time while {doing}: what was measured was dropped",
        fix="who else uses the board, or is its connection unreliable? (its lock is a file that was deleted, "
        "replaced, or let go when nothing was heard for 8 s)",
    )


def board_busy(title: str, seconds: float, holder: str) -> MeasureError:
    return MeasureError(
        f"{title} was not free within {seconds:g} s: {holder} has it",
        fix="wait for it, or measure on another board",
    )


def no_holder(title: str, said: str) -> MeasureError:
    return MeasureError(
        f"{title} cannot be held for timing: {said}",
        fix="is there room and a right to write in /run/lock or /tmp of the board?",
    )
