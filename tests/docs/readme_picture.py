"""``python tests/docs/readme_picture.py``: docs/report.png, the report of a real run, as README.md shows it.

Four recipes of one network on two profiles are judged against a baseline after a change that makes one of
them larger. Needs Chromium.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from page_files import MAKERS, onnx_file

PICTURE = Path(__file__).parents[2] / "docs" / "report.png"
WIDTH, HEIGHT = 1280, 620
CONFTEST = """\
import pytest_edgebench as eb


@eb.model
def clusters():
    return eb.Model("model.onnx", data="samples.npz", score=eb.top1)


@eb.recipe
def int8(clusters):
    return eb.quantize(clusters, "static-int8"{more})


@eb.recipe
def dynamic(clusters):
    return eb.quantize(clusters, "dynamic-int8")


@eb.recipe
def fp16(clusters):
    return eb.quantize(clusters, "fp16")
"""
TEST = """\
import pytest_edgebench as eb


@eb.budget(accuracy=["90 %", "model - 1 points"])
@eb.budget(recipes="*int8", size=["80 kB", "baseline + 2 %"])
@eb.budget(recipes="fp16", size="90 kB")
@eb.budget("laptop", latency=["5 ms", "model + 400 %"])
def test_budget(edge):
    edge.check()
"""
SETTINGS = '[profiles.laptop]\ntarget = "host"\n\n[profiles.pi]\nextends = "raspberry-pi-4"\n'


def report(folder: Path) -> Path:
    """Run the session in a folder; its report."""
    onnx_file(folder / "model.onnx", 1024)
    MAKERS["samples.npz"](folder)
    for name, text in {"conftest.py": CONFTEST.format(more=""), "test_clusters.py": TEST}.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "edgebench.toml").write_text(SETTINGS, encoding="utf-8")
    MAKERS["repository"](folder)
    changed = CONFTEST.format(more=', exclude="second"')
    (folder / "conftest.py").write_text(changed, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--edgebench-baseline=main",
        "--edgebench-report=report.html",
    ]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if ended.returncode != 1:
        raise SystemExit(ended.stdout + ended.stderr)
    return folder / "report.html"


def picture(page: Path, target: Path) -> None:
    """The first screen of a page."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        shown = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        shown.goto(page.as_uri())
        shown.screenshot(path=target)
        browser.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="edgebench-picture-") as temporary:
        picture(report(Path(temporary).resolve()), PICTURE)
