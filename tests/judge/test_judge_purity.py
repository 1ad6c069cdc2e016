"""The judge is pure and cheap: no clock, no file, no pytest, no scipy."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_edgebench.judge

FILES = sorted(Path(pytest_edgebench.judge.__path__[0]).glob("*.py"))
ALLOWED = {
    *("__future__", "collections", "dataclasses", "enum", "fractions", "functools", "math", "statistics"),
    *("typing", "numpy", "pytest_edgebench"),
}
STAGES = {"base", "declare", "judge", "record"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_imports(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        for name in names:
            parts = name.split(".")
            assert parts[0] in ALLOWED
            assert parts[0] != "pytest_edgebench" or parts[1] in STAGES
        called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        assert called not in {"open", "print", "input", "exec", "eval"}


def test_no_scipy_comes_along() -> None:
    modules = [f"pytest_edgebench.judge.{path.stem}" for path in FILES if path.stem != "__init__"]
    code = f"import sys, {', '.join(modules)}; print(sorted({{m.split('.')[0] for m in sys.modules}}))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"scipy", "pandas", "torch", "onnx", "onnxruntime", "pytest", "_pytest"}
    assert not heavy & set(ast.literal_eval(run.stdout))
