"""The ranked figure: its means and intervals by hand, its order, its lines, and how a browser lays it out."""

import math
import re
from itertools import pairwise

import polars as pl
import pytest
from laid_out import CHROMIUM, contrast, laid_out, lightness
from scipy import stats

import opinionframe as of
from opinionframe import figures
from opinionframe.errors import FrameError, OptionError
from opinionframe.figures.ranked import KINDS

MODEL = "A model with a name that is long enough to be wrapped-70B-Instruct|logprob|sd|standard"
SCORES = {
    MODEL: (0.5, 0.7, 0.6),
    f"{MODEL}|ridge": (0.8, 0.9, 0.85),
    "uniform": (0.75, 0.8, 0.7),
    "label-mean": (0.9, 0.9, 0.81),
}


def frame(scores: dict[str, tuple[float, ...]] = SCORES) -> pl.DataFrame:
    rows = [
        (f"q{place}", "all", source, value, (0.75, 0.8, 0.7)[place], 0.97)
        for source, values in scores.items()
        for place, value in enumerate(values)
    ]
    schema = ["question", "demographic", "source", "alignment", "baseline", "ceiling"]
    return pl.DataFrame(rows, schema, orient="row")


def drawn(figure: figures.Figure) -> list[dict[str, object]]:
    """The rows drawn, in order."""
    rows = [row for dataset in figure.chart.to_dict()["datasets"].values() for row in dataset if "kind" in row]
    return list({(row["dataset"], row["source"]): row for row in rows}.values())


def test_means_and_intervals_are_those_of_three_questions_by_hand() -> None:
    rows = {row["source"]: row for row in drawn(figures.ranked(frame()))}
    raw = rows[MODEL]
    assert (raw["alignment"], raw["name"], raw["kind"], raw["questions"]) == (60.0, "raw", "raw", 3)
    half = stats.t.ppf(0.975, 2) * 0.1 / math.sqrt(3) / (0.6 * 0.4)  # symmetric in the log odds of the mean
    odds = math.log(0.6 / 0.4)
    low, high = (100 / (1 + math.exp(-(odds + side * half))) for side in (-1, 1))
    assert (raw["conf_low"], raw["conf_high"]) == (pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3))
    intervals = of.intervals(frame())
    for source, low, high in intervals.select("source", "conf_low", "conf_high").rows():
        assert rows[source]["conf_low"] == pytest.approx(100 * low, abs=1e-3)
        assert rows[source]["conf_high"] == pytest.approx(100 * high, abs=1e-3)


def test_the_best_stands_on_top_whatever_the_order_of_rows() -> None:
    figure = figures.ranked(frame())
    assert figure.description.splitlines()[1:] == [
        "1. label-mean: 87.0 (68.1 to 95.4)",
        "2. ridge: 85.0 (68.1 to 93.8)",
        "3. uniform: 75.0 (60.7 to 85.3)",
        "4. raw: 60.0 (34.8 to 80.9)",
        "Uniform: 75.0",
        "Ceiling: 97.0",
        "Models: A model with a name that is long enough to be wrapped-70B-Instruct, log-prob., SD",
    ]
    svg = figure.as_svg()
    places = [svg.index(f">{name}<") for name in ("label-mean", "ridge", "uniform", "raw")]
    heights = [
        float(re.search(r"translate\([-\d.]+,([-\d.]+)\)", svg[svg.rindex("<text", 0, at) : at])[1])
        for at in places[:2]
    ]
    assert heights == sorted(heights)
    shuffled = frame().sample(fraction=1.0, shuffle=True, seed=3).lazy()
    assert figures.ranked(shuffled).as_svg() == svg


def test_lines_of_uniform_and_ceiling_are_means_over_the_cells_of_the_sources() -> None:
    printed = re.findall(r">([^<>]+)</text>", figures.ranked(frame()).as_svg())
    assert {"uniform 75.0", "ceiling 97.0"} <= set(printed)
    assert not [
        text
        for text in re.findall(r">([^<>]+)</text>", figures.ranked(frame().drop("ceiling")).as_svg())
        if "ceiling" in text
    ]
    own = frame().filter((pl.col("source") != MODEL) | (pl.col("question") != "q1"))
    svg = figures.ranked(own, cells="own").as_svg()
    assert "uniform, of each" in svg, "means over other cells have another uniform each"


def test_each_dataset_has_a_panel_in_the_order_of_its_enum() -> None:
    both = pl.concat(
        frame().with_columns(pl.col("question") + name, pl.lit(name).alias("dataset")) for name in ("WVS", "GSS", "OQA")
    )
    wanted = ["WVS", "OQA", "GSS"]
    figure = figures.ranked(both.with_columns(pl.col("dataset").cast(pl.Enum(wanted))))
    assert list(dict.fromkeys(row["dataset"] for row in drawn(figure))) == wanted
    assert re.findall(r">(WVS|OQA|GSS)</text>", figure.as_svg()) == wanted
    letters = figures.ranked(both)
    assert list(dict.fromkeys(row["dataset"] for row in drawn(letters))) == sorted(wanted)


def test_a_single_question_has_a_point_and_no_interval() -> None:
    rows = drawn(figures.ranked(frame().filter(question="q0")))
    assert {row["conf_low"] for row in rows} == {None}
    assert figures.ranked(frame().filter(question="q0")).description.splitlines()[1] == "1. label-mean: 90.0"


def test_kinds_are_told_apart_by_shape_and_in_grey() -> None:
    colors, shapes = zip(*KINDS.values(), strict=True)
    assert len(set(shapes)) == len(KINDS)
    grey = sorted(lightness(color) for color in colors)
    assert min(after - before for before, after in pairwise(grey)) >= 15
    assert min(contrast(color) for color in colors) >= 3


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_in_a_browser_nothing_is_cut_or_printed_over_something_else(tmp_path) -> None:
    other = {source.replace("A model", "Another model"): values for source, values in SCORES.items() if "|" in source}
    several = frame(SCORES | other)
    near = frame().with_columns(ceiling=0.78)
    datasets = pl.concat(several.with_columns(pl.col("question") + name, dataset=pl.lit(name)) for name in ("A", "B"))
    svgs = {
        f"{name}-{width}": figures.ranked(
            scores, width=width, title="A title that takes more than a line of a column"
        ).as_svg()
        for name, scores in (("one", frame()), ("several", several), ("near", near), ("datasets", datasets))
        for width in (150, "column", "page")
    }
    for name, page in laid_out(svgs, tmp_path).items():
        assert page.overprinted == [], name
        assert page.outside == [], name
        assert page.smallest >= 7, name
        assert page.says("uniform 75.0"), name
        assert page.says("A title that takes more than a line of a column"), name
        if name.startswith("several"):
            assert page.says("A model with a name that is long enough to be wrapped-70B-Instruct, ridge"), name
        points = {"150": 150, "column": 240, "page": 504}[name.rpartition("-")[2]]
        assert 0.8 * points < page.width * 72 / 96 <= points + 1, name


def test_refusals() -> None:
    with pytest.raises(FrameError, match="no rows, so there is nothing to rank"):
        figures.ranked(frame().clear())
    with pytest.raises(OptionError, match="width='wide' is no width"):
        figures.ranked(frame(), width="wide")
    with pytest.raises(OptionError, match="width='2cm' is 57 points"):
        figures.ranked(frame(), width="2cm")
