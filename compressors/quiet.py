"""Silence for converters that print: they write to Python's streams, to the C ones, and to logging."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import tempfile
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Send standard output and error of the whole process nowhere while the block runs."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    level = logging.root.manager.disable
    kept = [os.dup(1), os.dup(2)]
    try:
        with (
            tempfile.TemporaryFile("w+") as sink,
            contextlib.redirect_stdout(sink),
            contextlib.redirect_stderr(sink),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            logging.disable(logging.CRITICAL)
            for descriptor in (1, 2):
                os.dup2(sink.fileno(), descriptor)
            yield
    finally:
        logging.disable(level)
        for descriptor, old in zip((1, 2), kept, strict=True):
            os.dup2(old, descriptor)
            os.close(old)
