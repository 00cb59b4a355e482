"""What a shell does to a command: closed streams, full disks, locales, and outputs that are inputs."""

import os
import subprocess
import sys

import polars as pl
import pytest
from typer.testing import CliRunner

import opinionframe as of
from opinionframe.cli import app

BOOK = "question,label,text,code\ntax,Löw,Taxes?,1\ntax,High,Taxes?,2\n"
PEOPLE = "tax,sex\n1,Männer\n2,Ж\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "book.csv").write_text(BOOK, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="utf-8")
    return tmp_path


def shell(folder, script):
    """What a shell makes of `script`, in which `of` is the command."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    function = f'of() {{ "{sys.executable}" -m opinionframe.cli "$@"; }}\n'
    return subprocess.run(
        ["bash", "-c", function + script], cwd=folder, env=environment, capture_output=True, check=False, timeout=200
    )


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("of align - --codebook gss2018 <&-", "standard input is closed"),
        ("of example >&-", "Standard output is closed"),
        ("of surveys >/dev/full", "Standard output cannot be written: No space left"),
        ("of surveys --format arrow >/dev/full", "Standard output cannot be written: No space left"),
    ],
)
def test_a_stream_that_fails_is_refused_in_words(folder, script, said):
    ran = shell(folder, script)
    assert ran.returncode == 1
    assert said in ran.stderr.decode().replace("\n", " ")
    assert b"Traceback" not in ran.stderr
    assert b"Exception ignored" not in ran.stderr


def test_a_pipe_that_ends_early_ends_quietly(folder):
    ran = shell(folder, "(sleep 0.2; of surveys --format parquet) | true; (of surveys --format arrow) | head -c 3")
    assert (ran.stdout, ran.stderr) == (b"ARR", b"")


def test_rows_are_utf_8_in_every_locale_and_a_table_escapes_what_it_lacks(folder):
    script = "export PYTHONIOENCODING=latin1; of reference people.csv --codebook book.csv --by sex --format "
    rows = pl.read_csv(shell(folder, f"{script}csv").stdout)
    assert {"sex=Männer", "sex=Ж"} < set(rows["demographic"])
    table = shell(folder, f"{script}table")
    assert table.returncode == 0, table.stderr
    assert "sex=Männer" in table.stdout.decode("latin1")
    assert r"sex=\u0416" in table.stdout.decode("latin1")


@pytest.mark.parametrize(
    ("outputs", "same"),
    [
        (["-o", "./people.csv"], "people"),
        (["-o", "human.csv", "--codebook-out", "human.csv"], "codebook-out"),
        (["-o", "human.csv", "--codebook-out", "book.csv"], "codebook"),
    ],
)
def test_no_output_is_written_over_a_file_that_the_command_names(folder, monkeypatch, outputs, same):
    monkeypatch.chdir(folder)
    ran = CliRunner().invoke(app, ["reference", "people.csv", "--codebook", "book.csv", "--by", "sex", *outputs])
    assert ran.exit_code == 1
    assert f"is the file of {same} too" in ran.stderr.replace("\n", " ")
    kept = {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
    assert kept == {"book.csv": BOOK, "people.csv": PEOPLE}


def test_align_writes_cells_in_one_order(folder, monkeypatch):
    monkeypatch.chdir(folder)
    survey = of.load("gss2018")
    rows = of.baselines(survey.opinions, survey.codebook)
    rows.write_parquet("rows.parquet")
    rows.sample(fraction=1, shuffle=True, seed=1).write_parquet("shuffled.parquet")
    for name in ("rows", "shuffled"):
        ran = CliRunner().invoke(app, ["align", f"{name}.parquet", "--codebook", "gss2018", "-o", f"{name}.csv"])
        assert ran.exit_code == 0, ran.stderr
    keys = pl.read_csv("rows.csv").select("question", "demographic", "source")
    assert keys.equals(keys.sort(pl.all()))
    assert keys.equals(pl.read_csv("shuffled.csv").select(keys.columns))


def test_a_folder_that_cannot_be_made_is_refused_in_words(folder, monkeypatch):
    monkeypatch.chdir(folder)
    survey = of.load("gss2018")
    rows = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), seed=1)
    of.baselines(rows, survey.codebook).write_parquet("rows.parquet")
    command = ["report", "people.csv/out", "rows.parquet", "--codebook", "gss2018", "--seed", "1"]
    ran = CliRunner().invoke(app, command)
    assert ran.exit_code == 1
    assert "people.csv" in ran.stderr
    assert "Not a directory" in ran.stderr.replace("\n", " ")
    assert isinstance(ran.exception, SystemExit)
