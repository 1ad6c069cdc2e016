from __future__ import annotations

import csv
import os
from pathlib import Path

import pytest

from pytest_edgebench.artifacts.inspect.file import inspect

needs_data = pytest.mark.skipif("EDGEBENCH_DATA" not in os.environ, reason="EDGEBENCH_DATA is not set")


@needs_data
def test_keyword_spotting_model() -> None:
    counts = inspect(Path(os.environ["EDGEBENCH_DATA"]) / "models/mlperf_tiny/kws_int8.tflite")
    assert counts.ops["CONV_2D"] == 5
    assert counts.ops["DEPTHWISE_CONV_2D"] == 4
    assert counts.float_ops == 0
    assert counts.weight_bytes == {"int32": 2360, "int8": 22016}
    # Biases are 588 int32 numbers; the remaining 8 bytes are a shape.
    assert counts.parameters == 22016 + 2352 // 4
    assert counts.macs == 2_656_768


@needs_data
def test_int8_and_float_file_of_one_network_agree() -> None:
    folder = Path(os.environ["EDGEBENCH_DATA"]) / "models/mlperf_tiny"
    small, large = inspect(folder / "ic_resnet8_int8.tflite"), inspect(folder / "ic_resnet8_float32.tflite")
    assert (small.parameters, small.macs) == (large.parameters, large.macs)
    assert (small.float_ops, large.float_ops) == (0, 10)


@needs_data
def test_dynamic_range_weights_are_no_float_ops() -> None:
    counts = inspect(Path(os.environ["EDGEBENCH_DATA"]) / "models/mlperf_tiny/kws_named_float32.tflite")
    assert counts.weight_bytes["int8"] == 18944  # so says the data's own README
    assert 0 < counts.float_ops < 10


@needs_data
def test_published_counts_of_the_board_models() -> None:
    """The table counts shapes and paddings among the parameters, we do not: a few dozen numbers."""
    data = Path(os.environ["EDGEBENCH_DATA"])
    with (data / "tables/stm32_modelzoo.csv").open(encoding="utf-8") as file:
        rows = {row["model_file"]: row for row in csv.DictReader(file) if row["model_file"]}
    assert len(rows) == 3
    for name, row in rows.items():
        counts = inspect(data / name)
        assert counts.macs == int(row["macs"])
        assert sum(counts.ops.values()) == int(row["n_ops"])
        assert 0 <= int(row["params"]) - counts.parameters < 32
