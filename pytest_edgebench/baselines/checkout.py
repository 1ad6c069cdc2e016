"""A commit's files in a repository of their own, which borrows the user's objects and writes nothing there.

A linked worktree (``git worktree add``) would write into the user's ``.git``, run the user's hooks and the
smudge filters of the user's configuration. Here index, refs and configuration are the checkout's own.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgebench.base.git import GitError, git
from pytest_edgebench.baselines import errors

if TYPE_CHECKING:
    from pathlib import Path

CHECKOUT_S = 600.0
_LINK = "160000"
"""Mode of a submodule in a tree."""
_PARTIAL = r"^(remote\..*\.(url|promisor|partialclonefilter)|extensions\.partialclone)$"


@dataclass(frozen=True, slots=True)
class _Source:
    """Where objects come from: a repository's folder of objects, and its file of a shallow clone's ends."""

    objects: Path
    shallow: Path


def checkout(tree: Path, sha: str, place: Path) -> list[str]:
    """Check a commit out, with those of its submodules that are there.

    Args:
        tree: root of the user's working tree. sha: the commit. place: a new folder.

    Returns:
        one sentence for each submodule that is not there, with what to run.

    Raises:
        GitError: git cannot.
    """
    source = _Source(*(tree / git(tree, "rev-parse", "--git-path", name) for name in ("objects", "shallow")))
    _begin(source, place, _object_format(tree))
    # Tags and branches for tools that look for them (a version made from the newest tag).
    refs = git(tree, "for-each-ref", "--format=%(objectname) %(refname)")
    (place / ".git" / "packed-refs").write_text(f"# pack-refs with: sorted \n{refs}\n", encoding="utf-8")
    _borrow_remote(tree, place)
    _fill(place, sha)
    return _submodules(tree, source, sha, place, "")


def _begin(source: _Source, place: Path, object_format: str) -> None:
    """An empty repository without hooks and filters, which sees the objects of another one."""
    place.mkdir(parents=True, exist_ok=True)
    git(place, "init", "--quiet", "--template=", f"--object-format={object_format}")
    folder = place / ".git"
    for name in ("objects/info", "info"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "objects" / "info" / "alternates").write_text(f"{source.objects.resolve()}\n", encoding="utf-8")
    (folder / "info" / "attributes").write_text("* -filter\n", encoding="utf-8")
    if source.shallow.is_file():
        shutil.copyfile(source.shallow, folder / "shallow")


def _object_format(tree: Path) -> str:
    return git(tree, "rev-parse", "--show-object-format")


def _borrow_remote(tree: Path, place: Path) -> None:
    """Let a partial clone's missing objects be fetched into the checkout, as they would be into the clone."""
    found: dict[str, str] = {}
    with contextlib.suppress(GitError):  # none
        for line in git(tree, "config", "--null", "--get-regexp", _PARTIAL).split("\0"):
            key, _, value = line.partition("\n")
            found |= {key: value} if key else {}
    if not any(key.endswith(".promisor") or key == "extensions.partialclone" for key in found):
        return
    git(place, "config", "core.repositoryformatversion", "1")
    for key, value in found.items():
        near = tree / value
        nearby = key.endswith(".url") and "://" not in value and near.exists()
        git(place, "config", key, str(near.resolve()) if nearby else value)


def _fill(place: Path, sha: str) -> None:
    git(
        place, "-c", "submodule.recurse=false", "checkout", "--quiet", "--force", "--detach", sha,
        timeout_s=CHECKOUT_S,
    )  # fmt: skip


def _submodules(tree: Path, outer: _Source, sha: str, place: Path, prefix: str) -> list[str]:
    """Check the submodules of a commit out; what to run for those that are not there.

    Args:
        outer: where the objects of the commit are. prefix: of the submodules' paths, for messages.
    """
    missing = []
    for line in git(place, "ls-tree", "-r", "-z", sha).split("\0"):
        facts, _, path = line.partition("\t")
        if not facts.startswith(_LINK):
            continue
        wanted, name = facts.split()[2], f"{prefix}{path}"
        source = _source_of(tree, outer, place, path)
        if source is None:
            missing.append(errors.hint_submodule(name))
            continue
        inner = place / path
        _begin(source, inner, _object_format(place))
        try:
            git(inner, "cat-file", "-e", f"{wanted}^{{commit}}")
        except GitError:
            shutil.rmtree(inner / ".git")
            missing.append(errors.hint_submodule_commit(name, wanted))
            continue
        _fill(inner, wanted)
        missing += _submodules(tree / path, source, wanted, inner, f"{name}/")
    return missing


def _source_of(tree: Path, outer: _Source, place: Path, path: str) -> _Source | None:
    """Where the objects of a submodule are: in the working tree's own checkout of it, or kept from before."""
    if (tree / path / ".git").exists():
        at = tree / path
        return _Source(*(at / git(at, "rev-parse", "--git-path", name) for name in ("objects", "shallow")))
    with contextlib.suppress(GitError):
        listed = git(place, "config", "--file", ".gitmodules", "--get-regexp", r"^submodule\..*\.path$")
        for line in listed.splitlines():
            key, _, at_path = line.partition(" ")
            name = key.removeprefix("submodule.").removesuffix(".path")
            kept = outer.objects.parent / "modules" / name
            if at_path == path and ".." not in name and (kept / "objects").is_dir():
                return _Source(kept / "objects", kept / "shallow")
    return None
