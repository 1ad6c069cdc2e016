"""The project's tree: the git working tree round a folder, or the folder itself."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

GIT_S = 60.0


class GitError(Exception):
    """What git said."""


def root_of(folder: Path) -> Path:
    """The nearest folder with a `.git`, also that of a worktree; without one the folder itself."""
    folder = folder.resolve()
    return next((path for path in (folder, *folder.parents) if (path / ".git").exists()), folder)


def git(folder: Path, *arguments: str, timeout_s: float = GIT_S) -> str:
    """What a git command prints.

    Raises:
        GitError: it failed, took too long, or git is not installed.
    """
    command = ["git", "-C", str(folder), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=timeout_s)
    except FileNotFoundError:
        raise GitError("git is not installed") from None
    except subprocess.TimeoutExpired:
        raise GitError(f"git {arguments[0]} took over {timeout_s:.0f} s") from None
    if done.returncode:
        lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
        raise GitError(lines[-1] if lines else f"git {arguments[0]} ended with status {done.returncode}")
    return done.stdout.strip()
