"""The report of more cases than a page can show: what needs attention is on it, all the rest beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
from parsed import cells, parse
from report_runs import matrix

from pytest_edgebench.__main__ import main
from pytest_edgebench.record import store
from pytest_edgebench.record.errors import RecordError
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
    for name in ("failures", "devices"):
        assert page.by_id(name).text == whole.by_id(name).text
    assert page.find("h1")[0].text == whole.find("h1")[0].text
    chips = [[chip.text for chip in one.find("span", "chip")] for one in (page, whole)]
    assert chips[0] == chips[1]
    lines = page.by_id("all").find("div", "list")[0].find("summary")
    assert len(lines) == 8 + 1 + 1  # failed, warned, inconclusive
    assert {cells(line)[0] for line in lines} == {"✕", "▲", "?"}
    assert "The rows of all 96 cases are in r.json" in page.by_id("all").text
    assert "compare r.json" in page.by_id("tradeoff").text


def test_only_what_is_on_the_page_is_linked(small_pages: Run) -> None:
    page = parse(html.render(small_pages, "r.json"))
    ids = {node.attrs["id"] for node in page.nodes() if "id" in node.attrs}
    links = [unquote(node.attrs["href"]) for node in page.find("a")]
    assert {link.removeprefix("#") for link in links} <= ids
    assert 8 < len(page.by_id("devices").find("a")) < 40


def test_nothing_needs_attention() -> None:
    page = parse(html.render(matrix(broken=False), "r.json"))
    assert "None needs attention." in page.by_id("all").text


def test_the_page_names_its_record(small_pages: Run) -> None:
    with pytest.raises(RecordError) as caught:
        store.load(html.render(small_pages, "r<.json"), "r.html")
    assert caught.value.what == "this is the report of a large run, whose record is in a file of its own"
    assert caught.value.fix == "give r<.json, which was written next to the report"


def test_merge_writes_both(small_pages: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store.write(tmp_path / "run.json", store.dump(small_pages))
    main(["merge", "run.json", "--report=all.html"])
    keys = [case.key for case in store.read(tmp_path / "all.json").cases]
    assert keys == [case.key for case in small_pages.cases]
    assert "all.json" in (tmp_path / "all.html").read_text(encoding="utf-8")


def test_ten_thousand_cases_are_small_enough() -> None:
    assert len(html.render(matrix(9600), "r.json").encode()) <= 5_000_000
