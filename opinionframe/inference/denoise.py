"""`denoise`: Opinions go in; alignment corrected for the sampling noise of both sides comes out."""

import numpy as np
import polars as pl

from opinionframe.alignment.perfect_model import expected_error
from opinionframe.divergence import BY_SCALE
from opinionframe.errors import check_source
from opinionframe.inference.blocks import Floats
from opinionframe.inference.steps import Steps, beside, steps
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN, SMALLEST_SAMPLE
from opinionframe.schemas.keys import CELL
from opinionframe.schemas.lazy import Frame, same_kind


@takes_frames
def denoise(opinions: Frame, codebook: AnyFrame, *, reference: str = HUMAN, metric: str = BY_SCALE) -> Frame:
    """Alignment of every cell, and the same corrected for the sampling noise of both sides. Collects.

    A sample of 30 people lies apart from its own population, so even a perfect model scores below 1.
    At each step of the scale (each choice, where there is no order) the expected absolute difference exceeds
    the true one; the correction takes off that excess as it would be if the observed difference were
    the true one. It removes nearly all on average where differences are larger than their noise, and
    about 40% where there is no true difference at all: `corrected` still errs on the low side for
    near-perfect models. It may pass 1 in a cell, which keeps means honest: average it, do not clip it.

    Args:
        opinions: Opinions with rows of `reference`, with `n_eff`, and of the sources to score.
        codebook: Codebook of its questions.
        reference: The source everything is compared with.
        metric: As in `align`: `by scale`, `wasserstein` or `total_variation`.

    Returns:
        question, demographic, source, metric, n_eff (of the reference), alignment, corrected, and `perfect`:
        the expected score of a source whose true distribution is the population's. Both are null
        where the reference has no `n_eff`; a source without `n_eff` counts as known exactly. `dataset` stands last,
        where rows or codebook name any.

    Raises: FrameError for a broken frame, nominal questions under `wasserstein` or cells without a reference;
        OptionError for another metric.
    Reference: Davison and Hinkley (1997), section 2.1.3, the bias correction; Leone et al. (1961), folded normal.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1.0, 2.0],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> opinions = pl.DataFrame({"question": "q", "demographic": "all", "choice": [1, 2, 1, 2],
    ...     "source": ["human", "human", "m", "m"], "prob": [0.6, 0.4, 0.7, 0.3], "n_eff": [30.0, 30.0, None, None]})
    >>> denoise(opinions, codebook).select(pl.col("alignment", "corrected", "perfect").round(3)).row(0)
    (0.9, 0.912, 0.928)
    """
    check_source("reference", reference)
    source, human = beside(steps(opinions, codebook, metric), reference)
    n_people = human.number("n_eff")
    noise = np.sqrt(_variance(human, n_people) + _variance(source, source.number("n_eff"), unknown=0.0))
    gap = np.abs(source.below - human.below)
    width = human.width
    excess = (width * (folded_mean(gap, noise) - gap)).sum(axis=1)
    alignment = 1 - (width * gap).sum(axis=1)
    result = source.cells.select(*CELL, "metric").with_columns(
        pl.Series("n_eff", n_people).fill_nan(None),
        pl.Series("alignment", alignment),
        pl.Series("corrected", alignment + excess).fill_nan(None),
        pl.Series("perfect", 1 - (width * folded_mean(np.zeros_like(gap), noise)).sum(axis=1)).fill_nan(None),
        *source.datasets,
    )
    return same_kind(result.lazy(), opinions)


def folded_mean(mean: Floats, spread: Floats) -> Floats:
    """E|N(mean, spread)|, elementwise, for a mean of 0 or more.

    >>> folded_mean(np.array([0.0, 3.0]), np.array([1.0, 0.0])).round(4).tolist()
    [0.7979, 3.0]
    """
    from scipy import stats

    ratio = np.divide(mean, spread, out=np.full_like(mean, np.inf), where=spread > 0)
    folded: Floats = 2 * spread * stats.norm.pdf(ratio) + mean * (1 - 2 * stats.norm.cdf(-ratio))
    return np.where(np.isnan(spread), np.nan, folded)


def _variance(side: Steps, n: Floats, *, unknown: float = np.nan) -> Floats:
    """Variance of what each step compares, as a normal one with the expected error of `align`'s ceiling has it.

    `unknown` where `n` is; NaN where a single answer tells nothing of how far another would lie.
    """
    size = np.where(n >= SMALLEST_SAMPLE, n, SMALLEST_SAMPLE)[:, None] * np.ones(side.below.shape[1])
    variance = np.where(side.width > 0, np.pi / 2 * expected_error(side.below, size) ** 2, 0.0)
    variance[np.isnan(n)] = unknown
    variance[n < SMALLEST_SAMPLE] = np.nan
    return np.asarray(variance)
