"""Every printed score has its clustered interval, over what its mean is over, and the note says which it is."""

import re

import numpy as np
import polars as pl
import pytest
from printed_cells import interval, seen
from scipy import stats

import opinionframe as of
from opinionframe.errors import OptionError
from opinionframe.tables import marks

RAW = "m|verbalized|base|standard"
COT = "m|verbalized|base|cot"
BY_HAND = {("q1", "sex=F"): 0.7, ("q1", "sex=M"): 0.7, ("q2", "sex=F"): 0.8, ("q2", "sex=M"): 0.8}
BY_HAND |= {("q3", "sex=F"): 0.9, ("q3", "sex=M"): 0.9}
"""Two groups by three questions, whose groups agree: three values of one size each."""


def by_hand(source: str = RAW) -> pl.DataFrame:
    rows = [(*cell, source, score) for cell, score in BY_HAND.items()]
    return pl.DataFrame(rows, ["question", "demographic", "source", "alignment"], orient="row").with_columns(
        baseline=0.5
    )


def uneven(seed: int = 0) -> pl.DataFrame:
    """Ten questions by up to four groups, everybody and raw, chain-of-thought and calibrated answers."""
    rng = np.random.default_rng(seed)
    cells = [
        (f"q{q}", name) for q in range(10) for name in ("g=a", "g=b", "g=c", "g=d", "all") if (q, name[-1]) != (3, "d")
    ]
    rows = [
        (*cell, source, float(np.clip(mean + rng.normal(0, 0.05), 0, 1)))
        for source, mean in ((RAW, 0.7), (COT, 0.75), (f"{RAW}|ridge", 0.85), ("label-mean", 0.6))
        for cell in cells
        if (source, cell) != (COT, ("q1", "g=a"))
    ]
    frame = pl.DataFrame(rows, ["question", "demographic", "source", "alignment"], orient="row")
    return frame.with_columns(baseline=0.5)


def bracketed(low: float, high: float, places: int) -> str:
    return f"[{100 * low:.{places}f}, {100 * high:.{places}f}]"


def printed(table: of.tables.Table) -> list[str]:
    """The intervals of a table, row by row."""
    below = [interval(cell) for row in table.cells.rows() for cell in row if isinstance(cell, str)]
    return [limits for limits in below if limits]


def test_by_hand_and_by_scipy() -> None:
    """Mean 0.8, three questions with standard deviation 0.1: Student's t on the log odds of the mean."""
    half = stats.t.ppf(0.975, 2) * 0.1 / 3**0.5 / (0.8 * 0.2)
    low, high = (1 / (1 + np.exp(-(np.log(0.8 / 0.2) + sign * half))) for sign in (-1, 1))
    assert bracketed(low, high, 0) == "[46, 95]"
    table = of.tables.alignment(by_hand())
    assert (seen(table.cells["raw alignment"][0]), printed(table)) == ("*80.0*", ["[46, 95]"])
    row = table.rows.row(0, named=True)
    assert (row["raw alignment"], row["raw alignment_low"], row["raw alignment_high"]) == (80.0, 46, 95)
    assert printed(of.tables.settings(by_hand())) == ["[46, 95]"]
    assert printed(of.tables.demographics(by_hand())) == ["[46, 95]"] * 2


@pytest.mark.parametrize(
    "estimand",
    [{}, {"weight": "question"}, {"weight": "group"}, {"overlap": "keep"}, {"cells": "own", "weight": "group"}],
)
def test_intervals_are_those_of_the_means_beside_them(estimand) -> None:
    aligned = uneven()
    known = of.intervals(aligned, conf=0.9, **estimand)
    places = 1 if (known["conf_high"] - known["conf_low"]).min() < 0.05 else 0
    expected = {
        source: (f"{100 * mean:.1f}", bracketed(low, high, places))
        for source, mean, low, high in known.select("source", "alignment", "conf_low", "conf_high").rows()
    }
    shown = of.tables.alignment(aligned, conf=0.9, **estimand)
    cells = {row["variant"] or row["model"]: row for row in shown.cells.to_dicts()}
    places_of = ((RAW, "standard", "raw"), (f"{RAW}|ridge", "standard", "ridge"), (COT, "cot", "raw"))
    for source, row, method in (*places_of, ("label-mean", "label-mean", "raw")):
        cell = cells[row][f"{method} alignment"]
        assert (seen(cell).strip("*"), interval(cell)) == expected[source]
    triple = of.tables.triples(aligned, conf=0.9, **estimand).cells.filter(label="m").row(0, named=True)
    for source, column in ((RAW, "standard|"), (COT, "cot|"), (f"{RAW}|ridge", "standard|ridge")):
        assert interval(triple[f"base|verbalized|{column}"]) == expected[source][1]


def test_groups_have_their_own_intervals() -> None:
    aligned = uneven()
    known = of.intervals(aligned, by="demographic").filter(pl.col("source").is_in([RAW, f"{RAW}|ridge"]))
    places = 1 if (known["conf_high"] - known["conf_low"]).min() < 0.05 else 0
    expected = {
        (demographic.removeprefix("g=").replace("all", "All"), "cal" if "ridge" in source else "raw"): bracketed(
            *limits, places
        )
        for demographic, source, *limits in known.select("demographic", "source", "conf_low", "conf_high").rows()
    }
    rows = of.tables.demographics(aligned).cells.to_dicts()
    shown = {(row["label"], kind): interval(row[f"m {kind}"]) for row in rows for kind in ("raw", "cal")}
    assert shown == expected
    assert len(shown) == 10


def test_the_note_says_how_surely_over_what_and_from_how_many_clusters() -> None:
    (note,) = [note for note in of.tables.alignment(uneven(), conf=0.9).notes if note.startswith("In brackets")]
    assert note == (
        "In brackets: the interval of each mean (90%, each), over new questions for these groups, by cluster-robust t, "
        "10 clusters."
    )
    assert "10 clusters. Averages have none." in " ".join(of.tables.settings(uneven()).notes)
    fitted = uneven().with_columns(fit_influence=pl.when(pl.col("source").str.ends_with("ridge")).then(0.01))
    (note,) = [note for note in of.tables.settings(fitted).notes if note.startswith("In brackets")]
    assert "new questions for these groups (of calibrated answers, new questions and new fits for these groups)" in note
    assert (
        of.tables.settings(fitted).cells["base|verbalized|standard|ridge"][0]
        != (of.tables.settings(uneven()).cells["base|verbalized|standard|ridge"][0])
    )


@pytest.mark.parametrize("kind", ["alignment", "settings", "triples", "demographics"])
def test_left_out_on_request(kind) -> None:
    verb = getattr(of.tables, kind)
    assert printed(verb(uneven()))
    bare = verb(uneven(), intervals=False)
    assert not printed(bare)
    assert "bracket" not in " ".join(bare.notes)
    with pytest.raises(OptionError, match="conf"):
        verb(uneven(), conf=95)


def test_too_few_clusters_are_said() -> None:
    table = of.tables.settings(uneven().filter(question="q0"), intervals=True)
    assert set(printed(table)) == {f"[{marks.ABSENT}]"}
    assert f"[{marks.ABSENT}]: 2 means have no interval: 2 over one cluster alone." in table.notes
    alike = of.tables.alignment(by_hand().with_columns(alignment=0.8))
    assert f"[{marks.ABSENT}]: 1 mean has no interval: 1 over clusters that all score alike." in alike.notes
    assert alike.rows["raw alignment"].to_list() == [80.0]


def test_means_without_cells_bring_their_own_intervals_or_none() -> None:
    aligned = uneven()
    bare = of.tables.settings(of.summarize(aligned))
    assert not printed(bare)
    assert "Intervals: not known of means that come without their cells." in bare.notes
    known = of.tables.settings(of.intervals(aligned, conf=0.5))
    assert printed(known) == printed(of.tables.settings(aligned, conf=0.5))
    assert "(50%, each)" in " ".join(known.notes)


def test_both_targets_print_the_interval_on_a_line_of_its_own() -> None:
    table = of.tables.settings(by_hand())
    assert '<span style="display:block;font-size:85%;white-space:nowrap">[46, 95]</span>' in table.as_html()
    assert r"\textbf{80.}\rlap{\textbf{0}}\phantom{0}}{{[}46, 95]}" in table.as_latex()
    assert not re.search(marks.OWN, table.as_html() + table.as_latex())
