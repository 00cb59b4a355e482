"""Frames as Polars prints them: sources that differ can be told apart, and the user's own settings stand."""

import os
import subprocess
import sys

import pytest

MODEL = "meta-llama/Llama-3.1-70B-Instruct"
SOURCES = [f"{MODEL}|logprob|{prompt}|standard{end}" for prompt in ("base", "sd") for end in ("", "|ridge", "|default")]
PRINTS = f"""
import polars as pl
import opinionframe as of
rows = [(f"q{{place}}", "all", source, 0.5 + 0.1 * place) for place in range(2) for source in {SOURCES!r}]
print(of.summarize(pl.DataFrame(rows, schema=["question", "demographic", "source", "alignment"], orient="row")))
"""


def printed_sources(environment: dict[str, str]) -> list[str]:
    """What stands in the first column of the printed frame, the lines of a cell put together."""
    ran = subprocess.run(
        [sys.executable, "-c", PRINTS], capture_output=True, text=True, check=True, env=os.environ | environment
    )
    cells: list[str] = []
    for line in ran.stdout.split("╞")[1].splitlines()[1:]:
        if not line.startswith("│"):
            continue
        first, second, *_ = (cell.strip() for cell in line.strip("│").split("┆"))
        cells += [""] * bool(second)
        cells[-1] += first
    return cells


def test_sources_can_be_told_apart():
    assert printed_sources({}) == sorted(SOURCES)


@pytest.mark.parametrize("length", ["20", "25"])
def test_what_the_user_set_stands(length):
    assert printed_sources({"POLARS_FMT_STR_LEN": length}) == [f"{name[: int(length)]}…" for name in sorted(SOURCES)]
