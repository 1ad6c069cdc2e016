"""A baseline's folder: files that are written, read by digest, kept, and swept."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from test_baseline_text import entry

from pytest_edgebench.record import baseline
from pytest_edgebench.record.baseline import FILES, Baseline, Entry
from pytest_edgebench.record.errors import BaselineError, RecordError

if TYPE_CHECKING:
    from pathlib import Path

OUTPUTS = (np.arange(6.0).reshape(3, 2), np.array([1, 2, 3]))


class Built:
    """A model of two files, and its outputs, in a folder of the cache."""

    def __init__(self, folder: Path, content: bytes = b"model") -> None:
        self.folder, self.outputs = folder / "built", folder / "outputs.npz"
        (self.folder / "side").mkdir(parents=True)
        (self.folder / "net.onnx").write_bytes(content)
        (self.folder / "side" / "w.bin").write_bytes(b"weights")
        with self.outputs.open("wb") as file:
            np.savez(file, output_0=OUTPUTS[0], output_1=OUTPUTS[1])

    def entry(self, key: str = "net-int8-pi", **more: object) -> Entry:
        files = {name: sha(self.folder / name) for name in ("net.onnx", "side/w.bin")}
        made = entry(key, digest="d1", files=files, outputs=sha(self.outputs))
        return replace(made, **more)  # type: ignore[arg-type]

    def save(self, folder: Path, *entries: Entry) -> Baseline:
        saved = Baseline(folder, cases={one.case: one for one in entries})
        baseline.save(saved, {one.digest: self.folder for one in entries}, {sha(self.outputs): self.outputs})
        return baseline.load(folder)


def sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def built(tmp_path: Path) -> Built:
    return Built(tmp_path)


def names(folder: Path) -> list[str]:
    """Of all files below the folder of a baseline."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_what_is_saved_is_read(built: Built, tmp_path: Path) -> None:
    one = built.entry()
    found = built.save(tmp_path / "kept", one)
    assert found.cases == {one.case: one}
    for _ in range(2):  # the second time its digests are known
        assert found.artifact(one).read_bytes() == b"model"
    outputs = found.outputs(one)
    assert outputs is not None
    for mine, theirs in zip(outputs, OUTPUTS, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert found.outputs(replace(one, outputs="")) is None
    assert found.title == str(tmp_path / "kept")
    assert baseline.load(tmp_path / "kept", name="main").title == "main"


@pytest.mark.parametrize("name", ["net.onnx", "side/w.bin"])
def test_a_file_that_is_gone_or_changed(built: Built, tmp_path: Path, name: str) -> None:
    one = built.entry()
    found = built.save(tmp_path / "kept", one)
    path = tmp_path / "kept" / FILES / "d1" / name
    path.write_bytes(b"version https://git-lfs.github.com/spec/v1")
    with pytest.raises(BaselineError, match=f"another baseline/d1/{name} than it lists for net-int8-pi"):
        found.artifact(one)
    path.unlink()
    with pytest.raises(BaselineError, match=f"lists baseline/d1/{name} for net-int8-pi, which is not there"):
        found.artifact(one)


def test_outputs_that_are_gone_or_changed(built: Built, tmp_path: Path) -> None:
    one = built.entry()
    found = built.save(tmp_path / "kept", one)
    path = tmp_path / "kept" / FILES / f"{one.outputs}.npz"
    path.write_bytes(b"other")
    with pytest.raises(BaselineError, match=f"another baseline/{one.outputs[:12]}….npz than it lists"):
        found.outputs(one)
    path.unlink()
    with pytest.raises(BaselineError, match=f"lists baseline/{one.outputs[:12]}….npz for net-int8-pi"):
        found.outputs(one)


def test_what_is_there_is_not_written_again_and_what_no_case_names_goes(built: Built, tmp_path: Path) -> None:
    one = built.entry()
    built.save(tmp_path / "kept", one)
    store = tmp_path / "kept" / FILES
    (store / "old").mkdir()
    (store / "old" / "net.onnx").touch()
    (store / "old.npz").touch()
    before = {path: path.stat().st_ino for path in (store / "d1" / "net.onnx", store / f"{one.outputs}.npz")}
    built.save(tmp_path / "kept", one)
    assert {path: path.stat().st_ino for path in before} == before
    assert names(store) == sorted(["d1/net.onnx", "d1/side/w.bin", f"{one.outputs}.npz"])


def test_a_damaged_copy_is_replaced(built: Built, tmp_path: Path) -> None:
    one = built.entry()
    built.save(tmp_path / "kept", one)
    path = tmp_path / "kept" / FILES / "d1" / "net.onnx"
    path.write_bytes(b"half")
    assert built.save(tmp_path / "kept", one).artifact(one).read_bytes() == b"model"


def test_a_copy_that_fails_leaves_what_was_there(built: Built, tmp_path: Path) -> None:
    """The second file of the artifact is gone while it is copied."""
    one = built.entry()
    built.save(tmp_path / "kept", one)
    (built.folder / "side" / "w.bin").unlink()
    other = replace(one, digest="d2", outputs="")
    with pytest.raises(RecordError, match="No such file or directory"):
        baseline.save(Baseline(tmp_path / "kept", cases={one.case: other}), {"d2": built.folder}, {})
    found = baseline.load(tmp_path / "kept")
    assert found.cases == {one.case: one}
    assert found.artifact(one).read_bytes() == b"model"
    assert not [name for name in names(tmp_path / "kept") if "d2" in name]


def test_new_cases_come_over_the_old(tmp_path: Path) -> None:
    old = {key: entry(key, made="1", place=f"conftest.py:{line}") for line, key in enumerate("abcd")}
    new = {
        "a": replace(old["a"], made="2", place="conftest.py:99"),  # the same but for when and which line
        "b": replace(old["b"], made="2", place="other.py:1"),
        "c": replace(old["c"], made="2", digest="c2"),
        "e": entry("e", made="2"),
    }
    found = baseline.merged(Baseline(tmp_path, cases=old), Baseline(tmp_path, cases=new), ["d"])
    assert found.cases == {"a": old["a"], "b": new["b"], "c": new["c"], "e": new["e"]}
    assert baseline.merged(None, Baseline(tmp_path, cases=new), ["e"]).cases.keys() == {"a", "b", "c"}


def test_a_ref_whose_cases_are_broken(tmp_path: Path) -> None:
    """The head then says what no case can: of when, of which commit and machine it is."""
    head = {"made": "2026-01-01T00:00:00Z", "commit": "9c41e07", "host": {"cpu": "x"}}
    broken = Baseline(tmp_path, broken={"net-int8-pi": "it did not build"}, **head)  # type: ignore[arg-type]
    baseline.save(broken, {}, {})
    assert baseline.load(tmp_path) == broken


def test_outputs_of_differing_shapes_are_kept(built: Built, tmp_path: Path) -> None:
    ragged = np.empty(3, object)
    for number, shape in enumerate([(2, 2), (0, 2), (1, 2)]):
        ragged[number] = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    given = (ragged, np.arange(3))
    kept = baseline.outputs_as_kept(given)
    np.savez(built.outputs, **kept)
    one = built.entry()
    found = built.save(tmp_path / "kept", one).outputs(one)
    assert found is not None
    assert len(found) == 2
    np.testing.assert_array_equal(found[1], given[1])
    for mine, theirs in zip(found[0], ragged, strict=True):
        np.testing.assert_array_equal(mine, theirs)
