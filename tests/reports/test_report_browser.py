"""The report in a real browser: Chromium, driven by Playwright, with its script and without."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from changed_project import changed_run
from report_runs import HOSTILE, case, matrix, over, remembered, run

from pytest_edgebench.reports.html import render

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECTIONS = ("summary", "failures", "devices", "tradeoff", "history", "all", "run")
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
        assert found.page.locator(f"#{name} h2").last.is_visible(), name
    assert found.asked == [report.as_uri()]
    assert found.wrong == []
    assert found.page.title() == "✕ 8 edgebench · 9c41e07"


def test_all_facts_are_there_without_script(opened: Any) -> None:
    """And under a policy that allows no script at all."""
    plain = opened(java_script_enabled=False)
    scripted = opened()
    for name in SECTIONS:
        texts = [
            one.page.locator(f"#{name}").evaluate(
                "(e) => { const c = e.cloneNode(true); c.querySelector('#filters')?.remove();"
                " return c.textContent; }"
            )
            for one in (plain, scripted)
        ]
        assert texts[0] == texts[1].replace("copy", ""), name
    assert plain.page.locator("button").count() == 0
    assert plain.page.locator("#failures article").count() == 4


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


def test_chips_filter_and_are_kept_in_the_address(opened: Any) -> None:
    found = opened()
    rows = found.page.locator(".hits tbody tr:visible")
    every = rows.count()
    assert every == 4
    found.page.locator("#filters button", has_text="kws").click()
    assert found.page.url.endswith("#f=model:kws")
    assert rows.count() == 1
    assert found.text("#filters small") == "1 of 4 rows"
    found.page.reload()
    assert rows.count() == 1
    assert found.page.locator("#filters button[aria-pressed=true]").inner_text() == "kws"
    found.page.locator("#filters button", has_text="kws").click()
    assert rows.count() == every
    assert "#f=" not in found.page.url
    found.page.locator("#filters button", has_text="warning").click()
    assert rows.count() == 1
    assert found.wrong == []


def test_sorting(opened: Any) -> None:
    found = opened()
    head = found.page.locator("#all .heads span", has_text="latency p50")
    column = "#all .list > details > summary > :nth-child(7)"
    orders = {}
    for _ in range(2):
        head.locator("button").click()
        texts = found.page.locator(column).all_inner_texts()
        orders[head.get_attribute("aria-sort")] = [float(text) for text in texts if text != "–"]
    assert len(orders["descending"]) > 60
    assert orders["descending"] == sorted(orders["descending"], reverse=True)
    assert orders["ascending"] == sorted(orders["ascending"])
    assert found.page.locator("#all [aria-sort]").count() == 1
    size = found.page.locator(".devices thead tr:last-child th", has_text="size").first
    size.locator("button").click()
    sizes = found.page.locator(".devices").first.locator("tbody tr td:nth-child(2)").all_inner_texts()
    values = [float(re.findall(r"[\d.]+", text)[0]) for text in sizes if re.search(r"\d", text)]
    assert values == sorted(values, reverse=True)


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
    assert found.page.evaluate(back) == "rgb(13, 17, 23)"
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
    assert not found.page.locator("nav").is_visible()
    assert len(found.page.pdf()) > 20_000


def test_keyboard(opened: Any) -> None:
    """The first stops, in the order of reading; a case is opened by Enter, and a link lands below the bar."""
    found = opened()
    stops = []
    for _ in range(12):
        found.page.keyboard.press("Tab")
        stops.append(
            found.page.evaluate(
                "() => document.activeElement.tagName + document.activeElement.getAttribute('href')"
            )
        )
    assert stops[0] == "BUTTONnull"
    assert stops[1:8] == [f"A#{name}" for name in SECTIONS]
    assert "A#line-1-1" in stops
    summary = found.page.locator("#all .list > details:not([open]) > summary").first
    summary.focus()
    found.page.keyboard.press("Enter")
    assert found.page.locator("#all .list > details[open]").count() == 1


@pytest.mark.parametrize("width", [500, 800, 1280])
def test_a_link_lands_below_the_bar(opened: Any, width: int) -> None:
    found = opened(viewport={"width": width, "height": 700})
    for target in ("cause-2", "accept-2", "line-2-1", "devices"):
        found.page.evaluate("(name) => { location.hash = ''; location.hash = name; }", target)
        found.page.wait_for_timeout(50)
        bar = found.page.locator("nav").bounding_box()
        top = found.page.locator(f"#{target}").bounding_box()["y"]
        assert top >= bar["y"] + bar["height"] - 1, target


def test_the_first_screen(opened: Any, tmp_path: Path) -> None:
    """Verdict, causes and the change table of 18 cases at 1,280 × 900; nothing else begins on it."""
    path = tmp_path / "changed.html"
    path.write_text(render(changed_run()), encoding="utf-8")
    found = opened(path, viewport={"width": 1280, "height": 900})

    def bottom(css: str) -> float:
        box = found.page.locator(css).last.bounding_box()
        return float(box["y"] + box["height"])

    assert bottom("h1") < bottom(".cause") < bottom(".changes") <= 900
    assert found.page.locator("#failures").bounding_box()["y"] >= 890
    why = opened(path, viewport={"width": 800, "height": 900}).page.locator(".cause").first.bounding_box()
    assert why["x"] + why["width"] <= 800
    assert why["y"] < 400


def test_a_link_of_a_cell_opens_its_case(opened: Any) -> None:
    found = opened()
    found.page.locator(".devices td a").nth(5).click()
    name = found.page.evaluate("() => decodeURIComponent(location.hash.slice(1))")
    assert name.startswith("case=")
    assert found.page.locator(f'[id="{name}"]').is_visible()


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


def test_ways_to_look_at_devices(opened: Any) -> None:
    """Chosen by keyboard or mouse, without a script."""
    for scripted in (True, False):
        found = opened(java_script_enabled=scripted)
        cell = found.page.locator(".devices tbody td.first").first
        before = cell.inner_text()
        assert re.match(r"53\.\d", before)
        found.page.locator("#mode-1").focus()
        found.page.keyboard.press("ArrowRight")
        assert found.page.locator("#mode-2").is_checked()
        unchanged = cell.locator("i").nth(1)
        assert unchanged.evaluate("(e) => getComputedStyle(e, '::before').content") == '"–"'
        assert unchanged.evaluate("(e) => e.offsetWidth > 0 && e.offsetHeight > 0")
        found.page.get_by_label("against the original").check()
        assert re.fullmatch(r"-72\.\d %", cell.inner_text().strip())
        found.page.get_by_label("absolute").check()
        assert cell.inner_text() == before
        second = found.page.locator("#tradeoff .plot").nth(1)
        assert not second.is_visible()
        found.page.locator("#trade-2").check()
        assert second.is_visible()


def test_labels_of_a_figure_lie_apart(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "changed.html"
    path.write_text(render(changed_run()), encoding="utf-8")
    found = opened(path, viewport={"width": 1280, "height": 900})
    boxes = (
        found.page.locator(".plot")
        .first.locator("svg > text:has(tspan)")
        .evaluate_all(
            "(texts) => texts.map((text) => { const b = text.getBBox();"
            " return [b.x, b.y, b.x + b.width, b.y + b.height]; })"
        )
    )
    assert len(boxes) == 5
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            assert (
                one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] + 1 or other[3] <= one[1] + 1
            )


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
        "changed": render(changed_run()),
    }
    for name, text in pages.items():
        path = tmp_path / f"{name}.html"
        path.write_text(text, encoding="utf-8")
        assert serious(opened(path, color_scheme=scheme).page) == {}, name


def test_axe_would_find_it(opened: Any) -> None:
    found = opened()
    found.page.evaluate("() => document.querySelector('.switch label span').remove()")
    assert "label" in serious(found.page)


def test_the_past_is_drawn(opened: Any, tmp_path: Path) -> None:
    path = tmp_path / "past.html"
    path.write_text(render(run(remembered(case(rows=(over(),))))), encoding="utf-8")
    found = opened(path, java_script_enabled=False, viewport={"width": 500, "height": 900})
    figure = found.page.locator("svg.trend")
    assert figure.is_visible()
    assert figure.bounding_box()["width"] <= 500
    assert "its limit is broken since" in found.text("figure:has(svg.trend) figcaption")
