"""A study that cannot end is refused before anything is asked."""

import json
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

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
        (FAKE + "[compare]\ncluster = ['question', 'n_eff']", "compare.cluster: 'n_eff' is not known"),
        (FAKE + "[compare]\ncluster = ['question', 'question']", "compare.cluster: ['question', 'question'] must name"),
        (FAKE + "[compare]\ncluster = []", "compare.cluster: [] must name one column, or two different ones"),
        (
            FAKE + "[compare]\ncluster = ['question', 'demographic']\nadjust = 'max-t'",
            "compare.adjust: 'max-t' takes one column in compare.cluster",
        ),
        (
            FAKE + "[compare]\ncluster = ['question', 'demographic']\nweight = 'question'",
            "compare.weight: 'question' gives each question one value, which cannot be clustered by demographic",
        ),
        (FAKE + "[compare]\npair = ['raw']", "compare.pair: 'raw' is not known"),
        (FAKE + "[compare]\npair = ['standard-cot']", "compare.pair: 'standard-cot' needs 'cot' in elicit.variant"),
        (API + "base_url = 'http://127.0.0.1:9/v1'\nkey_env = 'NO_SUCH_KEY'", "there is no such environment variable"),
        (API + "base_url = 'http://127.0.0.1:9/v1'\nkey_env = 'OPENAI_API_KEY'", "goes to https://api.openai.com/v1"),
        (
            "[[model]]\nkind = 'local'\ntemplate = {api_key = 'abcdefgh12345678'}",
            "model.0.template.api_key looks like a key",
        ),
        (API + "leave_out = ['tempreature']", "leave_out: 1 are no parameters"),
        (API + "server = 'ollama'", "server='ollama' is not known. Allowed: SGLang, llama.cpp"),
        (API + "extra = {stream = true}", "extra gives stream (how an answer comes)"),
        (FAKE + "[elicit]\ntemperature = {logprob = 1}", "elicit.temperature: temperature='logprob' is not known"),
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


def test_a_study_clusters_by_two_columns_and_has_intervals_that_hold_at_once(tmp_path: Path) -> None:
    text = "survey.demographics = ['sex', 'race']\n" + FAKE + "[calibrate]\nfolds = 3\n[compare]\n"
    text += "cluster = ['question', 'demographic']\nsimultaneous = true\n"
    report = run_study(parse_study(text, "study.toml").model_copy(update={"output": tmp_path / "out"}))
    data = report.folder / "data"
    tests = pl.read_parquet(data / "tests.parquet").sort("source", "method")
    chosen = {"cluster": ["question", "demographic"], "simultaneous": True, "seed": 1}
    expected = of.compare(pl.read_parquet(data / "aligned.parquet"), **chosen).sort("source", "method")
    ends = ["conf_low", "conf_high"]
    assert_frame_equal(tests.select(ends), expected.select(ends), rel_tol=1e-6)
    assert tests["level"].unique().to_list() == ["95%, all 2 at once"]
    assert set(tests["covers"]) == {"new cells", "new questions and new groups"}
    assert "over new questions and new groups" in (report.folder / "alignment.html").read_text(encoding="utf-8")


def _with_a_vote(tmp_path: Path, metric: str = "", calibrate: str = "") -> str:
    """A study of four ordinal questions and a vote, asked of two groups."""
    items = {f"q{i}": {"text": f"Item {i}?", "labels": ["Low", "Mid", "High"]} for i in range(4)}
    vote = {"vote": {"text": "Vote?", "labels": ["A", "B", "C"], "scale": "nominal"}}
    codebook = of.codebook(items | vote)
    people = pl.DataFrame({question: [1, 2, 3, 3] for question in [*items, "vote"]} | {"sex": ["F", "M"] * 2})
    of.reference(people, codebook, by="sex").write_parquet(tmp_path / "o.parquet")
    codebook.write_parquet(tmp_path / "c.parquet")
    survey = f"output = '{tmp_path}/out'\n{metric}\n[survey]\nopinions = '{tmp_path}/o.parquet'\n"
    survey += f"codebook = '{tmp_path}/c.parquet'\n"
    return survey + FAKE + f"[calibrate]\nfolds = 5\n{calibrate}"


@pytest.mark.parametrize(
    ("metric", "calibrate", "says"),
    [
        (
            "metric = 'wasserstein'",
            "",
            r"metric: 'wasserstein' needs an order.*1 of survey\.questions.*'vote'.*Leave it",
        ),
        ("metric = 'wassersteim'", "", "metric: 'wassersteim' is not known. Allowed: by scale, hellinger"),
        (
            "",
            "method = ['ridge', 'cumulative']",
            r"calibrate\.method: method='cumulative' reads the order.*1 questions",
        ),
    ],
)
def test_what_a_nominal_question_cannot_have_is_refused_before_anything_is_asked(
    tmp_path: Path, metric: str, calibrate: str, says: str
) -> None:
    study = parse_study(_with_a_vote(tmp_path, metric, calibrate), "study.toml")
    for verb in (run_study, plan_study):
        with pytest.raises(StudyError, match=says):
            verb(study)
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore:.*have no words but a column's name")
def test_a_study_of_both_scales_reports_each_metric_by_itself(tmp_path: Path) -> None:
    report = run_study(parse_study(_with_a_vote(tmp_path, calibrate="method = ['default', 'ridge']"), "study.toml"))
    metrics = ["total_variation", "wasserstein"]
    assert report.summary["metric"].unique().sort().to_list() == metrics
    assert report.summary.filter(metric="total_variation")["n_questions"].unique().to_list() == [1]
    assert report.diagnosis["metric"].unique().sort().to_list() == metrics
    printed = {path.name for path in report.files}
    for metric in metrics:
        assert {f"alignment-{metric}.html", f"alignment-{metric}.tex", f"spread-{metric}.svg"} <= printed
        others = [other for other in metrics if other != metric]
        text = (tmp_path / "out" / f"alignment-{metric}.html").read_text()
        assert f": {metric.replace('_', ' ')}</td>" in text  # the title
        assert others[0].replace("_", " ") not in text.lower()
    tests = pl.read_parquet(tmp_path / "out" / "data" / "tests.parquet")
    assert tests["metric"].unique().sort().to_list() == metrics
    assert set(json.loads((tmp_path / "out" / "data" / "manifest.json").read_text())["metrics"]) == set(metrics)


@pytest.mark.filterwarnings("ignore:.*have no words but a column's name")
def test_a_study_may_score_all_questions_by_one_metric(tmp_path: Path) -> None:
    report = run_study(parse_study(_with_a_vote(tmp_path, "metric = 'total_variation'"), "study.toml"))
    assert report.summary["metric"].unique().to_list() == ["total_variation"]
    assert report.summary["n_questions"].unique().to_list() == [5]
    assert {"alignment.html", "spread.svg"} <= {path.name for path in report.files}


@pytest.mark.filterwarnings("ignore:.*have no words but a column's name")
def test_a_report_leaves_no_numbers_of_an_earlier_one(tmp_path: Path) -> None:
    """The scores of one metric, and then those of two, in the same folder; what is the user's own stays."""
    for metric in ("metric = 'total_variation'", ""):
        report = run_study(parse_study(_with_a_vote(tmp_path, metric), "study.toml"))
        (tmp_path / "out" / "alignment-notes.html").write_text("my own")
    out = tmp_path / "out"
    printed = {path for path in report.files if path.parent == out}
    assert {path for path in out.iterdir() if path.is_file()} == {*printed, out / "alignment-notes.html"}


def test_rows_without_the_cluster_s_column_are_refused_before_anything_is_asked(tmp_path: Path) -> None:
    text = _with_a_vote(tmp_path) + "[compare]\ncluster = ['question', 'wave']\n"
    wave = pl.when(pl.col("question") != "q1").then(pl.lit("first")).alias("wave")
    rows = pl.read_parquet(tmp_path / "o.parquet").with_columns(wave)
    rows.write_parquet(tmp_path / "o.parquet")
    with pytest.raises(StudyError, match=r"compare\.cluster: 9 rows of survey\.opinions have no 'wave'"):
        plan_study(parse_study(text, "study.toml"))


def test_without_the_paper_s_table_nothing_of_its_earlier_numbers_stays(tmp_path: Path) -> None:
    text = "survey.demographics = ['sex']\n" + FAKE + "[calibrate]\nmethod = ['linear']\nfolds = 3\n"
    paper = "[paper]\nfew = 2\ndraws = 1\nshown = 1\nlearning = false\nelicitation = 'logprob'\n"
    out = tmp_path / "out"
    with_paper = run_study(parse_study(text + paper, "study.toml").model_copy(update={"output": out}))
    assert {out / "paper" / "paper.csv", out / "data" / "few_examples.parquet"} <= set(with_paper.files)
    (out / "data" / "own.csv").write_text("my own")
    report = run_study(parse_study(text, "study.toml").model_copy(update={"output": out}))
    assert not (out / "paper").exists()
    listed = {file["file"] for file in json.loads((out / "data" / "manifest.json").read_text())["files"]}
    assert {path.name for path in (out / "data").iterdir()} == {*listed, "manifest.json", "own.csv"}
    assert "few_examples.parquet" not in listed
    assert all(path.exists() for path in report.files)


def test_a_misspelt_key_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(StudyError, match=r"metrc: no such key \(is it to be 'metric'\?\)"):
        parse_study("metrc = 'wasserstein'", "study.toml")
    with pytest.raises(StudyError, match=r"calibrate\.fold: no such key \(is it to be 'folds'\?\)"):
        parse_study("[calibrate]\nfold = 3", "study.toml")
    with pytest.raises(StudyError, match=r"interviewer: no such key\n") as refused:
        parse_study("interviewer = 3", "study.toml")
    assert "to be" not in str(refused.value)


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
