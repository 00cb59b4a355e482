"""A user's own columns, kept apart from the names that fits work with, so that none can take another's place."""

from collections.abc import Iterable

import polars as pl

from opinionframe.schemas.frames import OPTIONAL, Opinions
from opinionframe.schemas.source import PARTS

CORE = (*Opinions.column_names(), *OPTIONAL)
KEY = ("question", "demographic", "choice", "source")
OWN = "own: "


def lean(rows: pl.DataFrame, wanted: Iterable[str] = ()) -> pl.DataFrame:
    """The columns of Opinions alone, and those of the user's own that are `wanted`, under a name of their own."""
    mine = [name for name in dict.fromkeys(wanted) if name in rows.columns and name not in (*CORE, *PARTS)]
    return rows.select(
        *(name for name in CORE if name in rows.columns), *(pl.col(name).alias(OWN + name) for name in mine)
    )


def own_name(name: str, rows: pl.DataFrame) -> str:
    """What `lean` calls a column."""
    return OWN + name if OWN + name in rows.columns else name


def with_own(predicted: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """`predicted` cut to the columns of Opinions, with the user's own columns of the same rows beside them again."""
    core = predicted.select(name for name in CORE if name in predicted.columns and name != "n_eff")
    extras = [name for name in rows.columns if name not in CORE]
    return core.join(rows.select(*KEY, *extras), on=KEY, how="left", maintain_order="left") if extras else core
