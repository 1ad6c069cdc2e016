"""``python tests/typecheck.py``: mypy --strict on the package as it is installed, and on its tests.

The package is also checked as each later Python of `VERSIONS` reads it: its syntax and its standard library.

Type checkers do not know the mapping in pyproject.toml that makes one package of four folders, so the folders
are linked into ``build/types`` the way an installation lays them out, and mypy runs there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "pytest_edgebench"
VERSIONS = ("3.12", "3.13", "3.14")
"""Versions of Python beside the one of pyproject.toml; mypy keeps a cache for each."""


def link(target: Path) -> Path:
    """Link the four folders into `target` as an installation lays them out."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    folders: dict[str, str] = config["tool"]["setuptools"]["package-dir"]
    shutil.rmtree(target / PACKAGE, ignore_errors=True)  # links only; what they lead to stays
    (target / PACKAGE).mkdir(parents=True)
    for item in (ROOT / folders[PACKAGE]).iterdir():
        (target / PACKAGE / item.name).symlink_to(item)
    for name, folder in sorted(folders.items()):
        place = target.joinpath(*name.split("."))
        if not place.exists():
            place.symlink_to(ROOT / folder)
    return target


def mypy(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run mypy --strict in a folder made by `link`; its answer is in `stdout`."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml")]
    # Helpers that tests of several folders import lie in `tests` itself.
    environment = os.environ | {"MYPYPATH": f"{folder}{os.pathsep}{ROOT / 'tests'}"}
    return subprocess.run(
        command + arguments, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def main() -> int:
    """Check the package, then each test folder for itself, since each may have a conftest.py."""
    types = link(ROOT / "build" / "types")
    folders = sorted({path.parent for path in (ROOT / "tests").rglob("*.py")})
    tests = [[str(path) for path in sorted(folder.glob("*.py"))] for folder in folders]
    failed = 0
    versions = [["-p", PACKAGE, "--python-version", version] for version in VERSIONS]
    for arguments in (["-p", PACKAGE], *versions, *tests):
        result = mypy(arguments, types)
        print(result.stdout, result.stderr, sep="", end="", flush=True)  # noqa: T201
        failed |= result.returncode
    return failed


if __name__ == "__main__":
    sys.exit(main())
