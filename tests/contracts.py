"""``python tests/contracts.py``: the import contracts of pyproject.toml, and no circle of files.

import-linter reads the package as an installation lays it out (see `typecheck.link`). Its contracts are about
rooms; that no file imports itself by way of others, also under ``TYPE_CHECKING``, is looked for here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

from typecheck import PACKAGE, ROOT, link

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Set
    from pathlib import Path


def imports(folder: Path, package: str = PACKAGE) -> dict[str, Set[str]]:
    """Module → the modules of the package that it imports, those under ``TYPE_CHECKING`` too.

    Args:
        folder: that the package is in; nothing of it is run.
    """
    import grimp

    sys.path.insert(0, str(folder))
    try:
        graph = grimp.build_graph(package, cache_dir=None)
    finally:
        sys.path.remove(str(folder))
    return {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}


def circles(arrows: Mapping[str, Set[str]]) -> Iterator[list[str]]:
    """Groups of modules each of which imports itself by way of the others (Tarjan 1972)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(module: str) -> Iterator[list[str]]:
        number[module] = low[module] = len(number)
        stack.append(module)
        for other in sorted(arrows.get(module, ())):
            if other not in number:
                yield from visit(other)
                low[module] = min(low[module], low[other])
            elif other in stack:
                low[module] = min(low[module], number[other])
        if low[module] == number[module]:
            group = stack[stack.index(module) :]
            del stack[-len(group) :]
            if len(group) > 1:
                yield sorted(group)

    for module in sorted(arrows):
        if module not in number:
            yield from visit(module)


def ignored(config: Path) -> set[tuple[str, str]]:
    """Arrows that the contract on layers lets pass for now, as (importer, imported)."""
    contracts = tomllib.loads(config.read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]
    pairs = [
        text.partition(" -> ")
        for contract in contracts
        if contract["type"] == "layers"
        for text in contract.get("ignore_imports", ())
    ]
    return {(importer, imported) for importer, _, imported in pairs}


def lint_imports(folder: Path, config: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the package in a folder made by `link`."""
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    command += ["--no-cache", "--no-logo", str(config)]
    environment = os.environ | {"PYTHONPATH": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def main() -> int:
    """Print what is broken; the exit status."""
    folder = link(ROOT / "build" / "imports")
    linted = lint_imports(folder, ROOT / "pyproject.toml")
    sys.stdout.write(linted.stdout + linted.stderr)
    passed = ignored(ROOT / "pyproject.toml")
    arrows = {
        module: {other for other in others if (module, other) not in passed}
        for module, others in imports(folder).items()
    }
    found = list(circles(arrows))
    for group in found:
        sys.stdout.write(f"circle of {len(group)} files: {', '.join(group)}\n")
    sys.stdout.write(f"{len(found)} circles of files\n")
    return linted.returncode or bool(found)


if __name__ == "__main__":
    sys.exit(main())
