"""The cells of tables as clean text and numbers, and great-tables' object to restyle."""

import re

import polars as pl

import opinionframe as of
from opinionframe.tables import Table, marks

NAME = "meta-llama/Llama-3.1-70B-Instruct-with-a-long-ending"
RAW = f"{NAME}|logprob|base|standard"
ALIGNED = pl.DataFrame(
    {
        "question": ["q1", "q2"] * 2,
        "demographic": ["all"] * 4,
        "source": [RAW] * 2 + [f"{RAW}|ridge"] * 2,
        "alignment": [0.6, 0.8, 0.9, 0.9],
        "baseline": [0.7] * 4,
        "ceiling": [None] * 4,
    }
)


def table(*texts: str) -> Table:
    """A table of one column of numbers."""
    names = [f"model {place}" for place in range(len(texts))]
    return Table(pl.DataFrame({"label": names, "score": texts}), {"label": "", "score": "Score"}, title="Scores")


def test_names_and_numbers_of_scores_are_those_that_went_in() -> None:
    printed = of.tables.alignment(ALIGNED)
    row = printed.rows.row(0, named=True)
    assert row["model"] == NAME
    assert (row["raw alignment"], row["ridge alignment"], row["n_questions"]) == (70.0, 90.0, 2)
    assert printed.rows.schema["ridge alignment"] == pl.Float64
    assert printed.rows.schema["n_questions"] == pl.Int64
    assert f">{NAME}<" in printed.as_html()


def test_no_table_of_the_paper_has_marker_characters_in_its_rows() -> None:
    published = of.paper.published()
    tables = [of.tables.settings(published.filter(table=7, summary=False)), of.tables.audit(of.paper.audit())]
    for each in tables:
        assert not re.search(marks.OWN, each.rows.write_csv())
        assert marks.BEST_ON in each.cells.write_csv()  # bold was there
        assert each.rows.height == each.cells.height
    numbers = tables[0].rows.drop("section", "label")
    assert set(numbers.dtypes) == {pl.Float64}
    assert numbers.null_count().sum_horizontal().item() == tables[0].cells.select(
        pl.sum_horizontal((pl.all() == marks.ABSENT).sum())
    ).item()  # fmt: skip


def test_signs_intervals_and_dashes_are_taken_apart() -> None:
    bold = f"{marks.BEST_ON}87.4{marks.BEST_OFF}"
    ghost = f"{marks.GHOST_ON}†{marks.GHOST_OFF}"
    values = table(
        f"{bold}{ghost} [82.0, 92.1]", "\u22121.5† [\u22123.0, 0.1]", "\u2013", "3.0 [\u22121.0 to 7.0]"
    ).rows
    assert values["score"].to_list() == [87.4, -1.5, None, 3.0]
    assert values["score_low"].to_list() == [82.0, -3.0, None, -1.0]
    assert values["score_high"].to_list() == [92.1, 0.1, None, 7.0]
    assert values["score marks"].to_list() == [None, "†", None, None]


def test_a_column_with_a_word_stays_text_and_a_name_of_digits_stays_a_name() -> None:
    assert table("1.0", "too few").rows["score"].to_list() == ["1.0", "too few"]
    named = Table(pl.DataFrame({"label": ["7"], "n": ["12"]}), {"label": "", "n": "n"}, title="").rows
    assert named.row(0) == ("7", 12)


def test_exact_values_are_taken_for_what_was_rounded() -> None:
    cells = pl.DataFrame({"label": ["m"], "p": ["< 0.001"], "p exact": [0.00012]})
    assert Table(cells, {"label": "", "p": "p"}, title="").rows.row(0, named=True) == {"label": "m", "p": 0.00012}


def test_what_is_restyled_is_what_is_saved(tmp_path) -> None:
    plain = of.tables.alignment(ALIGNED)
    restyled = plain.with_gt(lambda gt: gt.tab_options(table_background_color="#123456")).with_gt(
        lambda gt: gt.tab_source_note("Own note.")
    )
    page = restyled.save(tmp_path / "table.html").read_text(encoding="utf-8")
    assert "#123456" in page
    assert "Own note." in page
    assert "#123456" not in plain.as_html()
    assert plain.gt.as_raw_html() == plain.as_html()
    assert "<strong>" in plain.as_html()
    assert not re.search(marks.OWN, page)


def test_listings_say_once_what_is_the_same_in_every_row() -> None:
    survey = of.load("gss2018")
    rows = of.prompts(survey.opinions, survey.codebook, elicitation="logprob", prompt=["base", "sd"], seed=1)
    table = of.tables.prompts(rows)
    assert "All: Elicitation = Log-prob., Variant = Standard, Template = paper/logprob." in table.notes
    assert list(table.labels) == ["text", "n"]
    assert table.rows["variant"].to_list() == ["Standard"] * table.rows.height
    claims = of.paper.audit().with_columns(unit=pl.lit("points"))
    assert any(text.startswith("All: Unit = points") for text in of.tables.audit(claims).notes)
    assert not any(text.startswith("All: ") for text in of.tables.audit(claims.head(1)).notes)
