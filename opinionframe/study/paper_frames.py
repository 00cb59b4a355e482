"""What the paper's tables and figures are made from: a study's frames and experiments go in, PaperResults come out."""

from collections.abc import Sequence

import polars as pl

from opinionframe.alignment import over_draws
from opinionframe.alignment.align import aligned
from opinionframe.divergence import BY_SCALE
from opinionframe.errors import OpinionFrameError
from opinionframe.paper import claims
from opinionframe.reporting.paper import PaperResults
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.demographic import HOLDS_OTHERS
from opinionframe.schemas.one_metric import METRIC
from opinionframe.schemas.source import is_calibrated, is_elicited
from opinionframe.study.asking import Asked
from opinionframe.study.paper_examples import of_single_attributes
from opinionframe.study.paper_experiments import Experiments, chosen_calibrator
from opinionframe.study.paper_labels import labelled
from opinionframe.study.paper_settings import PaperSettings
from opinionframe.study.settings import Study
from opinionframe.surveys import Survey

ORDINAL = "wasserstein"
"""The metric of the paper's tables, where questions are scored by two."""

PROTOCOL = {
    "row": "single cells (question x group), the paper's split, through which a question's other groups leak",
    "question": "whole questions, where the paper deals single rows",
}


def paper_results(
    study: Study,
    settings: PaperSettings,
    parts: Sequence[Survey],
    survey: Survey,
    asked: Asked,
    scores: pl.DataFrame,
    found: Experiments,
    labels: dict[str, str],
) -> PaperResults:
    """What the paper's tables and figures are made from; `scores` are those of the study, `parts` its surveys."""
    name = chosen_calibrator(study)

    def scored(rows: pl.DataFrame | str) -> pl.DataFrame | str:
        if isinstance(rows, str):
            return rows
        both = pl.concat([survey.opinions, rows], how="diagonal_relaxed")
        return _of_paper(both.pipe(aligned, survey.codebook, metric=study.metric), survey, labels)

    own = _of_paper(scores, survey, labels)
    own = own.filter(~is_calibrated() | pl.col("source").str.ends_with(f"|{name}"))
    unseen = scored(found.out_of_domain)
    if isinstance(unseen, pl.DataFrame):
        raw = own.filter(~is_calibrated(), ~is_elicited() | pl.col("source").str.ends_with("|standard"))
        unseen = pl.concat([raw, unseen], how="diagonal_relaxed")
    few = scored(found.few)
    names = [_datasets(part) for part in parts]
    attributes = [settings_of.featured for settings_of in study.survey]
    return PaperResults(
        scores=own,
        out_of_domain=unseen,
        few=few,
        curves=found.curves if isinstance(found.curves, str) else labelled(found.curves, labels),
        claims=_claims(own if isinstance(few, str) else pl.concat([own, few], how="diagonal_relaxed"), study.seed),
        human=of_single_attributes(survey.opinions),
        codebook=survey.codebook,
        groups=survey.groups,
        prompts=asked.prompts,
        extraction=labelled(asked.extraction, labels),
        calibrator=name,
        few_calibrator=f"{name}-{settings.few}",
        models=tuple(labels.values()),
        main=tuple(settings.main or labels.values()),
        stages=tuple(settings.stages),
        elicitation=settings.elicitation,
        datasets=tuple(name for of_part in names for name in of_part),
        featured={name: one for of_part, one in zip(names, attributes, strict=True) if one for name in of_part},
        protocol=_protocol(study, name),
        few_protocol=_few_protocol(settings, f"{name}-{settings.few}"),
        notes=_notes(study, asked, scores),
        failures=found.failures,
    )


def _of_paper(scores: pl.DataFrame, survey: Survey, labels: dict[str, str]) -> pl.DataFrame:
    """Scores of groups of one attribute by one metric, draws averaged, with `dataset`, models under their labels."""
    dataset = pl.col(DATASET) if DATASET in scores.columns else pl.lit(None, pl.String)
    of_metric = scores if scores[METRIC].n_unique() == 1 else scores.filter(pl.col(METRIC) == ORDINAL)
    rows = of_single_attributes(of_metric).with_columns(dataset.cast(pl.String).fill_null(survey.name).alias(DATASET))
    return labelled(over_draws(rows), labels)


def _claims(scores: pl.DataFrame, seed: int) -> pl.DataFrame | str:
    """What the paper's text claims, for this study; log-probabilities left out, as there."""
    try:
        return claims(scores.filter(~pl.col("source").str.contains("|logprob|", literal=True)), seed=seed)
    except OpinionFrameError as error:
        return str(error)


def _datasets(part: Survey) -> list[str]:
    """The datasets of one survey of a study, as its codebook or its name has them."""
    return sorted(part.codebook[DATASET].cast(pl.String).fill_null(part.name).unique())


def _protocol(study: Study, calibrator: str) -> str:
    """How answers are calibrated within a dataset."""
    calibration = study.calibrate
    held_out = PROTOCOL.get(calibration.split, f"by {calibration.split}, where the paper deals single rows")
    return (
        f"Calibrator: {calibrator}, fitted per model, elicitation, prompt and dataset. Held out: {held_out}; "
        f"{calibration.folds} folds, so that every cell is tested, where the paper tests a tenth."
    )


def _few_protocol(settings: PaperSettings, calibrator: str) -> str:
    """How answers are calibrated, and few-shot prompts made, by few examples."""
    return (
        f"{calibrator}: calibrated by {settings.few} random cells (question x group) of the dataset, never by the cell "
        f"itself or what is held out with it; a score is its mean over {settings.draws} draws of them. Few-shot "
        f"prompts show the same examples, of the first {settings.shown} draws."
    )


def _notes(study: Study, asked: Asked, scores: pl.DataFrame) -> tuple[str, ...]:
    """What is true of all scores: what counts alike, what is left out, and how answers are read."""
    notes = [
        f"All cells (question x group) count alike; {_left_out(scores)}.",
        _parsed(study.elicit.parser, asked.extraction),
    ]
    if study.metric == BY_SCALE and scores[METRIC].n_unique() > 1:
        nominal = scores.filter(pl.col(METRIC) != ORDINAL)["question"].n_unique()
        notes.append(f"{nominal} nominal questions, which the paper has none of, are left out.")
    return tuple(notes)


def _left_out(scores: pl.DataFrame) -> str:
    """Which cells are no groups of one attribute, as `of_single_attributes` keeps them."""
    if not scores.filter(~HOLDS_OTHERS).is_empty():
        return "everybody and intersections of groups are left out"
    return "no group is of one attribute, so that everybody or intersections of groups are what is scored"


def _parsed(parser: str, extraction: pl.DataFrame) -> str:
    """How answers are read, and how many would be read otherwise."""
    answered = extraction["answered"].sum()
    if parser == "strict":
        return "Answers are read strictly: a list that is no distribution is not renormalised, as the paper does."
    renormalised = extraction["renormalised"].sum()
    return (
        f"Answers are read as the paper reads them: {renormalised:,} of {answered:,} readable ones are lists that the "
        "strict parser does not read, renormalised."
    )
