"""Every table refuses a broken frame with an error of this package."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe import tables
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

TABLES = {
    "alignment": tables.alignment,
    "settings": tables.settings,
    "triples": tables.triples,
    "demographics": tables.demographics,
    "degraded": lambda frame: tables.degraded(frame, full="a", few="b"),
    "extraction": tables.extraction,
    "datasets": lambda frame: tables.datasets(frame, SURVEY.opinions),
    "prompts": tables.prompts,
    "audit": tables.audit,
}


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("table", TABLES)
def test_a_broken_frame_is_refused_in_words(table, junk) -> None:
    with pytest.raises(OpinionFrameError):
        TABLES[table](JUNK[junk])
