from __future__ import annotations

import numpy as np
import pytest

from pytest_edgebench.suites.generative import topics


def test_texts_to_judge_on_are_of_the_last_tenth() -> None:
    tokens, following = topics.windows()
    assert tokens.shape == following.shape == (topics.HELD_OUT, topics.WINDOW)
    assert np.array_equal(tokens[:, 1:], following[:, :-1])
    assert 0 <= tokens.min() <= tokens.max() < topics.VOCABULARY
    seen = {text.tobytes() for text in topics.training()[0]}
    assert not any(text.tobytes() in seen for text in tokens)
    assert len(topics.some_windows()) == 64
    assert topics.some_steps()["token"].shape == (16, topics.WINDOW)
    assert "PSF-2.0" in str(topics.SOURCE)


def test_the_cache_is_what_the_states_hold() -> None:
    for data, room in ((topics.steps()[0], topics.WINDOW), (topics.long_steps()[0], topics.LONG)):
        states = [data[name].initial for name in ("keys", "values", "place")]
        assert sum(array.nbytes for array in states) == topics.cache_bytes(room)


@pytest.mark.parametrize("room", [topics.WINDOW, 100])
def test_a_token_at_a_time_is_as_the_whole_text(room: int) -> None:
    torch = pytest.importorskip("torch")
    from pytest_edgebench.suites.generative.nets import stepping, window

    torch.manual_seed(0)
    net = window().eval()
    tokens = torch.from_numpy(topics.windows()[0][:3].copy())
    data = topics.with_cache(tokens.numpy(), room)
    states = [torch.from_numpy(np.repeat(data[name].initial, 3, 0)) for name in ("keys", "values", "place")]
    step = stepping(net, room)
    with torch.no_grad():
        wanted = net(tokens)
        found = []
        for token in tokens.unbind(1):
            scores, *states = step(token, *states)
            found.append(scores)
    assert torch.allclose(torch.stack(found, dim=1), wanted, atol=1e-4)
    assert states[2].tolist() == [[topics.WINDOW]] * 3
    assert states[0].shape == (3, topics.LAYERS, room, topics.WIDTH)
