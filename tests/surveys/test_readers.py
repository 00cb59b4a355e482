"""The readers of WGM, WVS and OpinionQA on synthetic files (see conftest): one test per trap, one per broken file."""

import pytest

from opinionframe.errors import FrameError, OpinionFrameWarning, OptionError
from opinionframe.schemas.borders import opinions_border
from opinionframe.surveys import read_opinionqa, read_wgm, read_wvs


def cell(survey, question, demographic):
    return survey.opinions.filter(question=question, demographic=demographic).sort("choice")


@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ".parquet"])
def test_wgm_codes_weights_and_blanks(wgm, suffix):
    people = [
        {"Q11C": 1, "PROJWT": 3.0, "wgt": 1.0},
        {"Q11C": 4, "PROJWT": 1.0, "wgt": 1.0},
        {"Q11C": 98, "PROJWT": 1.0, "Gender": 2},
        {"Q11C": 99, "PROJWT": 1.0, "Gender": 2, "Regions_Report": 0},
        {"PROJWT": 5.0, "Gender": 2, "Q1": 2},
    ]
    survey = read_wgm(wgm(people, suffix))
    everyone = cell(survey, "Q11C", "all")
    assert everyone["prob"].to_list() == [0.75, 0.0, 0.0, 0.25]
    assert set(everyone["n_eff"]) == {16 / 10}
    assert set(everyone["nonresponse"]) == {2 / 6}  # the blank was not asked
    assert cell(survey, "Q11C", "sex=Female").is_empty()
    assert cell(read_wgm(wgm(people, suffix), weight="wgt"), "Q11C", "all")["prob"].to_list() == [0.5, 0.0, 0.0, 0.5]
    assert survey.microdata["world region"].to_list() == ["Northern America"] * 3 + [None] + ["Northern America"]
    assert survey.weights == ("PROJWT", "wgt")


def test_wgm_registers_the_21_ordinal_items_and_table_13(wgm):
    survey = read_wgm(wgm([{"Q1": 1}]))
    assert survey.codebook["question"].n_unique() == 21
    assert survey.codebook.filter(question="Q24")["label"].to_list()[2] == "Neither agree nor disagree"
    assert len(survey.demographics) == 7
    assert opinions_border(survey.opinions, survey.codebook).collect().height == 4 * 8


def test_wgm_other_splits(wgm):
    survey = read_wgm(wgm([{"Q1": 1}, {"Q1": 2, "Gender": 2}]), by=["sex & age"])
    assert set(survey.opinions["demographic"]) == {"all", "sex=Male & age=15-29", "sex=Female & age=15-29"}


BROKEN_WGM = {
    "wrong sheet": ({"sheet": "Crosstabs all countries"}, "no sheet 'Full dataset', but: Crosstabs all countries"),
    "missing column": (
        {"header": ["WP5", "wgt", "PROJWT", "Q1"]},
        "lacks 27 of the survey's columns, e.g. 'Q2'.*It has 4: 'WP5', 'wgt', 'PROJWT', 'Q1'",
    ),
    "other codes": ({"codes": "1=Not at all, 2=Not much, 3=Some, 4=A lot"}, "contradicts 4 registered codes"),
    "other classes": ({"sexes": "1=Female, 2=Male"}, r"contradicts 2 registered codes, e.g. \('Gender', '1', 'Male'\)"),
}


@pytest.mark.parametrize("kind", BROKEN_WGM)
def test_broken_wgm_workbooks(wgm, kind):
    options, message = BROKEN_WGM[kind]
    with pytest.raises(FrameError, match=message):
        read_wgm(wgm([{"Q1": 1}], **options))


def test_wgm_unknown_codes_and_files(wgm, tmp_path):
    with pytest.raises(FrameError, match=r"2 values of 2 columns .*\('Gender'|\('Q1', '7'\)"):
        read_wgm(wgm([{"Q1": 7, "Q2": "x"}], ".csv"))
    with pytest.raises(FrameError, match=r"\('sex', '3'\)"):
        read_wgm(wgm([{"Gender": 3}], ".csv"))
    odd = wgm([{"Gender": 3, "Q1": 1}], ".csv")
    assert read_wgm(odd, outside=[3]).microdata.select("sex", "Q1").rows() == [(None, 1)]
    whole = wgm([{"Q1": 1}]).read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FrameError, match="Is the download complete"):
        read_wgm(tmp_path / "half.xlsx")
    with pytest.raises(FrameError, match="There is no"):
        read_wgm(tmp_path / "nowhere.xlsx")
    (tmp_path / "wgm.docx").touch()
    with pytest.raises(OptionError, match=r"Allowed: .*\.xlsx"):
        read_wgm(tmp_path / "wgm.docx")


@pytest.mark.parametrize(
    "options", [{}, {"separator": ";"}, {"suffix": ".sav"}, {"spell": lambda name: f"{name}: A label"}]
)
def test_wvs_formats_negatives_and_order(wvs, options):
    people = [{"Q34_3": 1}, {"Q34_3": 2}, {"Q34_3": 3}, {"Q34_3": 3}, {"Q34_3": -1, "Q260": 2}, {"Q34_3": -4}]
    survey = read_wvs(wvs(people, **options))
    jobs = cell(survey, "Q34_3", "all")
    labels = survey.codebook.filter(question="Q34_3").sort("choice")["label"].to_list()
    assert labels == ["Agree", "Neither agree nor disagree", "Disagree"]
    assert jobs["prob"].to_list() == [0.25, 0.5, 0.25]
    assert set(jobs["nonresponse"]) == {1 / 5}
    assert survey.microdata["B_COUNTRY_ALPHA"].unique().to_list() == ["AND"]


def test_wvs_classes(wvs):
    people = [{"Q270": 9}, {"Q270": 7, "Q289": 9}, {"Q279": 8, "X003R": -5}]
    microdata = read_wvs(wvs(people), weight="S018").microdata
    assert microdata["household size"].to_list() == ["7 persons or more", "7 persons or more", "2"]
    assert microdata["religion"].to_list() == ["None", None, "None"]
    assert microdata["employment status"].to_list() == ["Full time", "Full time", None]
    assert microdata["age"].to_list() == ["16-24 years", "16-24 years", None]


def test_wvs_inverted_release_is_refused(wvs):
    with pytest.raises(FrameError, match=r"not the standard release: 25% of 4 answers to Q1.*inverted"):
        read_wvs(wvs([{"Q1": 4}, {"Q1": 4}, {"Q1": 4}, {"Q1": 1}, {"Q1": -1}]))


def test_broken_wvs_files(wvs, tmp_path):
    with pytest.raises(FrameError, match="lacks 1 of the survey's columns, e.g. 'Q240'"):
        read_wvs(wvs([{}], without=["Q240"]))
    with pytest.raises(FrameError, match=r"\('Q27', '5'\)"):
        read_wvs(wvs([{"Q27": 5}]))
    whole = wvs([{}] * 3, suffix=".sav").read_bytes()
    (tmp_path / "half.sav").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FrameError, match="Is the download complete"):
        read_wvs(tmp_path / "half.sav")
    text = wvs([{}] * 3).read_text()
    (tmp_path / "half.csv").write_text(text[:-50])
    with pytest.raises(FrameError, match="middle of a row"):
        read_wvs(tmp_path / "half.csv")


def test_opinionqa_positions_weights_and_refusals(oqa):
    people = [
        {"WORLDDANGER": "Neither", "weight": 2.0},
        {"WORLDDANGER": "A safer world"},
        {"WORLDDANGER": "A more dangerous world", "SEX": "Female"},
        {"WORLDDANGER": "Refused", "SEX": "Female", "RACE": "Refused"},
        {"GUN": "No, I don't own any guns"},
        {"GUN": "Not sure"},
    ]
    survey = read_opinionqa(oqa(people))
    book = survey.codebook.filter(question="WORLDDANGER_W26").sort("choice")
    assert book.select("label", "position").rows() == [
        ("A safer world", 1.0),
        ("Neither", 1.5),
        ("A more dangerous world", 2.0),
    ]
    danger = cell(survey, "WORLDDANGER_W26", "all")
    assert danger["prob"].to_list() == [0.25, 0.5, 0.25]
    assert set(danger["n_eff"]) == {16 / 6}
    assert set(danger["nonresponse"]) == {1 / 5}
    gun = cell(survey, "GUN_W26", "all")
    assert gun["prob"].to_list() == [0.0, 1.0]
    assert set(gun["nonresponse"]) == {0.5}  # no position, no choice
    assert survey.codebook.filter(question="REASON_W26")["scale"].unique().to_list() == ["nominal"]
    assert survey.codebook.filter(question="MISSING_W26")["label"].to_list() == ["Some", "None"]
    assert "race=Refused" not in survey.opinions["demographic"]


def test_opinionqa_answers_spelled_as_codes(oqa):
    survey = read_opinionqa(oqa([{"WORLDDANGER": 3.0}, {"WORLDDANGER": "2.0"}, {"WORLDDANGER": 99.0}]))
    danger = cell(survey, "WORLDDANGER_W26", "all")
    assert danger["prob"].to_list() == [0.0, 0.5, 0.5]
    assert set(danger["nonresponse"]) == {1 / 3}


def test_opinionqa_classes_that_metadata_does_not_list(oqa):
    people = [{"RACE": "White", "GUN": "Yes, I own a gun"}, {"RACE": "Mixed Race", "GUN": "Refused"}]
    oqa([*people, {"RACE": "Refused"}], wave=26)
    survey = read_opinionqa(oqa(people, wave=27))
    assert survey.microdata["race"].to_list() == ["White", None, None, "White", None]
    assert survey.missing.select("column", "code", "taken_as", "respondents").rows() == [
        ("race", "Mixed Race", "no class", 2),
        ("race", "Refused", "no class", 1),
    ]
    said = "2 respondents have the race 'Mixed Race', which the metadata.csv of their wave does not list"
    assert any(said in note for note in survey.notes)
    everyone = cell(survey, "GUN_W26", "all")
    assert (everyone["prob"].to_list(), everyone["nonresponse"].to_list()) == ([1.0, 0.0], [0.5, 0.5])


def test_only_the_attributes_asked_for_are_read(oqa, wgm, wvs):
    folder = oqa([{"RACE": "Mixed Race", "GUN": "Not sure"}, {"GUN": "Yes, I own a gun"}])
    metadata = folder / "American_Trends_Panel_W26" / "metadata.csv"
    metadata.write_text(
        "".join(line for line in metadata.read_text().splitlines(keepends=True) if "INCOME" not in line)
    )
    survey = read_opinionqa(folder, by=["sex & age"])
    assert survey.demographics == ("age", "sex")
    assert survey.opinions["demographic"].unique().sort().to_list() == ["all", "sex=Male & age=18-29"]
    with pytest.raises(FrameError, match="lacks 1 demographics, e.g. 'INCOME'"):
        read_opinionqa(folder)
    odd = wgm([{"Q1": 1, "Education": 7}], ".csv")
    assert read_wgm(odd, by=["sex"]).demographics == ("sex",)
    with pytest.raises(FrameError, match=r"\('education', '7'\)"):
        read_wgm(odd, by=["education"])
    assert "age" not in read_wvs(wvs([{"X003R": 77}]), by=["sex"]).microdata.columns


def test_opinionqa_with_the_index_columns_of_pandas(oqa):
    folder = oqa([{"GUN": "Yes, I own a gun"}])
    info = folder / "American_Trends_Panel_W26" / "info.csv"
    header, *rows = info.read_text().splitlines()
    assert header.startswith(",key")
    info.write_text(
        "\n".join([",Unnamed: 0.1,Unnamed: 0" + header, *(f"0,0,0{row[row.index(',') :]}" for row in rows)])
    )
    assert cell(read_opinionqa(folder), "GUN_W26", "all")["prob"].to_list() == [1.0, 0.0]


def test_a_file_of_something_else_is_refused_with_its_columns(tmp_path):
    path = tmp_path / "crosstab.csv"
    path.write_text("Country,Question,Response,Share\nFrance,Q1,A lot,12\n")
    for read in (read_wgm, read_wvs):
        with pytest.raises(FrameError, match="It has 4: 'Country', 'Question', 'Response', 'Share'"):
            read(path)


def test_opinionqa_waves_and_splits(oqa):
    oqa([{"GUN": "Yes, I own a gun"}], wave=26)
    folder = oqa([{"GUN": "Yes, I own a gun"}, {"GUN": "Refused", "SEX": "Female"}], wave=92)
    survey = read_opinionqa(folder)
    assert survey.microdata["wave"].to_list() == [26, 92, 92]
    assert set(survey.codebook["topic"]) == {"W26", "W92"}
    one = read_opinionqa(folder, waves=[92], by=["sex & age"], weighted=False)
    assert set(one.opinions["demographic"]) == {"all", "sex=Male & age=18-29"}
    with pytest.raises(FrameError, match="no wave 27, but: 26, 92"):
        read_opinionqa(folder, waves=[27])


def test_broken_opinionqa(oqa, tmp_path):
    with pytest.raises(FrameError, match="no folder American_Trends_Panel_W26"):
        read_opinionqa(tmp_path)
    folder = oqa([{"GUN": "Maybe"}])
    with pytest.raises(FrameError, match=r"\('GUN_W26', 'Maybe'\)"):
        read_opinionqa(folder)
    folder = oqa([{"RACE": "Mixed Race"}], wave=27)
    with pytest.warns(OpinionFrameWarning, match=r"lists no label of 1 attributes .* \('race', 'Mixed Race'\)"):
        assert read_opinionqa(folder, waves=[27]).microdata["race"].to_list() == [None]
    assert read_opinionqa(folder, waves=[27], outside=["Mixed Race"]).microdata["race"].to_list() == [None]
    folder = oqa([{}], wave=29, questions={"Q": ("Q?", ["a", "b"], "[1.0, 2.0")})
    with pytest.raises(FrameError, match="option_ordinal of 'Q_W29' is no Python literal"):
        read_opinionqa(folder, waves=[29])
    folder = oqa([{}], wave=32, weight="WEIGHT")
    with pytest.raises(FrameError, match="lacks 1 of the survey's columns, e.g. 'WEIGHT_W32'"):
        read_opinionqa(folder, waves=[32])
    (folder / "American_Trends_Panel_W32" / "metadata.csv").unlink()
    with pytest.raises(FrameError, match="There is no .*metadata.csv"):
        read_opinionqa(folder, waves=[32])
