"""Figures in every format, offline: the points drawn, and labels that cannot break out of a page."""

import re
import shutil
import subprocess

import polars as pl
import pytest

from opinionframe import figures
from opinionframe.errors import FrameError, OptionError
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
    for frame_, covers in ((aligned, "new questions and new fits"), (aligned.drop("fit_influence"), "new questions")):
        chart = figures.forest(compare(frame_, by="demographic")).chart.to_dict()
        assert f"'Intervals over {covers}'" in str(chart)
