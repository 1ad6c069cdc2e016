"""The documentation site: what `mkdocs build --strict` reads, and the API page made of the public names."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import pytest_edgebench
from pytest_edgebench.commands import docs

pytest.importorskip("mkdocs")
import pictures
import site_hook
from mkdocs.exceptions import PluginError

ROOT = Path(__file__).parents[2]
NAVIGATION = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("api")
    site_hook.lay_out(folder)
    return folder


def test_the_package_is_laid_out_as_installed(layout: Path) -> None:
    for file in ("__init__.py", "compressors/chain.py", "suites/digits/nets.py", "docs/gate.md"):
        assert (layout / "pytest_edgebench" / file).is_file()


def test_every_public_name_is_on_the_api_page_once(layout: Path) -> None:
    page = site_hook.api_page(layout)
    shown = re.findall(r"^::: pytest_edgebench\.(\w+)$", page, re.MULTILINE)
    assert sorted(shown) == sorted(pytest_edgebench.__all__)


def test_names_stand_under_their_kind(layout: Path) -> None:
    functions, types, errors = re.split(r"^## .*\n", site_hook.api_page(layout), flags=re.MULTILINE)[1:]
    assert "::: pytest_edgebench.quantize\n" in functions
    assert "::: pytest_edgebench.top1\n" in functions
    assert "::: pytest_edgebench.Model\n" in types
    assert "::: pytest_edgebench.BudgetExceeded\n" in errors


def test_a_public_name_without_a_docstring_fails_the_build(tmp_path: Path) -> None:
    package = tmp_path / "pytest_edgebench"
    package.mkdir()
    (package / "__init__.py").write_text('__all__ = ["bare"]\n\n\ndef bare():\n    pass\n', encoding="utf-8")
    with pytest.raises(PluginError, match="public names without a docstring: bare"):
        site_hook.api_page(tmp_path)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the site is built from."""
    folder = tmp_path_factory.mktemp("checkout")
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders: dict[str, str] = config["tool"]["setuptools"]["package-dir"]
    for name in {path.partition("/")[0] for path in folders.values()}:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("mkdocs.yml", "pyproject.toml", "tests/docs/site_hook.py"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.mark.parametrize(
    ("added", "status", "told"),
    [
        ("", 0, ""),
        ("[x](nosuch.md)", 1, "nosuch.md"),
        ("[x](gate.md#nosuch)", 1, "nosuch"),
    ],
)
def test_the_command_of_ci_fails_on_a_broken_link(added: str, status: int, told: str, checkout: Path) -> None:
    found = re.search(r"bin/mkdocs (build .*)", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))
    assert found
    page = checkout / "docs" / "index.md"
    page.write_text(
        (ROOT / "docs" / "index.md").read_text(encoding="utf-8") + f"\n{added}\n", encoding="utf-8"
    )
    command = [sys.executable, "-m", "mkdocs", *found[1].split()]
    ended = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
    assert ended.returncode == status, ended.stderr
    assert told in ended.stderr
    if not status:
        assert "pytest_edgebench.quantize" in (checkout / "build/site/api/index.html").read_text(
            encoding="utf-8"
        )


def test_every_page_is_in_the_navigation() -> None:
    pages = {path.name for path in (ROOT / "docs").glob("*.md")} | {site_hook.PAGE}
    pages |= {f"{name}.md" for name in docs.generated()}
    assert set(re.findall(r": ([\w-]+\.md)$", NAVIGATION, re.MULTILINE)) == pages


def test_links_of_the_readme_lead_somewhere() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^):#]+)\)", text)
    assert len(text.splitlines()) <= 200
    assert [link for link in links if not (ROOT / link).is_file()] == []


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^):]+)\)", page.read_text(encoding="utf-8"))
    made = {f"{name}.md" for name in docs.generated()} | {site_hook.PAGE}
    named = {link.partition("#")[0] for link in links} - made - {""}
    assert [name for name in named if not (page.parent / name).is_file()] == []


def test_pictures_and_short_tables_are_those_of_the_full_tables() -> None:
    for path, text in pictures.drawn():
        assert path.read_text(encoding="utf-8") == text, "python tests/docs/pictures.py"
    shown = set(re.findall(r"\]\((benchmark-\w+\.svg)\)", pictures.PAGE.read_text(encoding="utf-8")))
    assert shown == {path.name for path in (ROOT / "docs").glob("benchmark-*.svg")}
