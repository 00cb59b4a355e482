"""`recode`: which code is which choice, question by question, and the slips that it notices."""

import datetime as dt
import math
import warnings

import numpy as np
import polars as pl
import pytest

from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError
from opinionframe.microdata import crosswalk, recode, reference
from opinionframe.surveys import codebook

# As in many surveys, 8 is "don't know" on a four-point item and a point of a scale from 0 to 10.
TWO_SCALES = codebook(
    {
        "leftright": {"text": "Left or right?", "labels": [str(place) for place in range(11)], "codes": range(11)},
        "interest": {"text": "Interested?", "labels": ["Very", "Quite", "Hardly", "Not"], "codes": [1, 2, 3, 4]},
    }
)
PEOPLE = pl.DataFrame({"leftright": [0, 5, 8, 10, 88], "interest": [1, 4, 8, 2, 3]})
# The file has 1 for a lot, the codebook puts it last.
REVERSED = codebook({"trust": {"text": "Trust?", "labels": ["None", "Some", "A lot"], "codes": [3, 2, 1]}})


@pytest.mark.parametrize("lazy", [False, True])
def test_a_code_may_be_nonresponse_to_one_question_and_an_answer_to_another(lazy):
    people = PEOPLE.lazy() if lazy else PEOPLE
    numbered = recode(people, TWO_SCALES, nonresponse={"leftright": [88], "interest": 8}).lazy().collect()
    assert numbered["leftright"].to_list() == [1, 6, 9, 11, 0]
    assert numbered["interest"].to_list() == [1, 4, 0, 2, 3]
    unasked = recode(people, TWO_SCALES, nonresponse={"interest": [8]}, not_asked={"leftright": [88]}).lazy().collect()
    assert unasked["leftright"].to_list() == [1, 6, 9, 11, None]
    with pytest.raises(OptionError, match=r"leftright: codes 8 are choices .* nonresponse=\{'leftright'"):
        recode(people, TWO_SCALES, nonresponse=[8, 88])


def test_names_of_missing_answers_are_checked():
    with pytest.raises(OptionError, match="nonresponse names 1 columns .* e.g. 'interst'"):
        recode(PEOPLE, TWO_SCALES, nonresponse={"interst": [8], "leftright": [88]})
    with pytest.raises(OptionError, match="interest: codes Not are choices"):
        recode(PEOPLE, TWO_SCALES, nonresponse={"interest": ["Not"]})
    with pytest.raises(OptionError, match="interest: codes '8' are named as nonresponse and as not_asked"):
        recode(PEOPLE, TWO_SCALES, nonresponse={"interest": [8]}, not_asked={"interest": "8"})


@pytest.mark.parametrize("lazy", [False, True])
def test_a_code_that_nobody_has_is_said(lazy):
    people = PEOPLE.lazy() if lazy else PEOPLE
    named = {"leftright": [88, 99], "interest": [8]}
    with pytest.warns(OpinionFrameWarning, match=r"1 codes .* occur nowhere, e.g. \('leftright', '99'\)"):
        recode(people, TWO_SCALES, nonresponse=named).lazy().collect()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        recode(people.select("interest"), TWO_SCALES.filter(question="interest"), nonresponse=8).lazy().collect()
    with pytest.warns(OpinionFrameWarning, match="1 codes .* e.g. '9'"):
        recode(people.select("interest"), TWO_SCALES.filter(question="interest"), nonresponse=[8, 9]).lazy().collect()


def test_codes_for_some_of_the_questions():
    book = codebook(
        {
            "ban": {"text": "Ban it?", "labels": ["Yes", "No"]},
            "importance": {"text": "How important?", "labels": ["Very", "Not at all"], "codes": ["v", "n"]},
        }
    )
    people = pl.DataFrame({"ban": ["Yes", "No"], "importance": ["n", "v"]})
    assert recode(people, book).rows() == [(1, 2), (2, 1)]
    partly = book.with_columns(code=pl.when(pl.col("label") == "Very").then(pl.col("code")))
    with pytest.raises(FrameError, match="importance: 1 of 2 choices have a code"):
        recode(people, partly)


@pytest.mark.parametrize("lazy", [False, True])
def test_running_recode_twice_is_refused(lazy):
    people = pl.DataFrame({"trust": [1, 1, 1, 3]})
    once = recode(people.lazy() if lazy else people, REVERSED)
    assert once.lazy().collect()["trust"].to_list() == [3, 3, 3, 1]
    with pytest.raises(FrameError, match="1 questions are UInt8, and so numbered already by recode, e.g. 'trust'"):
        recode(once, REVERSED)
    assert reference(once, REVERSED).lazy().collect()["prob"].to_list() == [0.25, 0.0, 0.75]


@pytest.mark.parametrize("lazy", [False, True])
def test_forgetting_recode_is_refused(lazy):
    people = pl.DataFrame({"trust": [1, 1, 1, 3]})
    with pytest.raises(FrameError, match=r"1 questions have codes .* not numbered by recode, e.g. 'trust'"):
        reference(people.lazy() if lazy else people, REVERSED)
    by_hand = pl.DataFrame({"trust": [3, 3, 3, 1]}).cast(pl.UInt8)
    assert reference(by_hand, REVERSED)["prob"].to_list() == [0.25, 0.0, 0.75]
    in_order = REVERSED.with_columns(code=pl.col("choice").cast(pl.String))
    assert reference(people, in_order)["prob"].to_list() == [0.75, 0.0, 0.25]


@pytest.mark.parametrize("lazy", [False, True])
def test_a_crosswalk_says_what_becomes_of_each_code(lazy):
    people = PEOPLE.with_columns(pl.col("interest").replace(4, 9))
    people = people.lazy() if lazy else people
    codes = crosswalk(people, TWO_SCALES, nonresponse={"leftright": [88]}, not_asked={"interest": [9]})
    assert isinstance(codes, pl.LazyFrame) == lazy
    interest = codes.lazy().collect().filter(question="interest")
    assert interest.select("code", "becomes", "choice", "label", "respondents").rows() == [
        ("1", "choice", 1, "Very", 1),
        ("2", "choice", 2, "Quite", 1),
        ("3", "choice", 3, "Hardly", 1),
        ("9", "not_asked", None, None, 1),
        ("8", "unknown", None, None, 1),
    ]
    with pytest.raises(FrameError, match="numbered already"):
        crosswalk(recode(PEOPLE, TWO_SCALES, nonresponse={"leftright": [88], "interest": [8]}), TWO_SCALES)


def test_a_crosswalk_of_bins():
    book = codebook({"warmth": {"text": "How warm?", "bins": [0, 50, 100]}})
    codes = crosswalk(pl.DataFrame({"warmth": [0, 50, 50, 998]}), book, nonresponse=998)
    assert codes.select("code", "becomes", "label", "respondents").rows() == [
        ("0", "choice", "0 to 49", 1),
        ("50", "choice", "50 to 100", 2),
        ("998", "nonresponse", None, 1),
    ]


def test_codes_may_be_of_any_plain_type():
    book = codebook({"member": {"text": "Member?", "labels": ["Yes", "No"], "codes": [True, False]}})
    assert recode(pl.DataFrame({"member": [True, False, None]}), book)["member"].to_list() == [1, 2, None]
    far = codebook({"id": {"text": "Q?", "labels": ["Yes", "No"], "codes": [2**53 + 1, 0]}})
    assert recode(pl.DataFrame({"id": [2**53 + 1, 0]}), far)["id"].to_list() == [1, 2]
    assert recode(pl.DataFrame({"id": [-0.0, 0.0]}), far)["id"].to_list() == [2, 2]
    codes = codebook({"q": {"text": "Q?", "labels": ["Yes", "No"], "codes": [1, 2]}})
    people = pl.DataFrame({"q": [1.0, 2.0, 98.0, math.nan]})
    named = pl.Series([98.0, math.nan]), np.array([98, math.nan]), {"q": [np.int64(98), math.nan]}
    for nonresponse in named:
        assert recode(people, codes, nonresponse=nonresponse)["q"].to_list() == [1, 2, 0, 0]


@pytest.mark.parametrize("nonresponse", [None, [None], {"q": None}, [[98]]])
def test_what_is_no_code_is_refused(nonresponse):
    book = codebook({"q": {"text": "Q?", "labels": ["Yes", "No"]}})
    with pytest.raises(OptionError, match="1 codes are neither text nor a number.*blank='nonresponse'"):
        recode(pl.DataFrame({"q": ["Yes", None]}), book, nonresponse=nonresponse)
    with pytest.raises(OptionError, match="q: empty text is no code.*blank='nonresponse'"):
        recode(pl.DataFrame({"q": ["Yes", ""]}), book, nonresponse="")


def test_columns_that_hold_no_single_codes_are_refused():
    book = codebook({"q": {"text": "Q?", "labels": ["1", "2"]}})
    for values in (
        pl.Series([[1], [2]]),
        pl.Series([{"a": 1}]),
        pl.Series([1, "x"], dtype=pl.Object),
        pl.Series([dt.timedelta(1)]),
    ):
        with pytest.raises(FrameError, match=r"1 columns hold no single codes, e.g. \('q', "):
            recode(pl.DataFrame({"q": values}), book)
    for no_frame, remedy in (({"q": [1]}, r"pl\.DataFrame\(…\)"), (pl.Series("q", [1]), r"\.to_frame\(\)")):
        for verb in (recode, reference):
            with pytest.raises(FrameError, match=f"must be a Polars DataFrame .* of pandas, .*{remedy}"):
                verb(no_frame, book)
