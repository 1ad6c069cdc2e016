"""A module is the user's own or a library's, whether it was imported before or not."""

from __future__ import annotations

import subprocess
import sys

FIND = """
import importlib, sys
from pytest_edgebench.identity import library

for name in sys.argv[1:]:
    before = library.find(name)
    assert name not in sys.modules
    importlib.import_module(name)
    assert library.find(name) == before, name
    print(type(before).__name__)
"""


def test_the_same_before_and_after_its_import() -> None:
    """A suite's module that a source function imports was the package's before, and the user's after."""
    names = [
        "pytest_edgebench.suites.text.names",
        "numpy.polynomial.legendre",
        "pytest_edgebench.profiles.load",
    ]
    ran = subprocess.run([sys.executable, "-c", FIND, *names], capture_output=True, text=True, check=False)
    assert (ran.stdout.split(), ran.stderr) == (["Found", "bytes", "bytes"], "")
