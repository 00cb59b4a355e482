"""`prediction_regions`: calibrated opinions go in; where the truth of each predicted group lies comes out."""

import polars as pl

from opinionframe.calibration.folds import question_columns
from opinionframe.errors import FrameError, OptionError, check_conf, check_option, check_source, examples
from opinionframe.estimation.arrays import Ints
from opinionframe.estimation.regions.cell_regions import Plan, cell_regions
from opinionframe.estimation.regions.fits_held_out import refuse_narrower
from opinionframe.inference.steps import steps
from opinionframe.schemas.borders import AnyFrame, codebook_border
from opinionframe.schemas.columns import typed_columns
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import Opinions
from opinionframe.schemas.keys import ROW
from opinionframe.schemas.regions import Regions
from opinionframe.schemas.source import is_calibrated
from opinionframe.schemas.vocabulary import HUMAN

UNITS = ("question", "battery", "topic", "dataset")


@takes_frames
def prediction_regions(
    opinions: AnyFrame,
    codebook: AnyFrame,
    source: str | None = None,
    *,
    conf: float = 0.9,
    split: str = "topic",
    guaranteed: bool = False,
    reference: str = HUMAN,
) -> pl.DataFrame:
    """Where a group's true distribution lies, around what is predicted for a question that nobody asked it. Collects.

    Of all cells of new topics (or questions), the share `conf` has the group's true distribution within `radius` of the
    predicted one; and the same share has it between `low` and `high` at every choice at once. How far predictions err
    is learnt from the cells of the same source that people answered, always those of other topics (or questions) than
    the cell's own, so that cells with human answers show what the regions of those without are worth.

    What is exchangeable are whole topics (or questions): a new one is taken to be drawn as those with answers were, and
    to be predicted as they were. So the rows have to be out of fold by the same split: `calibrate(…, split="topic")`
    for `split="topic"`. Rows that learnt from siblings or from the cell itself err less, and regions made of them would
    be too small: where the rows' `fit_split`, which `calibrate` leaves, says so, they are refused. For questions of
    another survey, join the rows that `apply` gave them to those that `calibrate` gave the survey it learnt from, and
    both codebooks.

    Sampling noise of the human shares is taken out by their `n_eff`. The region then is of the truth, and its coverage
    approximate: at 0.9 between 89 and 92% in simulations, and 87 to 91% of the cells of a source where each of 14
    topics is predicted from the others (reports/calibration/regions.md). Where an `n_eff` is not known the noise stays
    in: `holds` says `sample`, and the region is of the shares of samples such as these, and so larger than one of the
    truth. With `guaranteed` it stays in too, and the coverage is `conf` or more in finite samples however alike the
    cells of a topic are, for a predictor that saw none of these cells; that takes wide regions where there are few
    topics. Every topic counts alike then, else every cell does.

    Args:
        opinions: Opinions with rows of `reference` and of the predicted source.
        codebook: Codebook of its questions.
        source: What predicts; every calibrated source in turn where it is not given.
        conf: Share of cells of new units whose truth is in the region, in (0, 1).
        split: The units: `topic`, `question`, `battery` or `dataset`. At 0.9 it takes at least 9 beside the cell's own,
            at 0.95 19.
        guaranteed: Whether coverage is to hold in finite samples, of sampled shares.
        reference: The source of what people answered.

    Returns:
        question, demographic, source, choice, prob, `low` and `high` (in [0, 1]), and for a cell `radius` (Wasserstein
        distance over the span of the scale, total variation for nominal questions; 1 where nothing is ruled out),
        `worth` (as many respondents' answers would lie as near to the truth; null at radius 0), `metric`, `n_units`
        (units learnt from), `conf`, `holds` (`population` or `sample`).

    Raises:
        FrameError: A broken frame, no predicted source or no cell that people answered, a unit that is not known, or
            fits that saw other answers to a cell's own unit.
        OptionError: an unknown option, or too few units for `conf`.

    Reference: Dunn, Wasserman and Ramdas (2023), Distribution-Free Prediction Sets for Two-Layer Hierarchical Models;
        with `guaranteed`, Lee, Barber and Willett (2023), Distribution-Free Inference with Hierarchical Data.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> asked = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> rows = of.calibrate(asked, survey.codebook, method="power", refits=False, seed=1)
    >>> regions = of.prediction_regions(rows, survey.codebook, split="question")
    >>> regions.select("choice", pl.col("prob", "low", "high", "radius").round(2), pl.col("worth").round()).row(0)
    (1, 0.33, 0.0, 0.75, 0.35, 4.0)
    """
    check_conf(conf)
    check_option("split", split, UNITS)
    check_source("reference", reference)
    book = codebook_border(codebook)
    every = steps(opinions, book)
    if not isinstance(guaranteed, bool):
        raise OptionError(f"guaranteed={guaranteed!r} is neither True nor False.")
    if reference not in every.cells["source"]:
        raise FrameError(f"No row has the source {reference!r}. Add the human rows, or name another reference=….")
    names = _sources(every.cells["source"], source, reference)
    rows = typed_columns(opinions, Opinions, "opinions").filter(pl.col("source").is_in(names)).collect()
    refuse_narrower(rows, split)
    unit = _units(every.cells, book, split, [reference, *names])
    plan = Plan(conf, split, guaranteed)
    choices = book.select("question", "choice")
    parts = [part for name in names for part in cell_regions(every, unit, choices, name, reference, plan)]
    return pl.concat(parts).join(rows.select(*ROW, "prob"), on=ROW).select(Regions.column_names()).sort(ROW)


def _sources(sources: pl.Series, source: str | None, reference: str) -> list[str]:
    """The sources that predict. Raises: OptionError, FrameError."""
    names = sources.unique().sort().drop_nulls()
    if source is not None:
        check_option("source", source, names.filter(names != reference).to_list())
        return [source]
    calibrated = names.to_frame("source").filter(is_calibrated(), pl.col("source") != reference)["source"].to_list()
    if not calibrated:
        raise FrameError(
            f"None of {len(names)} sources is calibrated, e.g. {examples([(name,) for name in names])}. Append "
            "calibrated rows with of.calibrate(…), or name what predicts with source=…."
        )
    return calibrated


def _units(cells: pl.DataFrame, book: pl.DataFrame, split: str, sources: list[str]) -> Ints:
    """The number of each cell's unit. Raises: FrameError where a question of `sources` has none."""
    named = cells.join(question_columns(book, split), on="question", how="left", maintain_order="left")
    without = named.filter(pl.col("source").is_in(sources), pl.col(split).is_null()).select("question").unique()
    if len(without):
        raise FrameError(
            f"{len(without)} questions have no {split} in the codebook, e.g. "
            f"{examples(without.sort('question').rows())}, so that none is known to be of another {split} than the "
            f"rest. Fill the column {split!r}, or use split='question'."
        )
    return (named[split].rank("dense").fill_null(0).cast(pl.Int64)).to_numpy()
