"""Bold has one meaning: the best model's score of its column or row, above what is known without a model."""

import polars as pl
import pytest
from printed_cells import seen

import opinionframe as of
from opinionframe.errors import OptionError

M, N = "m|logprob|base|standard", "n|logprob|base|standard"


def scored(means: dict[str, float], uniform: float | None = 0.5, groups: tuple[str, ...] = ("g=a",)) -> pl.DataFrame:
    """Two questions by `groups`, whose scores lie as far above as below the mean of their source."""
    rows = [
        (f"q{place}", group, source, mean + shift)
        for source, mean in means.items()
        for place, shift in enumerate((-0.05, 0.05))
        for group in groups
    ]
    frame = pl.DataFrame(rows, ["question", "demographic", "source", "alignment"], orient="row")
    return frame.with_columns(baseline=pl.lit(uniform, pl.Float64))


def bolds(table: of.tables.Table) -> set[str]:
    """The bold scores of a table, whatever row and column they stand in."""
    cells = (seen(cell) for row in table.cells.rows() for cell in row if isinstance(cell, str))
    return {cell.strip("*↑↓") for cell in cells if cell.startswith("*")}


def note(table: of.tables.Table) -> str:
    (words,) = [line[line.index("Bold: ") :].split(". ")[0] for line in table.notes if "Bold: " in line]
    return words.rstrip(".")


def every(aligned: pl.DataFrame) -> list[of.tables.Table]:
    return [
        of.tables.alignment(aligned),
        of.tables.settings(aligned),
        of.tables.demographics(aligned, elicitation="logprob"),
    ]


def test_nothing_below_uniform_is_bold() -> None:
    low = scored({M: 0.6, f"{M}|ridge": 0.65}, uniform=0.8)
    for table in every(low):
        assert bolds(table) == set()
        assert "above uniform" in note(table)
    for table in every(scored({M: 0.6, f"{M}|ridge": 0.65}, uniform=0.62)):
        assert bolds(table) == {"65.0"}
    for table in every(low.with_columns(baseline=pl.lit(None, pl.Float64))):
        assert "65.0" in bolds(table)
        assert "above" not in note(table)


def test_uniform_as_a_source_counts_without_a_column() -> None:
    low = scored({M: 0.6, f"{M}|ridge": 0.65, "uniform": 0.8}, uniform=None)
    assert [bolds(table) for table in every(low)] == [set()] * 3


@pytest.mark.parametrize("name", ["label-mean", "question-mean"])
def test_a_baseline_takes_no_bold_and_gives_none_to_what_it_beats(name) -> None:
    for table in every(scored({M: 0.7, f"{M}|ridge": 0.8, name: 0.9})):
        assert bolds(table) == set()
        assert f"above uniform and {name}" in note(table)
    for table in every(scored({M: 0.7, f"{M}|ridge": 0.8, name: 0.75})):
        assert bolds(table) == {"80.0"}
    equal = scored({M: 0.7, f"{M}|ridge": 0.8, name: 0.8001})
    assert [bolds(table) for table in every(equal)] == [set()] * 3


def test_a_baseline_on_other_cells_decides_nothing() -> None:
    """The label mean is known for the harder question alone of the two that the model answered."""
    aligned = scored({M: 0.7, f"{M}|ridge": 0.8, "label-mean": 0.95})
    aligned = aligned.filter((pl.col("source") != "label-mean") | (pl.col("question") == "q0"))
    table = of.tables.alignment(aligned)
    assert bolds(table) == {"70.0", "80.0"}
    assert note(table).endswith("where it is above uniform")


def test_equal_as_printed_are_all_bold() -> None:
    aligned = scored({M: 0.80004, N: 0.79996, f"{M}|ridge": 0.7, f"{N}|ridge": 0.7})
    table = of.tables.alignment(aligned)
    assert [seen(cell) for cell in table.cells["raw alignment"]] == ["*80.0*", "*80.0*"]
    assert [seen(cell) for cell in table.cells["ridge alignment"]] == ["*70.0*", "*70.0*"]
    groups = of.tables.demographics(aligned, elicitation="logprob")
    assert [seen(groups.cells[f"{name} raw"][0]) for name in "mn"] == ["*80.0*", "*80.0*"]


def test_columns_have_theirs_and_rows_theirs_and_the_note_says_which() -> None:
    aligned = scored({M: 0.7, N: 0.8, f"{M}|ridge": 0.9, f"{N}|ridge": 0.6}, groups=("g=a", "g=b"))
    table = of.tables.alignment(aligned)
    assert (bolds(table), "in its column" in note(table)) == ({"80.0", "90.0"}, True)
    grid = of.tables.settings(aligned)
    rows = {row["label"]: row for row in grid.cells.to_dicts()}
    shown = [seen(rows[label][f"base|logprob|standard|{name}"]) for label in ("m", "n") for name in ("", "ridge")]
    assert (shown, "in its row" in note(grid)) == (["70.0", "*90.0*", "*80.0*", "60.0"], True)
    groups = of.tables.demographics(aligned, elicitation="logprob")
    assert (bolds(groups), "in its row" in note(groups)) == ({"90.0"}, True)
    assert all(not seen(cell).startswith("*") for cell in groups.cells["Average cal"])
    pairs = of.tables.demographics(aligned, elicitation="logprob", bold="pair")
    assert [seen(pairs.cells[name][0]) for name in ("m raw", "m cal", "n raw", "n cal")] == [
        "70.0",
        "*90.0*",
        "*80.0*",
        "60.0",
    ]
    assert note(pairs) == "Bold: the higher of raw and calibrated"
    with pytest.raises(OptionError, match="bold='column' is not known"):
        of.tables.demographics(aligned, elicitation="logprob", bold="column")


def test_averages_are_bold_above_the_averages_of_the_floors_alone() -> None:
    parts = [
        scored({M: 0.6, f"{M}|ridge": 0.9}, uniform=0.5).with_columns(dataset=pl.lit("A")),
        scored({M: 0.6, f"{M}|ridge": 0.7}, uniform=0.8).with_columns(
            pl.col("question").str.replace("q", "r"), dataset=pl.lit("B")
        ),
    ]
    table = of.tables.settings(pl.concat(parts), overall=True)
    shown = table.cells.select("section", "label", text="base|logprob|standard|ridge")
    bold = [(section, label) for section, label, text in shown.rows() if seen(text).startswith("*")]
    every_one = [("A", "m"), ("A", "Average"), ("All datasets", "m"), ("All datasets", "Average")]
    assert bold == every_one  # 80.0 over both, above (50 + 80) / 2
