"""What figures are made of: valid Vega-Lite, the same as drawn by altair, with data that stand once."""

import dataclasses

import polars as pl
import pytest

import opinionframe as of
from opinionframe import figures
from opinionframe.figures import vega_lite
from opinionframe.paper import published

CODEBOOK = of.codebook({name: {"text": "Yes?", "labels": ["yes", "no"]} for name in ("q1", "q2", "q3")})
RAW, CALIBRATED = "m|logprob|base|standard", "m|logprob|base|standard|ridge"
KINDS = ("cell", "estimates", "forest", "learning", "ranked", "regions", "spread", "stages")


@pytest.fixture(scope="module")
def drawn() -> dict[str, figures.Figure]:
    cells = CODEBOOK.select("question", "choice").join(
        pl.DataFrame({"demographic": ["sex=F", "sex=M"]}), how="cross", maintain_order="left"
    )
    shares = {"human": (0.7, 0.3), RAW: (0.55, 0.45), CALIBRATED: (0.65, 0.35)}
    opinions = pl.concat(
        cells.with_columns(source=pl.lit(source), prob=pl.when(pl.col("choice") == 1).then(first).otherwise(second))
        for source, (first, second) in shares.items()
    )
    spread = 0.03 * pl.col("question").rank("dense") + 0.01 * (pl.col("demographic") == "sex=F")
    aligned = opinions.pipe(of.baselines, CODEBOOK).pipe(of.align, CODEBOOK)
    aligned = aligned.with_columns(alignment=pl.col("alignment") - spread)
    tests = of.compare(aligned, pair="raw-calibrated", by="demographic", seed=1)
    model = cells.filter(demographic="sex=F").with_columns(
        demographic=pl.lit("all"), source=pl.lit("m"), prob=pl.lit(0.5)
    )
    people = pl.DataFrame({name: [1, 2] * 10 for name in ("q1", "q2", "q3")})
    estimates = pl.concat([of.rectify(None, people, CODEBOOK), of.rectify(model, people, CODEBOOK)])
    human = model.with_columns(source=pl.lit("human"), prob=pl.when(pl.col("choice") == 1).then(0.6).otherwise(0.4))
    regions = of.prediction_regions(pl.concat([model, human]), CODEBOOK, "m", conf=0.5, split="question")
    curve = pl.DataFrame({"source": ["m", "k"] * 2, "n_train": [1, 1, 10, 10], "mse": [0.05, 0.04, 0.03, 0.02]})
    stages = [f"OLMo-2-7B-{stage}" for stage in ("Base", "SFT", "DPO", "Instruct")]
    return {
        "cell": figures.cell(opinions, CODEBOOK, "q1", "sex=F", source=RAW),
        "estimates": figures.estimates(estimates, CODEBOOK, model, "q1", choice=1),
        "forest": figures.forest(tests),
        "learning": figures.learning(
            curve.with_columns(dataset=pl.lit("a")).vstack(curve.with_columns(dataset=pl.lit("b")))
        ),
        "ranked": figures.ranked(aligned, title="Ranked"),
        "regions": figures.regions(regions, CODEBOOK, "q1"),
        "spread": figures.spread(aligned),
        "stages": figures.stages(published().filter(table=7), stages),
    }


def test_every_figure_is_here(drawn):
    assert set(drawn) == set(KINDS) == {name for name in figures.__all__ if name != "Figure"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_figure_is_valid_and_is_drawn_as_altair_draws_it(drawn, kind):
    svg = drawn[kind].as_svg()
    again = dataclasses.replace(drawn[kind])
    again.chart.to_dict(validate=True)
    assert again.as_svg() == svg


def test_what_is_changed_in_a_chart_is_saved(drawn, tmp_path):
    figure = dataclasses.replace(drawn["ranked"])
    figure.chart.title = "Another heading"
    for suffix in (".svg", ".html"):
        assert "Another heading" in figure.save(tmp_path / f"changed{suffix}").read_text(encoding="utf-8")
    assert "Another heading" not in drawn["ranked"].as_svg()


@pytest.mark.parametrize("name", ["if", "constructor", "toString", "__proto__", "datum"])
def test_labels_that_are_words_of_javascript_are_drawn(name):
    """The picture lacked its bars, or was refused by Vega, where a label was such a word."""
    book = of.codebook({"q": {"text": "Yes?", "labels": [name, "no"]}})
    rows = book.select("question", "choice").with_columns(demographic=pl.lit("all"), prob=pl.Series([0.7, 0.3]))
    opinions = pl.concat([rows.with_columns(source=pl.lit(source)) for source in ("human", "m")])
    other = book.with_columns(pl.col("label").replace(name, "x" * len(name)))
    drawn, beside = (figures.cell(opinions, each, "q", source="m").as_svg() for each in (book, other))
    assert f">{name}</text>" in drawn
    assert drawn.count("<path") == beside.count("<path")


def test_a_handful_of_labels_has_a_tick_each():
    """1 to 4 had a tick at 1 alone, and one at 10, beyond the axis."""
    curve = pl.DataFrame({"source": "m", "n_train": [1, 2, 4], "mse": [0.3, 0.2, 0.1]})
    svg = figures.learning(curve).as_svg()
    assert all(f">{size}</text>" in svg for size in (1, 2, 4))


def test_rows_that_several_layers_share_stand_once():
    rows = [{"a": 1.0}]
    own = vega_lite.mark("point", {"x": vega_lite.quantity("a")}, rows)
    panel = vega_lite.in_panels(vega_lite.layered(own, rows=rows), spacing=1, row=vega_lite.nominal("a"))
    spec = vega_lite.with_named_rows(vega_lite.below_each_other([own, panel]))
    assert spec["datasets"] == {"rows-0": rows}
    assert [chart["data"] for chart in spec["vconcat"]] == [{"name": "rows-0"}] * 2
    assert spec["vconcat"][1]["spec"]["layer"][0]["data"] == {"name": "rows-0"}
