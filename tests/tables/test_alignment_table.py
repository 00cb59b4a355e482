"""The report's table: hand-computed cells, every row there, and content that survives both targets."""

import polars as pl
import pytest
from printed_cells import unbold

from opinionframe import tables
from opinionframe.errors import FrameError, OptionError

RAW = "m|logprob|base|standard"


def frame(scores: dict[str, list[float]], baseline: float = 0.75) -> pl.DataFrame:
    rows = [
        {"question": f"q{i}", "demographic": "all", "source": source, "alignment": value}
        for source, values in scores.items()
        for i, value in enumerate(values)
    ]
    return pl.DataFrame(rows).with_columns(baseline=pl.lit(baseline), ceiling=pl.lit(None, dtype=pl.Float64))


ALIGNED = frame({RAW: [0.6, 0.8], f"{RAW}|ridge": [0.85, 0.95], f"{RAW}|lasso": [0.8, 0.9], "uniform": [0.75, 0.75]})
TESTS = pl.DataFrame(
    {
        "pair": "raw-calibrated",
        "source": [f"{RAW}|ridge", f"{RAW}|lasso"] * 2,
        "versus": RAW,
        "method": ["paired t"] * 2 + ["cluster-robust t"] * 2,
        "estimate": [0.2, 0.15] * 2,
        "std_error": 0.01,
        "statistic": 2.0,
        "p_value": [0.001, 0.01, 0.001, 0.2],
        "p_adjusted": [0.002, 0.02, 0.002, 0.4],
        "conf_low": 0.1,
        "conf_high": 0.2,
        "n": 2,
        "n_clusters": [None, None, 2, 2],
        "family": "raw-calibrated (2 comparisons)",
        "adjust": "bonferroni",
    }
)


def test_cells_by_hand() -> None:
    rows = tables.alignment(ALIGNED).cells
    model = {column: unbold(value) for column, value in rows.row(0, named=True).items()}
    assert (model["section"], model["model"], model["elicitation"], model["prompt"]) == (
        "Language models",
        "m",
        "logprob",
        "base",
    )
    assert (model["raw alignment"], model["raw std_dev"], model["raw skill"]) == ("70.0", "14.1", "\u221220.0")
    assert (model["ridge alignment"], model["ridge skill"]) == ("90.0", "60.0")
    assert (model["baseline"], model["n"], model["n_questions"]) == ("75.0", "2", "2")
    uniform = rows.row(1, named=True)
    assert uniform["section"] == "Baselines"
    assert (unbold(uniform["raw alignment"]), uniform["raw skill"]) == ("75.0", "0.0")
    assert unbold(uniform["ridge alignment"]) == "\u2013"


def test_best_and_significance_are_in_the_text_of_both_targets() -> None:
    table = tables.alignment(ALIGNED, TESTS, marks=["paired t", "cluster-robust t"])
    assert unbold(table.cells["ridge alignment"][0]) == "90.0↑⇑"
    assert unbold(table.cells["lasso alignment"][0]) == "85.0↑"
    html, code = table.as_html(), table.as_latex()
    spoken = '<span role="img" aria-label="significantly higher">'
    assert html.count(f"<strong>90.0</strong>{spoken}↑</span>{spoken}⇑</span>") == 1
    assert r"\textbf{90.}\rlap{\textbf{0}}\phantom{0}\ensuremath{\uparrow}\ensuremath{\Uparrow}" in code
    for text in (html, code):
        assert "bonferroni" in text
        assert "raw-calibrated (2 comparisons)" in text
        assert "2 clusters" in text


def test_a_mark_says_over_what_its_interval_holds() -> None:
    over = TESTS.with_columns(covers=pl.lit("new questions and new fits"))
    notes = " ".join(tables.alignment(ALIGNED, over, marks=["paired t", "cluster-robust t"]).notes)
    assert "2 clusters, over new questions and new fits, n = " in notes
    assert "cells taken as independent, n = " in notes  # the paired t-test covers new cells, and nothing else
    unknown = tables.alignment(ALIGNED, TESTS.drop("covers", strict=False), intervals=False)
    assert ", over " not in " ".join(unknown.notes)


def test_baselines_are_scored_where_the_model_answered() -> None:
    wide = frame({RAW: [0.6, 0.8], "uniform": [0.7, 0.8, 0.1, 0.1]})
    uniform = tables.alignment(wide).cells.row(1, named=True)
    assert (unbold(uniform["raw alignment"]), uniform["n"]) == ("75.0", "2")


def test_the_same_frame_in_any_order_gives_the_same_file() -> None:
    shuffled = ALIGNED.sample(fraction=1.0, shuffle=True, seed=3)
    assert tables.alignment(shuffled.lazy(), TESTS).as_html() == tables.alignment(ALIGNED, TESTS).as_html()
    assert tables.alignment(shuffled, TESTS.lazy()).as_latex() == tables.alignment(ALIGNED, TESTS).as_latex()


def test_head_of_a_long_table_is_repeated() -> None:
    code = tables.alignment(ALIGNED).as_latex(longtable=True)
    head = code[code.index("\\toprule") : code.index("\\endfirsthead")]
    assert code.count(head) == 2
    assert "\\endhead" in code


def test_refusals_say_what_to_do(tmp_path) -> None:
    with pytest.raises(OptionError, match=r"saved as one of \.html, \.tex, \.png, .*not '\.pdf'"):
        tables.alignment(ALIGNED).save(tmp_path / "a.pdf")
    with pytest.raises(FrameError, match="lacks 1 of its columns: alignment"):
        tables.alignment(ALIGNED.drop("alignment"))
    with pytest.raises(FrameError, match="no rows"):
        tables.alignment(ALIGNED.clear())
    with pytest.raises(OptionError, match="alpha=5"):
        tables.alignment(ALIGNED, TESTS, alpha=5)
    assert not list(tmp_path.iterdir())
