"""`diagnose`, `contrasts` and `regions` on files, and their tables and figures: what the verbs give and print."""

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

import opinionframe as of
from opinionframe.cli import app

SOURCE = "fake|logprob|sd|standard|linear|rectified"
CURVE = ["--x", "n_train", "--y", "alignment"]


def command(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A folder of files that the commands write, and the frames that the verbs give."""
    folder = tmp_path_factory.mktemp("findings")
    survey = of.load("gss2018")
    people = survey.opinions.filter(pl.col("demographic").is_in(["sex=Female", "sex=Male", "all"]))
    asked = of.elicit(people, survey.codebook, of.FakeModel(seed=1), prompt=["sd"], seed=1)
    rows = of.calibrate(asked, survey.codebook, method="linear", refits=False, seed=1)
    rows.write_parquet(folder / "opinions.parquet")
    survey.codebook.write_csv(folder / "codebook.csv")
    codebook = ["--codebook", folder / "codebook.csv"]
    runs = {
        "diagnosis": ["diagnose", folder / "opinions.parquet", *codebook, "--method", "linear", "--seed", "1"],
        "contrasts": ["contrasts", folder / "opinions.parquet", *codebook, "--by", "attribute"],
        "regions": ["regions", folder / "opinions.parquet", *codebook, "--split", "question"],
        "aligned": ["align", folder / "opinions.parquet", *codebook],
    }
    for name, arguments in runs.items():
        ran = command(*arguments, "-o", folder / f"{name}.csv")
        assert ran.exit_code == 0, ran.stderr
    sample = pl.DataFrame(
        {"sex": ["Female", "Male"] * 20, "natspac": [1, 0, -1, 0] * 10, "nataid": [-1, -1, 0, -1] * 10}
    )
    sample.write_csv(folder / "sample.csv")
    answered = ["--question", "natspac", "--question", "nataid"]
    ran = command(
        "rectify", folder / "opinions.parquet", "--sample", folder / "sample.csv", *codebook, *answered,
        "-o", folder / "estimates.csv",
    )  # fmt: skip
    assert ran.exit_code == 0, ran.stderr
    curve = of.learning_curve(asked, survey.codebook, sizes=[5, 10], draws=2, seed=1)
    curve.write_csv(folder / "curve.csv")
    return folder, survey, rows


def test_findings_are_those_of_the_verbs(study):
    folder, survey, rows = study
    expected = {
        "diagnosis": of.diagnose(rows, survey.codebook, method="linear", seed=1),
        "contrasts": of.contrasts(rows, survey.codebook, by=["attribute"]),
        "regions": of.prediction_regions(rows, survey.codebook, split="question"),
    }
    for name, frame in expected.items():
        read = pl.read_csv(folder / f"{name}.csv", schema_overrides=frame.schema)
        assert_frame_equal(read, frame, check_row_order=False)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("diagnosis", []),
        ("contrasts", ["--by", "attribute"]),
        ("regions", ["--codebook", "codebook.csv", "--question", "natspac"]),
        (
            "estimates",
            [
                "--codebook",
                "codebook.csv",
                "--opinions",
                "opinions.parquet",
                "--question",
                "nataid",
                "--source",
                SOURCE,
            ],
        ),
    ],
)
def test_a_table_of_findings_is_the_one_that_the_verb_makes(study, monkeypatch, kind, options):
    folder, survey, rows = study
    monkeypatch.chdir(folder)
    frame = pl.read_csv(f"{kind}.csv", schema_overrides={"choice": pl.UInt8, "tuning": pl.Float64})
    arguments = {
        "diagnosis": [],
        "contrasts": [],
        "regions": [survey.codebook],
        "estimates": [survey.codebook, rows],
    }[kind]
    named = {
        "regions": {"questions": ["natspac"]},
        "estimates": {"questions": ["nataid"], "source": SOURCE},
        "contrasts": {"by": "attribute"},
    }
    expected = getattr(of.tables, kind)(frame, *arguments, **named.get(kind, {}))
    ran = command("table", kind, f"{kind}.csv", *options, "-o", f"{kind}.tex")
    assert ran.exit_code == 0, ran.stderr
    assert (folder / f"{kind}.tex").read_text(encoding="utf-8") == expected.as_latex(label=f"tab:{kind}")


@pytest.mark.parametrize(
    ("kind", "frame", "options"),
    [
        ("regions", "regions.csv", ["--codebook", "codebook.csv", "--question", "natspac"]),
        (
            "estimates",
            "estimates.csv",
            [
                "--codebook",
                "codebook.csv",
                "--opinions",
                "opinions.parquet",
                "--question",
                "nataid",
                "--source",
                SOURCE,
            ],
        ),
        ("learning", "curve.csv", CURVE),
        ("stages", "aligned.csv", ["--model", "fake", "--elicitation", "logprob", "--calibrator", "linear"]),
    ],
)
def test_a_figure_of_findings_is_drawn(study, monkeypatch, kind, frame, options):
    folder, *_ = study
    monkeypatch.chdir(folder)
    ran = command("figure", kind, frame, *options, "-o", f"{kind}.svg")
    assert ran.exit_code == 0, ran.stderr
    assert (folder / f"{kind}.svg").read_text(encoding="utf-8").startswith("<svg")


def test_options_given_several_times_are_named_as_they_are_typed(study, monkeypatch):
    folder, *_ = study
    monkeypatch.chdir(folder)
    for arguments, said in {
        ("table", "diagnosis", "diagnosis.csv", "--question", "natspac"): "table diagnosis takes no --question",
        ("figure", "stages", "aligned.csv", "-o", "x.svg"): "figure stages needs --model",
        ("table", "estimates", "estimates.csv"): "table estimates needs --codebook.",
    }.items():
        ran = command(*arguments)
        assert (ran.exit_code, ran.stdout) == (1, "")
        assert said in " ".join(ran.stderr.split())
