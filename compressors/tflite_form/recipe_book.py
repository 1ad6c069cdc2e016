"""ai-edge-quantizer's recipes: what each scheme gives to which operators."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ai_edge_quantizer import algorithm_manager, qtyping, quantizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pytest_edgebench.compressors.engines.quantization import Quantization, Scheme

Name = qtyping.TFLOperationName
ALL = Name.ALL_SUPPORTED
CASTABLE = (
    Name.FULLY_CONNECTED,
    Name.CONV_2D,
    Name.DEPTHWISE_CONV_2D,
    Name.CONV_2D_TRANSPOSE,
    Name.EMBEDDING_LOOKUP,
)
BLOCKWISE = (Name.FULLY_CONNECTED, Name.EMBEDDING_LOOKUP)
NO_INT4 = (Name.DEPTHWISE_CONV_2D, Name.CONV_2D_TRANSPOSE, Name.BATCH_MATMUL)
"""What has no kernel for 4-bit weights, but one for 8-bit ones."""
ALGORITHMS: Mapping[str | None, str] = {
    None: quantizer.AlgorithmName.MIN_MAX_UNIFORM_QUANT,
    "minmax": quantizer.AlgorithmName.MIN_MAX_UNIFORM_QUANT,
    "mse": quantizer.AlgorithmName.MSE,
    "octav": quantizer.AlgorithmName.OCTAV,
    "hadamard": quantizer.AlgorithmName.DECOMPOSED_HADAMARD_ROTATION,
}

IN_BLOCKS = ("octav", "hadamard")
"""Algorithms beside the default that find a scale for each block."""


def add(work: Any, asked: Quantization, scheme: Scheme, scope: str = ".*", kind: Any = ALL) -> None:
    """Add what a scheme does with the operators of a scope (a regular expression) and type.

    Args:
        work: the library's quantizer; what is added later counts.
    """
    channels = qtyping.QuantGranularity.CHANNELWISE
    granularity = channels if asked.per_channel else qtyping.QuantGranularity.TENSORWISE
    for operation, key in _kinds(kind, asked.algorithm, scheme):
        how: dict[str, Any] = {"granularity": granularity, "algorithm_key": key}
        if scheme == "fp16":
            halve(work, scope, operation)
        elif scheme == "dynamic-int8":
            # LiteRT's hybrid depthwise kernel reads a scale for each channel, also where there is only one,
            # and answers garbage without an error.
            if operation != Name.DEPTHWISE_CONV_2D:
                work.add_dynamic_config(scope, operation, num_bits=8, **how)
            if operation in (ALL, Name.DEPTHWISE_CONV_2D) and _has(Name.DEPTHWISE_CONV_2D, key):
                every = {**how, "granularity": channels}
                work.add_dynamic_config(scope, Name.DEPTHWISE_CONV_2D, num_bits=8, **every)
        elif scheme == "dynamic-int4":
            if operation not in NO_INT4:
                work.add_dynamic_config(scope, operation, num_bits=4, **how)
            for other in NO_INT4 if operation == ALL else {operation}.intersection(NO_INT4):
                if _has(other, key):
                    work.add_dynamic_config(scope, other, num_bits=8, granularity=channels, algorithm_key=key)
        elif scheme == "static-int8":
            work.add_static_config(
                scope,
                operation,
                activation_num_bits=16 if asked.activations == "int16" else 8,
                weight_num_bits=8,
                weight_granularity=granularity,
                algorithm_key=key,
            )
            # There is no static form of it: the rows become integers, and floats again as they are read.
            if operation in (ALL, Name.EMBEDDING_LOOKUP):
                work.add_weight_only_config(scope, Name.EMBEDDING_LOOKUP, num_bits=8, **how)
        else:
            bits = int(scheme.removeprefix("weight-int"))
            work.add_weight_only_config(scope, operation, num_bits=bits, **how)


def halve_rest(work: Any, scheme: Scheme) -> None:
    """Store the weights that a scheme passes over as float16, where a file had them so."""
    for kind in NO_INT4 if scheme == "weight-int4" else ():
        halve(work, ".*", kind)


def add_blocks(work: Any, block: int, algorithm: str | None, scopes: Iterable[tuple[str, Any]]) -> None:
    """Give the operators of 4-bit weights at these scopes one scale for each block of weights."""
    granularity = qtyping.QuantGranularity(f"BLOCKWISE_{block}")
    for scope, kind in scopes:
        key = ALGORITHMS[algorithm if algorithm in IN_BLOCKS and _has(kind, ALGORITHMS[algorithm]) else None]
        work.add_dynamic_config(scope, kind, num_bits=4, granularity=granularity, algorithm_key=key)


def _kinds(kind: Any, algorithm: str | None, scheme: Scheme) -> list[tuple[Any, str]]:
    """Types of operators with an algorithm: the default, then the one asked for where it is known."""
    key = ALGORITHMS[algorithm]
    usual = (kind, ALGORITHMS[None])
    if key == ALGORITHMS[None]:
        return [usual]
    lacking = {"static-int8": (Name.EMBEDDING_LOOKUP,), "weight-int4": NO_INT4}.get(scheme, ())
    known = [each for each in CASTABLE if _has(each, key) and each not in lacking and kind in (ALL, each)]
    return [usual, *((each, key) for each in known)]


def _has(kind: Any, key: str) -> bool:
    return bool(algorithm_manager.is_op_registered(key, kind))


def halve(work: Any, scope: str = ".*", kind: Any = ALL) -> None:
    """Have the weights of a scope's operators stored as float16."""
    half = qtyping.TensorQuantizationConfig(num_bits=16, dtype=qtyping.TensorDataType.FLOAT)
    config = qtyping.OpQuantizationConfig(
        weight_tensor_config=half,
        compute_precision=qtyping.ComputePrecision.FLOAT,
        explicit_dequantize=True,
    )
    for operation in CASTABLE if kind == ALL else {kind}.intersection(CASTABLE):
        work.update_quantization_recipe(scope, operation, config, quantizer.AlgorithmName.FLOAT_CASTING)
