"""Likeness of wordings: question texts go in, the cosines of their character n-grams come out."""

from collections.abc import Sequence

import numpy as np

from opinionframe.calibration.methods.cells import Floats
from opinionframe.calibration.ngrams import gram_counts

SHORTEST, LONGEST = 3, 5
"""Characters of an n-gram."""


def text_cosines(texts: Sequence[str], *, sublinear: bool) -> Floats:
    """Cosine of TF-IDF over character 3- to 5-grams of every two of Q texts, shape (Q, Q), in [0, 1].

    An n-gram weighs its count in the text times 1 + log((Q + 1) / (texts that have it + 1)).

    N-grams of characters see stems and spellings, in any language, without a model. With `sublinear`, an n-gram that
    occurs n times counts 1 + log n, so that repetitions within a text weigh less.

    >>> text_cosines(["Do you like tea?", "Do you like tea?", "How old?"], sublinear=True).round(2)[0].tolist()
    [1.0, 1.0, 0.0]
    """
    matrix = gram_counts(texts, SHORTEST, LONGEST)
    has_gram = np.bincount(matrix.indices, minlength=matrix.shape[1])
    rarity = np.log((len(texts) + 1) / (has_gram + 1.0)) + 1.0
    weight = (np.log(matrix.data) + 1.0 if sublinear else matrix.data) * rarity[matrix.indices]
    text = np.repeat(np.arange(len(texts)), np.diff(matrix.indptr))
    matrix.data = weight / np.sqrt(np.bincount(text, weights=weight * weight))[text]
    return np.asarray((matrix @ matrix.T).todense())
