"""Rows without a name, and numbers that are none, are a dash or refused in words in every table."""

import re

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OpinionFrameError, OptionError

SURVEY = of.load("gss2018")
NAME = "m|logprob|base|standard"
SHARES = pl.DataFrame({"source": [NAME, "n|logprob|base|standard"], "extracted": [0.4, 0.5]})
PUBLISHED = of.paper.published()


def with_first(frame: pl.DataFrame, column: str, value: object) -> pl.DataFrame:
    """`frame` with another value in the first row of a column."""
    first = pl.int_range(pl.len()) == 0
    changed = pl.when(first).then(pl.lit(value, dtype=frame.schema[column])).otherwise(pl.col(column))
    return frame.with_columns(changed.alias(column))


def test_a_row_of_extraction_without_a_source_is_refused() -> None:
    with pytest.raises(FrameError, match=r"1 of 2 rows of extraction have no source, e\.g\. \(None, 0\.4\)"):
        of.tables.extraction(with_first(SHARES, "source", None))
    with pytest.raises(FrameError, match=r"1 of 2 rows of extraction have a share beyond \[0, 1\], e\.g\. .*40\.0"):
        of.tables.extraction(with_first(SHARES, "extracted", 40.0))
    assert of.tables.extraction(with_first(SHARES, "extracted", float("nan"))).rows.row(0)[2] is None


@pytest.mark.parametrize("column", ["source", "demographic"])
def test_a_score_without_a_name_is_refused_and_not_dropped(column: str) -> None:
    frame = with_first(PUBLISHED.filter(table=5), column, None)
    with pytest.raises(FrameError, match=r"1 of \d+ scores have no source or no demographic, e\.g\. "):
        of.tables.degraded(frame, full="paper", few="paper-5")


def test_a_group_without_a_name_is_refused() -> None:
    with pytest.raises(FrameError, match=r"1 of \d+ groups of opinions have no question or no demographic"):
        of.tables.datasets(SURVEY.codebook, with_first(SURVEY.opinions, "demographic", None))


PROMPTS = of.prompts(SURVEY.opinions, SURVEY.codebook, elicitation="logprob", prompt="base", seed=1)
LISTINGS = {
    "extraction": (of.tables.extraction, SHARES.with_columns(dataset=pl.lit("d"), renormalised=1, answered=2)),
    "prompts": (of.tables.prompts, PROMPTS),
    "codebook": (lambda frame: of.tables.datasets(frame, SURVEY.opinions), SURVEY.codebook),
    "opinions": (lambda frame: of.tables.datasets(SURVEY.codebook, frame), SURVEY.opinions),
    "audit": (of.tables.audit, of.paper.audit()),
    "settings": (of.tables.settings, PUBLISHED.filter(table=7, summary=False)),
}
COLUMNS = [(name, column) for name, (_, frame) in LISTINGS.items() for column in frame.columns]


@pytest.mark.parametrize(("name", "column"), COLUMNS)
def test_a_null_or_nan_in_any_column_is_a_dash_or_refused(name: str, column: str) -> None:
    made, frame = LISTINGS[name]
    for value in (None, float("nan")) if frame.schema[column].is_float() else (None,):
        try:
            table = made(with_first(frame, column, value))
        except OpinionFrameError:
            continue  # any other error fails
        assert not re.search(r">\s*(nan|none|null|inf)\s*<", table.as_html().lower())
        assert table.rows.height == table.cells.height


def test_extraction_of_sources_with_names_of_their_own_stands_in_a_column_of_its_own() -> None:
    shares = pl.DataFrame({"source": ["m|logprob|base|standard", "mine"], "extracted": [0.5, 0.75]})
    table = of.tables.extraction(shares)
    assert list(table.labels.values()) == ["Model", "Extracted", "Log-prob."]
    assert table.rows.rows() == [("All questions", "m", None, 50.0), ("All questions", "mine", 75.0, None)]
    assert [members for _, members in table.spanners] == [("base|logprob|standard",)]


def test_extraction_of_a_source_before_and_after_calibration_is_refused() -> None:
    shares = pl.DataFrame({"source": ["m|logprob|base|standard", "m|logprob|base|standard|ridge"], "extracted": 0.5})
    with pytest.raises(FrameError, match=r"source twice.*2 rows.*standard\|ridge"):
        of.tables.extraction(shares)


@pytest.mark.parametrize("by", ["source", "measures"])
def test_sections_by_the_source_or_by_lists_are_refused(by) -> None:
    opinions = SURVEY.opinions.pipe(of.baselines, SURVEY.codebook)
    contrasts = of.contrasts(opinions, SURVEY.codebook).with_columns(measures=pl.lit([1, 2]))
    with pytest.raises(OptionError, match=f"by={by}: contrasts has rows of their own"):
        of.tables.contrasts(contrasts, by=by)
