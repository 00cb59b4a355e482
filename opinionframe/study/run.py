"""A study from survey to report: ask, calibrate, align, compare, diagnose, and write what came of it.

The survey is checked where it enters; every step after it trusts what it is handed.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl

from opinionframe.alignment.align import aligned
from opinionframe.alignment.summarize import summarized
from opinionframe.calibration.baselines import with_baselines
from opinionframe.calibration.calibrate import calibrated
from opinionframe.calibration.methods.registry import NO_MODEL, calibrator_of, calibrators_of
from opinionframe.calibration.supervision import Plan, fit_keys
from opinionframe.diagnosis.diagnose import diagnosed
from opinionframe.divergence import IN_SCALE
from opinionframe.elicitation import Model
from opinionframe.inference.bounds import bounds
from opinionframe.inference.choices import Choices
from opinionframe.inference.compare import compared_by
from opinionframe.inference.comparisons import comparisons
from opinionframe.inference.mean_bounds import answered_in_part
from opinionframe.inference.methods import DEFAULT
from opinionframe.reporting import Design, Report, Results, write_report
from opinionframe.reporting.paper import remove_paper, write_paper
from opinionframe.schemas.datasets import DATASET, has_several
from opinionframe.schemas.keys import CHOICE, GROUP, ROW
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.source import SEPARATOR, is_calibrated, is_elicited, source_part
from opinionframe.study.asking import elicited
from opinionframe.study.calibrating import calibrated_where_taught
from opinionframe.study.models import load_model
from opinionframe.study.paper_experiments import experiments as made_experiments
from opinionframe.study.paper_frames import paper_results
from opinionframe.study.paper_labels import labels_of
from opinionframe.study.paper_preflight import PAPER_FOLDER
from opinionframe.study.preflight import refuse_namesakes, refuse_unworkable
from opinionframe.study.progress import Progress, silent
from opinionframe.study.settings import Study
from opinionframe.study.survey import combined, survey_parts
from opinionframe.surveys import Survey


def run_study(study: Study, progress: Progress | None = None) -> Report:
    """Runs the study and writes its report: the page to open first, tables, figures, tidy frames and manifest.

    Answers already in the journal are not asked again. Collects.

    Raises: OpinionFrameError, from the step that could not be done.
    """
    tell = progress or silent
    parts = survey_parts(study.survey)
    survey = combined(parts)
    refuse_unworkable(study, survey)
    loaded = [(settings, load_model(settings, study.seed)) for settings in study.model]
    models = [model for _, model in loaded]
    refuse_namesakes(models)
    asked = elicited(study, survey, loaded, tell)
    manifest = _manifest(study, survey, models)
    results = replace(
        _results(study, asked.opinions, survey.codebook, tell),
        given=_given(parts, survey),
        extraction=asked.extraction,
        examples=asked.examples,
    )
    labels = labels_of(loaded)
    experiments = made_experiments(study, study.paper, survey, asked.opinions, labels, tell) if study.paper else None
    tell("writing", 0, 1)
    frames = experiments.frames() if experiments else {}
    paper_files: tuple[Path, ...] = ()
    if study.paper and experiments:
        paper = paper_results(study, study.paper, parts, survey, asked, results.aligned, experiments, labels)
        paper_files = write_paper(study.output / PAPER_FOLDER, paper)
    else:
        remove_paper(study.output / PAPER_FOLDER)
    design = _design(study, models)
    report = write_report(study.output, results, survey, manifest, study.title, design, frames, paper_files)
    tell("writing", 1, 1)
    return report


def _results(study: Study, asked: pl.DataFrame, codebook: pl.DataFrame, tell: Progress) -> Results:
    calibration, comparison = study.calibrate, study.compare
    calibrators = calibrators_of(calibration.method)
    counts_fits = study.metric in IN_SCALE
    by = fit_keys(None, codebook, calibration.split)
    plan = Plan(by, split=calibration.split, folds=calibration.folds, seed=study.seed)
    told = partial(tell, "calibrating")
    with_model = [calibrator for calibrator in calibrators if calibrator.name != NO_MODEL]
    # A diagnosis needs no-model too: among others it takes what they have fitted already.
    fitted = calibrators if len(with_model) < len(calibrators) else [*calibrators, calibrator_of(NO_MODEL)]
    as_they_are = asked.filter(~_is_calibrated_variant(calibration.variant))
    asked = asked.filter(_is_calibrated_variant(calibration.variant))
    calibrated_rows, untaught = calibrated_where_taught(
        asked,
        codebook,
        plan,
        lambda rows: calibrated(rows, codebook, fitted, plan, refits=counts_fits, progress=told),
    )
    known = calibrated_rows
    if len(fitted) > len(calibrators):
        calibrated_rows = known.filter(~(is_calibrated() & pl.col("source").str.ends_with(f"{SEPARATOR}{NO_MODEL}")))
    as_they_are = pl.concat([as_they_are, untaught])
    asked = asked.join(untaught, on=ROW, how="anti", maintain_order="left")
    all_rows = pl.concat([calibrated_rows, as_they_are], how="diagonal")
    opinions = all_rows.lazy().pipe(with_baselines, codebook).collect().sort("source", *CHOICE)
    scores = opinions.pipe(aligned, codebook, metric=study.metric).sort("source", *GROUP)
    # Scores of two metrics or datasets stand in rows of their own.
    several = {DATASET: has_several(codebook), METRIC: scores[METRIC].n_unique() > 1}
    apart = tuple(name for name, is_several in several.items() if is_several)
    choices = Choices(tuple(comparison.cluster), seed=study.seed)
    estimand = comparison.estimand
    pairs = [scores.pipe(comparisons, pair, apart, choices.cluster, estimand.overlap) for pair in comparison.pair]
    tests = pl.concat(
        compared_by(
            compared, DEFAULT, choices, comparison.adjust, estimand=estimand, simultaneous=comparison.simultaneous
        )
        for compared in pairs
    )
    diagnosis = pl.concat(
        asked.pipe(
            diagnosed,
            codebook,
            calibrator,
            plan,
            study.metric,
            estimand=estimand,
            known=known,
            progress=partial(tell, f"diagnosing {calibrator.name}"),
        )
        for calibrator in with_model
    )
    summary = scores.lazy().pipe(summarized, ("source", *apart), estimand).collect()
    bounded = None
    if counts_fits and answered_in_part(scores):
        bounded = bounds(pl.concat([asked, as_they_are]), codebook, metric=study.metric)
    return Results(opinions, scores, tests, diagnosis, summary, estimand, bounded)


def _is_calibrated_variant(variants: Sequence[str] | None) -> pl.Expr:
    """Whether answers are of the `variants` that are calibrated, few-shot ones by any examples; human rows are kept."""
    if variants is None:
        return pl.lit(value=True)
    variant = source_part("variant").str.extract(r"^([a-z_]+)")
    return ~is_elicited() | variant.is_in(list(variants)).fill_null(value=False)


def _given(parts: Sequence[Survey], survey: Survey) -> frozenset[str]:
    """The questions of the surveys that came as shares, without respondents, as the study calls them."""
    books = [part.codebook.with_columns(pl.col(DATASET).cast(pl.String).fill_null(part.name)) for part in parts]
    counted = {
        name for part, book in zip(parts, books, strict=True) if part.microdata is not None for name in book[DATASET]
    }
    dataset = pl.col(DATASET).cast(pl.String).fill_null(survey.name)
    return frozenset(survey.codebook.filter(~dataset.is_in(list(counted)))["question"])


def _design(study: Study, models: list[Model]) -> Design:
    """How the study asks, calibrates and tests."""
    return Design(
        seed=study.seed,
        split=study.calibrate.split,
        folds=study.calibrate.folds,
        cluster=tuple(study.compare.cluster),
        adjust=study.compare.adjust,
        models={model.name: model.revision for model in models},
        draws=study.elicit.draws,
        orders=study.elicit.orders,
    )


def _manifest(study: Study, survey: Survey, models: list[Model]) -> dict[str, object]:
    """All that decides the results: settings, survey, the models' revisions and the seed."""
    return {
        "study": study.model_dump(mode="json"),
        "survey": {"name": survey.name, "citation": survey.citation, "licence": survey.licence},
        "models": [{"name": model.name, "revision": model.revision} for model in models],
        "seed": study.seed,
    }
