"""`ceiling`: Opinions go in; the alignment expected of a perfect model, and of a second sample, comes out."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from opinionframe.alignment.perfect_model import expected_error
from opinionframe.divergence import BY_SCALE
from opinionframe.errors import FrameError, as_names, check_conf, check_option, check_source
from opinionframe.inference.blocks import Floats
from opinionframe.inference.noise import covariance, folded_spread, second_sample
from opinionframe.inference.steps import Steps, steps
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN, SMALLEST_SAMPLE
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.one_metric import METRIC

LAST = ("std_dev", "second_sample", METRIC)
"""The columns that stand behind the interval."""


@takes_frames
def ceiling(
    opinions: Frame,
    codebook: AnyFrame,
    *,
    reference: str = HUMAN,
    by: str | Sequence[str] | None = None,
    conf: float = 0.95,
    metric: str = BY_SCALE,
) -> Frame:
    """Expected alignment, in [0, 1], of a perfect model with a sample of people, with an interval. Collects.

    A perfect model answers as the population does: nothing can be expected to score more, and the truth itself scores
    this. At each step of the scale the number of people below it is binomial, as is that of each choice where there
    is no order; how far the sample strays is estimated from its own shares, hence the interval. Size is the
    reference's `n_eff`; without it the ceiling is null. It is the `ceiling` of `align`. On average over samples it
    misses the exact expectation by up to 0.017 with five people, 0.012 with six and 0.005 from seven on where a
    scale is flat or skewed; with five, seven and nine by up to 0.024, 0.015 and 0.012 for the worst share of a
    yes-no question, where no estimate from the sample alone gets below 0.018, 0.009 and 0.007
    (reports/inference/ceiling.md).

    Args:
        opinions: Opinions with rows of `reference`.
        codebook: Codebook of its questions.
        reference: The source whose respondents are meant.
        by: None for one row per cell; or `demographic`, `question`, `dataset` (where rows or codebook name any),
            several, or () for one mean over all. Then cells of one question count as fully dependent, since they share
            respondents.
        conf: Coverage of the interval.
        metric: As in `align`: `by scale`, `wasserstein` or `total_variation`.

    Returns:
        question and demographic (or `by`), n (cells), ceiling, std_error, conf_low, conf_high, std_dev: how far a
        perfect model's score with one sample strays from the ceiling, second_sample: the lower score that is expected
        of a second sample of as many people (halves of the sample, extrapolated), and metric: means of two metrics
        stand in rows of their own. `dataset` of single cells stands last, where rows or codebook name any.

    Raises: FrameError for a broken frame, nominal questions under `wasserstein` or a reference without rows;
        OptionError.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1.0, 2.0],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> human = pl.DataFrame({"question": "q", "demographic": "all", "choice": [1, 2], "source": "human",
    ...     "prob": [0.5, 0.5], "n_eff": 100.0})
    >>> ceiling(human, codebook).select(pl.col("ceiling", "second_sample").round(4)).row(0)
    (0.9599, 0.9439)
    """
    check_source("reference", reference)
    check_conf(conf)
    human = _cells_of(steps(opinions, codebook, metric), reference)
    n = np.where(human.number("n_eff") >= SMALLEST_SAMPLE, human.number("n_eff"), np.nan)
    cells = human.cells.select(*GROUP, METRIC, *human.datasets, pl.lit(1, pl.UInt32).alias("n")).with_columns(
        pl.Series("ceiling", 1 - perfect_distance(human, n)),
        pl.Series("std_error", _standard_error(human, n)),
        pl.Series("std_dev", folded_spread(human.below, human.width, 1 / n, human.by_choice)),
        pl.Series("second_sample", 1 - _expected_distance(human, n)),
    )
    if by is not None:
        return same_kind(_with_interval(_means(cells, as_names("by", by)), conf).lazy(), opinions)
    known = [series.name for series in human.datasets]
    return same_kind(_with_interval(cells, conf).select(pl.exclude(known), *known).lazy(), opinions)


def _cells_of(all_steps: Steps, reference: str) -> Steps:
    """The cells of `reference`. Raises: FrameError where there is none."""
    rows = np.flatnonzero((all_steps.cells["source"] == reference).to_numpy())
    if not len(rows):
        raise FrameError(f"No row has the source {reference!r}. Add the human rows, or name another reference=….")
    return all_steps.take(rows)


def perfect_distance(human: Steps, n: Floats) -> Floats:
    """Expected distance of a sample of `n` people from its population; NaN where `n` is."""
    known = np.where(np.isnan(n), SMALLEST_SAMPLE, n)[:, None] * np.ones(human.below.shape[1])
    distance: Floats = (human.width * expected_error(human.below, known)).sum(axis=1)
    return np.where(np.isnan(n), np.nan, distance)


def _expected_distance(human: Steps, n: Floats) -> Floats:
    """Expected distance of two samples: the width of a step times the mean difference of the shares below it."""
    distance: Floats = (human.width * second_sample(human.below, n)).sum(axis=1)
    return distance


def _standard_error(human: Steps, n: Floats) -> Floats:
    """Delta method to the second order, its slopes taken one standard deviation to either side.

    So a step at 1/2, without a slope, has an error, and one near 0, with an endless slope, a finite one.
    One more person on either side of every step, or at every choice, keeps an error where a sample has nobody.
    """
    more = np.where(human.by_choice, (human.width > 0).sum(axis=1), 2)
    below = (human.below * n[:, None] + 1) / (n + more)[:, None]
    sigma = covariance(below, n, human.by_choice)
    deviation = np.sqrt(np.einsum("ckk->ck", sigma))
    scale = human.width * np.sqrt(2 / np.pi / n)[:, None]

    def expected(share: Floats) -> Floats:
        inside = np.clip(share, 0, 1)
        gap: Floats = scale * np.sqrt(inside * (1 - inside))
        return gap

    up, down = expected(below + deviation), expected(below - deviation)
    slope = (up - down) / (2 * deviation)
    bend = (up + down - 2 * expected(below)) / deviation**2
    first = np.einsum("ci,cij,cj->c", slope, sigma, slope)
    second = np.einsum("ci,cij,cj->c", bend, sigma**2, bend) / 2
    error: Floats = np.sqrt(first + second)
    return error


def _means(cells: pl.DataFrame, by: tuple[str, ...]) -> pl.DataFrame:
    """Mean ceilings within `by`; errors add up within a question, whose cells share respondents, and not beyond."""
    for name in by:
        check_option("by", name, [*GROUP, *(name for name in (DATASET,) if name in cells.columns)])
    rows = [*by, METRIC]
    keys = list(dict.fromkeys([*rows, "question"]))
    known_cells = cells.fill_nan(None).drop_nulls("ceiling")
    sums = known_cells.group_by(keys).agg(
        pl.len().alias("n"), pl.col("ceiling", "second_sample", "std_error", "std_dev").sum()
    )
    total = pl.col("n").sum()
    means = [
        total,
        pl.col("ceiling", "second_sample").sum() / total,
        *((pl.col(name).pow(2).sum().sqrt() / total).alias(name) for name in ("std_error", "std_dev")),
    ]
    return sums.group_by(rows).agg(means).sort(rows)


def _with_interval(means: pl.DataFrame, conf: float) -> pl.DataFrame:
    """`means` with a normal interval of coverage `conf`, cut off at 0 and 1."""
    from scipy import special

    half = float(special.ndtri((1 + conf) / 2)) * pl.col("std_error")
    ends = {"conf_low": pl.col("ceiling") - half, "conf_high": pl.col("ceiling") + half}
    interval = {name: end.clip(0.0, 1.0) for name, end in ends.items()}
    return means.with_columns(**interval).fill_nan(None).select(pl.exclude(LAST), *LAST)
