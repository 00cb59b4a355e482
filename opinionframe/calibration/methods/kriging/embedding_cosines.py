"""Likeness of meanings: a codebook with embeddings of its texts goes in; their cosines come out."""

import numpy as np
import polars as pl

from opinionframe.calibration.methods.cells import Floats
from opinionframe.errors import FrameError, examples

EMBEDDING = "embedding"
"""The optional column of a codebook: numbers of one length that say what a question's text means."""

REMEDY = "Give every question one vector of numbers of the same length and length above 0, or drop the column."


def embedding_cosines(book: pl.DataFrame) -> Floats | None:
    """Cosine of the embeddings of every two of Q questions, in their order, shape (Q, Q), in [-1, 1].

    None for a codebook without the column. Cosines are a covariance as they stand; negative ones are kept.

    Raises: FrameError for a column that holds something else, and where a question has no vector, or several.

    >>> book = pl.DataFrame({"question": ["a", "b", "c"], "embedding": [[2.0, 0.0], [1.0, 0.0], [0.0, -3.0]]})
    >>> embedding_cosines(book).round(2)[0].tolist()
    [1.0, 1.0, 0.0]
    """
    if EMBEDDING not in book.columns:
        return None
    if not isinstance(book.schema[EMBEDDING], pl.List | pl.Array):
        raise FrameError(f"The codebook's column {EMBEDDING!r} holds {book.schema[EMBEDDING]}, not vectors. {REMEDY}")
    try:
        listed = book.select("question", pl.col(EMBEDDING).cast(pl.List(pl.Float64)))
    except pl.exceptions.PolarsError as error:
        raise FrameError(f"The codebook's column {EMBEDDING!r} holds no numbers: {error}. {REMEDY}") from error
    vectors = listed.unique().sort("question")
    _refuse_broken(vectors)
    table = np.array(vectors[EMBEDDING].to_list(), dtype=np.float64)
    unit = table / np.linalg.norm(table, axis=1, keepdims=True)
    return np.asarray(unit @ unit.T)


def _refuse_broken(vectors: pl.DataFrame) -> None:
    """Refuse questions, a row per distinct vector, of several vectors or of one that has no direction."""
    vector = pl.col(EMBEDDING)
    length = vectors.select(vector.list.len().mode().min()).item()
    has_direction = (vector.list.len() == length) & vector.list.eval(
        pl.element().is_finite().fill_null(value=False)
    ).list.all()
    sound = (has_direction & vector.list.eval(pl.element() != 0).list.any()).fill_null(value=False)
    broken = vectors.filter(~sound | (pl.len().over("question") > 1)).select("question").unique().sort("question")
    if len(broken):
        raise FrameError(
            f"{len(broken)} of {vectors['question'].n_unique()} questions have no embedding of {length} finite "
            f"numbers, not all 0, or several, e.g. {examples(broken.rows())}. {REMEDY}"
        )
