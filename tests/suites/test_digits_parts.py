from __future__ import annotations

import numpy as np
import pytest

from pytest_edgebench.suites.digits.digits import HELD_OUT, held_out, training, training_images


def test_what_is_judged_was_never_trained_on() -> None:
    pytest.importorskip("sklearn")
    (images, classes), (others, other_classes) = held_out(), training()
    assert images.shape == (HELD_OUT, 1, 8, 8)
    assert len(images) + len(others) == 1797
    assert len(images) == len(classes)
    assert len(others) == len(other_classes)
    assert images.dtype == np.float32
    assert classes.dtype == np.int64
    assert (images.min(), images.max()) == (0, 1)
    assert set(classes) == set(other_classes) == set(range(10))
    seen = {image.tobytes() for image in others}
    assert not any(image.tobytes() in seen for image in images)
    assert training_images() is not images
    assert np.array_equal(training_images(), others)


def test_training_ends_in_the_same_weights_with_any_number_of_threads() -> None:
    torch = pytest.importorskip("torch")
    from pytest_edgebench.suites.common.training import trained

    def weights(threads: int) -> dict[str, bytes]:
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        net = torch.nn.Sequential(
            torch.nn.Conv2d(1, 8, 3), torch.nn.BatchNorm2d(8), torch.nn.Flatten(), torch.nn.Linear(288, 10)
        )
        before = {name: value.clone() for name, value in net.state_dict().items()}
        state = trained(net, *training(), epochs=1, rate=1e-3).state_dict()
        assert torch.get_num_threads() == threads
        assert not any(torch.equal(state[name], before[name]) for name in ("0.weight", "3.weight"))
        return {name: value.numpy().tobytes() for name, value in state.items()}

    before = torch.get_num_threads()
    try:
        assert weights(1) == weights(2)
    finally:
        torch.set_num_threads(before)


def test_a_trained_net_is_ready_for_use() -> None:
    torch = pytest.importorskip("torch")
    from pytest_edgebench.suites.common.training import trained

    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 10))
    assert trained(net, *training(), epochs=20, rate=1e-2) is net
    assert not net.training
    images, classes = held_out()
    with torch.no_grad():
        found = net(torch.from_numpy(images)).argmax(1).numpy()
    assert (found == classes).mean() > 0.9
