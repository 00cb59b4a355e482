"""`learning_curve`: Opinions go in; error and alignment by the number of labels that calibrators see come out."""

from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.registry import Method, calibrators_of, fitted, refuse_unordered
from opinionframe.calibration.supervision import Plan as SupervisionPlan
from opinionframe.calibration.supervision import Supervision, groups, supervise
from opinionframe.diagnosis.learning.plan import SIZES, Plan, check_plan, deal_labels, warn_left_out
from opinionframe.diagnosis.learning.predictions import MEAN_OF_LABELS, means_of_labels, predictions
from opinionframe.diagnosis.learning.scores import INSTEAD, scores, scores_instead
from opinionframe.divergence import BY_SCALE
from opinionframe.errors import FrameError, OptionError, check_option, check_source, examples
from opinionframe.inference.possible import PLAIN, of_scores
from opinionframe.inference.student import student
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.datasets import has_several
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.source import is_elicited

DRAWN = {
    "method": pl.String,
    "draw": pl.UInt32,
    "n_train": pl.UInt32,
    "n": pl.UInt32,
    "mse": pl.Float64,
    "alignment": pl.Float64,
    "metric": pl.String,
}
KEYS = ["method", "source", "unit", "n_train"]
ROWS = [*KEYS, "metric"]
CONF = 0.95
BY = ("dataset", "source")


class Options(NamedTuple):
    """What a curve is drawn by, as in `learning_curve`."""

    unit: str
    sizes: Sequence[int] | None
    draws: int
    test: float
    split: str
    reference: str
    metric: str
    seed: int


@takes_frames
def learning_curve(  # noqa: PLR0913  each keyword is a choice that a curve has to declare
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    method: Method | Sequence[Method] = "linear",
    unit: str = "distribution",
    sizes: Sequence[int] | None = None,
    draws: int = 10,
    test: float = 0.2,
    split: str = "question",
    by: str | None = None,
    reference: str = HUMAN,
    each_draw: bool = False,
    metric: str = BY_SCALE,
    seed: int,
) -> Frame:
    """Error and alignment, in [0, 1], of every elicited source calibrated with a few labels only. Collects.

    Every draw holds out a test part anew and takes labels from the rest in a random order, so that the 5 labels of a
    draw are among its 10. A fit sees no human answer beside its labels: those of questions that no model was asked,
    which `calibrate` would use, are left out.

    Beside the methods stand what a user could do instead: `raw`, nothing; `mean-of-labels`, the mean human
    distribution of the same labels by number of choices, uniform where there is none, which needs no model;
    `few_shot`, the answers of the same model to prompts with examples, where opinions has them; and `uniform`. All but
    the second do not depend on the labels, and repeat for every size.

    Args:
        opinions: Opinions with rows of `reference` and of elicited sources.
        codebook: Codebook of its questions.
        method: One or several of the methods that `fit` takes, by name or as objects of your own.
        unit: What is labelled: a `distribution` (one cell; the paper's axis) or a `question` with all its groups.
        sizes: How many labels. Where it is not given: the paper's, as far as a source has them.
        draws: How many random draws.
        test: The share held out for testing.
        split: What is held out together: whole questions (`question`), those worded almost alike (`battery`), a
            `topic`, or single cells (`row`, as the paper does).
        by: `dataset` draws curves for each data set of the codebook by itself, as the paper does, and `source` one for
            all of a source's questions. Where it is not given, the former if questions of several data sets were asked.
        reference: The source that supervises.
        each_draw: Whether to return the single draws, from which `figures.learning` draws its bands.
        metric: As in `align`; with `by scale`, ordinal and nominal questions stand in rows of their own.
        seed: Fixes the draws.

    Returns:
        One row per method, source, size and metric: `method`, `source`, `unit`, `n_train`, `n_draws`, `n` (test cells
        per draw), and `mse` (of the calibrated shares, over choices) and `alignment`, means over the draws with 95%
        intervals `…_conf_low` and `…_conf_high`. The intervals say how far the mean would move with other draws from
        the same questions, not with other questions. With `each_draw`, one row per draw too: `draw`, `n`, `mse` and
        `alignment`. `metric` is the last column; with `by="dataset"`, the column `dataset` stands in front.

    Raises:
        FrameError: A broken frame, nothing to calibrate, or nominal questions for a method that reads the order of
            choices. OptionError: an unknown method, unit or split, or
            sizes that no source has enough labels for.

    Reference: the paper's section 6 and its Figure 3.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> curves = learning_curve(opinions, survey.codebook, sizes=[1, 10], draws=3, seed=1)
    >>> curves.select("method", "n_train").rows()[:2]
    [('linear', 1), ('linear', 10)]
    """
    check_source("reference", reference)
    calibrators: list[Calibrator] = [fitted(each) for each in calibrators_of(method)]
    if split == "row" and (names := [calibrator.name for calibrator in calibrators if calibrator.needs_people]):
        raise OptionError(f"{' and '.join(names)} need other questions than those they predict. Use split='question'.")
    check_plan(unit, sizes, draws, test, split, seed)
    sizes = None if sizes is None else list(sizes)
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).collect()
    answered = rows.filter(is_elicited() & (pl.col("source") != reference))
    by = ("dataset" if has_several(book.join(answered, on="question", how="semi")) else "source") if by is None else by
    check_option("by", by, BY)
    options = Options(unit, sizes, draws, test, split, reference, metric, seed)
    parts = _of_datasets(rows, answered, book) if by == "dataset" else {"": (rows, book)}
    tables = [
        _curves(*part, calibrators, options, each_draw=each_draw).select(
            *([pl.lit(name).alias("dataset")] if by == "dataset" else []), pl.all()
        )
        for name, part in parts.items()
    ]
    return same_kind(pl.concat(tables).lazy(), opinions)


def _of_datasets(
    rows: pl.DataFrame, answered: pl.DataFrame, book: pl.DataFrame
) -> dict[str, tuple[pl.DataFrame, pl.DataFrame]]:
    """The rows and the codebook of each data set that models `answered` questions of, by name.

    Raises: FrameError for questions whose data set is not known.
    """
    asked = book.join(answered, on="question", how="semi")
    unknown = asked.filter(pl.col("dataset").is_null()).select("question").unique().sort("question")
    if len(unknown):
        raise FrameError(
            f"{len(unknown)} questions have no dataset in the codebook, e.g. {examples(unknown.rows())}. Name it with "
            "of.codebook(…, dataset=…), or draw one curve for all with by='source'."
        )
    books = {name: asked.filter(dataset=name) for name in asked["dataset"].unique().sort()}
    return {name: (rows.join(part, on="question", how="semi"), part) for name, part in books.items()}


def _curves(
    rows: pl.DataFrame, book: pl.DataFrame, calibrators: list[Calibrator], options: Options, *, each_draw: bool
) -> pl.DataFrame:
    """The curves of all sources of checked `rows`."""
    unit, sizes, draws, test, split, reference, metric, seed = options
    supervision = supervise(rows, book, SupervisionPlan(reference=reference))
    refuse_unordered(calibrators, supervision.rows["question"], book)
    plan = deal_labels(supervision.rows, book, unit, sizes or SIZES[unit], draws, test, split, seed)
    if sizes is not None:
        warn_left_out(plan, sizes)
    scores_of_draws = pl.concat(
        _curve_of_source(part, supervision, plan, calibrators, metric, seed) for part in groups(supervision.rows)
    )
    scores_of_draws = scores_of_draws.with_columns(unit=pl.lit(unit)).select(
        *KEYS, "draw", "n", "mse", "alignment", "metric"
    )
    names = [*(calibrator.name for calibrator in calibrators), *INSTEAD]
    order = [pl.col("method").replace_strict(names, range(len(names)))]
    return (scores_of_draws if each_draw else _means_over_draws(scores_of_draws)).sort(
        "source", *order, "n_train", *["draw"] * each_draw, "metric"
    )


def _curve_of_source(
    rows: pl.DataFrame, supervision: Supervision, plan: Plan, calibrators: list[Calibrator], metric: str, seed: int
) -> pl.DataFrame:
    """All draws of one source, empty where it has fewer labels than the least size."""
    own_plan = plan.of(rows["source"][0])
    if own_plan.sizes.is_empty():
        return pl.DataFrame(schema=DRAWN)
    predicted = {each.name: predictions(rows, supervision, own_plan, each, seed) for each in calibrators}
    predicted[MEAN_OF_LABELS] = means_of_labels(rows, own_plan, supervision.codebook)
    curves = [scores(part, supervision, metric).with_columns(method=pl.lit(name)) for name, part in predicted.items()]
    curves.append(scores_instead(rows, supervision, own_plan, metric))
    return pl.concat(curve.select(*DRAWN) for curve in curves).with_columns(source=pl.lit(rows["source"][0]))


def _means_over_draws(scores_of_draws: pl.DataFrame) -> pl.DataFrame:
    """One row per method, source, size and metric: means over draws, with intervals."""
    counts = scores_of_draws.group_by(ROWS).agg(pl.len().alias("n_draws"), pl.col("n").mean().round().cast(pl.UInt32))
    for score in ("mse", "alignment"):
        spread = scores_of_draws.group_by(ROWS).agg(
            pl.col(score).mean().alias("estimate"),
            (pl.col(score).std() / pl.len().sqrt()).alias("std_error"),
            (pl.len() - 1).cast(pl.Float64).alias("df"),
        )
        columns = {"estimate": score, "conf_low": f"{score}_conf_low", "conf_high": f"{score}_conf_high"}
        intervals = student(spread, CONF).pipe(of_scores, PLAIN).select(*ROWS, *columns).rename(columns)
        counts = counts.join(intervals, on=ROWS)
    return counts.select(pl.exclude("metric"), "metric")
