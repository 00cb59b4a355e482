"""SPSS and Stata files as they really come: odd labels, classes of every type, codes that nobody names; by hand."""

import datetime as dt
import math

import polars as pl
import pytest

from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError
from opinionframe.surveys import read_labelled
from opinionframe.surveys.unnamed_missing import reads_as_no_answer

pyreadstat = pytest.importorskip("pyreadstat")

TAX = {1: "Too low", 2: "Too high"}


@pytest.fixture(params=[".sav", ".zsav", ".dta"])
def labelled(request, tmp_path):
    """Writes a file of each kind from columns and labels; returns its path."""

    def write(columns, labels, **options):
        path = tmp_path / f"panel{request.param}"
        writer = pyreadstat.write_dta if request.param == ".dta" else pyreadstat.write_sav
        compress = {"compress": True} if request.param == ".zsav" else {}
        writer(pl.DataFrame(columns), str(path), variable_value_labels=labels, **options, **compress)
        return path

    return write


@pytest.fixture
def sav(tmp_path):
    """Writes an SPSS file; returns its path."""

    def write(columns, labels, missing=None):
        path = tmp_path / "panel.sav"
        table = pl.DataFrame(columns)
        pyreadstat.write_sav(table, str(path), variable_value_labels=labels, missing_ranges=missing or {})
        return path

    return write


def shares(survey, demographic="all"):
    """The share of each label."""
    rows = survey.opinions.filter(demographic=demographic).join(survey.codebook, on=["question", "choice"])
    return dict(rows.select("label", "prob").rows())


def test_one_label_of_two_codes(labelled):
    columns = {"vote": [1, 2, 3, 3], "region": [1, 2, 3, 3]}
    labels = {"vote": {1: "Left", 2: "Right", 3: "Right"}, "region": {1: "North", 2: "South", 3: "South"}}
    survey = read_labelled(labelled(columns, labels), ["vote"], ["region"])
    assert shares(survey) == {"Left": 1 / 4, "Right (2)": 1 / 4, "Right (3)": 2 / 4}
    assert shares(survey, "region=South") == {"Left": 0, "Right (2)": 1 / 3, "Right (3)": 2 / 3}
    assert any("vote has the label 'Right' for 2 codes" in note for note in survey.notes)
    assert any("region: codes 2, 3 have one label, 'South'" in note for note in survey.notes)


def test_labels_are_trimmed_and_blank_ones_are_none(labelled):
    columns = {"tax": [1, 2, 2], "sex": [1, 1, 2]}
    labels = {"tax": {1: " Too low ", 2: "Too high  ", 3: " "}, "sex": {1: "Male ", 2: " Female"}}
    survey = read_labelled(labelled(columns, labels), ["tax"], ["sex"])
    assert survey.codebook["label"].to_list() == ["Too low", "Too high"]
    assert survey.opinions["demographic"].unique().sort().to_list() == ["all", "sex=Female", "sex=Male"]


def test_classes_without_labels(labelled):
    columns = {
        "tax": [1, 2, 2],
        "cohort": [1980.0, 1990.0, None],
        "town": ["Bergen ", "", "Oslo"],
        "day": [dt.date(2026, 5, 1), dt.date(2026, 5, 2), dt.date(2026, 5, 2)],
    }
    survey = read_labelled(labelled(columns, {"tax": TAX}), ["tax"], ["cohort", "town", "day", "cohort & town"])
    assert survey.opinions["demographic"].unique().sort().to_list() == [
        "all",
        "cohort=1980",
        "cohort=1980 & town=Bergen",
        "cohort=1990",
        "day=2026-05-01",
        "day=2026-05-02",
        "town=Bergen",
        "town=Oslo",
    ]
    assert shares(survey, "day=2026-05-02") == {"Too low": 0.0, "Too high": 1.0}


def test_a_measure_is_no_class(labelled):
    path = labelled({"tax": [1, 2], "income": [1.5, 2.0]}, {"tax": TAX})
    with pytest.raises(FrameError, match=r"1 values of 1 columns .* no whole numbers, e.g. \('income', '1.5'\)"):
        read_labelled(path, ["tax"], ["income"])


def test_a_class_without_a_label_among_others(labelled):
    path = labelled({"tax": [1, 2, 2, 1], "sex": [1, 2, 3, 3]}, {"tax": TAX, "sex": {1: "Male", 2: "Female"}})
    with pytest.raises(FrameError, match=r"1 codes of 2 respondents have no label .* e.g. \('sex', '3'\)"):
        read_labelled(path, ["tax"], ["sex"])
    survey = read_labelled(path, ["tax"], ["sex"], nonresponse={"sex": [3]})
    assert survey.microdata["sex"].to_list() == ["Male", "Female", None, None]


def test_text_as_answers(sav):
    labels = {"own": {"y": "Yes", "n": "No", "zz": "Refused"}}
    survey = read_labelled(sav({"own": ["y", "n", "y", "", "zz"]}, labels, {"own": ["zz"]}), ["own"])
    assert shares(survey) == {"No": 1 / 3, "Yes": 2 / 3}
    assert set(survey.opinions["nonresponse"]) == {1 / 4}  # blank text is system-missing: not asked


def test_a_range_beside_a_value_and_codes_that_are_not_whole(sav):
    columns = {"tax": [1.0, 1.5, 2.0, 90.0, 97.5, -1.0]}
    labels = {"tax": {1: "Too low", 1.5: "Right", 2: "Too high"}}
    missing = {"tax": [{"lo": 90, "hi": math.inf}, -1]}
    survey = read_labelled(sav(columns, labels, missing), ["tax"])
    assert shares(survey) == {"Too low": 1 / 3, "Right": 1 / 3, "Too high": 1 / 3}
    assert set(survey.opinions["nonresponse"]) == {3 / 6}
    assert survey.missing["code"].to_list() == ["-1", "90", "97.5"]


def test_very_long_text(labelled):
    columns = {"tax": [1, 2, 2], "party": ["x" * 600, "y" * 600, "y" * 599 + "z"]}
    survey = read_labelled(labelled(columns, {"tax": TAX}), ["tax"], ["party"])
    assert survey.microdata["party"].to_list() == columns["party"]
    assert survey.opinions["demographic"].n_unique() == 4


UNNAMED = {"tax": TAX | {8: "Don\u2019t know", 9: "Refused"}, "sex": {1: "Male", 2: "Female", 9: "No answer"}}


def test_labels_that_read_as_no_answer_are_said(labelled):
    path = labelled({"tax": [1, 2, 2, 8], "sex": [1, 2, 9, 9]}, UNNAMED)
    said = r"3 labels of 2 columns read as no answer, .* of 3 respondents, e.g. \('tax', '8', 'Don.t know'\)"
    with pytest.warns(OpinionFrameWarning, match=said):
        survey = read_labelled(path, ["tax"], ["sex"])
    assert shares(survey)["Too high"] == 2 / 4
    named = read_labelled(path, ["tax"], ["sex"], nonresponse=["Don't know", "Refused", "No answer"])
    assert shares(named) == {"Too low": 1 / 3, "Too high": 2 / 3}
    assert named.microdata["sex"].to_list() == ["Male", "Female", None, None]
    kept = {"tax": ["Don't know"], "sex": [9]}
    meant = read_labelled(path, ["tax"], ["sex"], substantive=kept, nonresponse={"tax": "Refused"})
    assert shares(meant) == {"Too low": 1 / 4, "Don\u2019t know": 1 / 4, "Too high": 2 / 4}
    assert "sex=No answer" in meant.opinions["demographic"]


@pytest.mark.parametrize(
    ("label", "missing"),
    [
        ("DK", True), ("DK/Refused", True), ("Don't know (VOL.)", True), ("99 Refused to answer", True),
        ("(Don't know)", True), ("Prefer not to say", True), ("Not applicable", True), ("NA", True), ("IAP", True),
        ("Weiß nicht", True), ("Keine Angabe", True), ("Ne sait pas", True), ("No sabe / No contesta", True),
        ("Inapplicable, not asked", True), ("Don't know or refused", True), ("Missing", True), ("Unknown", True),
        ("Not sure", False), ("No", False), ("None", False), ("No religion", False), ("Nothing", False),
        ("Don't know enough to say", False), ("Refused asylum", False), ("Unknown artist", False), ("Nao", False),
        ("National", False), ("Neither", False), ("No opinion", False), ("Not at all", False),
        ("No answer is right", False),
    ],
)  # fmt: skip
def test_what_reads_as_no_answer(label, missing):
    assert reads_as_no_answer(label) == missing


def test_a_question_that_nobody_answered_is_said(labelled):
    path = labelled({"tax": [1, 2], "war": pl.Series([None, None], dtype=pl.Float64)}, {"tax": TAX, "war": TAX})
    with pytest.warns(OpinionFrameWarning, match="1 questions of the codebook have no cell, e.g. 'war'"):
        survey = read_labelled(path, ["tax", "war"])
    assert survey.opinions["question"].unique().to_list() == ["tax"]


def test_weights_by_question(labelled):
    columns = {"tax": [1, 2, 1], "war": [None, 1, 2], "a": [1.0, 1.0, 2.0], "b": [None, 3.0, 1.0]}
    survey = read_labelled(labelled(columns, {"tax": TAX, "war": TAX}), ["tax", "war"], weight={"tax": "a", "war": "b"})
    assert survey.opinions.select("question", "prob").rows() == [
        ("tax", 0.75),
        ("tax", 0.25),
        ("war", 0.75),
        ("war", 0.25),
    ]
    assert survey.weights == ("a", "b")


def test_two_codes_off_a_scale_are_named_first(labelled):
    columns = {"trust": [1, 2, 3, 4, 5, 98, 99]}
    with pytest.raises(FrameError, match=r"5 codes of 5 respondents have no label, e.g. '98', '99', '2', …"):
        read_labelled(labelled(columns, {"trust": {1: "low", 5: "high"}}), ["trust"])


@pytest.mark.parametrize("by", [None, ["sex=1"], ["sex & age", "age & sex"], {"sex"}])
def test_classes_that_are_misspelt(labelled, by):
    path = labelled({"tax": [1, 2], "sex": [1, 2], "age": [1, 2]}, {"tax": TAX})
    with pytest.raises(OptionError, match="by="):
        read_labelled(path, ["tax"], by)


def test_other_files_are_refused(tmp_path):
    for name in ("iris.sas7bdat", "panel.csv", "panel"):
        (tmp_path / name).write_bytes(b"")
        with pytest.raises(OptionError, match=r"Allowed: .dta, .sav, .zsav"):
            read_labelled(tmp_path / name, ["q"])
