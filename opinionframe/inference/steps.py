"""Distribution functions in arrays: Opinions go in; the share below each step of the scale comes out, per cell."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe import divergence
from opinionframe.errors import FrameError, examples
from opinionframe.inference.blocks import Floats
from opinionframe.schemas.borders import AnyFrame, codebook_border, opinions_border
from opinionframe.schemas.frames import OPTIONAL
from opinionframe.schemas.keys import CELL, GROUP


@dataclass(frozen=True)
class Steps:
    """Cells of an Opinions frame and their distribution functions up to each step between positions.

    Attributes:
        cells: One row per cell: question, demographic, source, n_eff, nonresponse; the last two null where unknown.
        below: The share below each step, shape (cells, steps), in [0, 1].
        width: The step over the span of positions, the same shape, rows summing to 1; 0 past the last choice.
    """

    cells: pl.DataFrame
    below: Floats
    width: Floats

    def number(self, column: str) -> Floats:
        """A column of `cells` as floats, NaN for null."""
        return self.cells[column].cast(pl.Float64).to_numpy().astype(np.float64)

    def take(self, rows: np.ndarray) -> "Steps":
        """The cells at these places, in this order; a place may come twice."""
        return Steps(self.cells[rows], self.below[rows], self.width[rows])


def steps(opinions: AnyFrame, codebook: AnyFrame) -> Steps:
    """The distribution functions of all cells of `opinions`, sorted by cell. Collects.

    Raises: FrameError, also for nominal questions, which have no distance between choices.
    """
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book)
    _refuse_nominal(rows, book)
    k_max = int(book["choice"].to_numpy().max())
    columns = rows.collect_schema()
    optional = [
        pl.col(name).first().cast(pl.Float64) if name in columns else pl.lit(None, pl.Float64).alias(name)
        for name in OPTIONAL
    ]
    table = (
        rows.group_by(CELL)
        .agg(*divergence.masked_sums(k_max, "p", cumulative=True), *optional)
        .join(divergence.scale(book), on="question", how="left")
        .sort(CELL)
        .collect()
    )
    numbers = range(1, k_max)
    width = table.select(f"width{j}" for j in numbers).to_numpy()
    below = table.select(pl.col(f"p{j}").clip(0, 1) for j in numbers).to_numpy()
    return Steps(table.select(*CELL, *OPTIONAL), below, width)


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
            "noise is worked out for the Wasserstein score, which needs an order. Drop them with .filter(…)."
        )
