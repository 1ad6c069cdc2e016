"""Texts against texts: word error rate (speech) and BLEU (translation, captions)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgebench.samples import errors
from pytest_edgebench.samples.task_scores.by_rows import by_rows, of_sums
from pytest_edgebench.samples.task_scores.decoding import checked, decoded, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgebench.declare.data import Array
    from pytest_edgebench.declare.score import Score

ORDERS = 4  # of BLEU: n-grams of 1 to 4 words


def word_error_rate(decode: Callable[[Any], str]) -> Score:
    """Words that were put in, left out or replaced, as a share of the labels' words; lower is better.

    It is the rate over all words, not the mean over samples. Words are counted by jiwer (extra ``scores``).

    Args:
        decode: one sample's outputs → its text.

    Raises:
        DeclarationError: `decode` is no function.
    """
    checked(decode, "word_error_rate", "a text")

    def parts(outputs: Any, labels: Array) -> Array:
        import numpy as np

        jiwer = errors.needed("jiwer", "word error rates")
        said = texts(decoded(outputs, decode), "what was decoded")
        wanted = texts(labels.tolist(), "the label")
        found = []
        for reference, hypothesis in zip(wanted, said, strict=True):
            words = len(reference.split())
            if not words:  # jiwer refuses it; every word said is one too many
                found.append((len(hypothesis.split()), 0))
                continue
            aligned = jiwer.process_words(reference, hypothesis)
            found.append((aligned.substitutions + aligned.deletions + aligned.insertions, words))
        return np.array(found, np.float64)

    def rate(sums: Array) -> float:
        if not sums[1]:
            raise errors.outputs_shape("no label has a word", "")
        return float(sums[0] / sums[1])

    return by_rows("word_error_rate", of_sums(parts, rate), lower_is_better=True, unit="fraction")


def bleu(decode: Callable[[Any], str]) -> Score:
    """BLEU of the whole set, 0 to 100, by sacreBLEU (extra ``scores``): 13a tokens, exponential smoothing.

    Args:
        decode: one sample's outputs → its text.

    Raises:
        DeclarationError: `decode` is no function.
    """
    checked(decode, "bleu", "a text")

    def parts(outputs: Any, labels: Array) -> Array:
        import numpy as np

        metric = errors.needed("sacrebleu", "BLEU").BLEU(effective_order=True)
        said = texts(decoded(outputs, decode), "what was decoded")
        wanted = texts(labels.tolist(), "the label")
        each = [metric.sentence_score(mine, [label]) for mine, label in zip(said, wanted, strict=True)]
        return np.array([(*one.counts, *one.totals, one.sys_len, one.ref_len) for one in each], np.int64)

    def score(sums: Array) -> float:
        whole = [int(number) for number in sums]
        counts, totals, (ours, theirs) = whole[:ORDERS], whole[ORDERS : 2 * ORDERS], whole[2 * ORDERS :]
        bleu_of = errors.needed("sacrebleu", "BLEU").BLEU.compute_bleu
        return float(bleu_of(counts, totals, ours, theirs, smooth_method="exp").score)

    return by_rows("bleu", of_sums(parts, score))
