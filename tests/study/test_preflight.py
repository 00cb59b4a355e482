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
        (API + "extra = {stream = true}", "extra gives stream (how an answer comes)"),
        (FAKE + "[elicit]\ndraws = {logprob = 2}", "elicit.draws: draws['logprob']=2 is not possible"),
        (FAKE + "[elicit]\nwording = 'papre'", "elicit: wording='papre' is neither a file nor one of: paper"),
        (
            FAKE + "elicitation = ['verbalized']\n" + FAKE + "name = 'b'\nelicitation = ['logprob']\n"
            "[elicit]\nvariant = ['cot']",
            "model[1].elicitation, elicit: variant='cot' lets a model write before it answers",
        ),
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


@pytest.mark.parametrize(
    "line",
    [
        "base_url = 'http://me:sk-secret@host/v1'",
        "base_url = 'https://sk-secret@host/v1'",
        "extra = {tools = [{url = 'https://me:sk-secret@host'}]}",
    ],
)
def test_an_address_with_a_password_is_no_address(line: str) -> None:
    key = line.split(maxsplit=1)[0]
    with pytest.raises(StudyError, match=rf"model\[0\]\.{key}: .*holds a user name, a password") as refused:
        parse_study(API + line, "study.toml")
    assert "sk-secret" not in str(refused.value)


def test_a_file_in_the_place_of_a_folder_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    study = parse_study(FAKE + f"[elicit]\njournal = '{tmp_path}/journal'", "study.toml")
    with pytest.raises(StudyError, match="output: '.*file' is a file"):
        run_study(study.model_copy(update={"output": tmp_path / "file"}))
    assert not (tmp_path / "journal").exists()
