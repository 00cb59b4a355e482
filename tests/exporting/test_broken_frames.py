"""Every way in and out refuses a broken frame with an error of this package."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import OpinionFrameError
from opinionframe.exporting import explain, export, from_popfidelity, from_wide

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

WAYS = {
    "explain": lambda frame: explain(frame, SURVEY.opinions, "uniform"),
    "from_popfidelity": lambda frame: from_popfidelity(frame, {"q": ["a", "b"]}),
    "from_wide": lambda frame: from_wide(frame, SURVEY.codebook),
}


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("way", WAYS)
def test_a_broken_frame_is_refused_in_words(way, junk) -> None:
    with pytest.raises(OpinionFrameError):
        WAYS[way](JUNK[junk])


@pytest.mark.parametrize("junk", ["nothing", "no frame"])
def test_what_is_no_frame_is_not_exported(tmp_path, junk) -> None:
    with pytest.raises(OpinionFrameError):
        export(tmp_path, rows=JUNK[junk])
