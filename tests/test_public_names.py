"""What importing the public names costs: none of them may load what only building and measuring need."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
before = set(sys.modules)
import pytest_edgebench as eb
found = [getattr(eb, name) for name in eb.__all__]
assert all(found) and len(found) > 40
print("\\n".join(sorted(set(sys.modules) - before)))
"""
HEAVY = {
    # other packages
    "numpy", "torch", "onnx", "onnxruntime", "ai_edge_litert", "ai_edge_quantizer", "litert_torch", "pandas",
    "sklearn", "scipy", "pytest", "_pytest",
    # of Python
    "importlib.metadata", "email", "zipfile", "hashlib", "json", "logging", "statistics", "tempfile",
    "tomllib", "subprocess", "asyncio", "multiprocessing", "difflib", "sqlite3",
    # rooms and files that build, measure, judge, or write a record
    "pytest_edgebench.identity", "pytest_edgebench.judge", "pytest_edgebench.measure",
    "pytest_edgebench.workers", "pytest_edgebench.session", "pytest_edgebench.profiles",
    "pytest_edgebench.record.run", "pytest_edgebench.record.store", "pytest_edgebench.case.toolbox",
    "pytest_edgebench.recipe_search.run", "pytest_edgebench.samples.data",
}  # fmt: skip


def test_public_names_load_nothing_heavy() -> None:
    ran = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "pytest_edgebench.case.edge" in ran.stdout.split()
    assert HEAVY & set(ran.stdout.split()) == set()
