"""The command as a user runs it, on a real small model."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import polars as pl
import pytest
from paper_study import write_surveys
from polars.testing import assert_frame_equal

import opinionframe as of

SMALL_MODEL = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
STUDY = """
title = "Three items, two groups & everybody"
seed = 3
output = "out"

[survey]
name = "gss2018"
demographics = ["sex", "all"]
questions = ["natspac", "nataid", "nateduc"]

[elicit]
elicitation = ["logprob"]
prompt = ["base", "sd"]

[calibrate]
method = ["ridge", "default"]
folds = 3

[compare]
pair = ["raw-calibrated", "base-sd"]
"""


def opinionframe(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "opinionframe.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False, timeout=600)


@pytest.fixture(scope="module")
def ran(small_model: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[subprocess.CompletedProcess[str], Path]:
    folder = tmp_path_factory.mktemp("study")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return opinionframe("run", "study.toml", folder=folder), folder / "out"


def test_a_study_ends_in_a_report(ran):
    result, out = ran
    assert result.returncode == 0, result.stderr
    assert "Opinion alignment in percent" in result.stdout
    assert result.stdout.splitlines()[-1] == "Open out/index.html"
    for name in ("index.html", "alignment.html", "alignment.tex", "spread.svg", "spread.png", "data/manifest.json"):
        assert (out / name).stat().st_size > 500, name


def test_the_tidy_rows_say_what_the_table_says(ran):
    _, out = ran
    summary = pl.read_parquet(out / "data" / "summary.parquet")
    aligned = pl.read_parquet(out / "data" / "aligned.parquet")
    tests = pl.read_parquet(out / "data" / "tests.parquet")
    base = "SmolLM2-135M-Instruct|logprob|base|standard"
    mine = aligned.filter(source=base)
    assert len(mine) == 9
    assert summary.filter(source=base)["alignment"].item() == pytest.approx(
        mine.filter(pl.col("demographic") != "all")["alignment"].mean()
    )
    assert set(tests["family"].str.split(" (").list.first()) == {"raw-calibrated", "base-sd"}
    assert {"uniform", "question-mean", "label-mean", f"{base}|ridge", f"{base}|default"} <= set(summary["source"])
    printed = (out / "alignment.html").read_text(encoding="utf-8")
    assert f"{100 * mine['alignment'].mean():.1f}" in printed
    assert "two groups &amp; everybody" in printed


def test_the_manifest_pins_what_answered(ran):
    _, out = ran
    manifest = json.loads((out / "data" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["models"][0]["revision"] == f"sha256:{SMALL_MODEL}"
    assert manifest["seed"] == 3
    assert manifest["survey"]["citation"].startswith("Smith")


def test_the_same_command_asks_nothing_again(ran):
    _, out = ran
    journals = {path: path.read_bytes() for path in (out / "journal").rglob("*") if path.is_file()}
    assert journals
    before = pl.read_parquet(out / "data" / "opinions.parquet")
    again = opinionframe("run", "study.toml", folder=out.parent)
    assert again.returncode == 0, again.stderr
    assert {path: path.read_bytes() for path in journals} == journals
    after = pl.read_parquet(out / "data" / "opinions.parquet")
    assert_frame_equal(before, after, rel_tol=0, abs_tol=1e-12)


def test_a_wrong_key_ends_in_one_line_and_status_1(tmp_path):
    (tmp_path / "study.toml").write_text("[survey]\nnmae = 'gss2018'\n", encoding="utf-8")
    refused = opinionframe("run", "study.toml", folder=tmp_path)
    assert refused.returncode == 1
    assert "survey.nmae: no such key" in refused.stderr
    assert "Traceback" not in refused.stdout + refused.stderr


def test_the_example_is_a_study(tmp_path):
    example = opinionframe("example", folder=tmp_path)
    (tmp_path / "study.toml").write_text(example.stdout, encoding="utf-8")
    assert 'name = "gss2018"' in example.stdout


@pytest.mark.parametrize(("command", "says"), [((), "demo"), (("run",), "study file"), (("demo",), "journal")])
def test_help_reads(command, says, tmp_path):
    shown = opinionframe(*command, "--help", folder=tmp_path)
    assert shown.returncode == 0
    assert says in shown.stdout


def test_surveys_are_listed(tmp_path):
    assert "gss2018" in opinionframe("surveys", folder=tmp_path).stdout


def test_the_papers_study_is_planned_without_a_model(tmp_path):
    write_surveys(tmp_path)
    study = opinionframe("example", "--paper", folder=tmp_path).stdout
    (tmp_path / "paper.toml").write_text(
        study.replace("wgm2018-dataset-crosstabs-all-countries.xlsx", "wgm2018.csv"), encoding="utf-8"
    )
    planned = opinionframe("run", "paper.toml", "--dry-run", folder=tmp_path)
    assert planned.returncode == 0, planned.stderr
    # Per data set: 15 models by three elicitations and two prompts, four by log-probabilities; five with three samples
    # of few-shot examples, two with chain of thought.
    settings = 3 * (15 * 6 + 4 * 2 + 5 * 6 * 3 + 2 * 6)
    assert f"{settings} settings, nothing asked yet" in planned.stdout
    # 5 paraphrases, 5 draws and 3 draws, of 6, 6 and 7 questions and their 10, 13 and 12 groups.
    prompts = 6 * 11 + 6 * 14 + 7 * 13
    calls = (5 + 5 + 3) * prompts * (15 + 5 * 3 + 2) + 4 * prompts
    assert f"{calls:,} calls" in " ".join(planned.stdout.split())


def test_prices_give_a_cost_range(tmp_path):
    study = '[[model]]\nkind = "api"\nname = "m"\nbase_url = "http://127.0.0.1:9/v1"\nprices = [1.0, 2.0]\n'
    (tmp_path / "study.toml").write_text(study, encoding="utf-8")
    planned = opinionframe("run", "study.toml", "--dry-run", folder=tmp_path)
    assert planned.returncode == 0, planned.stderr
    assert "cost 0." in " ".join(planned.stdout.split())


@pytest.mark.parametrize(
    ("study", "says"),
    [
        ("[[model]]\nkind = 'fake'\n[calibrate]\nmethod = ['rigde']", "calibrate.method: 'rigde' is not known"),
        ("[[model]]\nkind = 'api'", "model.name: needed for kind = 'api'"),
        ("[survey]\nname = 'wgm2018'", "of.fetch"),
    ],
)
def test_a_dry_run_refuses_what_a_run_would(study, says, tmp_path):
    (tmp_path / "study.toml").write_text(study, encoding="utf-8")
    refused = opinionframe("run", "study.toml", "--dry-run", folder=tmp_path)
    assert refused.returncode == 1
    assert says in " ".join(refused.stderr.split())


def test_names_are_no_markup(tmp_path):
    study = "[survey]\ndemographics = ['all']\n[[model]]\nkind = 'fake'\nname = 'a[/b]'\n"
    priced = "[[model]]\nkind = 'fake'\nname = 'm[bold]x'\nprices = [1.0, 2.0]\n"
    (tmp_path / "study.toml").write_text(study + priced, encoding="utf-8")
    planned = opinionframe("run", "study.toml", "--dry-run", folder=tmp_path)
    assert planned.returncode == 0, planned.stderr
    assert "a[/b]" in planned.stdout
    assert "m[bold]x" in planned.stdout
    assert "(without a[/b], which has no prices)" in " ".join(planned.stdout.split())


SERVED = """
output = "out"
[survey]
demographics = ["all"]
[[model]]
kind = "api"
name = "m"
base_url = "{url}"
[elicit]
elicitation = ["self_random"]
prompt = ["base"]
"""


@pytest.fixture
def serve_chats():
    """Starts a server that gives every chat the same status and JSON, and counts them."""
    servers = []

    def start(status, reply):
        class Chat(BaseHTTPRequestHandler):
            def do_POST(self):
                self.server.chats += 1
                self.rfile.read(int(self.headers["Content-Length"]))
                data = json.dumps(reply).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Chat)
        server.chats = 0
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def run_served(server, folder):
    (folder / "study.toml").write_text(SERVED.format(url=f"http://127.0.0.1:{server.server_port}/v1"))
    result = opinionframe("run", "study.toml", folder=folder)
    return result.returncode, " ".join((result.stdout + result.stderr).split())


def test_a_refused_parameter_ends_the_run_in_the_servers_words(serve_chats, tmp_path):
    server = serve_chats(400, {"error": {"message": "Unsupported parameter: max_tokens. Use max_completion_tokens."}})
    status, shown = run_served(server, tmp_path)
    assert status == 1
    assert "It answers 400: Unsupported parameter: max_tokens. Use max_completion_tokens." in shown
    assert "Note: m at http" in shown
    assert server.chats < 10


def test_a_refusal_in_the_body_of_an_answer_is_one(serve_chats, tmp_path):
    said = {"error": {"code": 400, "message": "Unsupported parameter: seed."}}
    server = serve_chats(200, said)
    status, shown = run_served(server, tmp_path)
    assert status == 1
    assert "It answers 400: Unsupported parameter: seed." in shown
    assert server.chats < 10


def test_answers_that_cannot_be_read_are_shown(serve_chats, tmp_path):
    choice = {"index": 0, "finish_reason": "stop", "message": {"content": "Well, that depends."}}
    status, shown = run_served(serve_chats(200, {"choices": [choice]}), tmp_path)
    assert status == 1
    why = "90 of 90 answers: unparsable (90). Reasons: no single answer in [1,3] (90). "
    why += "One raw answer: 'Well, that depends.'."
    assert f"No answer could be read. m: 18 prompts, 90 answers, 0 (0%) readable. {why}" in shown
    assert f"{why} All answers are in out/journal" in shown
    assert "Some prompts got no readable answer" in shown


def test_a_dry_run_says_what_it_warns_of_once_and_in_words(tmp_path):
    survey = of.load("gss2018")
    coded = survey.opinions.filter(demographic="all").with_columns(demographic=pl.lit("hisp=1"))
    coded.write_parquet(tmp_path / "opinions.parquet")
    survey.codebook.write_parquet(tmp_path / "codebook.parquet")
    files = "opinions = 'opinions.parquet'\ncodebook = 'codebook.parquet'"
    (tmp_path / "study.toml").write_text(f"[survey]\n{files}\n[[model]]\nkind = 'fake'\n")
    planned = opinionframe("run", "study.toml", "--dry-run", folder=tmp_path)
    assert planned.returncode == 0, planned.stderr
    assert planned.stderr.startswith("Note: ")
    assert len(planned.stderr.splitlines()) == 1
    assert planned.stderr.count("Note: 1 of 1 classes have no words but a column's name or a code") == 1


def test_a_dry_run_leaves_out_what_is_on_record(tmp_path):
    study = "output = 'out'\n[survey]\ndemographics = ['all']\n[[model]]\nkind = 'fake'\n[calibrate]\nfolds = 3\n"
    (tmp_path / "study.toml").write_text(study)
    before = opinionframe("run", "study.toml", "--dry-run", folder=tmp_path)
    assert "18 calls, tokens" in " ".join(before.stdout.split())
    ran = opinionframe("run", "study.toml", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "fake: 36 prompts, 36 answers, 36 (100%) readable; one raw answer: '" in " ".join(ran.stderr.split())
    after = opinionframe("run", "study.toml", "--dry-run", folder=tmp_path)
    assert "0 calls beside those on record" in " ".join(after.stdout.split())
