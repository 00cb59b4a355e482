"""`contrasts`: Opinions go in; how well each source tells the differences between groups comes out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.align import aligned
from opinionframe.alignment.estimand import COMMON, ESTIMAND, LEAVE_OUT, Estimand
from opinionframe.alignment.mean_cells import cells_of_means, without_overlap
from opinionframe.calibration.baselines import POPULATION, with_baselines
from opinionframe.diagnosis.deviation_ratios import RATIOS, deviation_ratios, human_spread
from opinionframe.diagnosis.group_deviations import SET, beside_people, deviation_sums, directions, places
from opinionframe.errors import FrameError, OptionError, as_names, check_option, check_source
from opinionframe.inference.choices import checked_choices
from opinionframe.inference.covers import COVERS, LEVEL, level_of
from opinionframe.inference.methods import CLUSTER_T, tested
from opinionframe.inference.possible import LOGIT, of_differences, of_scores
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.demographic import ALL, ATTRIBUTE
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN
from opinionframe.schemas.keys import CELL, GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.own_columns import lean

OVER_POPULATION, DIRECTION = "over population", "direction"
BARS = {OVER_POPULATION: 0.0, "explained": 0.0, DIRECTION: 0.5, "size": 0.0, "slope": 0.0, "correlation": None}
"""Each measure, in the order of rows, with what it is where everybody answers like the total."""

BY = ("attribute", "dataset", "topic")
CLUSTERS = ("question", "topic")
COLUMNS = (
    *("source", "measure", METRIC, "estimate", "std_error", "conf_low", "conf_high", "bar", "n", "n_unclear"),
    *("n_clusters", "human_spread", "noise_known", "left_out", "method", COVERS, LEVEL, ESTIMAND),
)


@takes_frames
def contrasts(
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    by: str | Sequence[str] = (),
    cluster: str = "question",
    reference: str = HUMAN,
    conf: float = 0.95,
    overlap: str = LEAVE_OUT,
    cells: str = COMMON,
) -> Frame:
    """Six rows per source: how well it tells the differences between groups, beside the bar of no difference. Collects.

    The bar answers for every group as everybody does: the baseline `population`. Groups of one attribute, such as
    `party`, are compared by where they stand on a question: on an ordinal one by the mean of positions as a share of
    the span, on a nominal one by the share of each choice. What a group deviates by is taken from the mean of its
    attribute's groups, each counting alike. Ordinal and nominal questions stand in rows of their own.

    Squared deviations of a sample are larger than its population's. Where people's `n_eff` is known, what sampling
    adds on average is taken off, and so it is from a source's own where it has `n_eff`, such as a few draws. Where it
    is not known nothing is taken off, so that `size` and `slope` are too small: see `noise_known`.

    Args:
        opinions: Opinions with rows of `reference` and of other sources: answers, calibrated ones or baselines.
        codebook: Codebook of its questions.
        by: `attribute`, `dataset` or `topic`, or several: rows for each of their values.
        cluster: Whose values are independent of each other: `question`, or `topic` of the codebook.
        reference: The source that says how groups differ.
        conf: Coverage of the intervals, of each.
        overlap: `leave out` or `keep` intersections beside groups of single attributes. `all` is never compared.
        cells: Those `common` to all sources, or each source's `own`, as in `summarize`.

    Returns:
        `by`, source, measure, metric, estimate, std_error, conf_low, conf_high, `bar` (the estimate of who answers for
        every group as everybody does; null for a correlation), n (cells; of `direction` pairs), `n_unclear` (pairs
        that do not count), n_clusters, `human_spread` (the standard deviation between groups of people, noise taken
        off, in units of place), `noise_known` (the share of people's cells whose noise is), `left_out` (cells that make
        no contrast: other sources lack them, `n_eff` is below 2, or no other group of the attribute is there), method,
        covers, level, estimand. `measure` is one of

        - `over population`: mean alignment less that of the baseline `population`, in [-1, 1]: levels and differences
          at once. The bar has seen the answers to the question, as no model has;
        - `explained`: the share of people's squared deviations that the source's leave no error in,
          1 - sum (source - people)^2 / sum people^2, at most 1: above 0, its differences are of more use than none;
        - `direction`: the share, in [0, 1], of every two groups that stand in the order of people. Those that people
          differ in by no more than 1.96 standard errors do not count, and two that the source has alike count half;
        - `size`: the root of the ratio of squared deviations, source to people, 0 or more: above 1 it exaggerates;
        - `slope`: what the source's differ by for each unit that people do: 1 is right, and with it `size` 1;
        - `correlation` of deviations: slope / size, about -1 to 1. `explained` is 2 slope - size^2.

        Estimates are of sums over questions, so that those where groups differ more weigh more; their errors are those
        of ratios to the first order, with clusters, and that of a `correlation` a jackknife's, which holds with a dozen
        questions (reports/inference/correlation.md). A ratio is null where people do not differ beyond noise, and so is
        its interval where that cannot be ruled out. Intervals of `direction` are symmetric in the log odds, as those
        of means are in `intervals`; others are as wide on either side, and all end where their measure does.

    Raises: FrameError for a broken frame, cells without a reference, or where no two groups can be compared;
        OptionError for an unknown option.
    Reference: Fuller (1987), Measurement Error Models, section 1.2, for moments less the noise of one side.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1.0, 2.0],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> opinions = pl.DataFrame({"question": "q", "demographic": ["sex=F"] * 2 + ["sex=M"] * 2, "choice": [1, 2] * 2})
    >>> human = opinions.with_columns(source=pl.lit("human"), prob=pl.Series([0.6, 0.4, 0.5, 0.5]))
    >>> model = opinions.with_columns(source=pl.lit("m"), prob=pl.Series([0.8, 0.2, 0.5, 0.5]))
    >>> table = contrasts(pl.concat([human, model]), codebook)
    >>> dict(table.select("measure", pl.col("estimate").round(2)).rows())
    {'over population': -0.05, 'explained': -3.0, 'direction': 1.0, 'size': 3.0, 'slope': 3.0, 'correlation': 1.0}
    """
    check_source("reference", reference)
    for name in as_names("by", by):
        check_option("by", name, BY)
    check_option("cluster", cluster, CLUSTERS)
    if cluster in as_names("by", by):
        raise OptionError(
            f"by and cluster both name {cluster!r}, which leaves one cluster to each of its rows. Cluster by question."
        )
    choices = checked_choices(cluster, conf, 1, None)
    estimand = Estimand(overlap=overlap, cells=cells)
    book = codebook_border(codebook)
    rows = lean(opinions_border(opinions, book).collect())
    keys: list[str] = [*as_names("by", by), "source", METRIC]
    compared = beside_people(places(rows, book), reference).join(_facts(book, cluster), on="question", how="left")
    scores = _gains(rows, book, reference).join(_facts(book, cluster), on="question", how="left")
    own = without_overlap(scores.lazy(), estimand.within(as_names("by", by)).overlap, ["source"]).collect()
    makes_one = own.join(_in_sets(compared), on=[*CELL, METRIC], how="semi")
    if scores.is_empty() and rows.select((pl.col("source") == reference).all()).item():
        raise FrameError(
            f"0 rows are of a source other than {reference!r}. Append a model's answers with elicit(…), or rows of "
            "baselines(…)."
        )
    if makes_one.is_empty():
        raise FrameError(
            f"0 of {len(scores):,} cells of sources can be compared with another group of the same attribute whose "
            f"n_eff is 2 or more, such as sex=Female with sex=Male. Add such groups with reference(by=…)."
        )
    kept = cells_of_means(makes_one.lazy(), estimand, keys)[0].collect()
    used = _in_sets(compared.join(kept, on=[*CELL, METRIC], how="semi"))
    # Sums are taken in one order, so that the same opinions give the same digits.
    kept = kept.join(used, on=[*CELL, METRIC], how="semi").sort(*CELL, METRIC)
    with_clusters = list(dict.fromkeys([*keys, "topic"]))
    pairs = directions(used, with_clusters).with_columns(measure=pl.lit(DIRECTION))
    unclear = pairs.group_by(*keys, "measure").agg(n_unclear=(~pl.col("clear")).sum())
    sums = deviation_sums(used, with_clusters)
    parts = [
        tested(kept.with_columns(measure=pl.lit(OVER_POPULATION)), [*keys, "measure"], CLUSTER_T, choices).pipe(
            of_differences
        ),
        tested(pairs.filter("clear"), [*keys, "measure"], CLUSTER_T, choices).pipe(of_scores, LOGIT),
        deviation_ratios(sums, keys, choices),
    ]
    result = (
        _every_measure(kept, keys)
        .join(pl.concat(parts, how="diagonal"), on=[*keys, "measure"], how="left", nulls_equal=True)
        .join(_counts(own, kept, used, keys), on=keys, how="left", nulls_equal=True)
        .join(unclear, on=[*keys, "measure"], how="left", nulls_equal=True)
        .join(human_spread(sums, keys), on=keys, how="left", nulls_equal=True)
        .with_columns(n=pl.when(pl.col("measure").is_in(RATIOS)).then("cells").otherwise("n").fill_null(0))
        .with_columns(pl.lit(level_of(conf)).alias(LEVEL), pl.lit(str(estimand)).alias(ESTIMAND))
    )
    ordered = result.sort(*keys, pl.col("measure").cast(pl.Enum(list(BARS))))
    return same_kind(ordered.lazy().select(*as_names("by", by), *COLUMNS), opinions)


def _facts(codebook: pl.DataFrame, cluster: str) -> pl.DataFrame:
    """The topic and dataset of each question; where topics are clusters, one without a topic is its own."""
    questions = codebook.select("question", "topic", "dataset").unique("question")
    return questions.with_columns(pl.coalesce("topic", "question").alias("topic")) if cluster == "topic" else questions


def _gains(rows: pl.DataFrame, codebook: pl.DataFrame, reference: str) -> pl.DataFrame:
    """One row per cell of every group but `all`: its alignment less that of the total, as `difference`."""
    people = rows.filter(source=reference)
    total = with_baselines(people.lazy(), codebook, [POPULATION], reference).filter(source=POPULATION).collect()
    scores = aligned(rows, codebook, reference)
    bar = aligned(pl.concat([people, total], how="diagonal"), codebook, reference).select(
        *GROUP, METRIC, bar="alignment"
    )
    gains = scores.join(bar, on=[*GROUP, METRIC]).with_columns(difference=pl.col("alignment") - pl.col("bar"))
    return gains.select(*CELL, METRIC, "difference", attribute=ATTRIBUTE).filter(pl.col("attribute") != ALL)


def _in_sets(compared: pl.DataFrame) -> pl.DataFrame:
    """The places that another group of the same attribute stands beside."""
    return compared.filter(pl.len().over(SET) > 1, pl.col("attribute") != ALL)


def _every_measure(kept: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """One row per `keys` and measure, with its bar."""
    bars = pl.DataFrame({"measure": list(BARS), "bar": list(BARS.values())}, schema_overrides={"bar": pl.Float64})
    return kept.select(keys).unique().join(bars, how="cross").with_columns(method=pl.lit(CLUSTER_T))


def _counts(own: pl.DataFrame, kept: pl.DataFrame, used: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """One row per `keys`: its `cells`, those `left_out`, and the share of people's whose noise is known."""
    of_people = used.group_by(keys).agg(noise_known=pl.col("human_noise").is_not_null().mean())
    all_cells = own.group_by(keys).agg(all_cells=pl.len())
    counts = kept.group_by(keys).agg(cells=pl.len()).join(all_cells, on=keys, how="left", nulls_equal=True)
    return counts.with_columns(left_out=pl.col("all_cells") - pl.col("cells")).join(
        of_people, on=keys, how="left", nulls_equal=True
    )
