"""Every figure refuses a broken frame with an error of this package."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe import figures
from opinionframe.errors import OpinionFrameError

NAMES = ("question", "demographic", "choice", "source", "prob", "alignment", "baseline", "ceiling", "dataset")
NAMES += ("extracted", "claim", "kind", "n_train", "mse", "share", "option", "cell_id", "label")
JUNK = {
    "nothing": None,
    "no frame": {"question": ["q"]},
    "other columns": pl.DataFrame({"x": [1]}),
    "other columns, lazy": pl.LazyFrame({"x": [1]}),
    "empty": pl.DataFrame(),
    "text for numbers": pl.DataFrame({key: ["a", "b"] for key in NAMES}),
    "numbers for text": pl.DataFrame({key: [1, 2] for key in NAMES}),
    "nulls": pl.DataFrame({key: [None, None] for key in NAMES}),
}
SURVEY = of.load("gss2018")

FIGURES = {
    "spread": figures.spread,
    "stages": lambda frame: figures.stages(frame, ["m"]),
    "learning": lambda frame: figures.learning(frame, line="label"),
    "forest": figures.forest,
    "cell": lambda frame: figures.cell(frame, SURVEY.codebook, "natspac", source="uniform"),
}


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("figure", FIGURES)
def test_a_broken_frame_is_refused_in_words(figure, junk) -> None:
    with pytest.raises(OpinionFrameError):
        FIGURES[figure](JUNK[junk])
