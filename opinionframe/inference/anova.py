"""`anova`: Alignment goes in; tests of raw, few-shot (or chain-of-thought) and calibrated answers come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.estimand import CELL_WEIGHT, ESTIMAND, LEAVE_OUT, Estimand
from opinionframe.alignment.mean_cells import without_overlap
from opinionframe.errors import FrameError, as_names, check_option
from opinionframe.inference.adjustment import CLOSED, corrected
from opinionframe.inference.choices import Choices, checked_choices
from opinionframe.inference.comparisons import check_columns, refuse_unclustered
from opinionframe.inference.methods import DEFAULT, tested
from opinionframe.inference.omnibus import OMNIBUS, ROLES, omnibus
from opinionframe.inference.possible import of_differences
from opinionframe.inference.weighted import weighted, with_cells
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import alignment_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.fit_influences import with_influences
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.one_metric import METRIC, metric_in, refuse_mixed
from opinionframe.schemas.source import PARTS, SEPARATOR, check_variant, raw_source, split_source
from opinionframe.schemas.vocabulary import FIT_INFLUENCE, KNOWN_SCORES

LAST = ("pair", "family", "adjust", METRIC)
"""Columns of Tests that are the same in all rows of a call."""

PAIRS = (("variant", "raw"), ("calibrated", "raw"), ("calibrated", "variant"))


@takes_frames
def anova(
    aligned: Frame,
    *,
    variant: str = "few_shot",
    by: str | Sequence[str] = (),
    cluster: str = "question",
    adjust: str = "bonferroni",
    family: str | None = None,
    conf: float = 0.95,
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
) -> Frame:
    """Tests that raw, `variant` and calibrated answers differ, by repeated-measures ANOVA and three t-tests. Collects.

    The paper's protocol, over the cells that all three have, and beside it the same with questions as
    clusters: Hotelling's T-squared, then cluster-robust t. A pair differs only if its triple does:
    `p_adjusted` of a pair, corrected over all pairs of the call, is not below its omnibus p-value, and null where
    that is: with two clusters, say, which are too few for three conditions.

    Args:
        aligned: An Alignment frame with all three sources of a triple.
        variant: What stands beside raw and calibrated: `few_shot`, `cot`, or `few_shot-5` of drawn examples.
        by: Columns of `aligned` within whose values to compare, such as a dataset.
        cluster: The column whose values are independent of each other.
        adjust: `bonferroni`, `holm`, `bh` or `none`, per method: over all triples, and over all their pairs.
        family: A name for that family, to be printed with a table.
        conf: Coverage of the intervals, one by one.
        weight: What counts alike in means: every `cell`, `question` or `group`, as in `compare`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`.

    Returns:
        Tests with `triple` (the calibrated source) in front and `estimand` behind. The omnibus row compares the best of
        the three with the worst; its statistic is F, and it has no standard error and no interval.

    Raises: FrameError where no triple has a cell in common, or a frame is broken; OptionError for an unknown option.

    >>> cells = {"question": ["q1", "q2", "q3", "q4"] * 3, "demographic": ["all"] * 12, "baseline": [0.7] * 12}
    >>> sources = ["m|logprob|sd|standard", "m|logprob|sd|few_shot", "m|logprob|sd|standard|ridge"]
    >>> cells |= {"source": [name for name in sources for _ in range(4)], "ceiling": [1.0] * 12}
    >>> scores = [0.5, 0.6, 0.6, 0.4, 0.6, 0.6, 0.7, 0.6, 0.9, 0.8, 0.8, 0.9]
    >>> tests = anova(pl.DataFrame(cells | {"alignment": scores}))
    >>> tests.select("method", pl.col("p_value").round(4)).row(0)
    ('repeated-measures ANOVA', 0.0032)
    """
    check_variant(variant)
    check_option("adjust", adjust, CLOSED)
    choices = checked_choices(cluster, conf, 1, None)
    scores = with_influences(alignment_border(aligned).collect(), "aligned")
    groups: tuple[str, ...] = as_names("by", by)
    check_columns(scores, groups, [cluster])
    refuse_mixed(scores, groups)
    metric = [] if METRIC in groups else [pl.lit(metric_in(scores), pl.String).alias(METRIC)]
    estimand = Estimand(weight, overlap).within(groups)
    keys: list[str] = [*groups, "triple"]
    triple_cells = _cells(scores, groups, variant).lazy().pipe(without_overlap, estimand.overlap, keys).collect()
    refuse_unclustered(triple_cells, choices.cluster)
    scores_of_roles = [f"{role}_score" for role in ROLES]
    cells = weighted(triple_cells, [*keys, *ROLES], weight, choices.cluster, scores_of_roles)
    count = cells.select(keys).n_unique()
    label = f"{family or f'raw, {variant}, calibrated'} ({count} triple{'s' if count > 1 else ''})"
    tests = [_tests_of_triples(cells, keys, method, choices, adjust) for method in DEFAULT]
    result = (
        with_cells(pl.concat(tests), triple_cells, keys, weight)
        .with_columns(
            pl.lit(f"triple {variant}").alias("pair"),
            pl.lit(label).alias("family"),
            pl.lit(adjust).alias("adjust"),
            *metric,
            pl.lit(estimand.of_pairs()).alias(ESTIMAND),
        )
        .sort(keys, maintain_order=True)
        .select(*keys, *(name for name in Tests.column_names() if name not in keys), ESTIMAND)
    )
    return same_kind(result.lazy(), aligned)


def _tests_of_triples(cells: pl.DataFrame, keys: list[str], method: str, choices: Choices, adjust: str) -> pl.DataFrame:
    """The omnibus test of every triple and the three t-tests behind it, by one view of what is independent."""
    overall = omnibus(cells, keys, method, choices.cluster[0])
    omnibus_p = overall.select(*keys, pl.col("p_value").alias("omnibus_p"))
    pairs = (
        tested(_differences(cells), [*keys, "source", "versus"], method, choices)
        .pipe(of_differences)
        .sort(*keys, "source", "versus")
        .join(omnibus_p, on=keys, how="left", nulls_equal=True, maintain_order="left")
        .with_columns(pl.max_horizontal(corrected(adjust), "omnibus_p").alias("p_adjusted"))
    )
    columns = [*keys, *(name for name in Tests.column_names() if name not in (*keys, *LAST))]
    omnibus_rows = overall.with_columns(corrected(adjust), pl.lit(OMNIBUS[method]).alias("method"))
    return pl.concat([omnibus_rows.select(columns), _without_untested(pairs).select(columns)], how="vertical_relaxed")


def _without_untested(pairs: pl.DataFrame) -> pl.DataFrame:
    """`pairs` with `p_adjusted` null where there is no p-value, or none of the omnibus test."""
    tested_twice = pl.col("p_value").is_not_null() & pl.col("omnibus_p").is_not_null()
    return pairs.with_columns(pl.when(tested_twice).then("p_adjusted").alias("p_adjusted"))


def _cells(scores: pl.DataFrame, groups: Sequence[str], variant: str) -> pl.DataFrame:
    """One row per triple and cell that all three sources have, their scores side by side."""
    cell = list(dict.fromkeys([*groups, *GROUP]))
    other = pl.concat_str(
        [pl.lit(variant) if name == "variant" else pl.col(name) for name in PARTS[:-1]], separator=SEPARATOR
    )
    triples = (
        scores.lazy()
        .pipe(split_source)
        .filter(pl.col("calibrator").is_not_null(), pl.col("variant") == "standard")
        .with_columns(raw_source().alias("raw"), other.alias("variant"))
        .rename({"source": "triple", "alignment": "calibrated_score"})
        .drop(
            *KNOWN_SCORES,
            *(name for name in (METRIC,) if name not in cell),
            "model",
            "elicitation",
            "prompt",
            "calibrator",
            strict=False,
        )
    )
    for role in ("raw", "variant"):
        scores_of_role = scores.lazy().select(
            *cell, pl.col("source").alias(role), pl.col("alignment").alias(f"{role}_score")
        )
        triples = triples.join(scores_of_role, on=[*cell, role], how="inner", nulls_equal=True)
    cells = triples.with_columns(pl.col("triple").alias("calibrated")).collect()
    if cells.is_empty():
        raise FrameError(
            f"No cell has a raw source, its {variant} variant and its calibration. A triple is "
            f"m|e|p|standard, m|e|p|{variant} and m|e|p|standard|calibrator: keep all three in the frame."
        )
    return cells


def _differences(cells: pl.DataFrame) -> pl.DataFrame:
    """The three pairs of every triple, one below the other; fits count where one of the two is calibrated."""
    fitted = [name for name in (FIT_INFLUENCE,) if name in cells.columns]
    return pl.concat(
        cells.with_columns(
            pl.col(one).alias("source"),
            pl.col(other).alias("versus"),
            (pl.col(f"{one}_score") - pl.col(f"{other}_score")).alias("difference"),
            *(pl.col(name) if "calibrated" in (one, other) else pl.lit(0.0).alias(name) for name in fitted),
        )
        for one, other in PAIRS
    )
