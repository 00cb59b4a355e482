"""What a study asks: prompts per model, their cost before anything is paid, and the answers."""

from functools import partial
from typing import Any

import polars as pl

from opinionframe.calibration import deal_folds
from opinionframe.elicitation import Model, dry_run, elicit, prompts
from opinionframe.elicitation import Progress as Asked
from opinionframe.study.models import model_name
from opinionframe.study.preflight import refuse_unworkable
from opinionframe.study.progress import Progress
from opinionframe.study.settings import ModelSettings, Study
from opinionframe.study.survey import study_survey
from opinionframe.surveys import Survey


def elicited(study: Study, survey: Survey, models: list[tuple[ModelSettings, Model]], tell: Progress) -> pl.DataFrame:
    """The survey's human rows with every model's answers appended. Talks to the models; answers are journaled."""
    opinions = survey.opinions
    for settings, model in models:
        opinions = elicit(
            opinions,
            survey.codebook,
            model,
            cells=survey.opinions,
            draws=study.elicit.draws,
            journal=study.elicit.journal or study.output / "journal",
            seed=study.seed,
            progress=partial(_asking, tell, model.name, settings.prices),
            **_wanted(study, survey, settings),
        )
    return opinions


def plan_study(study: Study) -> pl.DataFrame:
    """What the study would ask, in calls, tokens and cost as ranges; no model is loaded or called.

    Returns: `model`, then the columns of `dry_run`, one row per model, elicitation, prompt and variant.
    """
    survey = study_survey(study.survey)
    refuse_unworkable(study, survey)
    plans = []
    for settings in study.model:
        wanted = prompts(survey.opinions, survey.codebook, seed=study.seed, **_wanted(study, survey, settings))
        plan = dry_run(wanted, prices=settings.prices, draws=study.elicit.draws, seed=study.seed)
        plans.append(plan.select(pl.lit(model_name(settings)).alias("model"), pl.all()))
    return pl.concat(plans)


def _wanted(study: Study, survey: Survey, settings: ModelSettings) -> dict[str, Any]:
    """The keywords that `prompts` and `elicit` share; few-shot examples keep to the training folds."""
    keys = study.calibrate
    folds = None
    if "few_shot" in study.elicit.variant:
        folds = deal_folds(survey.opinions, survey.codebook, keys.split, keys.folds, study.seed)
    return {
        "elicitation": settings.elicitation or study.elicit.elicitation,
        "prompt": study.elicit.prompt,
        "variant": study.elicit.variant,
        "orders": study.elicit.orders,
        "wording": study.elicit.wording,
        "folds": folds,
    }


def _asking(tell: Progress, name: str, prices: tuple[float, float] | None, answers: Asked) -> None:
    rate = f"{answers.rate:.1f}/s" if answers.rate else ""
    cost = f", cost {answers.cost(prices):,.2f}" if prices else ""
    tell(f"asking {name}", answers.done, answers.total, rate + cost)
