from __future__ import annotations

import numpy as np
import pytest

from pytest_edgebench.samples.labels import as_labels
from pytest_edgebench.samples.task_scores.detection import mean_average_precision
from pytest_edgebench.suites.detection import head, scenes
from pytest_edgebench.suites.digits import digits


def test_scenes_hold_digits_that_touch_no_other() -> None:
    pytest.importorskip("sklearn")
    images, labels = scenes.held_out()
    assert images.shape == (scenes.HELD_OUT, 1, scenes.SIDE, scenes.SIDE)
    assert images.dtype == np.float32
    assert {len(label["boxes"]) for label in labels} == set(range(1, scenes.MOST + 1))
    assert {kind for label in labels for kind in label["classes"]} == set(range(10))
    for image, label in zip(images[:, 0], labels, strict=True):
        covered = np.zeros((scenes.SIDE, scenes.SIDE), int)
        for left, top, right, bottom in label["boxes"]:
            assert right - left == bottom - top in scenes.SIZES
            covered[top:bottom, left:right] += 1
        assert covered.max() == 1
        assert image[covered == 0].max() < 6 * scenes.NOISE < image[covered == 1].max()


def test_scenes_to_judge_on_are_of_other_digits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without noise each digit of the smaller size is in its scene pixel for pixel."""
    pytest.importorskip("sklearn")
    monkeypatch.setattr(scenes, "NOISE", 0.0)

    def small(images: np.ndarray, labels: list[scenes.Label]) -> set[bytes]:
        return {
            image[0, top:bottom, left:right].tobytes()
            for image, label in zip(images, labels, strict=True)
            for left, top, right, bottom in label["boxes"]
            if right - left == 8
        }

    held_out, training = small(*scenes.held_out()), small(*scenes.training())
    assert len(held_out) > 100
    assert not held_out & training
    assert held_out <= {image.tobytes() for image in digits.held_out()[0]}


def test_perfect_outputs_are_the_boxes_of_the_label() -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("pycocotools")
    _, labels = scenes.held_out()
    grid = head.wanted(labels).clip(1e-3, 1 - 1e-3)
    outputs = np.log(grid / (1 - grid))
    score = mean_average_precision(head.boxes)
    assert score.fn(outputs, as_labels(labels)) == pytest.approx(1.0, abs=0.03)  # two middles in one cell
    empty = head.boxes(np.full((head.CHANNELS, head.GRID, head.GRID), -9.0))
    assert empty["boxes"].shape == (0, 4)
    assert len(empty["classes"]) == len(empty["scores"]) == 0


def test_the_loss_is_least_where_outputs_are_right() -> None:
    torch = pytest.importorskip("torch")
    grid = head.wanted([{"boxes": [[3, 5, 15, 17]], "classes": [7]}, {"boxes": [], "classes": []}])
    assert grid.sum() == pytest.approx(1 + 0.25 + 0.75 + 0.75 + 0.75 + 1)
    right = np.log(grid.clip(1e-4, 1 - 1e-4) / (1 - grid.clip(1e-4, 1 - 1e-4)))
    wrong = right.copy()
    wrong[0, 5 + 7], wrong[0, 5 + 3] = right[0, 5 + 3], right[0, 5 + 7]
    losses = [float(head.loss(torch.from_numpy(one), torch.from_numpy(grid))) for one in (right, wrong)]
    assert losses[0] < 0.01 < losses[1]
