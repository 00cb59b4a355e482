import polars as pl
import pytest

import opinionframe as of
import opinionframe.study
from opinionframe.errors import StudyError
from opinionframe.study.settings import SurveySettings
from opinionframe.study.survey import study_survey


def test_attributes_groups_and_questions_are_kept():
    survey = study_survey(
        SurveySettings(name="gss2018", demographics=["sex", "age=65+", "all"], questions=["natspac", "nataid"])
    )
    assert survey.opinions["demographic"].unique().sort().to_list() == ["age=65+", "all", "sex=Female", "sex=Male"]
    assert survey.codebook["question"].unique().sort().to_list() == ["nataid", "natspac"]


def test_own_parquet_files(tmp_path, opinions, codebook):
    opinions.write_parquet(tmp_path / "o.parquet")
    codebook.write_parquet(tmp_path / "c.parquet")
    survey = study_survey(SurveySettings(opinions=tmp_path / "o.parquet", codebook=tmp_path / "c.parquet"))
    assert survey.opinions["source"].unique().to_list() == ["human"]


GROUPS = "attribute,class,label,phrase\nsex,Male,Men,you are a man\nsex,Female,Women,a woman\n"


def test_groups_of_a_csv_stand_in_place_of_the_survey_s(tmp_path):
    (tmp_path / "groups.csv").write_text(GROUPS)
    survey = study_survey(SurveySettings(name="gss2018", groups=tmp_path / "groups.csv"))
    assert survey.groups.filter(attribute="sex").select("class", "label", "place", "phrase").rows() == [
        ("Male", "Men", 1, "you are a man"),
        ("Female", "Women", 2, "you are a woman"),
    ]
    others = pl.col("attribute") != "sex"
    assert survey.groups.filter(others).equals(of.load("gss2018").groups.filter(others))


def test_a_study_asks_in_the_words_of_its_groups_and_keeps_them(tmp_path, monkeypatch):
    texts, answer = [], of.FakeModel.answer
    monkeypatch.setattr(
        of.FakeModel, "answer", lambda self, requests: answer(self, [texts.append(one.text) or one for one in requests])
    )
    (tmp_path / "groups.csv").write_text(GROUPS)
    text = f"""
    output = "{tmp_path}/out"
    [survey]
    demographics = ["sex", "all"]
    groups = "{tmp_path}/groups.csv"
    [[model]]
    kind = "fake"
    [elicit]
    prompt = ["sd"]
    """
    (tmp_path / "study.toml").write_text(text)
    of.study.run_study(of.study.read_study(tmp_path / "study.toml"))
    said = {text.split(". ")[0] for text in texts if text.startswith("Imagine")}
    assert said == {"Imagine you are a woman", "Imagine you are a man"}
    kept = pl.read_parquet(tmp_path / "out/data/groups.parquet")
    assert kept.filter(attribute="sex")["label"].to_list() == ["Men", "Women"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("attribute,class\nsexe,Male\n", "survey.groups: .*1 attributes that nobody is grouped by, e.g. 'sexe'"),
        ("attribute,class\nsex,Man\nsex,Female\n", "survey.groups: .*'Man'.*'Male'"),
        ("attribute\nsex\n", "survey.groups: .*missing: class"),
    ],
)
def test_groups_that_do_not_fit_the_survey_are_refused(tmp_path, text, says):
    (tmp_path / "groups.csv").write_text(text)
    with pytest.raises(StudyError, match=says):
        study_survey(SurveySettings(name="gss2018", groups=tmp_path / "groups.csv"))


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"name": "gss2018", "demographics": ["gender"]}, "survey.demographics: .'gender'. not in the survey"),
        ({"name": "gss2018", "questions": ["q"]}, "survey.questions"),
        ({"name": "gss2018", "groups": "none.csv"}, "survey.groups: .*none.csv"),
        (
            {"opinions": "none.parquet"},
            "give either name, or opinions and codebook, or reader and path;",
        ),
        ({"opinions": "none.parquet", "codebook": "none.parquet"}, "survey.opinions: none.parquet is not a readable"),
    ],
)
def test_what_is_not_there_is_named(settings, says):
    with pytest.raises(StudyError, match=says):
        study_survey(SurveySettings(**settings))
