"""The sounds of the keyword suite, and its features against slow definitions of them."""

from __future__ import annotations

import math
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.suites.kws import mfcc, reference, spoken
from pytest_edgebench.suites.kws.generated import WORDS, words

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def literal(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """The definition, number by number; the spectrum of a frame by scipy's discrete Fourier transform."""
    import scipy.fft
    import scipy.signal

    def mel(hertz: float) -> float:
        return 2595 * math.log10(1 + hertz / 700)  # another form of the same scale

    low, high = mel(20), mel(4000)
    ends = [700 * (10 ** ((low + (high - low) * number / 41) / 2595) - 1) for number in range(42)]
    rows = []
    for start in range(0, len(sound) - 320 + 1, 160):
        frame = sound[start : start + 320] * scipy.signal.get_window("hann", 320)
        spectrum = scipy.fft.fft(frame)
        bins = []
        for left, middle, right in zip(ends, ends[1:], ends[2:], strict=False):
            total = 0.0
            for number in range(161):
                place = mel(number * 8000 / 320)
                if mel(left) < place <= mel(middle):
                    weight = (place - mel(left)) / (mel(middle) - mel(left))
                elif mel(middle) < place < mel(right):
                    weight = (mel(right) - place) / (mel(right) - mel(middle))
                else:
                    weight = 0.0
                total += weight * abs(spectrum[number]) ** 2
            bins.append(math.log(total + 1e-6))
        rows.append(scipy.fft.dct(np.array(bins), type=2, norm="ortho")[:10])
    return np.array(rows)


def test_features_are_those_of_the_definition() -> None:
    rng = np.random.default_rng(0)
    tones = np.sin(2 * np.pi * np.outer([440, 1234.5], np.arange(1120)) / 8000)
    sounds = np.stack([*tones, 0.1 * rng.normal(size=1120), np.zeros(1120)])
    found = mfcc.mfcc(sounds)
    assert found.shape == (4, 6, 10)
    for one, sound in zip(found, sounds, strict=True):
        assert np.allclose(one, literal(sound), rtol=1e-9, atol=1e-9)


def test_a_second_has_as_many_frames_as_in_mlperf_tiny() -> None:
    assert mfcc.mfcc(np.zeros(8000)).shape == (49, 10)


def test_each_triangle_is_heard() -> None:
    assert mfcc.mel_triangles().shape == (40, 161)
    assert (mfcc.mel_triangles().max(1) > 0).all()


def write_wav(path: Path, samples: list[int], rate: int = 8000, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(np.array(samples, "<i2").tobytes())


def test_sounds_are_read_from_minus_1_to_1(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", [0, 16384, -32768])
    assert spoken.read_wav(tmp_path / "a.wav").tolist() == [0, 0.5, -1]
    write_wav(tmp_path / "b.wav", [0, 0], rate=16000, channels=2)
    with pytest.raises(eb.EdgebenchError, match="expected 16 bits, 1 channel, 8000 Hz; found 16 bits, 2 ch"):
        spoken.read_wav(tmp_path / "b.wav")


def test_a_second_round_the_middle() -> None:
    short = spoken.second_of(np.ones(1001))
    assert short.shape == (8000,)
    assert np.flatnonzero(short)[[0, -1]].tolist() == [3499, 4499]
    long = spoken.second_of(np.arange(9000))
    assert long[[0, -1]].tolist() == [500, 8499]


@pytest.mark.parametrize("real", [False, True])
def test_what_is_judged_was_never_trained_on(real: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if real and not spoken.given():
        pytest.skip("EDGEBENCH_DATA is not set")
    if not real:  # fewer, which is quicker
        monkeypatch.setattr("pytest_edgebench.suites.kws.generated.words", lambda _, seed: words(20, seed))
    spoken._sounds.cache_clear()
    spoken._scale.cache_clear()
    (inputs, classes), (others, other_classes) = spoken.held_out(real), spoken.training(real)
    assert inputs.shape == (120 if real else 20, 1, 49, 10)
    assert others.shape == (3 * 180 if real else 3 * 20, 1, 49, 10)
    assert len(other_classes) == len(others)
    assert inputs.dtype == others.dtype == np.float32
    assert set(classes) == set(other_classes) == set(range(10))
    seen = {one.tobytes() for one in others}
    assert not any(one.tobytes() in seen for one in inputs)
    plain = others[: len(others) // 3]
    assert np.allclose(plain.mean((0, 1, 2)), 0, atol=1e-4)
    assert np.array_equal(spoken.training_inputs(real), others)
    spoken._sounds.cache_clear()
    spoken._scale.cache_clear()


def test_slower_sounds_are_longer() -> None:
    sound = spoken.second_of(np.ones(2000))[None]
    lengths = [(spoken._at_speed(sound, speed) > 0.5).sum() for speed in (0.8, 1.0, 1.25)]
    assert np.allclose(lengths, [2500, 2000, 1600], atol=2)


def test_generated_words_are_always_the_same() -> None:
    sounds, classes = words(12, 3)
    assert np.array_equal(sounds, words(12, 3)[0])
    assert not np.array_equal(sounds, words(12, 4)[0])
    assert sounds.shape == (12, 8000)
    assert sounds.dtype == np.float32
    assert classes.tolist() == [*range(10), 0, 1]
    assert len(WORDS) == 10
    assert np.abs(sounds).max() < 2


def test_without_the_data_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EDGEBENCH_DATA", raising=False)
    assert not spoken.given()
    assert reference.model_file() is None
    assert str(spoken.source(False)).endswith("; used because EDGEBENCH_DATA is not set")
    spoken._sounds.cache_clear()
    with pytest.raises(eb.EdgebenchError, match="EDGEBENCH_DATA is not set"):
        spoken.held_out(True)


def test_the_inputs_of_mlperf_tiny() -> None:
    if reference.model_file() is None:
        pytest.skip("EDGEBENCH_DATA is not set")
    inputs, classes = reference.held_out()
    assert inputs.shape == (1000, 49, 10, 1)
    assert inputs.dtype == np.int8
    assert set(classes) == set(range(12))
