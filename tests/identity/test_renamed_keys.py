"""What was renamed has the cache keys that it had under its old name.

The digests were written by the last commit that had the old names, 18614bc.
"""

from __future__ import annotations

import pytest

import pytest_edgebench as eb
from pytest_edgebench.compressors.build import keys
from pytest_edgebench.declare.model import Model, Recipe, Step
from pytest_edgebench.identity import library
from pytest_edgebench.identity.digest import digest
from pytest_edgebench.profiles.target import TargetRef
from pytest_edgebench.workers.spec import Spec

MODEL = Model("small.onnx", "data.npz", eb.top1)


@pytest.fixture(autouse=True)
def versions(monkeypatch: pytest.MonkeyPatch) -> None:
    """One version for all: those of libraries are part of a key."""
    monkeypatch.setattr(library, "version", lambda root: "1")
    monkeypatch.setattr(keys, "version", lambda name: "1")


def test_fields() -> None:
    assert (
        digest(eb.Fit(epochs=2, lr=0.5, batch_size=8))
        == "604da4a9f1515be7136fe324302d56304bfa5de753041cee8955725c82b32e50"
    )


@pytest.mark.parametrize(
    "step, key",
    [
        (
            eb.QAT(eb.Fit(lr=0.5)),
            "da869688099e199eec7f60fb94ca69122eb8397df27b252004ba9fd6825732bc",
        ),
        (eb.Tucker(ratio=0.5), "7afd6e03cb2f9a66690f6192e78e49917efa49ca3452ac42d407525589ab48b1"),
        (
            eb.PruneSemiStructured(1, 3),
            "96c862f973a7a734f16c876ae2fcf59157de197fef66bd48ebcd5bc87624a503",
        ),
    ],
    ids=lambda value: str(value)[:12],
)
def test_steps(step: Step, key: str) -> None:
    assert keys.step_base(Recipe(MODEL, step), "source", "onnx", "slice") == key


def test_a_step_with_ingredients() -> None:
    step = eb.Distill(Model("teacher.onnx", "data.npz", eb.top1), lr=0.5, batch_size=8)
    found = keys.step_base(Recipe(MODEL, step), "source", "onnx", "slice", ("key",))
    assert found == "ca3237b8dd695e7a1d2957381670e19b4ce64910ddbb3722530f92f541cbfdda"


def test_options_of_a_target() -> None:
    options = (
        ("run", ("./measure.sh",)), ("evidence", "device"), ("gives", ("latency",)), ("lock", "phone")
    )  # fmt: skip
    spec = Spec("onnxruntime", target_ref=TargetRef("command", "", options))
    assert (
        digest(("outputs", "digest", spec.key))
        == "d638a83013fe828f9023946c4e3ed6460d3fcf16124d97e2de9233575c13f495"
    )
