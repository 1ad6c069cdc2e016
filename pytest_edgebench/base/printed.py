"""Where commands print: whatever a text holds, it neither steers the terminal nor breaks on its encoding."""

from __future__ import annotations

import sys

from pytest_edgebench.base.text import printable


def out(text: str) -> None:
    """Write text to the standard output."""
    _write(sys.stdout, text)


def err(text: str) -> None:
    """Write text to the standard error, at once."""
    _write(sys.stderr, text)
    sys.stderr.flush()


def _write(stream: object, text: str) -> None:
    shown = printable(text)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(shown.encode(encoding, "replace").decode(encoding))  # type: ignore[attr-defined]
