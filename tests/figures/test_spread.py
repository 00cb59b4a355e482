"""Figures in every format, offline: the points drawn, and labels that cannot break out of a page."""

import re
import shutil
import subprocess
from itertools import combinations

import polars as pl
import pytest
from laid_out import contrast, laid_out, lightness

from opinionframe import figures
from opinionframe.errors import FrameError, OptionError
from opinionframe.figures.point_looks import ALL_SHAPES, COLORS
from opinionframe.inference import compare

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
RAW = "m|logprob|base|standard"


def frame(name: str = RAW) -> pl.DataFrame:
    cells = {"question": ["q1", "q2"] * 3, "demographic": ["all"] * 6}
    sources = [name] * 2 + [f"{name}|ridge"] * 2 + ["uniform"] * 2
    scores = {"source": sources, "alignment": [0.5, 0.7, 0.8, 0.9, 0.75, 0.8], "baseline": [0.75, 0.8] * 3}
    return pl.DataFrame(cells | scores | {"ceiling": [0.95] * 6})


def drawn(figure: figures.Figure) -> list[dict[str, object]]:
    return [row for dataset in figure.chart.to_dict()["datasets"].values() for row in dataset]


def test_points_are_means_and_deviations_in_percent() -> None:
    rows = drawn(figures.spread(frame()))
    raw = next(row for row in rows if row.get("kind") == "raw")
    assert (raw["alignment"], raw["std_dev"]) == (60.0, 14.142)
    move = next(row for row in rows if "alignment_to" in row)
    assert (move["alignment_to"], move["std_dev_to"]) == (85.0, 7.071)
    assert {"alignment": 77.5} in rows


def grid() -> pl.DataFrame:
    """Two datasets, models and prompts, raw and calibrated, beside uniform: two cells each."""
    sources = [f"{m}|logprob|{p}|standard{c}" for m in ("one", "two") for p in ("base", "sd") for c in ("", "|ridge")]
    rows = [
        (f"{dataset}{cell}", "all", source, least + 0.02 * place + 0.1 * cell, dataset)
        for dataset, least in (("A", 0.5), ("B", 0.7))
        for place, source in enumerate([*sources, "uniform"])
        for cell in (0, 1)
    ]
    return pl.DataFrame(rows, ["question", "demographic", "source", "alignment", "dataset"], orient="row")


def test_each_dataset_has_a_panel_with_a_point_for_every_source_in_it(tmp_path) -> None:
    figure = figures.spread(grid())
    chart = figure.chart.to_dict()
    panels = chart["vconcat"][0]["vconcat"]
    assert [panel["title"]["text"] for panel in panels] == [["A"], ["B"]]
    points = [row for row in drawn(figure) if "kind" in row]
    assert sorted((row["dataset"], row["source"]) for row in points) == sorted(
        grid().select("dataset", "source").unique().rows()
    )
    raw = next(row for row in points if (row["dataset"], row["source"]) == ("B", "two|logprob|sd|standard"))
    assert (raw["alignment"], raw["std_dev"]) == (87.0, 7.071)
    moves = [row for row in drawn(figure) if "alignment_to" in row]
    assert sorted({round(row["alignment_to"] - row["alignment"], 1) for row in moves}) == [2.0]
    scales = {str(panel["layer"][-1]["encoding"]["x"]["scale"]["domain"]) for panel in panels}
    assert len(scales) == 1, "panels are read beside each other"
    svg = figure.save(tmp_path / "a.svg").read_text()
    assert float(re.search(r'width="([\d.]+)"', svg)[1]) <= 3.6 * 96
    assert "Hollow: base prompt; filled: SD prompt" in svg


def test_shapes_name_datasets_or_models_and_hollow_points_base_prompts(tmp_path) -> None:
    chart = figures.spread(grid(), shape="dataset").chart.to_dict()["vconcat"][0]
    shape = chart["layer"][-1]["encoding"]["shape"]
    assert (shape["field"], shape["scale"]["domain"]) == ("dataset", ["A", "B"])
    figure = figures.spread(grid(), shape="model")
    encoding = figure.chart.to_dict()["vconcat"][0]["vconcat"][0]["layer"][-1]["encoding"]
    assert encoding["shape"]["scale"]["domain"] == ["one", "two", "uniform"]
    assert encoding["fillOpacity"]["scale"] == {"domain": ["base", "sd"], "range": [0.0, 1.0]}
    assert {row["prompt"] for row in drawn(figure) if row.get("source", "").split("|")[2:3] == ["base"]} == {"base"}
    printed = re.findall(r"<text[^>]*>([^<]+)<", figure.save(tmp_path / "a.svg").read_text())
    assert {"one", "two", "raw", "calibrated: ridge", "A", "B"} <= set(printed)
    alone = figures.spread(grid().filter(pl.col("source").str.contains("base")))
    assert "Hollow" not in str(alone.chart.to_dict())
    with pytest.raises(OptionError, match="shape='color' is not known"):
        figures.spread(grid(), shape="color")
    many = pl.concat(grid().with_columns(pl.col("source").str.replace("one", f"m{number}")) for number in range(16))
    with pytest.raises(FrameError, match="18 values of 'model', and there are 16 shapes"):
        figures.spread(many.unique(["question", "source"]), shape="model")


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_in_a_browser_models_datasets_and_methods_have_names_that_are_apart(tmp_path) -> None:
    methods = pl.concat(
        grid().with_columns(pl.col("source").str.replace("ridge", name)) for name in ("ridge", "linear")
    )
    models = [f"A-rather-long-name-of-model-{number}-Instruct" for number in range(13)]
    many = pl.concat(methods.with_columns(pl.col("source").str.replace("one|two", name)) for name in models)
    cells = many.unique(["question", "source"])
    svgs = {
        f"{shape}-{width}": figures.spread(cells, shape=shape, width=width, title="Alignment and its spread").as_svg()
        for shape in ("kind", "model", "dataset")
        for width in (150, "column", "page")
    }
    for name, page in laid_out(svgs, tmp_path).items():
        assert page.overprinted == [], name
        assert page.outside == [], name
        assert page.smallest >= 7, name
        shown = models if name.startswith("model") else []
        assert {*shown, "raw", "calibrated: ridge", "A", "B"} <= {box.said.replace("- ", "-") for box in page.texts}, (
            name
        )


def test_looks_are_apart_without_colour_and_from_the_page() -> None:
    assert len(set(ALL_SHAPES)) == 16
    assert min(contrast(color) for colors in COLORS for color in colors) >= 3
    calibrated = [lightness(color) for color in COLORS[1]]
    assert min(abs(one - other) for one, other in combinations([*calibrated, lightness(COLORS[0][0])], 2)) >= 9


def test_datasets_stand_in_the_order_of_their_enum() -> None:
    cells = grid().with_columns(pl.col("dataset").cast(pl.Enum(["B", "A"])))
    printed = re.findall(r">([AB])</text>", figures.spread(cells).as_svg())
    assert printed == ["B", "A"]
    shaped = figures.spread(cells, shape="dataset").chart.to_dict()["vconcat"][0]["layer"][-1]["encoding"]["shape"]
    assert shaped["scale"]["domain"] == ["B", "A"]
    said = figures.spread(cells).description.splitlines()
    assert said[1] == "B: one, log-prob., base: 75.0, SD 7.1"


def test_axes_stay_within_what_can_be() -> None:
    rows = [
        (f"q{cell}", "all", f"m|logprob|sd|standard{end}", score)
        for end, scores in (("", (0.7, 0.9)), ("|ridge", (0.997, 0.9975)))
        for cell, score in enumerate(scores)
    ]
    chart = figures.spread(pl.DataFrame(rows, ["question", "demographic", "source", "alignment"], orient="row")).chart
    encoding = chart.to_dict()["vconcat"][0]["layer"][-1]["encoding"]
    assert encoding["x"]["scale"]["domain"][1] == 100
    assert encoding["y"]["scale"]["domain"][0] == 0


@pytest.mark.parametrize(
    ("suffix", "magic"), [(".svg", b"<svg"), (".png", b"\x89PNG"), (".pdf", b"%PDF"), (".html", b"<!DOCTYPE")]
)
def test_every_format_and_twice_the_same(tmp_path, suffix, magic) -> None:
    first = figures.spread(frame()).save(tmp_path / f"a{suffix}").read_bytes()
    assert first.startswith(magic)
    shuffled = frame().sample(fraction=1.0, shuffle=True, seed=1).lazy()
    second = figures.spread(shuffled).save(tmp_path / f"b{suffix}").read_bytes()
    assert second == first or suffix == ".pdf"  # vl-convert numbers the fonts of a PDF in any order


def test_vector_figure_fits_a_column(tmp_path) -> None:
    head = figures.spread(frame()).save(tmp_path / "a.svg").read_text()[:400]
    width = float(re.search(r'width="([\d.]+)"', head)[1])
    assert width <= 3.5 * 96


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_a_hostile_name_stays_a_label_in_a_real_browser(tmp_path) -> None:
    name = "</script><script>document.title='pwned'</script> & 100%|logprob|base|standard"
    page = figures.spread(frame(name)).save(tmp_path / "a.html")
    assert "</script><script>document" not in page.read_text()
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    quiet += ["--disable-background-networking", "--disable-component-update", f"--user-data-dir={tmp_path / 'p'}"]
    command = [CHROMIUM, *quiet, "--virtual-time-budget=5000", "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "<title>pwned" not in dom
    assert re.search(r"<(svg|canvas)[^>]*marks", dom), "the figure is drawn without a network"


def test_refusals() -> None:
    with pytest.raises(OptionError, match=r"\.svg, \.png, \.pdf, \.html, not '\.jpg'"):
        figures.spread(frame()).save("a.jpg")
    with pytest.raises(FrameError, match="no source with two cells"):
        figures.spread(frame().unique("source"))
    assert {"alignment": 77.5} in drawn(figures.spread(frame().filter(source="uniform")))


def test_a_forest_says_over_what_its_intervals_hold() -> None:
    questions = [f"q{number}" for number in range(3)]
    rows = {"question": questions * 2, "demographic": ["sex=F"] * 6, "source": [RAW] * 3 + [f"{RAW}|ridge"] * 3}
    scores = {"alignment": [0.5, 0.6, 0.7, 0.8, 0.8, 0.9], "baseline": [0.7] * 6}
    aligned = pl.DataFrame(rows | scores | {"fit_influence": [None] * 3 + [0.01, -0.02, 0.01]})
    for frame_, anew in (
        (aligned, "new questions and new fits"),
        (aligned.drop("fit_influence"), "new questions"),
    ):
        printed = " ".join(
            figures.forest(compare(frame_, by="demographic")).chart.to_dict()["vconcat"][0]["title"]["text"]
        )
        assert f"Intervals: 95%, each over {anew} for these groups (cluster-robust t)." in printed
