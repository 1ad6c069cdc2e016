from __future__ import annotations

from typing import TYPE_CHECKING

import onnx
import pytest
from onnx_files import conv_net

from pytest_edgebench.artifacts.canonical import canonicalise, digest
from pytest_edgebench.artifacts.inspect.file import inspect

if TYPE_CHECKING:
    from pathlib import Path


def marked(path: Path, mark: str) -> Path:
    """The same model as another computer would have written it."""
    model = onnx.load(conv_net(path))
    model.doc_string = mark
    model.metadata_props.add(key="source", value=mark)
    model.graph.node[0].doc_string = mark
    model.graph.node[0].metadata_props.add(key="pkg.torch.onnx.stack_trace", value=f'File "{mark}/net.py"')
    model.graph.input[0].metadata_props.add(key="k", value=mark)
    onnx.save(model, path)
    return path


def test_origins_do_not_move_the_digest_but_a_weight_does(tmp_path: Path) -> None:
    one, two = marked(tmp_path / "1.onnx", "here"), marked(tmp_path / "2.onnx", "there")
    assert one.read_bytes() != two.read_bytes()
    assert digest(one) == digest(two)
    model = onnx.load(two)
    weights = bytearray(model.graph.initializer[0].raw_data)
    weights[-4] ^= 1  # one ulp
    model.graph.initializer[0].raw_data = bytes(weights)
    onnx.save(model, two)
    assert digest(one) != digest(two)


def test_external_weights_have_the_digest_of_inner_ones(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    inside = conv_net(tmp_path / "m.onnx")
    outside = conv_net(tmp_path / "out" / "m.onnx", external=True)
    assert digest(inside) == digest(outside)


def test_canonicalise_gives_equal_bytes_and_one_file(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    inside = marked(tmp_path / "m.onnx", "here")
    outside = conv_net(tmp_path / "out" / "m.onnx", external=True)
    before = inspect(inside)
    canonicalise(inside)
    canonicalise(outside)
    assert inside.read_bytes() == outside.read_bytes()
    assert b"here" not in inside.read_bytes()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["m.onnx"]
    assert inspect(inside) == before


def test_the_file_name_is_no_part_of_the_digest(tmp_path: Path) -> None:
    assert digest(conv_net(tmp_path / "a.onnx")) == digest(conv_net(tmp_path / "b.onnx"))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("producer_name", "another"),
        ("producer_version", "9.9"),
        ("domain", "com.example"),
        ("model_version", 7),
        ("doc_string", "made on a Tuesday"),
    ],
)
def test_what_says_who_made_it_does_not_move_the_digest(field: str, value: object, tmp_path: Path) -> None:
    one, two = conv_net(tmp_path / "1.onnx"), conv_net(tmp_path / "2.onnx")
    model = onnx.load(two)
    setattr(model, field, value)
    onnx.save(model, two)
    assert one.read_bytes() != two.read_bytes()
    assert digest(one) == digest(two)
    canonicalise(one)
    canonicalise(two)
    assert one.read_bytes() == two.read_bytes()


def test_the_domain_of_an_operator_moves_the_digest(tmp_path: Path) -> None:
    one, two = conv_net(tmp_path / "1.onnx"), conv_net(tmp_path / "2.onnx")
    model = onnx.load(two)
    model.graph.node[1].domain = "com.microsoft"
    onnx.save(model, two)
    assert digest(one) != digest(two)
