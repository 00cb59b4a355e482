"""`minimum_detectable`: a pilot's Alignment goes in; the difference that a test set could show comes out."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from opinionframe.errors import OptionError
from opinionframe.inference.cluster_t import clusters, variance_parts
from opinionframe.inference.comparisons import comparisons
from opinionframe.inference.pairs import Pair
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.lazy import Frame, same_kind


def minimum_detectable(
    aligned: Frame,
    *,
    questions: Sequence[int] = (20, 50, 100, 200, 500),
    groups: int | None = None,
    pair: Pair = "raw-calibrated",
    by: str | Sequence[str] = (),
    cluster: str = "question",
    family: int = 1,
    power: float = 0.8,
    conf: float = 0.95,
) -> Frame:
    """The smallest difference in alignment that a test set of so many questions finds with `power`. Collects.

    The variances come from the pilot in `aligned`: `effect`, the standard deviation of a question's
    own difference, and `noise`, that of its cells around it. More groups only thin out the noise.

    Args:
        aligned: An Alignment frame with a pilot of the comparison.
        questions: Sizes of test set to consider, 2 or more.
        groups: Cells per question; as in the pilot, on average, if None.
        pair: As in `compare`.
        by: As in `compare`.
        cluster: As in `compare`.
        family: Number of comparisons the planned test is corrected for (Bonferroni).
        power: Probability of finding the difference.
        conf: One minus the level of the test.

    Returns:
        `by`, pair, source, versus, questions, groups, effect, noise, std_error, detectable. Null where
        the pilot has one question.

    Raises: FrameError, as `compare`; OptionError for sizes, a family, a power or a coverage that cannot be.

    >>> cells = {"question": ["q1", "q2", "q3"] * 2, "demographic": ["all"] * 6, "baseline": [0.7] * 6}
    >>> cells |= {"source": ["a"] * 3 + ["b"] * 3, "ceiling": [1.0] * 6}
    >>> pilot = pl.DataFrame(cells | {"alignment": [0.7, 0.5, 0.8, 0.6, 0.5, 0.6]})
    >>> plans = minimum_detectable(pilot, questions=[10, 40], pair=[("a", "b")])
    >>> plans.select("questions", pl.col("detectable").round(3)).rows()
    [(10, 0.1), (40, 0.045)]
    """
    sizes = list(questions)
    _check_options(sizes, groups, family, power, conf)
    compared = comparisons(alignment_border(aligned).collect(), pair, by, [cluster])
    plans = pl.DataFrame({"questions": sizes, "multiple": _multiples(sizes, family, power, conf)})
    components = (
        clusters(compared.cells, compared.keys, [cluster])
        .pipe(variance_parts, compared.keys)
        .group_by(compared.keys)
        .agg(
            (pl.lit(groups) if groups else pl.col("cells").mean()).cast(pl.Float64).alias("groups"),
            *(pl.when(pl.len() > 1).then(pl.col(name).first().sqrt()).alias(name) for name in ("effect", "noise")),
        )
    )
    variance = (pl.col("effect").pow(2) + pl.col("noise").pow(2) / pl.col("groups")) / pl.col("questions")
    result = (
        components.join(plans.lazy(), how="cross")
        .with_columns(variance.sqrt().alias("std_error"))
        .with_columns((pl.col("multiple") * pl.col("std_error")).alias("detectable"))
        .sort(*compared.keys, "questions")
        .select(*compared.keys, "questions", "groups", "effect", "noise", "std_error", "detectable")
    )
    return same_kind(result.collect().lazy(), aligned)


def _multiples(sizes: list[int], family: int, power: float, conf: float) -> list[float]:
    """How many standard errors a difference must have for a two-sided t-test to find it with `power`."""
    from scipy import stats

    critical = [float(stats.t.isf((1 - conf) / 2 / family, size - 1)) for size in sizes]
    return [_noncentrality(bound, size - 1, power) for bound, size in zip(critical, sizes, strict=True)]


def _noncentrality(critical: float, df: int, power: float) -> float:
    """The noncentrality of t at which a two-sided test with this critical value has `power`."""
    from scipy import optimize, stats

    def excess_power(noncentrality: float) -> float:
        # The far side underflows to NaN where it no longer counts.
        tails = (stats.nct.sf(critical, df, noncentrality), stats.nct.cdf(-critical, df, noncentrality))
        return float(np.nansum(tails) - power)

    high = critical
    while excess_power(high) < 0:
        high *= 1.2
    return float(optimize.brentq(excess_power, 0, high, xtol=1e-13))


def _check_options(sizes: list[int], groups: int | None, family: int, power: float, conf: float) -> None:
    """Raises an OptionError for sizes, counts, a power or a coverage that cannot be."""
    if not sizes or min(sizes) < 2:
        raise OptionError(f"questions={sizes} must list sizes of 2 or more.")
    if (groups is not None and groups < 1) or family < 1:
        raise OptionError(f"groups={groups} and family={family} must be 1 or more.")
    if not 0 < conf < 1 or not 1 - conf < power < 1:
        raise OptionError(f"power={power} must be below 1 and above 1 - conf, and conf={conf} between 0 and 1.")
