"""The forest: one comparison, groups in their order, and names that are neither cut nor printed over one another."""

import numpy as np
import polars as pl
import pytest
from laid_out import CHROMIUM, laid_out

import opinionframe as of
from opinionframe import figures
from opinionframe.errors import FrameError, OptionError
from opinionframe.figures.wrapped import lines, text_width

RAW = "m|logprob|sd|standard"
LONG = [
    f"job=Works the whole week for an employer of the public sector, on a contract {end}" for end in ("A", "B", "C")
]
WORD = "town=Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch-upon-the-Menai-Strait"


def aligned(groups: list[str], sources: tuple[str, ...] = (RAW, f"{RAW}|ridge", "uniform")) -> pl.DataFrame:
    random = np.random.default_rng(5)
    rows = [
        (f"q{question}", group, source, 0.7 + 0.08 * place + float(random.normal(0, 0.02)), 0.7)
        for question in range(6)
        for group in groups
        for place, source in enumerate(sources)
    ]
    return pl.DataFrame(rows, ["question", "demographic", "source", "alignment", "baseline"], orient="row")


def names(figure: figures.Figure) -> list[str]:
    """The groups from the top, as the description lists them."""
    return [line.rpartition(": ")[0] for line in figure.description.splitlines()[1:]]


def test_two_comparisons_are_refused_until_one_is_named() -> None:
    cells = aligned(["sex=F", "sex=M"])
    pairs = [of.compare(cells, pair=pair, by="demographic", seed=1) for pair in ("raw-calibrated", "uniform")]
    tests = pl.concat(pairs).filter(source=f"{RAW}|ridge")
    with pytest.raises(
        FrameError, match="2 values of 'pair', of which a forest shows one: 'raw-calibrated', 'uniform'"
    ):
        figures.forest(tests)
    for pair, against in (("raw-calibrated", "raw"), ("uniform", "uniform")):
        figure = figures.forest(tests, pair=pair)
        one = tests.filter(pair=pair, method="cluster-robust t", demographic="sex=F").row(0, named=True)
        wanted = f"sex, F: {100 * one['estimate']:+.1f} ({100 * one['conf_low']:.1f} to {100 * one['conf_high']:.1f})"
        assert wanted in figure.description.splitlines()
        assert f"in alignment to {against} by group" in figure.description
        assert "cluster-robust t" in figure.as_svg()
    assert "paired t" in figures.forest(tests, pair="uniform", method="paired t").as_svg()
    without = tests.filter(pl.col("method") == "paired t")
    others = pl.concat([without, without.with_columns(method=pl.lit("wilcoxon"))])
    with pytest.raises(FrameError, match="2 values of 'method'"):
        figures.forest(others, pair="uniform")
    with pytest.raises(OptionError, match="pair='placebo' is not known"):
        figures.forest(tests, pair="placebo")


def test_a_group_that_stands_twice_is_refused_with_what_differs() -> None:
    tests = of.compare(aligned(["sex=F", "sex=M"]), by="demographic", seed=1)
    both = pl.concat([tests.with_columns(dataset=pl.lit(name)) for name in ("A", "B")])
    with pytest.raises(FrameError, match=r"2 groups stand more than once .*their rows differ in dataset"):
        figures.forest(both)


def test_groups_stand_in_their_order_under_their_labels_and_waves_in_time() -> None:
    classes = ["Less than HS", "HS", "Some college", "BA"]
    cells = aligned([*(f"education={name}" for name in classes), "wave=W10", "wave=W9", "all"])
    groups = of.groups({"education": {"classes": classes, "labels": [f"{name} (label)" for name in classes]}})
    printed = names(figures.forest(of.compare(cells, by="demographic", seed=1), groups=groups))
    assert printed[:4] == [f"education, {name} (label)" for name in classes]
    assert printed[4:] == ["wave, W9", "wave, W10", "all, all"]
    alone = names(figures.forest(of.compare(cells, by="demographic", seed=1)))
    assert alone[4:6] == ["wave, W9", "wave, W10"]


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_in_a_browser_every_name_is_printed_in_full_beside_its_row(tmp_path) -> None:
    tests = of.compare(aligned([*LONG, WORD, "sex=F", "all"]), by="demographic", seed=1)
    svgs = {
        str(width): figures.forest(
            tests, width=width, title="Calibrated minus raw, in every group that was asked"
        ).as_svg()
        for width in (150, "8.4cm", "page")
    }
    for name, page in laid_out(svgs, tmp_path).items():
        assert page.overprinted == [], name
        assert page.outside == [], name
        assert page.smallest >= 7, name
        printed = [box.said.replace(" ", "") for box in page.texts]
        for group in (*LONG, WORD):
            assert group.partition("=")[2].replace(" ", "") in printed, (name, group)
    assert laid_out({"a": svgs["8.4cm"]}, tmp_path)["a"].width == pytest.approx(8.4 / 2.54 * 96, abs=8)


@pytest.mark.parametrize("name", ["line\u2028sep", 'a "q" \\ <b>', "tab\tand\nline"])
def test_a_name_of_any_signs_is_drawn(name) -> None:
    figure = figures.forest(of.compare(aligned([f"g={name}", "g=b"]), by="demographic", seed=1))
    assert figure.as_svg().count("rule mark container") >= 2
    assert figure.chart.to_dict()["title"]["text"] == ["m, log-prob., SD, ridge"], (
        "the figure's own title is its heading"
    )


def test_the_picture_says_what_it_shows_to_those_who_hear_it() -> None:
    figure = figures.forest(of.compare(aligned(["sex=F"]), by="demographic", seed=1), title="A & <b>")
    svg = figure.as_svg()
    assert 'role="img" aria-label="A &amp; &lt;b&gt;: difference in alignment' in svg[:600]
    assert "<title>A &amp; &lt;b&gt;: difference" in svg
    assert f"sex, F: {figure.description.splitlines()[1][8:]}" in svg
    assert '"description": "A & \\u003cb>: difference' in figure.as_html()
    page = figure.as_html()[:200]
    assert '<html lang="en">' in page
    assert "<title>A &amp; &lt;b&gt;: difference" in page


def test_the_only_attribute_is_named_and_everybody_alone_is_not() -> None:
    def titles(*classes):
        cells = {"question": ["a", "b", "c"] * 2, "source": ["m|l|p|v"] * 3 + ["m|l|p|v|ridge"] * 3}
        scores = pl.DataFrame(cells | {"alignment": [0.6, 0.5, 0.8, 0.8, 0.8, 0.9]})
        aligned = scores.join(pl.DataFrame({"demographic": classes}), how="cross")
        tests = of.compare(aligned, by="demographic", method="cluster-robust t")
        return str(figures.forest(tests).chart.to_dict())

    assert "'text': ['region']" in titles("region=North", "region=South")
    assert "'text': ['all']" not in titles("all")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("Earns 20,000-30,000", ["Earns", "20,000-30,000"]), ("up to v1.25", ["up to", "v1.25"])],
)
def test_a_name_breaks_beside_its_numbers(name, expected) -> None:
    assert lines(name, text_width(expected[1])) == expected
