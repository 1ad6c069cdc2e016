"""The CPUs that are emulated: which program of qemu runs each, and what it tells of itself.

Only named CPUs: ``-cpu max`` has extensions that no board has, and LiteRT's kernels for some of these (SME)
give wrong results in qemu 7.2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Arch:
    """One architecture.

    Attributes:
        name: as ``setup qemu --arch`` takes it.
        program: of qemu.
        debian: Debian's name of it; "" where code runs over the environment of this machine.
        platform: that of wheels, e.g. "aarch64".
        packages: of Debian, beside Python, that the wheels need.
        wheels: distribution → version, "" for that of this environment.
        links: link → what it leads to, both in the root: those that only an installation would make.
    """

    name: str
    program: str
    debian: str = ""
    platform: str = ""
    packages: tuple[str, ...] = ()
    wheels: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cpu:
    """One CPU.

    Attributes:
        name: that of qemu. arch: a name in `ARCHES`.
        part: its number, by which runtimes choose kernels. features: as its Linux tells them.
    """

    name: str
    arch: str
    part: str = ""
    features: str = ""

    @property
    def cpuinfo(self) -> str:
        """What ``/proc/cpuinfo`` says on a machine with one such core; "" on x86, where code asks the core.

        Fields as in Linux, arch/arm64/kernel/cpuinfo.c and arch/arm/kernel/setup.c.
        """
        if not self.part:
            return ""
        variant, architecture = ("0x0", "8") if self.arch == "aarch64" else ("0x0", "7")
        return (
            f"processor\t: 0\nBogoMIPS\t: 100.00\nFeatures\t: {self.features}\n"
            f"CPU implementer\t: 0x41\nCPU architecture: {architecture}\nCPU variant\t: {variant}\n"
            f"CPU part\t: {self.part}\nCPU revision\t: 3\n\n"
        )


ARCHES: Mapping[str, Arch] = {
    arch.name: arch
    for arch in (
        Arch(
            "aarch64",
            "qemu-aarch64",
            debian="arm64",
            platform="aarch64",
            packages=("libstdc++6", "libgomp1", "libatomic1"),
            wheels={"onnxruntime": "", "ai-edge-litert": "", "numpy": ""},
        ),
        Arch(
            "armv7",
            "qemu-arm",
            debian="armhf",
            platform="armv7l",
            # No index that pip knows by itself has numpy for it; Debian's own is older than 2, as needed.
            packages=("libstdc++6", "libgomp1", "libatomic1", "python3-numpy"),
            wheels={"tflite-runtime": "2.14.0"},
            links={
                f"usr/lib/arm-linux-gnueabihf/lib{name}.so.3": f"{name}/lib{name}.so.3"
                for name in ("blas", "lapack")
            },
        ),
        Arch("x86_64", "qemu-x86_64"),
    )
}

V8 = "fp asimd evtstrm crc32 cpuid"
V82 = f"{V8} aes pmull sha1 sha2 atomics fphp asimdhp asimdrdm lrcpc dcpop asimddp"

CPUS: Mapping[str, Cpu] = {
    cpu.name: cpu
    for cpu in (
        # Part numbers: Linux, arch/arm64/include/asm/cputype.h and arch/arm/include/asm/cputype.h.
        Cpu("cortex-a53", "aarch64", "0xd03", V8),
        Cpu("cortex-a72", "aarch64", "0xd08", V8),
        Cpu("cortex-a76", "aarch64", "0xd0b", V82),
        Cpu("neoverse-n1", "aarch64", "0xd0c", f"{V82} ssbs"),
        Cpu("cortex-a7", "armv7", "0xc07", "half thumb fastmult vfp edsp neon vfpv3 tls vfpv4 idiva idivt"),
        Cpu("Haswell", "x86_64"),
        Cpu("Nehalem", "x86_64"),
        Cpu("Denverton", "x86_64"),
    )
}
"""qemu's name → CPU."""
