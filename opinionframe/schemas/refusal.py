"""Why a frame is refused: its broken cells or rows, counted, with examples, the reason and the remedy."""

from collections.abc import Callable, Iterable, Sequence

import dataframely as dy
import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.columns import AnyFrame
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.lazy import guarded_where
from opinionframe.schemas.rules import MALFORMED, Rule, remedy, where_broken

DECLARED = {
    "nullability": "Fill the column in every row, or drop these rows.",
    "inf": "Replace infinite values, or drop these rows.",
    "nan": "Replace NaN by null or a number, or drop these rows.",
    "inner_nullability": "Fill the lists.",
    "inner_inf": "Replace infinite values in the lists.",
    "inner_nan": "Replace NaN in the lists.",
}
"""What to do about a column that breaks what its declaration says, by the kind of the declaration."""


def refused_where(
    frame: AnyFrame, rows: pl.LazyFrame, doubtful: pl.LazyFrame, broken: pl.LazyFrame, rules: Sequence[Rule], name: str
) -> pl.LazyFrame:
    """`rows`, refused for `broken` cells where `doubtful` has a row: at once, or on collect where `frame` is lazy."""

    def refuse() -> None:
        refuse_cells(broken.collect(), rules, name)

    if not isinstance(frame, pl.DataFrame):
        return guarded_where(rows, doubtful, refuse)
    if doubtful.select(pl.len() > 0).collect().item():
        refuse()
    return rows


def refuse_cells(cells: pl.DataFrame, rules: Sequence[Rule], name: str) -> None:
    """Raise FrameError if there is any row in `cells`, the broken cells of a frame, each with its `reason`."""
    if cells.is_empty():
        return
    counts = cells.group_by("reason").len("cells").sort("cells", "reason", descending=[True, False])
    lines = [_line(cells.filter(reason=reason).sort(*CELL), reason, rules, name) for reason in counts["reason"]]
    raise FrameError("\n".join(lines))


def laws_of_rows(schema: type[dy.Schema], rules: Iterable[Rule] = ()) -> tuple[Rule, ...]:
    """`rules`, and the laws that the columns of `schema` declare: unique keys, no null, no NaN, nothing infinite."""
    keys = schema.primary_key()
    once = Rule(
        "primary key",
        "primary key",
        f"Keep one row of each {', '.join(keys)}, for instance with .unique({keys}).",
        lambda _: pl.struct(keys).is_duplicated(),
    )
    declared = (
        Rule(f"{column}: {kind}", f"{column}: {kind.replace('_', ' ')}", DECLARED[kind], _breaks(kept))
        for column, kinds in schema.columns().items()
        for kind, kept in kinds.validation_rules(pl.col(column)).items()
    )
    return (*rules, *([once] if keys else []), *declared)


def refuse_rows(rows: pl.DataFrame, rules: Sequence[Rule], keys: Sequence[str], name: str) -> None:
    """Raise FrameError where a row breaks one of `rules`: a line for each, with counts and example keys."""
    flags = rows.select(broken.alias(reason) for reason, broken in where_broken(rules, pl.col).items())
    lines = [
        f"{name}: {flags[reason].sum()} rows break the rule '{reason}', "
        f"e.g. {examples(rows.filter(flags[reason]).select(keys).rows())}. {remedy(reason, rules)}"
        for reason in flags.columns
        if flags[reason].any()
    ]
    if lines:
        raise FrameError("\n".join(lines))


def _breaks(kept: pl.Expr) -> Callable[[object], pl.Expr]:
    return lambda _: ~kept


def _line(cells: pl.DataFrame, reason: str, rules: Sequence[Rule], name: str) -> str:
    keys = examples(cells.select(CELL).rows())
    detail = f" ({cells['detail'][0]})" if "detail" in cells.columns and reason != MALFORMED else ""
    return f"{name}: {len(cells)} cells {reason}, e.g. {keys}{detail}. {remedy(reason, rules)}"
