"""The paper's tables as it prints them: every figure, in its order, with notes that are true of each."""

import re

import polars as pl
import pytest

from opinionframe import tables
from opinionframe.errors import FrameError
from opinionframe.paper import published
from opinionframe.paper.captions import CAPTIONS
from opinionframe.tables import marks
from opinionframe.tables.cell_values import plain

NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 17]


def of_table(number: int) -> tables.Table:
    return tables.published(published().filter(table=number))


def texts(table: tables.Table) -> pl.DataFrame:
    """The cells as a reader sees them."""
    return table.cells.select(plain(pl.col(pl.String)))


@pytest.mark.parametrize("number", NUMBERS)
def test_every_figure_stands_once_as_it_is_printed_and_in_the_paper_s_order(number) -> None:
    """Read row by row, the table is the transcription from its first figure to its last."""
    table, figures = of_table(number), published().filter(table=number).sort("entry")
    columns = [column for column in table.labels if column not in {"model", "group", "attribute"}]
    shown = [text.removesuffix("*") for row in texts(table).select(columns).rows() for text in row]
    decimals = "{:g}" if number == 17 else "{:.1f}"
    assert [text for text in shown if text != marks.ABSENT] == [decimals.format(value) for value in figures["value"]]
    assert shown.count(marks.ABSENT) == (8 if number in {7, 11} else 0)


def test_rows_and_columns_name_what_they_hold() -> None:
    """Cells read off the page: Table 7, WVS, OLMo DPO; Table 9, Black; Table 4, WVS, Claude; Table 1, overall."""
    cell = texts(of_table(7)).filter(section="WVS", model="OLMo-2-7B-DPO")
    assert cell.select("base|verbalized|raw", "base|verbalized|calibrated").row(0) == ("89.1", "83.9")
    group = texts(of_table(9)).filter(section="Race", group="Black")
    assert group.select("Claude-3.5-v2|raw", "Average|calibrated").row(0) == ("93.4", "88.8")
    claude = texts(of_table(4)).filter(section="WVS", model="Claude-3.5-v2")
    assert claude["base|verbalized|fewshot"].item() == "82.1"
    overall = texts(of_table(1)).filter(section="Average over data sets", model="Average")
    assert overall["sd|verbalized|calibrated"].item() == "86.2"
    extracted = texts(of_table(17)).filter(section="OQA", model="Llama-3.1-70B")
    assert extracted["sd|self_random|extracted_pct"].item() == "12.1"


def test_sections_rows_and_headings_stand_as_in_the_paper() -> None:
    seven = of_table(7)
    assert seven.cells["section"].unique(maintain_order=True).to_list() == ["WGM", "OQA", "WVS"]
    first = seven.cells.filter(section="WGM")["model"].to_list()
    assert (first[0], first[4], *first[-3:]) == (
        "OLMo-2-7B-Base",
        "Llama-3-70B",
        "Claude-3.5-v2",
        "Average",
        "Std Dev",
    )
    three = of_table(3).cells
    assert three["section"].unique(maintain_order=True).to_list() == [
        "WGM: region",
        "OQA: political ideology",
        "WVS: income",
    ]
    incomes = three.filter(section="WVS: income")["group"].to_list()
    assert incomes == ["High", "Middle", "Low", "All demographics"]
    assert [label for label, _ in of_table(17).spanners] == ["Base prompt", "Sociodemographic prompt"]
    assert list(of_table(2).labels.values())[1:4] == ["Raw", "CoT", "Cal."]


def test_the_paper_s_own_differences_stand_and_those_its_terms_do_not_give_are_marked() -> None:
    """87.1 - 84.6 is 2.5, and the paper prints 2.4."""
    table = of_table(5)
    assert table.rows["difference"].to_list() == [1.6, 1.5, 1.5, 1.4, 1.4, 2.4, 2.3, 2.2, 2.1, 2.0]
    assert table.rows.drop_nulls("difference marks")["group"].to_list() == [
        "Hispanic",
        "Northern Europe",
        "Western Europe",
    ]
    assert any("2.5 for 2.4 (sociodemographic prompt, region, Northern Europe)" in note for note in table.notes)


@pytest.mark.parametrize(("number", "marked"), [(3, 1), (5, 3), (6, 2), (7, 3), (1, 0), (8, 0), (17, 0)])
def test_a_mark_is_explained_where_it_stands_and_nowhere_else(number, marked) -> None:
    table = of_table(number)
    stars = sum(text.endswith("*") for row in texts(table).rows() for text in row)
    legends = [note for note in table.notes if note.startswith("*")]
    assert stars == marked
    assert len(legends) == bool(marked)
    assert sum(len(re.findall(r"\d for \d", note)) for note in legends) == marked


@pytest.mark.parametrize("number", NUMBERS)
def test_notes_are_true_of_their_table(number) -> None:
    table = of_table(number)
    notes, printed = (
        " ".join(note for note in table.notes if not note.startswith("Source:")),
        " ".join(text for row in texts(table).rows() for text in row),
    )
    assert table.title.startswith(f"Table {number} of Kambhatla et al.: {CAPTIONS[number].title}")
    assert not re.search(r"nterval|niform|eiling|aseline|marked", notes)
    assert ("Alignment" in notes) == (number != 17)
    assert ("Average" in notes) == ("Average" in " ".join([printed, *table.labels]))
    assert ("Std Dev" in notes) == ("Std Dev" in printed)
    assert (marks.ABSENT in notes) == (marks.ABSENT in printed)
    assert ("Cal." in notes) == any(label.startswith("Cal.") for label in table.labels.values())
    assert ("bold" in notes) == (number not in {5, 17})
    assert marks.BEST_ON not in table.cells.write_csv()


def test_some_rows_of_a_table_are_that_table_without_the_others() -> None:
    cells = published().filter(table=7, summary=False)
    table = tables.published(cells)
    assert "Average" not in " ".join([*table.notes, *table.cells["model"]])
    assert not any(note.startswith("*") for note in table.notes)
    assert tables.published(cells.sample(fraction=1.0, shuffle=True, seed=1)).cells.equals(table.cells)


def test_refusals() -> None:
    with pytest.raises(FrameError, match=r"856 published figures are of 2 tables, e\.g\. 7, 8\. .*filter\(table=…\)"):
        tables.published(published().filter(pl.col("table").is_in([7, 8])))
    with pytest.raises(FrameError, match="0 published figures are of 0 tables"):
        tables.published(published().clear())
    figures = published().filter(table=5)
    with pytest.raises(FrameError, match="60 of 60 published figures are there twice"):
        tables.published(pl.concat([figures, figures]))
    with pytest.raises(FrameError, match="30 of 30 published figures lack"):
        tables.published(figures.with_columns(prompt=pl.lit(None, pl.String)))
