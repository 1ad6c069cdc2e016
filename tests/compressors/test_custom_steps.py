from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets

import pytest_edgebench as eb
from pytest_edgebench.artifacts.cache import Cache
from pytest_edgebench.base.errors import BuildError, DeclarationError, NoEffectError, UnsupportedError
from pytest_edgebench.compressors.build.builder import Builder
from pytest_edgebench.declare.model import Model

if TYPE_CHECKING:
    from pathlib import Path

LIMIT = 0.05


@eb.step("torch")
def clip(module: Any, limit: float = LIMIT) -> None:
    """Keep all weights within a limit."""
    for parameter in module.parameters():
        parameter.data.clamp_(-limit, limit)


@eb.step("onnx")
def rename(source: Path, target: Path, name: str = "mine") -> None:
    import onnx

    model = onnx.load(source)
    model.graph.name = name
    onnx.save(model, target)


@eb.step("tflite", changes=False)
def copied(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def mlp(**fields: Any) -> Model:
    return Model(tiny_nets.mlp, tiny_nets.flat_samples, tiny_nets.score, name="mlp", **fields)


def weights(path: Path) -> Any:
    import onnx
    from onnx import numpy_helper

    return np.concatenate([numpy_helper.to_array(t).ravel() for t in onnx.load(path).graph.initializer])


@pytest.fixture(scope="module")
def made(shared_builder: Builder) -> tuple[Builder, Model]:
    return shared_builder, mlp()


def test_a_function_of_a_module_changes_it_and_chains(made: tuple[Builder, Model]) -> None:
    builder, model = made
    artifact = builder.build(clip(model, limit=0.02), "onnx")
    assert np.abs(weights(artifact.path)).max() == pytest.approx(0.02)
    assert [step.step for step in artifact.record.steps] == ["clip(limit=0.02)", "export to onnx"]
    chained = builder.build(eb.chain(model, clip.step(limit=0.02), eb.Quantize("dynamic-int8")), "onnx")
    assert chained.record.steps[0].step == "clip(limit=0.02)"
    assert chained.record.counts.weight_bytes["int8"] > 0


def test_a_function_of_an_onnx_file_is_told_apart_by_its_parameters(made: tuple[Builder, Model]) -> None:
    import onnx

    builder, model = made
    first, second = (builder.build(rename(model, name=name), "onnx") for name in ("one", "two"))
    assert onnx.load(second.path).graph.name == "two"
    assert first.key != second.key
    assert first.record.steps[-1].stage == "file"
    with pytest.raises(UnsupportedError, match="rename"):
        builder.build(rename(model), "tflite")


def test_a_function_of_a_tflite_file_may_be_said_to_change_nothing(tmp_path: Path) -> None:
    from pytest_edgebench.compressors.custom.step import CustomTflite

    made = copied.step()
    assert isinstance(made, CustomTflite)
    source = tmp_path / "in" / "model.tflite"
    source.parent.mkdir()
    source.write_bytes(b"\x1c\x00\x00\x00TFL3" + bytes(24))
    made.file(source, tmp_path / "model.tflite", context())
    assert (tmp_path / "model.tflite").read_bytes() == source.read_bytes()
    strict = eb.step("tflite", copied.__wrapped__).step()
    with pytest.raises(NoEffectError, match=r"copied\(\) had no effect.*changes=False"):
        strict.file(source, tmp_path / "other.tflite", context())


def context() -> Any:
    return eb.StepContext("tflite", mlp(), lambda n: {}, 0, lambda text: None)


WRITTEN = '''
import pytest_edgebench as eb
FACTOR = {factor}

def scale():
    return FACTOR

@eb.step("torch")
def shrink(module):
    """{words}"""
    for parameter in module.parameters():
        parameter.data.mul_(scale())
'''


def written(folder: Path, factor: float, words: str = "") -> Any:
    path = folder / f"module_{factor}_{len(words)}.py"
    path.write_text(WRITTEN.format(factor=factor, words=words), encoding="utf-8")
    scope: dict[str, Any] = {"__name__": path.stem, "__file__": str(path)}
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), scope)
    return scope["shrink"]


def test_it_is_built_again_only_when_the_function_or_what_it_uses_changes(tmp_path: Path) -> None:
    told: list[str] = []
    for factor, words in ((0.5, ""), (0.5, "Other words."), (0.25, "")):
        builder = Builder(Cache(tmp_path / "cache"), told.append)
        builder.build(written(tmp_path, factor, words)(mlp(key="one")), "onnx")
    assert [line for line in told if "shrink" in line] == ["mlp: shrink()", "mlp: shrink()"]


def test_a_step_that_keeps_the_state_but_not_the_architecture_is_not_taken_from_the_state(
    tmp_path: Path,
) -> None:
    @eb.step("torch")
    def softer(module: Any) -> None:
        from torch import nn

        module[1] = nn.Tanh()

    model = mlp(key="two")
    recipe = softer(model)
    first = Builder(Cache(tmp_path / "cache"))
    first._modules.make(recipe, "onnx")
    second = Builder(Cache(tmp_path / "cache"))
    assert "Tanh" in second.build(recipe, "onnx").record.counts.ops


def test_a_file_it_depends_on_counts_by_content(tmp_path: Path) -> None:
    from pytest_edgebench.compressors.build.keys import step_base

    table = tmp_path / "table.txt"
    keys = []
    for text in ("a", "b", "a"):
        table.write_text(text, encoding="utf-8")
        recipe = eb.step("onnx", rename.__wrapped__, depends=[table])(mlp())
        keys.append(step_base(recipe, "source", "onnx", ""))
    assert keys[0] == keys[2] != keys[1]
    table.unlink()
    with pytest.raises(DeclarationError, match=r"depends on '.*table.txt', which is not a file"):
        eb.step("onnx", rename.__wrapped__, depends=[table])(mlp())


def test_parameters_are_the_function_s_own(tmp_path: Path) -> None:
    def append(source: Path, target: Path, names: list[str]) -> None:
        names.append("x")
        shutil.copyfile(source, target)

    made = eb.step("onnx", append, changes=False).step(names=["a"])
    (tmp_path / "file").write_bytes(b"")
    made.call(tmp_path / "file", tmp_path / "other")
    assert made.parameters == {"names": ["a"]}
    assert str(made) == "append(names=['a'])"


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [({"limits": 1}, "unexpected keyword argument 'limits'"), ({"module": 1}, "multiple values")],
)
def test_wrong_parameters(parameters: dict[str, Any], reason: str) -> None:
    with pytest.raises(DeclarationError, match=reason) as error:
        clip(mlp(), **parameters)
    assert error.value.fix == "its parameters, to be given by name, are limit"


async def later(module: Any) -> None: ...


@pytest.mark.parametrize(
    ("arguments", "options", "reason"),
    [
        (("pytorch", len), {}, "one of 'torch', 'onnx', 'tflite'"),
        ((len,), {}, "one of 'torch', 'onnx', 'tflite'"),
        (("torch", 3), {}, "takes a function, not 3"),
        (("torch", dict), {}, "takes a function"),
        (("torch", later), {}, "later is a generator or a coroutine"),
        (("onnx", lambda module: module), {}, "cannot be called with source, target"),
        (("torch", lambda module: module), {"key": ""}, "a text that is not empty"),
    ],
)
def test_what_cannot_be_a_step(arguments: Any, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(DeclarationError, match=reason):
        eb.step(*arguments, **options)


def test_a_lambda_without_source_needs_a_key(builder: Builder) -> None:
    made = eval("lambda module: module[:1]")
    with pytest.raises(DeclarationError, match=r"has no identity.*no source text") as error:
        eb.step("torch", made)(mlp())
    assert 'eb.step(..., key="v1")' in error.value.fix
    artifact = builder.build(eb.step("torch", made, key="v1")(mlp()), "onnx")
    assert artifact.record.counts.parameters == 64 * 32 + 32


def test_a_parameter_without_identity_is_refused() -> None:
    with pytest.raises(DeclarationError, match=r"step clip has no identity: the generator"):
        clip(mlp(), limit=(x for x in [1]))


def as_list(module: Any) -> list[Any]:
    return [module]


def nothing_done(module: Any) -> Any:
    return module


def raises(module: Any) -> Any:
    raise ValueError("not today")


def infinite(module: Any) -> None:
    module[0].weight.data[0, 0] = float("nan")


@pytest.mark.parametrize(
    ("function", "kind", "reason"),
    [
        (as_list, BuildError, "as_list returned a list, not a torch.nn.Module"),
        (nothing_done, NoEffectError, "nothing_done.. had no effect: the result is equal"),
        (raises, BuildError, r"raises.. raised ValueError: not today at .*test_custom_steps.py:\d+"),
        (infinite, BuildError, "infinite left NaN or infinite values in '0.weight'"),
    ],
)
def test_functions_of_a_module_that_fail(function: Any, kind: Any, reason: str, tmp_path: Path) -> None:
    builder = Builder(Cache(tmp_path / "cache"))
    model = mlp(place="conftest.py:7")
    with pytest.raises(kind, match=reason) as error:
        builder.build(eb.step("torch", function)(model), "onnx")
    assert error.value.where == "conftest.py:7"
    with pytest.raises(kind, match=reason):  # no broken result was kept
        Builder(Cache(tmp_path / "cache")).build(eb.step("torch", function)(model), "onnx")


def in_place(source: Path, target: Path) -> None:
    rename.__wrapped__(source, source)
    shutil.copyfile(source, target)


def returns(source: Path, target: Path) -> Path:
    rename.__wrapped__(source, target)
    return target


def writes_nothing(source: Path, target: Path) -> None:
    pass


def garbage(source: Path, target: Path) -> None:
    target.write_bytes(b"no model")


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (in_place, "in_place changed the file it was given"),
        (returns, "returns returned a .*; a step on a file returns nothing"),
        (writes_nothing, "writes_nothing.. wrote no file"),
        (garbage, "model.onnx"),
    ],
)
def test_functions_of_a_file_that_fail(made: tuple[Builder, Model], function: Any, reason: str) -> None:
    builder, model = made
    before = builder.build(model, "onnx").path.read_bytes()
    with pytest.raises(BuildError, match=reason):
        builder.build(eb.step("onnx", function)(model), "onnx")
    assert builder.build(model, "onnx").path.read_bytes() == before


# Registered by packages


def install(folder: Path, name: str, points: str, code: str = "") -> None:
    info = folder / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[pytest_edgebench.steps]\n{points}\n", encoding="utf-8")
    (folder / f"{name}.py").write_text(code, encoding="utf-8")


CODE = """
import pytest_edgebench as eb
@eb.step('torch')
def squeeze(module): ...
class Mine(eb.Step): ...
"""
POINTS = {"squeeze": "squeeze", "Mine": "Mine", "shared": "squeeze", "bad": "code"}


def test_steps_of_other_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = "\n".join(f"{name} = first_pack:{thing}" for name, thing in POINTS.items())
    install(tmp_path / "one", "first_pack", points, CODE + "code = 3\n")
    install(tmp_path / "two", "second_pack", "shared = second_pack:squeeze\ngone = second_pack:gone", CODE)
    monkeypatch.syspath_prepend(tmp_path / "one")
    monkeypatch.syspath_prepend(tmp_path / "two")
    assert dir(eb.steps) == ["Mine", "bad", "gone", "shared", "squeeze"]
    assert str(eb.steps.squeeze(mlp()).step) == "squeeze()"
    assert issubclass(eb.steps.Mine, eb.Step)
    with pytest.raises(DeclarationError, match="registered by second_pack and by first_pack"):
        _ = eb.steps.shared
    with pytest.raises(DeclarationError, match="'gone' of second_pack cannot be imported: AttributeError"):
        _ = eb.steps.gone
    with pytest.raises(DeclarationError, match="first_pack registers 3 as step 'bad', which is not a step"):
        _ = eb.steps.bad
    with pytest.raises(DeclarationError, match="unknown step 'squeze'") as error:
        _ = eb.steps.squeze
    assert "did you mean eb.steps.squeeze? registered are Mine, bad, gone, shared, squeeze" in error.value.fix


def test_no_package_registers_a_step() -> None:
    with pytest.raises(DeclarationError) as error:
        _ = eb.steps.anything
    assert "no installed package registers any" in error.value.fix
