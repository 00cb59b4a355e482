"""A study that cannot end is refused before anything is asked."""

from pathlib import Path

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import OpinionFrameError, StudyError
from opinionframe.study import plan_study, run_study
from opinionframe.study.settings import parse_study

API = "[[model]]\nkind = 'api'\nname = 'm'\n"
FAKE = "[[model]]\nkind = 'fake'\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (FAKE + "[calibrate]\nmethod = ['ridge', 'rigde']", "calibrate.method: 'rigde' is not known. Allowed: "),
        (FAKE + "[calibrate]\nmethod = ['ridge', 'ridge']", "calibrate.method: 'ridge' stands there more than once"),
        (FAKE + "[calibrate]\nmethod = ['no-model']", "calibrate.method: 'no-model' is what others are measured"),
        (FAKE + "[calibrate]\nsplit = 'questions'", "split='questions' is neither a column"),
        (FAKE + "[calibrate]\nfolds = 30", "calibrate.folds: split='question' has 18 units"),
        (FAKE + "[calibrate]\nsplit = 'topic'", "calibrate.folds: split='topic' has 1 units"),
        (FAKE + "[compare]\nadjust = 'holmes'", "compare.adjust: 'holmes' is not known"),
        (FAKE + "[compare]\ncluster = 'quesiton'", "compare.cluster: 'quesiton' is not known"),
        (FAKE + "[compare]\npair = ['raw']", "compare.pair: 'raw' is not known"),
        (FAKE + "[compare]\npair = ['standard-cot']", "compare.pair: 'standard-cot' needs 'cot' in elicit.variant"),
        (API + "base_url = 'http://127.0.0.1:9/v1'\nkey_env = 'NO_SUCH_KEY'", "there is no such environment variable"),
        (API + "base_url = 'http://127.0.0.1:9/v1'\nkey_env = 'OPENAI_API_KEY'", "goes to https://api.openai.com/v1"),
        (API + "leave_out = ['tempreature']", "leave_out: 1 are no parameters"),
        (API + "server = 'ollama'", "server='ollama' is not known. Allowed: SGLang, llama.cpp"),
        (FAKE + FAKE, "model: 1 names stand for several models, e.g. 'fake'"),
    ],
)
def test_the_key_is_named_and_nothing_written(text: str, says: str, tmp_path: Path) -> None:
    study = parse_study(text, "study.toml").model_copy(update={"output": tmp_path / "out"})
    with pytest.raises(OpinionFrameError) as refused:
        run_study(study)
    assert says in str(refused.value)
    assert not (tmp_path / "out").exists()


def test_no_model_stands_beside_what_it_is_measured_against(tmp_path: Path) -> None:
    text = "survey.demographics = ['sex']\n" + FAKE + "[calibrate]\nmethod = ['ridge', 'no-model']\nfolds = 3\n"
    report = run_study(parse_study(text, "study.toml").model_copy(update={"output": tmp_path / "out"}))
    endings = report.summary["source"].str.split("|").list.last()
    assert {"ridge", "no-model"} <= set(endings)
    assert set(report.diagnosis["source"].str.split("|").list.last()) == {"ridge"}


def test_a_nominal_question_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    items = {f"q{i}": {"text": f"Item {i}?", "labels": ["Low", "Mid", "High"]} for i in range(3)}
    vote = {"vote": {"text": "Vote?", "labels": ["A", "B", "C"], "scale": "nominal"}}
    codebook = of.codebook(items | vote)
    people = pl.DataFrame({question: [1, 2, 3, 3] for question in [*items, "vote"]})
    of.reference(people, codebook).write_parquet(tmp_path / "o.parquet")
    codebook.write_parquet(tmp_path / "c.parquet")
    survey = f"output = '{tmp_path}/out'\n[survey]\nopinions = '{tmp_path}/o.parquet'\n"
    survey += f"codebook = '{tmp_path}/c.parquet'\n"
    study = parse_study(survey + FAKE + "[calibrate]\nfolds = 3", "study.toml")
    for verb in (run_study, plan_study):
        with pytest.raises(StudyError, match=r"survey\.questions: 1 are nominal, e\.g\. 'vote'.*total_variation"):
            verb(study)
    assert not (tmp_path / "out").exists()


def test_an_address_with_a_password_is_no_address() -> None:
    with pytest.raises(StudyError, match=r"model\[0\]\.base_url: .*holds a user name, a password") as refused:
        parse_study(API + "base_url = 'http://me:sk-secret@host/v1'", "study.toml")
    assert "sk-secret" not in str(refused.value)
