"""What distances compare, in arrays: Opinions go in; the share below each step of the scale comes out, per cell.

Where choices have no order, it is the share of each choice. Either is a binomial share of the people of a cell, and the
distance a sum of absolute differences of such shares, each with its width.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe import divergence
from opinionframe.errors import FrameError, check_option, examples
from opinionframe.inference.blocks import Floats
from opinionframe.schemas.borders import AnyFrame, codebook_border, opinions_border
from opinionframe.schemas.broken_cells import largest_choice
from opinionframe.schemas.datasets import DATASET, datasets, names_datasets
from opinionframe.schemas.frames import OPTIONAL
from opinionframe.schemas.keys import CELL, GROUP

METRICS = divergence.IN_SCALE
"""The metrics whose sampling noise is worked out: sums of absolute differences of binomial shares."""


@dataclass(frozen=True)
class Steps:
    """Cells of an Opinions frame and their distribution functions up to each step between positions.

    Attributes:
        cells: One row per cell: question, demographic, source, metric, n_eff, nonresponse, the last two null where
            unknown; and `dataset`, where rows or codebook name any.
        below: The share below each step, shape (cells, steps), in [0, 1]; under total variation that of each choice.
        width: The step over the span of positions, the same shape, rows summing to 1; under total variation 1/2 for
            each choice. 0 past the last choice.
    """

    cells: pl.DataFrame
    below: Floats
    width: Floats

    @property
    def by_choice(self) -> NDArray[np.bool_]:
        """Whether a cell has the shares of its choices, and not those below its steps, shape (cells,)."""
        return (self.cells["metric"] == divergence.OF_SCALE["nominal"]).to_numpy()

    def shares(self) -> Floats:
        """The share of each choice, shape (cells, choices), in [0, 1]; 0 past the last."""
        edges = np.zeros((len(self.below), 1))
        shares = np.diff(np.concatenate([edges, self.below, edges + 1], axis=1), axis=1)
        if self.by_choice.any():
            shares = np.where(self.by_choice[:, None], np.concatenate([self.below, edges], axis=1), shares)
        return np.asarray(np.clip(shares, 0, 1))

    def number(self, column: str) -> Floats:
        """A column of `cells` as floats, NaN for null."""
        return self.cells[column].cast(pl.Float64).to_numpy().astype(np.float64)

    @property
    def datasets(self) -> list[pl.Series]:
        """The dataset of each cell, as a column to be carried; none where none is named."""
        return [self.cells[DATASET]] if DATASET in self.cells.columns else []

    def take(self, rows: np.ndarray) -> "Steps":
        """The cells at these places, in this order; a place may come twice."""
        return Steps(self.cells[rows], self.below[rows], self.width[rows])


def steps(opinions: AnyFrame, codebook: AnyFrame, metric: str = divergence.BY_SCALE) -> Steps:
    """What `metric` (`by scale`, `wasserstein` or `total_variation`) compares, of all cells, sorted. Collects.

    Raises: FrameError, also for nominal questions under `wasserstein`; OptionError for another metric.
    """
    check_option("metric", metric, METRICS)
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book)
    if metric == divergence.OF_SCALE["ordinal"]:
        _refuse_nominal(rows, book)
    if metric == divergence.OF_SCALE["nominal"]:
        book = book.with_columns(scale=pl.lit("nominal"))
    k_max = largest_choice(book)
    columns = rows.collect_schema()
    optional = [
        pl.col(name).first().cast(pl.Float64) if name in columns else pl.lit(None, pl.Float64).alias(name)
        for name in OPTIONAL
    ]
    dataset = [pl.col(DATASET).first().cast(pl.String)] if DATASET in columns else []
    table = (
        rows.group_by(CELL)
        .agg(
            *divergence.masked_sums(k_max, "below", cumulative=True),
            *divergence.masked_sums(k_max, "share", cumulative=False),
            *optional,
            *dataset,
        )
        .join(divergence.scale(book), on="question", how="left")
        .with_columns(divergence.named(divergence.BY_SCALE).alias("metric"))
        .pipe(_with_datasets, book)
        .sort(CELL)
        .collect()
    )
    numbers = range(1, k_max + int(table["nominal"].any()))
    width = table.select(f"width{j}" for j in numbers).to_numpy()
    compared = (pl.when("nominal").then(f"share{j}").otherwise(f"below{j}").clip(0, 1).alias(f"p{j}") for j in numbers)
    known = [name for name in (DATASET,) if name in table.columns]
    return Steps(table.select(*CELL, "metric", *OPTIONAL, *known), table.select(compared).to_numpy(), width)


def _with_datasets(cells: pl.LazyFrame, book: pl.DataFrame) -> pl.LazyFrame:
    """`cells` with the `dataset` of their question in the codebook, if it names any, where their rows name none."""
    if not names_datasets(book):
        return cells
    named = cells.join(datasets(book).rename({DATASET: "of codebook"}), on="question", how="left")
    own = [DATASET] if DATASET in cells.collect_schema() else []
    return named.with_columns(pl.coalesce(*own, "of codebook").alias(DATASET)).drop("of codebook")


def beside(all_steps: Steps, reference: str) -> tuple[Steps, Steps]:
    """The cells of every other source, and for each the reference's cell of the same question and group.

    Raises: FrameError where `reference` has no cell, or cells have no reference.
    """
    numbered = all_steps.cells.with_row_index("row")
    references = numbered.filter(source=reference).select(*GROUP, "row")
    if references.is_empty():
        raise FrameError(f"No row has the source {reference!r}. Add the human rows, or name another reference=….")
    others = numbered.filter(pl.col("source") != reference)
    pairs = others.join(references, on=GROUP, how="left", suffix="_reference", maintain_order="left")
    if missing := pairs["row_reference"].null_count():
        keys = examples(pairs.filter(pl.col("row_reference").is_null()).select(CELL).rows())
        raise FrameError(
            f"{missing} cells have no {reference} reference, e.g. {keys}. Drop them with "
            ".join(human, on=['question', 'demographic'], how='semi'), or widen the reference."
        )
    return all_steps.take(pairs["row"].to_numpy()), all_steps.take(pairs["row_reference"].to_numpy())


def _refuse_nominal(rows: pl.LazyFrame, book: pl.DataFrame) -> None:
    """Raises a FrameError where `rows` has nominal questions."""
    nominal = book.filter(scale="nominal").select("question").unique()
    refused = rows.select("question").unique().join(nominal.lazy(), on="question", how="semi").collect()
    if not refused.is_empty():
        raise FrameError(
            f"{len(refused)} questions are nominal, e.g. {examples(refused.sort('question').rows())}: "
            "the Wasserstein distance needs an order. Leave out metric=…, which takes the total variation distance for "
            "them, or drop them with .filter(…)."
        )
