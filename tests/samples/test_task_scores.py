"""Scores of tasks, each against somebody else's, and on chosen samples against the score of these alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from pytest_edgebench.base.errors import DataError, DeclarationError
from pytest_edgebench.declare.score import as_score
from pytest_edgebench.samples.labels import as_labels
from pytest_edgebench.samples.scores import evaluate
from pytest_edgebench.samples.task_scores.detection import mean_average_precision
from pytest_edgebench.samples.task_scores.perplexity import perplexity
from pytest_edgebench.samples.task_scores.segmentation import mean_iou
from pytest_edgebench.samples.task_scores.signal import signal_to_noise
from pytest_edgebench.samples.task_scores.text import bleu, word_error_rate

if TYPE_CHECKING:
    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.score import Score

RANDOM = np.random.default_rng(7)
WORDS = ["the", "cat", "sat", "on", "a", "mat", "and", "saw"]
SAID = ["the cat sat on a mat and saw the cat", "a mat", "cat and the mat", "", "saw the cat sit on"]
WANTED = ["the cat sat on the mat and saw a cat", "a mat", "the cat and the mat", "cat", "saw the cat sat on"]


def read(output: Array) -> str:
    """The text of sample number `output`."""
    return SAID[int(output)]


NUMBERS = np.arange(5, dtype=np.float32)
IMAGES = 12


def some_boxes(image: int, moved: float) -> dict[str, Any]:
    random = np.random.default_rng(image)
    count = int(random.integers(0, 5)) if image else 0
    corners = random.uniform(0, 60, (count, 2))
    boxes = np.concatenate([corners, corners + random.uniform(5, 30, (count, 2))], axis=1)
    shift = np.random.default_rng(100 + image).normal(0, moved, boxes.shape)
    return {"boxes": boxes + shift, "classes": random.integers(0, 3, count)}


def detected(output: Any) -> dict[str, Any]:
    image = int(output)
    found = some_boxes(image, 2.0)
    scores = np.random.default_rng(200 + image).uniform(0, 1, len(found["boxes"]))
    return {**found, "scores": scores}


BOXES = as_labels([some_boxes(image, 0.0) for image in range(IMAGES)])
IMAGE_NUMBERS = np.arange(IMAGES, dtype=np.float32)
LOGITS = RANDOM.normal(0, 2, (6, 9, 11)).astype(np.float32)
TOKENS = RANDOM.integers(0, 11, (6, 9))
TOKENS[2, 4:] = TOKENS[5] = -100
MAPS = RANDOM.normal(0, 1, (4, 3, 8, 8)).astype(np.float32)
CLASSES = RANDOM.integers(0, 3, (4, 8, 8))
CLASSES[1, :2] = 255
WAVES = RANDOM.normal(0, 1, (5, 1, 64)).astype(np.float32)
CLEAN = (WAVES + RANDOM.normal(0, 0.1, WAVES.shape)).astype(np.float32)


def reference_perplexity() -> float:
    import torch
    from torch.nn.functional import cross_entropy

    loss = cross_entropy(torch.from_numpy(LOGITS).double().flatten(0, 1), torch.from_numpy(TOKENS).flatten())
    return float(loss.exp())


def reference_iou() -> float:
    import torch
    from torchmetrics.functional.classification import multiclass_jaccard_index

    found = multiclass_jaccard_index(
        torch.from_numpy(MAPS), torch.from_numpy(CLASSES), num_classes=3, ignore_index=255
    )
    return float(found)


def reference_noise() -> float:
    import torch
    from torchmetrics.functional.audio import signal_noise_ratio

    return float(signal_noise_ratio(torch.from_numpy(WAVES), torch.from_numpy(CLEAN)).mean())


def reference_bleu() -> float:
    import sacrebleu

    return float(sacrebleu.corpus_bleu(SAID, [WANTED]).score)


def reference_words() -> float:
    import jiwer

    return float(jiwer.wer(WANTED, SAID))


def reference_boxes() -> float:
    """As in COCO's own order of calls; its first number is the average over 0.50 to 0.95."""
    from pycocotools.coco import COCO  # type: ignore[import-untyped]
    from pycocotools.cocoeval import COCOeval  # type: ignore[import-untyped]

    truth, found = COCO(), COCO()
    for target, source in ((truth, list(BOXES)), (found, [detected(number) for number in IMAGE_NUMBERS])):
        rows: list[dict[str, Any]] = []
        for image, one in enumerate(source):
            for number, (left, top, right, bottom) in enumerate(one["boxes"]):
                row = {
                    "id": len(rows) + 1, "image_id": image, "category_id": int(one["classes"][number]),
                    "bbox": [left, top, right - left, bottom - top], "iscrowd": 0,
                    "area": (right - left) * (bottom - top),
                }  # fmt: skip
                rows.append(row | ({"score": one["scores"][number]} if "scores" in one else {}))
        target.dataset = {
            "images": [{"id": n} for n in range(IMAGES)],
            "categories": [{"id": n} for n in range(3)],
            "annotations": rows,
        }
        target.createIndex()
    evaluation = COCOeval(truth, found, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return float(evaluation.stats[0])


CASES: dict[str, tuple[Score, Any, Any, Any]] = {
    "perplexity": (perplexity, LOGITS, TOKENS, reference_perplexity),
    "mean_iou": (mean_iou(3, ignore=255), MAPS, CLASSES, reference_iou),
    "signal_to_noise": (signal_to_noise, WAVES, CLEAN, reference_noise),
    "bleu": (bleu(read), NUMBERS, np.array(WANTED), reference_bleu),
    "word_error_rate": (word_error_rate(read), NUMBERS, np.array(WANTED), reference_words),
    "mean_average_precision": (
        mean_average_precision(detected), IMAGE_NUMBERS, BOXES, reference_boxes,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_value_is_that_of_an_independent_count(name: str) -> None:
    score, outputs, labels, reference = CASES[name]
    value, _ = evaluate(score, outputs, labels, "here")
    assert value == pytest.approx(reference(), rel=1e-5)
    assert score.name == name


@pytest.mark.parametrize("name", [name for name in CASES if name != "signal_to_noise"])
def test_chosen_samples_score_as_these_alone(name: str) -> None:
    score, outputs, labels, _ = CASES[name]
    assert score.on_rows is not None
    on_rows = score.on_rows(outputs, labels)
    random = np.random.default_rng(1)
    for _ in range(5):
        rows = random.integers(0, len(labels), len(labels))
        assert on_rows(rows) == pytest.approx(score.fn(outputs[rows], labels[rows]), rel=1e-9)


@pytest.mark.parametrize("count", [1, 7, IMAGES])
def test_boxes_of_chosen_images_count_as_pycocotools_counts_them(count: int) -> None:
    """Also of images that are chosen twice, or have neither boxes nor labels of a class."""
    from pycocotools.cocoeval import COCOeval

    evaluation: Any = None
    real = COCOeval.evaluate

    def kept(self: Any) -> None:
        nonlocal evaluation
        evaluation = self
        real(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(COCOeval, "evaluate", kept)
        score = mean_average_precision(detected)
        assert score.on_rows is not None
        on_rows = score.on_rows(IMAGE_NUMBERS, BOXES)
    found = np.array(evaluation.evalImgs, dtype=object).reshape(-1, IMAGES)
    random = np.random.default_rng(2)
    for _ in range(20):
        rows = np.sort(random.integers(0, IMAGES, count))
        evaluation.evalImgs = found[:, rows].reshape(-1).tolist()
        evaluation.params.imgIds = list(range(count))
        evaluation._paramsEval = evaluation.params
        evaluation.accumulate()
        precision = evaluation.eval["precision"]
        there = precision[precision > -1]
        if there.size:
            assert on_rows(rows) == pytest.approx(there.mean(), abs=1e-12)
        else:
            with pytest.raises(DataError, match="no label of these samples has a box"):
                on_rows(rows)


def test_an_interval_of_boxes_is_quick() -> None:
    """Each image is matched once, not once a draw."""
    from pytest_edgebench.judge.bootstrap import paired

    score = mean_average_precision(detected)
    assert score.on_rows is not None
    before = score.on_rows(IMAGE_NUMBERS, BOXES)
    found = paired(lambda rows: before(rows) - before(rows), IMAGES, draws=50)
    assert found is not None
    assert found.drop == 0.0


REFUSED: dict[str, tuple[Score, Any, Any, str]] = {
    "shapes": (perplexity, LOGITS, TOKENS[:, :5], r"outputs \(samples, tokens, vocabulary\) and labels"),
    "vocabulary": (perplexity, LOGITS, TOKENS + 200, "the vocabulary has 11"),
    "no token": (perplexity, LOGITS, np.full_like(TOKENS, -100), "no token counts"),
    "classes": (mean_iou(2), MAPS[:, :2], CLASSES, "labels of sample 0 go from 0 to 2, with 2 classes"),
    "no map": (mean_iou(3), MAPS[:, :, 0], CLASSES, "neither class numbers nor scores of 3 classes"),
    "no pixel": (mean_iou(3, ignore=1), MAPS, np.ones_like(CLASSES), "no pixel counts"),
    "no signal": (signal_to_noise, WAVES[:, :, :5], CLEAN, "one output of the labels' shape"),
    "no text": (
        bleu(lambda output: output),
        NUMBERS,
        np.array(WANTED),
        "what was decoded of sample 0 is .*0.0.*, not a text",
    ),
    "no words": (word_error_rate(read), NUMBERS, np.array([""] * 5), "no label has a word"),
    "no boxes": (mean_average_precision(detected), IMAGE_NUMBERS, np.zeros(IMAGES), "has no 'boxes'"),
    "nothing there": (
        mean_average_precision(detected),
        IMAGE_NUMBERS,
        as_labels([{"boxes": [], "classes": []}] * IMAGES),
        "no label has a box",
    ),
    "a function that raises": (bleu(lambda output: output.nothing), NUMBERS, np.array(WANTED), "nothing"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_a_sentence(name: str) -> None:
    score, outputs, labels, message = REFUSED[name]
    with pytest.raises(DataError, match=message):
        evaluate(score, outputs, labels, "here")


@pytest.mark.parametrize("make", [bleu, word_error_rate, mean_average_precision], ids=lambda f: f.__name__)
def test_a_decoder_is_a_function(make: Any) -> None:
    with pytest.raises(DeclarationError, match=r"needs a function that makes .* not 'text'"):
        make("text")


def test_metrics_of_torchmetrics() -> None:
    from torchmetrics.classification import MulticlassCohenKappa, MulticlassF1Score
    from torchmetrics.regression import MeanSquaredError

    labels = CLASSES[0] % 3
    kappa = as_score(MulticlassCohenKappa(num_classes=8))
    assert (kappa.name, kappa.unit, kappa.lower_is_better) == ("multiclass_cohen_kappa", "fraction", False)
    f1 = as_score(MulticlassF1Score(num_classes=8))
    assert (f1.unit, f1.lower_is_better) == ("fraction", False)
    error = as_score(MeanSquaredError())
    assert (error.unit, error.lower_is_better) == ("", True)
    outputs = RANDOM.normal(0, 1, (3000, 4)).astype(np.float32)  # more than are given to it at once
    wanted = outputs + 0.5
    assert evaluate(error, outputs, wanted, "here")[0] == pytest.approx(0.25, rel=1e-4)
    assert evaluate(error, outputs, wanted, "here")[0] == pytest.approx(0.25, rel=1e-4)  # starts anew
    predicted = RANDOM.normal(0, 1, (8, 8)).astype(np.float32)
    assert 0 <= evaluate(f1, predicted, labels[0], "here")[0] <= 1


def test_a_metric_without_a_direction_is_refused() -> None:
    from torchmetrics import Metric

    class Silent(Metric):
        def update(self) -> None: ...
        def compute(self) -> float:
            return 0.0

    with pytest.raises(DeclarationError, match="does not say whether higher is better"):
        as_score(Silent())


def test_a_metric_of_torchmetrics_has_an_identity() -> None:
    from torchmetrics.classification import MulticlassF1Score

    from pytest_edgebench.identity.digest import digest

    one, same, other = (digest(as_score(MulticlassF1Score(num_classes=n))) for n in (8, 8, 9))
    assert one == same != other
