"""Whether a survey's terms let its human shares be published, and under which licence."""

from __future__ import annotations

import polars as pl

from opinionframe.errors import OptionError
from opinionframe.schemas.frames import HUMAN
from opinionframe.surveys import Survey, available

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
    known = survey.name in available()["name"]
    allowed = LICENCES.get(survey.name) if known else licence
    if allowed is not None:
        return allowed
    if not known:
        raise OptionError(
            f"The terms of {survey.name!r} are not known here. State its licence, as in licence='cc-by-4.0'."
        )
    held = [name for name, frame in frames.items() if _holds_human(frame)]
    if held:
        raise OptionError(
            f"{survey.title} may not be passed on ({survey.redistribution or survey.licence}) "
            f"and its human rows are in {', '.join(held)}. Drop them with .filter(pl.col('source') != 'human'), "
            "or publish the scores alone."
        )
    return licence or "other"


def _holds_human(frame: pl.DataFrame) -> bool:
    return {"source", "prob"} <= set(frame.columns) and bool((frame["source"] == HUMAN).any())
