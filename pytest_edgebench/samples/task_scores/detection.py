"""Boxes against boxes: mean average precision as COCO counts it, by pycocotools (extra ``scores``)."""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.task_scores.average_precision import Matched, matched
from pytest_edgebench.samples.task_scores.by_rows import by_rows
from pytest_edgebench.samples.task_scores.decoding import checked, decoded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.score import Score

BOXES, CLASSES, SCORES = "boxes", "classes", "scores"


def mean_average_precision(decode: Callable[[Any], Mapping[str, Any]]) -> Score:
    """Average precision over classes and overlaps of 0.50 to 0.95 in steps of 0.05; 0 to 1.

    A label is a dict: ``boxes`` (n, 4) as left, top, right, bottom, and ``classes`` (n,). Up to 100 boxes an
    image count.

    Args:
        decode: one sample's outputs → a dict as a label, with ``scores`` (n,) too.

    Raises:
        DeclarationError: `decode` is no function.
    """
    checked(decode, "mean_average_precision", "boxes, classes and scores")

    def on_rows(outputs: Any, labels: Array) -> Callable[[Array], float]:
        return _evaluated(decoded(outputs, decode), labels.tolist()).on

    return by_rows("mean_average_precision", on_rows, unit="fraction")


def _evaluated(said: list[Any], wanted: list[Any]) -> Matched:
    """Which boxes match the labels'; images are matched once, since none depends on the others."""
    coco = errors.needed("pycocotools.coco", "mean average precision")
    evaluation = errors.needed("pycocotools.cocoeval", "mean average precision")
    truth: list[dict[str, Any]] = []
    results: list[dict[str, Any]] = []
    for image, (mine, label) in enumerate(zip(said, wanted, strict=True)):
        for box, kind in zip(*_boxes(label, image, "the label"), strict=True):
            truth.append(_annotation(len(truth) + 1, image, box, kind))
        boxes, kinds = _boxes(mine, image, "what was decoded")
        scores = _list(mine, SCORES, image, "what was decoded")
        if len(scores) != len(boxes):
            raise errors.outputs_shape(
                f"sample {image:,} has {len(boxes)} boxes and {len(scores)} scores", ""
            )
        for box, kind, score in zip(boxes, kinds, scores, strict=True):
            results.append({**_annotation(len(results) + 1, image, box, kind), "score": float(score)})
    kinds = sorted({one["category_id"] for one in truth})
    if not truth:
        raise errors.outputs_shape("no label has a box", "")
    with contextlib.redirect_stdout(io.StringIO()):  # it prints its progress
        sets = []
        for annotations in (truth, results):
            one = coco.COCO()
            one.dataset = {
                "images": [{"id": image} for image in range(len(wanted))],
                "categories": [{"id": kind} for kind in kinds],
                "annotations": annotations,
            }
            one.createIndex()
            sets.append(one)
        found = evaluation.COCOeval(*sets, "bbox")
        # Boxes of any size, the most an image may have: the first of COCO's numbers.
        found.params.areaRng, found.params.areaRngLbl = found.params.areaRng[:1], found.params.areaRngLbl[:1]
        found.params.maxDets = found.params.maxDets[-1:]
        found.evaluate()
    count, params = len(wanted), found.params
    rows = [found.evalImgs[start : start + count] for start in range(0, len(kinds) * count, count)]
    return matched(rows, params.recThrs, len(params.iouThrs), params.maxDets[0])


def _annotation(number: int, image: int, box: Any, kind: Any) -> dict[str, Any]:
    left, top, right, bottom = (float(side) for side in box)
    width, height = right - left, bottom - top
    return {
        "id": number,
        "image_id": image,
        "category_id": int(kind),
        "bbox": [left, top, width, height],
        "area": width * height,
        "iscrowd": 0,
    }


def _boxes(given: Any, image: int, what: str) -> tuple[list[Any], list[Any]]:
    boxes, kinds = _list(given, BOXES, image, what), _list(given, CLASSES, image, what)
    if len(boxes) != len(kinds) or any(len(box) != 4 for box in boxes):
        raise errors.outputs_shape(
            f"{what} of sample {image:,} needs boxes (n, 4) and classes (n,); "
            f"it has {len(boxes)} and {len(kinds)}",
            "",
        )
    return boxes, kinds


def _list(given: Any, key: str, image: int, what: str) -> list[Any]:
    try:
        return list(given[key])
    except (KeyError, TypeError, IndexError):
        raise errors.outputs_shape(f"{what} of sample {image:,} has no {key!r}", "") from None
