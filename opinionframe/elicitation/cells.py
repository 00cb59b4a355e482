"""Which cells are asked about: opinions or any frame of cells go in, distinct (question, demographic) come out."""

from __future__ import annotations

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas import borders
from opinionframe.schemas.demographic import PATTERN
from opinionframe.schemas.frames import HUMAN

CELL = ("question", "demographic")


def asked_cells(opinions: pl.DataFrame, codebook: pl.DataFrame, cells: borders.AnyFrame | None = None) -> pl.DataFrame:
    """The distinct (question, demographic) of the human rows of `opinions`, or of `cells`.

    Raises: FrameError, where there are none or they do not fit the codebook.
    """
    if cells is None:
        wanted = opinions.filter(pl.col("source") == HUMAN).select(CELL).unique()
    else:
        wanted = given_cells(cells, codebook)
    if wanted.is_empty():
        raise FrameError("There is no cell to ask about: opinions has no row of source 'human'. Give cells=…")
    return wanted.sort(CELL)


def known_opinions(opinions: borders.AnyFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    """`opinions` checked and collected. A lazy frame is collected first, so that it is refused as an eager one is."""
    eager = opinions.collect() if isinstance(opinions, pl.LazyFrame) else opinions
    return borders.opinions_border(eager, codebook).collect()


def given_cells(cells: borders.AnyFrame, codebook: pl.DataFrame) -> pl.DataFrame:
    """The distinct (question, demographic) of any frame that has both. Collects.

    Raises: FrameError, where a column is missing or a cell does not fit the codebook.
    """
    have = cells.collect_schema().names() if isinstance(cells, pl.DataFrame | pl.LazyFrame) else []
    if missing := [column for column in CELL if column not in have]:
        raise FrameError(f"cells lacks {', '.join(missing)}. Give a frame with the columns question and demographic.")
    wanted = cells.lazy().select(pl.col(CELL).cast(pl.String)).unique().collect()
    known = pl.col("question").is_in(codebook["question"].unique().implode())
    fits = (known & pl.col("demographic").str.contains(PATTERN)).fill_null(value=False)
    if (strange := wanted.filter(~fits)).height:
        keys = examples(strange.sort(CELL).rows())
        raise FrameError(
            f"cells: {strange.height} have a question that is not in the codebook or a malformed demographic, "
            f"e.g. {keys}. Write demographics `attribute=class`, or `all`."
        )
    return wanted
