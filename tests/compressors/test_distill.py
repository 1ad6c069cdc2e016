from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets

from pytest_edgebench.base.errors import BuildError, DeclarationError, UnsupportedError
from pytest_edgebench.compressors.chain import distill, prune_channels, quantize
from pytest_edgebench.compressors.distill import Distill
from pytest_edgebench.declare.model import Model, StepContext

if TYPE_CHECKING:
    from pytest_edgebench.compressors.build.builder import Builder


def task() -> tuple[Any, Any]:
    """Classes that a fixed random network tells apart."""
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(256, 64)).astype(np.float32)
    return inputs, (inputs @ rng.normal(size=(64, 4))).argmax(1)


def trained() -> Any:
    import torch
    from torch import nn

    net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 4))
    inputs, labels = (torch.as_tensor(a) for a in task())
    optimizer = torch.optim.Adam(net.parameters(), 0.01)
    for _ in range(60):
        optimizer.zero_grad()
        loss: Any = nn.functional.cross_entropy(net(inputs), labels)
        loss.backward()
        optimizer.step()
    return net


def wide() -> Any:
    from torch import nn

    return nn.Sequential(nn.Linear(64, 5))


def model(source: Any = tiny_nets.mlp, data: Any = task, **fields: Any) -> Model:
    return Model(source, data, tiny_nets.score, place="conftest.py:3", **fields)


def agreement(builder: Builder, recipe: Any) -> float:
    """Share of the training samples on which a built file gives the label."""
    import onnxruntime

    inputs, labels = task()
    (outputs,) = onnxruntime.InferenceSession(builder.build(recipe, "onnx").path).run(
        None, {"input_0": inputs}
    )
    return float((outputs.argmax(1) == labels).mean())


@pytest.mark.parametrize("options", [{}, {"soft": 1.0, "hard": 0.0}])
def test_a_student_learns_from_its_teacher(builder: Builder, options: Any) -> None:
    import torch

    recipe = distill(model(), model(trained), **options)
    inputs, labels = (torch.as_tensor(a) for a in task())

    def right(source: Any) -> float:
        return float(
            (builder._modules.make(source, "onnx").module(inputs).argmax(1) == labels).float().mean()
        )

    assert right(recipe.source) < 0.5
    assert right(recipe) > 0.9


def test_features_are_learned_and_the_file_tells_what_was_done(builder: Builder) -> None:
    recipe = distill(model(), model(trained, name="teacher"), features=(("0", "0"),))
    assert agreement(builder, recipe) > 0.9
    record = builder.build(recipe, "onnx").record
    assert record.notes[0] == "distilled on the evaluation data"
    assert record.notes[1].startswith("distilled: loss ")
    assert record.steps[0].step == "Distill(teacher)"


def test_own_training_data_and_a_compressed_student_and_teacher(builder: Builder) -> None:
    small = prune_channels(model(), 0.25)
    teacher = prune_channels(model(trained), 0.25)
    made = builder._modules.make(distill(small, teacher, data=task, epochs=2), "onnx")
    assert "distilled on the evaluation data" not in made.notes
    assert [step.stage for step in made.steps] == ["torch", "torch"]


def test_the_teacher_is_part_of_the_key_and_its_name_is_not(builder: Builder) -> None:
    student = model()

    def key(**changes: Any) -> str:
        teacher = dataclasses.replace(model(trained, name="a"), **changes)
        return builder._modules.key(distill(student, teacher, epochs=1), "onnx")

    assert key() == key(name="b", place="elsewhere.py:9") != key(seed=1)


def test_a_student_with_other_outputs(builder: Builder) -> None:
    with pytest.raises(
        BuildError, match=r"student's outputs have shape \(2, 4\), the teacher's \(2, 5\)"
    ) as c:
        builder.build(distill(model(), model(wide)), "onnx")
    assert c.value.where == "conftest.py:3"


def test_a_loss_that_diverges(builder: Builder) -> None:
    def broken() -> Any:
        net = wide()
        net[0] = type(net[0])(64, 4)
        net[0].bias.data.fill_(float("nan"))
        return net

    with pytest.raises(BuildError, match="the loss is NaN or infinite in epoch 1"):
        builder.build(distill(model(), model(broken, key="broken")), "onnx")
    with pytest.raises(BuildError, match="diverged"):
        builder.build(distill(model(), model(trained), lr=1e30), "onnx")
    assert not list((builder._cache.root / "artifacts").glob("*/*.onnx"))


@pytest.mark.parametrize(
    ("features", "sentence"),
    [((("9", "0"),), "unknown layer '9'"), ((("0", "9"),), "unknown layer '9'")],
)
def test_features_that_are_none(builder: Builder, features: Any, sentence: str) -> None:
    with pytest.raises(BuildError, match=sentence) as caught:
        builder.build(distill(model(), model(trained), features=features), "onnx")
    assert "layers are 0, 1, 2" in caught.value.fix


def test_features_of_another_resolution(builder: Builder) -> None:
    images = model(tiny_nets.cnn, tiny_nets.samples)
    with pytest.raises(BuildError, match=r"shapes \(2, 6, 8, 8\) and \(2, 8, 3, 3\)"):
        builder.build(distill(images, images, features=(("0", "3"),)), "onnx")


def test_a_teacher_that_is_a_file(builder: Builder) -> None:
    teacher = quantize(model(trained, name="teacher"), "dynamic-int8")
    with pytest.raises(UnsupportedError, match="torch module of 'teacher', which is or becomes a file"):
        builder.build(distill(model(), teacher), "onnx")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"temperature": 0}, "temperature= is a number above 0, not 0"),
        ({"temperature": float("nan")}, "temperature= is a number above 0, not nan"),
        ({"soft": -1}, "soft= is a number at least 0, not -1"),
        ({"soft": 0, "hard": 0}, "both 0, so nothing is learned"),
        ({"epochs": 0}, "epochs= is a whole number, at least 1"),
        ({"features": ("a", "b")}, "features= is a tuple of pairs of layer names"),
        ({"data": 3}, "data= of Distill is labelled data or a function that returns them"),
        ({"loss": "kl"}, "loss= is not 'kl'"),
        ({"class_axis": 0.5}, "class_axis= is the number of an axis"),
    ],
)
def test_parameters_that_are_none(options: Any, sentence: str) -> None:
    with pytest.raises(DeclarationError, match=sentence):
        Distill(model(), **options)


def test_a_teacher_that_is_none() -> None:
    with pytest.raises(DeclarationError, match="a function is not a model or recipe"):
        Distill(trained)  # type: ignore[arg-type]


def dense(classes: int = 3) -> tuple[Any, Any]:
    """Small pictures of which each place has a class."""
    rng = np.random.default_rng(4)
    inputs = rng.normal(size=(64, 2, 4, 4)).astype(np.float32)
    scores = np.stack([inputs[:, 0], inputs[:, 1], -inputs[:, 0]][:classes], 1)
    return inputs, scores.argmax(1)


def places() -> Any:
    from torch import nn

    return nn.Conv2d(2, 3, 1)


def context(source: Any, data: Any, made: Any) -> tuple[StepContext, list[str]]:
    notes: list[str] = []
    given = Model(source, data, tiny_nets.score)
    return StepContext("onnx", given, lambda n: {}, 0, notes.append, lambda _: made), notes


def test_dense_outputs_are_taught_over_their_classes() -> None:
    """The axis of the classes is 1 of (n, classes, height, width), not the width."""
    import torch

    inputs, labels = dense()
    teacher = places()
    with torch.no_grad():
        teacher.weight[:, :, 0, 0] = torch.tensor([[9.0, 0], [0, 9], [-9, 0]])
        teacher.bias.zero_()
    for step in (
        Distill(eb_model(), epochs=60, lr=0.03, hard=0.5),
        Distill(eb_model(), epochs=60, lr=0.03, hard=0.0, class_axis=1),
    ):
        torch.manual_seed(0)
        student: Any = step.torch(places(), context(places, dense, teacher)[0])
        found = student(torch.from_numpy(inputs)).argmax(1).numpy()
        assert (found == labels).mean() > 0.95
    with pytest.raises(BuildError, match=r"class_axis=7 is no axis of outputs of shape \(32, 3, 4, 4\)"):
        Distill(eb_model(), class_axis=7).torch(places(), context(places, dense, teacher)[0])


def eb_model() -> Model:
    return Model(places, dense, tiny_nets.score, name="teacher")


def values() -> tuple[Any, Any]:
    inputs, _ = tiny_nets.flat_samples()
    return inputs, inputs[:, :4] * 2


def test_regression_is_taught_by_values() -> None:
    """Soft answers of a teacher of values are compared as values: cross-entropy would lose their level."""
    import torch
    from torch import nn

    teacher: Any = nn.Linear(64, 4)
    with torch.no_grad():
        teacher.weight.zero_()
        teacher.bias.copy_(torch.tensor([5.0, 6, 7, 8]))
    torch.manual_seed(0)
    step = Distill(eb_model(), soft=1.0, hard=0.0, epochs=150, lr=0.03)
    student: Any = step.torch(nn.Linear(64, 4), context(tiny_nets.mlp, values, teacher)[0])
    found = student(torch.from_numpy(values()[0])).mean(0)
    torch.testing.assert_close(found, torch.tensor([5.0, 6, 7, 8]), rtol=0.1, atol=0.1)


def test_teacher_and_student_see_one_batch_at_a_time() -> None:
    from torch import nn

    seen: list[int] = []

    class Counting(nn.Linear):
        def forward(self, x: Any) -> Any:
            seen.append(len(x))
            return super().forward(x)

    step = Distill(eb_model(), epochs=2, batch_size=16)
    step.torch(Counting(64, 4), context(tiny_nets.mlp, tiny_nets.flat_samples, Counting(64, 4))[0])
    assert max(seen) == 16


def test_one_sample_at_a_time(builder: Builder) -> None:
    """A batch of one is left out where it is what remains, not where it was asked for."""
    inputs, labels = task()
    few = model(data=(inputs[:5], labels[:5]))
    for size in (1, 2):
        made = builder.build(distill(few, model(trained, name="teacher"), epochs=1, batch_size=size), "onnx")
        assert made.record.notes[-1].startswith("distilled: loss ")
