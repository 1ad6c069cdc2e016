from __future__ import annotations

import os

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.suites.streaming import sounds

DATA = os.environ.get("EDGEBENCH_DATA", "")


@pytest.fixture(params=["made", "spoken"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which voices."""
    kind: str = request.param
    if kind == "made":
        monkeypatch.delenv("EDGEBENCH_DATA", raising=False)
    elif not DATA:
        pytest.skip("EDGEBENCH_DATA is not set")
    return kind


def test_the_noise_is_as_loud_as_it_says(kind: str) -> None:
    noisy, clean = sounds.held_out()
    assert noisy.shape == clean.shape == (sounds.HELD_OUT, sounds.STEPS, sounds.FRAME)
    assert noisy.dtype == clean.dtype == np.float32
    assert eb.signal_to_noise.fn(noisy, clean) == pytest.approx(sounds.NOISE_DB, abs=0.01)
    assert np.abs(clean).max() <= 1
    assert ("EDGEBENCH_DATA is not set" in str(sounds.source())) is (kind == "made")


def test_voices_to_judge_on_are_of_their_own(kind: str) -> None:
    judged, trained = sounds._voices(held_out=True), sounds._voices(held_out=False)
    assert len(judged) == 100
    assert len(trained) == (300 if kind == "made" else 200)
    assert not {voice.tobytes() for voice in judged} & {voice.tobytes() for voice in trained}


def test_calls_carry_two_states() -> None:
    torch = pytest.importorskip("torch")
    from pytest_edgebench.suites.streaming.nets import denoiser

    inputs, clean = sounds.calls()
    assert list(inputs) == ["frame", "before", "hidden"]
    assert {inputs[name].reset for name in ("before", "hidden")} == {"sequence"}
    assert len(sounds.some_calls()["frame"]) == 20
    torch.manual_seed(0)
    first = torch.from_numpy(inputs["frame"][:2, 0])
    states = [torch.from_numpy(np.repeat(inputs[name].initial, 2, 0)) for name in ("before", "hidden")]
    outputs = denoiser()(first, *states)
    assert outputs[0].shape == clean[:2, 0].shape
    assert torch.equal(outputs[inputs["before"].output], first)
    assert outputs[inputs["hidden"].output].shape == (2, sounds.HIDDEN)
