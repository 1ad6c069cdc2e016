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
            _unheard(),
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


@contextlib.contextmanager
def _unheard() -> Iterator[None]:
    """Take the root logger's handlers away, also where pytest put them on loggers that do not propagate.

    torch's trace logger gives its records to handlers past whatever is disabled.
    """
    heard = set(logging.root.handlers)
    known = (logging.root, *logging.root.manager.loggerDict.values())
    kept = [(log, log.handlers) for log in known if isinstance(log, logging.Logger)]
    try:
        for log, handlers in kept:
            log.handlers = [handler for handler in handlers if handler not in heard]
        yield
    finally:
        for log, handlers in kept:
            log.handlers = handlers
