"""The data of the signals suite: files read as their formats say, and what is generated instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.suites.common.sources import shared
from pytest_edgebench.suites.signals import ecg, motion
from pytest_edgebench.suites.signals.generated import heartbeats, motions

if TYPE_CHECKING:
    from pathlib import Path


def test_two_samples_in_three_bytes(tmp_path: Path) -> None:
    path = tmp_path / "x.dat"
    path.write_bytes(bytes([0xE3, 0x33, 0xF3, 0xFF, 0x0F, 0x00]))  # 995, 1011; -1, 0
    assert ecg.read_dat(path).tolist() == [[995, -1], [1011, 0]]


def test_annotations(tmp_path: Path) -> None:
    path = tmp_path / "x.atr"
    words = [28 << 10 | 18, 63 << 10 | 3, 0x4E28, 0x0000]  # a rhythm at 18, whose text "(N" fills two words
    words += [1 << 10 | 59, 61 << 10 | 1, 8 << 10 | 293]  # a normal beat at 77, its subtype; early at 370
    words += [59 << 10, 1, 4, 5 << 10 | 2, 0, 1 << 10 | 9]  # 65,540 later, then 2; nothing after the end
    path.write_bytes(np.array(words, "<u2").tobytes())
    places, codes = ecg.read_atr(path)
    assert places.tolist() == [18, 77, 370, 370 + 65540 + 2]
    assert codes.tolist() == [28, 1, 8, 5]


def test_recordings_of_the_archive(tmp_path: Path) -> None:
    path = tmp_path / "x.ts"
    channel = ",".join(str(number / 2) for number in range(100))
    path.write_text(f"#told\n@problemName x\n@data\n{':'.join([channel] * 6)}:Walking\n\n", encoding="utf-8")
    values, classes = motion.read_ts(path)
    assert values.shape == (1, 6, 100)
    assert values[0, 5, 99] == 49.5
    assert classes.tolist() == [2]
    path.write_text("@data\n1,2:3,4:Walking\n", encoding="utf-8")
    with pytest.raises(eb.EdgebenchError, match="expected recordings of 6 x 100 values, found"):
        motion.read_ts(path)


@pytest.mark.parametrize("real", [False, True])
def test_what_is_judged_was_never_trained_on(real: bool) -> None:
    if real and not (motion.given() and ecg.given()):
        pytest.skip("EDGEBENCH_DATA is not set")
    for part, shape in ((motion, (6, 100)), (ecg, (2, 200))):
        (inputs, classes), (others, other_classes) = part.held_out(real), part.training(real)
        assert inputs.shape == (len(classes), *shape)
        assert inputs.dtype == others.dtype == np.float32
        assert classes.dtype == np.int64
        assert set(classes) == set(other_classes)
        seen = {one.tobytes() for one in others}
        assert not any(one.tobytes() in seen for one in inputs)
        assert np.array_equal(part.training_inputs(real), others)


def test_motions_are_scaled_by_what_was_trained_on() -> None:
    inputs = motion.training(False)[0]
    assert np.allclose(inputs.mean((0, 2)), 0, atol=1e-5)
    assert np.allclose(inputs.std((0, 2)), 1, atol=1e-5)


def test_record_100() -> None:
    if not ecg.given():
        pytest.skip("EDGEBENCH_DATA is not set")
    path = shared(ecg.FILE)
    assert path is not None
    leads = ecg.read_dat(path)
    assert leads.shape == (2, 650_000)
    assert leads[:, 0].tolist() == [995, 1011]  # as its header says
    codes = ecg.read_atr(path.with_suffix(".atr"))[1]
    assert {code: int((codes == code).sum()) for code in set(codes)} == {1: 2239, 5: 1, 8: 33, 28: 1}


def test_where_a_beat_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    leads = np.zeros((2, 2000))
    leads[0, 1000:1002] = 5.0
    beats = np.array([100, 1000, 1950, 1500]), np.array([1, 8, 1, 28])
    monkeypatch.setattr(ecg, "_generated", lambda: (leads, *beats))
    found, classes = ecg.held_out(False)
    assert found.shape == (1, 2, 200)  # others are cut off by an end of the record, or no beat
    assert int(found[0, 0].argmax()) == ecg.BEFORE // 2
    assert found[0, 0].max() == 5.0
    assert classes.tolist() == [1]


def test_calling_every_beat_normal() -> None:
    classes = np.array([0] * 97 + [1] * 3)
    outputs = np.tile([1.0, 0.0], (100, 1))
    assert ecg.always_normal(classes) == pytest.approx(eb.f1.fn(outputs, classes))
    assert f"macro-F1 {ecg.always_normal(ecg.held_out(False)[1]):.3f})" in str(ecg.source(False))


def test_generated_signals_are_always_the_same() -> None:
    first, again, other = motions(8, 5), motions(8, 5), motions(8, 6)
    assert np.array_equal(first[0], again[0])
    assert not np.array_equal(first[0], other[0])
    assert first[1].tolist() == [0, 1, 2, 3] * 2
    leads, places, codes = heartbeats(120, 360, 5)
    assert np.array_equal(leads, heartbeats(120, 360, 5)[0])
    assert leads.shape == (2, 120 * 360)
    pauses = np.diff(places) / 360
    assert 0.7 < np.median(pauses) < 0.9
    assert {1, 8} <= set(codes) <= {1, 5, 8}
    early = pauses[codes[1:] != 1]
    assert early.max() < np.median(pauses)
    assert all(leads[0, place] > 0.6 for place in places)


def test_without_the_data_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEBENCH_DATA", raising=False)
    assert not motion.given()
    assert not ecg.given()
    for part in (motion, ecg):
        assert str(part.source(False)).endswith("; used because EDGEBENCH_DATA is not set")
        with pytest.raises(eb.EdgebenchError, match="EDGEBENCH_DATA is not set"):
            part.held_out(True)
