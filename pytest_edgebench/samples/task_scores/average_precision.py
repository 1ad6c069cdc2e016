"""Average precision of chosen images, from what pycocotools found of each.

The numbers are those of its `accumulate`, which goes over all boxes in Python, 20 ms for 500 images;
an interval rests on thousands of draws. Boxes are sorted once here, and a draw weighs them by how often
their image is in it. Boxes of equal score keep the order of their images.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgebench.declare.data import Array


@dataclass(frozen=True, slots=True, eq=False)
class Matched:
    """Classes K, images N, overlaps T, and the boxes of a class, best score first, filled up to D for all.

    Attributes:
        images: (D, K) each box's image.
        hits, misses: (D, K, T) 1 where a box matched one of a label, or none; 0 for what fills up.
        wanted: (K, N) boxes of the label of each image. recalls: ascending, at which precision is read.
    """

    images: Array
    hits: Array
    misses: Array
    wanted: Array
    recalls: Array

    def on(self, rows: Array) -> float:
        """Mean over classes, overlaps and recalls of the precision in images (m,), some maybe several times.

        Raises:
            DataError: none of them has a box.
        """
        import numpy as np

        times = np.bincount(rows, minlength=self.wanted.shape[1]).astype(np.int32)
        wanted = self.wanted @ times
        there = wanted > 0
        if not there.any():
            raise errors.outputs_shape("no label of these samples has a box", "")
        weights = times[self.images][..., None]
        hits = np.cumsum(self.hits * weights, axis=0, dtype=np.int32)
        misses = np.cumsum(self.misses * weights, axis=0, dtype=np.int32)
        precision = hits / (hits + misses + np.spacing(1))
        best = np.maximum.accumulate(precision[::-1], axis=0)[::-1]
        # Precision is read at the first box that reaches a recall: how many recalls each box is the first of.
        reached = self._recalls_of(wanted)[np.arange(len(wanted))[:, None], hits]
        first = np.diff(reached, axis=0, prepend=0)
        found = (best * first).sum(axis=0) / len(self.recalls)
        return float(found[there].mean())

    def _recalls_of(self, wanted: Array) -> Array:
        """How many of the recalls so many hits reach, (K, 0 to most hits)."""
        import numpy as np

        shares = np.arange(wanted.max() + 1) / np.maximum(wanted, 1)[:, None]
        return np.searchsorted(self.recalls, shares, side="right")


def matched(evaluated: Sequence[Sequence[Any]], recalls: Array, overlaps: int, most: int) -> Matched:
    """What was found of each class in each image, arranged once.

    Args:
        evaluated: (classes, images), of pycocotools' ``evaluateImg``; None for neither box nor label.
        recalls: ascending. overlaps: how many. most: boxes of an image that count.
    """
    import numpy as np

    lists = []
    wanted = np.zeros((len(evaluated), len(evaluated[0])), np.int64)
    for number, images in enumerate(evaluated):
        scores, places = [np.empty(0)], [np.empty(0, np.int64)]
        hits, counts = [np.empty((overlaps, 0), bool)], [np.empty((overlaps, 0), bool)]
        for image, found in enumerate(images):
            if found is None:
                continue
            one = np.asarray(found["dtScores"][:most])
            scores.append(one)
            places.append(np.full(len(one), image))
            hits.append(np.asarray(found["dtMatches"])[:, :most] > 0)
            counts.append(~np.asarray(found["dtIgnore"], bool)[:, :most])
            wanted[number, image] = np.count_nonzero(np.asarray(found["gtIgnore"]) == 0)
        order = np.argsort(-np.concatenate(scores), kind="stable")
        counted = np.concatenate(counts, axis=1)[:, order]
        hit = np.concatenate(hits, axis=1)[:, order] & counted
        lists.append((np.concatenate(places)[order], hit, counted & ~hit))
    length = max(len(places) for places, _, _ in lists)
    full = (length, len(lists), overlaps)
    made = Matched(
        np.zeros(full[:2], np.int64), np.zeros(full, np.int32), np.zeros(full, np.int32), wanted, recalls
    )
    for number, (images_of, hit, missed) in enumerate(lists):
        end = len(images_of)
        made.images[:end, number] = images_of
        made.hits[:end, number], made.misses[:end, number] = hit.T, missed.T
    return made
