"""`draw_bias`: Opinions go in; the alignment lost by seeing a distribution through a few draws comes out."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from opinionframe.divergence import BY_SCALE
from opinionframe.errors import OptionError, check_source
from opinionframe.inference.blocks import Floats
from opinionframe.inference.steps import beside, steps
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.lazy import Frame, same_kind

MOST = 1_000
"""The most draws whose outcomes are summed; beyond, the bias is below 0.016, half of one over the root of draws."""


@takes_frames
def draw_bias(
    opinions: Frame,
    codebook: AnyFrame,
    *,
    draws: Sequence[int] = (3, 5),
    reference: str = HUMAN,
    metric: str = BY_SCALE,
) -> Frame:
    """Alignment expected of so many draws from a source's distribution, beside that of the distribution. Collects.

    `self_random` and `paraphrase` see a model's opinion through n = 3 or 5 answers. Their shares are
    right on average, but distance is convex: noise adds to it, it does not cancel. So the distance is
    biased upward, alignment downward, most for a model that is in truth well aligned. The
    expectation is exact, a binomial sum at every step.

    Args:
        opinions: Opinions with rows of `reference` and of sources whose distribution is known (`logprob`,
            `verbalized`).
        codebook: Codebook of its questions.
        draws: Numbers of draws to consider, from 1 to 1,000.
        reference: The source everything is compared with.
        metric: As in `align`: `by scale`, `wasserstein` or `total_variation`.

    Returns: question, demographic, source, metric, draws, alignment, expected, bias (expected - alignment, at most 0),
        and `dataset` where rows or codebook name any.
    Raises: FrameError for a broken frame, nominal questions under `wasserstein` or cells without a reference;
        OptionError for `draws` or another metric.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1.0, 2.0],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> opinions = pl.DataFrame({"question": "q", "demographic": "all", "choice": [1, 2, 1, 2],
    ...     "source": ["human", "human", "m", "m"], "prob": [0.5, 0.5, 0.5, 0.5]})
    >>> draw_bias(opinions, codebook, draws=[3]).select("alignment", "expected", "bias").row(0)
    (1.0, 0.75, -0.25)
    """
    check_source("reference", reference)
    sizes = list(draws)
    if not sizes or min(sizes) < 1 or max(sizes) > MOST:
        raise OptionError(f"draws={sizes} must list numbers from 1 to {MOST}.")
    source, human = beside(steps(opinions, codebook, metric), reference)
    alignment = 1 - (human.width * np.abs(source.below - human.below)).sum(axis=1)
    cells = source.cells.select(*CELL, "metric", *source.datasets)
    parts = [
        cells.with_columns(
            pl.lit(size, pl.UInt32).alias("draws"),
            pl.Series("alignment", alignment),
            pl.Series("expected", 1 - (human.width * _expected_gap(source.below, human.below, size)).sum(axis=1)),
        )
        for size in sizes
    ]
    result = pl.concat(parts).with_columns((pl.col("expected") - pl.col("alignment")).alias("bias"))
    result = result.select(pl.exclude(DATASET), *(name for name in (DATASET,) if name in result.columns))
    return same_kind(result.lazy(), opinions)


def _expected_gap(p: Floats, q: Floats, n: int) -> Floats:
    """E|X / n - q|, X binomial with n draws of chance p, elementwise."""
    from scipy import stats

    expected = np.zeros_like(p)
    for count in range(n + 1):
        expected += stats.binom.pmf(count, n, p) * np.abs(count / n - q)
    return expected
