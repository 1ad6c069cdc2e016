"""The project's tree: the git working tree round a folder, or the folder itself; and git, asked to read it.

git hands its hooks variables that name *their* repository, index and objects. They are cleared for every
call of ours and for every pytest that we start, or a call meant for a worktree would write the index of the
commit that is being made. Calls take no optional lock, so that not even the index is refreshed.
"""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

GIT_S = 60.0
LOCAL = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_PARAMETERS", "GIT_CONFIG_COUNT",
        "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_IMPLICIT_WORK_TREE", "GIT_GRAFT_FILE",
        "GIT_INDEX_FILE", "GIT_INDEX_VERSION", "GIT_NO_REPLACE_OBJECTS", "GIT_REPLACE_REF_BASE", "GIT_PREFIX",
        "GIT_INTERNAL_SUPER_PREFIX", "GIT_SHALLOW_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE",
        "GIT_QUARANTINE_PATH",
    }
)  # fmt: skip
"""``git rev-parse --local-env-vars`` of all versions so far, and what else ties a call to one repository."""
_NUMBERED = ("GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
_OWNERSHIP = "detected dubious ownership"


class GitError(Exception):
    """What git said.

    Attributes:
        fix: the command that git itself advises; "" where it advises none.
    """

    def __init__(self, said: str, fix: str = "") -> None:
        super().__init__(said)
        self.fix = fix


def root_of(folder: Path) -> Path:
    """The nearest folder with a `.git`, also that of a worktree; without one the folder itself."""
    folder = folder.resolve()
    return next((path for path in (folder, *folder.parents) if (path / ".git").exists()), folder)


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what ties git to one repository, and `more`."""
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in LOCAL and not name.startswith(_NUMBERED)
    }
    return {**own, **(more or {})}


def git(
    folder: Path,
    *arguments: str,
    timeout_s: float = GIT_S,
    environ: Mapping[str, str] | None = None,
    given: str | None = None,
) -> str:
    """What a git command prints.

    Args:
        environ: variables on top of `environment`. given: text for its standard input.

    Raises:
        GitError: it failed, took too long, or git is not installed.
    """
    # Words in English, since some are looked for; no question is asked of whoever is not there to answer.
    own = environment(
        {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", **(environ or {})}
    )
    command = ["git", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C", str(folder)]
    try:
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, errors="surrogateescape", check=False,
            timeout=timeout_s, env=own, input=given, stdin=subprocess.DEVNULL if given is None else None,
        )  # fmt: skip
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} took over {timeout_s:.0f} s") from None
    if done.returncode:
        raise _said(done.stderr, f"git {arguments[0]} ended with status {done.returncode}")
    return done.stdout.strip()


def _said(text: str, otherwise: str) -> GitError:
    """git's own words, and the command it advises."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        return GitError(otherwise)
    for line in lines:
        if _OWNERSHIP in line:
            advice = next((each for each in lines if each.startswith("git config ")), "")
            return GitError(line.removeprefix("fatal: "), advice)
    said = [line for line in lines if line.startswith(("fatal: ", "error: "))]
    return GitError(said[0] if said else lines[-1])
