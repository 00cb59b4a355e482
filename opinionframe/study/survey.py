"""The surveys a study names, cut to the groups and questions it keeps, as one."""

from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl

from opinionframe.errors import FrameError, OpinionFrameError, StudyError
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.demographic import attribute_of
from opinionframe.schemas.frames import HUMAN
from opinionframe.study.settings import DEFAULT_SURVEY, SurveySettings
from opinionframe.surveys import Survey, combine, load, read_opinionqa, read_wgm, read_wvs
from opinionframe.surveys.groups import reworded

FILES = ("opinions", "codebook")
RAW = ("reader", "path")
READERS: dict[str, Callable[[str], Survey]] = {"wgm": read_wgm, "opinionqa": read_opinionqa, "wvs": read_wvs}


def asked_survey(surveys: Sequence[SurveySettings]) -> Survey:
    """The one survey of a study, or its several combined, each without the groups and questions it leaves out.

    Raises: StudyError, as `study_survey`, and where surveys cannot be told apart.
    """
    return combined(survey_parts(surveys))


def survey_parts(surveys: Sequence[SurveySettings]) -> list[Survey]:
    """Each survey of a study by itself. Raises: StudyError, as `study_survey`."""
    if len(surveys) == 1:
        return [study_survey(surveys[0])]
    return [study_survey(settings, f"survey[{number}]") for number, settings in enumerate(surveys)]


def combined(parts: Sequence[Survey]) -> Survey:
    """The one survey, or several as one. Raises: StudyError where they cannot be told apart."""
    if len(parts) == 1:
        return parts[0]
    try:
        return combine(parts)
    except OpinionFrameError as error:
        raise StudyError(f"survey: {error}") from error


def study_survey(settings: SurveySettings, key: str = "survey") -> Survey:
    """Human rows and codebook of a survey, `key` in the study's file, without the groups and questions it leaves out.

    Raises: StudyError where keys contradict each other, a file is missing, or nothing is left.
    """
    survey = _whole(settings, key)
    opinions = _kept(survey.opinions.filter(pl.col("source") == HUMAN), settings, key)
    codebook = survey.codebook.filter(pl.col("question").is_in(opinions["question"].implode()))
    if settings.featured is not None:
        attributes = [attribute_of(group) for group in opinions["demographic"].unique().sort()]
        _refuse_unknown(f"{key}.featured", [settings.featured], attributes)
    return Survey(
        **{**vars(survey), "opinions": opinions, "codebook": codebook, "groups": _groups_of(survey, settings, key)}
    )


def _whole(settings: SurveySettings, key: str) -> Survey:
    given = [name for name in ("name", *RAW, *FILES) if getattr(settings, name) is not None]
    if given in ([], ["name"]):
        return load(settings.name or DEFAULT_SURVEY)
    if given == [*RAW]:
        return _read(settings, key)
    if {*given} - {"name"} != {*FILES}:
        raise StudyError(
            f"{key}: give either name, or opinions and codebook, or reader and path; found {', '.join(given)}."
        )
    opinions, codebook = (_parquet(f"{key}.{name}", getattr(settings, name)) for name in FILES)
    book = codebook_border(codebook)
    name = settings.name or str(settings.opinions)
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


def _read(settings: SurveySettings, key: str) -> Survey:
    """The survey that its reader reads from its own files. Raises: StudyError."""
    try:
        return READERS[str(settings.reader)](str(settings.path))
    except (OpinionFrameError, OSError) as error:
        raise StudyError(f"{key}.path: {error}") from error


def _groups_of(survey: Survey, settings: SurveySettings, key: str) -> pl.DataFrame:
    """The survey's Groups, in the words of the study's CSV where it names one. Raises: StudyError."""
    if settings.groups is None:
        return survey.groups
    try:
        return reworded(survey.groups, settings.groups)
    except FrameError as error:
        raise StudyError(f"{key}.groups: {str(error).removeprefix('groups: ')}") from error


def _parquet(key: str, path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StudyError(f"{key}: {path} is not a readable Parquet file ({error}).") from error


def _kept(human: pl.DataFrame, settings: SurveySettings, key: str) -> pl.DataFrame:
    groups = _groups(human, settings.demographics, key)
    questions = _questions(human, settings.questions, key)
    return human.filter(pl.col("demographic").is_in(groups), pl.col("question").is_in(questions))


def _groups(human: pl.DataFrame, names: list[str] | None, key: str) -> list[str]:
    """The demographics that are, or whose attributes are, among `names`; all of them where there are no names."""
    groups = human["demographic"].unique().sort().to_list()
    if names is None:
        return groups
    attributes = {group: attribute_of(group) for group in groups}
    _refuse_unknown(f"{key}.demographics", names, [*groups, *attributes.values()])
    return [group for group in groups if group in names or attributes[group] in names]


def _questions(human: pl.DataFrame, names: list[str] | None, key: str) -> list[str]:
    """The questions `names`; all of them where there are no names."""
    questions = human["question"].unique().to_list()
    if names is None:
        return questions
    _refuse_unknown(f"{key}.questions", names, questions)
    return names


def _refuse_unknown(key: str, wanted: list[str], known: list[str]) -> None:
    if unknown := [name for name in wanted if name not in known]:
        allowed = ", ".join(sorted({name for name in known if name})[:20])
        raise StudyError(f"{key}: {unknown} not in the survey. It has, among others: {allowed}.")
