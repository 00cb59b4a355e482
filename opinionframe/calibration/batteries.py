"""Batteries by wording: a codebook goes in; which questions are worded almost alike comes out.

Surveys ask many items under one stem ("How much, if at all, do you worry about …"). Who knows the answers to one knows
much of the others', so that a split of single questions tests a predictor on siblings of what it learnt.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.ngrams import gram_counts
from opinionframe.errors import OpinionFrameWarning, examples, warn_user
from opinionframe.schemas.datasets import DATASET

BATTERY = "battery"
"""The name of the split, and the column that makes its units."""

SIBLINGS = 0.6
"""Likeness of two wordings from which they are siblings. Of 486 Pew questions in 14 waves 839 pairs lie above it, all
but 7 of one wave, in batteries of up to 20; at 0.4 half of all questions would hang together."""

LENGTH = 5
"""Characters of an n-gram: about a stem. Words that are shorter stand for themselves."""


def batteries(codebook: pl.DataFrame) -> pl.DataFrame:
    """One row per question of a checked codebook with its `battery`, the first by name of the questions in it.

    Two questions of a dataset are siblings where their wordings share so many different 5-grams of characters, within
    words and in any case, that twice these over the sum of both counts is 0.6 or more. Siblings of siblings are of one
    battery too. It depends on nothing but these wordings: not on the order of rows, nor on how common a word is.

    A question whose text is but its own key, or holds no letter, is a battery by itself, and a warning counts them.

    Reference: Dice (1945), Measures of the Amount of Ecologic Association Between Species.

    >>> texts = ["Do you worry about crime in your town?", "Do you worry about noise in your town?", "How old are you?"]
    >>> book = pl.DataFrame({"question": ["b", "a", "c"], "text": texts, "dataset": None})
    >>> batteries(book).sort("question")["battery"].to_list()
    ['a', 'a', 'c']
    """
    questions = codebook.select("question", "text", DATASET).unique("question").sort("question")
    has_letters = pl.col("text").str.contains(r"\p{L}").fill_null(value=False)
    is_worded = has_letters & (pl.col("text").str.strip_chars() != pl.col("question"))
    _warn_of_unworded(questions.filter(~is_worded))
    worded = questions.filter(is_worded).partition_by(DATASET)
    parts = [_with_batteries(part) for part in worded]
    alone = questions.filter(~is_worded).select("question", pl.col("question").alias(BATTERY))
    return pl.concat([alone, *parts]).sort("question")


def likeness(texts: Sequence[str]) -> NDArray[np.float64]:
    """Share of different 5-grams that every two of Q texts have in common, shape (Q, Q), in [0, 1].

    >>> likeness(["Do you like tea?", "do you like TEA?", "How old?"]).round(2)[0].tolist()
    [1.0, 1.0, 0.0]
    """
    matrix = gram_counts(texts, LENGTH, LENGTH)
    matrix.data = np.ones_like(matrix.data)
    shared = np.asarray((matrix @ matrix.T).todense())
    counts = np.diag(shared)
    return np.asarray(2 * shared / (counts[:, None] + counts[None, :]))


def _with_batteries(questions: pl.DataFrame) -> pl.DataFrame:
    """The battery of each of the questions of a dataset, which are sorted by name."""
    siblings = likeness(questions["text"].to_list()) >= SIBLINGS
    first, before = np.arange(len(questions)), np.full(len(questions), -1)
    while (first != before).any():
        before = first
        first = np.where(siblings, before, len(questions)).min(axis=1)
    return questions.select("question", pl.col("question").gather(first).alias(BATTERY))


def _warn_of_unworded(questions: pl.DataFrame) -> None:
    if len(questions):
        warn_user(
            f"{len(questions)} questions have no wording but their name, e.g. "
            f"{examples(questions.select('question').rows())}, so that none is known to be a sibling of "
            "another: each counts as a battery by itself. Give them their text in the codebook, or split by topic.",
            OpinionFrameWarning,
        )
