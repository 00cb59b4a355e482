"""Licences of published frames: a survey and frames go in; the licence that its terms allow comes out."""

from __future__ import annotations

import polars as pl

from opinionframe.errors import OptionError
from opinionframe.schemas.frames import HUMAN
from opinionframe.surveys import Survey, available
from opinionframe.surveys.survey import JOINED

LICENCES = {"gss2018": "other", "wgm2018": "cc-by-4.0", "globalopinionqa": "cc-by-nc-sa-4.0"}
"""Surveys whose group shares may be passed on with their citation, by the licence of a dataset made from them."""

IDENTIFYING = ("respondent", "respondent_id", "caseid", "case_id")
"""Columns that would make a frame one of respondents, which is never published."""


def publishable(survey: Survey | None, licence: str | None, frames: dict[str, pl.DataFrame]) -> str:
    """The licence under which `frames` may be published.

    Raises: OptionError where no terms are known, or they forbid what `frames` hold.
    """
    if survey is None:
        raise OptionError("repo= publishes a survey's answers, so name it: export(…, survey=of.load(…), repo=…).")
    respondents = [name for name, frame in frames.items() if set(frame.columns) & set(IDENTIFYING)]
    if respondents:
        raise OptionError(f"Frames of respondents are not published: {', '.join(respondents)}. Leave them out.")
    if JOINED in survey.name:
        return _publishable_parts(survey.name.split(JOINED), licence, frames)
    is_registered = survey.name in available()["name"]
    terms = LICENCES.get(survey.name) if is_registered else licence
    if terms is not None:
        return terms
    if not is_registered:
        raise OptionError(
            f"The terms of {survey.name!r} are not known here. State its licence, as in licence='cc-by-4.0'."
        )
    with_human = [name for name, frame in frames.items() if _holds_human(frame)]
    if with_human:
        raise OptionError(
            f"{survey.title} may not be passed on ({survey.redistribution or survey.licence}) "
            f"and its human rows are in {', '.join(with_human)}. Drop them with .filter(pl.col('source') != 'human'), "
            "or publish the scores alone."
        )
    return licence or "other"


def _publishable_parts(names: list[str], licence: str | None, frames: dict[str, pl.DataFrame]) -> str:
    """The licence of frames of surveys that were combined: what one of them forbids is forbidden.

    Raises: OptionError.
    """
    registered = available()["name"]
    forbidding = [name for name in names if name in registered and name not in LICENCES]
    with_human = [name for name, frame in frames.items() if _holds_human(frame)]
    if forbidding and with_human:
        raise OptionError(
            f"{', '.join(forbidding)} may not be passed on, and human rows are in {', '.join(with_human)}. Drop them "
            "with .filter(pl.col('source') != 'human'), or publish the scores alone."
        )
    unknown = [name for name in names if name not in registered]
    if unknown and licence is None:
        raise OptionError(
            f"The terms of {unknown[0]!r} are not known here. State a licence, as in licence='cc-by-4.0'."
        )
    terms = {LICENCES.get(name, "other") for name in names if name in registered} | ({licence} if licence else set())
    return terms.pop() if len(terms) == 1 else "other"


def _holds_human(frame: pl.DataFrame) -> bool:
    return {"source", "prob"} <= set(frame.columns) and bool((frame["source"] == HUMAN).any())
