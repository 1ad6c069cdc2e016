"""LiteRT on files with state, several signatures, and lengths that are placeholders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import tflite_written

from pytest_edgebench.base.errors import MeasureError
from pytest_edgebench.measure.pool import Pool
from pytest_edgebench.workers.spec import Spec

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    with Pool(tmp_path_factory.mktemp("printed")) as pool:
        yield pool


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("delegates", ["default", "none"])
def test_state_is_forgotten_before_each_sample(
    delegates: str, backwards: bool, pool: Pool, tmp_path: Path
) -> None:
    path = tflite_written.recurrent(tmp_path / "m.tflite")
    wx, _, b = tflite_written.weights()
    x = np.random.default_rng(1).normal(size=(50, tflite_written.WIDTH)).astype(np.float32)
    x = x[::-1].copy() if backwards else x
    client = pool.get(Spec("litert", options=(("delegates", delegates),)))
    found = client.run(path, x).arrays[0]
    np.testing.assert_allclose(found, np.tanh(x @ wx.T + b), atol=1e-5)


def test_state_goes_on_between_timed_calls(pool: Pool, tmp_path: Path) -> None:
    """A reset is no part of a call."""
    path = tflite_written.recurrent(tmp_path / "m.tflite")
    x = np.ones((1, tflite_written.WIDTH), np.float32)
    timing = pool.get(Spec("litert")).time(path, x, loads=1, calls=3, seed=1)
    assert len(timing.calls_s[0]) == 3


def test_several_signatures_ask_for_a_choice(pool: Pool, tmp_path: Path) -> None:
    path = tflite_written.signed(tmp_path / "m.tflite")
    with pytest.raises(MeasureError, match=r"2 signatures \(decode, prefill\), and none is chosen") as caught:
        pool.get(Spec("litert")).run(path, np.ones((1, 4), np.float32))
    assert caught.value.fix == (
        'name one in the model, eb.Model(..., signature="decode"), or in runtime_options'
    )


def test_an_unknown_signature_is_told_with_those_there_are(pool: Pool, tmp_path: Path) -> None:
    path = tflite_written.signed(tmp_path / "m.tflite")
    client = pool.get(Spec("litert", options=(("signature", "decod"),)))
    with pytest.raises(MeasureError, match="no signature 'decod'") as caught:
        client.run(path, np.ones((1, 4), np.float32))
    assert "decode, prefill" in str(caught.value)


@pytest.mark.parametrize(("name", "rows"), [("decode", 1), ("prefill", 3)])
def test_the_chosen_signature_is_run_and_timed(name: str, rows: int, pool: Pool, tmp_path: Path) -> None:
    path = tflite_written.signed(tmp_path / "m.tflite")
    x = np.random.default_rng(1).normal(size=(rows, 4)).astype(np.float32)
    client = pool.get(Spec("litert", options=(("signature", name),)))
    wanted = x @ tflite_written.weights()[0].T
    wanted = np.maximum(wanted, 0) if name == "prefill" else wanted
    np.testing.assert_allclose(client.run(path, x, batch=rows).arrays[0], wanted, atol=1e-5)
    assert len(client.time(path, x, loads=2, calls=3, seed=1).calls_s) == 2


def test_lengths_that_are_placeholders_are_set_before_memory_is_planned(pool: Pool, tmp_path: Path) -> None:
    path = tflite_written.free_convolution(tmp_path / "m.tflite", old=True)
    x = np.ones((2, 6, 7, 2), np.float32)
    found = pool.get(Spec("litert")).run(path, x).arrays[0]
    assert found.shape == (2, 4, 5, 5)
    assert (found == 18).all()
