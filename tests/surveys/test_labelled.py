"""SPSS and Stata files as archives publish them: what they declare missing, odd scales, encodings; shares by hand."""

import math

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.microdata import recode, reference
from opinionframe.surveys import codebook, read_labelled

pyreadstat = pytest.importorskip("pyreadstat")

TAX = {1: "Too low", 2: "Too high"}
SEX = {1: "Male", 2: "Female", 9: "Unknown"}
OFF = {8: "Don't know", 9: "Refused", 98: "Not asked"}


@pytest.fixture
def sav(tmp_path):
    """Writes an SPSS file of columns, labels and what it declares missing; returns its path."""

    def write(columns, labels, missing=None):
        path = tmp_path / "panel.sav"
        pyreadstat.write_sav(
            pl.DataFrame(columns), str(path), variable_value_labels=labels, missing_ranges=missing or {}
        )
        return path

    return write


@pytest.fixture
def dta(tmp_path):
    """Writes a Stata file, in which a letter in a column of numbers is a missing value .a to .z; returns its path."""

    def write(columns, labels):
        path = tmp_path / "panel.dta"
        letters = {
            name: sorted({code for code in (*values, *labels.get(name, ())) if isinstance(code, str)})
            for name, values in columns.items()
        }
        table = pl.DataFrame(
            [pl.Series(name, values, dtype=pl.Object if letters[name] else None) for name, values in columns.items()]
        )
        tagged = {name: values for name, values in letters.items() if values}
        pyreadstat.write_dta(table, str(path), variable_value_labels=labels, missing_user_values=tagged)
        return path

    return write


def everyone(survey):
    """The shares of all, and their nonresponse."""
    rows = survey.opinions.filter(demographic="all").sort("question", "choice")
    return rows["prob"].to_list(), rows["nonresponse"].to_list()


@pytest.mark.parametrize(
    "declared",
    [
        {"tax": [8, 9, 98], "sex": [9]},
        {"tax": [{"lo": 8, "hi": 99}], "sex": [{"lo": 9, "hi": math.inf}]},
    ],
)
def test_what_spss_declares_missing_is_nonresponse_and_no_class(sav, declared):
    columns = {"tax": [1, 2, 2, 8, 9, 98], "sex": [1, 1, 2, 2, 2, 9]}
    path = sav(columns, {"tax": TAX | OFF, "sex": SEX}, declared)
    survey = read_labelled(path, ["tax"], ["sex"])
    assert survey.codebook["label"].to_list() == ["Too low", "Too high"]
    assert everyone(survey) == ([1 / 3, 2 / 3], [1 / 2, 1 / 2])
    assert survey.opinions["demographic"].unique().sort().to_list() == ["all", "sex=Female", "sex=Male"]
    women = survey.opinions.filter(demographic="sex=Female")
    assert women.select("prob", "nonresponse").rows() == [(0.0, 2 / 3), (1.0, 2 / 3)]
    assert survey.missing.rows() == [
        ("tax", "8", "Don't know", "nonresponse", 1),
        ("tax", "9", "Refused", "nonresponse", 1),
        ("tax", "98", "Not asked", "nonresponse", 1),
        ("sex", "9", "Unknown", "nonresponse", 1),
    ]
    assert any("declares 4 codes of 2 columns as missing" in note for note in survey.notes)
    unasked = read_labelled(path, ["tax"], ["sex"], not_asked={"tax": ["Not asked"]})
    assert everyone(unasked) == ([1 / 3, 2 / 3], [2 / 5, 2 / 5])
    assert unasked.missing.filter(code="98")["taken_as"].to_list() == ["not_asked"]


def test_blank_answers_are_counted_in_a_note_and_can_be_nonresponse(sav):
    labels = {"tax": TAX, "sex": {1: "Male", 2: "Female"}}
    path = sav({"tax": [1, 2, 2, None, None], "sex": [1, 1, 2, 2, None]}, labels, {})
    survey = read_labelled(path, ["tax"], ["sex"])
    (note,) = survey.notes
    assert note.startswith("Blank answers: 2 in 1 of 1 questions, e.g. ('tax', 2), are taken as not asked.")
    assert everyone(survey)[1] == [0, 0]
    again = of.reference(survey.microdata, survey.codebook, ["sex"], blank="nonresponse")
    assert again.filter(demographic="all")["nonresponse"].to_list() == [2 / 5, 2 / 5]
    complete = sav({"tax": [1, 2], "sex": [1, None]}, labels, {})
    assert read_labelled(complete, ["tax"], ["sex"]).notes == ()


def test_missing_codes_without_labels_in_numbers_and_text(sav, dta):
    columns = {"q": [1.0, 2.0, 2.0, -99.0, -1.0], "region": ["n", "s", "zz", "n", "s"]}
    missing = {"q": [{"lo": -math.inf, "hi": -1.0}], "region": ["zz"]}
    survey = read_labelled(sav(columns, {"q": TAX}, missing), ["q"], ["region"])
    assert everyone(survey) == ([1 / 3, 2 / 3], [2 / 5, 2 / 5])
    assert survey.microdata["region"].to_list() == ["n", "s", None, "n", "s"]
    cohorts = read_labelled(dta({"q": [1, 2, 1], "cohort": [1980, 1990, "z"]}, {"q": TAX}), ["q"], ["cohort"])
    assert cohorts.opinions["demographic"].unique().sort().to_list() == ["all", "cohort=1980", "cohort=1990"]


@pytest.mark.parametrize("declared", [[9, 10], [{"lo": 9, "hi": math.inf}]])
def test_havens_example_of_spss_missing_values(sav, declared):
    # labelled_spss(1:10, c(Good = 1, Bad = 8), na_values = c(9, 10)), and na_range = c(9, Inf)
    survey = read_labelled(sav({"x": list(range(1, 11))}, {"x": {1: "Good", 8: "Bad"}}, {"x": declared}), ["x"])
    assert survey.codebook["label"].to_list() == ["Good", "2", "3", "4", "5", "6", "7", "Bad"]
    assert everyone(survey) == ([1 / 8] * 8, [1 / 5] * 8)


def test_havens_example_of_tagged_missing_values(dta):
    # labelled(c(1:3, tagged_na("a", "z"), 3:1, NA), c(Agreement = 1, Disagreement = 4, First = tagged_na("c"), …))
    labels = {1: "Agreement", 4: "Disagreement", "c": "First", "a": "Refused", "z": "Not home"}
    survey = read_labelled(dta({"x": [1, 2, 3, "a", "z", 3, 2, 1, None]}, {"x": labels}), ["x"])
    assert survey.codebook["label"].to_list() == ["Agreement", "2", "3", "Disagreement"]
    assert everyone(survey) == ([1 / 3, 1 / 3, 1 / 3, 0.0], [2 / 8] * 4)
    assert survey.missing.select("code", "label", "respondents").rows() == [
        (".a", "Refused", 1),
        (".c", "First", 0),
        (".z", "Not home", 1),
    ]


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("named", [(), ["d", "n"], [".d", ".n"], {"tax": [".d"]}])
def test_statas_letters_are_nonresponse(dta, labelled, named):
    letters = {"d": "Don't know", "n": "No answer"} if labelled else {}
    columns = {"tax": [1, 2, 2, "d", "n", None], "sex": [1, 1, 2, 2, 1, "z"], "w": [1.0, 2.0, 1.0, 1.0, "m", 1.0]}
    path = dta(columns, {"tax": TAX | letters, "sex": {1: "Male", 2: "Female"}})
    survey = read_labelled(path, ["tax"], ["sex"], nonresponse=named)
    assert survey.codebook["label"].to_list() == ["Too low", "Too high"]
    assert everyone(survey) == ([1 / 3, 2 / 3], [2 / 5, 2 / 5])  # Stata's plain . was not asked
    assert survey.microdata["sex"].to_list() == ["Male", "Male", "Female", "Female", "Male", None]
    assert survey.microdata["w"].to_list() == [1.0, 2.0, 1.0, 1.0, None, 1.0]
    labels = ["Don't know", "No answer"] if labelled else [None, None]
    assert survey.missing.filter(column="tax")["label"].to_list() == labels
    unasked = read_labelled(path, ["tax"], ["sex"], not_asked=[".n"])
    assert everyone(unasked) == ([1 / 3, 2 / 3], [1 / 4, 1 / 4])


def test_a_column_of_nothing_but_letters(dta):
    columns = {"tax": [1, 2, "d"], "sex": ["a", "a", "b"], "w": ["m", "m", "m"]}
    survey = read_labelled(dta(columns, {"tax": TAX, "sex": {1: "Male", 2: "Female"}}), "tax", "sex")
    assert survey.opinions["demographic"].unique().to_list() == ["all"]
    assert survey.microdata["sex"].to_list() == [None, None, None]
    assert survey.microdata["w"].to_list() == [None, None, None]
    assert survey.missing.select("column", "code", "respondents").rows() == [
        ("tax", ".d", 1),
        ("sex", ".a", 2),
        ("sex", ".b", 1),
    ]


def test_names_that_match_nothing_are_refused(sav):
    path = sav({"q": [1, 2, 1, 8], "sex": [1, 2, 1, 1]}, {"q": TAX | {8: "Don't know"}, "sex": SEX})
    for named in (8, [8.0], ["Don't know"], "dont know", {"q": ["8"]}):
        assert everyone(read_labelled(path, ["q"], nonresponse=named)) == ([2 / 3, 1 / 3], [1 / 4, 1 / 4])
    for named in ([88], [".d"], {"q": [9]}, ["Do not know"]):
        with pytest.raises(OptionError, match=r"nonresponse names 1 codes or labels .* \('8', \"Don't know\"\)"):
            read_labelled(path, ["q"], ["sex"], nonresponse=named)
    with pytest.raises(OptionError, match="not_asked names 1 columns .* e.g. 'sx'"):
        read_labelled(path, ["q"], ["sex"], not_asked={"sx": [9]})
    with pytest.raises(OptionError, match=r"1 codes are named as two things at once, e.g. \('q', '8', 'nonresponse'"):
        read_labelled(path, ["q"], nonresponse=[8], not_asked=["Don't know"])
    with pytest.raises(OptionError, match="by: 1 columns are questions too, e.g. 'q'"):
        read_labelled(path, ["q"], ["q"])


def test_a_code_that_means_different_things_is_named_by_column(sav):
    columns = {"leftright": [0, 5, 8, 10, 88], "interest": [1, 4, 8, 2, 3]}
    labels = {
        "leftright": {0: "Left", 10: "Right", 88: "Don't know"},
        "interest": {1: "Very", 2: "Quite", 3: "Hardly", 4: "Not", 8: "Don't know"},
    }
    path = sav(columns, labels)
    by_column = read_labelled(path, ["leftright", "interest"], nonresponse={"leftright": [88], "interest": [8]})
    by_label = read_labelled(path, ["leftright", "interest"], nonresponse="Don't know")
    for survey in (by_column, by_label):
        scale = survey.opinions.filter(question="leftright")
        assert scale.filter(pl.col("prob") > 0)["choice"].to_list() == [1, 6, 9, 11]
        assert set(survey.opinions["nonresponse"]) == {1 / 5}
    with pytest.raises(OptionError, match=r"8 stands for different things in 2 columns, e.g. .*\('leftright', '8'\)"):
        read_labelled(path, ["leftright", "interest"], nonresponse=[8, 88])


def test_a_code_of_a_region_is_not_taken_for_a_refusal(sav):
    columns = {"q": [1, 2, 9], "region": [1, 8, 9]}
    labels = {"q": TAX | {9: "Refused"}, "region": {code: f"Region {code}" for code in range(1, 10)}}
    with pytest.raises(OptionError, match="9 stands for different things in 2 columns"):
        read_labelled(sav(columns, labels), ["q"], ["region"], nonresponse=[9])
    survey = read_labelled(sav(columns, labels), ["q"], ["region"], nonresponse={"q": [9]})
    assert survey.microdata["region"].to_list() == ["Region 1", "Region 8", "Region 9"]


def test_scales_with_labels_at_their_ends(sav):
    labels = {"trust": {0: "No trust", 10: "Complete trust", 77: "Refused"}}
    survey = read_labelled(sav({"trust": [*range(11), 77]}, labels), ["trust"], nonresponse=[77])
    assert survey.codebook["label"].to_list() == ["No trust", *map(str, range(1, 10)), "Complete trust"]
    assert survey.codebook["position"].to_list() == [float(point) for point in range(11)]
    assert everyone(survey) == (pytest.approx([1 / 11] * 11), pytest.approx([1 / 12] * 11))
    assert any("labels at 0, 10 only" in note for note in survey.notes)
    # Points that nobody gave are choices too.
    few = read_labelled(sav({"trust": [0, 3, 10, 10]}, labels), ["trust"], nonresponse=["Refused"])
    assert everyone(few)[0] == [0.25, 0, 0, 0.25, 0, 0, 0, 0, 0, 0, 0.5]
    middle = {"trust": {-2: "No", 0: "Neither", 2: "Yes"}}
    assert read_labelled(sav({"trust": [-1, 0, 2]}, middle), ["trust"]).codebook["label"].to_list() == [
        "No", "-1", "Neither", "1", "Yes",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("columns", "labels"),
    [
        ([1, 2, 3, 8], {1: "Yes", 2: "No", 8: "Refused"}),  # a slip, not a scale from 1 to 8
        ([*range(11), 77], {0: "No trust", 10: "Complete trust", 77: "Refused"}),  # 77 is not named
        ([0, 1.5, 3], {0: "No", 3: "Yes"}),
        ([0, 4, 3], {0: "No", 3: "Yes"}),
    ],
)
def test_codes_without_a_label_that_are_no_scale(sav, columns, labels):
    with pytest.raises(FrameError, match=r"q: \d+ codes of \d+ respondents have no label, e.g. .* bins"):
        read_labelled(sav({"q": [float(value) for value in columns]}, {"q": labels}), ["q"])


def test_a_thermometer_in_bins(sav):
    columns = {"warmth": [0, 19, 20, 50, 85, 100, 998], "tax": [1, 1, 2, 2, 1, 1, 2]}
    path = sav(columns, {"warmth": {998: "Refused"}, "tax": TAX}, {"warmth": [998]})
    edges = [0, 20, 40, 60, 80, 100]
    survey = read_labelled(path, ["warmth", "tax"], bins={"warmth": edges})
    book = survey.codebook.filter(question="warmth")
    assert book["label"].to_list() == ["0 to 19", "20 to 39", "40 to 59", "60 to 79", "80 to 100"]
    assert book["position"].to_list() == [9.5, 29.5, 49.5, 69.5, 90.0]
    assert book["low"].to_list() == [0, 20, 40, 60, 80]
    shares = survey.opinions.filter(question="warmth")
    assert shares["prob"].to_list() == [2 / 6, 1 / 6, 1 / 6, 0.0, 2 / 6]
    assert set(shares["nonresponse"]) == {1 / 7}
    own = codebook({"warmth": {"text": "How warm?", "bins": edges}})
    people = recode(pl.DataFrame({"warmth": columns["warmth"]}), own, nonresponse=[998])
    assert reference(people, own)["prob"].to_list() == [2 / 6, 1 / 6, 1 / 6, 0.0, 2 / 6]
    with pytest.raises(FrameError, match=r"\('warmth', '998'\)"):
        recode(pl.DataFrame({"warmth": columns["warmth"]}), own)
    with pytest.raises(OptionError, match="warmth: codes 97 are choices"):
        recode(pl.DataFrame({"warmth": [97, 3]}), own, nonresponse=[97])
    with pytest.raises(FrameError, match="not numbered by recode"):
        reference(pl.DataFrame({"warmth": [1, 2, 3]}), own)
    for wrong in ([0, 0, 5], ["low", "high", "top"], [0, math.nan, 5], [0, 5]):
        with pytest.raises(OptionError, match="no edges of two bins"):
            read_labelled(path, ["warmth"], bins={"warmth": wrong})
    with pytest.raises(OptionError, match="bins names 1 columns that are no question, e.g. 'warm'"):
        read_labelled(path, ["tax"], bins={"warm": edges})
    with pytest.raises(FrameError, match="fewer than two labelled choices, e.g. 'warmth'"):
        read_labelled(path, ["warmth"])


def test_questions_without_an_order_are_said_to_be_nominal(sav):
    path = sav({"vote": [1, 2, 2, 3], "tax": [1, 1, 2, 2]}, {"vote": {1: "Red", 2: "Green", 3: "Blue"}, "tax": TAX})
    survey = read_labelled(path, ["vote", "tax"], nominal="vote")
    assert survey.codebook.select("question", "scale").unique().sort("question").rows() == [
        ("tax", "ordinal"),
        ("vote", "nominal"),
    ]
    plain = read_labelled(path, ["vote", "tax"])
    assert survey.opinions.sort("question", "choice").equals(plain.opinions.sort("question", "choice"))
    with pytest.raises(OptionError, match="nominal names 1 columns that are no question, e.g. 'votes'"):
        read_labelled(path, ["vote", "tax"], nominal=["votes"])
    with pytest.raises(OptionError, match="1 questions are nominal and in bins, e.g. 'vote'"):
        read_labelled(path, ["vote", "tax"], nominal=["vote"], bins={"vote": [0, 2, 4]})


def test_bins_of_numbers_that_are_not_whole():
    book = codebook({"rate": {"text": "Rate?", "bins": [0, 0.5, 1], "labels": ["low", "high"]}})
    assert recode(pl.DataFrame({"rate": [0.0, 0.49, 0.5, 1.0, None]}), book)["rate"].to_list() == [1, 1, 2, 2, None]
    unnamed = codebook({"rate": {"text": "Rate?", "bins": [0, 0.5, 1]}})
    assert unnamed["label"].to_list() == ["0 to below 0.5", "0.5 to 1"]
    with pytest.raises(FrameError, match="has bins and codes"):
        codebook({"rate": {"text": "Rate?", "bins": [0, 0.5, 1], "codes": [1, 2]}})


@pytest.mark.parametrize("declared", [True, False])
def test_dont_know_as_an_answer_on_request(sav, declared):
    columns = {"tax": [1, 2, 2, 8, 9], "warmth": [10, 90, 90, 888, 999]}
    labels = {"tax": TAX | {8: "Don't know", 9: "Refused"}, "warmth": {888: "Don't know", 999: "Refused"}}
    path = sav(columns, labels, {"tax": [8, 9], "warmth": [888, 999]} if declared else None)
    survey = read_labelled(
        path,
        ["tax", "warmth"],
        substantive="Don't know",
        nonresponse=() if declared else "Refused",
        bins={"warmth": [0, 50, 100]},
    )
    tax = survey.codebook.filter(question="tax")
    assert tax.select("label", "position").rows() == [("Too low", 1.0), ("Don't know", 1.5), ("Too high", 2.0)]
    assert survey.opinions.filter(question="tax")["prob"].to_list() == [1 / 4, 1 / 4, 2 / 4]
    assert survey.opinions.filter(question="warmth")["prob"].to_list() == [1 / 4, 1 / 4, 2 / 4]
    assert set(survey.opinions["nonresponse"]) == {1 / 5}
    assert survey.missing.filter(taken_as="substantive")["code"].to_list() == ["8", "888"]
    assert any("in the middle of the scale" in note for note in survey.notes)


@pytest.mark.parametrize("suffix", [".sav", ".dta"])
def test_an_encoding_can_be_named(tmp_path, suffix):
    path = tmp_path / f"latin{suffix}"
    write = pyreadstat.write_sav if suffix == ".sav" else pyreadstat.write_dta
    write(pl.DataFrame({"q": [1, 2, 1]}), str(path), variable_value_labels={"q": {1: "TrQs bien", 2: "Mal"}})
    path.write_bytes(path.read_bytes().replace(b"TrQs", b"Tr\xe8s"))
    with pytest.raises(FrameError, match=r"another encoding than it says: .* encoding='latin1'"):
        read_labelled(path, ["q"])
    assert read_labelled(path, ["q"], encoding="latin1").codebook["label"].to_list() == ["Très bien", "Mal"]
    with pytest.raises(FrameError, match="encoding"):
        read_labelled(path, ["q"], encoding="klingon")
