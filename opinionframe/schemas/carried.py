"""A user's own columns on rows that a verb makes: what is known of a cell holds for every answer to it."""

import polars as pl

from opinionframe.schemas.frames import OPTIONAL, Opinions

GROUP = ("question", "demographic")


def carry_own(rows: pl.LazyFrame, people: pl.LazyFrame) -> pl.LazyFrame:
    """`rows` with the own columns of `people`, rows of Opinions, beside the same question and demographic. Lazy.

    A column that is not constant within a question and demographic stays null there, as it does where
    `people` has no such cell.
    """
    taken = {*Opinions.column_names(), *OPTIONAL, *rows.collect_schema()}
    own = [name for name in people.collect_schema() if name not in taken]
    if not own:
        return rows
    constant = (pl.when(pl.col(name).n_unique() == 1).then(pl.col(name).first()).alias(name) for name in own)
    return rows.join(people.group_by(GROUP).agg(*constant), on=GROUP, how="left", maintain_order="left")
