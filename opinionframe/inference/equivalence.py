"""`equivalence`: Alignment and a margin go in; tests that paired sources differ by less come out."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, ESTIMAND, LEAVE_OUT, Estimand
from opinionframe.errors import OptionError, as_names, check_number, check_option
from opinionframe.inference.adjustment import CLOSED, adjusted
from opinionframe.inference.choices import Choices, checked_choices, checked_methods
from opinionframe.inference.comparisons import as_tests, comparisons
from opinionframe.inference.covers import LEVEL, level_of
from opinionframe.inference.methods import CLUSTER_T, MOMENTS, covers_of, moments
from opinionframe.inference.pairs import Pair
from opinionframe.inference.possible import of_differences
from opinionframe.inference.student import ZERO_SPREAD, student
from opinionframe.inference.weighted import weighted, with_cells
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.lazy import Frame, same_kind

CLAIMS = ("equivalent", "not worse")


@takes_frames
def equivalence(  # noqa: PLR0913  each keyword is a choice that a test has to declare
    aligned: Frame,
    *,
    margin: float,
    claim: str = "equivalent",
    pair: Pair = "raw-calibrated",
    method: str | Sequence[str] = CLUSTER_T,
    by: str | Sequence[str] = (),
    cluster: str | Sequence[str] = "question",
    adjust: str = "bonferroni",
    family: str | None = None,
    conf: float = 0.95,
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
) -> Frame:
    """Tests that two sources differ by less than `margin`, an alignment in (0, 1). Collects.

    The burden of proof is turned round: a small p-value supports the claim that the sources do not differ. Sources
    that differ by the same in every cell, such as identical ones, leave no doubt: p is 0 where that lies within the
    margin and 1 where it does not, and the interval is that difference.

    Args:
        aligned: An Alignment frame.
        margin: The difference in alignment that does not matter.
        claim: `equivalent`, -margin < difference < margin by two one-sided tests, or `not worse`, difference > -margin.
        pair: What is compared with what, as in `compare`.
        method: `paired t`, `cluster-robust t`, `cluster-robust t (CR1)`, or several.
        by: Columns of `aligned` within whose values to compare, such as a dataset; `metric` where there are several.
        cluster: The column whose values are independent of each other, or two of them.
        adjust: `bonferroni`, `holm`, `bh` or `none`, over all comparisons of the call, per method.
        family: A name for that family, to be printed with a table.
        conf: One minus the level of the tests, above 0.5. The interval has coverage 2 x conf - 1, so that it lies
            inside the margin just when p < 1 - conf.
        weight: What counts alike in the mean difference: every `cell`, `question` or `group`, as in `compare`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.

    Returns: Tests with `estimand` and `margin`; `statistic` is the t of the side harder to prove, `method` names the
        claim.
    Raises: FrameError, as `compare`; OptionError for an unknown option, or a margin or coverage that cannot be.
    Reference: Schuirmann (1987), A Comparison of the Two One-Sided Tests Procedure.

    >>> cells = {"question": ["q1", "q2", "q3"] * 2, "demographic": ["all"] * 6, "baseline": [0.7] * 6}
    >>> cells |= {"source": ["a"] * 3 + ["b"] * 3, "ceiling": [1.0] * 6}
    >>> aligned = pl.DataFrame(cells | {"alignment": [0.60, 0.50, 0.80, 0.61, 0.50, 0.79]})
    >>> equivalence(aligned, margin=0.05, pair=[("a", "b")]).select("method", pl.col("p_value").round(3)).rows()
    [('equivalent, cluster-robust t', 0.007)]
    """
    check_option("claim", claim, CLAIMS)
    check_option("adjust", adjust, CLOSED)
    methods = checked_methods(method, MOMENTS)
    check_number("margin", margin)
    check_number("conf", conf)
    if not 0 < margin < 1:
        raise OptionError(f"margin={margin} must be a difference in alignment above 0 and below 1, such as 0.02.")
    if conf <= 0.5:
        raise OptionError(
            f"conf={conf} must be above 0.5: the interval of two one-sided tests has coverage 2 x conf - 1."
        )
    choices = checked_choices(cluster, conf, 1, None)
    estimand = Estimand(weight, overlap).within(as_names("by", by))
    compared = comparisons(alignment_border(aligned).collect(), pair, by, choices.cluster, overlap)
    cells = weighted(compared.cells, compared.keys, weight, choices.cluster)
    tests = [
        _one_sided_tests(moments(cells, compared.keys, name, choices), margin, claim, choices)
        .join(covers_of(cells, compared.keys, name, choices), on=compared.keys, nulls_equal=True)
        .with_columns(pl.lit(f"{claim}, {name}").alias("method"))
        .pipe(adjusted, compared, adjust, choices)
        for name in methods
    ]
    counted = with_cells(of_differences(pl.concat(tests)), compared.cells, compared.keys, weight)
    level = pl.lit(level_of(2 * conf - 1)).alias(LEVEL)
    result = as_tests(counted.with_columns(level), compared, family, adjust).with_columns(
        pl.lit(estimand.of_pairs()).alias(ESTIMAND), pl.lit(margin).alias("margin")
    )
    return same_kind(result.lazy(), aligned)


def _one_sided_tests(table: pl.DataFrame, margin: float, claim: str, choices: Choices) -> pl.DataFrame:
    """`table` with statistic, p-value and interval of the claim; null for one cluster, no statistic without spread."""
    from scipy import stats

    interval = student(table, 2 * choices.conf - 1)
    testable = table.with_columns(pl.when(pl.col("std_error") > ZERO_SPREAD).then("std_error").alias("std_error"))
    estimate, error, df = (testable[name].to_numpy() for name in ("estimate", "std_error", "df"))
    above, below = (estimate + margin) / error, (estimate - margin) / error
    statistic = above if claim == "not worse" else np.where(np.abs(above) < np.abs(below), above, below)
    p_value = np.asarray(stats.t.sf(above, df))
    if claim == "equivalent":
        p_value = np.maximum(p_value, stats.t.cdf(below, df))
    holds = pl.col("estimate") > -margin
    if claim == "equivalent":
        holds &= pl.col("estimate") < margin
    certain = (pl.col("std_error") <= ZERO_SPREAD) & (pl.col("df") > 0)
    return interval.with_columns(
        pl.Series("statistic", statistic).fill_nan(None), pl.Series("p_value", p_value).fill_nan(None)
    ).with_columns(
        pl.when(certain).then(1.0 - holds.cast(pl.Float64)).otherwise("p_value").alias("p_value"),
        *(pl.when(certain).then("estimate").otherwise(name).alias(name) for name in ("conf_low", "conf_high")),
    )
