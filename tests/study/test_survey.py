import pytest

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


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"name": "gss2018", "demographics": ["gender"]}, "survey.demographics: .'gender'. not in the survey"),
        ({"name": "gss2018", "questions": ["q"]}, "survey.questions"),
        ({"opinions": "none.parquet"}, "give either name, or opinions and codebook; found opinions"),
        ({"opinions": "none.parquet", "codebook": "none.parquet"}, "survey.opinions: none.parquet is not a readable"),
    ],
)
def test_what_is_not_there_is_named(settings, says):
    with pytest.raises(StudyError, match=says):
        study_survey(SurveySettings(**settings))
