"""The exceptions, and the messages that several rooms give.

Each room has the messages of its own in its `errors`; every message says what was wrong, where (file:line or
key) and what to write instead.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from pytest_edgebench.base.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class EdgebenchError(Exception):
    """Base of all errors a user can cause or mend.

    Attributes:
        what: one sentence saying what is wrong.
        where: ``file:line``, a settings key or a file path; empty when unknown.
        fix: what to write or do instead; empty when there is nothing to advise.
    """

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        # Names, answers and what libraries say come from files and programs that may hold anything.
        what, where, fix = printable(what), printable(where), printable(fix)
        super().__init__(what, where, fix)
        self.what = what
        self.where = where
        self.fix = fix

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


class DeclarationError(EdgebenchError):
    """A model, recipe, budget or case selection that cannot mean anything; found at collection."""


class SettingsError(EdgebenchError):
    """A wrong key or value on the command line or in ``edgebench.toml``."""


class DataError(EdgebenchError):
    """Inputs, labels, calibration data or scores that cannot be used."""


class BuildError(EdgebenchError):
    """An artifact could not be built: the case ends in ERROR."""


class NoEffectError(BuildError):
    """A step ran but changed nothing that it promises to change."""


class UnsupportedError(EdgebenchError):
    """This combination of steps, format and runtime cannot be built: the case is UNSUPPORTED."""


class MeasureError(EdgebenchError):
    """A runtime crashed, hung, ran out of memory or answered garbage: the case ends in ERROR.

    Attributes:
        lasting: trying again in this session is of no use.
        said: the runtime's own words, where it refused; else "".
    """

    lasting = False
    said = ""


class Dropped(MeasureError):  # noqa: N818 - what happened, not what is wrong
    """The connection to a target was lost while it was asked; the question may be asked again."""


class LockLost(MeasureError):  # noqa: N818 - what happened, not what is wrong
    """Somebody else had a target while it was measured; what was found meanwhile is worth nothing."""


class BudgetExceeded(AssertionError):  # noqa: N818 - public name, given by the API
    """Raised by ``edge.check()`` when an error-level budget or default check fails."""


# pytest prints the full name of what was raised: the public one.
for _public in (EdgebenchError, BudgetExceeded):
    _public.__module__ = "pytest_edgebench"


def nearest(given: str, known: Iterable[str]) -> str:
    """ "did you mean" for a name, or the names there are."""
    import difflib  # worth its import only once something is wrong

    known = sorted(set(known))
    close = difflib.get_close_matches(given, known, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"known: {', '.join(known)}" if known else "there is none"


def is_full(cause: OSError) -> bool:
    """No space, quota used up, or over the file-size limit."""
    return cause.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def cannot_write(folder: Path, cause: OSError) -> EdgebenchError:
    """A full disk is a build error; a folder that may not be written is a matter of settings."""
    if is_full(cause):
        return BuildError(
            f"no room to write the cache: {cause.strerror}",
            where=str(folder),
            fix="free space, or point `cache_dir` in the ini file to another disk",
        )
    return SettingsError(
        f"the cache folder cannot be written: {cause.strerror or cause}",
        where=str(folder),
        fix="point `cache_dir` in the ini file to a folder that can be written",
    )
