"""The code of a result: pasted into a module, it makes the same steps, whatever they are given."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import re
import sys
import types
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import pytest_edgebench as eb
from pytest_edgebench.compressors import quantize, sparsity
from pytest_edgebench.recipe_search.code import recipe_code, step_code

KWS = eb.Model("kws.onnx", "digits.npz", eb.top1, name="kws")
BIG = eb.Model("big.onnx", "digits.npz", eb.top1, name="big")


def recover(module: Any, epochs: int = 1) -> None: ...


def train_set() -> Any: ...


@eb.step("torch")
def clip(module: Any, limit: float = 1.0) -> None: ...


def bits(source: Any, target: Any, count: int = 3) -> None: ...


class Mode(enum.Enum):
    FAST = 1


@dataclasses.dataclass(frozen=True)
class Own(eb.Step):
    mode: Mode = Mode.FAST
    folder: Path = Path()
    weights: tuple[float, ...] = ()
    names: tuple[Any, ...] = ()


FIT = eb.Fit(epochs=5, data=train_set, loss=recover)
SCHEMES: tuple[Any, ...] = (*quantize.SCHEMES, *quantize.ALIASES)
STEPS: list[eb.Step] = [
    *(eb.Quantize(scheme) for scheme in SCHEMES),
    eb.Quantize("static-int8", calibration=64, per_channel=False, reduce_range=False),
    eb.Quantize("static-int8", calibration=eb.draws(3, 20), draw=2, method="entropy"),
    eb.Quantize("static-int8", method="percentile", percentile=99.9, activations="int8"),
    eb.Quantize("dynamic-int8", weights="uint8", exclude="Gemm"),
    eb.Quantize("weight-int4", block=64, exclude=("conv*", "fc"), ops="MatMul"),
    eb.Quantize("static-int8", preset="transformer", keep=eb.sensitive(0.5, samples=100)),
    eb.Quantize("static-int8", keep=eb.sensitive()),
    eb.Quantize("dynamic-int8", engine="ai-edge-quantizer", algorithm="mse", rules={"FULLY*": "weight-int8"}),
    eb.Prune(0.5),
    eb.Prune(np.float64(0.25), recover),
    *(eb.Prune(0.5, functools.partial(recover, epochs=3), scope, rounds=2)
      for scope in get_args(sparsity.Scope)),
    eb.Prune(0.5, recover, rounds=2, layer_ratios={"conv*": 0.25}, schedule="cubic", importance="activation"),
    eb.PruneChannels(0.5, "activation", recover, rounds=2, layer_ratios={"a": 0.0}, schedule="cubic"),
    eb.PruneSemiStructured(1, 8, FIT),
    eb.PruneChannels(0.5, "taylor", recover, scope="global", rounds=3, multiple=8),
    eb.PruneHeads(0.5, "taylor", eb.Fit(), {"*.0": 0.25}),
    eb.LowRank(recover, "fc*", 0.25, {"conv1": 1.0}),
    eb.Separable(recover, ("a", "b")),
    eb.Tucker(recover, "last", 0.3, {"conv*": 0.5}),
    eb.QAT(),
    eb.QAT(FIT, reduce_range=False),
    eb.QAT(recover),
    eb.Binarize("conv1", smallest=100, trained=True),
    eb.BinarizeTraining(FIT, "conv1", smallest=100),
    eb.Distill(BIG, temperature=2.0, soft=0.5, hard=0.0, epochs=3, batch_size=8, lr=0.01,
               features=(("a", "b"), ("c", "d")), data=train_set, loss="classes", class_axis=1),
    eb.Distill(eb.prune(BIG, 0.5)),
    clip.step(limit=0.5),
    eb.step("onnx", bits, key="bits-1", depends=(__file__,), changes=False).step(count=4),
    eb.step("tflite", bits).step(),
    Own(Mode.FAST, Path("weights"), (0.5,), ("é", b"x", None, True, -1, [1, 2])),
]  # fmt: skip


def made(code: str, *models: eb.Model) -> eb.Recipe:
    """What the recipe in some code returns for these models."""
    module = types.ModuleType("pasted")
    exec(f"import pytest_edgebench as eb\n{code}", vars(module))
    (fixture,) = [value for name, value in vars(module).items() if type(value).__name__.startswith("Fixture")]
    function = inspect.unwrap(fixture)
    recipe = function(*models[: len(inspect.signature(function).parameters)])
    assert isinstance(recipe, eb.Recipe)
    return recipe


def told(value: Any) -> Any:
    """A value as what can be compared: partial functions, and recipes that were made anew, are not equal."""
    if isinstance(value, functools.partial):
        return value.func, value.args, value.keywords
    if isinstance(value, eb.Recipe):
        return value.model, [told(step) for step in value.steps()]
    if dataclasses.is_dataclass(value) and not isinstance(value, eb.Model):
        return type(value), [(f.name, told(getattr(value, f.name))) for f in dataclasses.fields(value)]
    return value


@pytest.mark.parametrize("step", STEPS, ids=lambda step: re.sub(r" at 0x[0-9a-f]+", "", str(step)))
def test_code_makes_the_same_step(step: eb.Step) -> None:
    recipe = made(recipe_code("kws", [step]), KWS, BIG)
    assert recipe.model is KWS
    assert told(recipe.step) == told(step)


def test_every_step_and_option_is_among_them() -> None:
    public = [getattr(eb, name) for name in eb.__all__]
    for cls in [cls for cls in public if isinstance(cls, type) and issubclass(cls, eb.Step)]:
        for field in dataclasses.fields(cls):
            given = [getattr(step, field.name) for step in STEPS if type(step) is cls]
            assert any(value != field.default for value in given), f"{cls.__name__}.{field.name}"


def test_chain_of_all_is_one_recipe() -> None:
    recipe = made(recipe_code("kws", STEPS), KWS, BIG)
    assert [told(step) for step in recipe.steps()] == [told(step) for step in STEPS]


def test_names_that_are_none() -> None:
    code = recipe_code("my-kws", [eb.Prune(0.5)])
    assert "def prune(my_kws):" in code
    assert made(code, KWS).model is KWS
    assert "def prune_recipe(prune):" in recipe_code("prune", [eb.Prune(0.5)])


def test_what_cannot_be_imported_is_commented() -> None:
    def inner(module: Any) -> None: ...

    line = inner.__code__.co_firstlineno
    code = recipe_code("kws", [eb.Prune(0.5, inner), eb.Prune(0.6, lambda module: None)])
    assert f"# inner is the inner of test_code.py:{line}: put it here" in code
    assert f"# ... is the lambda of test_code.py:{line + 3}: put it here" in code
    assert "eb.Prune(ratio=0.5, finetune=inner)" in code
    with pytest.raises(eb.EdgebenchError, match="not a ellipsis"):
        made(code.replace("finetune=inner", "finetune=None"), KWS)


def test_functions_of_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "folder/search.py", raising=False)
    script = types.FunctionType(compile("0", "search.py", "eval"), {})
    script.__module__, script.__qualname__ = "__main__", "tune"
    code = recipe_code("kws", [eb.Prune(0.5, script)])
    assert "from search import tune\n" in code


def test_titles_are_short() -> None:
    assert step_code(eb.Quantize("fp16")) == "eb.Quantize(scheme='fp16')"
    assert step_code(eb.QAT()) == "eb.QAT()"
