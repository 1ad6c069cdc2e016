"""Patches: applied, of all files, kept by content."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgebench.artifacts import update
from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.metrics import update as metric

if TYPE_CHECKING:
    from pathlib import Path

OLD = bytes(range(256)) * 40


def written(folder: Path, files: dict[str, bytes]) -> tuple[Path, tuple[str, ...]]:
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / next(iter(files)), tuple(files)


def test_a_patch_is_small_where_little_changed(tmp_path: Path) -> None:
    old = written(tmp_path / "old", {"a.onnx": OLD, "a.data": OLD})
    same = written(tmp_path / "same", {"b.onnx": OLD, "a.data": OLD})
    changed = written(tmp_path / "changed", {"b.onnx": OLD[:5000] + b"new" + OLD[5003:], "a.data": OLD})
    grown = written(tmp_path / "grown", {"b.onnx": OLD, "a.data": OLD, "more.data": bytes(3000)})
    assert update.patch_bytes(*old, *same) == 0
    assert 0 < update.patch_bytes(*old, *changed) < 400
    assert 0 < update.patch_bytes(*old, *grown) < 400
    assert update.size(*grown) == 2 * len(OLD) + 3000


class Memos:
    """As the cache keeps memos."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], Any] = {}

    def memo_get(self, kind: str, key: str) -> Any:
        return self.kept.get((kind, key))

    def memo_put(self, kind: str, key: str, value: Any) -> None:
        self.kept[kind, key] = value


def test_it_is_kept_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memos: Any = Memos()
    old, new = (written(tmp_path / name, {"a.onnx": OLD + name.encode()}) for name in ("old", "new"))
    found = update.cached(memos, *old, *new)
    assert found > 0
    monkeypatch.setattr(update, "patch_bytes", lambda *_: pytest.fail("made again"))
    assert update.cached(memos, *old, *new) == found
    moved = written(tmp_path / "moved", {"z.onnx": OLD + b"new"})
    assert update.cached(memos, *old, *moved) == found


def test_a_patch_that_does_not_give_the_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = SimpleNamespace(diff=lambda old, new: b"patch", patch=lambda old, patch: b"other")
    monkeypatch.setattr("importlib.import_module", lambda _: broken)
    old, new = (written(tmp_path / name, {"a.onnx": name.encode()}) for name in ("old", "new"))
    with pytest.raises(MeasureError, match=r"the patch that bsdiff4 .* made of a.onnx does not give"):
        update.patch_bytes(*old, *new)


def test_why_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, names = written(tmp_path / "old", {"a.onnx": OLD})
    artifact = SimpleNamespace(path=path, record=SimpleNamespace(files=dict.fromkeys(names, len(OLD))))
    view: Any = SimpleNamespace(accepted=(artifact, ""), artifact=artifact)
    assert metric.why(view) == {}
    view.accepted = None, "nothing is accepted"
    assert metric.why(view) == {"update": "nothing is accepted"}
    assert metric.measure(view) == {}
    view.accepted = artifact, ""
    monkeypatch.setattr(update, "MOST_BYTES", 100)
    assert "up to 256 MiB, and one of the two has 10,240 bytes" in metric.why(view)["update"]
    monkeypatch.setattr(update, "installed", lambda: False)
    assert "pip install 'pytest-edgebench[update]'" in metric.why(view)["update"]
