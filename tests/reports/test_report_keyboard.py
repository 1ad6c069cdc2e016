"""The report without a mouse, on paper and on narrow screens, in Chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from changed_project import changed_run
from report_runs import matrix

from pytest_edgebench.reports.html import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WATCH = """
() => {
  window.seen = new Map();
  const group = (e) => e.type === "radio" ? "radio " + e.name : e;
  document.addEventListener("focusin", ({ target }) => {
    const drawn = getComputedStyle(target.type === "radio" ? target.nextElementSibling : target);
    const width = drawn.outlineStyle === "none" ? 0 : parseFloat(drawn.outlineWidth);
    const box = target.getBoundingClientRect();
    const middle = (from, to, most) => (Math.max(from, 0) + Math.min(to, most)) / 2;
    const on = document.elementFromPoint(middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight));
    const there = on && (target.contains(on) || on.contains(target) || on.closest("label")?.contains(target));
    window.seen.set(group(target), { width, there, html: target.outerHTML.slice(0, 120) });
  });
  window.stops = new Set([...document.querySelectorAll("a[href], button, summary, input, [tabindex='0']")]
    .filter((e) => e.checkVisibility({ contentVisibilityAuto: true })).map(group));
  return window.stops.size;
}
"""  # noqa: E501
MISSED = "() => [...window.stops].filter((e) => !window.seen.has(e)).map((e) => e.outerHTML || e)"
FAINT = "() => [...window.seen.values()].filter((e) => e.width < 2).map((e) => e.html)"
COVERED = "() => [...window.seen.values()].filter((e) => !e.there).map((e) => e.html)"
FOCUSED = "() => document.activeElement.outerHTML.slice(0, 200)"
WIDER = """
(css) => [...document.querySelectorAll(css)].filter((e) => e.checkVisibility())
  .filter((e) => e.getBoundingClientRect().right > innerWidth || e.scrollWidth > e.clientWidth + 1)
  .map((e) => e.outerHTML.slice(0, 120))
"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a model that grew: 18 cases, 16 of them failed."""
    path = tmp_path_factory.mktemp("changed") / "report.html"
    path.write_text(render(changed_run()), encoding="utf-8")
    path.with_name("matrix.html").write_text(render(matrix(8)), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Any, report: Path) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    found = context.new_page()
    found.goto(report.as_uri())
    yield found
    context.close()


@pytest.mark.parametrize("width", [500, 1280])
def test_tab_reaches_all_that_can_be_used(page: Any, width: int) -> None:
    """Each stop has a visible mark and does not lie under the bar."""
    page.set_viewport_size({"width": width, "height": 900})
    page.locator("#all .list > details > summary").first.click()
    page.mouse.click(1, 1)
    page.evaluate("() => scrollTo(0, 0)")
    count = page.evaluate(WATCH)
    assert count > 60
    for _ in range(count + 2):
        page.keyboard.press("Tab")
    assert page.evaluate(MISSED) == []
    assert page.evaluate(FAINT) == []
    assert page.evaluate(COVERED) == []


def test_each_kind_is_operated_by_keys(page: Any) -> None:
    def press(css: str, key: str) -> None:
        page.locator(css).first.focus()
        page.keyboard.press(key)

    press("nav a[href='#devices']", "Enter")
    assert page.url.endswith("#devices")
    for key in ("Enter", "Space"):
        closed = page.locator("#all .list > details:not([open])").count()
        press("#all .list > details:not([open]) > summary", key)
        assert page.locator("#all .list > details:not([open])").count() == closed - 1
    press("#filters button", "Space")
    assert page.locator("#filters button[aria-pressed=true]").count() == 1
    press("#filters button[aria-pressed=true]", "Enter")
    assert page.locator("#filters button[aria-pressed=true]").count() == 0
    for css in (".devices thead tr:last-child th button", ".hits th button", "#all .heads button"):
        press(css, "Enter")
        first = page.locator("[aria-sort]").count()
        assert first, css
    press(".top button", "Space")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    press("#mode-1", "ArrowRight")
    assert page.locator("#mode-2").is_checked()
    assert "mode-2" in page.evaluate(FOCUSED)
    press("#trade-1", "ArrowDown")
    assert page.locator("#trade-2").is_checked()
    assert page.locator("#tradeoff .plot").nth(1).is_visible()
    press(".acts a.button[href^='#rerun']", "Enter")
    assert "#rerun-" in page.url


def test_a_table_that_is_too_wide_is_moved_by_arrows(page: Any) -> None:
    page.set_viewport_size({"width": 360, "height": 700})
    page.locator("#all .list > details > summary").first.click()
    region = page.locator("#all details[open] .scroll").first
    assert region.evaluate("(e) => e.scrollWidth > e.clientWidth")
    region.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_timeout(200)
    assert region.evaluate("(e) => e.scrollLeft") > 0


@pytest.mark.parametrize("theme", ["", "dark"])
def test_paper(page: Any, theme: str) -> None:
    """Verdict, causes and the change table; everything unfolded, headed, in dark on white; no bar on it."""
    if theme:
        page.get_by_role("button", name="dark theme").click()
    page.emulate_media(media="print")
    unseen = "(css) => [...document.querySelectorAll(css)].filter((e) => !e.checkVisibility()).length"
    for css in (
        "h1",
        ".pill",
        ".cause h3",
        ".changes tbody tr",
        ".metrics tbody tr",
        ".evidence h4",
        ".plot",
    ):
        assert page.locator(css).count()
        assert page.evaluate(unseen, css) == 0, css
    folded = "() => [...document.querySelectorAll('details > *')].filter((e) => !e.checkVisibility()).length"
    assert page.evaluate(folded) == 0
    stuck = (
        "() => [...document.querySelectorAll('body *')].filter((e) => e.checkVisibility()"
        " && ['sticky', 'fixed'].includes(getComputedStyle(e).position)).map((e) => e.outerHTML.slice(0, 80))"
    )
    assert page.evaluate(stuck) == []
    assert page.evaluate("() => getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    heads = page.locator(".hits").first.locator("thead").inner_text()
    assert "recipe" in heads
    assert "model" in page.locator("#all .heads").inner_text()
    assert not page.locator("#filters").is_visible()


@pytest.mark.parametrize("width", [500, 800])
def test_what_changed_needs_no_sideways_scrolling(page: Any, report: Path, width: int) -> None:
    """Recipe, each number under its name, by how much, and why: all within a narrow screen."""
    page.set_viewport_size({"width": width, "height": 900})
    for url in (report.as_uri(), report.with_name("matrix.html").as_uri()):
        page.goto(url)
        assert page.evaluate(WIDER, "#summary .scroll, .changes :is(td, tbody th), .cause") == []
        names = page.locator(".changes thead th").all_text_contents()
        cells = page.locator(".changes tbody tr").first.locator("td")
        assert cells.count() == len(names) - 1
        label = "(e) => getComputedStyle(e, '::before').content"
        told = [cell.evaluate(label).strip('"').replace(" ", "") for cell in cells.all()]
        assert told == [name.replace(" ", "") for name in names[1:]]
