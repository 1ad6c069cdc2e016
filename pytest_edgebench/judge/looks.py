"""When a comparison of latencies is looked at: after so many fresh loads of both files.

Each look spends a part of the error rate (`relative_latency`), so their number is kept small and their
distance grows with what is still undecided.
"""

from __future__ import annotations

LOOKS = (6, 9, 13, 18, 25, 35, 50, 70, 100, 140, 200, 290, 420)
N_MAX = LOOKS[-1]
N_FIRST, FIRST_SHARE = 140, 0.9
"""Looks up to here share so much of alpha, where there are later ones."""
