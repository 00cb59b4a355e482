"""`compare`: from the scores of many sources to tests of their differences."""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import OptionError, check_option
from opinionframe.inference.adjustment import ADJUSTMENTS, adjusted
from opinionframe.inference.cluster_t import cluster_t
from opinionframe.inference.differences import COMPARISON, differences, lost_cells
from opinionframe.inference.paired_t import paired_t
from opinionframe.inference.pairs import LISTED, Pair, paired_sources
from opinionframe.inference.student import student
from opinionframe.schemas import Alignment, Tests
from opinionframe.schemas.borders import checked
from opinionframe.schemas.kind import Frame, same_kind

METHODS = ("paired t", "cluster-robust t")
VALUES = ("source", "alignment", "baseline", "ceiling")
"""Columns that neither group comparisons nor cluster cells."""


def compare(
    aligned: Frame,
    *,
    pair: Pair = "raw-calibrated",
    method: str | Sequence[str] = METHODS,
    by: str | Sequence[str] = (),
    cluster: str = "question",
    adjust: str = "bonferroni",
    family: str | None = None,
    conf: float = 0.95,
    seed: int | None = None,  # noqa: ARG001  part of the signature already, for the methods that draw
) -> Frame:
    """Mean difference in alignment, in [-1, 1], between paired sources, with tests and intervals.

    Two rows per comparison unless `method` says otherwise: the paper's paired t-test, which takes all
    cells as independent, and the t-test whose clusters are the questions. Only cells that both sources
    have count: `n` of them, and `n_lost` that one of the two lacks. Collects.

    Args:
        aligned: An Alignment frame.
        pair: `raw-calibrated`, `base-sd`, `standard-few_shot`, `standard-cot` (the second minus the first,
            all else equal), `baseline` (every source minus uniform), the name of a plain source such as
            `question-mean` (every source minus it), or a list of (source, versus).
        method: `paired t`, `cluster-robust t`, or several.
        by: Columns of `aligned` within whose values to compare, such as a dataset.
        cluster: The column whose values are independent of each other.
        adjust: `bonferroni`, `holm`, `bh` or `none`, over all comparisons of the call, per method.
        family: A name for that family, to be printed with a table.
        conf: Coverage of the intervals.
        seed: Fixes the draws of methods that draw.

    Returns: Tests, after the columns `by`, with `n_lost`.
        No spread or one cluster leaves no test: statistic, p-values and interval are null.
    Raises: FrameError, OptionError.

    >>> cells = {"question": ["q1", "q2", "q3"] * 2, "demographic": ["all"] * 6, "baseline": [0.7] * 6}
    >>> raw, calibrated = "m|logprob|base|standard", "m|logprob|base|standard|ridge"
    >>> cells |= {"source": [raw] * 3 + [calibrated] * 3, "ceiling": [1.0] * 6}
    >>> aligned = pl.DataFrame(cells | {"alignment": [0.6, 0.5, 0.8, 0.8, 0.8, 0.9]})
    >>> compare(aligned, seed=1).select("method", pl.col("estimate", "p_value").round(3))
    shape: (2, 3)
    ┌──────────────────┬──────────┬─────────┐
    │ method           ┆ estimate ┆ p_value │
    │ ---              ┆ ---      ┆ ---     │
    │ str              ┆ f64      ┆ f64     │
    ╞══════════════════╪══════════╪═════════╡
    │ paired t         ┆ 0.2      ┆ 0.074   │
    │ cluster-robust t ┆ 0.2      ┆ 0.074   │
    └──────────────────┴──────────┴─────────┘
    """
    methods: list[str] = [method] if isinstance(method, str) else list(method)
    groups: list[str] = [by] if isinstance(by, str) else list(by)
    _check(methods, adjust, conf)
    scores = checked(aligned, Alignment, "aligned")
    _check_columns(scores, [*groups, cluster])
    pairs = paired_sources(scores.select(*groups, "source").unique(), pair)
    cells = differences(scores, pairs, groups)
    keys = [*groups, *COMPARISON]
    tests = pl.concat([_tested(cells, keys, name, cluster, conf) for name in methods])
    label = family or (pair if isinstance(pair, str) else LISTED)
    size = f"{len(pairs)} comparison{'s' if len(pairs) > 1 else ''}"
    columns = [*groups, *Tests.column_names(), "n_lost"]
    result = (
        tests.pipe(adjusted, adjust)
        .with_columns(
            pl.lit(f"{label} ({size})").alias("family"),
            pl.lit(adjust).alias("adjust"),
            pl.col("method").replace_strict(methods, list(range(len(methods)))).alias("order"),
        )
        .join(lost_cells(scores, cells, groups), on=keys, how="left", nulls_equal=True)
        .sort(*keys, "order")
        .select(columns)
    )
    return same_kind(result.lazy(), aligned)


def _tested(cells: pl.DataFrame, keys: list[str], method: str, cluster: str, conf: float) -> pl.DataFrame:
    moments = paired_t(cells, keys) if method == "paired t" else cluster_t(cells, keys, cluster)
    return moments.with_columns(pl.lit(method).alias("method")).pipe(student, conf).drop("df")


def _check(methods: list[str], adjust: str, conf: float) -> None:
    for name in methods:
        check_option("method", name, METHODS)
    check_option("adjust", adjust, ADJUSTMENTS)
    if not 0 < conf < 1:
        raise OptionError(f"conf={conf} must be above 0 and below 1, such as 0.95.")


def _check_columns(scores: pl.DataFrame, wanted: list[str]) -> None:
    allowed = [name for name in scores.columns if name not in VALUES]
    for name in wanted:
        check_option("column", name, allowed)
