"""What the linter says when it was told to refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgebench.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Sequence


def refused(key: str, texts: Sequence[str]) -> DeclarationError:
    return DeclarationError(
        f"the linter refuses {key}:\n" + "\n".join(f"  {text}" for text in texts),
        fix="change the recipe, or say --edgebench-lint=warn",
    )
