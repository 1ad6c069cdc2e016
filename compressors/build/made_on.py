"""What the bytes of a build may depend on beside its key: the kernels that the CPU gets, and threads."""

from __future__ import annotations

import os
import platform
import sys

from pytest_edgebench.record.environment import host


def made_on() -> dict[str, str]:
    """Facts of this machine and process; torch is asked only where it was used."""
    found = {
        "cpu": " ".join(filter(None, (platform.machine(), _widest(host().get("cpu_features", ""))))),
        "threads": os.environ.get("OMP_NUM_THREADS") or str(len(os.sched_getaffinity(0))),
    }
    if "torch" in sys.modules:
        import torch

        found["torch"] = torch.backends.cpu.get_cpu_capability()
        found["threads"] = str(torch.get_num_threads())
    return found


def _widest(features: str) -> str:
    """The instruction set that libraries choose their kernels by."""
    known = ("avx512f", "avx2", "avx", "sve", "asimd")
    return next((name for name in known if name in features.split()), "")
