"""`compare_respondents`: Opinions go in; tests of differences that count people as a sample come out."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.alignment.estimand import ESTIMAND, LEAVE_OUT, Estimand
from opinionframe.alignment.mean_cells import without_overlap
from opinionframe.divergence import BY_SCALE
from opinionframe.errors import FrameError, OptionError, check_option, check_source, examples
from opinionframe.inference.adjustment import CLOSED, corrected
from opinionframe.inference.blocks import Floats
from opinionframe.inference.choices import Choices, checked_choices
from opinionframe.inference.cluster_t import cluster_t
from opinionframe.inference.covers import COVERS, LEVEL, level_of
from opinionframe.inference.pairs import LISTED, Pair, paired_sources
from opinionframe.inference.people import People, people
from opinionframe.inference.possible import of_differences
from opinionframe.inference.share_errors import bound, share_errors
from opinionframe.inference.simultaneous import influences, joint_conf
from opinionframe.inference.slopes import Sides, distances, slopes, unique_cells
from opinionframe.inference.steps import Steps, beside, steps
from opinionframe.inference.student import student
from opinionframe.microdata.design import Design
from opinionframe.microdata.weighting import Weight
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.columns import refuse_no_frame
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.lazy import Frame, same_kind

METHODS = {"fixed": "people linearised", "drawn": "people and questions linearised"}
COVERED = {
    "fixed": "new people for these questions and groups",
    "drawn": "new people and new questions for these groups",
}


@takes_frames
def compare_respondents(  # noqa: PLR0913  each keyword is a choice that a test has to declare
    opinions: Frame,
    codebook: AnyFrame,
    *,
    pair: Pair = "raw-calibrated",
    questions: str = "fixed",
    reference: str = HUMAN,
    adjust: str = "bonferroni",
    conf: float = 0.95,
    metric: str = BY_SCALE,
    microdata: AnyFrame | None = None,
    weight: Weight = None,
    design: Design | None = None,
    overlap: str = LEAVE_OUT,
    simultaneous: bool = False,
    draws: int = 9_999,
    seed: int | None = None,
) -> Frame:
    """Mean difference in alignment, in [-1, 1], tested as if the reference's people were drawn anew. Collects.

    Sources are taken as they are. What each person adds to the difference follows from its slopes in the shares of
    groups, which is exact but where a share crosses that of a source; its variance is that of the sample.

    With `microdata` a person counts once for all groups and questions, and nothing is assumed but that people, or the
    units of the `design`, were drawn independently of each other. Without, a cell is a multinomial sample of its
    `n_eff` people. Classes of one attribute have people of their own; those of several attributes, `all` and
    intersections are made of the same people, how many two classes share is not known, and the errors of two attributes
    vary together as much as the sizes of their classes allow. Answers of a person to several questions then count as
    independent.

    Args:
        opinions: Opinions with rows of `reference`, with `n_eff`, and of the sources to compare.
        codebook: Codebook of its questions.
        pair: As in `compare`.
        questions: `fixed`, where the claim is about these questions alone; or `drawn`, where they stand
            for others and are drawn too. The spread between questions already contains the people's
            noise, so `drawn` counts it twice and errs on the wide side.
        reference: The source whose respondents are drawn.
        adjust: `bonferroni`, `holm`, `bh` or `none`.
        conf: Coverage of the intervals: of each, or of all at once.
        metric: As in `align`: `by scale`, `wasserstein` or `total_variation`.
        microdata: The respondents that `reference` made the human rows of.
        weight: Their column of weights, or that of each question, if it took one. Means are over cells, in which a
            question of more groups counts more: people were drawn for these cells, not for questions or groups that
            count alike.
        design: Their strata, units or replicate weights, if it took one.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        simultaneous: Whether the intervals of all comparisons of a metric are to hold at once, as in `compare`.
        draws: Number of random draws, where `simultaneous` draws.
        seed: Fixes the draws; required by `simultaneous` alone.

    Returns: Tests, a row for each metric, with what the interval `covers`, its `level` and the `estimand`. A difference
        that no share moves, all of them being far from those of the sources, has `std_error` 0 and no test.
    Raises: FrameError for cells without `n_eff`, nominal questions under `wasserstein`, a pair without common cells or
        other people than those of the reference; OptionError.
    Reference: Demnati and Rao (2004), Linearization Variance Estimators for Survey Data; Wolter (2007), Introduction to
        Variance Estimation, chapter 6.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1.0, 2.0],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> opinions = pl.DataFrame({"question": "q", "demographic": "all", "choice": [1, 2] * 3,
    ...     "source": ["human", "human", "a", "a", "b", "b"], "prob": [0.5, 0.5, 0.4, 0.6, 0.8, 0.2], "n_eff": 400.0})
    >>> test = compare_respondents(opinions, codebook, pair=[("a", "b")])
    >>> test.select(pl.col("estimate", "std_error").round(2)).row(0)
    (0.2, 0.05)
    """
    check_source("reference", reference)
    check_option("questions", questions, METHODS)
    check_option("adjust", adjust, CLOSED)
    estimand = Estimand(overlap=overlap)
    choices = checked_choices("question", conf, draws, seed)
    _check_people(design, weight, microdata)
    source, human = beside(steps(opinions, codebook, metric), reference)
    if microdata is None:
        _refuse_unsized(human)
    parts = []
    for name in sorted(source.cells["metric"].unique()):
        rows = np.flatnonzero((source.cells["metric"] == name).to_numpy())
        here = human.take(rows)
        respondents = None
        if microdata is not None:
            respondents = people(here.take(unique_cells(here)[1]), microdata, weight, design)
        compared = _Compared(source.take(rows), here, respondents, drawn=questions == "drawn")
        parts.append(
            compared.tests(pair, overlap, choices, simultaneous=simultaneous).with_columns(metric=pl.lit(name))
        )
    tests = pl.concat(parts)
    size = f"({len(tests)} comparison{'s' if len(tests) > 1 else ''})"
    label = f"{pair if isinstance(pair, str) else LISTED} {size}"
    result = tests.with_columns(
        corrected(adjust),
        method=pl.lit(METHODS[questions]),
        family=pl.lit(label),
        adjust=pl.lit(adjust),
        covers=pl.lit(COVERED[questions]),
    ).select(*Tests.column_names(), COVERS, LEVEL, pl.lit(estimand.of_pairs()).alias(ESTIMAND))
    return same_kind(result.lazy(), opinions)


@dataclass(frozen=True)
class _Compared:
    """Cells of sources scored by one metric, those of their reference, and the people behind it, where they are known.

    `drawn` says whether questions are drawn too.
    """

    source: Steps
    human: Steps
    respondents: People | None
    drawn: bool

    @cached_property
    def distance(self) -> Floats:
        """Distance of every cell from its reference, shape (cells,), in [0, 1]."""
        return distances(self.source, self.human)

    @cached_property
    def reference_cells(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The number of each cell's question and group, and where each number stands first."""
        return unique_cells(self.human)

    def tests(self, pair: Pair, overlap: str, choices: Choices, *, simultaneous: bool) -> pl.DataFrame:
        """One row per pair of sources: its mean difference, test and interval."""
        pairs = paired_sources(self.source.cells.select("source").unique(), pair).sort("source", "versus")
        sides = _sides(self.source, pairs, overlap)
        columns, moments = zip(*(self._people_error(side) for side in sides), strict=True)
        errors = np.column_stack(columns)
        differences = [side.difference(self.distance) for side in sides]
        table = pairs.with_row_index("place").hstack(pl.DataFrame(moments, schema=["error", "df"], orient="row"))
        cells = pl.concat(
            self._questions(side).with_columns(difference=pl.Series(difference), place=pl.lit(place, pl.UInt32))
            for place, (side, difference) in enumerate(zip(sides, differences, strict=True))
        )
        between = cluster_t(cells, ["place"], "question").drop("estimate")
        dimensions = len(errors)
        if self.drawn:
            of_questions, more = influences(cells, ["place"], [["question"]], fits=False)
            errors, dimensions = np.concatenate([errors, of_questions]), dimensions + more
        error = (pl.col("error").pow(2) + pl.col("std_error").pow(2)).sqrt() if self.drawn else pl.col("error")
        df = pl.col("df_between" if self.drawn else "df")
        conf = joint_conf(errors, dimensions, choices) if simultaneous else choices.conf
        return (
            table.join(between.rename({"df": "df_between"}), on="place", how="left", maintain_order="left")
            .with_columns(std_error=error, df=df, estimate=pl.Series([each.mean() for each in differences]))
            .pipe(student, conf)
            .pipe(of_differences)
            .with_columns(pl.lit(level_of(choices.conf, len(pairs) if simultaneous else None)).alias(LEVEL))
            .drop("place", "error", "df", "df_between")
        )

    def _people_error(self, side: Sides) -> tuple[Floats, tuple[float, float]]:
        """What independent people add to the error of a mean difference; its standard error and degrees of freedom."""
        numbers, first = self.reference_cells
        unique = self.human.take(first)
        of_steps = slopes(self.source, self.human, side, numbers)
        if self.respondents is not None:
            errors, df = self.respondents.errors(of_steps)
            return errors, (float(np.sqrt((errors**2).sum())), df)
        errors = share_errors(of_steps, unique)
        return errors.reshape(-1), bound(errors, unique)

    def _questions(self, side: Sides) -> pl.DataFrame:
        """The question of each common cell of a pair."""
        return self.source.cells.select(pl.col("question").gather(side.one))


def _check_people(design: object, weight: Weight, microdata: AnyFrame | None) -> None:
    """Raises an OptionError for a design or weights without people, or what is no design; a FrameError for no frame."""
    if microdata is not None:
        refuse_no_frame(microdata, "microdata")
    if microdata is None and weight is not None:
        raise OptionError(
            f"weight={weight!r} names the people's column of weights: pass them, as microdata=…, or leave it out. "
            "Means of compare_respondents are over cells."
        )
    if design is None:
        return
    if not isinstance(design, Design):
        raise OptionError(
            f"design is no Design but {type(design).__name__}. Name the one of all questions: "
            "design=of.Design(strata=…, psu=…)."
        )
    if microdata is None:
        raise OptionError("design names columns of the people: pass them, as microdata=….")


def _refuse_unsized(human: Steps) -> None:
    """Raises a FrameError where a cell of the reference has no `n_eff`."""
    unsized = human.cells.filter(pl.col("n_eff").is_null()).select(GROUP).unique()
    if not unsized.is_empty():
        keys = examples(unsized.sort(GROUP).rows())
        raise FrameError(
            f"{len(unsized)} cells of the reference have no n_eff, e.g. {keys}: how many people stand behind them "
            "decides how far they may stray. Add the column, or drop these cells."
        )


def _sides(source: Steps, pairs: pl.DataFrame, overlap: str) -> list[Sides]:
    """The common cells of every pair that its mean is over. Raises: FrameError where a pair has none."""
    cells = source.cells.select(CELL).with_row_index("one")
    versus = cells.rename({"source": "versus", "one": "other"})
    numbered = pairs.with_row_index("pair_number")
    common_cells = (
        numbered.join(cells, on="source", how="inner")
        .join(versus, on=[*GROUP, "versus"], how="inner")
        .lazy()
        .pipe(without_overlap, overlap, ["pair_number"])
        .sort("pair_number", *GROUP)
        .collect()
    )
    disjoint = numbered.join(common_cells, on="pair_number", how="anti").select("source", "versus")
    if not disjoint.is_empty():
        raise FrameError(
            f"{len(disjoint)} comparisons have no cell in common, e.g. {examples(disjoint.rows())}. Score both sources "
            "on the same questions and demographics; rows of `uniform` come from baselines(…)."
        )
    return [
        Sides(
            part["one"].to_numpy().astype(np.int64),
            part["other"].to_numpy().astype(np.int64),
        )
        for part in common_cells.partition_by("pair_number", maintain_order=True)
    ]
