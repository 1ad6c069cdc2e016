"""All of ONNX's own tests: counts, canonical form, runs. ``python tests/bench/onnx_tests.py [--all-macs]``"""

from __future__ import annotations

import argparse
import collections
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "artifacts"))
from onnx_cases import collected, counts, pairs, tried  # type: ignore[import-not-found,unused-ignore]


def main() -> int:
    """Print what went wrong, and a line of figures; 1 if anything did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all-macs", action="store_true", help="print the count of each test")
    options = parser.parse_args()
    began = time.perf_counter()
    found: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        cases = collected()
        for fused, expanded in pairs(cases):
            one, other = counts(fused, Path(folder)).macs, counts(expanded, Path(folder)).macs
            found["pairs"] += 1
            found["wrong"] += one != other
            if one != other:
                sys.stdout.write(f"{fused.name}: {one} MACs, {other} in its expanded form\n")
        for case in cases:
            try:
                result = tried(case, Path(folder))
            except Exception as cause:  # noqa: BLE001 - a traceback of ours is what is looked for
                found["raised"] += 1
                sys.stdout.write(f"{case.name}: raised {type(cause).__name__}: {cause}\n")
                continue
            found["tests"] += 1
            found["run"] += result.ran
            found["wrong"] += bool(result.wrong)
            found["counted"] += bool(result.macs)
            found["floors"] += result.macs is None
            if result.wrong:
                sys.stdout.write(f"{result.name}: {result.wrong}\n")
            if options.all_macs and result.macs != 0:
                sys.stdout.write(f"{result.name}: {'at least' if result.macs is None else result.macs}\n")
    figures = ", ".join(f"{count} {name}" for name, count in found.items())
    sys.stdout.write(f"{figures}; {time.perf_counter() - began:.0f} s\n")
    return int(bool(found["wrong"] or found["raised"]))


if __name__ == "__main__":
    sys.exit(main())
