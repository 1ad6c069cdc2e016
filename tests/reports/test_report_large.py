"""The report of more cases than a page can show: what needs attention is on it, all the rest beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from parsed import cells, parse
from report_runs import matrix

from pytest_edgebench.__main__ import main
from pytest_edgebench.errors.record import RecordError
from pytest_edgebench.record import store
from pytest_edgebench.reports import html

if TYPE_CHECKING:
    from pytest_edgebench.record.run import Run


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A run of 96 cases, which is one too many."""
    monkeypatch.setattr(html, "MOST_CASES", 95)
    return matrix()


def test_one_file_up_to_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_CASES", 96)
    ((path, text),) = html.files_of(matrix(), Path("out/r.html"))
    assert path == Path("out/r.html")
    assert text == html.render(matrix())


def test_a_page_and_its_record(small_pages: Run) -> None:
    (path, page_text), (beside, record) = html.files_of(small_pages, Path("out/r.html"))
    text = "".join(page_text)
    assert (path, beside) == (Path("out/r.html"), Path("out/r.json"))
    assert store.load("".join(record), "r.json") == small_pages
    assert html.files_of(small_pages, path, "a record")[1][1] == "a record"
    page, whole = parse(text), parse(html.render(small_pages))
    for name in ("failures", "matrix", "cases"):
        shown = page.by_id(name).text
        assert shown == whole.by_id(name).text or name != "failures"
    short, long = (one.by_id("matrix").find("td") for one in (page, whole))
    for one, other in zip(short, long, strict=True):
        assert other.text.startswith(one.text)  # the whole page has more views of each cell
    assert page.find("h1")[0].text == whole.find("h1")[0].text
    assert [tile.text for tile in page.find("a", "tile")] == [tile.text for tile in whole.find("a", "tile")]
    lines = page.by_id("all").find("tbody")[0].find("tr")
    assert len(lines) == 1 + 7 + 1 + 1  # error, over budget, regressed, inconclusive
    assert {cells(line)[1][0] for line in lines} == {"✕", "▲", "?"}
    assert "The rows of all cases are in r.json" in page.by_id("all").text
    assert "compare r.json" in page.by_id("tradeoff").text


def test_only_what_is_on_the_page_is_linked(small_pages: Run) -> None:
    page = parse(html.render(small_pages, "r.json"))
    ids = {node.attrs["id"] for node in page.nodes() if "id" in node.attrs}
    links = [node.attrs["href"] for node in page.by_id("matrix").find("a")]
    assert links
    assert {link.removeprefix("#") for link in links} <= ids
    assert len(page.by_id("matrix").find("td")) == 96


def test_nothing_needs_attention() -> None:
    page = parse(html.render(matrix(broken=False), "r.json"))
    assert "None needs attention." in page.by_id("all").text


def test_the_page_names_its_record(small_pages: Run) -> None:
    with pytest.raises(RecordError) as caught:
        store.load(html.render(small_pages, "r<.json"), "r.html")
    assert caught.value.what == "this is the report of a large run, whose record lies in a file of its own"
    assert caught.value.fix == "give r<.json, which was written beside the report"


def test_merge_writes_both(small_pages: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store.write(tmp_path / "run.json", store.dump(small_pages))
    main(["merge", "run.json", "--report=all.html"])
    keys = [case.key for case in store.read(tmp_path / "all.json").cases]
    assert keys == [case.key for case in small_pages.cases]
    assert "all.json" in (tmp_path / "all.html").read_text(encoding="utf-8")


def test_ten_thousand_cases_are_small_enough() -> None:
    assert len(html.render(matrix(9600), "r.json").encode()) <= 5_000_000
