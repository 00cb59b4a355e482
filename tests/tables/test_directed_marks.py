"""Marks: of the clustered test unless another is named, with their direction, and explained only where they stand."""

import numpy as np
import polars as pl
import pytest
from printed_cells import unbold

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

RAW = "m|logprob|base|standard"
SIGNS = "↑↓⇑⇓△▽⊕⊖"


def aligned(gains: dict[str, float], noise: float = 0.02, groups: int = 1) -> pl.DataFrame:
    """Twelve questions; raw answers at 0.7, and what `gains` add to them. Groups repeat the question's score."""
    rng = np.random.default_rng(0)
    rows = []
    for name, gain in {"": 0.0, **gains}.items():
        source = f"m|logprob|base|{name}" if name == "cot" else f"{RAW}{name}"
        for question, score in enumerate(0.7 + gain + rng.normal(0, noise, 12)):
            rows += [(f"q{question}", f"g={group}", source, float(score)) for group in range(groups)]
    frame = pl.DataFrame(rows, ["question", "demographic", "source", "alignment"], orient="row")
    return frame.with_columns(baseline=0.5)


def marked(table: of.tables.Table, column: str) -> str:
    return "".join(sign for sign in unbold(table.cells[column][0]) if sign in SIGNS)


def explained(table: of.tables.Table) -> set[str]:
    return {sign for note in table.notes for sign in note if sign in SIGNS}


def test_up_and_down_are_told_apart_everywhere() -> None:
    scores = aligned({"|up": 0.1, "|down": -0.1, "|same": 0.0})
    table = of.tables.alignment(scores, of.compare(scores))
    assert [marked(table, f"{name} alignment") for name in ("up", "down", "same", "raw")] == ["↑", "↓", "", ""]
    assert any(note.startswith("↑ higher, ↓ lower than raw by cluster-robust t: p < 0.05, ") for note in table.notes)
    assert table.rows.select("up alignment marks", "down alignment marks").row(0) == ("↑", "↓")
    for name, sign in (("up", "↑"), ("down", "↓")):
        one = scores.filter(
            ~pl.col("source").str.contains("|", literal=True)
            | pl.col("source").str.contains(name + "$")
            | (pl.col("source") == RAW)
        )
        grid = of.tables.settings(one, of.compare(one))
        assert (marked(grid, f"base|logprob|standard|{name}"), explained(grid)) == (sign, {sign})
        groups = of.tables.demographics(one, of.compare(one, by="demographic"), elicitation="logprob")
        assert (marked(groups, "m cal"), explained(groups)) == (sign, {sign})


def test_what_clusters_cannot_tell_is_marked_by_the_paper_s_test_on_request_alone() -> None:
    """Forty groups repeat each question: the paired t takes them for 480 independent cells."""
    scores = aligned({"|ridge": 0.01}, groups=40)
    tests = of.compare(scores, adjust="none")
    assert (tests.sort("method")["p_value"] < 0.05).to_list() == [False, True]
    table = of.tables.alignment(scores, tests)
    assert (marked(table, "ridge alignment"), explained(table)) == ("", set())
    assert any(note.startswith("No score differs from raw by cluster-robust t: p < 0.05") for note in table.notes)
    assert "paired t" not in " ".join(table.notes)
    named = of.tables.alignment(scores, tests, marks="paired t")
    assert (marked(named, "ridge alignment"), explained(named)) == ("↑", {"↑"})
    assert "cells taken as independent" in " ".join(named.notes)
    both = of.tables.alignment(scores, tests, marks=["cluster-robust t", "paired t"])
    assert explained(both) == {"⇑"} == set(marked(both, "ridge alignment"))


@pytest.mark.parametrize("kind", ["alignment", "settings", "triples", "demographics"])
def test_tests_of_cells_alone_mark_nothing_unasked(kind) -> None:
    scores = aligned({"|ridge": 0.2, "cot": -0.1})
    tests = of.compare(scores, method="paired t", by="demographic" if kind == "demographics" else ())
    if kind == "triples":
        tests = of.anova(scores, variant="cot").filter(pl.col("method").is_in(["paired t", "repeated-measures ANOVA"]))
    options = {"elicitation": "logprob"} if kind == "demographics" else {}
    verb = getattr(of.tables, kind)
    table = verb(scores, tests, **options)
    assert not any(
        sign in cell for row in table.cells.rows() for cell in row for sign in SIGNS if isinstance(cell, str)
    )
    (note,) = [note for note in table.notes if "marks='paired t'" in note]
    assert note.startswith("Nothing is marked: tests are by paired t alone")
    assert "↑" in explained(verb(scores, tests, marks="paired t", **options))
    with pytest.raises(OptionError, match=r"marks='cluster-robust t' is not known. Allowed: paired t\."):
        verb(scores, tests, marks="cluster-robust t", **options)


def test_variants_beside_raw_are_marked_too() -> None:
    scores = aligned({"cot": -0.1})
    table = of.tables.alignment(scores, of.compare(scores, pair="standard-cot"))
    assert table.labels["variant"] == "Variant"
    by_variant = dict(zip(table.cells["variant"], table.cells["raw alignment"], strict=True))
    assert (unbold(by_variant["cot"])[4], unbold(by_variant["standard"])[4:5]) == ("↓", "")


def test_equivalence_marks_no_difference() -> None:
    scores = aligned({"|ridge": 0.001}, noise=0.001)
    tests = of.equivalence(scores, margin=0.1)
    assert tests["p_adjusted"].item() < 0.05
    with pytest.raises(FrameError, match="1 rows of equivalence"):
        of.tables.alignment(scores, tests)


def test_marks_survive_both_targets_without_a_package() -> None:
    scores = aligned({"|up": 0.1, "|down": -0.1})
    table = of.tables.alignment(scores, of.compare(scores))
    assert '<span role="img" aria-label="significantly lower">↓</span>' in table.as_html()
    assert r"\ensuremath{\downarrow}" in table.as_latex()
    assert "amssymb" not in table.as_latex()


def test_a_note_says_of_each_test_what_is_true_of_it() -> None:
    scores = aligned({"|ridge": 0.1})
    tests = of.compare(scores)
    assert "Tests were given, and none is marked, as was asked." in of.tables.alignment(scores, tests, marks=[]).notes
    of_people = tests.filter(method="cluster-robust t").with_columns(
        n_clusters=pl.lit(None, pl.UInt32), method=pl.lit("people linearised"), covers=pl.lit("new people")
    )
    (note,) = [note for note in of.tables.alignment(scores, of_people).notes if note.startswith("↑")]
    assert note.endswith("(1 comparison), over new people, n = 12 cells.")
