"""Each form that data can be given in: the same samples, keys and refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_edgebench.base.errors import DataError
from pytest_edgebench.declare.model import Model
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.samples import forms
from pytest_edgebench.samples.data import calibration, load
from pytest_edgebench.samples.forms import About, batches, dataset
from pytest_edgebench.samples.stream import chunk, in_memory

X = np.random.default_rng(0).normal(size=(10, 3, 2)).astype("float32")
Y = np.arange(10)


class Pairs:
    """A map-style data set that counts how often it is read."""

    def __init__(self, x: Any = X, y: Any = Y) -> None:
        self.x, self.y, self.reads = x, y, 0

    def __len__(self) -> int:
        return len(self.x)

    def __getitem__(self, number: int) -> tuple[Any, Any]:
        self.reads += 1
        return self.x[number], self.y[number]


class Batches:
    """What may be read batch by batch alone, as often as wanted."""

    def __iter__(self) -> Any:
        yield {"input_0": X[:7]}, Y[:7]
        yield {"input_0": X[7:]}, Y[7:]


def model(data: Any, folder: Path = Path(), **more: Any) -> Model:
    return Model("net.onnx", data, None, folder=folder, place="conftest.py:7", name="m", **more)  # type: ignore[arg-type]


@pytest.fixture
def given(tmp_path: Path) -> dict[str, Any]:
    """The same samples in each form."""
    np.savez(tmp_path / "both.npz", x=X, y=Y)
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    return {
        "arrays": (X, Y),
        "lists": (X.tolist(), Y.tolist()),
        "mapping": ({"input_0": X}, Y),
        "npz": "both.npz",
        "npz path": Path("both.npz"),
        "npy pair": ("x.npy", "y.npy"),
        "npy input": (tmp_path / "x.npy", Y),
        "dataset": Pairs(),
        "list of batches": [(X[:4], Y[:4]), (X[4:], Y[4:])],
        "iterable of batches": Batches(),
        "generator": lambda: iter(Batches()),
        "function": lambda: (X, Y),
        "function of a file": lambda: "both.npz",
    }


def test_every_form_gives_the_same_samples_and_keys(given: dict[str, Any], tmp_path: Path) -> None:
    for name, value in given.items():
        samples = load(model(value, tmp_path))
        assert samples.count == 10, name
        for _ in range(2):  # from the start each time
            read = list(samples.batches(4))
            assert [len(labels) for _, labels in read] == [4, 4, 2]
            assert np.allclose(np.concatenate([inputs["input_0"] for inputs, _ in read]), X)
            assert np.array_equal(np.concatenate([labels for _, labels in read]), Y)
        assert np.allclose(samples.first(3)["input_0"], X[:3])
        assert len(samples.first(50)["input_0"]) == 10
        assert np.allclose(samples.take([7, 2])["input_0"], X[[7, 2]])
        assert np.array_equal(samples.labels(), Y)
        if name != "lists":  # float64
            assert samples.inputs_key() == digest({"input_0": X}), name
            assert samples.key() == digest(({"input_0": X}, Y)), name
        assert np.allclose(in_memory(samples)[0]["input_0"], X)


def test_one_form_at_most_takes_a_value(given: dict[str, Any]) -> None:
    for value in [*given.values(), X, {"a": X}, "x.npy", None, 3, Pairs(), "data.txt", (X, Y, [1])]:
        for labelled in (True, False):
            about = About("data", "", Path(), labelled)
            assert len([name for name, form in forms.forms().items() if form.takes(value, about)]) <= 1


def test_a_large_data_set_is_read_again_and_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "HELD_BYTES", 30)
    pairs = Pairs()
    samples = load(model(pairs))
    first = pairs.reads
    assert np.array_equal(samples.take([7, 2])["input_0"], X[[7, 2]])
    assert pairs.reads <= first + 3  # and the first sample, which tells the roles of inputs
    other = load(model(Pairs(X + 1)))
    assert samples.inputs_key() == load(model(Pairs())).inputs_key() != other.inputs_key()
    assert samples.key() == load(model(Pairs())).key() != load(model(Pairs(y=Y + 1))).key()
    pairs.x = X + 1
    with pytest.raises(DataError, match=r"conftest.py:7 \(m\): sample 4 of the data set was another one"):
        samples.take([4])


def test_a_small_data_set_is_read_once() -> None:
    pairs = Pairs()
    samples = load(model(pairs))
    first = pairs.reads
    list(samples.batches(2))
    assert pairs.reads == first


def test_an_npy_stays_in_its_file(tmp_path: Path, given: dict[str, Any]) -> None:
    assert isinstance(load(model(("x.npy", Y), tmp_path)).first(2)["input_0"], np.memmap)


def test_chunks_are_whole_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = load(model((X, Y)))
    monkeypatch.setattr("pytest_edgebench.samples.stream.CHUNK_BYTES", 24 * 7)
    assert (chunk(samples), chunk(samples, 3), chunk(samples, 100)) == (7, 6, 100)


def test_calibration_takes_every_form_of_inputs(tmp_path: Path, given: dict[str, Any]) -> None:
    for value in (X, {"input_0": X}, "x.npy", "both.npz", Pairs(), lambda: X, lambda: "x.npy", X.tolist()):
        arrays, own = calibration(model((X, Y), tmp_path, calibration=value), 4)
        assert own
        assert np.allclose(arrays.samples["input_0"], X[:4])
    drawn, own = calibration(model((X, Y), seed=3), 4)
    assert not own
    rows = np.sort(np.random.default_rng(3).permutation(10)[:4])
    assert np.array_equal(drawn.samples["input_0"], X[rows])


def test_a_class_is_called_for_the_data() -> None:
    for made in (Pairs, Counted):
        assert load(model(made)).key() == load(model(made())).key()


def test_calibration_of_differing_lengths_is_refused() -> None:
    with pytest.raises(DataError, match=r"different numbers of samples \(a: 10, b: 3\)"):
        calibration(model((X, Y), calibration={"a": X, "b": X[:3]}), 6)


def raising() -> Any:
    raise OSError("the share is offline")


class Ragged(Pairs):
    def __getitem__(self, number: int) -> tuple[Any, Any]:
        return X[0, : 1 + number % 2], 0


class Raising(Pairs):
    def __getitem__(self, number: int) -> tuple[Any, Any]:
        raise KeyError("img")


class Lengthless(Pairs):
    def __len__(self) -> int:
        raise RuntimeError("unknown")


class Critical(Pairs):
    def __getitem__(self, number: int) -> Any:
        return X[number], 0, np.array([True, False])


class Stops(Batches):
    def __iter__(self) -> Any:
        yield X, Y
        raise OSError("the share is offline")


class NeverStarts(Batches):
    def __iter__(self) -> Any:
        raise OSError("no such share")


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


class Bare(Pairs):
    def __getitem__(self, number: int) -> Any:
        return X[number]


class Unconvertible:
    def __array__(self, *_: object) -> Any:
        raise RuntimeError("on another device")


REFUSED = {
    "None": (None, "data is a NoneType, not a pair"),
    "array": (X, "data is a ndarray, not a pair"),
    "one": ((X,), "data is a tuple, not a pair"),
    "npy alone": ("x.npy", "x.npy holds one array, which cannot be inputs and labels"),
    "lost": ("lost.npz", "lost.npz does not exist"),
    "lost npy": (("lost.npy", Y), "lost.npy does not exist"),
    "long": ("a" * 5000, "does not exist"),
    "NUL": ("a\0b.npz", "does not exist"),
    "folder": (".", "is a folder"),
    "labels fewer": ((X, Y[:-1]), "9 labels for 10 inputs"),
    "labels none": ((X, None), "the labels are None, not one for each sample"),
    "labels of a set": ((X, {1, 2}), "the labels are one set, not one for each sample"),
    "labels in circles": ((X, [CIRCLE] * 10), "a label is or holds itself"),
    "labels of a class": ((X, [Ragged()] * 10), "a label is or holds Ragged"),
    "times": ((Y.astype("datetime64[s]"), Y), r"inputs has dtype datetime64\[s\]"),
    "another device": ((Unconvertible(), Y), "as an array: RuntimeError: on another device"),
    "critical ragged": ((X, Y, [[1], [1, 2]]), "the critical samples are of different shapes"),
    "raises": (raising, r"data function raising\(\) raised OSError: the share .*test_forms.py:"),
    "function of a function": (lambda: raising, "returned a function"),
    "empty set": (Pairs(X[:0], Y[:0]), "data holds no samples"),
    "class": (Lengthless, "how many samples it has: .* RuntimeError: unknown at .*test_forms.py:"),
    "critical of two": (Critical(), r"whether a sample is critical is of shape \(2,\)"),
    "raising set": (Raising(), r"the data set raised KeyError for sample 0: 'img' at .*test_forms.py:"),
    "bare set": (Bare(), "sample 0 of the data set is a ndarray, not a pair"),
    "set of labels of a class": (Pairs(X, [Ragged()] * 10), "a label is or holds Ragged"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_the_line_and_what_to_do(name: str, tmp_path: Path, given: dict[str, Any]) -> None:
    value, message = REFUSED[name]
    with pytest.raises(DataError, match=message) as caught:
        load(model(value, tmp_path))
    assert caught.value.where == "conftest.py:7 (m)"
    assert caught.value.fix
    assert len(str(caught.value)) < 1000


def test_torch_loaders_and_tensors() -> None:
    torch = pytest.importorskip("torch")
    x, y = torch.from_numpy(X), torch.from_numpy(Y)
    pairs = torch.utils.data.TensorDataset(x, y)
    loader = torch.utils.data.DataLoader
    held = [(x, y), pairs, loader(pairs, 4), [(x[:3], y[:3]), (x[3:], y[3:])], lambda: loader(pairs, 3)]
    for data in held:
        samples = load(model(data))
        assert samples.key() == digest(({"input_0": X}, Y))
    for data in held[1:]:
        assert np.array_equal(calibration(model((X, Y), calibration=data), 4)[0].samples["input_0"], X[:4])
    shuffled = load(model(loader(pairs, 4, shuffle=True)))
    assert sorted(shuffled.labels()) == [*Y]
    assert np.array_equal(shuffled.first(10)["input_0"], X[shuffled.labels()])
    dropped = load(model(loader(pairs, 4, drop_last=True)))
    assert dropped.count == 8


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ((pair for pair in [(X, Y)]), "data is a generator, which can be read only once"),
        (lambda: iter([]), "data holds no samples"),
        ({3, 4}, "batch 0 is a int, not a pair"),
        ([(X, Y), (X[:, 0], Y)], r"of equal shapes: input_0 has 2 axes in batch 1 and 3 in batch 0"),
        ([(X, Y), ({"a": X}, Y)], "batch 1 has the inputs a; batch 0 has input_0"),
        ([(X, Y), (X, Y[:3])], "batch 1 has 3 labels for 10 inputs"),
        ([(X, Y), (X, None)], "batch 1 has no labels"),
        ([(X, Y, np.array(True))], "of equal shapes: batch 0 raised TypeError: len"),
        ([(X[:0], Y[:0])], "data holds no samples"),
        (Stops(), "data raised OSError after 1 batch: the share is offline at .*test_forms.py:"),
        (NeverStarts(), "data raised OSError before its first batch: no such share at "),
        (Pairs([{}] * 10), "batch 0 has no inputs"),
        ([(X, Y), (X.astype(str), Y)], "input_0 is of dtype str1024 in batch 1 and of float32 in batch 0"),
        ([(X, Y), (X * np.nan, Y)], "inputs contains NaN or infinite values"),
    ],
)
def test_batches_that_are_none(data: Any, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=sentence):
        load(model(data))
    if not isinstance(data, list | Batches):
        return
    monkeypatch.setattr(batches, "HELD_BYTES", 30)  # as large data are read
    with pytest.raises(DataError, match=sentence):
        _ = load(model(data)).count


class Counted(Batches):
    """Batches that count how often they are read from the start, with critical samples."""

    def __init__(self, shift: float = 0.0) -> None:
        self.passes, self.shift = 0, shift

    def __iter__(self) -> Any:
        self.passes += 1
        yield {"input_0": X[:7] + self.shift, "b": X[:7] * 2}, Y[:7], [True] + [False] * 6
        yield {"input_0": X[7:] + self.shift, "b": X[7:] * 2}, Y[7:], [False] * 3


def test_large_batches_are_read_again_and_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "HELD_BYTES", 30)
    given = Counted()
    samples = load(model(given))
    assert samples.key() == load(model(Counted())).key() != load(model(Counted(1.0))).key()
    assert samples.critical is not None
    assert [*samples.critical] == [True] + [False] * 9
    before = given.passes
    read = list(samples.batches(4))  # one pass for both inputs
    assert given.passes == before + 1
    assert np.array_equal(np.concatenate([inputs["b"] for inputs, _ in read]), X * 2)
    for rows in ([7, 2], [9, 9, 0, 8], [5], []):
        assert np.array_equal(samples.take(rows)["input_0"], X[rows])
    given.shift = 1.0
    with pytest.raises(DataError, match=r"conftest.py:7 \(m\): batch 1 of the data was another one"):
        samples.take([8])


def test_a_function_that_makes_a_generator_is_called_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "HELD_BYTES", 30)
    given = Counted()
    samples = load(model(lambda: iter(given)))
    assert np.array_equal(samples.take([8, 1])["input_0"], X[[8, 1]])
    assert given.passes > 1


def test_a_loader_that_shuffles_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(batches, "HELD_BYTES", 30)
    pairs = torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    samples = load(model(torch.utils.data.DataLoader(pairs, 4, shuffle=True)))
    for _ in range(2):
        assert np.array_equal(samples.first(10)["input_0"], X[samples.labels()])


def test_batches_of_inputs_of_several_lengths() -> None:
    with pytest.raises(DataError, match=r"batch 0 holds different numbers of samples \(a: 7, b: 5\)"):
        load(model([({"a": X[:7], "b": X[:5]}, Y[:7])]))


def test_critical_samples_of_some_batches_alone() -> None:
    with pytest.raises(DataError, match="some batches say which samples are critical, others do not"):
        load(model([(X[:7], Y[:7], np.ones(7, bool)), (X[7:], Y[7:])]))
