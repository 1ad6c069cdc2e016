"""The cache under many writers, and under whoever changes it behind its back.

``python tests/bench/bench_cache.py`` starts 16 processes that write the same keys with bytes of their own,
and readers with them; then it changes entries in each way that `cache_entries` knows, and counts.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "artifacts"))

from cache_entries import CHANGES, named, stored  # type: ignore[import-not-found]

from pytest_edgebench.artifacts.cache import Cache

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

READERS = 2


def opened(folder: Path) -> Cache:
    return Cache(folder / "cache", key_file=folder / "cache.key")


def write(folder: Path, number: int, keys: int, start: Barrier, given: multiprocessing.Queue[object]) -> None:
    """Put each key with bytes of this writer; gives the bytes that it got."""
    cache = opened(folder)
    start.wait()
    found = [
        stored(cache, b"%d" % number, named(f"k{key}", f"{number:064}")).read_bytes() for key in range(keys)
    ]
    given.put(found)


def read(folder: Path, keys: int, start: Barrier, given: multiprocessing.Queue[object]) -> None:
    """Read each key as soon as it is there."""
    cache, found = opened(folder), []
    start.wait()
    for key in range(keys):
        while (artifact := cache.get(f"k{key}")) is None:
            time.sleep(0.001)
        found.append(artifact.path.read_bytes())
    given.put(found)


def race(folder: Path, writers: int, keys: int) -> tuple[int, float]:
    """Keys for which all writers and readers got the same bytes, and seconds."""
    folder.mkdir()
    context = multiprocessing.get_context("spawn")
    start, given = context.Barrier(writers + READERS), context.Queue()
    all_of = [context.Process(target=write, args=(folder, n, keys, start, given)) for n in range(writers)]
    all_of += [context.Process(target=read, args=(folder, keys, start, given)) for _ in range(READERS)]
    began = time.monotonic()
    for process in all_of:
        process.start()
    found = [given.get() for _ in all_of]
    for process in all_of:
        process.join()
    return sum(len(set(each)) == 1 for each in zip(*found, strict=True)), time.monotonic() - began


def tampered(folder: Path, count: int) -> tuple[int, int, int]:
    """Of `count` changed entries: refused and told, used, and those that ended in an exception."""
    folder.mkdir()
    cache = opened(folder)
    for number in range(count):
        key = f"k{number}"
        CHANGES[number % len(CHANGES)](cache, key, stored(cache, b"model %d" % number, named(key)))
    refused = used = broke = 0
    told: list[str] = []
    cache = Cache(folder / "cache", log=told.append, key_file=folder / "cache.key")
    for number in range(count):
        before = len(told)
        try:
            found = cache.get(f"k{number}")
        except Exception:  # noqa: BLE001 - counted
            broke += 1
            continue
        used += found is not None
        refused += found is None and len(told) == before + 1
    return refused, used, broke


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--writers", type=int, default=16)
    parser.add_argument("--keys", type=int, default=1000)
    given = parser.parse_args()
    say = sys.stdout.write
    with tempfile.TemporaryDirectory() as name:
        alike, seconds = race(Path(name) / "race", given.writers, given.keys)
        say(
            f"{given.writers} writers, {READERS} readers, {given.keys} keys: one winner that all got for "
            f"{alike} keys, {1e3 * seconds / given.keys / given.writers:.1f} ms a write\n"
        )
        refused, used, broke = tampered(Path(name) / "tampered", given.keys)
        kinds = ", ".join(change.__name__ for change in CHANGES)
        say(f"{given.keys} changed entries ({kinds}): ")
        say(f"{refused} refused and told, {used} used, {broke} ended in an exception\n")
    return int(alike != given.keys or refused != given.keys)


if __name__ == "__main__":
    sys.exit(main())
