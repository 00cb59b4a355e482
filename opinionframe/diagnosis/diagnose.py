"""`diagnose`: Opinions go in; what calibration gained per source, beside a placebo's gain, comes out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment.align import aligned
from opinionframe.alignment.estimand import BY_CELL, CELL_WEIGHT, ESTIMAND, LEAVE_OUT, Estimand, weighted_means
from opinionframe.alignment.mean_cells import without_overlap
from opinionframe.calibration.baselines import LABEL_MEAN, with_baselines
from opinionframe.calibration.calibrate import calibrated
from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.methods.registry import NO_MODEL, Method, calibrator_of
from opinionframe.calibration.supervision import Plan, fit_keys
from opinionframe.calibration.watching import OnProgress
from opinionframe.diagnosis.placebo import placebo
from opinionframe.diagnosis.verdicts import verdict
from opinionframe.divergence import BY_SCALE, IN_SCALE
from opinionframe.errors import OptionError, check_source
from opinionframe.inference.choices import Choices
from opinionframe.inference.compare import compared_by
from opinionframe.inference.comparisons import comparisons
from opinionframe.inference.covers import LEVEL
from opinionframe.inference.methods import CLUSTER_T
from opinionframe.inference.skill import skills
from opinionframe.inference.weighted import weighted
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.datasets import DATASET, has_several
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.source import is_calibrated, is_elicited, raw_source
from opinionframe.schemas.vocabulary import HUMAN

COLLAPSED = 0.01
"""Mean distance between the calibrated answers and the calibrated placebo, in points of alignment / 100, below
which a source is called collapsed: what is left of its input moves the score by less than a point."""

PLACEBO = "{} (placebo)"
"""The source of a calibrated placebo, from the calibrated source it stands beside."""

IS_NO_MODEL = pl.col("source").str.ends_with(f"|{NO_MODEL}")
MEANS = ("raw", "label_mean", "no_model", "ceiling")


@takes_frames
def diagnose(  # noqa: PLR0913  each keyword is a choice that a diagnosis has to declare
    opinions: Frame,
    codebook: pl.DataFrame | pl.LazyFrame,
    *,
    method: Method = "default",
    split: str = "question",
    folds: int = 10,
    by: str | Sequence[str] | None = None,
    reference: str = HUMAN,
    metric: str = BY_SCALE,
    simultaneous: bool = False,
    seed: int,
    weight: str = CELL_WEIGHT,
    overlap: str = LEAVE_OUT,
) -> Frame:
    """One row per calibrated source and metric: what calibration gained, beside what a placebo gains. Collects.

    The placebo has, for each question, the model's answers to another one with as many choices: it knows nothing of the
    question, so that a gain that it shares is not the model's. Scores are in [0, 1].

    Args:
        opinions: Opinions with rows of `reference` and of sources `model|elicitation|prompt|variant`.
        codebook: Codebook of its questions.
        method: One method of `calibrate`, by name or as an object of your own.
        split: What is held out together, as in `calibrate`.
        folds: How many folds the units are dealt into.
        by: What shares a fit, as in `calibrate`: a source, in each dataset where there are several, if not given.
        reference: The source that supervises, and that answers are compared with.
        metric: As in `align`; with `by scale`, ordinal and nominal questions stand in rows of their own.
        simultaneous: Whether the intervals of all gains of the call are to hold at once, and with them the verdicts of
            all sources; otherwise each holds by itself.
        seed: Deals the folds, draws the placebo and grows the forests.
        weight: What counts alike in means: every `cell`, `question` or `group`, as in `summarize`.
        overlap: `leave out` or `keep` cells of `all` and intersections beside their parts, as in `summarize`. They
            supervise in any case.

    Returns:
        One row per calibrated source and metric: `alignment`, `uniform`, `raw`, `label_mean` (the mean human
        distribution of other questions with the same answer labels), `no_model` (the method `no-model`: the best the
        package does from human answers to other questions alone), `ceiling` (the expected score of a perfect model, as
        in `align`); `skill` = (alignment - no_model) / (ceiling - no_model), 0 for a model that adds nothing to human
        answers to other questions and 1 at the ceiling, with `skill_conf_low` and `skill_conf_high`, null where the
        denominator lies within its noise, or no ceiling is known; `placebo`, the calibrated placebo's alignment;
        `over_placebo`, `over_labels` and `over_no_model`, the gains over each, with 95% intervals `…_conf_low` and
        `…_conf_high` clustered by question, fits counted; `dependence`, the mean distance between the calibrated
        answers and the calibrated placebo; `collapsed` where that is below 0.01, so that the calibrator hardly reads
        its input any more; a `verdict` in words; the `level` of the intervals; `metric`; and `estimand`, what means
        are over. Several datasets that were not pooled have a row each, with `dataset` in front.

    Raises: as `calibrate`.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> opinions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["base"], seed=1)
    >>> of.diagnose(opinions, survey.codebook, method="linear", folds=9, seed=1)["verdict"].item()
    'placebo not exceeded'
    """
    check_source("reference", reference)
    book = codebook_border(codebook)
    # What was calibrated before, and baselines, are made anew.
    elicited = is_elicited() | (pl.col("source") == reference)
    rows = opinions_border(opinions, book).collect().filter(elicited)
    plan = Plan(fit_keys(by, book, split, rows), reference, split, folds, seed)
    estimand = Estimand(weight, overlap)
    result = diagnosed(rows, book, calibrator_of(method), plan, metric, estimand=estimand, simultaneous=simultaneous)
    return same_kind(result.lazy(), opinions)


def diagnosed(
    opinions: pl.DataFrame,
    codebook: pl.DataFrame,
    calibrator: Calibrator,
    plan: Plan,
    metric: str = BY_SCALE,
    *,
    estimand: Estimand = BY_CELL,
    known: pl.DataFrame | None = None,
    simultaneous: bool = False,
    progress: OnProgress | None = None,
) -> pl.DataFrame:
    """One row per calibrated source and metric, as `diagnose`, from checked `opinions`: human and raw elicited rows.

    `known` are rows that `calibrated` made of them by the same plan, which are not fitted anew. `progress` is
    told how many fits of the placebo are done.
    """
    if calibrator.name == NO_MODEL:
        raise OptionError(f"method={NO_MODEL!r} is what a calibrated model is measured against. Name another one.")
    refits = metric in IN_SCALE
    calibrations = _calibrations(opinions, codebook, calibrator, plan, known, refits=refits)
    placebos = calibrated(
        placebo(opinions, plan.reference, seed=plan.seed),
        codebook,
        [calibrator],
        plan,
        refits=refits,
        progress=progress,
    )
    no_model = _calibrations(opinions, codebook, calibrator_of(NO_MODEL), plan, known, refits=refits)
    no_model = no_model.filter(IS_NO_MODEL)
    baselines = with_baselines(calibrations.lazy(), codebook, reference=plan.reference).collect()
    cells = aligned(pl.concat([baselines, no_model], how="diagonal"), codebook, plan.reference, metric)
    cells = cells.join(cells.filter(is_calibrated()), on=GROUP, how="semi").pipe(_in_means, estimand)
    placebo_cells = aligned(placebos, codebook, plan.reference, metric).filter(is_calibrated())
    placebo_cells = placebo_cells.pipe(_in_means, estimand)
    apart = _apart(cells, codebook, plan)
    dependence = _dependence(calibrations, placebos, codebook, metric, apart, estimand)
    parts = [
        _scores(part, estimand.weight).with_columns(
            pl.lit(value, pl.String).alias(name) for name, value in zip(apart, values, strict=True)
        )
        for values, part in cells.partition_by(apart, as_dict=True).items()
    ]
    gains = _gains(cells, placebo_cells, apart, plan.seed, estimand, simultaneous=simultaneous)
    return (
        pl.concat(parts)
        .join(gains, on=["source", *apart], nulls_equal=True)
        .join(dependence, on=["source", *apart], nulls_equal=True)
        .sort(*apart[:-1], "source", METRIC)
        .with_columns(collapsed=pl.col("dependence") < COLLAPSED)
        .with_columns(verdict=verdict())
        .with_columns(pl.lit(estimand.of_pairs()).alias(ESTIMAND))
        .select(*apart[:-1], pl.exclude(*apart, LEVEL, ESTIMAND), LEVEL, METRIC, ESTIMAND)
    )


def _in_means(scores: pl.DataFrame, estimand: Estimand) -> pl.DataFrame:
    """The cells that count in means of their source."""
    return without_overlap(scores.lazy(), estimand.overlap, ["source"]).collect()


def _apart(cells: pl.DataFrame, codebook: pl.DataFrame, plan: Plan) -> list[str]:
    """What keeps rows apart: the metric, and before it the dataset where several were not pooled."""
    scored = has_several(codebook.join(cells, on="question", how="semi"))
    return [DATASET, METRIC] if scored and DATASET in (*plan.by, plan.split) else [METRIC]


def _calibrations(
    opinions: pl.DataFrame,
    codebook: pl.DataFrame,
    calibrator: Calibrator,
    plan: Plan,
    known: pl.DataFrame | None,
    *,
    refits: bool,
) -> pl.DataFrame:
    """`opinions` with the rows of `calibrator`, taken from the `known` ones where these have them."""
    is_its_own = is_calibrated() & pl.col("source").str.ends_with(f"|{calibrator.name}")
    if known is None or not known.select(is_its_own.any()).item():
        return calibrated(opinions, codebook, [calibrator], plan, refits=refits)
    return known.filter(is_its_own | ~is_calibrated())


def _scores(cells: pl.DataFrame, weight: str) -> pl.DataFrame:
    """One row per calibrated source: mean scores, those of raw answers and baselines on its own cells, and `skill`."""
    calibrations = cells.filter(is_calibrated() & ~IS_NO_MODEL).with_columns(raw_source=raw_source())
    no_model = cells.filter(IS_NO_MODEL).select(
        *GROUP, raw_source().alias("raw_source"), pl.col("alignment").alias("no_model")
    )
    raw = cells.select(*GROUP, pl.col("source").alias("raw_source"), pl.col("alignment").alias("raw"))
    labels = cells.filter(source=LABEL_MEAN).select(*GROUP, pl.col("alignment").alias("label_mean"))
    together = (
        calibrations.join(raw, on=[*GROUP, "raw_source"])
        .join(no_model, on=[*GROUP, "raw_source"])
        .join(labels, on=GROUP)
        .with_columns(gain=pl.col("alignment") - pl.col("no_model"), room=pl.col("ceiling") - pl.col("no_model"))
    )
    columns = ["alignment", "baseline", *MEANS]
    means = weighted_means(together.lazy(), columns, ["source"], weight).rename({"baseline": "uniform"}).collect()
    ratio = ["gain", "room"]
    known = together.select("source", *GROUP, *ratio).drop_nulls(ratio)
    ratios = skills(weighted(known, ["source"], weight, ["question"], ratio), ["source"])
    return means.select("source", "alignment", "uniform", *MEANS).join(ratios, on="source", how="left")


def _gains(
    cells: pl.DataFrame,
    placebo_cells: pl.DataFrame,
    apart: list[str],
    seed: int,
    estimand: Estimand,
    *,
    simultaneous: bool,
) -> pl.DataFrame:
    """The gains over the placebo, the label mean and `no-model`, each with its clustered interval, and `placebo`."""
    choices = Choices(seed=seed)
    calibrations = cells.filter(is_calibrated())
    names = calibrations.filter(~IS_NO_MODEL)["source"].unique().sort().to_list()
    scores = pl.concat([calibrations, cells.filter(source=LABEL_MEAN), _as_placebos(placebo_cells)], how="diagonal")
    rivals = {
        "over_placebo": [(name, PLACEBO.format(name)) for name in names],
        "over_labels": [(name, LABEL_MEAN) for name in names],
        "over_no_model": [(name, f"{name.rpartition('|')[0]}|{NO_MODEL}") for name in names],
    }
    comparison = comparisons(scores, [pair for pairs in rivals.values() for pair in pairs], apart, choices.cluster)
    tests = compared_by(comparison, [CLUSTER_T], choices, "none", estimand=estimand, simultaneous=simultaneous)
    placebos = weighted_means(placebo_cells.lazy(), ["alignment"], ["source", *apart], estimand.weight)
    gains = placebos.rename({"alignment": "placebo"}).collect()
    for column, pairs in rivals.items():
        columns = (pl.col("estimate").alias(column), pl.col("conf_low", "conf_high").name.prefix(f"{column}_"))
        of_rivals = tests.filter(pl.struct("source", "versus").is_in([{"source": s, "versus": v} for s, v in pairs]))
        gains = gains.join(of_rivals.select("source", *apart, *columns), on=["source", *apart], nulls_equal=True)
    return gains.with_columns(pl.lit(tests[LEVEL][0]).alias(LEVEL))


def _as_placebos(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with sources named as placebos."""
    return rows.with_columns(pl.format(PLACEBO, "source").alias("source"))


def _dependence(
    calibrations: pl.DataFrame,
    placebos: pl.DataFrame,
    book: pl.DataFrame,
    metric: str,
    apart: list[str],
    estimand: Estimand,
) -> pl.DataFrame:
    """One row per calibrated source and `apart`: `dependence`, its mean distance from its placebo's calibration."""
    references = _as_placebos(placebos.filter(is_calibrated()))
    distances = [
        aligned(pl.concat([rows, reference], how="diagonal"), book, reference["source"][0], metric)
        for rows, reference in zip(
            _by_source(calibrations.filter(is_calibrated())), _by_source(references), strict=True
        )
    ]
    cells = pl.concat(distances, how="diagonal").pipe(_in_means, estimand).lazy()
    means = weighted_means(cells, ["alignment"], ["source", *apart], estimand.weight)
    return means.select("source", *apart, (1 - pl.col("alignment")).alias("dependence")).collect()


def _by_source(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of each source, in the order of their names."""
    return rows.sort("source").partition_by("source", maintain_order=True)
