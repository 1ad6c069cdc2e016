from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import tiny_nets

from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.base.errors import (
    BuildError,
    DataError,
    DeclarationError,
    NoEffectError,
    UnsupportedError,
)
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.compressors.build.export import EXPORTERS
from pytest_edgebench.compressors.chain import chain, prebuilt, prune, quantize
from pytest_edgebench.declare.model import Model, Recipe, Step


def net(builder: Builder, fmt: Any = "onnx") -> Path:
    """A float ONNX file to start from."""
    return builder.build(Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score), fmt).path


def of_file(path: Path, **fields: Any) -> Model:
    return Model(path, tiny_nets.flat_samples, tiny_nets.score, **fields)


# Reuse


SECOND = """
import sys; sys.path.insert(0, {tests!r})
import tiny_nets
from pathlib import Path
from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.compressors.chain import prune, quantize
from pytest_edgebench.declare.model import Model
told = []
builder = Builder(Cache(Path({cache!r})), told.append)
model = Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score, name="mlp")
for fmt in ("onnx", "tflite"):
    for recipe in (model, quantize(prune(model, 0.5), "static-int8")):
        print(builder.build(recipe, fmt).record.digest)
print("torch" in sys.modules, tiny_nets.calls, len(told))
"""


def test_another_process_builds_nothing_and_a_second_cache_the_same_bytes(tmp_path: Path) -> None:
    def run(cache: str, seed: str) -> list[str]:
        script = SECOND.format(tests=str(Path(__file__).parent), cache=str(tmp_path / cache))
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        result = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        return result.stdout.splitlines()

    with ThreadPoolExecutor() as both:
        one, two = both.submit(run, "one", "1"), both.submit(run, "two", "2")
    (*first, built), (*other, _) = one.result(), two.result()
    *again, reused = run("one", "3")
    assert built.startswith("True")
    assert reused == "False [] 0"
    assert first == again == other
    assert len(set(first)) == 4


def test_the_source_is_called_once_for_all_recipes_and_formats(builder: Builder) -> None:
    calls = []

    def source() -> Any:
        calls.append(1)
        return tiny_nets.mlp()

    model = Model(source, tiny_nets.flat_samples, tiny_nets.score, key="mine")
    first = builder.build(model, "onnx")
    builder.build(prune(model, 0.5), "onnx")
    builder.build(quantize(model, "dynamic-int8"), "onnx")
    assert calls == [1]
    assert first.fresh
    assert builder.build(model, "onnx").path == first.path


def test_seeds_are_set_and_put_back(builder: Builder) -> None:
    import torch

    torch.manual_seed(7)
    before = torch.get_rng_state(), np.random.get_state()[1].tolist()  # type: ignore[index]
    one = builder.build(Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score), "onnx")
    other = builder.build(Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score, seed=1), "onnx")
    assert one.record.digest != other.record.digest
    assert torch.equal(torch.get_rng_state(), before[0])
    assert np.random.get_state()[1].tolist() == before[1]  # type: ignore[index]


def test_unrepeatable_training_gives_one_model_all_the_same(tmp_path: Path) -> None:
    """The first weights are kept, so that another session's tflite is made of the same network."""
    import torch

    def source() -> Any:
        torch.seed()
        return tiny_nets.mlp()

    def digest(recipe: Any) -> str:
        return Builder(Cache(tmp_path)).build(recipe, "onnx").record.digest

    model = Model(source, tiny_nets.flat_samples, tiny_nets.score)
    first = Builder(Cache(tmp_path)).build(prune(model, 0.5), "onnx")
    zeros = prune(Model(source, tiny_nets.flat_samples, tiny_nets.score), 0.25)
    second = Builder(Cache(tmp_path)).build(zeros, "onnx")
    import onnx
    from onnx.numpy_helper import to_array

    kept = [to_array(onnx.load(a.path).graph.initializer[0]) for a in (first, second)]
    both = (kept[0] != 0) & (kept[1] != 0)
    assert both.sum() > 100
    np.testing.assert_array_equal(kept[0][both], kept[1][both])


def tune(module: Any) -> None:
    with Path(os.environ["TUNE_LOG"]).open("a") as log:  # a list here would be part of the identity
        log.write("x")
    module[0].weight.data *= 2


def test_a_finetuned_state_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUNE_LOG", str(tmp_path / "log"))

    def build() -> Any:
        model = Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score)
        return Builder(Cache(tmp_path / "c")).build(prune(model, 0.5, tune), "onnx")

    first = build()
    shutil.rmtree(tmp_path / "c" / "artifacts")
    again = build()
    assert again.fresh
    assert again.record == first.record
    assert (tmp_path / "log").read_text() == "x"


# Identity


def test_a_checkpoint_replaced_under_a_cached_model_is_seen(tmp_path: Path) -> None:
    import torch

    checkpoint = tmp_path / "best.pt"

    def source() -> Any:
        module = tiny_nets.mlp()
        module.load_state_dict(torch.load(checkpoint))
        return module

    def build() -> Any:
        model = Model(source, tiny_nets.flat_samples, tiny_nets.score)
        return Builder(Cache(tmp_path / "c")).build(quantize(model, "dynamic-int8"), "onnx")

    torch.save(tiny_nets.mlp().state_dict(), checkpoint)
    kept = checkpoint.read_bytes()
    first = build()
    assert not build().fresh
    torch.save(tiny_nets.mlp().state_dict(), checkpoint)
    second = build()
    assert second.fresh
    assert second.record.digest != first.record.digest
    checkpoint.write_bytes(kept)
    assert build().record == first.record


def test_files_that_python_does_not_see_are_named_in_depends(tmp_path: Path) -> None:
    (tmp_path / "weights.bin").write_bytes(b"1")

    def key() -> str:
        model = Model(
            tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score, depends=("weights.bin",), folder=tmp_path
        )
        return Builder(Cache(tmp_path / "c")).build(model, "onnx").key

    first = key()
    assert key() == first
    (tmp_path / "weights.bin").write_bytes(b"2")
    assert key() != first


def test_a_module_given_as_such_is_taken_as_it_was(builder: Builder) -> None:
    module = tiny_nets.mlp()
    model = Model(module, tiny_nets.flat_samples, tiny_nets.score)
    same = Model(module, tiny_nets.flat_samples, tiny_nets.score)
    builder.adopt(model)
    module[0].weight.data += 1
    assert builder.build(model, "onnx").record.digest != builder.build(same, "onnx").record.digest


def test_score_name_and_labels_are_no_part_of_the_key(builder: Builder) -> None:
    inputs, labels = tiny_nets.flat_samples()
    one = Model(tiny_nets.mlp, (inputs, labels), tiny_nets.score, name="a")
    two = Model(tiny_nets.mlp, (inputs + 1, labels[::-1]), lambda a, b: 1.0, name="b")
    assert builder.build(one, "onnx").key == builder.build(two, "onnx").key


def test_what_has_no_identity_asks_for_a_key(builder: Builder) -> None:
    with pytest.raises(DeclarationError) as caught:
        builder.build(Model(eval("lambda: None"), tiny_nets.flat_samples, tiny_nets.score), "onnx")
    assert "key=" in caught.value.fix


# Files


def test_a_source_file_and_a_prebuilt_one_are_copied_as_they_are(builder: Builder, tmp_path: Path) -> None:
    import onnx

    model = onnx.load(net(builder))
    model.metadata_props.add(key="vendor", value="x")
    (tmp_path / "w").mkdir()
    options: dict[str, Any] = {"save_as_external_data": True, "location": "w.bin", "size_threshold": 0}
    onnx.save(model, tmp_path / "w" / "mine.onnx", **options)
    whole = sum(path.stat().st_size for path in (tmp_path / "w").iterdir())
    for source in (
        of_file(tmp_path / "w" / "mine.onnx"),
        prebuilt(of_file(net(builder)), tmp_path / "w" / "mine.onnx"),
    ):
        artifact = builder.build(source, "onnx")
        assert artifact.path.name == "mine.onnx"
        assert artifact.size == whole
        assert artifact.record.steps == ()
        assert artifact.path.read_bytes() == (tmp_path / "w" / "mine.onnx").read_bytes()


def test_steps_on_a_model_with_external_data(builder: Builder, tmp_path: Path) -> None:
    import onnx

    options: dict[str, Any] = {"save_as_external_data": True, "location": "w.bin", "size_threshold": 0}
    onnx.save(onnx.load(net(builder)), tmp_path / "mine.onnx", **options)
    for scheme in ("static-int8", "dynamic-int8", "fp16"):
        artifact = builder.build(quantize(of_file(tmp_path / "mine.onnx"), scheme), "onnx")
        assert list(artifact.record.files) == ["model.onnx"]


def test_a_bad_source_file_is_refused(builder: Builder, tmp_path: Path) -> None:
    (tmp_path / "m.onnx").touch()
    with pytest.raises(BuildError, match="the model file is empty"):
        builder.build(quantize(of_file(tmp_path / "m.onnx"), "fp16"), "onnx")
    with pytest.raises(BuildError, match="model file not found"):
        builder.build(prebuilt(of_file(net(builder)), tmp_path / "gone.onnx"), "onnx")


def test_a_file_of_another_format(builder: Builder) -> None:
    with pytest.raises(UnsupportedError, match=r"cannot become \.tflite"):
        builder.build(of_file(net(builder)), "tflite")


# Failures


@dataclass(frozen=True)
class Own(Step):
    """A user's step that does what the test says."""

    stages: ClassVar[Any] = {"onnx": "file", "tflite": "torch"}
    does: str

    def file(self, source: Path, target: Path, context: Any) -> None:
        match self.does:
            case "raise":
                raise ZeroDivisionError("no scale")
            case "import":
                importlib.import_module("no_such_library")
            case "old":
                from json import no_such_name  # type: ignore[attr-defined] # noqa: F401
            case "calibrate":
                context.calibration(9)
            case "copy":
                target.write_bytes(source.read_bytes())

    def torch(self, module: Any, context: Any) -> Any:
        return module if self.does == "copy" else None

    def effect(self, before: Any, after: Any) -> str | None:
        return None if before != after else "nothing changed"


@pytest.mark.parametrize(
    ("does", "sentence"),
    [
        ("raise", r"Own\(does='raise'\) raised ZeroDivisionError: no scale at .*test_build.py:\d+"),
        ("import", "needs no_such_library, which is not installed"),
        ("old", "needs another version of what is installed: cannot import name 'no_such_name' from 'json'"),
        ("calibrate", "more calibration samples than its `samples` says"),
        ("nothing", r"Own\(does='nothing'\) wrote no file"),
        ("copy", r"Own\(does='copy'\) had no effect: nothing changed"),
    ],
)
def test_a_step_that_fails_leaves_nothing(tmp_path: Path, does: str, sentence: str) -> None:
    cache = Cache(tmp_path / "c")
    builder = Builder(cache)
    recipe = Recipe(of_file(net(builder)), Own(does), place="conftest.py:8")
    before = sorted((tmp_path / "c" / "index").iterdir())
    builder.build(recipe.source, "onnx")
    with pytest.raises(BuildError, match=sentence) as caught:
        builder.build(recipe, "onnx")
    assert caught.value.where == "conftest.py:8"
    assert len(sorted((tmp_path / "c" / "index").iterdir())) == len(before) + 1
    assert not list((tmp_path / "c" / "tmp").iterdir())


def test_a_torch_step_without_effect_or_result(builder: Builder) -> None:
    model = Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score)
    with pytest.raises(NoEffectError, match="nothing changed"):
        builder.build(chain(model, Own("copy")), "tflite")
    with pytest.raises(BuildError, match=r"returned nothing, not a torch\.nn\.Module"):
        builder.build(chain(model, Own("nothing")), "tflite")


def broken() -> Any:
    raise FileNotFoundError("best.pt")


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (broken, "the function that makes model 'kws' raised FileNotFoundError: best.pt"),
        (lambda: None, "the function that makes model 'kws' returned nothing, not a torch.nn.Module"),
        (lambda: "net.onnx", "returned a str, not a torch.nn.Module"),
    ],
)
def test_a_source_that_fails(builder: Builder, source: Any, sentence: str) -> None:
    model = Model(source, tiny_nets.flat_samples, tiny_nets.score, name="kws", place="conftest.py:4")
    with pytest.raises(BuildError, match=sentence) as caught:
        builder.build(model, "onnx")
    assert "test_build.py" in caught.value.where or caught.value.where == "conftest.py:4"


def test_a_failure_is_remembered(builder: Builder) -> None:
    calls = []

    def source() -> Any:
        calls.append(1)
        raise ValueError("bad")

    model = Model(source, tiny_nets.flat_samples, tiny_nets.score, key="k")
    for _ in range(3):
        with pytest.raises(BuildError, match="ValueError: bad"):
            builder.build(model, "onnx")
    assert calls == [1]


def test_data_that_cannot_be_used(builder: Builder) -> None:
    inputs, labels = tiny_nets.flat_samples()
    with pytest.raises(DataError):
        builder.build(Model(tiny_nets.mlp, (inputs, labels[:-1]), tiny_nets.score), "onnx")
    model = Model(tiny_nets.mlp, (inputs, labels), tiny_nets.score, calibration=inputs[:0])
    with pytest.raises(DataError):
        builder.build(quantize(model, "static-int8"), "onnx")


def test_an_exporter_that_is_not_installed(builder: Builder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(EXPORTERS, "onnx", ("torch", "no-such-exporter"))
    model = Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score, place="conftest.py:4")
    with pytest.raises(
        BuildError, match="exporting to onnx needs no-such-exporter, which is not inst"
    ) as caught:
        builder.build(model, "onnx")
    assert "pip install" in caught.value.fix
