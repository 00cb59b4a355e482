"""Scores of a learning curve: predicted rows go in; mean error and alignment per draw and size come out."""

import polars as pl

from opinionframe.alignment.align import aligned
from opinionframe.calibration.supervision import Supervision
from opinionframe.diagnosis.learning.plan import Plan
from opinionframe.diagnosis.learning.predictions import RUN
from opinionframe.schemas.frames import UNIFORM, Opinions
from opinionframe.schemas.keys import CELL, GROUP

FEW_SHOT = "few_shot"
INSTEAD = ("raw", "mean-of-labels", FEW_SHOT, UNIFORM)
"""What stands beside the methods, in the order in which it is reported."""


def scores(predicted: pl.DataFrame, supervision: Supervision, metric: str) -> pl.DataFrame:
    """`n`, `mse` (of shares) and `alignment`, in [0, 1], per draw, size and metric; each run is a source."""
    runs = predicted.select("source", *RUN).unique()
    return _means(_cells(predicted, supervision, metric).join(runs, on="source"))


def scores_instead(rows: pl.DataFrame, supervision: Supervision, plan: Plan, metric: str) -> pl.DataFrame:
    """`method`, `n`, `mse` and `alignment` per draw, size and metric of raw answers, few-shot answers and uniform."""
    labelled = rows.filter(pl.col("target").is_not_null())
    rivals = {"raw": labelled, UNIFORM: labelled.with_columns(prob=1 / pl.len().over(GROUP))}
    few_shot = _few_shot(labelled, supervision)
    if len(few_shot):
        rivals[FEW_SHOT] = few_shot
    test_cells = plan.tested()
    return pl.concat(
        _means(_cells(rival, supervision, metric).join(test_cells, on=GROUP)).with_columns(method=pl.lit(name))
        for name, rival in rivals.items()
    )


def _few_shot(rows: pl.DataFrame, supervision: Supervision) -> pl.DataFrame:
    """The answers of the same model, elicitation and prompt with examples, to the cells of `rows`."""
    source = rows["source"][0]
    other = "|".join((*source.split("|")[:3], FEW_SHOT))
    answers = supervision.rows.filter(pl.col("source") == other) if other != source else rows.clear()
    return answers.join(rows.select(GROUP).unique(), on=GROUP, how="semi")


def _cells(predicted: pl.DataFrame, supervision: Supervision, metric: str) -> pl.DataFrame:
    """One row per cell: `alignment`, the summed squared `error` and the number of choices `k`."""
    columns = Opinions.column_names()
    human = supervision.human.join(predicted, on=GROUP, how="semi").select(columns)
    opinions = pl.concat([human, predicted.select(columns)])
    book = supervision.codebook.join(predicted, on="question", how="semi")
    alignment = aligned(opinions, book, human["source"][0], metric).select(*CELL, "alignment", "metric")
    squared = predicted.group_by(CELL).agg(
        ((pl.col("prob") - pl.col("target")) ** 2).sum().alias("error"), pl.len().alias("k")
    )
    return alignment.join(squared, on=CELL)


def _means(cells: pl.DataFrame) -> pl.DataFrame:
    """Means per draw, size and metric: of the alignment over cells, of the squared error over choices."""
    return cells.group_by(*RUN, "metric").agg(
        pl.len().alias("n"),
        (pl.col("error").sum() / pl.col("k").sum()).alias("mse"),
        pl.col("alignment").mean(),
    )
