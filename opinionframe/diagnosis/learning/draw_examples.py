"""`draw_examples`: Opinions go in; the examples that calibrators and few-shot prompts are to share come out."""

import numpy as np
import polars as pl

from opinionframe.calibration.folds import question_columns
from opinionframe.errors import FrameError, check_option, check_source, check_whole, examples
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.datasets import DATASET, datasets
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.drawn_examples import EXAMPLES, ORDER, UNITS, WIDER
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.vocabulary import HUMAN


@takes_frames
def draw_examples(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    n: int = 5,
    draws: int = 10,
    split: str = "question",
    reference: str = HUMAN,
    seed: int,
) -> Frame:
    """The cells of every dataset in a random order per draw, whose first `n` are the examples of that draw. Collects.

    `calibrate_few` learns from them, and `elicit(…, variant="few_shot", examples=…)` shows them. A cell is taught by
    the first `n` that are not held out with it: where an example is of its own question, the next one takes its place.

    Args:
        opinions: Opinions with rows of `reference`: each of its cells can be an example. Leave out those of `all` with
            `.filter(…)` where groups alone are to teach.
        codebook: Codebook of its questions; each dataset has draws of its own.
        n: How many examples teach a cell.
        draws: How many draws. The paper takes 10 for calibration, and 3 of these for prompts:
            `.filter(pl.col("draw") <= 3)`.
        split: What is held out with a cell: its whole `question`, its `battery` (questions worded almost alike) or
            `topic`, or the `row`, the cell alone, as in the paper.
        reference: The source that supervises.
        seed: Fixes the draws.

    Returns: one row per draw and cell: `draw` and `rank`, from 1, `dataset`, `question`, `demographic`, and `n` and
        `split` as given, so that all who learn from them follow one rule; with a split by battery or topic, that of
        the question too.

    Raises: FrameError for a broken frame, or a dataset with too few cells. OptionError.

    Reference: the paper's sections 3.6 and 6.2.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> drawn = draw_examples(survey.opinions, survey.codebook, n=5, draws=3, seed=1)
    >>> len(drawn), drawn.filter(pl.col("rank") <= pl.col("n")).height
    (2538, 15)
    """
    check_option("split", split, UNITS)
    check_source("reference", reference)
    check_whole("n", n, 1)
    check_whole("draws", draws, 1)
    check_whole("seed", seed, 0)
    book = codebook_border(codebook)
    human = opinions_border(opinions, book).filter(pl.col("source") == reference)
    cells = human.select(GROUP).unique().join(datasets(book), on="question", how="left").sort(GROUP).collect()
    if split in WIDER:
        cells = _with_units(cells, book, split)
    _refuse_few(cells, n, split, reference)
    rng = np.random.default_rng(seed)
    numbers = pl.DataFrame({"draw": range(1, draws + 1)}, schema={"draw": pl.UInt32})
    every = numbers.join(cells, how="cross", maintain_order="left_right")
    ranked = every.with_columns(key=pl.Series(rng.random(len(every)))).with_columns(
        rank=pl.col("key").rank("ordinal").over(ORDER), n=pl.lit(n), split=pl.lit(split)
    )
    kept = EXAMPLES | ({split: pl.String()} if split in WIDER else {})
    result = ranked.sort(*ORDER, "rank").select(pl.col(name).cast(dtype) for name, dtype in kept.items())
    return same_kind(result.lazy(), opinions)


def _with_units(cells: pl.DataFrame, book: pl.DataFrame, split: str) -> pl.DataFrame:
    """`cells` with the battery or topic of their question. Raises: FrameError where it has none."""
    named = cells.join(question_columns(book, split).select("question", split), on="question", how="left").sort(GROUP)
    without = named.filter(pl.col(split).is_null()).select("question").unique().sort("question")
    if len(without):
        raise FrameError(
            f"{len(without)} questions have no {split} in the codebook, e.g. {examples(without.rows())}. Fill the "
            f"column {split!r}, or draw with split='question'."
        )
    return named


def _refuse_few(cells: pl.DataFrame, n: int, split: str, reference: str) -> None:
    """Raises a FrameError where a dataset cannot teach each of its cells by `n` others."""
    if cells.is_empty():
        raise FrameError(f"opinions has no rows of {reference!r} to draw examples from. Add them with reference(…).")
    units = cells.group_by(DATASET, *UNITS[split]).len()
    others = units.group_by(DATASET).agg((pl.col("len").sum() - pl.col("len").max()).alias("others"))
    few = others.filter(pl.col("others") < n).sort(DATASET)
    if len(few):
        raise FrameError(
            f"{len(few)} datasets have fewer than n={n} cells beside those held out together (dataset, cells): "
            f"{examples(few.rows())}. Draw fewer, or ask more questions."
        )
