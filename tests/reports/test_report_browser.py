"""The report in a real browser: Chromium, driven by Playwright, with its script and without."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from report_runs import HOSTILE, case, matrix, over, remembered, run

from pytest_edgebench.reports.html import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")

SECTIONS = ("failures", "matrix", "tradeoff", "cases", "all", "env", "method")
PAIRS = """
() => {
  const dims = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const found = {};
  for (const node of document.querySelectorAll("body *")) {
    if (!node.checkVisibility() || node.closest("svg") || ![...node.childNodes].some((c) => c.nodeType === 3 && c.data.trim())) continue;
    let at = node, back;
    for (; at; at = at.parentElement) {
      back = getComputedStyle(at).backgroundColor;
      if (dims(back)[3] !== 0) break;
    }
    const fore = getComputedStyle(node).color;
    const [a, b] = [light(dims(fore)), light(dims(at ? back : "rgb(255,255,255)"))].sort((x, y) => y - x);
    found[fore + " on " + back] = (a + 0.05) / (b + 0.05);
  }
  return found;
}
"""  # noqa: E501


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        found = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(render(matrix()), encoding="utf-8")
    return path


class Opened:
    """A page, with what went wrong on it and what it asked for."""

    def __init__(self, browser: Any, path: Path, **more: Any) -> None:
        self.context = browser.new_context(**more)
        self.page = self.context.new_page()
        self.wrong: list[str] = []
        self.asked: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        self.page.goto(path.as_uri())

    def text(self, css: str) -> str:
        found: str = self.page.locator(css).inner_text()
        return found


@pytest.fixture
def opened(browser: Any, report: Path) -> Iterator[Any]:
    pages: list[Opened] = []

    def open_(path: Path = report, **more: Any) -> Opened:
        pages.append(Opened(browser, path, **more))
        return pages[-1]

    yield open_
    for one in pages:
        one.context.close()


def test_every_section_and_no_request(opened: Any, report: Path) -> None:
    found = opened()
    for name in SECTIONS:
        assert found.page.locator(f"#{name} h2").is_visible(), name
    assert found.asked == [report.as_uri()]
    assert found.wrong == []
    assert found.page.title() == "✕ 3 edgebench · 9c41e07"


def test_all_facts_are_there_without_script(opened: Any) -> None:
    """And under a policy that allows no script at all."""
    plain = opened(java_script_enabled=False)
    scripted = opened()
    for name in SECTIONS:
        texts = [
            one.page.locator(f"#{name}").text_content().replace("copied", "").replace("copy", "")
            for one in (plain, scripted)
        ]
        assert texts[0] == texts[1].replace("copy", ""), name
    assert plain.page.locator("button").count() == 0
    assert plain.page.locator("#failures tbody tr").count() == 5


def test_under_a_policy_without_scripts(opened: Any, report: Path, tmp_path: Path) -> None:
    strict = tmp_path / "strict.html"
    text = report.read_text(encoding="utf-8")
    begin = text.index("script-src '") + len("script-src ")
    strict.write_text(
        text[:begin] + "'none'" + text[text.index("'; base-uri", begin) + 1 :], encoding="utf-8"
    )
    found = opened(strict)
    assert found.page.locator("button").count() == 0
    assert found.page.locator("#failures tbody tr").first.is_visible()
    assert found.asked == [strict.as_uri()]


def test_filter_is_kept_in_the_address(opened: Any) -> None:
    found = opened()
    rows = found.page.locator("#all tbody tr:visible")
    assert rows.count() == 96
    found.page.get_by_role("searchbox").fill("int8 RPI4")
    assert found.page.url.endswith("#q=int8%20RPI4")
    assert 0 < rows.count() < 96
    assert all("int8" in text and "rpi4" in text for text in rows.locator("th").all_inner_texts())
    left = rows.count()
    assert found.text(".filter small") == f"{left} of 96 cases"
    found.page.reload()
    assert rows.count() == left
    found.page.get_by_role("searchbox").fill("")
    assert rows.count() == 96
    found.page.locator(".tile.over").click()
    assert rows.count() == 7
    assert found.wrong == []


def test_sorting(opened: Any) -> None:
    found = opened()
    head = found.page.locator("#all thead th", has_text="latency p50")
    column = "#all tbody tr td:nth-child(7)"
    orders = {}
    for _ in range(2):
        head.locator("button").click()
        texts = found.page.locator(column).all_inner_texts()
        orders[head.get_attribute("aria-sort")] = [float(text) for text in texts if text]
    assert orders["descending"] == sorted(orders["descending"], reverse=True)
    assert orders["ascending"] == sorted(orders["ascending"])
    assert found.page.locator("#all th[aria-sort]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(opened: Any, scheme: str) -> None:
    found = opened(color_scheme=scheme)
    low = {pair: ratio for pair, ratio in found.page.evaluate(PAIRS).items() if ratio < 4.5}
    assert low == {}


def test_theme_button(opened: Any) -> None:
    found = opened(color_scheme="light")
    back = "() => getComputedStyle(document.body).backgroundColor"
    assert found.page.evaluate(back) == "rgb(255, 255, 255)"
    found.page.get_by_role("button", name="dark theme").click()
    assert found.page.evaluate(back) == "rgb(20, 23, 26)"
    assert found.page.get_by_role("button", name="light theme").is_visible()


@pytest.mark.parametrize("scripted", [True, False])
def test_narrow(opened: Any, scripted: bool) -> None:
    found = opened(viewport={"width": 500, "height": 900}, java_script_enabled=scripted)
    wide = found.page.locator("html").bounding_box()["width"]
    body = found.page.locator("main").bounding_box()
    assert wide <= 500
    assert body["x"] + body["width"] <= 500
    if scripted:
        assert found.page.evaluate("() => document.documentElement.scrollWidth") <= 500


def test_print(opened: Any) -> None:
    found = opened()
    hidden = found.page.locator("details:not([open]) table.metrics").first
    assert not hidden.is_visible()
    found.page.emulate_media(media="print")
    assert hidden.is_visible()
    assert not found.page.get_by_role("searchbox").is_visible()
    assert len(found.page.pdf()) > 20_000


def test_keyboard(opened: Any) -> None:
    """The first stops, in the order of reading; a card is opened by Enter."""
    found = opened()
    stops = []
    for _ in range(14):
        found.page.keyboard.press("Tab")
        stops.append(
            found.page.evaluate(
                "() => document.activeElement.tagName + '.' + document.activeElement.className"
            )
        )
    assert stops[0] == "BUTTON."
    assert "A.tile over" in stops
    assert "INPUT." in stops
    summary = found.page.locator("details.card:not([open]) summary").first
    name = summary.locator(".key").inner_text()
    summary.focus()
    found.page.keyboard.press("Enter")
    assert found.page.locator("details.card[open] .key", has_text=name).first.is_visible()


def test_a_link_of_the_matrix_opens_its_card(opened: Any) -> None:
    found = opened()
    key = found.page.locator("details.card:not([open]) .key").first.text_content()
    found.page.locator("#matrix td a").evaluate_all(
        "(links, key) => links.find((a) => decodeURIComponent(a.hash) === '#case=' + key).click()", key
    )
    assert found.page.locator(f'[id="case={key}"]').is_visible()


def test_hostile_names_are_text(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "hostile.html"
    cases = [case(name, name, name, rows=(over(place=name),), reason=name) for name in HOSTILE]
    path.write_text(render(run(*cases, notes=HOSTILE, branch=HOSTILE[0])), encoding="utf-8")
    for scripted in (True, False):
        found = opened(path, java_script_enabled=scripted)
        assert found.wrong == []
        assert found.asked == [path.as_uri()]
        shown = found.page.locator("body").text_content()
        for name in (
            '<script>alert("x")</script>',
            "a|b`c``d",
            "naïve 😀 שלום",
            "q\"uo'te&amp;",
            "x" * 300,
            "]]>--><!--",
        ):
            assert name in shown
        assert found.page.locator("main script").count() == 0
    narrow = opened(path, viewport={"width": 500, "height": 900})
    assert narrow.page.evaluate("() => document.documentElement.scrollWidth") <= 500


def test_views_of_the_matrix(opened: Any) -> None:
    """Chosen by keyboard or mouse, without a script."""
    for scripted in (True, False):
        found = opened(java_script_enabled=scripted)
        cell = found.page.locator("#matrix td:not([class])").first
        before = cell.inner_text()
        assert "size" in before
        found.page.locator("#view-headroom").focus()
        found.page.keyboard.press("ArrowRight")
        assert found.page.locator("#view-latency").is_checked()
        assert re.fullmatch(r"✓ ≈ -2\d\.\d %", cell.inner_text())
        found.page.get_by_label("score").check()
        assert re.fullmatch(r"✓ -\d\.\d\d", cell.inner_text())
        found.page.get_by_label("headroom").check()
        assert cell.inner_text() == before


def serious(page: Any) -> dict[str, list[str]]:
    """What axe-core finds serious or critical on a page with everything unfolded: rule → elements."""
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed"
    )
    page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true; })")
    found = axe.Axe().run(page).response["violations"]
    return {
        rule["id"]: [node["html"][:200] for node in rule["nodes"][:5]]
        for rule in found
        if rule["impact"] in ("serious", "critical")
    }


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [500, 1280])
def test_axe_finds_nothing_serious(opened: Any, scheme: str, width: int) -> None:
    found = opened(color_scheme=scheme, viewport={"width": width, "height": 900})
    assert serious(found.page) == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_on_other_runs(opened: Any, scheme: str, tmp_path: Path) -> None:
    """All green, nothing run, a problem of the run, hostile names, a past that is drawn, a large run."""
    hostile = [case(name, name, name, rows=(over(place=name),), reason=name) for name in HOSTILE]
    pages = {
        "green": render(matrix(8, broken=False)),
        "empty": render(run()),
        "hostile": render(run(*hostile, notes=HOSTILE, problems=HOSTILE[:2])),
        "past": render(run(remembered(case(rows=(over(),))))),
        "large": render(matrix(), "r.json"),
    }
    for name, text in pages.items():
        path = tmp_path / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        assert serious(opened(path, color_scheme=scheme).page) == {}, name


def test_axe_would_find_it(opened: Any) -> None:
    found = opened()
    found.page.evaluate(
        "() => { document.querySelector('input[type=search]').removeAttribute('aria-label'); "
        "document.querySelector('input[type=search]').placeholder = ''; }"
    )
    assert "label" in serious(found.page)


def test_the_past_is_drawn(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "past.html"
    path.write_text(render(run(remembered(case(rows=(over(),))))), encoding="utf-8")
    found = opened(path, java_script_enabled=False, viewport={"width": 500, "height": 900})
    figure = found.page.locator("svg.trend")
    assert figure.is_visible()
    assert figure.bounding_box()["width"] <= 500
    assert "its limit is broken since" in found.text("figure:has(svg.trend) figcaption")
