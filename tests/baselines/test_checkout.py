"""A commit checked out apart: nothing of the user's repository changes, no hook or filter runs."""

from __future__ import annotations

import hashlib
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from pytest_edgebench.base.git import LOCAL, GitError, environment, git
from pytest_edgebench.baselines.checkout import checkout
from pytest_edgebench.record import environment as facts

if TYPE_CHECKING:
    from pathlib import Path


def run(folder: Path, *arguments: str) -> str:
    own = {**environment(), "GIT_ALLOW_PROTOCOL": "file"}
    names = ("-c", "user.email=a@example.org", "-c", "user.name=a", "-c", "protocol.file.allow=always")
    done = subprocess.run(
        ["git", *names, *arguments], cwd=folder, env=own, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def made(folder: Path, text: str = "one") -> str:
    """A repository of one file; its commit."""
    folder.mkdir(parents=True)
    run(folder, "init", "-q", "-b", "main")
    (folder / "a.txt").write_text(text, encoding="utf-8")
    run(folder, "add", "-A")
    run(folder, "commit", "-qm", text)
    return run(folder, "rev-parse", "HEAD")


def state(folder: Path) -> dict[str, str]:
    """Every file below a folder with its bytes: index, refs, stash, config, hooks, worktrees, objects."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in sorted(folder.rglob("*"))
    }


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A repository with two commits, a tag, a stash, hooks, a smudge filter and changes not committed."""
    folder = tmp_path / "tree"
    made(folder)
    (folder / ".gitattributes").write_text("*.bin filter=loud\n", encoding="utf-8")
    (folder / "b.bin").write_text("pointer", encoding="utf-8")
    ran = tmp_path / "ran"
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "post-merge"):
        path = folder / ".git" / "hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\necho {hook} >> {ran}\n", encoding="utf-8")
        path.chmod(0o755)
    run(folder, "add", "-A")
    run(folder, "commit", "-qm", "two")
    run(folder, "tag", "v1")
    (folder / "a.txt").write_text("stashed", encoding="utf-8")
    run(folder, "stash", "-q")
    run(folder, "config", "filter.loud.smudge", f"sh -c 'echo smudge >> {ran}; cat'")
    run(folder, "config", "filter.loud.clean", "cat")
    run(folder, "config", "filter.loud.required", "true")
    (folder / "a.txt").write_text("staged", encoding="utf-8")
    run(folder, "add", "a.txt")
    (folder / "a.txt").write_text("not staged", encoding="utf-8")
    ran.unlink(missing_ok=True)
    return folder


def test_nothing_of_the_users_changes(tree: Path, tmp_path: Path) -> None:
    sha = git(tree, "rev-parse", "HEAD")
    os.utime(tree / "b.bin")  # git would refresh the index
    before = state(tree)
    place = tmp_path / "place"
    assert checkout(tree, sha, place) == []
    assert facts.commit(tree).dirty
    assert state(tree) == before
    assert not (tmp_path / "ran").exists()
    assert (place / "a.txt").read_text(encoding="utf-8") == "one"
    assert (place / "b.bin").read_text(encoding="utf-8") == "pointer"
    assert git(place, "rev-parse", "HEAD") == sha
    assert git(place, "status", "--porcelain") == ""
    assert git(place, "describe", "--tags") == "v1"
    (place / "a.txt").write_text("other", encoding="utf-8")
    git(place, "add", "-A")  # a test of the commit may do so
    assert state(tree) == before


def test_variables_of_a_hook_reach_no_call(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha, listed = git(tree, "rev-parse", "HEAD"), git(tree, "rev-parse", "--local-env-vars").split()
    assert set(listed) <= LOCAL
    before = state(tree)
    for name in listed:
        monkeypatch.setenv(name, str(tree / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tree / ".git" / "index"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.bare")
    assert not {*listed, "GIT_CONFIG_KEY_0"} & environment().keys()
    assert checkout(tree, sha, tmp_path / "place") == []
    assert facts.commit(tree).sha == sha
    assert state(tree) == before
    assert (tmp_path / "place" / "a.txt").read_text(encoding="utf-8") == "one"


def test_from_a_linked_worktree(tree: Path, tmp_path: Path) -> None:
    run(tree, "worktree", "add", "-q", str(tmp_path / "linked"), "HEAD")
    before = state(tree)
    assert checkout(tmp_path / "linked", git(tree, "rev-parse", "HEAD"), tmp_path / "place") == []
    assert (tmp_path / "place" / "a.txt").read_text(encoding="utf-8") == "one"
    assert state(tree) == before


def test_submodules_are_checked_out_at_the_commits_own_state(tmp_path: Path) -> None:
    """Also a submodule within, and one that the working tree has no more."""
    made(tmp_path / "deep", "deep")
    made(tmp_path / "inner", "inner one")
    run(tmp_path / "inner", "submodule", "add", "-q", str(tmp_path / "deep"), "deep")
    run(tmp_path / "inner", "commit", "-qam", "deep")
    tree = tmp_path / "tree"
    made(tree)
    run(tree, "submodule", "add", "-q", str(tmp_path / "inner"), "weights")
    run(tree, "submodule", "update", "-q", "--init", "--recursive")
    run(tree, "commit", "-qam", "weights")
    sha = git(tree, "rev-parse", "HEAD")
    (tree / "weights" / "a.txt").write_text("inner two", encoding="utf-8")
    run(tree / "weights", "commit", "-qam", "two")
    run(tree, "commit", "-qam", "newer weights")
    before = state(tree)
    assert checkout(tree, sha, tmp_path / "place") == []
    assert (tmp_path / "place" / "weights" / "a.txt").read_text(encoding="utf-8") == "inner one"
    assert (tmp_path / "place" / "weights" / "deep" / "a.txt").read_text(encoding="utf-8") == "deep"
    assert state(tree) == before
    run(tree, "rm", "-qf", "weights")
    assert checkout(tree, sha, tmp_path / "again") == []
    assert (tmp_path / "again" / "weights" / "a.txt").read_text(encoding="utf-8") == "inner one"


def test_a_submodule_that_is_not_here_is_told_with_what_works(tmp_path: Path) -> None:
    made(tmp_path / "inner", "inner")
    tree = tmp_path / "tree"
    made(tree)
    run(tree, "submodule", "add", "-q", str(tmp_path / "inner"), "weights")
    run(tree, "commit", "-qam", "weights")
    run(tmp_path, "clone", "-q", str(tree), "clone")
    clone, sha = tmp_path / "clone", git(tree, "rev-parse", "HEAD")
    (told,) = checkout(clone, sha, tmp_path / "place")
    assert "the submodule weights is empty there: run git submodule update --init" in told
    run(clone, "submodule", "update", "-q", "--init")
    assert checkout(clone, sha, tmp_path / "filled") == []
    (tmp_path / "inner" / "a.txt").write_text("newer", encoding="utf-8")
    run(tmp_path / "inner", "commit", "-qam", "newer")
    newer = git(tmp_path / "inner", "rev-parse", "HEAD")
    run(tree / "weights", "pull", "-q")
    run(tree, "commit", "-qam", "newer")
    run(clone, "pull", "-q", "--no-recurse-submodules")
    (told,) = checkout(clone, git(tree, "rev-parse", "HEAD"), tmp_path / "newer")
    assert f"run git -C weights fetch origin {newer}" in told
    run(clone, "-C", "weights", "fetch", "-q", "origin", newer)
    assert checkout(clone, git(tree, "rev-parse", "HEAD"), tmp_path / "mended") == []
    assert (tmp_path / "mended" / "weights" / "a.txt").read_text(encoding="utf-8") == "newer"


def test_a_partial_clone_fetches_what_it_lacks_or_says_why(tmp_path: Path) -> None:
    old = made(tmp_path / "tree")
    run(tmp_path / "tree", "config", "uploadpack.allowFilter", "true")
    run(tmp_path / "tree", "config", "uploadpack.allowAnySHA1InWant", "true")
    (tmp_path / "tree" / "a.txt").write_text("two", encoding="utf-8")
    run(tmp_path / "tree", "commit", "-qam", "two")
    clone = tmp_path / "clone"
    run(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{tmp_path / 'tree'}", str(clone))
    before = state(clone)
    assert checkout(clone, old, tmp_path / "place") == []
    assert (tmp_path / "place" / "a.txt").read_text(encoding="utf-8") == "one"
    assert state(clone) == before
    (tmp_path / "tree").rename(tmp_path / "away")
    with pytest.raises(GitError, match=r"does not appear to be a git repository|promisor|could not fetch"):
        checkout(clone, old, tmp_path / "again")


def test_a_shallow_clone(tmp_path: Path) -> None:
    made(tmp_path / "tree")
    run(tmp_path / "tree", "commit", "-q", "--allow-empty", "-m", "two")
    run(tmp_path, "clone", "-q", "--depth=1", f"file://{tmp_path / 'tree'}", "clone")
    sha = git(tmp_path / "clone", "rev-parse", "HEAD")
    assert checkout(tmp_path / "clone", sha, tmp_path / "place") == []
    assert git(tmp_path / "place", "log", "--format=%s") == "two"


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a folder to another user takes root")
def test_a_repository_of_another_user_gives_gits_own_words(tmp_path: Path) -> None:
    made(tmp_path / "tree")
    for path in (tmp_path / "tree", *(tmp_path / "tree").rglob("*")):
        os.chown(path, 65534, 65534)
    try:
        with pytest.raises(GitError, match="detected dubious ownership in repository at") as caught:
            git(tmp_path / "tree", "rev-parse", "HEAD")
    finally:
        for path in (tmp_path / "tree", *(tmp_path / "tree").rglob("*")):
            os.chown(path, 0, 0)
    assert caught.value.fix == f"git config --global --add safe.directory {tmp_path / 'tree'}"
