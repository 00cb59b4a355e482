"""What figures refuse, and what they draw of names that no author would choose."""

import json
import re
from xml.etree import ElementTree as ET

import polars as pl
import pytest
from laid_out import CHROMIUM, laid_out

from opinionframe import figures
from opinionframe.errors import FrameError, OptionError
from opinionframe.figures.source_labels import source_labels
from opinionframe.paper import published

RAW = "m|logprob|sd|standard"
CURVE = pl.DataFrame({"source": "m", "n_train": [1.0, 10.0, 100.0], "mse": [0.05, 0.03, 0.02]})
OLMO = [f"OLMo-2-7B-{stage}" for stage in ("Base", "SFT", "DPO", "Instruct")]
TABLE = published().filter(table=7)
LONG = "A survey of eighty letters with a name that no column of a journal holds in a line"


def scores(sources: list[str], dataset: str | None = None) -> pl.DataFrame:
    cells = pl.DataFrame({"question": [f"{dataset} 1", f"{dataset} 2"], "demographic": "all", "alignment": [0.6, 0.8]})
    columns = {"baseline": pl.lit(0.6), "ceiling": pl.lit(1.0)} | ({"dataset": pl.lit(dataset)} if dataset else {})
    return cells.join(pl.DataFrame({"source": sources}), how="cross").with_columns(**columns)


def marks(figure: figures.Figure) -> list[dict[str, object]]:
    """The rows of the chart that have a mean."""
    rows = [row for data in figure.chart.to_dict()["datasets"].values() for row in data]
    return [row for row in rows if "mean" in row]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 5.0, -0.1])
def test_a_curve_with_an_impossible_score_is_refused_instead_of_cut(value: float) -> None:
    with pytest.raises(FrameError, match="1 rows with mse that is no finite number from 0 to 1, e.g"):
        figures.learning(CURVE.with_columns(mse=pl.Series([0.05, value, 0.02])))


def test_alignment_in_percent_is_not_drawn_as_100() -> None:
    with pytest.raises(FrameError, match="3 rows with alignment that is no finite number from 0 to 1"):
        figures.learning(CURVE.with_columns(alignment=pl.Series([50.0, 60.0, 70.0])), y="alignment")


@pytest.mark.parametrize(
    ("column", "fault"),
    [
        ({"n_train": [1.0, None, 100.0]}, "1 rows with n_train that is no finite number"),
        ({"n_train": [1.0, float("nan"), 100.0]}, "1 rows with n_train that is no finite number"),
        ({"source": ["m", None, None]}, "2 rows with no source"),
    ],
)
def test_points_without_a_place_or_a_line_are_refused(column: dict[str, list[float]], fault: str) -> None:
    with pytest.raises(FrameError, match=fault):
        figures.learning(CURVE.with_columns(**{name: pl.Series(values) for name, values in column.items()}))


def test_columns_of_any_name_are_drawn() -> None:
    dotted = CURVE.rename({"source": "a.b", "n_train": "n[0]:q", "mse": "my.mse"})
    figure = figures.learning(dotted, x="n[0]:q", y="my.mse", line="a.b", panel="a.b")
    fields = {name for row in marks(figure) for name in row}
    assert not any(set(".[:") & set(name) for name in fields)
    assert figure.as_svg().count('aria-roledescription="point"') == len(CURVE)
    with pytest.raises(FrameError, match="'mean', which is what a figure calls its means"):
        figures.learning(CURVE.rename({"source": "mean"}), line="mean")


def test_a_raw_source_beside_its_calibrated_one_has_a_name() -> None:
    assert source_labels([RAW, f"{RAW}|ridge"]) == {RAW: "raw", f"{RAW}|ridge": "ridge"}


@pytest.mark.parametrize(
    ("frame", "error"),
    [
        (TABLE.with_columns(pl.col("alignment") * 100), "are not from 0 to 1"),
        (TABLE.with_columns(alignment=float("nan")), "are not from 0 to 1"),
        (pl.concat([TABLE, TABLE]), "sources have several scores in a dataset"),
    ],
)
def test_stages_are_of_one_share_each(frame: pl.DataFrame, error: str) -> None:
    with pytest.raises(FrameError, match=error):
        figures.stages(frame, OLMO)


def test_stages_have_a_name_each() -> None:
    for models, labels in (([], None), ([OLMO[0]] * 2, None), ("OLMo", None), (OLMO, ["a", "a", "b", "c"])):
        with pytest.raises(OptionError, match="has to be a list of one name or more, each of them once"):
            figures.stages(TABLE, models, labels=labels)


def test_panels_of_stages_stay_within_the_width() -> None:
    many = pl.concat([TABLE.filter(dataset="OQA").with_columns(dataset=pl.lit(f"d{place}")) for place in range(6)])
    with pytest.raises(FrameError, match="6 datasets have no room beside each other in this width, which holds 5"):
        figures.stages(many, OLMO)
    svg = figures.stages(many, OLMO, width="page").as_svg()
    assert float(re.search(r'width="([\d.]+)"', svg)[1]) <= 672


def test_differences_of_a_forest_are_shares_of_1() -> None:
    columns = {"pair": "p", "source": f"{RAW}|ridge", "versus": RAW, "method": "paired t", "family": "p"}
    numbers = dict.fromkeys(("std_error", "statistic", "p_value", "p_adjusted", "conf_low", "conf_high"), 0.5)
    tests = pl.DataFrame({"demographic": ["sex=F", "sex=M"], "estimate": [5.0, 0.1]}).with_columns(
        **{
            name: pl.lit(value)
            for name, value in (columns | numbers | {"n": 9, "n_clusters": 9, "adjust": "none"}).items()
        }
    )
    with pytest.raises(FrameError, match=r"1 differences in alignment beyond 1, e\.g\. \('sex=F', 5\.0\)"):
        figures.forest(tests)
    with pytest.raises(FrameError, match="tests has no rows, so there is nothing to draw"):
        figures.forest(tests.clear())


def test_no_two_kinds_of_a_spread_look_the_same() -> None:
    calibrated = [f"{RAW}|c{place}" for place in range(21)]
    with pytest.raises(FrameError, match="21 calibrators are to be told apart, and there are looks for 20"):
        figures.spread(scores(calibrated))
    assert figures.spread(scores(calibrated[:20])).as_svg()
    with pytest.raises(FrameError, match="13 baselines are to be told apart, and there are looks for 12"):
        figures.spread(scores([f"b{place}" for place in range(13)]))


def cell(label: str, source: str | None = None) -> figures.Figure:
    labels = [label, "No"]
    book = pl.DataFrame({"question": "q", "choice": [1, 2], "label": labels, "position": [0.0, 1.0], "text": "Yes?"})
    shares = {"human": (0.4, 0.6), RAW: (0.9, 0.1), f"{RAW}|ridge": (0.5, 0.5)}
    rows = [("q", "all", place, name, prob) for name, both in shares.items() for place, prob in enumerate(both, 1)]
    opinions = pl.DataFrame(rows, ["question", "demographic", "choice", "source", "prob"], orient="row")
    return figures.cell(
        opinions, book.with_columns(scale=pl.lit("ordinal"), topic=pl.lit("t"), dataset=pl.lit("d")), "q", source=source
    )


def test_a_calibrated_source_is_not_drawn_as_raw() -> None:
    with pytest.raises(FrameError, match=r"is calibrated, not raw\. Name 'm\|logprob\|sd\|standard'"):
        cell("Yes", f"{RAW}|ridge")
    with pytest.raises(FrameError, match="is people, not raw"):
        cell("Yes", "human")


def test_control_codes_are_drawn_as_spaces(tmp_path) -> None:
    figure = cell("Yes\x00\x0b\u202eindeed")
    ET.fromstring(figure.as_svg())
    assert figure.save(tmp_path / "cell.png").read_bytes().startswith(b"\x89PNG")
    assert "Yes indeed" in json.dumps(figure.chart.to_dict())


@pytest.mark.skipif(CHROMIUM is None, reason="needs a browser")
def test_names_of_panels_stay_on_the_page(tmp_path) -> None:
    of_spread = pl.concat([scores(["uniform", RAW], name) for name in (LONG, "another")])
    of_curves = pl.concat([CURVE.with_columns(dataset=pl.lit(name)) for name in (LONG, "another")])
    svgs = {"spread": figures.spread(of_spread).as_svg(), "learning": figures.learning(of_curves).as_svg()}
    for name, page in laid_out(svgs, tmp_path).items():
        assert page.outside == [], name
        assert page.overprinted == [], name
        assert page.says(LONG), name


def test_a_legend_names_all_of_36_lines() -> None:
    curves = pl.concat([CURVE.with_columns(source=pl.lit(f"model {place}")) for place in range(36)])
    printed = set(re.findall(r">(model \d+)<", figures.learning(curves).as_svg()))
    assert printed == {f"model {place}" for place in range(36)}


def test_rows_without_a_score_are_counted_below_a_learning_curve():
    some = figures.learning(pl.concat([CURVE, CURVE.head(1).with_columns(mse=pl.lit(None, pl.Float64))]))
    assert f"Not drawn: 1 of {CURVE.height + 1} rows" in str(some.chart.to_dict()["title"])
    assert "Not drawn" not in str(figures.learning(CURVE).chart.to_dict())
