"""Drawn examples: labelled cells in a random order per draw go in; those that teach each cell come out.

They are the first `n` of a draw that are not held out with the cell: none of its question, battery or topic or, with
`split` `row`, any but the cell itself. One rule for calibrators and for few-shot prompts, so that both learn from the
same.
"""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.keys import GROUP

EXAMPLES: dict[str, pl.DataType] = {
    "draw": pl.UInt32(),
    DATASET: pl.String(),
    "rank": pl.UInt32(),
    "question": pl.String(),
    "demographic": pl.String(),
    "n": pl.UInt32(),
    "split": pl.String(),
}
"""`draw` from 1; `rank`, the place in the order of the draw and `dataset`, from 1; `n` and `split` as drawn."""

WIDER = ("battery", "topic")
"""Splits by more than a question, whose units stand in a column of that name."""

UNITS: dict[str, tuple[str, ...]] = {"question": ("question",), "row": GROUP} | {name: (name,) for name in WIDER}
"""What is held out with a cell: its question, battery or topic with all groups, or itself alone."""

ORDER = ["draw", DATASET]
"""What has an order of its own."""


def examples_border(frame: AnyFrame) -> pl.DataFrame:
    """`frame` as examples, sorted, with dense ranks. Collects.

    Raises: FrameError for a frame that `draw_examples` could not have made.
    """
    rows = typed_columns(frame, EXAMPLES, "examples").select(*EXAMPLES).collect()
    remedy = "Make it with of.draw_examples(…), and keep whole rows of it."
    if rows.is_empty():
        raise FrameError(f"examples has no rows. {remedy}")
    empty = rows.filter(pl.any_horizontal(pl.exclude(DATASET).is_null()))
    doubled = rows.filter(pl.struct("draw", *GROUP).is_duplicated()).select("draw", *GROUP).unique().sort(pl.all())
    for broken, reason in ((empty.select("draw", *GROUP), "lack a value"), (doubled, "stand there more than once")):
        if len(broken):
            raise FrameError(f"examples has {len(broken)} rows that {reason}, e.g. {examples(broken.rows())}. {remedy}")
    several = [name for name in ("n", "split") if rows[name].n_unique() > 1]
    if several or rows["split"][0] not in UNITS or rows["n"][0] < 1:
        found = examples(rows.select("n", "split").unique().sort("n", "split").rows())
        raise FrameError(f"examples has (n, split) of {found}, not one n and split for all draws. {remedy}")
    if rows["split"][0] in WIDER:
        rows = _with_units(frame, rows["split"][0], remedy)
    dense = pl.col("rank").rank("ordinal").over(ORDER).cast(pl.UInt32)
    return rows.sort(*ORDER, "rank", *GROUP).with_columns(rank=dense)


def _with_units(frame: AnyFrame, split: str, remedy: str) -> pl.DataFrame:
    """The columns of examples and that of their units. Raises: FrameError for questions of no unit, or of several."""
    columns = EXAMPLES | {split: pl.String()}
    rows = typed_columns(frame, columns, "examples").select(*columns).collect()
    units = rows.group_by("question").agg(
        pl.col(split).n_unique().alias("units"), pl.col(split).null_count().alias("none")
    )
    wrong = units.filter((pl.col("units") > 1) | (pl.col("none") > 0)).select("question").sort("question")
    if len(wrong):
        raise FrameError(
            f"examples has {len(wrong)} questions of no {split}, or several, e.g. {examples(wrong.rows())}. {remedy}"
        )
    return rows


def held_out(drawn: pl.DataFrame) -> tuple[str, ...]:
    """The columns of what is held out with a cell, in checked examples."""
    return UNITS[drawn["split"][0]]


def taught(drawn: pl.DataFrame, cells: pl.DataFrame, unit: Sequence[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The lists of examples that teach `cells`, and which list teaches which cell.

    A draw has one list for all cells, and one more for each `unit` among its first examples.

    Args:
        drawn: Checked examples, in the order of their ranks.
        cells: question, demographic and dataset of what is taught, each once; their battery or topic is that of their
            question in `drawn`.
        unit: The columns of a cell that are held out with it.

    Returns: `run`, `draw`, question, demographic and `rank`, from 1, of each list's examples; and `run`, `draw` and the
        columns of `cells`, once per draw.
    Raises: FrameError where a question's battery or topic is not known.
    """
    n = drawn["n"][0]
    cells = _in_units(cells, drawn, unit)
    first = drawn.filter(pl.col("rank") <= n).select(*ORDER, *unit).unique()
    lists = pl.concat([drawn.select(ORDER).unique(), first], how="diagonal").sort(pl.all(), nulls_last=False)
    lists = lists.with_row_index("run")
    own = [f"{name} held out" for name in unit]
    pairs = lists.rename(dict(zip(unit, own, strict=True))).join(drawn, on=ORDER, nulls_equal=True)
    is_held_out = pl.all_horizontal(pl.col(name) == pl.col(out) for name, out in zip(unit, own, strict=True))
    kept = (
        pairs.filter(~is_held_out.fill_null(value=False))
        .sort("run", "rank")
        .with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.UInt32).over("run"))
        .filter(pl.col("rank") <= n)
    )
    is_general = pl.all_horizontal(pl.col(name).is_null() for name in unit)
    general = lists.filter(is_general).select(*ORDER, general="run")
    members = (
        cells.join(general, on=DATASET, nulls_equal=True)
        .join(lists.filter(~is_general), on=[*ORDER, *unit], how="left", nulls_equal=True)
        .with_columns(run=pl.coalesce("run", "general"))
        .drop("general")
    )
    return kept.select("run", "draw", *GROUP, "rank"), members


def _in_units(cells: pl.DataFrame, drawn: pl.DataFrame, unit: Sequence[str]) -> pl.DataFrame:
    """`cells` with the columns of `unit`, from the questions of `drawn`. Raises: FrameError for other questions."""
    missing = [name for name in unit if name not in cells.columns]
    if not missing:
        return cells
    known = cells.join(drawn.select("question", *missing).unique(), on="question", how="left", maintain_order="left")
    lost = known.filter(pl.any_horizontal(pl.col(name).is_null() for name in missing)).select("question").unique()
    if len(lost):
        raise FrameError(
            f"{len(lost)} questions are not in examples, e.g. {examples(lost.sort('question').rows())}, so that their "
            f"{' and '.join(missing)} is not known. Draw from human rows of all questions, or with split='question'."
        )
    return known
