from __future__ import annotations

import numpy as np
import pytest


def test_texts_are_names_of_things_that_no_training_text_names() -> None:
    pytest.importorskip("babel")
    from pytest_edgebench.suites.text import names

    texts, languages = names.held_out()
    assert texts.shape == (names.HELD_OUT, names.LENGTH)
    assert texts.dtype == languages.dtype == np.int64
    assert np.bincount(languages).tolist() == [names.HELD_OUT // len(names.LANGUAGES)] * len(names.LANGUAGES)
    # Whole lines only: the last one may be cut off.
    seen = {line for text in names.training()[0] for line in bytes(text.tolist()).split(b"\n")[:-1]}
    known, held_out, _ = names._names()
    assert len(held_out) > 300
    for language, text in zip(languages, texts, strict=True):
        for line in bytes(text.tolist()).split(b"\n")[:-1]:
            assert line not in seen
            assert line.decode() in known[names.LANGUAGES[language]].values()
    assert np.array_equal(names.held_out()[0], texts)


def test_the_source_names_package_and_licence() -> None:
    pytest.importorskip("babel")
    from pytest_edgebench.suites.text.names import source

    assert str(source()).startswith("names in 12 languages, of Babel ")
    assert str(source()).endswith("; Unicode-3.0")


def test_the_transformer_takes_any_number_of_texts() -> None:
    torch = pytest.importorskip("torch")
    from pytest_edgebench.suites.text.names import LANGUAGES, LENGTH
    from pytest_edgebench.suites.text.nets import transformer

    torch.manual_seed(0)
    net = transformer()
    texts = torch.randint(0, 256, (3, LENGTH))
    scores = net(texts)
    assert scores.shape == (3, len(LANGUAGES))
    assert torch.allclose(net(texts[1:2]), scores[1:2], atol=1e-5)
    assert sum(weight.numel() for weight in net.parameters()) < 90_000
