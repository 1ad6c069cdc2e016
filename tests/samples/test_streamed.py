"""Data that are too large to be held: read from the start, checked and known by their content in one go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.base.errors import DataError
from pytest_edgebench.declare.model import Model
from pytest_edgebench.samples import fingerprint
from pytest_edgebench.samples.data import calibration, load
from pytest_edgebench.samples.forms import batches, dataset
from pytest_edgebench.samples.stream import in_memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

X = np.random.default_rng(0).normal(size=(23, 3, 2)).astype("float32")
Y = np.arange(23)


class Batches:
    """Counts how often it is begun and how many batches are read."""

    def __init__(
        self, sizes: tuple[int, ...] = (7, 1, 9, 6), shift: float = 0.0, *, reuse: bool = False
    ) -> None:
        self.sizes, self.shift, self.reuse = sizes, shift, reuse
        self.begun = self.read = 0

    def __iter__(self) -> Iterator[Any]:
        self.begun += 1
        start, buffer = 0, np.empty((max(self.sizes), 3, 2), "float32")
        for size in self.sizes:
            self.read += 1
            x = X[start : start + size] + np.float32(self.shift)
            if self.reuse:
                buffer[:size] = x
                x = buffer[:size]
            yield x, Y[start : start + size]
            start += size


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for form in (batches, dataset):
        monkeypatch.setattr(form, "HELD_BYTES", 30)


def of(data: Any, **more: Any) -> Model:
    return Model("net.onnx", data, eb.top1, place="conftest.py:7", name="m", **more)


@pytest.mark.parametrize("size", [1, 4, 8, 100])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("reuse", [False, True])
def test_walked_once_in_pieces_and_known_after(size: int, batch: int, reuse: bool) -> None:
    data = Batches(reuse=reuse)
    samples = load(of(data))
    assert not samples.known
    begun = data.begun
    pieces = [given["input_0"].copy() for given in samples.walk(lambda: size, batch)]
    assert all(len(piece) % batch == 0 for piece in pieces[:-1])
    assert max(map(len, pieces)) <= max(size, batch)
    np.testing.assert_array_equal(np.concatenate(pieces), X)
    assert data.begun == begun + 1
    assert samples.known
    assert samples.count == 23
    np.testing.assert_array_equal(samples.labels(), Y)
    assert samples.inputs_key()
    assert data.begun == begun + 1  # nothing was read again for these


def test_a_size_that_changes_on_the_way() -> None:
    sizes = iter([1, 5, 2, 8, 3, 1, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9])
    pieces = [given["input_0"].copy() for given in load(of(Batches())).walk(lambda: next(sizes), 1)]
    np.testing.assert_array_equal(np.concatenate(pieces), X)


def test_the_key_is_of_the_content_not_of_the_batches() -> None:
    key = load(of(Batches())).key()
    assert key == load(of(Batches((23,)))).key() == load(of(Batches((1,) * 23))).key()
    assert key != load(of(Batches(shift=1))).key()


def test_the_first_samples_read_no_more_than_these() -> None:
    data = Batches((1,) * 23)
    samples = load(of(data))
    before = data.read
    np.testing.assert_array_equal(samples.first(3)["input_0"], X[:3])
    assert data.read <= before + 3
    assert samples.count_if_known is None


def test_calibration_reads_no_more_than_it_takes() -> None:
    data = Batches((1,) * 23)
    found, own = calibration(of((X, Y), calibration=data), 4)
    assert own
    np.testing.assert_array_equal(found.samples["input_0"], X[:4])
    assert data.read < 15
    np.testing.assert_array_equal(calibration(of((X, Y), calibration=data), 99)[0].samples["input_0"], X)


def test_rows_in_any_order() -> None:
    data = Batches()
    samples = load(of(data))
    for rows in ([7, 2, 22], [9, 9, 0, 8], [5], []):
        np.testing.assert_array_equal(samples.take(rows)["input_0"], X[rows])
    np.testing.assert_array_equal(in_memory(samples)[0]["input_0"], X)
    assert [len(labels) for _, labels in samples.batches(10)] == [10, 10, 3]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"shift": 1.0}, "batch 0 of the data was another one"),
        ({"sizes": (7, 1, 9)}, "batch 3 of the data was another one"),
        ({"sizes": (7, 1, 9, 5, 1)}, "batch 3 of the data was another one"),
    ],
)
def test_other_samples_at_the_second_reading(change: dict[str, Any], sentence: str) -> None:
    data = Batches()
    samples = load(of(data))
    assert samples.count == 23
    vars(data).update(change)
    with pytest.raises(DataError, match=sentence):
        list(samples.walk(lambda: 4, 1))


def test_mistakes_far_behind_are_found_in_the_first_run() -> None:
    def made() -> Iterator[Any]:
        yield X[:12], Y[:12]
        bad = X[12:].copy()
        bad[3, 0, 0] = np.nan
        yield bad, Y[12:]

    with pytest.raises(DataError, match=r"conftest.py:7 \(m\): inputs contains NaN"):
        list(load(of(made)).walk(lambda: 4, 1))


def test_labels_of_any_kind_and_critical_samples() -> None:
    def made() -> Iterator[Any]:
        for start in range(0, 20, 4):
            texts = [f"text {n}" for n in range(start, start + 4)]
            yield X[start : start + 4], texts, [n == 9 for n in range(start, start + 4)]

    samples = load(of(made))
    assert samples.critical is not None
    assert [*np.flatnonzero(samples.critical)] == [9]
    assert samples.labels()[7] == "text 7"


def test_roles_over_a_stream() -> None:
    """Constants and states stand in each batch, or in each sample of a data set."""

    def made() -> Iterator[Any]:
        for start in range(0, 20, 5):
            state = eb.State("next", initial=np.zeros((1, 4)), reset="never")
            yield {"x": X[start : start + 5], "rate": eb.Constant(16), "h": state}, Y[start : start + 5]

    class Rows:
        def __len__(self) -> int:
            return 20

        def __getitem__(self, n: int) -> Any:
            return {"x": X[n], "rate": eb.Constant(16), "h": eb.State("next", reset="never")}, Y[n]

    for data in (made, Rows(), lambda: Rows()):
        samples = load(of(data))
        assert samples.roles.unbroken
        assert samples.roles.plain()["rate"] == {"role": "constant"}
        given = next(iter(samples.walk(lambda: 3, 1)))
        assert [*given] == ["x", "rate", "h"]
        assert given["x"].shape == (3, 3, 2)


def test_a_data_set_is_read_sample_by_sample_and_by_number() -> None:
    class Rows:
        reads = 0

        def __len__(self) -> int:
            return 23

        def __getitem__(self, n: int) -> Any:
            self.reads += 1
            return {"image": X[n], "label": int(Y[n]), "critical": n == 4}

    rows = Rows()
    samples = load(of(rows))
    before = rows.reads
    np.testing.assert_array_equal(
        np.concatenate([given["image"].copy() for given in samples.walk(lambda: 5, 1)]), X
    )
    assert rows.reads == before + 23
    np.testing.assert_array_equal(samples.take([20, 3])["image"], X[[20, 3]])
    assert samples.critical is not None
    assert samples.critical[4]


@pytest.mark.parametrize("shape", [(5,), (4096,), (3, 1001), (2048, 2), (1,), ()])
@pytest.mark.parametrize("dtype", ["float32", "uint8", "float64", "int16"])
def test_fingerprints_tell_each_bit_and_each_place(shape: tuple[int, ...], dtype: str) -> None:
    random = np.random.default_rng(1)
    x = random.integers(0, 200, (6, *shape)).astype(dtype)
    found = fingerprint.condensed(x)
    assert found == fingerprint.condensed(x[:2]) + fingerprint.condensed(x[2:])
    assert found == fingerprint.condensed(np.asfortranarray(x))
    flat = x.reshape(-1)
    for at in random.integers(0, flat.size, 20):
        other = flat.copy()
        other[at] += 1
        assert fingerprint.condensed(other.reshape(x.shape)) != found
    if flat.size > 6 and len({*flat[:7]}) > 1:
        assert fingerprint.condensed(np.roll(flat, 1).reshape(x.shape)) != found
        assert fingerprint.condensed(x[::-1]) != found


@pytest.mark.parametrize("large", [True, False])
def test_nan_in_a_large_file_is_found_when_it_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    from pytest_edgebench.samples import data

    monkeypatch.setattr(data, "HELD_BYTES", 10 if large else 1 << 20)
    bad = X.copy()
    bad[20, 1, 1] = np.inf
    np.save(tmp_path / "x.npy", bad)
    model = Model("net.onnx", ("x.npy", Y), eb.top1, folder=tmp_path, place="conftest.py:7")
    if not large:
        with pytest.raises(DataError, match="inputs contains NaN or infinite values"):
            load(model)
        return
    samples = load(model)
    assert len(samples.first(3)["input_0"]) == 3
    with pytest.raises(DataError, match=r"conftest.py:7: inputs contains NaN"):
        list(samples.walk(lambda: 7, 1))
