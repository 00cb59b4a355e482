"""The table of a diagnosis: gains in points with intervals, what is said once, and words where they occur."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.diagnosis.verdicts import VERDICTS
from opinionframe.errors import FrameError, OptionError
from opinionframe.tables import marks

COLLAPSED, PLACEBO, *_, MORE = VERDICTS
FACTS = {
    "raw": 0.6,
    "alignment": 0.7,
    "placebo": 0.65,
    "label_mean": 0.69,
    "no_model": 0.695,
    "ceiling": 0.98,
    "over_placebo": 0.05,
    "over_placebo_conf_low": -0.0123,
    "over_placebo_conf_high": 0.1123,
    "over_labels": 0.01,
    "over_labels_conf_low": -0.02,
    "over_labels_conf_high": 0.04,
    "over_no_model": 0.005,
    "over_no_model_conf_low": -0.03,
    "over_no_model_conf_high": 0.04,
    "level": "95%, each",
    "metric": "wasserstein",
}


def rows(*verdicts: str, **facts: object) -> pl.DataFrame:
    """A diagnosis with a row per verdict, each of a model of its own."""
    return pl.DataFrame(
        [
            {"source": f"m{place}|logprob|sd|standard|ridge", "verdict": verdict, **FACTS, **facts}
            for place, verdict in enumerate(verdicts)
        ]
    )


def test_gains_are_points_with_their_intervals_and_rows_have_all_digits() -> None:
    table = of.tables.diagnosis(rows(PLACEBO))
    shown = table.cells.select(marks.unmarked(pl.col("raw", "alignment", "over_placebo")))
    assert shown.row(0) == ("60.0", "70.0", "5.0 [\u22121.2, 11.2]")
    values = table.rows.row(0, named=True)
    assert values["over_placebo_low"] == pytest.approx(-1.23)
    assert values["no_model"] == pytest.approx(69.5)


def test_words_are_explained_where_they_occur_with_their_counts() -> None:
    notes = of.tables.diagnosis(rows(PLACEBO, COLLAPSED, COLLAPSED)).notes
    assert any(text.startswith("Collapsed (2 of 3): ") and VERDICTS[COLLAPSED] in text for text in notes)
    assert any(text.startswith("Placebo not exceeded (1 of 3): ") for text in notes)
    assert not any(VERDICTS[MORE] in text for text in notes)


def test_what_is_the_same_in_every_row_stands_in_the_note() -> None:
    table = of.tables.diagnosis(rows(PLACEBO, MORE))
    said = "All: Elicitation = logprob, Prompt = sd, Variant = standard, Calibration = ridge, Label mean = 69.0, "
    assert f"{said}No model = 69.5, Ceiling = 98.0." in table.notes
    assert list(table.labels) == ["model", "raw", "alignment", "placebo", *list(table.labels)[4:]]
    assert "Ridge" not in table.as_html()


def test_what_is_not_known_is_a_dash_and_no_nan() -> None:
    known = rows(PLACEBO, PLACEBO, over_labels_conf_low=None, ceiling=None, level=None)
    odd = known.with_columns(placebo=pl.Series([0.65, float("nan")]), over_placebo=pl.Series([None, 0.05]))
    table = of.tables.diagnosis(odd)
    assert table.cells.select("over_labels", "placebo").row(1) == ("1.0", "\u2013")
    assert table.cells["over_placebo"][0] == "\u2013"
    assert "Ceiling" not in " ".join(table.notes)
    assert table.rows["placebo"].to_list() == [65.0, None]
    assert "nan" not in table.as_html().lower().replace("nano", "")
    assert "textendash" in table.as_latex()


def test_sections_are_datasets_and_topics() -> None:
    both = pl.concat([rows(PLACEBO).with_columns(dataset=pl.lit(name), topic=pl.lit("war")) for name in ("WVS", "GSS")])
    assert of.tables.diagnosis(both).cells["section"].to_list() == ["GSS", "WVS"]
    assert of.tables.diagnosis(both, by="topic").cells["section"].to_list() == ["GSS: war", "WVS: war"]
    with pytest.raises(FrameError, match=r"1 results several times, e\.g\. .*by="):
        of.tables.diagnosis(both.drop("dataset"))
    with pytest.raises(OptionError, match="by='wave' is not known"):
        of.tables.diagnosis(both, by="wave")


def test_words_of_no_diagnosis_and_two_metrics_are_refused() -> None:
    with pytest.raises(FrameError, match=r"1 rows without a source, or with a verdict .*'splendid'"):
        of.tables.diagnosis(rows(PLACEBO, "splendid"))
    with pytest.raises(FrameError, match="2 metrics"):
        of.tables.diagnosis(pl.concat([rows(PLACEBO), rows(PLACEBO).with_columns(metric=pl.lit("total_variation"))]))
    with pytest.raises(FrameError, match="no rows"):
        of.tables.diagnosis(rows(PLACEBO).clear())


def test_a_single_source_has_its_parts_in_the_note_and_keeps_its_numbers() -> None:
    table = of.tables.diagnosis(rows(PLACEBO))
    assert not {"elicitation", "prompt", "variant", "calibrator"} & set(table.labels)
    assert {"model", "label_mean", "verdict"} <= set(table.labels)
    assert any("Prompt = " in note and "Calibration = " in note and "All:" not in note for note in table.notes)
