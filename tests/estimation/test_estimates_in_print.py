"""Tables and figures of estimates: what stands in their cells, and where points lie."""

import re

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

QUESTIONS = ("trust", "hope", "fears")
BOOK = of.codebook({name: {"text": f"How much {name}?", "labels": ["none", "some", "much"]} for name in QUESTIONS})
GROUPS = of.groups(
    {"sex": {"classes": ["F", "M"], "labels": ["Women", "Men"], "phrases": ["you are a woman", "you are a man"]}}
)


@pytest.fixture(scope="module")
def opinions():
    cells = [(name, group, choice) for name in QUESTIONS for group in ("all", "sex=F", "sex=M") for choice in (1, 2, 3)]
    rows = pl.DataFrame(cells, ["question", "demographic", "choice"], orient="row")
    share = pl.when(choice=1).then(0.2).when(choice=2).then(0.3).otherwise(0.5)
    return rows.with_columns(pl.col("choice").cast(pl.UInt8), source=pl.lit("m"), prob=share)


@pytest.fixture(scope="module")
def both(opinions):
    answers = [1] * 10 + [2] * 6 + [3] * 4
    people = pl.DataFrame({"sex": (["F"] * 3 + ["M"]) * 5, "trust": answers, "hope": answers[::-1], "fears": answers})
    return pl.concat([of.rectify(None, people, BOOK, by="sex"), of.rectify(opinions, people, BOOK)])


def test_a_table_by_hand(both, opinions):
    table = of.tables.estimates(both, BOOK, opinions, questions=["trust"], choice=1, groups=GROUPS)
    assert table.cells["label"].to_list() == ["sex: Women", "sex: Men", "all"]
    assert table.cells["n"].to_list() == ["15", "5", "20"]
    everybody = table.rows.row(2, named=True)
    assert (everybody["people"], everybody["model"], everybody["section"]) == (50.0, 20.0, "trust: none")
    shown = both.filter(question="trust", demographic="all", choice=1, source="m|rectified").row(0, named=True)
    names = {"rectified": "prob", "rectified_low": "conf_low", "rectified_high": "conf_high"}
    assert [everybody[name] for name in names] == [round(100 * shown[column], 1) for column in names.values()]
    assert everybody["gain"] == round(shown["gain"], 1)
    means = of.tables.estimates(both, BOOK, opinions, questions=["trust"])
    assert means.rows.select("people", "model").row(2) == (1.7, 2.3)
    assert "How much trust?" in means.as_html()
    assert "Both" in means.as_latex()


def test_a_bar_shows_people_against_the_model_in_html_alone(both, opinions):
    table = of.tables.estimates(both, BOOK, opinions, questions=["trust"], groups=GROUPS)
    drawn = re.findall(r'<svg role="img" aria-label="([^"]*)".*?</svg>', table.as_html())
    assert drawn[2].startswith("People alone 1.70 [")
    assert drawn[2].endswith("], Model alone 2.30")
    # The scale goes from 1 to 3: people at 0.35 of 120 pixels, the model at 0.65.
    assert 'width="42.0" height="8"' in table.as_html()
    assert 'x="78.0" width="2.5"' in table.as_html()
    assert "People alone (bar), model alone (line)" in table.as_html()
    assert "svg" not in table.as_latex()
    assert not [name for name in table.rows.columns if name.endswith("place")]


def test_without_people_their_column_is_left_out_with_a_word(both, opinions):
    alone = of.tables.estimates(both.filter(pl.col("source") != "human"), BOOK, opinions, choice=1)
    assert list(alone.labels) == ["label", "n", "model", "rectified", "gain"]
    assert "0 of 9 groups have an estimate from people alone; make them with of.rectify(None, …)" in " ".join(
        alone.notes
    )
    assert "<svg" not in alone.as_html()
    some = both.remove(source="human", demographic="sex=M")
    table = of.tables.estimates(some, BOOK, opinions, choice=1)
    assert "6 of 9 groups have an estimate from people alone" in " ".join(table.notes)
    assert table.rows["people"].null_count() == 3
    assert "groups have" not in " ".join(of.tables.estimates(both, BOOK, opinions, choice=1).notes)


def test_people_alone_are_printed_and_drawn_without_a_model(both):
    alone = both.filter(source="human")
    table = of.tables.estimates(alone, BOOK, choice=1, groups=GROUPS, questions=["trust"])
    assert list(table.labels) == ["label", "n", "people"]
    assert table.title == "Estimates from people"
    assert not [note for note in table.notes if "model" in note or "groups have" in note]
    assert table.rows["people"].to_list()[2] == 50.0
    women = alone.filter(question="trust", demographic="sex=F", choice=1)
    limits = table.rows.filter(label="sex: Women").select("people_low", "people_high").row(0)
    assert limits == pytest.approx(tuple(round(100 * women[name].item(), 1) for name in ("conf_low", "conf_high")))
    assert "<svg" not in table.as_html()
    figure = of.figures.estimates(alone, BOOK, None, "trust", groups=GROUPS)
    chart = figure.chart.to_dict()
    points = [row for panel in chart["datasets"].values() for row in panel if "kind" in row]
    assert [point["kind"] for point in points] == ["People alone"] * 3
    assert "odel" not in str(chart)
    every = of.tables.estimates(both, BOOK, choice=1)
    assert "0 of 9 groups have an answer of the model." in every.notes


def test_a_figure_draws_each_kind_in_each_group(both, opinions):
    chart = of.figures.estimates(both, BOOK, opinions, "trust", groups=GROUPS).chart.to_dict()
    points = [row for panel in chart["datasets"].values() for row in panel if "kind" in row]
    assert sorted((point["group"], point["kind"]) for point in points) == sorted(
        (group, kind) for group in ("Women", "Men", "all") for kind in ("People alone", "Model alone", "Both")
    )
    assert [point["value"] for point in points if point["kind"] == "Model alone"] == [2.3] * 3
    assert all(point["low"] < point["value"] < point["high"] for point in points if point["kind"] != "Model alone")


def test_what_cannot_be_shown_is_refused_in_words(both, opinions):
    with pytest.raises(OptionError, match="choice='1' is no whole number, but str"):
        of.tables.estimates(both, BOOK, opinions, choice="1")
    with pytest.raises(FrameError, match="hold no source that ends in .* and none of people alone"):
        of.tables.estimates(both.filter(source="human").with_columns(source=pl.lit("m")), BOOK, opinions)
    with pytest.raises(OptionError, match="questions='love' is not known"):
        of.tables.estimates(both, BOOK, opinions, questions=["love"])
    with pytest.raises(OptionError, match="1 questions have no choice 4"):
        of.figures.estimates(both, BOOK, opinions, "trust", choice=4)
