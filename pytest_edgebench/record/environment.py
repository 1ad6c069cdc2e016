"""What a run ran on: host, commit, versions."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from pytest_edgebench.base import git as tree
from pytest_edgebench.base.distributions import version

TOLD = (
    "pytest-edgebench", "pytest", "numpy", "onnx", "onnxruntime", "ai-edge-litert", "torch", "onnxscript",
    "litert-torch", "ai-edge-quantizer", "tflite-micro",
)  # fmt: skip
# What kernels are chosen by; the rest of some hundred flags says nothing about a model.
FLAGS = (
    "sse4_2", "avx", "avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "amx_int8", "amx_tile",
    "avx512_bf16", "asimd", "asimddp", "i8mm", "sve", "fphp",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Commit:
    """Of the git repository round a folder; all empty outside one."""

    sha: str = ""
    branch: str = ""
    dirty: bool = False


def commit(folder: Path) -> Commit:
    """The checked-out commit, its branch ("" when detached), and whether tracked files differ from it."""

    def git(*arguments: str) -> str:
        try:
            return tree.git(folder, *arguments, timeout_s=20.0)
        except tree.GitError:
            return ""

    sha = git("rev-parse", "HEAD")
    if not sha:
        return Commit()
    dirty = bool(git("status", "--porcelain", "--untracked-files=no"))
    return Commit(sha, git("symbolic-ref", "--short", "-q", "HEAD"), dirty)


def host() -> dict[str, str]:
    """Facts of this machine that bear on timings."""
    info = _cpuinfo()
    flags = set(info.get("flags", info.get("Features", "")).split())
    found = {
        "host": platform.node(),
        "cpu": info.get("model name") or platform.processor() or platform.machine(),
        "cpu_features": " ".join(flag for flag in FLAGS if flag in flags),
        "cpus": str(len(os.sched_getaffinity(0))),
        "machine": platform.machine(),
        "kernel": platform.release(),
        "system": _system(),
        "python": platform.python_version(),
        "memory": f"{os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 1e9:.3g} GB",
        "load_average": f"{os.getloadavg()[0]:.2f}",
        "governor": _read(Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")),
    }
    return {name: value for name, value in found.items() if value}


def versions() -> dict[str, str]:
    """Distribution → version of what bears on artifacts and measurements; imports none of them."""
    return {name: told for name in TOLD if (told := version(name))}


def _cpuinfo() -> dict[str, str]:
    """The first CPU of ``/proc/cpuinfo``."""
    first = _read(Path("/proc/cpuinfo")).partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        return platform.system()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
