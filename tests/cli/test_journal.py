"""`opinionframe journal`: answers on record, counted, filtered and as rows."""

import contextlib
import io
import json
import shutil

import polars as pl
import pytest
from typer.testing import CliRunner

from opinionframe.cli import app

STUDY = """
seed = 1
output = "out"
survey.demographics = ["all", "sex"]
survey.questions = ["natspac", "nataid", "nateduc"]
calibrate.method = ["linear"]
calibrate.folds = 2
[[model]]
kind = "fake"
[elicit]
elicitation = ["verbalized", "logprob"]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("journal")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    ran = opinionframe("run", "study.toml", folder=folder)
    assert ran.exit_code == 0, ran.stderr
    return folder


def opinionframe(*arguments, folder):
    with contextlib.chdir(folder):
        return CliRunner().invoke(app, arguments)


def test_counts_come_with_one_raw_answer_each(folder):
    ran = opinionframe("journal", "study.toml", "--format", "json", folder=folder)
    rows = {(row["elicitation"], row["prompt"]): row for row in json.loads(ran.stdout)}
    # Three questions; two sexes and all where people are described; three draws of what is verbalized.
    assert {kind: row["n"] for kind, row in rows.items()} == {
        ("logprob", "base"): 3,
        ("logprob", "sd"): 9,
        ("verbalized", "base"): 9,
        ("verbalized", "sd"): 27,
    }
    assert all(row["status"] == "answered" and row["example"] for row in rows.values())


def test_a_question_and_a_status_are_filters(folder):
    arguments = ("--question", "natspac", "--status", "answered", "--answers", "--format", "csv")
    ran = opinionframe("journal", "study.toml", *arguments, folder=folder)
    rows = pl.read_csv(io.StringIO(ran.stdout))
    assert rows.height == 16
    assert set(rows["question"]) == {"natspac"}


def test_equal_texts_are_one_answer(folder):
    ran = opinionframe("journal", "study.toml", folder=folder)
    of_folder = opinionframe("journal", "out/journal", folder=folder)
    n_lines = sum(len(file.read_text().splitlines()) for file in (folder / "out" / "journal").glob("*.jsonl"))
    assert of_folder.stdout.splitlines()[0] == f"{n_lines} answers on record"
    assert ran.stdout.splitlines()[0] == (
        f"{n_lines} answers on record, which answer 48 prompts: equal texts are asked once"
    )


def test_answers_to_other_prompts_and_torn_lines_are_counted(folder, tmp_path):
    other = shutil.copytree(folder, tmp_path / "other")
    (other / "fewer.toml").write_text(STUDY.replace('"natspac", ', ""), encoding="utf-8")
    (other / "out" / "journal" / "answers-torn.jsonl").write_text('{"version":1,"key":\n', encoding="utf-8")
    ran = opinionframe("journal", "fewer.toml", folder=other)
    assert "belong to none of the" in ran.stderr.replace("\n", " ")
    assert "1 lines are left out: no record stands there" in ran.stderr.replace("\n", " ")
    assert ran.exit_code == 0


def test_what_cannot_be_told_is_refused(folder):
    for arguments, said in {
        ("out/journal", "--status", "answered"): "a folder alone does not tell",
        ("study.toml", "--status", "lost"): "Allowed: answered, cut off",
        ("out",): "is no journal",
    }.items():
        ran = opinionframe("journal", *arguments, folder=folder)
        assert (ran.exit_code, ran.stdout) == (1, "")
        assert said in ran.stderr.replace("\n", " ")
    assert opinionframe("journal", folder=folder).exit_code == 2
