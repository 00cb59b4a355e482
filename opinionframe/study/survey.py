"""The survey a study names, cut to the groups and questions it keeps."""

from pathlib import Path

import polars as pl

from opinionframe.errors import StudyError
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.demographic import attribute_of
from opinionframe.schemas.frames import HUMAN
from opinionframe.study.settings import DEFAULT_SURVEY, SurveySettings
from opinionframe.surveys import Survey, load


def study_survey(settings: SurveySettings) -> Survey:
    """Human rows and codebook of the study's survey, without the groups and questions it leaves out.

    Raises: StudyError where keys contradict each other, a file is missing, or nothing is left.
    """
    survey = _whole(settings)
    opinions = _kept(survey.opinions.filter(pl.col("source") == HUMAN), settings)
    codebook = survey.codebook.filter(pl.col("question").is_in(opinions["question"].implode()))
    return Survey(**{**vars(survey), "opinions": opinions, "codebook": codebook})


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


def _parquet(key: str, path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise StudyError(f"{key}: {path} is not a readable Parquet file ({error}).") from error


def _kept(human: pl.DataFrame, settings: SurveySettings) -> pl.DataFrame:
    kept = human
    if settings.demographics is not None:
        kept = kept.filter(pl.col("demographic").is_in(_groups(human, settings.demographics)))
    if settings.questions is not None:
        _refuse_unknown("survey.questions", settings.questions, human["question"].unique().to_list())
        kept = kept.filter(pl.col("question").is_in(settings.questions))
    return kept


def _groups(human: pl.DataFrame, wanted: list[str]) -> list[str]:
    """The demographics that are, or whose attributes are, among `wanted`."""
    known = human["demographic"].unique().sort().to_list()
    names = {group: attribute_of(group) for group in known}
    _refuse_unknown("survey.demographics", wanted, [*known, *names.values()])
    return [group for group in known if group in wanted or names[group] in wanted]


def _refuse_unknown(key: str, wanted: list[str], known: list[str]) -> None:
    if unknown := [name for name in wanted if name not in known]:
        allowed = ", ".join(sorted({name for name in known if name})[:20])
        raise StudyError(f"{key}: {unknown} not in the survey. It has, among others: {allowed}.")
