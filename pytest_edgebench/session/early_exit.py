"""`EarlyExit`: `os._exit(0)` does not end a session that has judged nothing as if all had passed."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING, NoReturn

from pytest_edgebench.session import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


class EarlyExit:
    """Stands in for `os._exit` in the reporting process, where nothing else would notice.

    Forked children, statuses other than 0 and sessions that have passed keep the real one. It is no defence
    against code that means to get past it, such as one that calls the C library.

    Args:
        passed: whether the session has been judged, and its exit status is 0.
    """

    def __init__(self, config: pytest.Config, passed: Callable[[], bool]) -> None:
        self._config, self._passed = config, passed
        self._process = os.getpid()
        self._real = os._exit
        self._ours = self._exit
        os._exit = self._ours

    def end(self) -> None:
        """Put the real one back, unless somebody else stands in for it by now."""
        if os._exit is self._ours:
            os._exit = self._real

    def _exit(self, status: int) -> NoReturn:
        if os.getpid() == self._process and status & 0xFF == 0 and not self._passed():
            caller = sys._getframe(1)
            self._tell(errors.early_exit(f"{caller.f_code.co_filename}:{caller.f_lineno}"))
            status = 1
        self._real(status)

    def _tell(self, text: str) -> None:
        capture = self._config.pluginmanager.get_plugin("capturemanager")
        with contextlib.suppress(Exception):  # whatever state the session is in
            if capture is not None:
                capture.suspend_global_capture()
            os.write(2, f"\n{text.replace(f'{self._config.rootpath}/', '')}\n".encode())
