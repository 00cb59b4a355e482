"""A study of several surveys: each is asked, fitted, scored and printed under its own dataset."""

import json

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import StudyError
from opinionframe.study import plan_study, run_study
from opinionframe.study.settings import parse_study

STUDY = """
output = "{folder}/out"
[[survey]]
name = "gss2018"
demographics = ["sex"]
questions = ["natspac", "nataid", "natenvir", "natheal", "natcity", "natcrime", "natdrug", "nateduc"]
[[survey]]
name = "town"
opinions = "{folder}/o.parquet"
codebook = "{folder}/c.parquet"
[[model]]
kind = "fake"
prices = [1.0, 1.0]
[elicit]
prompt = ["base"]
[calibrate]
method = ["linear"]
folds = 4
"""


@pytest.fixture
def town(tmp_path):
    """Eight questions of a panel, one of them called as in GSS 2018; the folder that holds them."""
    keys = ["natspac", *(f"town{number}" for number in range(7))]
    book = of.codebook({key: {"text": f"{key}, is it so?", "labels": ["no", "maybe", "yes"]} for key in keys})
    shares = [(0.1 + 0.05 * number, 0.3, 0.6 - 0.05 * number) for number in range(len(keys))]
    opinions = book.select("question", pl.lit("sex=Female").alias("demographic"), "choice", source=pl.lit("human"))
    rows = opinions.with_columns(prob=pl.Series([share for three in shares for share in three]))
    rows.write_parquet(tmp_path / "o.parquet")
    book.write_parquet(tmp_path / "c.parquet")
    return tmp_path


def test_a_study_of_two_surveys_stands_per_dataset(town):
    study = parse_study(STUDY.format(folder=town), "study.toml")
    plan = plan_study(study)
    assert plan.select("dataset", "prompts").rows() == [("gss2018", 8), ("town", 8)]
    assert (plan["cost_high"] > 0).all()
    report = run_study(study)
    names = {path.name for path in report.files}
    assert {"alignment-gss2018.html", "alignment-gss2018.tex", "alignment-town.html", "spread.svg"} <= names
    assert "alignment.html" not in names
    assert (town / "out/alignment-town.html").read_text().count("Opinion alignment: town") >= 1
    counts = report.summary.filter(source="fake|logprob|base|standard").select("dataset", "n").sort("dataset").rows()
    assert counts == [("gss2018", 16), ("town", 8)]
    assert report.diagnosis["dataset"].to_list() == ["gss2018", "town"]
    data = town / "out/data"
    book = pl.read_parquet(data / "codebook.parquet")
    assert {"gss2018/natspac", "town/natspac", "nataid", "town0"} <= set(book["question"])
    tests = pl.read_parquet(data / "tests.parquet")
    assert tests["dataset"].unique().sort().to_list() == ["gss2018", "town"]
    manifest = json.loads((data / "manifest.json").read_text())
    assert [survey["name"] for survey in manifest["study"]["survey"]] == ["gss2018", "town"]
    assert manifest["survey"]["name"] == "gss2018 + town"
    assert plan_study(study)["calls"].sum() == 0
    run_study(study.model_copy(update={"survey": study.survey[:1]}))
    left = {path.name for path in (town / "out").iterdir() if path.suffix in (".html", ".tex")}
    assert left == {
        "index.html",
        *(f"{name}.{kind}" for name in ("alignment", "diagnosis") for kind in ("html", "tex")),
    }


def test_each_survey_is_calibrated_as_it_would_be_by_itself(town):
    """With folds of its own questions, a dataset gets the lines that its own study fits."""
    run_study(parse_study(STUDY.format(folder=town), "study.toml"))
    opinions = pl.read_parquet(town / "out/data/opinions.parquet")
    book = pl.read_parquet(town / "out/data/codebook.parquet")
    raw = opinions.filter(pl.col("source").is_in(["human", "fake|logprob|base|standard"]))
    by_dataset = of.calibrate(raw, book, method="linear", folds=4, by=["source", "dataset"], seed=1)
    key = ["question", "demographic", "choice"]
    is_line = pl.col("source").str.ends_with("|linear")
    mine, theirs = (rows.filter(is_line).sort(key)["prob"].to_list() for rows in (opinions, by_dataset))
    assert mine == pytest.approx(theirs, abs=1e-7)


def test_what_was_given_is_written_as_it_was(town):
    """Shares and own columns of a file keep all their digits; what is counted or computed has those that last."""
    given = pl.read_parquet(town / "o.parquet").with_columns(register=pl.lit(123456789012.25))
    given.write_parquet(town / "o.parquet")
    run_study(parse_study(STUDY.format(folder=town), "study.toml"))
    written = pl.read_parquet(town / "out/data/opinions.parquet").with_columns(
        pl.col("question").str.strip_prefix("town/")
    )
    key = ["question", "demographic", "choice"]
    both = given.join(written.filter(source="human"), on=key, how="left", suffix="_written")
    assert both["prob"].to_list() == both["prob_written"].to_list()
    assert both["register"].to_list() == both["register_written"].to_list()
    assert any(share != float(f"{share:.8g}") for share in given["prob"])
    computed = written.filter(pl.col("source").str.ends_with("|linear"))["prob"].to_list()
    assert computed == [float(f"{share:.8g}") for share in computed]
    assert "8 significant ones" in json.loads((town / "out/data/manifest.json").read_text())["digits"]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('name = "town"\nopinions', 'name = "gss2018"\nopinions', "survey: 1 names stand for several surveys"),
        (
            'questions = ["natspac"',
            'questions = ["natspacee"',
            r"survey\[0\].questions: .'natspacee'. not in",
        ),
        ("o.parquet", "none.parquet", r"survey\[1\].opinions: .*none.parquet is not a readable Parquet file"),
        ('name = "town"', 'name = "town"\nquestions = ["town0"]', "1 datasets have all their questions in one fold"),
    ],
)
def test_what_cannot_be_asked_is_refused_before_it_is(town, old, new, says):
    study = parse_study(STUDY.format(folder=town).replace(old, new), "study.toml")
    for verb in (plan_study, run_study):
        with pytest.raises(StudyError, match=says):
            verb(study)


def test_one_table_is_one_survey(tmp_path):
    single = parse_study("[survey]\nname = 'gss2018'\n", "study.toml")
    assert single.survey == parse_study("[[survey]]\nname = 'gss2018'\n", "study.toml").survey
    assert single.model_dump(mode="json")["survey"]["name"] == "gss2018"
