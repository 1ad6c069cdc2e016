"""A model brought to the operator set that a scheme needs."""

from __future__ import annotations

import onnx
import onnx.defs
import onnx.version_converter

from pytest_edgebench.artifacts.inspect.onnx_names import graphs

# Version 13 reads their axis otherwise: of the last one alone, not of all from it on.
OTHER_MEANING = ("Softmax", "LogSoftmax", "Hardmax")


def opset(model: onnx.ModelProto) -> int:
    """The version of ONNX's own operators that a model is written in; 0 where it has none of them."""
    return next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)


def raised(model: onnx.ModelProto, least: int) -> tuple[onnx.ModelProto | None, str]:
    """A model of the same meaning in `least` or what it has, and "".

    The bodies of If and Loop are out of reach of onnx's converter, which is used where there are none; else
    the version is raised in place, where every operator means the same in both.

    Returns:
        None, and the operator that is in the way.
    """
    given = opset(model)
    if not given or given >= least:
        return model, ""
    other = _other(model, given, least)
    if not other:
        return _in_place(model, least), ""
    if len(list(graphs(model.graph))) > 1:
        return None, other
    try:
        return _named_as(model, onnx.version_converter.convert_version(model, least)), ""
    except Exception:  # noqa: BLE001 - the converter raises whatever its parts do
        return None, other


def _other(model: onnx.ModelProto, given: int, wanted: int) -> str:
    """The first operator that means something else in another version; "" without one."""
    for graph in graphs(model.graph):
        for node in graph.node:
            if node.domain in ("", "ai.onnx") and not _same(node, given, wanted):
                return str(node.op_type)
    return ""


def _same(node: onnx.NodeProto, given: int, wanted: int) -> bool:
    try:
        old = onnx.defs.get_schema(node.op_type, given)
        new = onnx.defs.get_schema(node.op_type, wanted)
    except onnx.defs.SchemaError:
        return False
    if old.since_version == new.since_version:
        return True
    if new.deprecated or node.op_type in OTHER_MEANING:
        return False
    # What a later version added at the end may be left out; types are only ever added.
    inputs = [(i.name, i.option) for i in old.inputs] == [
        (i.name, i.option) for i in new.inputs[: len(old.inputs)]
    ]
    added = all(
        i.option == onnx.defs.OpSchema.FormalParameterOption.Optional for i in new.inputs[len(old.inputs) :]
    )
    return inputs and added and len(old.outputs) == len(new.outputs) and _same_attributes(node, old, new)


def _same_attributes(node: onnx.NodeProto, old: onnx.defs.OpSchema, new: onnx.defs.OpSchema) -> bool:
    """Whether what a node says is still an attribute, and what it does not say is still understood."""
    said = {attribute.name for attribute in node.attribute}
    if not said <= set(new.attributes):
        return False
    return all(
        old.attributes[name].default_value == attribute.default_value
        for name, attribute in new.attributes.items()
        if name in old.attributes and name not in said
    )


def _in_place(model: onnx.ModelProto, least: int) -> onnx.ModelProto:
    for entry in model.opset_import:
        if entry.domain in ("", "ai.onnx"):
            entry.version = least
    model.ir_version = max(model.ir_version, onnx.helper.OP_SET_ID_VERSION_MAP[("ai.onnx", least)])
    return model


def _named_as(model: onnx.ModelProto, converted: onnx.ModelProto) -> onnx.ModelProto:
    """The converted model with the names of inputs and outputs that it had."""
    converted.ir_version = max(
        converted.ir_version, onnx.helper.OP_SET_ID_VERSION_MAP[("ai.onnx", opset(converted))]
    )
    for given, wanted in (
        (converted.graph.input, model.graph.input),
        (converted.graph.output, model.graph.output),
    ):
        assert [value.name for value in given] == [value.name for value in wanted]
    return converted
