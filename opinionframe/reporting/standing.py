"""Where sources stand: scores go in; their means with intervals, and how far each is from a baseline, come out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import polars as pl

from opinionframe.alignment.estimand import KEEP, OWN, Estimand
from opinionframe.alignment.mean_cells import cells_of_means
from opinionframe.calibration.baselines import LABEL_MEAN, QUESTION_MEAN
from opinionframe.inference.choices import Choices
from opinionframe.inference.compare import compared_by
from opinionframe.inference.comparisons import comparisons
from opinionframe.inference.intervals import intervals_of
from opinionframe.inference.methods import CLUSTER_T
from opinionframe.reporting.results import Design
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.source import SEPARATOR, where_models_answered
from opinionframe.schemas.vocabulary import UNIFORM

BARS = (LABEL_MEAN, QUESTION_MEAN, UNIFORM)
"""What a source has to beat: the first of these that was scored where it was."""

IS_MODEL = pl.col("source").str.contains(SEPARATOR, literal=True)
"""Whether a source is a model's, raw or calibrated."""


@dataclass(frozen=True)
class Standing:
    """Where the sources of one part stand.

    Attributes:
        means: One row per source, the best first: `alignment` in [0, 1] with its clustered 95% interval.
        cells: The scores that these means are over.
        bar: The baseline that sources are compared with.
        differences: Tests of every model's source against the bar, each interval by itself.
        at_once: The same with intervals that hold for all of them at once, as the choice of the best one needs.
        by_group: Tests of the best source against the bar in every group, intervals at once; empty for one group.
    """

    means: pl.DataFrame
    cells: pl.DataFrame
    bar: str
    differences: pl.DataFrame
    at_once: pl.DataFrame
    by_group: pl.DataFrame

    @property
    def best(self) -> str:
        """The model's source of the highest mean."""
        return str(self.means.filter(IS_MODEL)["source"][0])


def standing_of(scores: pl.DataFrame, estimand: Estimand, design: Design) -> Standing:
    """The standing of the sources of checked `scores` of one metric, of which one at least is a model's."""
    beside = where_models_answered(scores)
    means = _means(beside, estimand, design)
    sources = means.filter(IS_MODEL)["source"].to_list()
    bar = next(name for name in BARS if name in set(means["source"]))
    pairs = [(source, bar) for source in sources]
    compared = beside if estimand.cells == OWN else _of_means(beside, replace(estimand, overlap=KEEP))
    [by_group] = _tests(compared, pairs[:1], design, estimand, [True], by=("demographic",))
    differences, at_once = _tests(compared, pairs, design, estimand, [False, len(pairs) > 1])
    return Standing(
        means=means,
        cells=_of_means(beside, estimand),
        bar=bar,
        differences=differences,
        at_once=at_once,
        by_group=by_group if by_group.height > 1 else by_group.clear(),
    )


def _of_means(scores: pl.DataFrame, estimand: Estimand) -> pl.DataFrame:
    """The scores that means by source are over."""
    return cells_of_means(scores.lazy(), estimand, ["source"])[0].collect()


def _means(scores: pl.DataFrame, estimand: Estimand, design: Design) -> pl.DataFrame:
    """Means with intervals, the best first; of equal ones, raw before calibrated."""
    means = intervals_of(scores, (), estimand, Choices(design.cluster, seed=design.seed))
    parts = pl.col("source").str.count_matches(SEPARATOR, literal=True)
    return means.sort(-pl.col("alignment").round(9), parts, "source")


def _tests(
    scores: pl.DataFrame,
    pairs: Sequence[tuple[str, str]],
    design: Design,
    estimand: Estimand,
    at_once: Sequence[bool],
    *,
    by: tuple[str, ...] = (),
) -> list[pl.DataFrame]:
    """Tests of `pairs` by the clustered t, within the groups `by`, as they are in the frame of `compare`.

    Once for each of `at_once`, which says whether intervals are to hold for all of them at once.
    """
    cluster = tuple(name for name in design.cluster if name not in by) or ("question",)
    named = scores.filter(pl.col("source").is_in(list({name for pair in pairs for name in pair})))
    if by:
        named = named.join(scores.filter(source=pairs[0][0]).select(GROUP), on=GROUP, how="semi")
    compared = comparisons(named, list(pairs), by, cluster, estimand.overlap)
    choices = Choices(cluster, seed=design.seed)
    return [
        compared_by(compared, [CLUSTER_T], choices, "none", estimand=estimand.within(by), simultaneous=simultaneous)
        for simultaneous in at_once
    ]
