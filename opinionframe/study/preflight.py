"""What a study asks for beyond its types, checked before any model is loaded or asked."""

from collections.abc import Collection, Sequence

import polars as pl

from opinionframe.calibration import BASELINES, calibrators, deal_folds
from opinionframe.calibration.methods.registry import NO_MODEL, calibrators_of, refuse_unordered
from opinionframe.calibration.supervision import fit_keys
from opinionframe.divergence import BY_SCALE, METRICS, ON_DISTRIBUTION_FUNCTIONS
from opinionframe.elicitation import Model
from opinionframe.elicitation.prompting.prompt_settings import prompt_settings
from opinionframe.elicitation.requests import checked_draws, checked_temperatures
from opinionframe.errors import FrameError, OptionError, StudyError, examples
from opinionframe.inference.adjustment import ADJUSTMENTS, MAX_T
from opinionframe.inference.pairs import NAMED, SWAPS
from opinionframe.schemas import Opinions
from opinionframe.schemas.datasets import DATASET, datasets, has_several
from opinionframe.schemas.frames import OPTIONAL
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.secret_shapes import secret_place
from opinionframe.study.paper_preflight import refuse_unpaperly
from opinionframe.study.settings import CalibrateSettings, CompareSettings, Study
from opinionframe.surveys import Survey


def refuse_unworkable(study: Study, survey: Survey) -> None:
    """Refuse settings that would only fail once every answer is in.

    Raises: StudyError, naming the key.
    """
    _refuse_secrets(study)
    _refuse_unwritable(study)
    _refuse_unaskable(study)
    _among("calibrate.method", study.calibrate.method, calibrators()["name"].to_list())
    _refuse_undiagnosed(study.calibrate.method)
    _among("metric", [study.metric], (BY_SCALE, *METRICS))
    _refuse_nominal(study, survey)
    _refuse_undealt(study.calibrate, survey, study.seed)
    _among("compare.adjust", [study.compare.adjust], ADJUSTMENTS)
    _among("compare.pair", study.compare.pair, {*NAMED, *BASELINES})
    _refuse_unclusterable(study.compare, survey)
    _refuse_lonely_pairs(study)
    _among("calibrate.variant", study.calibrate.variant or [], _variants(study))
    refuse_unpaperly(study, survey)


def _refuse_secrets(study: Study) -> None:
    """What looks like a key would keep the report's manifest from being written, once all is paid for."""
    if place := secret_place(study.model_dump(mode="json")):
        raise StudyError(
            f"{place} looks like a key or token, and the report's manifest holds the whole study. Put it into the "
            "environment, or name the key otherwise."
        )


def refuse_namesakes(models: Sequence[Model]) -> None:
    """Refuse two models of one name, whose answers could not be told apart.

    Raises: StudyError.
    """
    names = [model.name for model in models]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise StudyError(f"model: {len(twice)} names stand for several models, e.g. {twice[0]!r}. Keep one of each.")


def _among(key: str, values: Sequence[str], allowed: Collection[str]) -> None:
    if unknown := [value for value in values if value not in allowed]:
        raise StudyError(f"{key}: {unknown[0]!r} is not known. Allowed: {', '.join(sorted(allowed))}.")


def _refuse_unwritable(study: Study) -> None:
    folders = {"output": study.output, "elicit.journal": study.elicit.journal}
    for key, folder in folders.items():
        if folder is not None and folder.exists() and not folder.is_dir():
            raise StudyError(f"{key}: {str(folder)!r} is a file. Name a folder, which is made if it is not there.")


def _refuse_unaskable(study: Study) -> None:
    """How each model is asked: what the last one cannot be asked is known before the first one is."""
    elicit = study.elicit
    for number, model in enumerate(study.model):
        try:
            prompt_settings(
                elicitation=model.elicitation or elicit.elicitation,
                prompt=elicit.prompt,
                variant=model.variant or elicit.variant,
                wording=elicit.wording,
                seed=study.seed,
            )
        except OptionError as error:
            own = [f"model[{number}].{name}" for name in ("elicitation", "variant") if getattr(model, name) is not None]
            key = ", ".join([*own, "elicit"][:2])
            raise StudyError(f"{key}: {error}") from error
    try:
        checked_draws(elicit.draws)
    except OptionError as error:
        raise StudyError(f"elicit.draws: {error}") from error
    try:
        checked_temperatures(elicit.temperature)
    except OptionError as error:
        raise StudyError(f"elicit.temperature: {error}") from error


def _refuse_undiagnosed(methods: Sequence[str]) -> None:
    """Methods are named once, and one of them at least has something to be measured against."""
    if repeated := sorted({name for name in methods if methods.count(name) > 1}):
        raise StudyError(f"calibrate.method: {repeated[0]!r} stands there more than once. Name each once.")
    if set(methods) == {NO_MODEL}:
        raise StudyError(f"calibrate.method: {NO_MODEL!r} is what others are measured against. Name one beside it.")


def _refuse_nominal(study: Study, survey: Survey) -> None:
    """Nominal questions have neither the order that some metrics need, nor that which some calibrators read."""
    nominal = survey.codebook.filter(scale="nominal").select("question").unique().sort("question")
    if nominal.height and study.metric in ON_DISTRIBUTION_FUNCTIONS:
        raise StudyError(
            f"metric: {study.metric!r} needs an order, and {nominal.height} of survey.questions are nominal, e.g. "
            f"{examples(nominal.rows())}. Leave it out, which scores each question by its scale, or name the others in "
            "survey.questions."
        )
    try:
        refuse_unordered(calibrators_of(study.calibrate.method), survey.opinions["question"], survey.codebook)
    except FrameError as error:
        raise StudyError(f"calibrate.method: {error}") from error


def _refuse_undealt(settings: CalibrateSettings, survey: Survey, seed: int) -> None:
    try:
        dealt = deal_folds(survey.opinions, survey.codebook, settings.split, settings.folds, seed)
    except OptionError as error:
        raise StudyError(f"calibrate.split, calibrate.folds: {error}") from error
    if DATASET not in fit_keys(None, survey.codebook, settings.split):
        return
    folds = (
        dealt.join(datasets(survey.codebook).collect(), on="question").group_by(DATASET).agg(pl.col("fold").n_unique())
    )
    if lone := folds.filter(pl.col("fold") < 2).select(DATASET).sort(DATASET).rows():
        raise StudyError(
            f"calibrate.split, calibrate.folds: {len(lone)} datasets have all their questions in one fold, e.g. "
            f"{examples(lone)}, which leaves nothing to learn from. Ask more of them, use more folds, or "
            "leave them out."
        )


def _refuse_unclusterable(settings: CompareSettings, survey: Survey) -> None:
    """Clusters are one or two columns of the scores: one where signs flip, whole questions where these count alike."""
    own = set(survey.opinions.columns) - {*Opinions.column_names(), *OPTIONAL}
    apart = {DATASET} if has_several(survey.codebook) else set()
    _among("compare.cluster", settings.cluster, {*GROUP, *own} - apart)
    if not 1 <= len(set(settings.cluster)) == len(settings.cluster) <= 2:
        raise StudyError(f"compare.cluster: {settings.cluster} must name one column, or two different ones.")
    for name in settings.cluster:
        if lacking := survey.opinions[name].null_count():
            raise StudyError(f"compare.cluster: {lacking} rows of survey.opinions have no {name!r}. Fill the column.")
    if settings.adjust == MAX_T and len(settings.cluster) > 1:
        raise StudyError(f"compare.adjust: {MAX_T!r} takes one column in compare.cluster. Take 'bonferroni' or 'holm'.")
    for name in settings.cluster if settings.weight == "question" else ():
        if survey.opinions.group_by("question").agg(differs=pl.col(name).n_unique() > 1)["differs"].any():
            raise StudyError(
                f"compare.weight: 'question' gives each question one value, which cannot be clustered by {name}. Take "
                'cluster = "question", or weight = "group".'
            )


def _variants(study: Study) -> list[str]:
    """The variants that some model is asked with."""
    return sorted({variant for model in study.model for variant in model.variant or study.elicit.variant})


def _refuse_lonely_pairs(study: Study) -> None:
    """A pair such as `base-sd` needs both of its prompts asked."""
    asked: dict[str, Sequence[str]] = {"prompt": study.elicit.prompt, "variant": _variants(study)}
    for pair in (name for name in study.compare.pair if name in SWAPS):
        part, *values = SWAPS[pair]
        if lacking := [value for value in values if value not in asked[part]]:
            raise StudyError(f"compare.pair: {pair!r} needs {lacking[0]!r} in elicit.{part}, which asks {asked[part]}.")
