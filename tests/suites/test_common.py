"""What the suites share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.suites.common.sources import Source, absent, shared

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor


def test_a_source_says_what_it_stands_in_for() -> None:
    plain = Source("Digits", "UCI 1998", "CC BY 4.0")
    assert str(plain) == "Digits; UCI 1998; CC BY 4.0"
    assert str(Source("Waves", "made here", "Apache-2.0", "EDGEBENCH_DATA is not set")) == (
        "Waves; made here; Apache-2.0; used because EDGEBENCH_DATA is not set"
    )


def test_files_of_the_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "signals").mkdir()
    monkeypatch.setenv("EDGEBENCH_DATA", str(tmp_path))
    assert shared("signals") == tmp_path / "signals"
    assert shared("kws") is None
    assert absent("kws") == "EDGEBENCH_DATA has no kws"
    monkeypatch.delenv("EDGEBENCH_DATA")
    assert shared("signals") is None
    assert absent("signals") == "EDGEBENCH_DATA is not set"


def test_a_data_folder_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEBENCH_DATA", str(tmp_path / "typo"))
    with pytest.raises(eb.EdgebenchError) as raised:
        shared("signals")
    assert str(raised.value) == (
        f"EDGEBENCH_DATA: {str(tmp_path / 'typo')!r} is not a folder\n"
        "  fix: set EDGEBENCH_DATA to a folder, or unset it to run on bundled data"
    )


def test_training_can_vary_its_samples_and_take_another_loss() -> None:
    torch = pytest.importorskip("torch")
    from pytest_edgebench.suites.common.training import trained

    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(64, 3)).astype(np.float32)
    targets = (inputs @ np.array([[1.0], [-2.0], [0.5]], np.float32)) + 3
    seen: list[Tensor] = []

    def varied(batch: Tensor) -> Tensor:
        seen.append(batch)
        return batch

    torch.manual_seed(0)
    net = trained(
        torch.nn.Linear(3, 1), inputs, targets, epochs=60, rate=0.1, batch=30,
        loss=torch.nn.functional.mse_loss, varied=varied,
    )  # fmt: skip
    assert len(seen) == 60 * 2
    assert {tuple(batch.shape) for batch in seen} == {(30, 3)}
    (weight, _bias) = net.parameters()
    assert np.allclose(weight.detach().numpy(), [[1, -2, 0.5]], atol=0.05)
    assert not net.training
