"""What the command prints: on terminals of several widths, in a pipe, and for other programs."""

import csv
import json
import os
import pty
import re
import struct
import subprocess
import sys
from fcntl import ioctl
from functools import cache
from io import StringIO
from pathlib import Path
from termios import TIOCSWINSZ

import polars as pl
import pytest

MODEL = "a-model-of-some-name-135M-Instruct"
STUDY = f"""
output = "out"
[survey]
demographics = ["all", "sex"]
questions = ["natspac", "natenvir", "natheal", "natcity", "natcrime", "natdrug"]
[[model]]
kind = "fake"
name = "{MODEL}"
[elicit]
elicitation = ["logprob"]
prompt = ["base", "sd"]
[calibrate]
method = ["ridge"]
folds = 3
"""
SOURCES = {
    *(f"{MODEL}|logprob|{prompt}|standard{end}" for prompt in ("base", "sd") for end in ("", "|ridge")),
    *("label-mean", "question-mean", "uniform"),
}
SHORT = {"base, raw", "SD, raw", "base, ridge", "SD, ridge", "label-mean", "question-mean", "uniform"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("terminal")
    (made / "study.toml").write_text(STUDY, encoding="utf-8")
    return made


def on_a_terminal(folder: Path, columns: int, *arguments: str) -> list[str]:
    """The lines that a terminal of so many `columns` shows, without colours, as they are after the progress bars."""
    terminal, its_end = pty.openpty()
    ioctl(its_end, TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name != "COLUMNS"} | {"TERM": "xterm"}
    command = [sys.executable, "-m", "opinionframe", *arguments]
    running = subprocess.Popen(command, cwd=folder, env=environment, stdin=its_end, stdout=its_end, stderr=its_end)
    os.close(its_end)
    shown = b""
    while part := _read(terminal):
        shown += part
    os.close(terminal)
    assert running.wait() == 0, shown.decode()
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode().split("\x1b[?25h")[-1])
    return [line.rstrip() for line in text.replace("\r", "").split("\n")]


def _read(terminal: int) -> bytes:
    """What comes next; nothing once the other end is closed, which Linux tells as an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


@cache
def in_a_pipe(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "opinionframe", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)


def first_cells(lines: list[str], title: str) -> list[str]:
    """The first cell of each line of the table under `title`."""
    start = next(number for number, line in enumerate(lines) if line.startswith(title))
    rows = [line.strip() for line in lines[start:]]
    body = rows[next(number for number, line in enumerate(rows) if re.match(r"(calibrated )?source ", line)) + 1 :]
    named = [re.split(r"\s{2,}", line)[0] for line in body if not line.startswith("─")]
    return named[: named.index("")] if "" in named else named


@pytest.mark.parametrize("columns", [80, 100])
def test_a_terminal_has_a_line_per_source_and_nothing_wraps(folder, columns):
    lines = on_a_terminal(folder, columns, "run", "study.toml")
    assert max(map(len, lines)) <= columns
    cells = first_cells(lines, "Opinion alignment")
    assert sorted(cells) == sorted(SHORT)
    assert f"{MODEL}, log-prob." in " ".join(lines)
    assert lines[-2].startswith("Open out/index.html")


def test_a_narrow_terminal_shows_the_columns_that_fit(folder):
    lines = on_a_terminal(folder, 46, "run", "study.toml")
    assert max(map(len, lines)) <= 46
    named = [line for line in lines if re.match(rf"({'|'.join(SHORT)}) +\d\d\.\d  \[", line)]
    assert len(named) == len(SHORT)
    assert "No room for skill: see --format csv." in lines


def test_a_pipe_has_whole_names_and_no_frames(folder):
    ran = in_a_pipe(folder, "run", "study.toml")
    lines = ran.stdout.splitlines()
    for source in SOURCES:
        found = [line for line in lines if line.startswith(f"{source} ")]
        assert re.search(r" \d\d\.\d  \[\d\d\.\d, \d\d\.\d\] ", found[0]), found
    assert not set(ran.stdout) & set("│─┃━\x1b")
    gains = [line for line in lines if line.endswith(("placebo not exceeded", "answer labels"))]
    assert len(gains) == 2
    assert "readable" in ran.stderr


@pytest.mark.parametrize("form", ["csv", "json"])
def test_other_programs_get_numbers_and_nothing_else(folder, form):
    printed = in_a_pipe(folder, "run", "study.toml", "--format", form).stdout
    rows = list(csv.DictReader(StringIO(printed))) if form == "csv" else json.loads(printed)
    assert {row["source"] for row in rows} == SOURCES
    summary = pl.read_parquet(folder / "out" / "data" / "summary.parquet")
    for source, alignment in summary.select("source", "alignment").rows():
        row = next(row for row in rows if row["source"] == source)
        assert float(row["alignment"]) == pytest.approx(alignment, abs=1e-7)
        assert float(row["conf_low"]) < alignment < float(row["conf_high"])
        assert bool(row["verdict"]) == source.endswith("ridge")


def test_verdicts_are_explained(folder):
    said = " ".join(in_a_pipe(folder, "run", "study.toml").stdout.split())
    verdict = re.search(r"\|ridge: ([a-z ]+)\. That is, ", said)
    assert verdict is not None, said


def test_a_plan_is_data_too(folder):
    printed = in_a_pipe(folder, "run", "study.toml", "--dry-run", "--format", "json").stdout
    assert sum(row["prompts"] for row in json.loads(printed)) == 6 * 3 + 6


def test_surveys_fit_a_terminal(folder):
    lines = on_a_terminal(folder, 80, "surveys")
    assert max(map(len, lines)) <= 80
    assert any(line.strip().startswith("gss2018 ") for line in lines)
    assert "gss2018" in {row["name"] for row in json.loads(in_a_pipe(folder, "surveys", "--format", "json").stdout)}
