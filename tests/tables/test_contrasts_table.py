"""The table of contrasts: measures side by side with their intervals, beside the bar of everybody alike."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.tables import marks

BOOK = of.codebook({"q": {"text": "Yes or no?", "labels": ["Yes", "No"]}, "r": {"text": "?", "labels": ["a", "b"]}})
SOURCE = "m|logprob|sd|standard"


def opinions(**shares: list[float]) -> pl.DataFrame:
    """Shares of the first choice of two questions, by men and women, of each source."""
    cells = [
        {"question": question, "demographic": group, "source": source, "choice": choice, "prob": prob}
        for source, of_source in shares.items()
        for question, pair in (("q", of_source[:2]), ("r", of_source[2:]))
        for group, share in zip(("sex=F", "sex=M"), pair, strict=True)
        for choice, prob in ((1, share), (2, 1 - share))
    ]
    return pl.DataFrame(cells).with_columns(pl.col("source").replace({"m": SOURCE}))


def test_a_table_by_hand() -> None:
    # People differ by 0.1 on both questions, the model by 0.3 and -0.1: it exaggerates by sqrt((9 + 1) / 2), and has
    # one of two pairs in order; slope (3 - 1) / 2; explained 2 * slope - size^2.
    frame = of.contrasts(opinions(human=[0.6, 0.5, 0.4, 0.3], m=[0.8, 0.5, 0.3, 0.4]), BOOK)
    table = of.tables.contrasts(frame)
    row = table.rows.row(0, named=True)
    assert (row["direction"], row["size"], row["slope"], row["explained"]) == pytest.approx((50, 5**0.5, 1, -3))
    assert table.cells["size"].str.starts_with("2.24").to_list() == [True, False]
    assert table.rows.select("model", "over population", "direction", "slope", "correlation").row(1) == (
        "population",
        0.0,
        50.0,
        0.0,
        None,
    )
    assert row["n"] == 4
    assert row["pairs"] == 2


def test_measures_that_are_there_are_explained_and_no_others() -> None:
    frame = of.contrasts(opinions(human=[0.6, 0.5, 0.4, 0.3], m=[0.8, 0.5, 0.3, 0.4]), BOOK)
    notes = " ".join(of.tables.contrasts(frame.filter(pl.col("measure").is_in(["size", "direction"]))).notes)
    assert "Size: " in notes
    assert "Slope" not in notes
    assert "The sampling noise of people is known in 0% of cells" in notes
    assert "1 of 2 estimates have no interval" in notes or "2 of 2 estimates have no interval" in notes


def test_attributes_are_rows_for_one_source_and_sections_for_two() -> None:
    survey = of.load("gss2018")
    rows = of.baselines(survey.opinions, survey.codebook).filter(pl.col("source").is_in(["human", "uniform"]))
    groups = survey.groups.with_columns(name=pl.when(attribute="degree").then(pl.lit("schooling")))
    one = of.tables.contrasts(of.contrasts(rows, survey.codebook, by="attribute"), groups=groups)
    assert "schooling" in one.rows["label"].to_list()
    assert one.rows["section"].unique().sort().to_list() == ["Bar", "By attribute"]
    two = pl.concat([rows, rows.filter(source="uniform").with_columns(source=pl.lit("other"))])
    both = of.tables.contrasts(of.contrasts(two, survey.codebook, by=["topic"]))
    assert both.cells["section"].to_list() == ["spending", "spending", "Bar"]
    assert both.cells["model"].to_list() == ["other", "uniform", "population"]


def test_unknown_numbers_are_dashes() -> None:
    frame = of.contrasts(opinions(human=[0.6, 0.5, 0.4, 0.3], m=[0.8, 0.5, 0.3, 0.4]), BOOK)
    odd = frame.with_columns(
        estimate=pl.when(measure="size").then(None).when(measure="slope").then(float("nan")).otherwise("estimate"),
        conf_low=pl.when(measure="explained").then(float("inf")).otherwise("conf_low"),
    )
    table = of.tables.contrasts(odd)
    assert table.cells.select(marks.unmarked(pl.col("size", "slope"))).row(0) == (marks.ABSENT, marks.ABSENT)
    assert "[" not in table.cells["explained"][0]


def test_what_cannot_be_printed_is_refused() -> None:
    frame = of.contrasts(opinions(human=[0.6, 0.5, 0.4, 0.3], m=[0.8, 0.5, 0.3, 0.4]), BOOK)
    with pytest.raises(FrameError, match=r"6 results several times, e\.g\. .*by=…"):
        of.tables.contrasts(pl.concat([frame, frame]))
    with pytest.raises(FrameError, match=r"1 rows without a source, or with a measure .*'luck'"):
        of.tables.contrasts(frame.with_columns(measure=pl.col("measure").replace("size", "luck")))
    with pytest.raises(OptionError, match="by='wave' is not known"):
        of.tables.contrasts(frame, by="wave")
    with pytest.raises(FrameError, match="no rows"):
        of.tables.contrasts(frame.clear())
