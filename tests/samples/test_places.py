"""Each form of data in each place that takes data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.base.errors import DataError
from pytest_edgebench.declare.model import Model
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.samples.data import calibration, load

if TYPE_CHECKING:
    from collections.abc import Iterator

torch = pytest.importorskip("torch")
from pytest_edgebench.compressors import training  # noqa: E402 - needs torch
from pytest_edgebench.compressors.fit import Fit  # noqa: E402

X = np.random.default_rng(0).normal(size=(48, 6)).astype("float32")
Y = (X.sum(1) > 0).astype(int)
TENSORS = torch.from_numpy(X), torch.from_numpy(Y)
PAIRS = torch.utils.data.TensorDataset(*TENSORS)
LOADER = torch.utils.data.DataLoader
IterableDataset: Any = torch.utils.data.IterableDataset
Module: Any = torch.nn.Module


class Batches:
    def __iter__(self) -> Iterator[Any]:
        for start in range(0, 48, 10):
            yield X[start : start + 10], Y[start : start + 10]


class Samples:
    """Anything that gives samples, not batches."""

    def __iter__(self) -> Iterator[Any]:
        return iter(zip(X, Y.tolist(), strict=True))


class Iterable(IterableDataset):  # type: ignore[misc]
    def __iter__(self) -> Iterator[Any]:
        return iter(zip(*TENSORS, strict=True))


class Rows:
    """As a ``datasets.Dataset`` gives its rows."""

    def __len__(self) -> int:
        return 48

    def __getitem__(self, number: int) -> Any:
        return {"x": X[number].tolist(), "label": int(Y[number])}


class RowBatches:
    """As a loader gives the rows of one."""

    def __iter__(self) -> Iterator[Any]:
        for start in range(0, 48, 10):
            yield {"input_0": TENSORS[0][start : start + 10], "label": TENSORS[1][start : start + 10]}


FORMS: dict[str, Any] = {
    "arrays": (X, Y),
    "lists": (X.tolist(), Y.tolist()),
    "tensors": TENSORS,
    "mapping": ({"input_0": X}, Y),
    "with critical samples": (X, Y, [0, 1]),
    "npz": "d.npz",
    "path of an npz": Path("d.npz"),
    "npy pair": ("x.npy", "y.npy"),
    "npy and array": (Path("x.npy"), Y),
    "parquet": "d.parquet",
    "data set": PAIRS,
    "loader": LOADER(PAIRS, 8),
    "loader that shuffles": LOADER(PAIRS, 8, shuffle=True),
    "loader that drops": LOADER(PAIRS, 10, drop_last=True),
    "iterable data set": Iterable(),
    "loader of an iterable": LOADER(Iterable(), 10),
    "list of batches": [(X[:20], Y[:20]), (X[20:], Y[20:])],
    "batches": Batches(),
    "samples": Samples(),
    "rows": Rows(),
    "batches of rows": RowBatches(),
    "function of arrays": lambda: (X, Y),
    "function of a file": lambda: "d.npz",
    "function of a loader": lambda: LOADER(PAIRS, 8),
    "generator": lambda: iter(Batches()),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("data")
    np.savez(found / "d.npz", x=X, y=Y)
    np.save(found / "x.npy", X)
    np.save(found / "y.npy", Y)
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"x": list(X), "y": Y}), found / "d.parquet")
    return found


def net() -> Any:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(6, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))


@pytest.mark.parametrize("name", FORMS)
def test_each_form_in_each_place(name: str, folder: Path) -> None:
    form = FORMS[name]
    samples = load(Model(net, form, eb.top1, folder=folder))
    assert samples.count == (40 if "drops" in name else 48)
    assert samples.key()
    given, own = calibration(Model(net, (X, Y), eb.top1, folder=folder, calibration=form), 7)
    assert own
    assert [*given.samples] == ["input_0"]
    assert given.samples["input_0"].shape == (7, 6)
    if "shuffles" not in name:
        np.testing.assert_allclose(given.samples["input_0"], X[:7], rtol=1e-6)
    module, fit = net(), Fit(data=form, epochs=1)
    fit(module, training.given(form, module, "Fit", folder))
    # What is distilled on reads it by the same function.
    source = Model(net, (X, Y), eb.top1, folder=folder)
    recipe = eb.distill(source, Model(net, (X, Y), eb.top1), data=form)
    assert digest(recipe.step)
    assert digest(fit) == digest(Fit(data=form, epochs=1))


def test_samples_of_differing_shapes_are_trained_one_at_a_time() -> None:
    x = [np.ones((n, 6), "float32") for n in (3, 5, 4, 3)]

    class Mean(Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.net = net()

        def forward(self, x: Any) -> Any:
            return self.net(x.mean(1))

    module = Mean()
    Fit(data=(x, [0, 1, 0, 1]), epochs=1, batch_size=1)(module)
    with pytest.raises(DataError, match=r"differ in shape.*\n.*batch_size=1 of a training loop"):
        Fit(data=(x, [0, 1, 0, 1]), epochs=1, batch_size=4)(module)
