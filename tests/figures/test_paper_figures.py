"""The paper's other figures: what is drawn, in every format, and within the width of a column."""

import json
import re

import numpy as np
import polars as pl
import pytest
from laid_out import CHROMIUM, laid_out

from opinionframe import figures
from opinionframe.errors import FrameError, OptionError
from opinionframe.paper import published

OLMO = [f"OLMo-2-7B-{stage}" for stage in ("Base", "SFT", "DPO", "Instruct")]
RAW = "m|logprob|sd|standard"
TESTS = pl.DataFrame(
    {
        "demographic": ["sex=F", "sex=M", "all"],
        "pair": "raw-calibrated",
        "source": f"{RAW}|ridge",
        "versus": RAW,
        "method": "cluster-robust t",
        "estimate": [0.05, -0.01, 0.02],
        "std_error": 0.01,
        "statistic": 1.0,
        "p_value": 0.1,
        "p_adjusted": 0.2,
        "conf_low": [0.02, -0.03, None],
        "conf_high": [0.08, 0.01, None],
        "n": 10,
        "n_clusters": 5,
        "family": "raw-calibrated",
        "adjust": "none",
    }
)
CODEBOOK = pl.DataFrame(
    {
        "question": "q",
        "choice": [1, 2],
        "label": ["A rather long answer that does not fit under its bar", "No & <b>never</b>"],
        "position": [1.0, 2.0],
        "text": "Do you?",
        "scale": "ordinal",
        "topic": None,
        "dataset": None,
    }
)
OPINIONS = pl.DataFrame(
    {
        "question": "q",
        "demographic": "sex=F",
        "choice": [1, 2] * 3,
        "source": ["human"] * 2 + [RAW] * 2 + [f"{RAW}|ridge"] * 2,
        "prob": [0.4, 0.6, 0.9, 0.1, 0.55, 0.45],
    }
)
CURVES = pl.DataFrame(
    {
        "source": ["a", "b"] * 6,
        "n_train": np.repeat([1, 10, 100], 4),
        "mse": np.linspace(0.06, 0.02, 12),
        "dataset": "WGM",
    }
)

ALL = {
    "stages": lambda: figures.stages(published().filter(table=7), OLMO),
    "forest": lambda: figures.forest(TESTS),
    "learning": lambda: figures.learning(CURVES),
    "panels": lambda: figures.learning(CURVES, panel="dataset"),
    "cell": lambda: figures.cell(OPINIONS, CODEBOOK, "q", "sex=F", source=RAW),
}


def drawn(figure: figures.Figure) -> list[dict[str, object]]:
    rows = [row for dataset in figure.chart.to_dict()["datasets"].values() for row in dataset]
    return [row for row in rows if "up" not in row and row]  # without the names of rows


@pytest.mark.parametrize("name", ALL)
def test_every_format_and_the_width_of_a_column(tmp_path, name) -> None:
    for suffix in (".png", ".pdf", ".html"):
        assert ALL[name]().save(tmp_path / f"{name}{suffix}").stat().st_size > 1000
    svg = ALL[name]().save(tmp_path / f"{name}.svg").read_text()
    assert float(re.search(r'width="([\d.]+)"', svg)[1]) <= 3.6 * 96
    assert ALL[name]().save(tmp_path / "again.svg").read_text() == svg


def test_stages_are_the_printed_cells() -> None:
    rows = drawn(ALL["stages"]())
    assert len(rows) == 4 * 2 * 2 * 3
    dpo = {"dataset": "WVS", "stage": "OLMo-2-7B-DPO", "prompt": "base prompt", "kind": "raw"}
    assert next(row["alignment"] for row in rows if dpo.items() <= row.items()) == 89.1


def test_forest_sets_intersections_apart() -> None:
    names = ["sex=F & age=18-29", "sex=M", "all"]
    rows = drawn(figures.forest(TESTS.with_columns(demographic=pl.Series(names))))
    assert {row["attribute"]: row["group"] for row in rows} == {"all": "all", "sex": "M", "sex & age": "F & 18-29"}


def test_forest_fills_what_is_apart_from_zero() -> None:
    rows = {row["demographic"]: row for row in drawn(ALL["forest"]())}
    assert (rows["sex=F"]["estimate"], rows["sex=F"]["conf_low"], rows["sex=F"]["apart"]) == (5.0, 2.0, True)
    assert not rows["sex=M"]["apart"]
    assert rows["all"]["conf_low"] is None


def test_the_axis_of_learning_names_sizes_where_powers_of_ten_are_too_few() -> None:
    for sizes, ticks in (([50, 100, 200, 500], [50, 100, 200, 500]), ([1, 5, 50, 1200], [1, 10, 100, 1000])):
        curve = pl.DataFrame({"source": "a", "n_train": sizes, "mse": [0.4, 0.3, 0.2, 0.1]})
        chart = json.dumps(figures.learning(curve).chart.to_dict())
        assert json.loads(re.search(r'"values": (\[[^{\]]+\])', chart)[1]) == ticks


def test_learning_averages_draws() -> None:
    first = next(row for row in drawn(ALL["learning"]()) if (row["source"], row["n_train"]) == ("a", 1))
    assert first["mean"] == pytest.approx(0.06 - 0.04 / 11)
    wide = pl.DataFrame({"source": "a", "n_train": [1, 1], "mse": [0.0, 0.2]})
    assert drawn(figures.learning(wide))[0]["low"] == 0, "no squared error is below 0"


ENDS = ("", "_conf_low", "_conf_high")
THREE = pl.DataFrame(
    [
        (
            name,
            f"{model}|verbalized|base|standard",
            method,
            "distribution",
            n,
            0.05 / n,
            0.04 / n,
            0.06 / n,
            0.8,
            0.75,
            0.85,
        )
        for name in ("WGM", "OQA", "WVS")
        for model in ("one", "two")
        for method in ("linear", "ridge", "raw", "uniform")
        for n in (1, 5, 10, 50, 100, 200, 500, 1000, 1200)
    ],
    ["dataset", "source", "method", "unit", "n_train", *(f"{y}{end}" for y in ("mse", "alignment") for end in ENDS)],
    orient="row",
)
"""Curves of three data sets, two models and four methods, as `learning_curve` returns them."""


def test_curves_of_datasets_stand_in_panels_with_the_intervals_that_they_have(tmp_path) -> None:
    figure = figures.learning(THREE)
    chart = figure.chart.to_dict()["vconcat"][0]
    assert chart["facet"]["row"]["field"] == "dataset"
    rows = drawn(figure)
    assert len(rows) == 3 * 2 * 4 * 9
    last = next(row for row in rows if (row["dataset"], row["method"], row["n_train"]) == ("WVS", "ridge", 1200))
    assert (last["mean"], last["low"], last["high"]) == pytest.approx((0.05 / 1200, 0.04 / 1200, 0.06 / 1200))
    svg = figure.save(tmp_path / "three.svg").read_text()
    assert float(re.search(r'width="([\d.]+)"', svg)[1]) <= 3.6 * 96
    printed = re.findall(r"<text[^>]*>([^<]+)<", svg)
    assert {"WGM", "OQA", "WVS", "linear", "raw", "1,000"} <= set(printed)
    assert "Bands: 95% intervals over draws" in svg
    assert {"one", "two"} <= set(printed)  # what all sources have in common is no name of one
    shown = [line["encoding"] for line in chart["spec"]["layer"]]
    assert {name: shown[2][name]["field"] for name in ("color", "shape")} == {"color": "source", "shape": "method"}
    percent = drawn(figures.learning(THREE, y="alignment"))[0]
    assert (percent["mean"], percent["low"], percent["high"]) == pytest.approx((80, 75, 85))


def test_every_method_of_one_model_has_a_line_of_its_own() -> None:
    """Raw and uniform as everywhere, and no mean of a calibrator and what stands beside it."""
    of_one = THREE.filter(pl.col("source").str.starts_with("one"), dataset="OQA")
    chart = figures.learning(of_one).chart.to_dict()["vconcat"][0]
    scale = chart["layer"][2]["encoding"]["color"]["scale"]
    assert scale["domain"] == ["linear", "ridge", "raw", "uniform"]
    assert len(set(scale["range"])) == 4
    with pytest.raises(FrameError, match="9 points would be means over several values of 'method'"):
        figures.learning(of_one, line="source")
    many = pl.concat(THREE.with_columns(pl.col("source") + str(number)) for number in range(4))
    with pytest.raises(FrameError, match="8 values of 'source', of which 6 can be told apart"):
        figures.learning(many)


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_in_a_browser_curves_and_stages_have_whole_names_that_are_apart(tmp_path) -> None:
    long = {name: f"{name}, a method with quite a long name" for name in ("linear", "ridge")}
    named = THREE.with_columns(pl.col("method").replace(long), pl.col("dataset").replace("WGM", "World Gallup Monitor"))
    stages = ["OLMo-2-1124-7B", "After supervised tuning", "After preferences", "At last"]
    svgs: dict[str, str] = {}
    for width in (160, "column", "page"):
        for y in ("mse", "alignment"):
            of_y = figures.learning(named, y=y, width=width, title="Curves of all methods, models and surveys")
            svgs[f"learning-{y}-{width}"] = of_y.as_svg()
        svgs[f"one-{width}"] = figures.learning(CURVES, width=width).as_svg()
        drawn_stages = figures.stages(published().filter(table=7), OLMO, labels=stages, width=width, title="Training")
        svgs[f"stages-{width}"] = drawn_stages.as_svg()
    for name, page in laid_out(svgs, tmp_path).items():
        assert page.overprinted == [], name
        assert page.outside == [], name
        assert page.smallest >= 7, name
        printed = {box.said for box in page.texts}
        assert (
            set(
                stages
                if name.startswith("stages")
                else [*long.values(), "World Gallup Monitor"]
                if "learning" in name
                else "ab"
            )
            <= printed
        ), name


def test_panels_of_curves_stand_in_the_order_of_their_enum_and_axes_in_what_is_possible() -> None:
    order = ["WVS", "OQA", "WGM"]
    figure = figures.learning(THREE.with_columns(pl.col("dataset").cast(pl.Enum(order))))
    assert re.findall(r">(WVS|OQA|WGM)</text>", figure.as_svg()) == order
    high = pl.DataFrame({"source": "a", "n_train": [1, 1], "alignment": [0.9, 1.0]})
    assert drawn(figures.learning(high, y="alignment"))[0]["high"] == 100, "no alignment is above 100"
    assert figure.description.splitlines()[1].startswith("WVS, one, verbalized, base, linear: 0.05 at 1")


def test_a_cell_shows_its_shares_side_by_side() -> None:
    rows = drawn(ALL["cell"]())
    assert [row["kind"] for row in rows][::2] == ["human", "raw", "calibrated: ridge"]
    assert [row["percent"] for row in rows] == [40, 60, 90, 10, 55, 45]
    assert "<b>never</b>" not in ALL["cell"]().as_html().split("</script>")[-2]


def test_refusals() -> None:
    with pytest.raises(FrameError, match="no demographic 'sex=M' on 'q'"):
        figures.cell(OPINIONS, CODEBOOK, "q", "sex=M", source=RAW)
    with pytest.raises(FrameError, match="no column `demographic`"):
        figures.forest(TESTS.drop("demographic"))
    with pytest.raises(FrameError, match="1 stages have no verbalized score"):
        figures.stages(published().filter(table=7), [*OLMO, "OLMo-3"])
    with pytest.raises(OptionError, match="Give one each"):
        figures.stages(published().filter(table=7), OLMO, labels=["Base"])
    with pytest.raises(FrameError, match="n_train below 1"):
        figures.learning(CURVES.with_columns(n_train=0))
