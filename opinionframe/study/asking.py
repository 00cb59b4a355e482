"""What a study asks: prompts per model, their cost before anything is paid, and the answers."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import polars as pl

from opinionframe.calibration import deal_folds
from opinionframe.elicitation import Model
from opinionframe.elicitation import Progress as AnswerProgress
from opinionframe.elicitation.asked_cells import asked_cells
from opinionframe.elicitation.dry_run import request_counts
from opinionframe.elicitation.elicit import append_answers
from opinionframe.elicitation.extraction import extraction_rows
from opinionframe.elicitation.models.local.files import find_model
from opinionframe.elicitation.prompting.prompt_settings import PromptSettings, prompt_settings
from opinionframe.elicitation.prompting.prompts import prompt_rows
from opinionframe.elicitation.requests import Ceilings, checked_ceilings
from opinionframe.errors import MissingPackageError, ModelError, OptionError
from opinionframe.reporting.prompt_examples import prompt_examples
from opinionframe.schemas.datasets import DATASET, datasets, has_several, names_datasets
from opinionframe.study.model_settings import ModelSettings
from opinionframe.study.models import load_model, model_name
from opinionframe.study.paper_examples import shown_examples
from opinionframe.study.preflight import refuse_unworkable
from opinionframe.study.progress import Progress
from opinionframe.study.readable import Readable
from opinionframe.study.settings import Study
from opinionframe.study.survey import asked_survey
from opinionframe.surveys import Survey

_ASKED = ("prompt", "variant", "elicitation")
"""How a prompt is asked."""


@dataclass(frozen=True)
class Asked:
    """What came of asking: Opinions of humans and models, the extraction of every source, and Prompts, each text once.

    `prompts` are those of the first model that was asked so; the others read the same. `examples` has one of each kind
    with the answer of every model.
    """

    opinions: pl.DataFrame
    extraction: pl.DataFrame
    prompts: pl.DataFrame
    examples: pl.DataFrame


def elicited(study: Study, survey: Survey, models: list[tuple[ModelSettings, Model]], tell: Progress) -> Asked:
    """The survey's human rows with every model's answers appended. Talks to the models; answers are journaled."""
    opinions = survey.opinions
    cells = asked_cells(opinions, survey.codebook)
    readable = Readable(tell, journal_folder(study))
    book = survey.codebook if names_datasets(survey.codebook) else None
    extracted: list[pl.DataFrame] = []
    prompts: list[pl.DataFrame] = []
    examples: list[pl.DataFrame] = []

    def keep(name: str, answers: pl.DataFrame, asked: pl.DataFrame) -> None:
        readable.add(name, answers, asked)
        extracted.append(extraction_rows(answers, asked, book))
        examples.append(prompt_examples(answers, asked))
        known = [part.select(_ASKED).unique() for part in prompts]
        prompts.append(asked.join(pl.concat(known), on=_ASKED, how="anti") if known else asked)

    for settings, model in models:
        opinions = opinions.pipe(
            append_answers,
            survey.codebook,
            cells,
            model,
            _prompt_settings(study, survey, settings),
            draws=study.elicit.draws,
            max_tokens=max_tokens(study, settings),
            temperature=study.elicit.temperature,
            parser=study.elicit.parser,
            journal=journal_folder(study),
            seed=study.seed,
            progress=partial(_tell_answers, tell, model.name, settings.prices),
            on_answers=partial(keep, model.name),
        )
    readable.refuse_none()
    return Asked(opinions, pl.concat(extracted), pl.concat(prompts), pl.concat(examples))


def journal_folder(study: Study) -> Path:
    """Where the study's answers are kept."""
    return study.elicit.journal or study.output / "journal"


def max_tokens(study: Study, settings: ModelSettings) -> Ceilings:
    """The ceilings of tokens of one model's answers: its own, then the study's."""
    own, shared = settings.max_tokens, study.elicit.max_tokens
    if isinstance(own, dict):
        return {**checked_ceilings(shared), **own}
    return shared if own is None else own


def plan_study(study: Study) -> pl.DataFrame:
    """What the study would ask, in calls, tokens and cost as ranges, without what is on record; no model is called.

    Returns: `model`, then the columns of `dry_run`, one row per model, elicitation, prompt and variant; with several
        surveys per dataset too, with `dataset` in front. A text that two of them ask is counted in both.
    """
    survey = asked_survey(study.survey)
    refuse_unworkable(study, survey)
    cells = asked_cells(survey.opinions, survey.codebook)
    plans = []
    for settings in study.model:
        prompts = prompt_rows(survey.opinions, survey.codebook, cells, _prompt_settings(study, survey, settings))
        model = _planned_model(study, settings)
        for dataset, part in _by_dataset(prompts, survey.codebook):
            counts = request_counts(
                part,
                model=model,
                journal=journal_folder(study),
                prices=settings.prices,
                draws=study.elicit.draws,
                max_tokens=max_tokens(study, settings),
                temperature=study.elicit.temperature,
                seed=study.seed,
            )
            plans.append(counts.select(*dataset, pl.lit(model_name(settings)).alias("model"), pl.all()))
    return pl.concat(plans)


def study_prompts(study: Study) -> pl.DataFrame:
    """The Prompts that the study's models are asked, each once. No model is called. Raises: StudyError."""
    survey = asked_survey(study.survey)
    refuse_unworkable(study, survey)
    cells = asked_cells(survey.opinions, survey.codebook)
    asked = [
        prompt_rows(survey.opinions, survey.codebook, cells, _prompt_settings(study, survey, settings))
        for settings in study.model
    ]
    return pl.concat(asked).unique("prompt_id", maintain_order=True)


def _by_dataset(prompts: pl.DataFrame, codebook: pl.DataFrame) -> list[tuple[list[pl.Expr], pl.DataFrame]]:
    """The prompts of each dataset, with its name as a column; all of them, without one, where there are no several."""
    if not has_several(codebook):
        return [([], prompts)]
    named = prompts.join(datasets(codebook).collect(), on="question", how="left", maintain_order="left")
    parts = named.sort(DATASET, maintain_order=True).partition_by(DATASET, maintain_order=True)
    return [([pl.lit(part[DATASET][0], pl.String).alias(DATASET)], part.drop(DATASET)) for part in parts]


def _planned_model(study: Study, settings: ModelSettings) -> Model | None:
    """The model, which knows whether it thinks and what it has on record; None where there is no such model here.

    Nor for one whose weights would have to be loaded to tell, or that has to be made while nothing is on record.
    """
    has_journal = any(journal_folder(study).glob("answers-*.jsonl"))
    try:
        if settings.kind == "local" and find_model(settings.name).revision is None:
            return None
        return load_model(settings, study.seed) if has_journal or settings.kind in ("api", "fake") else None
    except (MissingPackageError, ModelError, OptionError):
        return None


def _prompt_settings(study: Study, survey: Survey, settings: ModelSettings) -> PromptSettings:
    """How one model is asked; few-shot examples are those of `[paper]`, or of the training folds."""
    calibration = study.calibrate
    folds, examples = None, None
    variants = settings.variant or study.elicit.variant
    if "few_shot" in variants:
        examples = shown_examples(study, survey)
        if examples is None:
            folds = deal_folds(survey.opinions, survey.codebook, calibration.split, calibration.folds, study.seed)
    return prompt_settings(
        elicitation=settings.elicitation or study.elicit.elicitation,
        prompt=study.elicit.prompt,
        variant=variants,
        orders=study.elicit.orders,
        wording=study.elicit.wording,
        folds=folds,
        examples=examples,
        seed=study.seed,
        groups=survey.groups,
    )


def _tell_answers(tell: Progress, name: str, prices: tuple[float, float] | None, answers: AnswerProgress) -> None:
    rate = f"{answers.rate:.1f}/s" if answers.rate else ""
    cost = f", cost {answers.cost(prices):,.2f}" if prices else ""
    tell(f"asking {name}", answers.done, answers.total, rate + cost)
