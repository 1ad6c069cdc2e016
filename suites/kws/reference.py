"""The reference model of MLPerf Tiny's keyword spotting, and the 1,000 inputs of its accuracy test.

C. Banbury et al., MLPerf Tiny Benchmark, 2021, arXiv:2106.07597. The model is mlcommons/tiny's (Apache-2.0);
inputs are from Speech Commands v2 (P. Warden, 2018, CC BY 4.0), quantized by EEMBC for this model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.suites.common.sources import Source, shared

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

MODEL, INPUTS = "models/mlperf_tiny/kws_int8.tflite", "kws/kws_inputs.npz"
SOURCE = Source(
    "inputs of MLPerf Tiny's keyword spotting (1,000, of Speech Commands v2)",
    "eembc/energyrunner on GitHub",
    "CC BY 4.0 (Speech Commands); EEMBC's files do not state a licence",
)


def model_file() -> Path | None:
    """The model; None where it or its inputs are not there."""
    return shared(MODEL) if shared(INPUTS) is not None else None


def held_out() -> tuple[Array, Array]:
    """Inputs (1000, 49, 10, 1), int8, as the model takes them, and classes (1000,), of 12."""
    import numpy as np

    path = shared(INPUTS)
    assert path is not None
    with np.load(path, allow_pickle=False) as file:
        return file["x"], file["y"]
