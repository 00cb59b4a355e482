"""`allocate`: Estimates go in; how many further people of which group to ask which question comes out."""

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, OptionError, check_number, examples
from opinionframe.estimation.arrays import Floats
from opinionframe.schemas.borders import AnyFrame, checked
from opinionframe.schemas.demographic import ATTRIBUTE
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.estimates import Estimates
from opinionframe.schemas.keys import CELL, GROUP, ROW

OWN = ("cost", "importance")
"""Columns of the user's own."""

BORROWED = 2
"""As how many people the question's other cells count beside a cell's own."""

MOST = 1_000_000_000
"""Answers that a budget may buy: more than anybody asks for, and few enough to be counted."""

HALVINGS = 200
"""Halvings of the interval that holds the price of an answer: to the last digit."""


@takes_frames
def allocate(estimates: AnyFrame, budget: float) -> pl.DataFrame:
    """The answers to ask for next, so that the expected squared error over all cells is least. Collects.

    What a cell is known by, people and the model's prediction, counts as its `n_eff` people; n further answers make it
    n_eff + n, and its squared error (1 - sum p^2) / (n_eff + n), with p smoothed a little towards the question's other
    cells. As in Neyman's allocation, a cell gets the more, the more its people differ; the less, the better it is known
    already; none, where others need them more.

    Args:
        estimates: Estimates of one source, of groups of one attribute or intersection, so that everybody belongs to
            one: a pilot's, or those of `rectify` with few people. Two columns of your own are read, constant within a
            cell: `cost`, of one answer (else 1), and `importance`, the weight of a cell's squared error (else 1), such
            as the squared share of a group where the total matters.
        budget: What further answers may cost; without `cost` their number.

    Returns: question, demographic, source, `n` (further answers), `cost` (of them all), `error_now`, `error_allocated`,
        `error_equal` (the cell's expected squared errors, summed over choices, as it is, as allocated, and with as many
        answers in every cell at the same cost), `saving` (how much less the important errors sum to than with
        equal numbers, at most 1, the same in all rows; where the budget buys few answers it may lie just below 0, since
        equal numbers may be fractions).
    Raises: FrameError for a broken frame, several sources or attributes, cells without n_eff, or costs and importance
        that are no numbers or differ within a cell; OptionError for a budget that buys no answer.
    Reference: Neyman (1934); Cochran (1977), Sampling Techniques, section 5.5.

    >>> import opinionframe as of
    >>> codebook = of.codebook({"q": {"text": "Yes?", "labels": ["yes", "no"]}})
    >>> people = pl.DataFrame({"sex": ["F"] * 20 + ["M"] * 10, "q": [1, 2] * 15})
    >>> pilot = of.rectify(None, people, codebook, by="sex").filter(pl.col("demographic") != "all")
    >>> allocate(pilot, 30).select("demographic", "n").rows()
    [('sex=F', 10), ('sex=M', 20)]
    """
    check_number("budget", budget)
    if not 0 < budget < float("inf"):
        raise OptionError(f"budget={budget} is not above 0. Without a column `cost` it is the number of answers.")
    cells = _cells(checked(estimates, Estimates, "estimates").sort(ROW))
    spread, size, cost, importance = (cells[name].to_numpy() for name in ("spread", "n_eff", "cost", "importance"))
    if budget < cost.min() or budget / cost.min() > MOST:
        raise OptionError(
            f"budget={budget} buys {budget / cost.min():.3g} answers of {cost.min():.3g} each, the cheapest. "
            f"Give enough for one, and for no more than {MOST:,}, in the same money as the column `cost`."
        )
    n = _whole(_least(importance * spread, size, cost, budget), importance * spread, size, cost, budget)
    equal = spread / (size + budget / cost.sum())
    allocated = spread / (size + n)
    saving = 1 - (importance * allocated).sum() / max((importance * equal).sum(), 1e-300)
    return cells.select(
        *CELL,
        pl.Series("n", n.astype(np.uint32)),
        pl.Series("cost", n * cost),
        (pl.col("spread") / pl.col("n_eff")).alias("error_now"),
        pl.Series("error_allocated", allocated),
        pl.Series("error_equal", equal),
        pl.lit(float(saving)).alias("saving"),
    ).sort(CELL)


def _cells(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per cell: how far its people differ, n_eff, cost and importance. Raises: FrameError."""
    if rows.is_empty():
        raise FrameError("estimates have no row. Make them with rectify(…), or loosen the filter on them.")
    _refuse_broken_columns(rows)
    kinds = rows.select("source", ATTRIBUTE.alias("attribute")).unique().sort("source", "attribute")
    if len(kinds) != 1:
        raise FrameError(
            f"estimates hold {len(kinds)} sources and attributes, e.g. {examples(kinds.rows())}. An answer is to count "
            "in one cell: keep a single source and attribute, or intersection, with .filter(…)."
        )
    columns = [
        (pl.col(name).cast(pl.Float64) if name in rows.columns else pl.lit(1.0)).first().alias(name) for name in OWN
    ]
    spread = (1 - (_typical() ** 2).sum()).alias("spread")
    pooled = (pl.col("prob") * pl.col("n_eff")).sum() / pl.col("n_eff").sum()
    with_pooled = rows.with_columns(pooled.over("question", "choice").alias("pooled"))
    cells = with_pooled.group_by(CELL, maintain_order=True).agg(spread, pl.col("n_eff").first(), *columns)
    good = (pl.col("n_eff") > 0) & (pl.col("cost") > 0) & (pl.col("importance") >= 0)
    good = good & pl.col("cost").is_finite() & pl.col("importance").is_finite()
    broken = cells.filter(~good.fill_null(value=False)).sort(CELL)
    if len(broken):
        raise FrameError(
            f"{len(broken)} of {len(cells)} cells have no n_eff above 0, cost above 0 or importance of 0 or more, e.g. "
            f"{examples(broken.select(GROUP).rows())}. Make their estimates with rectify(…), or drop them."
        )
    return cells.sort(CELL)


def _refuse_broken_columns(rows: pl.DataFrame) -> None:
    """Raises: FrameError where columns of the user's own are no numbers, or not constant within a cell."""
    for name in set(OWN) & set(rows.columns):
        if not (rows[name].dtype.is_numeric() or rows[name].dtype == pl.Null):
            raise FrameError(f"estimates: {name} is {rows[name].dtype}, no number. Cast it with .cast(pl.Float64).")
        varies = rows.group_by(CELL).agg(pl.col(name).n_unique()).filter(pl.col(name) > 1).sort(CELL)
        if len(varies):
            raise FrameError(
                f"estimates: {name} is not constant within {len(varies)} cells, e.g. "
                f"{examples(varies.select(GROUP).rows())}. It belongs to the cell, not to a choice of it."
            )


def _typical() -> pl.Expr:
    """The shares of a cell with BORROWED people of its question and one of no opinion added.

    Two people who agree do not say that everybody does, and that there is nothing more to ask.
    """
    size, uniform = pl.col("n_eff"), 1 / pl.len().cast(pl.Float64)
    return (size * pl.col("prob") + BORROWED * pl.col("pooled") + uniform) / (size + BORROWED + 1)


def _least(weighted: Floats, size: Floats, cost: Floats, budget: float) -> Floats:
    """Answers that make the sum of weighted / (size + n) least: sqrt(weighted / cost / price) - size, or none.

    The price of an answer, at which they cost the `budget`, is found by halving its logarithm.
    """
    wanted = np.log(np.maximum(weighted / cost, 1e-300))
    low, high = wanted.min() - 2 * np.log(size.max() + budget / cost.min() + 1), wanted.max() - 2 * np.log(size.min())
    answers = np.zeros_like(size)
    for _ in range(HALVINGS):
        price = (low + high) / 2
        answers = np.maximum(np.exp((wanted - price) / 2) - size, 0.0)
        low, high = (price, high) if (answers * cost).sum() > budget else (low, price)
    return answers


def _whole(answers: Floats, weighted: Floats, size: Floats, cost: Floats, budget: float) -> Floats:
    """Whole answers: those given, rounded down, and one more where it helps most for its cost, while there is money."""
    n = np.floor(answers + 1e-9)
    helps = (weighted / (size + n) - weighted / (size + n + 1)) / cost
    left = budget - (n * cost).sum()
    for cell in np.argsort(-helps, kind="stable"):
        if cost[cell] <= left + 1e-9:
            n[cell] += 1
            left -= cost[cell]
    return n
