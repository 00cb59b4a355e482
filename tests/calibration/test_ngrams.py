"""N-grams of characters and the cosines over them: by hand, and as scikit-learn counts and weighs them."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from opinionframe.calibration.batteries import likeness
from opinionframe.calibration.methods.kriging.text_cosines import text_cosines
from opinionframe.calibration.ngrams import gram_counts

TEXTS = [
    "How much do you worry about crime?",
    "How much do you worry about noise, noise and NOISE?",
    "Straße,  Éclair\tand\n\n日本語\u00a0x",
    "to be or not to be",
    "a",
    "İ ö a A",
]


def test_a_word_stands_between_spaces_and_a_short_one_is_one_gram():
    # " to ": "_to", "to_", "_to_"; " a " is itself, of three characters, and is not cut again.
    counts = gram_counts(["To a", "to"], 3, 5)
    assert counts.toarray().tolist() == [[1, 1, 1, 1], [1, 1, 1, 0]]


def test_cosines_by_hand():
    # Grams of "ab": _ab, ab_, _ab_; of "ab a" also _a_, which one text of two has: weight 1 + log(3 / 2).
    rare = 1 + np.log(3 / 2)
    assert text_cosines(["ab a", "ab"], sublinear=False)[0, 1] == pytest.approx(3 / np.sqrt(3 * (3 + rare**2)))


@pytest.mark.parametrize("sublinear", [True, False])
def test_cosines_are_those_of_scikit_learn(sublinear):
    weigh = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=sublinear)
    matrix = weigh.fit_transform(TEXTS)
    np.testing.assert_allclose(text_cosines(TEXTS, sublinear=sublinear), (matrix @ matrix.T).toarray(), rtol=1e-13)


def test_likeness_counts_the_grams_of_scikit_learn():
    shares = CountVectorizer(analyzer="char_wb", ngram_range=(5, 5), binary=True).fit_transform(TEXTS).toarray()
    shared = shares @ shares.T
    counts = shares.sum(axis=1)
    np.testing.assert_allclose(likeness(TEXTS), 2 * shared / (counts[:, None] + counts), rtol=1e-13)
