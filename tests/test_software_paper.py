"""The numbers of the software paper are those of the reports, and its references those it cites."""

import re
from pathlib import Path

import polars as pl
import pytest

ROOT = Path(__file__).parents[1]
PAPER = (ROOT / "paper.md").read_text(encoding="utf-8")
TEXT = " ".join(PAPER.split())
REPORTS = ROOT / "reports"


def test_scores_by_what_was_held_out():
    rows = pl.read_csv(REPORTS / "calibration" / "held_out.csv")
    for row in rows.iter_rows(named=True):
        scores = [f"{row[name]:.1f}" for name in ("linear", "paper", "default", "no-model")]
        gains = [f"{row[f'over {name}']:+.1f} ± {row[f'std_error {name}']:.1f}" for name in ("paper", "no-model")]
        assert f"| {row['split']} | {' | '.join([*scores, *gains])} |" in PAPER
    assert len(re.findall(r"^\| \w+ \| [\d.]+ \|", PAPER, flags=re.MULTILINE)) == len(rows)


def test_coverage_of_intervals():
    rows = pl.read_csv(REPORTS / "inference" / "coverage.csv")
    plain = rows.filter(pl.col("interval").str.starts_with("cluster-robust t"), world="plain")
    percent = 100 * plain["covers"]
    assert plain["size"].sort().to_list() == [12, 24, 60]
    assert f"hold the truth in {percent.min():.1f} to {percent.max():.1f}% of studies" in TEXT


@pytest.fixture
def composite():
    rows = pl.read_csv(REPORTS / "estimation" / "simulation.csv")
    kept = rows.filter(survey="gss2018", method="composite", n=100, level="groups")
    return {
        name: (ratio, coverage) for name, ratio, coverage in kept.select("predictor", "ratio", "coverage").iter_rows()
    }


def test_a_few_people_and_a_model(composite):
    ratio, coverage = composite["SmolLM2-135M-Instruct|logprob|sd|standard"]
    assert f"has {ratio:.2f} times the squared error" in TEXT
    assert f"hold the truth in {100 * coverage:.1f}% of cases" in TEXT
    assert f"has {composite['noise'][0]:.2f} times" in TEXT


def test_the_claim_that_is_recomputed():
    rows = pl.read_csv(REPORTS / "audit" / "audit.csv").filter(claim="mean change of alignment")
    claimed, recomputed = rows.select("claimed", "recomputed").row(0)
    assert f"{recomputed:.1f} points where the abstract says {claimed:.1f}" in TEXT


def test_references_are_cited_and_listed():
    listed = set(re.findall(r"^@\w+\{(\w+),", (ROOT / "paper.bib").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"@(\w+)", PAPER.partition("# Summary")[2])) == listed


def test_files_it_names_are_there():
    named = re.findall(r"`(reports/[\w/.]+)`", PAPER)
    assert len(named) >= 4
    assert [name for name in named if not (ROOT / name).is_file()] == []
