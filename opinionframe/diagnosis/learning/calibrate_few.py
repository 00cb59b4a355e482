"""`calibrate_few`: Opinions and drawn examples go in; rows calibrated with these alone come out, for every draw."""

from collections.abc import Iterable

import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.registry import Method, calibrators_of, fitted, refuse_unordered
from opinionframe.calibration.supervision import Plan as SupervisionPlan
from opinionframe.calibration.supervision import Supervision, fit_keys, groups, refuse_repeated, supervise
from opinionframe.diagnosis.learning.plan import Plan
from opinionframe.diagnosis.learning.predictions import predictions
from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError, check_source, examples, warn_user
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.columns import AnyFrame
from opinionframe.schemas.datasets import DATASET, datasets
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.drawn_examples import ORDER, examples_border, held_out, taught
from opinionframe.schemas.fit_splits import with_splits
from opinionframe.schemas.keys import CHOICE, GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.source import SEPARATOR, drawn_name
from opinionframe.schemas.vocabulary import FIT_INFLUENCE, FIT_SPLIT, HUMAN


@takes_frames
def calibrate_few(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    examples: AnyFrame,
    *,
    method: Method | Iterable[Method] = "paper",
    reference: str = HUMAN,
    seed: int,
) -> Frame:
    """Appends rows calibrated with a few drawn examples alone, source `…|method-5 draw 1`, for every draw. Collects.

    Every source learns by itself in each dataset, as in the paper, and no cell is taught by what is held out with it.
    A source that did not answer an example learns from the next one instead, which a warning counts.

    `align` scores the rows; `over_draws` takes the mean of a cell's scores, source `…|method-5`; and
    `tables.degraded(aligned, full="paper", few="paper-5")` prints what each group loses, the paper's Table 5.

    Args:
        opinions: Opinions with rows of `reference` and of elicited sources, all of which are calibrated.
        codebook: Codebook of its questions.
        examples: What `draw_examples` returned.
        method: One or several of the methods that `fit` takes, by name or as objects of your own.
        reference: The source that supervises.
        seed: Grows the forests.

    Returns: Opinions: `opinions` and the calibrated rows, which keep the raw rows' other columns.

    Raises:
        FrameError: A broken frame, a source with too few of the examples, rows that are calibrated so already, or
            nominal questions for a method that reads the order of choices. OptionError: an unknown method, or one that
            needs other questions than those it predicts, for examples of `split="row"`.

    Reference: the paper's sections 3.6, 6.1 and 6.3.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> opinions = of.calibrate(opinions, survey.codebook, method="linear", seed=1)
    >>> drawn = of.draw_examples(opinions, survey.codebook, n=5, draws=2, seed=1)
    >>> aligned = opinions.pipe(calibrate_few, survey.codebook, drawn, method="linear", seed=1)
    >>> aligned = aligned.pipe(of.align, survey.codebook).pipe(of.over_draws)
    >>> aligned["source"].unique().sort().str.tail(8).to_list()
    ['standard', 'd|linear', 'linear-5']
    """
    check_source("reference", reference)
    calibrators: list[Calibrator] = [fitted(each) for each in calibrators_of(method)]
    drawn = examples_border(examples)
    if held_out(drawn) == GROUP and (names := [each.name for each in calibrators if each.needs_people]):
        raise OptionError(
            f"{' and '.join(names)} need other questions than those they predict. Draw with split='question'."
        )
    book = codebook_border(codebook)
    _refuse_other_datasets(drawn, datasets(book).collect())
    rows = with_splits(opinions_border(opinions, book).collect(), "opinions")
    n, draws = drawn["n"][0], drawn["draw"].unique().sort()
    refuse_repeated(rows["source"].unique(), [f"{each.name}-{n} draw {draw}" for each in calibrators for draw in draws])
    by = fit_keys(None, book)
    supervision = supervise(rows, book, SupervisionPlan(by, reference))
    refuse_unordered(calibrators, supervision.rows["question"], book)
    parts = groups(supervision.rows)
    own_examples = [_own_examples(part, drawn) for part in parts]
    _warn_of_others(parts, own_examples, drawn)
    parts_calibrated: list[pl.DataFrame] = [
        _calibrated(part, own, supervision, calibrator, rows, seed)
        for part, own in zip(parts, own_examples, strict=True)
        for calibrator in calibrators
    ]
    return same_kind(pl.concat([rows, *parts_calibrated], how="diagonal").lazy(), opinions)


def _refuse_other_datasets(drawn: pl.DataFrame, of_question: pl.DataFrame) -> None:
    """Raises a FrameError for examples that stand in another dataset than their question, and would teach that one."""
    both = drawn.join(of_question.rename({DATASET: "of"}), on="question")
    other = both.filter(~pl.col(DATASET).eq_missing(pl.col("of"))).select("question", DATASET, "of").unique()
    if other.height:
        raise FrameError(
            f"examples has {other.height} questions of another dataset than in the codebook (question, of examples, of "
            f"codebook), e.g. {examples(other.sort(pl.all()).rows())}. Draw them with this codebook."
        )


def _own_examples(part: pl.DataFrame, drawn: pl.DataFrame) -> pl.DataFrame:
    """The drawn examples that one source answered, ranked anew.

    Raises: FrameError where they are too few to teach every cell.
    """
    labelled = part.filter(pl.col("target").is_not_null()).select(GROUP).unique()
    own = drawn.join(labelled, on=GROUP, how="semi", maintain_order="left")
    n = drawn["n"][0]
    unit_sizes = own.group_by(*ORDER, *held_out(drawn)).len().group_by(ORDER)
    others = unit_sizes.agg((pl.col("len").sum() - pl.col("len").max()).alias("others"))
    if own["draw"].n_unique() < drawn["draw"].n_unique() or others["others"].min() < n:
        raise FrameError(
            f"{part['source'][0]!r} answered fewer than n={n} of the examples beside those held out together. Draw "
            "from the cells that it answered, draw fewer, or filter it out."
        )
    return own.with_columns(rank=pl.col("rank").rank("ordinal").over(ORDER).cast(pl.UInt32))


def _warn_of_others(parts: list[pl.DataFrame], own_examples: list[pl.DataFrame], drawn: pl.DataFrame) -> None:
    """Warns of sources that learn from other examples than the first of a draw, with their number."""
    first = drawn.filter(pl.col("rank") <= pl.col("n"))
    lacking = []
    for part, own in zip(parts, own_examples, strict=True):
        of_dataset = first.join(own.select(ORDER).unique(), on=ORDER, how="semi", nulls_equal=True)
        unanswered = len(of_dataset.join(own, on=["draw", *GROUP], how="anti"))
        if unanswered:
            lacking.append((part["source"][0], unanswered))
    if lacking:
        warn_user(
            f"{len(lacking)} of {len(parts)} sources (in their datasets) did not answer all that was drawn, e.g. "
            f"{examples(lacking)} (source, examples). They learn from the next ones of the draw instead.",
            OpinionFrameWarning,
        )


def _calibrated(
    part: pl.DataFrame,
    own: pl.DataFrame,
    supervision: Supervision,
    calibrator: Calibrator,
    rows: pl.DataFrame,
    seed: int,
) -> pl.DataFrame:
    """The rows of one source in one dataset, calibrated once per draw."""
    source, n = part["source"][0], own["n"][0]
    cells = part.select(GROUP).unique().join(datasets(supervision.codebook).collect(), on="question", how="left")
    lists, members = taught(own, cells.sort(GROUP), held_out(own))
    predicted = predictions(part, supervision, _runs(lists, members, source, n), calibrator, seed)
    draw_of = members.select("draw", run=pl.col("run").cast(pl.UInt32)).unique()
    shares = predicted.select(*CHOICE, "prob", run="draw").join(draw_of, on="run")
    raw = rows.filter(source=source).drop("prob", "n_eff", FIT_INFLUENCE, strict=False)
    name = pl.concat_str(pl.lit(source), drawn_name(calibrator.name, n, pl.col("draw")), separator=SEPARATOR)
    split = pl.lit(own["split"][0]).alias(FIT_SPLIT)
    named = raw.join(shares, on=CHOICE, maintain_order="left_right").with_columns(name.alias("source"), split)
    return named.sort("draw", maintain_order=True).drop("draw", "run")


def _runs(lists: pl.DataFrame, members: pl.DataFrame, source: str, n: int) -> Plan:
    """The plan of a learning curve in which every list of examples is a draw, and what it teaches the test part."""
    run = pl.col("run").cast(pl.UInt32).alias("draw")
    labelled = lists.select(run, *GROUP, "rank", test=pl.lit(value=False))
    test = members.select(run, *GROUP, rank=pl.lit(None, pl.UInt32), test=pl.lit(value=True))
    key = pl.col("rank").min().over("draw", "question", "test").fill_null(0).cast(pl.Float64)
    cells = pl.concat([labelled, test]).with_columns(source=pl.lit(source), question_key=key)
    sizes = pl.DataFrame({"source": [source], "n_train": [n]}, schema={"source": pl.String, "n_train": pl.UInt32})
    return Plan(cells, sizes)
