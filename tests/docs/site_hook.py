"""What `mkdocs build` adds to the pages that are kept as text: those made from the code.

The reference pages are made by `pytest_edgebench.docs.generated`. The API page lists the names in
``pytest_edgebench.__all__``, so a new public name appears by itself, and a name without a docstring fails the
build; mkdocstrings reads them from the package laid out as installed.
"""

from __future__ import annotations

import ast
import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import griffe
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

from pytest_edgebench.commands import docs

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = "pytest_edgebench"
LAYOUT = ROOT / "build" / "api"
PAGE = "api.md"
HEAD = """# API reference

Everything here is imported as `import pytest_edgebench as eb`. Names that are not on this page may change in
any version.
"""


def on_startup(command: str, dirty: bool) -> None:
    """Lay the package out; mkdocstrings looks for the folder as soon as it is configured."""
    lay_out(LAYOUT)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the API page and the reference pages."""
    files.append(File.generated(config, PAGE, content=api_page(LAYOUT)))
    for name, module in docs.generated().items():
        files.append(File.generated(config, f"{name}.md", content=docs.generate(module)))
    return files


def lay_out(target: Path) -> None:
    """Copy the sources as an installation lays them out; griffe does not follow links to folders."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders: dict[str, str] = config["tool"]["setuptools"]["package-dir"]
    shutil.rmtree(target, ignore_errors=True)
    for name, folder in sorted(folders.items()):
        shutil.copytree(
            ROOT / folder,
            target.joinpath(*name.split(".")),
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
        )


def api_page(layout: Path) -> str:
    """The page's text: a heading for functions, for types and for errors, and a block for each name.

    Raises:
        PluginError: a public name has no docstring.
    """
    package = griffe.load(
        PACKAGE,
        search_paths=[str(layout)],
        try_relative_path=False,  # else the folder of that name in the working directory comes first
        allow_inspection=False,
    )
    kinds: dict[str, list[str]] = {"Functions and scores": [], "Types": [], "Errors": []}
    bare = []
    for name in public_names(layout):
        found = package[name]
        if not found.has_docstring:
            bare.append(name)
        kinds[_kind(name, found)].append(name)
    if bare:
        raise PluginError(f"public names without a docstring: {', '.join(bare)}")
    parts = [HEAD]
    for heading, names in kinds.items():
        parts += [f"## {heading}\n", *(f"::: {PACKAGE}.{name}\n" for name in names)]
    return "\n".join(parts)


def public_names(layout: Path) -> list[str]:
    """``__all__`` of the package, read and not imported."""
    tree = ast.parse((layout / PACKAGE / "__init__.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and [ast.unparse(target) for target in node.targets] == ["__all__"]:
            return sorted(ast.literal_eval(node.value))
    raise PluginError(f"{PACKAGE}/__init__.py has no literal __all__")


def _kind(name: str, found: griffe.Object | griffe.Alias) -> str:
    if name.endswith(("Error", "Exceeded")):
        return "Errors"
    return "Types" if found.is_class else "Functions and scores"
