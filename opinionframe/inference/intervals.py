"""`intervals`: Alignment goes in; the mean of every source, with an interval clustered by question, comes out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, COMMON, ESTIMAND, LEAVE_OUT, Estimand
from opinionframe.alignment.mean_cells import cells_of_means
from opinionframe.errors import as_names, check_option
from opinionframe.inference.choices import Choices, checked_choices
from opinionframe.inference.comparisons import check_columns, refuse_unclustered
from opinionframe.inference.covers import COVERS, LEVEL, level_of
from opinionframe.inference.differences import influence
from opinionframe.inference.methods import CLUSTER_T, METHODS, SIGN_FLIP, at_once, tested
from opinionframe.inference.possible import INTERVALS, LOGIT, PLAIN, of_scores
from opinionframe.inference.weighted import weighted, with_cells
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.fit_influences import with_influences
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.one_metric import METRIC, metric_in, refuse_mixed
from opinionframe.schemas.vocabulary import FIT_INFLUENCE

INTERVAL = ("method", "alignment", "std_error", "conf_low", "conf_high", "n", "n_clusters")
"""The columns of a mean and its interval."""


@takes_frames
def intervals(  # noqa: PLR0913  each keyword is a choice that an interval has to declare
    aligned: Frame,
    *,
    method: str = CLUSTER_T,
    by: str | Sequence[str] = (),
    cluster: str | Sequence[str] = "question",
    conf: float = 0.95,
    draws: int = 9_999,
    seed: int | None = None,
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
    interval: str = LOGIT,
    simultaneous: bool = False,
) -> Frame:
    """Mean alignment, in [0, 1], of every source with a clustered interval in [0, 1]. Collects.

    Scores near 1 are skewed, and their means with them: intervals symmetric in the log odds of the mean cover better
    than plain ones with few questions (reports/inference/coverage.md), and never leave [0, 1].

    Args:
        aligned: An Alignment frame.
        method: One method of `compare`.
        by: Columns of `aligned` within whose values to average, such as a dataset.
        cluster: The column whose values are independent of each other, or two of them.
        conf: Coverage of the intervals: of each, or of all at once.
        draws: Number of random draws, where the method draws.
        seed: Fixes the draws; required by `cluster bootstrap`, `sign-flip` and `simultaneous`.
        weight: What counts alike in a mean: every `cell`, `question` or `group`, as in `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.
        cells: Those `common` to all sources, or each source's `own`, as in `summarize`.
        interval: `logit`, or `plain`: the mean and as much either side, cut off at 0 and 1. Those of `sign-flip` are
            means of some of the questions' scores, and neither.
        simultaneous: Whether all intervals of the call are to hold at once, as in `compare`.

    Returns: `by`, source, method, alignment, std_error, conf_low, conf_high, n, n_clusters, metric, what the interval
        `covers` and its `level`, as in `compare`, `left_out` (cells that other sources lack) and `estimand`.
    Raises: FrameError for a broken frame, no common cell, or scores of several metrics without `metric` in `by`;
        OptionError for an unknown method or column.

    >>> cells = {"question": ["q1", "q2", "q3"], "demographic": ["all"] * 3, "baseline": [0.7] * 3}
    >>> aligned = pl.DataFrame(cells | {"source": ["m"] * 3, "alignment": [0.7, 0.8, 0.9], "ceiling": [1.0] * 3})
    >>> intervals(aligned).select("source", pl.col("alignment", "conf_low", "conf_high").round(2)).row(0)
    ('m', 0.8, 0.46, 0.95)
    """
    check_option("method", str(method), METHODS)
    check_option("interval", interval, INTERVALS)
    groups: tuple[str, ...] = as_names("by", by)
    estimand = Estimand(weight, overlap, cells).within(groups)
    choices: Choices = checked_choices(cluster, conf, draws, seed)
    all_scores = with_influences(alignment_border(aligned).collect(), "aligned")
    check_columns(all_scores, groups, choices.cluster)
    refuse_mixed(all_scores, groups)
    shape = PLAIN if method == SIGN_FLIP else interval
    result = intervals_of(all_scores, groups, estimand, choices, method, shape, simultaneous=simultaneous)
    return same_kind(result.lazy(), aligned)


def intervals_of(
    scores: pl.DataFrame,
    groups: Sequence[str],
    estimand: Estimand,
    choices: Choices,
    method: str = CLUSTER_T,
    interval: str = LOGIT,
    *,
    simultaneous: bool = False,
) -> pl.DataFrame:
    """The frame of `intervals`, of checked `scores` of one metric within the `groups`."""
    keys = [*groups, "source"]
    of_means, left_out = pl.collect_all(cells_of_means(scores.lazy(), estimand, keys))
    metric = [] if METRIC in groups else [pl.lit(metric_in(of_means), pl.String).alias(METRIC)]
    return (
        mean_intervals(of_means, keys, estimand.weight, choices, method, interval, simultaneous=simultaneous)
        .select(
            *keys,
            "method",
            "alignment",
            "std_error",
            "conf_low",
            "conf_high",
            "n",
            "n_clusters",
            *metric,
            COVERS,
            LEVEL,
        )
        .join(left_out, on=keys, how="left", nulls_equal=True)
        .select(pl.exclude(LEVEL), LEVEL, pl.lit(str(estimand)).alias(ESTIMAND))
    )


def mean_intervals(
    cells: pl.DataFrame,
    keys: Sequence[str],
    weight: str,
    choices: Choices,
    method: str = CLUSTER_T,
    interval: str = LOGIT,
    *,
    simultaneous: bool = False,
) -> pl.DataFrame:
    """Means by `keys` of the checked scores of those `cells` that they are over, with intervals; sorted.

    Returns: `keys`, method, alignment, std_error, statistic, p_value, conf_low, conf_high, n, n_clusters, covers and
        level.
    Raises: FrameError for cells in no cluster.
    """
    columns = dict.fromkeys([*keys, *choices.cluster, *GROUP])
    fitted = [influence()] if FIT_INFLUENCE in cells.columns else []
    values = cells.select(*columns, *fitted, pl.col("alignment").alias("difference"))
    refuse_unclustered(values, choices.cluster)
    alike = weighted(values, keys, weight, choices.cluster)
    widened = at_once(alike, keys, method, choices) if simultaneous else choices
    level = level_of(choices.conf, alike.select(keys).n_unique() if simultaneous else None)
    return (
        tested(alike, keys, method, widened)
        .pipe(with_cells, values, keys, weight)
        .pipe(of_scores, interval)
        .rename({"estimate": "alignment"})
        .sort(keys)
        .with_columns(pl.lit(level).alias(LEVEL))
    )
