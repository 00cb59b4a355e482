"""A user's own columns: kept apart while a verb works, and beside its rows again when it is done."""

from collections.abc import Iterable

import polars as pl

from opinionframe.schemas.frames import Opinions
from opinionframe.schemas.keys import GROUP, ROW
from opinionframe.schemas.source import PARTS
from opinionframe.schemas.vocabulary import OPTIONAL

CORE = (*Opinions.column_names(), *OPTIONAL)
"""The columns that the package gives a meaning; all others are the user's own."""

OWN = "own: "
"""What stands before the name of an own column that a fit works with, so that none can take another's place."""


def lean(rows: pl.DataFrame, columns: Iterable[str] = ()) -> pl.DataFrame:
    """The columns of Opinions alone, and those of the user's own among `columns`, under a name of their own."""
    own = [name for name in dict.fromkeys(columns) if name in rows.columns and name not in (*CORE, *PARTS)]
    return rows.select(
        *(name for name in CORE if name in rows.columns), *(pl.col(name).alias(OWN + name) for name in own)
    )


def own_name(name: str, rows: pl.DataFrame) -> str:
    """What `lean` calls a column."""
    return OWN + name if OWN + name in rows.columns else name


def with_own(predicted: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`predicted` cut to the columns of Opinions, with the user's own columns of the same rows beside them again."""
    core = predicted.select(name for name in CORE if name in predicted.columns and name != "n_eff")
    own = [name for name in rows.columns if name not in CORE]
    return core.join(rows.select(*ROW, *own), on=ROW, how="left", maintain_order="left") if own else core


def carry_own(rows: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """`rows` with the own columns of `people`, rows of Opinions, beside the same question and demographic. Lazy.

    A column that is not constant within a question and demographic stays null there, as it does where
    `people` has no such cell.
    """
    taken = {*CORE, *rows.collect_schema()}
    own = [name for name in people.collect_schema() if name not in taken]
    if not own:
        return rows
    constant = (pl.when(pl.col(name).n_unique() == 1).then(pl.col(name).first()).alias(name) for name in own)
    return rows.join(people.group_by(GROUP).agg(*constant), on=GROUP, how="left", maintain_order="left")
