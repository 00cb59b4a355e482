"""The examples of a study of the paper: those that calibration by few learns from, and few-shot prompts show."""

import polars as pl

from opinionframe.diagnosis import draw_examples
from opinionframe.errors import OpinionFrameError, StudyError
from opinionframe.schemas.demographic import HOLDS_OTHERS
from opinionframe.study.settings import Study
from opinionframe.surveys import Survey

SPLITS = ("question", "row")
"""What examples can be held out with."""


def of_single_attributes(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of groups of one attribute, neither `all` nor intersections; all of them where there are none."""
    single = rows.filter(~HOLDS_OTHERS)
    return rows if single.is_empty() else single


def paper_examples(study: Study, survey: Survey) -> pl.DataFrame | None:
    """The examples of each draw; None where the study takes none.

    Raises: StudyError, where a survey has too few cells.
    """
    if study.paper is None or not study.paper.few:
        return None
    try:
        return draw_examples(
            of_single_attributes(survey.opinions),
            survey.codebook,
            n=study.paper.few,
            draws=study.paper.draws,
            split=study.calibrate.split if study.calibrate.split in SPLITS else "question",
            seed=study.seed,
        )
    except OpinionFrameError as error:
        raise StudyError(f"paper.few: {error} 0 leaves it out.") from error


def shown_examples(study: Study, survey: Survey) -> pl.DataFrame | None:
    """Those of the draws that few-shot prompts show."""
    drawn = paper_examples(study, survey)
    return None if drawn is None or study.paper is None else drawn.filter(pl.col("draw") <= study.paper.shown)
