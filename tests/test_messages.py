"""Messages count one thing in the singular and several in the plural, and leave alone what they quote."""

import pickle

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FetchError, FrameError, OpinionFrameWarning, OptionError, in_singular


@pytest.fixture(scope="module")
def survey():
    return of.load("gss2018")


@pytest.mark.parametrize(("count", "said"), [(1, "1 cell has no reference"), (2, "2 cells have no reference")])
def test_cells_without_a_reference(survey, count, said):
    people = survey.opinions.filter(demographic="sex=Female")
    model = people.with_columns(source=pl.lit("m"))
    lost = people.select("question").unique().sort("question").head(count)
    rows = pl.concat([people.join(lost, on="question", how="anti"), model])
    with pytest.raises(FrameError, match=said):
        of.align(rows, survey.codebook)
    with pytest.warns(OpinionFrameWarning, match=said):
        of.align(rows, survey.codebook, missing="drop")


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"position": pl.lit("x")}, "1 column of the wrong type: position"),
        (
            {"position": pl.lit("x"), "choice": pl.lit("y")},
            "2 columns of the wrong type: choice .*; position",
        ),
    ],
)
def test_columns_of_the_wrong_type(survey, columns, said):
    with pytest.raises(FrameError, match=said):
        of.align(survey.opinions, survey.codebook.with_columns(**columns))


def test_names_that_are_none(survey):
    with pytest.raises(OptionError, match="by names 1 column that cannot group"):
        of.summarize(survey.opinions.pipe(of.baselines, survey.codebook).pipe(of.align, survey.codebook), by="wave")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("1 labels are no numbers", "1 label is no number"),
        ("24 answers to 1 questions are not choices", "24 answers to 1 question are not choices"),
        ("1 answers to 24 questions are not choices", "1 answer to 24 questions is not a choice"),
        ("1 values of 1 columns are codes", "1 value of 1 column is a code"),
        ("1 datasets of 'all 1 rows' have one fold", "1 dataset of 'all 1 rows' has one fold"),
        ("1 people are in 1 strata, and 1 are not", "1 person is in 1 stratum, and 1 is not"),
        ("the 1 cells that 2 sources have", "the 1 cell that 2 sources have"),
    ],
)
def test_nouns_verbs_and_what_they_say(written, said):
    assert in_singular(written) == said
    assert in_singular(said) == said


@pytest.mark.parametrize(
    "message",
    [
        "0 of 1 cells can be compared",
        "0 to 1 cells per model",
        "1,001 rows are lost",
        "fewer than n=1 cells",
        "11 rows are lost",
        "0.1 points are lost",
        "fold 1 cells",
        "the label '1 rows are'",
        "1 question lists its labels, and 1 label names two",
        "probabilities that sum to 1",
    ],
)
def test_what_is_not_one_thing_stays(message):
    assert in_singular(message) == message


def test_an_error_travels_between_processes():
    error = pickle.loads(pickle.dumps(FetchError("1 files are missing")))
    assert str(error) == "1 file is missing"
