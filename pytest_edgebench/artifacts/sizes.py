"""How large a model's files are, as they are and compressed."""

from __future__ import annotations

import gzip
import importlib
import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ZSTD_LEVEL = 19


def sizes(folder: Path) -> dict[str, int]:
    """Bytes of all files in a folder, by how they are stored.

    "raw" as they are; "gzip" at level 9 without a time stamp; "zstd" at level 19, left out where the
    package ``zstandard`` is not installed. Each file is compressed for itself.
    """
    contents = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    found = {
        "raw": sum(map(len, contents)),
        "gzip": sum(len(gzip.compress(content, 9, mtime=0)) for content in contents),
    }
    if importlib.util.find_spec("zstandard") is not None:
        # By name, since type checkers must not ask for a package that need not be there.
        compressor = importlib.import_module("zstandard").ZstdCompressor(level=ZSTD_LEVEL)
        found["zstd"] = sum(len(compressor.compress(content)) for content in contents)
    return found
