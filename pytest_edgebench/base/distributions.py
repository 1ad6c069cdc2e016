"""Versions of installed distributions, each read once a process: reading one parses all its metadata."""

from __future__ import annotations

from functools import cache


@cache
def version(name: str) -> str:
    """Version of a distribution; "" for what is not installed. Imports nothing of it."""
    from importlib import metadata  # 8 ms, which only building and measuring need

    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
