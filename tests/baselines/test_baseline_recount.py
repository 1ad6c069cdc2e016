"""A line of the baseline against the file it keeps: numbers, digest and list of files must follow from it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from baselines_project import Repo, text_of

from pytest_edgebench.record import baseline as record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgebench.record.baseline import Entry

pytest_plugins = ["pytester"]
CASE = "a-int8-host"
WIDER = ('"a": 512', '"a": 520')


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kept") / ".edgebench"


@pytest.fixture
def accepted(repo: Repo, kept: Path) -> Path:
    """The project with its committed baseline, which is made once."""
    folder = repo.path / ".edgebench"
    repo.edit("tests/test_nets.py", '"baseline + 5 %"', '"baseline + 2000 %"')
    if not kept.is_dir():
        assert repo.run("--edgebench-update-baseline").ret == 0
        shutil.copytree(folder, kept)
    else:
        shutil.copytree(kept, folder)
    return folder


def edit(folder: Path, change: Callable[[Entry], Entry]) -> None:
    """Change the line of a case and renew its check sums, as whoever means to deceive does."""
    found = record.load(folder)
    cases = {**found.cases, CASE: change(found.cases[CASE])}
    (folder / record.FILE).write_text(record.dump(replace(found, cases=cases)), encoding="utf-8")


def number(name: str, factor: float, **other: object) -> Callable[[Entry], Entry]:
    def change(entry: Entry) -> Entry:
        metric = entry.metrics[name]
        changed = replace(metric, value=metric.value * factor, **other)  # type: ignore[arg-type]
        return replace(entry, metrics={**entry.metrics, name: changed})

    return change


@pytest.mark.parametrize("name", ["size", "gzip", "parameters", "macs", "ops", "float_ops"])
def test_a_number_that_the_file_does_not_have(repo: Repo, accepted: Path, name: str) -> None:
    def change(entry: Entry) -> Entry:
        metric = entry.metrics[name]
        return replace(entry, metrics={**entry.metrics, name: replace(metric, value=metric.value + 10_000)})

    edit(accepted, change)
    repo.edit("src/nets/build.py", *WIDER)
    result = repo.run("-k", CASE)
    assert result.ret == 1
    text = text_of(result)
    assert f"says of {CASE} {name} " in text
    assert "is counted in the file it keeps" in text
    reason = repo.rows(CASE)["size", "baseline"]["reason"]
    assert name in reason


def test_several_numbers_are_named_together(repo: Repo, accepted: Path) -> None:
    edit(accepted, lambda entry: number("macs", 2)(number("size", 2)(entry)))
    text = text_of(repo.run("-k", CASE))
    assert f"says of {CASE} macs " in text
    assert ", size " in text


def test_another_unit_and_a_floor_are_another_number(repo: Repo, accepted: Path) -> None:
    edit(accepted, number("macs", 1, floor=True))
    result = repo.run("-k", CASE)
    assert result.ret == 1
    assert "macs at least " in text_of(result)


def test_a_number_that_was_deleted_is_counted(repo: Repo, accepted: Path) -> None:
    def change(entry: Entry) -> Entry:
        return replace(entry, metrics={n: m for n, m in entry.metrics.items() if n != "size"})

    edit(accepted, change)
    repo.edit("src/nets/build.py", *WIDER)
    assert repo.run("-k", CASE).ret == 1
    assert repo.rows(CASE)["size", "baseline"]["verdict"] == "FAIL"


@pytest.mark.parametrize("counters", [{}, {"counts": "1", "gzip": "1.1", "digest": "0"}])
def test_of_another_counter_the_file_is_counted_again(
    repo: Repo, accepted: Path, counters: dict[str, str]
) -> None:
    edit(accepted, lambda entry: replace(number("macs", 2)(entry), counters=counters))
    result = repo.run("-k", CASE)
    assert result.ret == 0
    assert "macs of the baseline .edgebench/baseline.json were counted in another way" in text_of(result)
    assert repo.rows(CASE)["macs", "baseline"]["reason"] == "the same as the baseline"


def test_another_digest(repo: Repo, accepted: Path) -> None:
    """A slower file under the name of the new one would be "same bytes"."""
    found = record.load(accepted)
    one, other = found.cases[CASE].digest, "0" * 64
    shutil.copytree(accepted / "baseline" / one, accepted / "baseline" / other)
    edit(accepted, lambda entry: replace(entry, digest=other))
    result = repo.run("-k", CASE)
    assert result.ret == 1
    assert "the digests differ" in text_of(result)


def test_a_file_that_is_no_part_of_the_model(repo: Repo, accepted: Path) -> None:
    import hashlib

    folder = accepted / "baseline" / record.load(accepted).cases[CASE].digest
    (folder / "padding").write_bytes(bytes(100_000))
    sum_ = hashlib.sha256(bytes(100_000)).hexdigest()
    edit(accepted, lambda entry: replace(number("size", 4)(entry), files={**entry.files, "padding": sum_}))
    result = repo.run("-k", CASE)
    assert result.ret == 1
    assert "are not those of the model: padding" in text_of(result)
