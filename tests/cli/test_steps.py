"""The steps in a shell: pipes, redirects, a Makefile and R, on files; what comes out is what the verbs give."""

import io
import os
import shutil
import subprocess
import sys

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

import opinionframe as of
from opinionframe.cli import app

QUESTIONS = ["natspac", "nataid", "nateduc", "natcity"]


@pytest.fixture(scope="module")
def asked():
    survey = of.load("gss2018")
    people = survey.opinions.filter(
        pl.col("question").is_in(QUESTIONS), pl.col("demographic").is_in(["sex=Female", "sex=Male"])
    )
    return of.elicit(people, survey.codebook, of.FakeModel(seed=1), prompt=["sd"], seed=1)


@pytest.fixture
def folder(asked, tmp_path):
    asked.write_csv(tmp_path / "opinions.csv")
    asked.write_parquet(tmp_path / "opinions.parquet")
    asked.write_ipc(tmp_path / "opinions.arrow")
    # The command as an installation has it, first on the PATH.
    command = tmp_path / "bin" / "opinionframe"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m opinionframe.cli "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return tmp_path


def shell(folder, *script):
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    return subprocess.run(script, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)


def command(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


def test_files_of_each_kind_give_what_the_verb_gives(asked, folder):
    book = of.load("gss2018").codebook
    expected = asked.pipe(of.baselines, book).pipe(of.align, book)
    for kind in ("csv", "parquet", "arrow"):
        output = folder / f"aligned.{kind}"
        ran = command("align", folder / f"opinions.{kind}", "--codebook", "gss2018", "--baselines", "-o", output)
        assert (ran.exit_code, ran.stdout) == (0, ""), ran.stderr
    for read, kind in ((pl.read_parquet, "parquet"), (pl.read_ipc, "arrow"), (pl.read_csv, "csv")):
        rows = read(folder / f"aligned.{kind}")
        assert_frame_equal(
            rows.select("question", "demographic", "source", "alignment", "ceiling"),
            expected.select("question", "demographic", "source", "alignment", "ceiling"),
            check_row_order=False,
        )


def test_a_pipe_of_three_steps_and_a_redirect(asked, folder):
    steps = (
        "set -o pipefail; cat opinions.arrow"
        " | opinionframe calibrate - --codebook gss2018 --method linear --folds 4 --no-refits --seed 1 --format arrow"
        " | opinionframe align - --codebook gss2018"
        " | opinionframe compare - --seed 1 --method 'paired t' --adjust none > tests.csv"
    )
    ran = shell(folder, "bash", "-c", steps)
    assert ran.returncode == 0, ran.stderr
    book = of.load("gss2018").codebook
    calibrated = of.calibrate(asked, book, method="linear", folds=4, refits=False, seed=1)
    tests = of.compare(of.align(calibrated, book), seed=1, method="paired t", adjust="none")
    assert pl.read_csv(folder / "tests.csv")["estimate"].to_list() == pytest.approx(tests["estimate"].to_list())


def test_a_makefile_stops_at_a_refusal_and_keeps_no_half_file(folder):
    (folder / "Makefile").write_text(
        "all: tests.csv\n"
        "calibrated.csv: opinions.csv\n"
        "\topinionframe calibrate $< --codebook gss2018 --method linear --folds $(FOLDS) --no-refits --seed 1 -o $@\n"
        "aligned.csv: calibrated.csv\n\topinionframe align $< --codebook gss2018 -o $@\n"
        "tests.csv: aligned.csv\n\topinionframe compare $< --seed 1 -o $@\n",
        encoding="utf-8",
    )
    refused = shell(folder, "make", "FOLDS=9")
    assert refused.returncode == 2
    assert "OptionError" in refused.stderr
    assert not (folder / "calibrated.csv").exists()
    ran = shell(folder, "make", "FOLDS=4")
    assert ran.returncode == 0, ran.stderr
    assert pl.read_csv(folder / "tests.csv").height == 2


def test_r_reads_what_comes_out_and_writes_what_goes_in(asked, folder):
    if not shutil.which("Rscript"):
        pytest.skip("no Rscript on this machine: that R reads the files is not tested")
    script = (
        'rows <- read.csv("opinions.csv"); write.csv(rows, "from_r.csv");'
        'code <- system2("opinionframe", c("align", "from_r.csv", "--codebook", "gss2018", "-o", "aligned.csv"));'
        'cat(code, mean(read.csv("aligned.csv")$alignment))'
    )
    ran = shell(folder, "Rscript", "-e", script)
    code, mean = ran.stdout.split()[-2:]
    expected = of.align(asked, of.load("gss2018").codebook)["alignment"].mean()
    assert (code, float(mean)) == ("0", pytest.approx(expected, rel=1e-6))
    assert "the column without a name, such as R's row names, is left out" in ran.stderr


def test_types_survive_csv(folder):
    from opinionframe.cli.frames import read_frame, write_frame

    rows = pl.DataFrame(
        {
            "id": ["001", "NA", "", None],
            "n": [1, None, 3, 4],
            "share": [0.1 + 0.2, 1e-300, None, 2.0],
            "day": ["2026-01-31", None, None, "2026-02-01"],
            "said": ['a "b", c', "two\nlines", "é", None],
        }
    ).with_columns(pl.col("day").str.to_date())
    write_frame(rows, str(folder / "rows.csv"), None, "Rows")
    assert_frame_equal(read_frame(str(folder / "rows.csv"), "rows"), rows)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("tax\n1\n\n2\n\n", ["1", None, "2", None]),
        (",tax\n1,5\n\n2,\n", ["5", None]),
        ("\ufeff\r\n\r\ntax,sex\r\n1,m\r\n\r\n3,f\r\n", ["1", "3"]),
    ],
    ids=["one column", "row names and one column", "empty lines between rows and before them"],
)
def test_an_empty_line_is_a_row_only_where_there_is_one_column(folder, text, values):
    from opinionframe.cli.frames import read_frame

    (folder / "rows.csv").write_bytes(text.encode())
    assert read_frame(str(folder / "rows.csv"), "rows", texts={"tax"})["tax"].to_list() == values


def test_empty_lines_of_one_question_are_nonresponse(folder):
    (folder / "book.csv").write_text(
        "question,label,text,code\ntax,Low,Taxes?,1\ntax,High,Taxes?,2\n", encoding="utf-8"
    )
    (folder / "people.csv").write_text("tax\n1\n\n2\n1\n\n", encoding="utf-8")
    arguments = ["people.csv", "--codebook", "book.csv", "--blank", "nonresponse"]
    ran = shell(folder, "opinionframe", "reference", *arguments)
    rows = pl.read_csv(io.StringIO(ran.stdout))
    assert rows["prob"].to_list() == pytest.approx([2 / 3, 1 / 3])
    assert rows["nonresponse"].to_list() == pytest.approx([0.4, 0.4])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("question,demographic,choice,source,prob\n", "broken.csv has columns and no row. Did the step before fail"),
        ("question,choice\nq,1,2\n", "no whole CSV"),
        ("question,choice\nq\n", "no whole CSV"),
        ("question,question\nq,1\n", "1 columns twice"),
        ("question;choice\nq;1\n", "separated by semicolons"),
        ("question\tchoice\nq\t1\n", "separated by tabs"),
        (
            "question,demographic,choice,source,prob\nq,all,one,human,0.5\n",
            "1 values of choice are not UInt8, e.g. 'one'",
        ),
        ("question,demographic,choice,source\nq,all,1,human\n", "lacks 1 of its columns: prob"),
    ],
)
def test_a_broken_file_is_one_message_and_status_1(folder, text, said):
    (folder / "broken.csv").write_text(text, encoding="utf-8")
    ran = command("align", folder / "broken.csv", "--codebook", "gss2018")
    assert (ran.exit_code, ran.stdout) == (1, "")
    # Lines are wrapped, within the path too.
    assert "".join(said.split()) in "".join(ran.stderr.split())


@pytest.mark.parametrize("sign", [";", "\t"])
def test_a_codebook_as_a_spreadsheet_writes_it(folder, sign):
    """Semicolons and tabs between its fields are read as `of.codebook` reads them."""
    book = of.load("gss2018").codebook.select("question", "label", "text")
    book.write_csv(folder / "commas.csv")
    book.write_csv(folder / "others.csv", separator=sign)
    expected, given = (
        command("align", folder / "opinions.csv", "--codebook", folder / f"{name}.csv") for name in ("commas", "others")
    )
    assert expected.exit_code == 0, expected.stderr
    assert given.exit_code == 0, given.stderr
    assert sorted(given.stdout.splitlines()) == sorted(expected.stdout.splitlines())


def test_usage_is_status_2(folder):
    assert command("align", folder / "opinions.csv").exit_code == 2
    assert command("align", folder / "opinions.csv", "--codebook", "gss2018", "--nonsense").exit_code == 2
    assert command("align", folder / "none.csv", "--codebook", "gss2018").exit_code == 1


def test_an_order_that_csv_loses_is_said(capsys, folder):
    from opinionframe.cli.frames import write_frame

    rows = pl.DataFrame({"age": pl.Series(["old"], dtype=pl.Enum(["young", "old"]))})
    write_frame(rows, str(folder / "rows.csv"), None, "Rows")
    assert "does not keep the order of classes in age" in capsys.readouterr().err
