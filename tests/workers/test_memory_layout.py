"""Pages of memory drawn anew for each load."""

from __future__ import annotations

import mmap
import random
import sys
from pathlib import Path

import pytest

from pytest_edgebench.workers import memory_layout as module
from pytest_edgebench.workers.memory_layout import MOST, Pages

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="it asks Linux for its pages")
MIB = 1 << 20


def resident() -> int:
    """Bytes of memory that this process has."""
    fields = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return 1024 * int(fields["VmRSS"].split()[0])


def loaded(pages: Pages, size: int) -> None:
    """As a load that takes some bytes does it."""
    pages.shuffle(random.Random(0))
    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as held:  # gone when it is let go
        for at in range(0, size, mmap.PAGESIZE):
            held[at] = 1
        pages.fit()


def test_a_load_finds_as_many_pages_free_as_it_takes() -> None:
    """Twice as many are in store; all are taken, and half of them are let go."""
    pages = Pages()
    loaded(pages, 24 * MIB)
    before = resident()
    pages.shuffle(random.Random(1))
    assert 20 * MIB < resident() - before < 28 * MIB
    pages.shuffle(random.Random(2))  # as much is held as before, whatever half it was
    assert 20 * MIB < resident() - before < 28 * MIB


def test_the_store_follows_the_loads() -> None:
    pages = Pages()
    loaded(pages, 24 * MIB)
    loaded(pages, MIB)
    before = resident()
    pages.shuffle(random.Random(1))
    assert resident() - before < 3 * MIB
    loaded(pages, 24 * MIB)
    before = resident()
    pages.shuffle(random.Random(1))
    assert 20 * MIB < resident() - before < 28 * MIB


def test_a_large_load_does_not_take_all_memory() -> None:
    pages = Pages()
    loaded(pages, 2 * MOST)
    before = resident()
    pages.shuffle(random.Random(1))
    assert resident() - before < MOST / 2 + 4 * MIB


def test_what_is_drawn_afterwards_does_not_depend_on_the_store() -> None:
    """A timing is repeated by its seed, also in a process that has loaded nothing yet."""
    empty, full = Pages(), Pages()
    loaded(full, 8 * MIB)
    one, other = random.Random(5), random.Random(5)
    empty.shuffle(one)
    full.shuffle(other)
    assert one.random() == other.random()


def test_where_not_on_linux_nothing_is_stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "STATM", tmp_path / "none")
    for advice in ("MADV_NOHUGEPAGE", "MADV_DONTNEED"):
        monkeypatch.delattr(mmap, advice)
    pages = Pages()
    loaded(pages, 8 * MIB)
    before = resident()
    loaded(pages, 8 * MIB)
    assert resident() - before < 2 * MIB
