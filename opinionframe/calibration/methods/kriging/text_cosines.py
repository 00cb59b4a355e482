"""Likeness of wordings: question texts go in, the cosines of their character n-grams come out."""

from collections.abc import Sequence

import numpy as np

from opinionframe.calibration.methods.cells import Floats


def text_cosines(texts: Sequence[str], *, sublinear: bool) -> Floats:
    """Cosine of TF-IDF over character 3- to 5-grams of every two of Q texts, shape (Q, Q), in [0, 1].

    N-grams of characters see stems and spellings, in any language, without a model. With `sublinear`, an n-gram that
    occurs n times counts 1 + log n, so that repetitions within a text weigh less.

    >>> text_cosines(["Do you like tea?", "Do you like tea?", "How old?"], sublinear=True).round(2)[0].tolist()
    [1.0, 1.0, 0.0]
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    matrix = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=sublinear).fit_transform(texts)
    return np.asarray((matrix @ matrix.T).todense())
