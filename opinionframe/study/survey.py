"""The survey a study names, cut to the groups and questions it keeps."""

from pathlib import Path

import polars as pl

from opinionframe.errors import FrameError, StudyError
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.demographic import attribute_of
from opinionframe.schemas.frames import HUMAN
from opinionframe.study.settings import DEFAULT_SURVEY, SurveySettings
from opinionframe.surveys import Survey, load
from opinionframe.surveys.groups import reworded


def study_survey(settings: SurveySettings) -> Survey:
    """Human rows and codebook of the study's survey, without the groups and questions it leaves out.

    Raises: StudyError where keys contradict each other, a file is missing, or nothing is left.
    """
    survey = _whole(settings)
    opinions = _kept(survey.opinions.filter(pl.col("source") == HUMAN), settings)
    codebook = survey.codebook.filter(pl.col("question").is_in(opinions["question"].implode()))
    return Survey(
        **{**vars(survey), "opinions": opinions, "codebook": codebook, "groups": _groups_of(survey, settings)}
    )


def _whole(settings: SurveySettings) -> Survey:
    given = [key for key in ("name", "opinions", "codebook") if getattr(settings, key) is not None]
    if given in ([], ["name"]):
        return load(settings.name or DEFAULT_SURVEY)
    if given != ["opinions", "codebook"]:
        raise StudyError(f"survey: give either name, or opinions and codebook; found {', '.join(given)}.")
    opinions, codebook = (_parquet(f"survey.{key}", getattr(settings, key)) for key in ("opinions", "codebook"))
    book = codebook_border(codebook)
    name = str(settings.opinions)
    return Survey(
        name=name,
        title=name,
        opinions=opinions_border(opinions, book).collect(),
        codebook=book,
        demographics=(),
        citation="",
        licence="",
        redistribution="",
        url="",
    )


def _groups_of(survey: Survey, settings: SurveySettings) -> pl.DataFrame:
    """The survey's Groups, in the words of the study's CSV where it names one. Raises: StudyError."""
    if settings.groups is None:
        return survey.groups
    try:
        return reworded(survey.groups, settings.groups)
    except FrameError as error:
        raise StudyError(f"survey.groups: {str(error).removeprefix('groups: ')}") from error


def _parquet(key: str, path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StudyError(f"{key}: {path} is not a readable Parquet file ({error}).") from error


def _kept(human: pl.DataFrame, settings: SurveySettings) -> pl.DataFrame:
    groups = _groups(human, settings.demographics)
    questions = _questions(human, settings.questions)
    return human.filter(pl.col("demographic").is_in(groups), pl.col("question").is_in(questions))


def _groups(human: pl.DataFrame, names: list[str] | None) -> list[str]:
    """The demographics that are, or whose attributes are, among `names`; all of them where there are no names."""
    groups = human["demographic"].unique().sort().to_list()
    if names is None:
        return groups
    attributes = {group: attribute_of(group) for group in groups}
    _refuse_unknown("survey.demographics", names, [*groups, *attributes.values()])
    return [group for group in groups if group in names or attributes[group] in names]


def _questions(human: pl.DataFrame, names: list[str] | None) -> list[str]:
    """The questions `names`; all of them where there are no names."""
    questions = human["question"].unique().to_list()
    if names is None:
        return questions
    _refuse_unknown("survey.questions", names, questions)
    return names


def _refuse_unknown(key: str, wanted: list[str], known: list[str]) -> None:
    if unknown := [name for name in wanted if name not in known]:
        allowed = ", ".join(sorted({name for name in known if name})[:20])
        raise StudyError(f"{key}: {unknown} not in the survey. It has, among others: {allowed}.")
