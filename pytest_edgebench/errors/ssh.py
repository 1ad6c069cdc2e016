"""Messages about boards that are reached by ssh."""

from __future__ import annotations

from pytest_edgebench.errors import Dropped, MeasureError


def _lasting(what: str, fix: str) -> MeasureError:
    error = MeasureError(what, fix=fix)
    error.lasting = True
    return error


# Reaching it


def no_client(cause: OSError) -> MeasureError:
    return _lasting(
        f"the program ssh cannot be started: {cause.strerror or cause}",
        "install the OpenSSH client (Debian: apt-get install openssh-client)",
    )


def unknown_host_key(title: str, said: str) -> MeasureError:
    return _lasting(
        f"{title} is not known: no key of it is on record here, so it could be any machine{_said(said)}",
        f"log in once by hand and compare the fingerprint it shows with the board's own: ssh ssh://{title}",
    )


def changed_host_key(title: str, said: str) -> MeasureError:
    return _lasting(
        f"{title} answers with another key than it had: was it set up anew, or is it another?{_said(said)}",
        "if the board was set up anew, remove its old key (ssh-keygen -R HOST) and log in once by hand",
    )


def denied(title: str, said: str) -> MeasureError:
    return _lasting(
        f"{title} does not let us in{_said(said)}",
        "put your public key on the board (ssh-copy-id), and name it in the ssh configuration (IdentityFile) "
        "or load it into ssh-agent; passwords are never asked for",
    )


def unreachable(title: str, said: str) -> MeasureError:
    return MeasureError(
        f"{title} cannot be reached{_said(said)}",
        fix="is it switched on, and does its ssh server run? Try: ssh ssh://" + title,
    )


def no_answer(title: str, seconds: float, said: str) -> MeasureError:
    return MeasureError(
        f"{title} had not let us in after {seconds:g} s{_said(said)}",
        fix="is the board overloaded? Its login must end without a question; see connect_s in target_options",
    )


def dropped(title: str, doing: str, said: str) -> Dropped:
    return Dropped(
        f"the connection to {title} was lost while {doing}{_said(said)}",
        fix="it was made anew and tried once more; look at the board's network and power",
    )


# What is there


def unlike_a_board(title: str, said: str) -> MeasureError:
    return _lasting(
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
        fix=f"make room there (what lies in {folder} may be deleted at any time), or name a folder on "
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


def no_python(title: str, python: str, said: str) -> MeasureError:
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


def clock_rate(title: str, doing: str, there_s: float, here_s: float) -> MeasureError:
    return MeasureError(
        f"the clock of {title} counted {there_s:.3g} s while {here_s:.3g} s passed here ({doing}): its times "
        "mean nothing",
        fix="does it run in an emulator, or with a broken clock source (see "
        "/sys/devices/system/clocksource/clocksource0/current_clocksource)?",
    )


def _said(said: str) -> str:
    lines = said.strip().splitlines()[-6:]
    return ":\n" + "\n".join(f"    {line}" for line in lines) if lines else ""
