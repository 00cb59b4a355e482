"""Tables and figures of regions: what stands in their cells, and where points and lines lie."""

import xml.etree.ElementTree as ET

import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OptionError
from opinionframe.tables import marks

SOURCE = "m|logprob|sd|standard|ridge"
BOOK = of.codebook(
    {name: {"text": f"How much {name}?", "labels": ["none", "some", "much"]} for name in ("hope", "fear")}
)
GROUPS = of.groups({"sex": {"classes": ["F", "M"], "labels": ["Women", "Men, of whom there is more to say here"]}})


@pytest.fixture(scope="module")
def made():
    cells = [(q, g, c) for q in ("fear", "hope") for g in ("all", "sex=F", "sex=M") for c in (1, 2, 3)]
    rows = pl.DataFrame(cells, {"question": pl.String, "demographic": pl.String, "choice": pl.UInt8}, orient="row")
    model = rows.with_columns(source=pl.lit(SOURCE), prob=pl.Series([0.2, 0.5, 0.3] * 6))
    human = rows.with_columns(source=pl.lit("human"), prob=pl.Series([0.3, 0.4, 0.3] * 3 + [0.2, 0.5, 0.3] * 3))
    return of.prediction_regions(pl.concat([model, human]), BOOK, conf=0.5, split="question")


def test_a_table_by_hand(made) -> None:
    table = of.tables.regions(made, BOOK, questions=["hope"], groups=GROUPS)
    assert table.cells["section"].unique(maintain_order=True).to_list() == ["hope: none", "hope: some", "hope: much"]
    assert table.cells["label"].to_list()[:3] == ["sex: Women", "sex: Men, of whom there is more to say here", "all"]
    first = table.cells.row(0, named=True)  # fear was missed by 0.1 of a share, which is 0.05 of the span
    assert (first["predicted"], first["limits"], first["radius"]) == ("20.0", "10.0 to 30.0", "5.0")
    assert table.rows["limits_low"].to_list() == [10.0] * 3 + [40.0] * 3 + [20.0] * 3
    assert any("50% of new cells holds the distribution of a sample" in note for note in table.notes)
    sure = of.tables.regions(made, BOOK, questions=["fear"], choice=1)
    row = sure.cells.row(0, named=True)
    assert [row[name] for name in ("label", "predicted", "limits")] == ["sex: F", "20.0", "20.0 to 20.0"]
    assert [row[name] for name in ("radius", "worth")] == ["0.0", marks.ABSENT]
    assert "How much hope?" in table.as_html()
    assert "Prediction regions" in table.as_latex()


def test_a_figure_draws_each_choice_in_each_group(made) -> None:
    figure = of.figures.regions(made, BOOK, "hope", groups=GROUPS)
    rows = (row for panel in figure.chart.to_dict()["datasets"].values() for row in panel)
    points = [row for row in rows if "prob" in row]
    assert [(point["choice"], point["low"], point["prob"], point["high"]) for point in points] == [
        ("1", 10.0, 20.0, 30.0), ("2", 40.0, 50.0, 60.0), ("3", 20.0, 30.0, 40.0)
    ] * 3  # fmt: skip
    lines = figure.description.splitlines()
    assert lines[0] == "How much hope?"
    assert lines[1].endswith("none 20.0 (10.0 to 30.0), some 50.0 (40.0 to 60.0), much 30.0 (20.0 to 40.0)")


def test_no_name_runs_off_the_figure(made) -> None:
    svg = of.figures.regions(made, BOOK, "hope", groups=GROUPS).as_svg()
    root = ET.fromstring(svg)
    assert float(root.attrib["width"]) <= 325
    shown = " ".join(text for each in root.iter("{http://www.w3.org/2000/svg}text") for text in each.itertext())
    for word in ("Women", "whom", "there", "none", "some", "much", "Share of answers (%)"):
        assert word in shown


def test_what_cannot_be_shown_is_refused_in_words(made) -> None:
    two = pl.concat([made, made.with_columns(source=pl.lit("other"))])
    with pytest.raises(FrameError, match=r"regions have 2 sources.*source="):
        of.tables.regions(two, BOOK)
    assert len(of.tables.regions(two, BOOK, source="other").cells) == 18
    with pytest.raises(OptionError, match="questions='love' is not known"):
        of.figures.regions(made, BOOK, "love")
    with pytest.raises(FrameError, match="no choice of the codebook.*'fear', 1"):
        of.tables.regions(made, BOOK.filter(question="hope"))
    with pytest.raises(FrameError, match="No question of regions has a choice 4"):
        of.tables.regions(made, BOOK, choice=4)
    for choice in ("none", 1.0, True, 0):
        with pytest.raises(OptionError, match="choice="):
            of.tables.regions(made, BOOK, choice=choice)
    for questions, words in ((3, "is no name"), (["hope", "hope"], "twice"), ([], "names none")):
        with pytest.raises(OptionError, match=f"questions.*{words}"):
            of.tables.regions(made, BOOK, questions=questions)
    names = pl.Series(["hope"])
    assert of.tables.regions(made, BOOK, questions=names).cells.equals(
        of.tables.regions(made, BOOK, questions="hope").cells
    )
    for broken in (pl.lit(5.0).alias("conf"), pl.lit("everybody").alias("holds")):
        with pytest.raises(FrameError, match="18 rows break the rule '0 < conf < 1, and holds is"):
            of.tables.regions(made.with_columns(broken), BOOK)
    with pytest.raises(FrameError, match="no rows"):
        of.tables.regions(made.clear(), BOOK)
    mixed = pl.concat([made.filter(question="hope"), made.filter(question="fear").with_columns(conf=0.9)])
    with pytest.raises(FrameError, match="2 kinds of `conf` and `holds`"):
        of.tables.regions(mixed, BOOK)
