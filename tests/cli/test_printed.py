"""`opinionframe table`, `figure` and `report` print what the verbs print, and refuse options of other kinds."""

import os
import subprocess
import sys

import polars as pl
import pytest
from typer.testing import CliRunner

import opinionframe as of
from opinionframe.cli import app


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("printed")
    survey = of.load("gss2018")
    people = survey.opinions.filter(
        pl.col("question").is_in(["natspac", "nataid", "nateduc", "natcity"]),
        pl.col("demographic").is_in(["sex=Female", "sex=Male"]),
    )
    asked = of.elicit(people, survey.codebook, of.FakeModel(seed=1), prompt=["sd"], seed=1)
    rows = of.calibrate(asked, survey.codebook, method="linear", folds=4, refits=False, seed=1)
    opinions = of.baselines(rows, survey.codebook)
    aligned = of.align(opinions, survey.codebook)
    opinions.write_csv(folder / "opinions.csv")
    aligned.write_csv(folder / "aligned.csv")
    of.compare(aligned, seed=1).write_csv(folder / "tests.csv")
    return folder


def command(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_table_is_the_one_that_the_verb_makes(folder):
    aligned, tests = (pl.read_csv(folder / f"{name}.csv") for name in ("aligned", "tests"))
    expected = of.tables.alignment(aligned, tests, weight="question", title="Scores").as_latex(label="tab:out")
    output = folder / "out.tex"
    options = ("--tests", folder / "tests.csv", "--weight", "question", "--title", "Scores", "-o", output)
    ran = command("table", "alignment", folder / "aligned.csv", *options)
    assert (ran.exit_code, ran.stdout) == (0, ""), ran.stderr
    assert output.read_text(encoding="utf-8") == expected


@pytest.mark.parametrize("kind", ["alignment", "settings", "demographics"])
def test_rows_of_a_table_come_out_of_a_pipe(folder, kind):
    ran = command("table", kind, folder / "aligned.csv", "--codebook", "gss2018", "--format", "csv")
    if kind == "alignment":
        assert ran.exit_code == 1
        assert "table alignment takes no --codebook" in " ".join(ran.stderr.split())
        return
    assert ran.exit_code == 0, ran.stderr
    assert "fake" in ran.stdout


def test_of_several_elicitations_one_has_to_be_named(folder, tmp_path):
    aligned = pl.read_csv(folder / "aligned.csv")
    other = aligned.with_columns(pl.col("source").str.replace("logprob", "self_random", literal=True))
    pl.concat([aligned, other]).unique(["source", "question", "demographic"]).write_csv(tmp_path / "both.csv")
    ran = command("table", "demographics", tmp_path / "both.csv", "--codebook", "gss2018")
    said = " ".join(ran.stderr.split())
    assert ran.exit_code == 1
    assert "There are 2 values of elicitation: 'logprob', 'self_random'. Choose one with" in said
    named = command("table", "demographics", tmp_path / "both.csv", "--codebook", "gss2018", "--elicitation", "logprob")
    assert named.exit_code == 0, named.stderr


def test_a_figure_is_drawn(folder):
    cell = ("--codebook", "gss2018", "--question", "nataid", "--demographic", "sex=Male")
    for kind, frame, options in (("ranked", "aligned", ()), ("cell", "opinions", cell)):
        output = folder / f"{kind}.svg"
        ran = command("figure", kind, folder / f"{frame}.csv", *options, "-o", output)
        assert ran.exit_code == 0, ran.stderr
        assert output.read_text(encoding="utf-8").startswith("<svg")


def test_what_a_kind_needs_or_does_not_take_is_said(folder):
    for arguments, said in {
        ("figure", "cell", folder / "opinions.csv", "-o", "x.svg"): "figure cell needs --codebook and --question",
        ("table", "tests", folder / "tests.csv", "--alpha", "0.1"): "table tests takes no --alpha",
        ("table", "sums", folder / "tests.csv"): "Allowed: alignment, contrasts, degraded,",
        ("table", "tests", folder / "tests.csv", "-o", "x.tex", "--format", "csv"): "--format is of standard output",
    }.items():
        ran = command(*arguments)
        assert (ran.exit_code, ran.stdout) == (1, "")
        assert said in " ".join(ran.stderr.split())


def test_a_report_calls_groups_by_their_words(folder):
    words = "attribute,class,label,name\nsex,Female,Women of the survey,gender\n"
    (folder / "words.csv").write_text(words, encoding="utf-8")
    options = ("--codebook", "gss2018", "--groups", folder / "words.csv", "--seed", 1)
    ran = command("report", folder / "worded", folder / "opinions.csv", *options)
    assert ran.exit_code == 0, ran.stderr
    assert "Women of the survey" in (folder / "worded" / "index.html").read_text(encoding="utf-8")
    kept = pl.read_csv(folder / "worded" / "data" / "groups.csv")
    assert kept.filter(attribute="sex")["label"].sort().to_list() == ["Male", "Women of the survey"]


def test_a_report_is_piped_in(folder):
    script = f"cat opinions.csv | {sys.executable} -m opinionframe.cli report out - --codebook gss2018 --seed 1"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert (ran.returncode, ran.stdout) == (0, "out/index.html\n"), ran.stderr
    assert (folder / "out" / "data" / "aligned.parquet").exists()
