"""Which cells are asked about: opinions or any frame of cells go in, distinct (question, demographic) come out."""

from __future__ import annotations

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas import borders
from opinionframe.schemas.columns import refuse_no_frame
from opinionframe.schemas.demographic import PATTERN
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import GROUP


def asked_cells(opinions: pl.DataFrame, codebook: pl.DataFrame, cells: borders.AnyFrame | None = None) -> pl.DataFrame:
    """The distinct (question, demographic) of the human rows of checked `opinions`, or of `cells`; sorted.

    Raises: FrameError, where there are none, or `cells` do not fit the codebook.
    """
    if cells is None:
        distinct = opinions.filter(pl.col("source") == HUMAN).select(GROUP).unique()
    else:
        distinct = distinct_cells(cells, codebook)
    if distinct.is_empty():
        raise FrameError("There is no cell to ask about: opinions has no row of source 'human'. Give cells=…")
    return distinct.sort(GROUP)


def checked_opinions(opinions: borders.AnyFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    """`opinions` checked and collected. A lazy frame is collected first, so that it is refused as an eager one is.

    Raises: FrameError.
    """
    eager = opinions.collect() if isinstance(opinions, pl.LazyFrame) else opinions
    return borders.opinions_border(eager, codebook).collect()


def distinct_cells(cells: borders.AnyFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    """The distinct (question, demographic) of any frame that has both, unsorted. Collects.

    Raises: FrameError, where a column is missing or a cell does not fit the codebook.
    """
    refuse_no_frame(cells, "cells")
    columns = cells.collect_schema().names()
    if missing := [column for column in GROUP if column not in columns]:
        raise FrameError(f"cells lacks {', '.join(missing)}. Give a frame with the columns question and demographic.")
    distinct = cells.lazy().select(pl.col(GROUP).cast(pl.String)).unique().collect()
    _refuse_strangers(distinct, codebook)
    return distinct


def _refuse_strangers(cells: pl.DataFrame, codebook: pl.DataFrame) -> None:
    in_codebook = pl.col("question").is_in(codebook["question"].unique().implode())
    fits = (in_codebook & pl.col("demographic").str.contains(PATTERN)).fill_null(value=False)
    if (strangers := cells.filter(~fits)).height:
        raise FrameError(
            f"cells: {strangers.height} have a question that is not in the codebook or a malformed demographic, "
            f"e.g. {examples(strangers.sort(GROUP).rows())}. Write demographics `attribute=class`, or `all`."
        )
