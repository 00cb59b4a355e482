"""Own scores among the paper's: ranks by hand, what is compared with what, and what is refused."""

import polars as pl
import pytest

from opinionframe import intervals, tables
from opinionframe.errors import FrameError, OptionError
from opinionframe.paper import published

VERBALIZED = "WVS: verbalized, base prompt"
PAPER = [89.1, 87.2, 86.6, 84.5, 82.7, 81.3, 75.7, 75.2, 75.0, 74.1, 74.0, 72.8, 65.2, 64.6]
"""Table 7, WVS, verbalized, base prompt, raw: the fourteen models that have a figure, from the highest."""


def study(dataset: str = "wvs7", *, at: float = 0.75, spread: float = 0.1) -> pl.DataFrame:
    """Alignment of one model, raw and calibrated: four questions and two groups, on average `at` and 0.1 above."""
    steps = [-spread, -spread / 2, spread / 2, spread]
    rows = [
        (f"{dataset} q{number}", group, f"mine|verbalized|base|standard{end}", at + gain + step)
        for number, step in enumerate(steps)
        for group in ("sex=F", "sex=M")
        for end, gain in (("", 0.0), ("|kriging", 0.1))
    ]
    frame = pl.DataFrame(rows, schema=["question", "demographic", "source", "alignment"], orient="row")
    return frame.with_columns(dataset=pl.lit(dataset), metric=pl.lit("wasserstein"), baseline=0.7, ceiling=0.95)


def own(table: tables.Table) -> dict[str, object]:
    return table.rows.filter(origin="this study").row(0, named=True)


def test_a_model_stands_at_its_place_among_the_fourteen() -> None:
    """75.0 shares the ninth place with Mistral-small."""
    rows = tables.leaderboard(study()).rows
    assert rows["section"].unique().to_list() == [VERBALIZED]
    ranked = rows.drop_nulls("rank")
    assert ranked.filter(origin="Table 7")["alignment"].to_list() == PAPER
    assert ranked.filter(rank=9).select("model", "origin").rows() == [
        ("Mistral-small", "Table 7"),
        ("mine", "this study"),
    ]
    assert ranked.filter(alignment=74.1)["rank"].item() == 11
    assert rows.filter(pl.col("rank").is_null()).select("model", "alignment", "origin").rows() == [
        ("uniform", 70.0, "this study, no model")
    ]


def test_the_ends_of_an_interval_have_ranks_too() -> None:
    frame = study()
    low, high = intervals(frame, by="dataset").filter(source="mine|verbalized|base|standard").select(
        "conf_low", "conf_high"
    ).row(0)  # fmt: skip
    row = own(tables.leaderboard(frame))
    above = [sum(value > 100 * end + 0.05 for value in PAPER) for end in (high, low)]
    assert (row["rank_low"], row["rank_high"]) == (1 + above[0], 1 + above[1])
    assert row["rank_low"] < row["rank"] < row["rank_high"]
    bare = tables.leaderboard(frame, intervals=False)
    assert "rank_low" not in bare.rows.columns
    assert not any("interval" in note for note in bare.notes)


def test_calibrated_answers_are_ranked_among_calibrated_ones() -> None:
    table = tables.leaderboard(study(), calibrated=True)
    row = own(table)
    printed = published().filter(
        table=7, dataset="WVS", prompt="base", elicitation="verbalized", variant="calibrated", summary=False
    )
    assert (row["alignment"], row["calibrator"]) == (85.0, "kriging")
    assert row["rank"] == 1 + printed.filter(pl.col("value") > 85.0).height == 3
    assert any(note.startswith("Calibrated: the paper's by regression on 80% of the rows") for note in table.notes)
    suspected = printed.filter(value=80.3).height
    assert f"uniform, of the paper's: {suspected} 80.3 (WVS); see of.paper.audit." in " ".join(table.notes)
    assert suspected == 8
    assert "Calibrator" not in tables.leaderboard(study()).labels.values()


def test_a_second_own_model_counts_in_ranks_and_their_ends() -> None:
    """Above 75.0 stand eight of the paper's and the better one; at the lower end, 74.9, Mistral-small's 75.0 too."""
    second = study(at=0.8, spread=0.001).with_columns(pl.col("source").str.replace("mine", "better"))
    rows = tables.leaderboard(pl.concat([study(spread=0.001), second])).rows.filter(origin="this study")
    assert rows.select("model", "rank", "rank_low", "rank_high").rows() == [("better", 7, 7, 7), ("mine", 10, 10, 11)]


def test_log_probabilities_stand_among_those_of_table_6() -> None:
    scored = study().with_columns(pl.col("source").str.replace("verbalized", "logprob"))
    rows = tables.leaderboard(scored).rows
    assert rows.filter(origin="Table 6")["alignment"].to_list() == [83.9, 74.8, 54.1, 43.5]
    assert own(tables.leaderboard(scored))["rank"] == 2


def test_notes_say_what_is_the_same_and_what_is_left_out() -> None:
    cot = study().filter(~pl.col("source").str.contains("kriging")).with_columns(
        pl.col("source").str.replace("standard", "cot")
    )  # fmt: skip
    elsewhere = study("gss2018").filter(~pl.col("source").str.contains("kriging"))
    notes = tables.leaderboard(pl.concat([study(), cot, elsewhere])).notes
    same = "WVS: wvs7 is the same survey, but questions, groups and people may differ: 4 questions and 2 groups here, "
    assert any(note.startswith(f"{same}40 questions and 53 groups in the paper") for note in notes)
    left = [note for note in notes if "left out" in note]
    assert left[0].startswith("2 of 3 means of this study are left out; the paper prints none like them: ('gss2018'")
    assert "the paper prints no intervals" in " ".join(notes)
    assert not any("left out; the" in note for note in tables.leaderboard(study()).notes)


def test_baselines_stand_at_their_value_without_a_rank() -> None:
    names = study().filter(~pl.col("source").str.contains("kriging"))
    labels = names.with_columns(source=pl.lit("label-mean"), alignment=0.85)
    rows = tables.leaderboard(pl.concat([study(), labels])).rows
    place = rows["model"].to_list().index("label-mean")
    assert rows.row(place, named=True)["rank"] is None
    assert rows["alignment"].to_list()[place - 1 : place + 2] == [86.6, 85.0, 84.5]


def test_means_without_cells_are_ranked_with_the_caveat() -> None:
    mean = pl.DataFrame({"dataset": "panel", "source": ["mine|verbalized|base|standard"], "alignment": [0.9]})
    table = tables.leaderboard(mean, same={"panel": "WVS"})
    assert own(table)["rank"] == 1
    notes = " ".join(table.notes)
    assert "The metric of this study's scores is not named, and taken to be the same." in notes
    assert "panel is named as the same survey" in notes
    assert "how many is not known here" in notes
    assert "Intervals: not known of means that come without their cells." in notes
    assert "Baselines" not in notes


def test_rows_in_any_order_give_the_same_table() -> None:
    shuffled = study().sample(fraction=1.0, shuffle=True, seed=3)
    assert tables.leaderboard(shuffled).cells.equals(tables.leaderboard(study()).cells)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (study("gss2018"), r"None of 1 data sets \('gss2018'\) is one that the paper asks about: WGM, OQA, WVS"),
        (study().drop("dataset"), r"None of 1 data sets \('All questions'\).*Give codebook="),
        (study().with_columns(metric=pl.lit("total_variation")), "by total_variation, and the paper's by wasserstein"),
        (study().filter(demographic="sex=F").with_columns(demographic=pl.lit("all")), "scores of everybody alone"),
        (study().with_columns(pl.col("source").str.replace("base", "own")), "No raw score is of a data set"),
        (pl.concat([study(), study("WVS")]), "2 data sets are the same one of the paper's"),
    ],
)
def test_what_cannot_be_compared_is_refused(frame, message) -> None:
    with pytest.raises(FrameError, match=message):
        tables.leaderboard(frame)


def test_unknown_options_are_refused() -> None:
    with pytest.raises(OptionError, match="same='GSS' is not known"):
        tables.leaderboard(study(), same={"wvs7": "GSS"})
    with pytest.raises(FrameError, match="No calibrated score"):
        tables.leaderboard(study().filter(~pl.col("source").str.contains("kriging")), calibrated=True)


def test_a_name_of_any_kind_is_marked_in_print_and_clean_in_rows() -> None:
    name = "a_b &\u202e<b>50%</b>\n" + "x" * 30
    table = tables.leaderboard(study().with_columns(pl.col("source").str.replace("mine", name)))
    assert own(table)["model"] == "a_b & <b>50%</b> " + "x" * 30
    assert table.cells.filter(origin="this study")["model"].item().startswith("• a_b")
    assert table.as_html().count("•") == 2
