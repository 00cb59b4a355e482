"""Likeness of meanings: a codebook with embeddings of its texts goes in; their cosines come out."""

import numpy as np
import polars as pl

from opinionframe.calibration.methods.cells import Floats
from opinionframe.errors import FrameError, examples
from opinionframe.schemas.vocabulary import EMBEDDING

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
    vectors = with_vectors(book).select("question", EMBEDDING).unique("question").sort("question")
    table = np.array(vectors[EMBEDDING].to_list(), dtype=np.float64)
    largest = np.abs(table).max(axis=1, keepdims=True)
    scaled = table / largest  # whose squares neither overflow nor vanish
    unit = scaled / np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(unit @ unit.T)


def with_vectors(book: pl.DataFrame) -> pl.DataFrame:
    """`book` with its embeddings, where it has any, as lists of floats: one of the same length for each question.

    Raises: FrameError as `embedding_cosines`.
    """
    if EMBEDDING not in book.columns:
        return book
    dtype = book.schema[EMBEDDING]
    refusal = FrameError(f"The codebook's column {EMBEDDING!r} holds {dtype!r}, not vectors of numbers. {REMEDY}")
    if not isinstance(dtype, pl.List | pl.Array):
        raise refusal
    try:
        listed = book.with_columns(pl.col(EMBEDDING).cast(pl.List(pl.Float64)))
    except pl.exceptions.PolarsError as error:
        raise refusal from error
    _refuse_broken(listed.select("question", EMBEDDING).unique())
    return listed


def refuse_other_vectors(fitted: pl.DataFrame, book: pl.DataFrame) -> None:
    """Refuse to compare the questions of two books `with_vectors` where one has none, or of another length.

    Raises: FrameError.
    """
    of_fit, here = _described(fitted), _described(book)
    if of_fit != here:
        names = book.select("question").unique().sort("question")
        remedy = (
            "Give them vectors from the model that made the fit's" if EMBEDDING in fitted.columns else "Drop theirs"
        )
        raise FrameError(
            f"The calibration was fitted to a codebook with {of_fit}; the {len(names)} questions here, e.g. "
            f"{examples(names.rows())}, have {here} (column {EMBEDDING!r}). {remedy}, or fit anew to a codebook that "
            "has the same."
        )


def _described(book: pl.DataFrame) -> str:
    """What embeddings a book has, in words."""
    if EMBEDDING not in book.columns:
        return "no embeddings"
    return f"embeddings of {book[EMBEDDING].list.len().item(0)} numbers"


def _refuse_broken(vectors: pl.DataFrame) -> None:
    """Refuse questions, a row per distinct vector, of several vectors or of one that has no direction."""
    vector = pl.col(EMBEDDING)
    length = vectors.select(vector.list.len().mode().min()).item() or 0
    has_direction = (vector.list.len() == length) & vector.list.eval(
        pl.element().is_finite().fill_null(value=False)
    ).list.all()
    sound = (has_direction & vector.list.eval(pl.element() != 0).list.any()).fill_null(value=False)
    broken = vectors.filter(~sound | (pl.len().over("question") > 1)).select("question").unique().sort("question")
    if len(broken):
        numbers = f"{length} finite numbers" if length else "finite numbers"
        raise FrameError(
            f"{len(broken)} of {vectors['question'].n_unique()} questions have no embedding of {numbers}, not all 0, "
            f"or several, e.g. {examples(broken.rows())}. {REMEDY}"
        )
