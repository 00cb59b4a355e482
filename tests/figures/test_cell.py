"""Bars of a cell: intervals of people, labels that stand apart, looks that grey keeps apart, and names nearly right."""

from itertools import combinations

import polars as pl
import pytest
from laid_out import CHROMIUM, contrast, laid_out, lightness
from statsmodels.stats.proportion import proportion_confint

import opinionframe as of
from opinionframe import figures
from opinionframe.errors import FrameError
from opinionframe.figures.cell import FILLS, STROKES

RAW = "m|logprob|sd|standard"
PARTIES = [f"Party number {number} of the whole country" for number in range(11)]
HOSTILE = ["Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen", "ok", "An answer & <b>more</b> of it"]


def book(labels: list[str]) -> pl.DataFrame:
    return of.codebook({"q": {"text": "Which party?", "labels": labels, "scale": "nominal"}})


def opinions(count: int, sources: tuple[str, ...] = ("human", RAW), group: str = "all") -> pl.DataFrame:
    rows = [
        ("q", group, choice + 1, source, (choice + 1) / (count * (count + 1) / 2), 50.0 if source == "human" else None)
        for source in sources
        for choice in range(count)
    ]
    schema = {"question": pl.String, "demographic": pl.String, "choice": pl.UInt8, "source": pl.String}
    return pl.DataFrame(rows, schema | {"prob": pl.Float64, "n_eff": pl.Float64}, orient="row")


def bars(figure: figures.Figure) -> list[dict[str, object]]:
    rows = [row for dataset in figure.chart.to_dict()["datasets"].values() for row in dataset]
    return [row for row in rows if "percent" in row]


def test_human_bars_have_the_interval_of_as_many_people_as_count() -> None:
    rows = bars(figures.cell(opinions(3), book(["a", "b", "c"]), "q"))
    for row in rows:
        if row["kind"] == "human":
            low, high = proportion_confint(row["percent"] / 100 * 50, 50, method="jeffreys")
            assert (row["low"], row["high"]) == pytest.approx((100 * low, 100 * high), abs=1e-2)
        else:
            assert row["low"] is None
    figure = figures.cell(opinions(3).drop("n_eff"), book(["a", "b", "c"]), "q")
    assert {row["low"] for row in bars(figure)} == {None}
    assert "Lines:" not in figure.as_svg()


def test_choices_stand_in_their_order_above_nine_too() -> None:
    figure = figures.cell(opinions(11), book(PARTIES), "q")
    assert [line.partition(":")[0] for line in figure.description.splitlines()[1:]] == PARTIES
    assert list(dict.fromkeys(row["choice"] for row in bars(figure))) == [str(place) for place in range(1, 12)]


def test_all_looks_are_apart_in_grey_and_from_the_page() -> None:
    apart = [abs(lightness(one) - lightness(other)) for one, other in combinations(FILLS, 2)]
    assert min(apart) >= 9
    first = [abs(lightness(one) - lightness(other)) for one, other in combinations(FILLS[:4], 2)]
    assert min(first) >= 19, "humans, raw and two calibrators"
    assert min(contrast(color) for color in STROKES) >= 3


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
def test_in_a_browser_labels_are_whole_and_apart(tmp_path) -> None:
    sources = ("human", RAW, f"{RAW}|ridge", f"{RAW}|linear", f"{RAW}|forest")
    cases = {
        "parties": (11, PARTIES),
        "hostile": (3, HOSTILE),
        "short": (2, ["Yes", "No"]),
        "five": (5, ["Very little", "Little", "Some", "Much", "Very much"]),
    }
    svgs = {
        f"{name}-{width}": figures.cell(opinions(count, sources), book(labels), "q", width=width).as_svg()
        for name, (count, labels) in cases.items()
        for width in (150, "column", "page")
    }
    for name, page in laid_out(svgs, tmp_path).items():
        assert page.overprinted == [], name
        assert page.outside == [], name
        assert page.smallest >= 7, name
        printed = [box.said.replace(" ", "") for box in page.texts]
        for label in cases[name.partition("-")[0]][1]:
            assert label.replace(" ", "") in printed, name
    assert '"yOffset"' in figures.cell(opinions(11), book(PARTIES), "q").chart.to_json()
    assert '"xOffset"' in figures.cell(opinions(2), book(["Yes", "No"]), "q").chart.to_json()


def test_the_title_has_the_labels_of_the_group_and_names_the_model() -> None:
    cells = opinions(2, group="education=HS")
    titled = figures.cell(cells, book(["Yes", "No"]), "q", "education=HS")
    assert titled.description.startswith(
        "Which party? (education: HS): shares of answers in percent, of people and of m,"
    )
    groups = of.groups({"education": {"classes": ["HS"], "labels": ["High school"], "name": "Schooling"}})
    named = figures.cell(cells, book(["Yes", "No"]), "q", "education=HS", groups=groups)
    assert named.description.startswith("Which party? (Schooling: High school)")
    assert ">m, log-prob., SD</text>" in named.as_svg()


def test_names_that_are_nearly_right_are_named_and_one_source_needs_no_name() -> None:
    cells = opinions(2, group="sex=Female")
    choices = book(["Yes", "No"])
    assert bars(figures.cell(cells, choices, "q", "sex=Female"))
    with pytest.raises(FrameError, match=r"no demographic 'sex=female' on 'q'. Did you mean 'sex=Female'\?"):
        figures.cell(cells, choices, "q", "sex=female")
    with pytest.raises(FrameError, match=r"no source 'm' of the cell .* Did you mean 'm\|logprob\|sd\|standard'\?"):
        figures.cell(cells, choices, "q", "sex=Female", source="m")
    with pytest.raises(FrameError, match="no question 'zz'. There are: 'q'."):
        figures.cell(cells, choices, "zz", "sex=Female")
    two = opinions(2, ("human", RAW, RAW.replace("sd", "base")), "sex=Female")
    with pytest.raises(FrameError, match="There are 2 raw sources of the cell"):
        figures.cell(two, choices, "q", "sex=Female")
    with pytest.raises(FrameError, match="There are 0 raw sources of the cell .* none is there"):
        figures.cell(opinions(2, ("human",)), choices, "q")
    many = opinions(2, ("human", RAW, *(f"{RAW}|c{number}" for number in range(6))))
    with pytest.raises(FrameError, match="8 kinds of answers are to be told apart, and there are looks for 7"):
        figures.cell(many, choices, "q")
