"""Messages of the room `identity`: what was wrong, where, and what to write instead."""

from __future__ import annotations

from pytest_edgebench.base.errors import DeclarationError

_KEY = "pass `key=` to eb.Model"


def no_identity(given: str, reached: str, where: str) -> DeclarationError:
    """A value whose state cannot be read, or that changes as it is used."""
    return DeclarationError(
        f"{given} has no identity, so a changed model cannot be recognised ({reached})",
        where=where,
        fix=f"make it inside the function that uses it, give it a key of yours (its attribute "
        f'`edgebench_key = "v1"`), or {_KEY}',
    )


def no_source(given: str, reached: str, where: str) -> DeclarationError:
    """A function or class whose source text cannot be read."""
    return DeclarationError(
        f"{given} has no source text to tell one version from the next ({reached})",
        where=where,
        fix=f"write it as a plain function in a file, or {_KEY}",
    )


def has_hooks(given: str, reached: str, where: str) -> DeclarationError:
    """A torch module that hooks change behind its own code."""
    return DeclarationError(
        f"{given} has hooks, whose effect has no identity ({reached})",
        where=where,
        fix=f"remove the hooks (prunings: torch.nn.utils.prune.remove), or {_KEY}",
    )


def too_deep(reached: str, where: str) -> DeclarationError:
    """A value or an expression nested beyond Python's recursion limit."""
    return DeclarationError(
        f"a value or an expression is nested too deeply to be hashed ({reached})",
        where=where,
        fix=f"flatten it, or {_KEY}",
    )


def unreadable(path: str, reason: str, reached: str, where: str) -> DeclarationError:
    """A file that belongs to an identity but cannot be read."""
    return DeclarationError(
        f"the file {path!r} belongs to the identity of the model but cannot be read: {reason} ({reached})",
        where=where,
        fix=f"make the file readable, or {_KEY}",
    )


def unwatched(folder: str) -> DeclarationError:
    """So many files were opened that some went unseen."""
    return DeclarationError(
        f"so many files below {folder} were opened at once that some went unseen",
        fix="name what the function reads in depends= of eb.Model",
    )
