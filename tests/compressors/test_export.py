from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tiny_nets

from pytest_edgebench.base.errors import BuildError
from pytest_edgebench.compressors.build.export import export, verify
from pytest_edgebench.declare.model import Format, Model

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgebench.compressors.build.builder import Builder
    from pytest_edgebench.compressors.build.export import Call


def module(function: Any) -> Any:
    from torch import nn

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            return function(self, x)

    return Net()


X = {"input_0": np.ones((1, 4), np.float32)}


def test_the_batch_is_free_and_the_names_are_ours(shared_builder: Builder, cnn: Model) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(shared_builder.build(cnn, "onnx").path)
    assert [i.name for i in session.get_inputs()] == ["input_0"]
    assert [o.name for o in session.get_outputs()] == ["output_0"]
    inputs, _ = tiny_nets.samples()
    (together,) = session.run(None, {"input_0": inputs[:5]})
    single = [session.run(None, {"input_0": inputs[n : n + 1]})[0] for n in range(5)]
    np.testing.assert_allclose(together, np.concatenate(single), rtol=1e-4, atol=1e-6)


def test_one_file_and_nothing_said(
    shared_builder: Builder, cnn: Model, tmp_path: Path, shared_call: Call, capfd: pytest.CaptureFixture[str]
) -> None:
    artifact = shared_builder.build(cnn, "onnx")
    assert list(artifact.record.files) == ["model.onnx"]
    capfd.readouterr()
    export(
        tiny_nets.mlp(),
        {"input_0": tiny_nets.flat_samples()[0][:1]},
        "tflite",
        tmp_path / "m.tflite",
        shared_call,
    )
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("fmt", ["onnx", "tflite"])
def test_named_inputs_and_two_outputs(shared_builder: Builder, tmp_path: Path, fmt: Format) -> None:
    model = Model(tiny_nets.pair, tiny_nets.pair_samples, tiny_nets.score, name="pair")
    path = shared_builder.build(model, fmt).path
    if fmt == "onnx":
        import onnxruntime

        session = onnxruntime.InferenceSession(path)
        assert {i.name: i.shape[1] for i in session.get_inputs()} == {"sound": 6, "place": 3}
        assert [o.name for o in session.get_outputs()] == ["output_0", "output_1"]
    else:
        from ai_edge_litert.interpreter import Interpreter

        runner = Interpreter(str(path)).get_signature_runner()
        found = {name: detail["shape"][-1] for name, detail in runner.get_input_details().items()}
        assert found == {"sound": 6, "place": 3}


def test_a_module_for_one_sample_is_exported_for_one(tmp_path: Path, shared_call: Call) -> None:
    def forward(self: Any, x: Any) -> Any:
        return self.layer(x.reshape(1, 4))

    notes = export(module(forward), X, "onnx", tmp_path / "m.onnx", shared_call)
    assert notes == ("exported for a batch of 1, since forward() does not allow others",)


def branch(self: Any, x: Any) -> Any:
    return self.layer(x) if float(x.sum()) > 0 else x


def test_what_cannot_be_exported_names_the_users_line(tmp_path: Path, shared_call: Call) -> None:
    with pytest.raises(BuildError, match="the model cannot be exported to onnx: ") as caught:
        export(module(branch), X, "onnx", tmp_path / "m.onnx", shared_call)
    assert "test_export.py" in caught.value.what
    assert "control flow" in caught.value.fix


def test_forward_that_raises(tmp_path: Path, shared_call: Call) -> None:
    def forward(self: Any, x: Any) -> Any:
        return self.layer(x[:, :3])

    with pytest.raises(BuildError, match="cannot be exported to tflite: RuntimeError: mat1 and mat2"):
        export(module(forward), X, "tflite", tmp_path / "m.tflite", shared_call)


def test_an_answer_that_is_no_tensor(tmp_path: Path, shared_call: Call) -> None:
    with pytest.raises(BuildError, match=r"forward\(\) returned a dict, not a tensor"):
        export(module(lambda self, x: {"y": self.layer(x)}), X, "onnx", tmp_path / "m.onnx", shared_call)


def test_a_file_that_answers_otherwise_is_refused(tmp_path: Path, shared_call: Call) -> None:
    counter = iter(range(100))

    def drifting(self: Any, x: Any) -> Any:
        return self.layer(x) + next(counter)

    with pytest.raises(BuildError, match="answers otherwise than the torch module: error"):
        export(module(drifting), X, "onnx", tmp_path / "m.onnx", shared_call)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        ([], "file has 0 outputs, the torch module 1"),
        ([np.ones((2, 1))], r"answers with shape \(2, 1\), the torch module with \(1, 2\)"),
        ([np.array([[1.0, np.nan]])], "answers otherwise"),
        ([np.array([[1.0, 2.01]])], "error 0.005 of the largest output, allowed 1e-03"),
    ],
)
def test_outputs_that_differ(found: Any, sentence: str) -> None:
    verify("onnx", [np.array([[1.0, 2.0]])], [np.array([[1.0, 2.0]])])
    with pytest.raises(BuildError, match=sentence):
        verify("onnx", found, [np.array([[1.0, 2.0]])])


def test_torchs_trace_reaches_no_log(tmp_path: Path, shared_call: Call) -> None:
    """pytest puts its handlers also on loggers that do not propagate; a failing test would show it all."""
    import logging

    heard: list[logging.LogRecord] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record)

    listener, trace = Listener(), logging.getLogger("torch.__trace")
    for log in (logging.root, trace):
        log.addHandler(listener)
    try:
        export(module(lambda net, x: net.layer(x)), X, "onnx", tmp_path / "model.onnx", shared_call)
        assert [record for record in heard if record.name == trace.name] == []
        assert listener in trace.handlers
    finally:
        for log in (logging.root, trace):
            log.removeHandler(listener)
