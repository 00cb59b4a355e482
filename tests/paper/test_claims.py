"""The paper's claims, of any study: by hand, and their intervals on a generated one."""

import numpy as np
import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError
from opinionframe.paper import claims

ONE, TWO = "one|verbalized|base|standard", "two|verbalized|base|standard"


def aligned(scores: dict[str, list[float]], dataset: str | None = None) -> pl.DataFrame:
    """A score per question of one group, for each source."""
    rows = [(f"q{i}", source, score) for source, values in scores.items() for i, score in enumerate(values)]
    frame = pl.DataFrame(rows, ["question", "source", "alignment"], orient="row").with_columns(
        demographic=pl.lit("sex=F")
    )
    return (
        frame if dataset is None else frame.with_columns(pl.lit(dataset).alias("dataset"), pl.col("question") + dataset)
    )


def estimates(frame: pl.DataFrame, column: str = "estimate") -> dict[str, float]:
    return dict(claims(frame, seed=1).select("claim", column).rows())


def test_two_settings_by_hand():
    """Raw means .5 and .8, calibrated .7 and .75: one rises by 20 points, one falls by 5."""
    scores = {ONE: [0.4, 0.6], TWO: [0.7, 0.9], f"{ONE}|ridge": [0.6, 0.8], f"{TWO}|ridge": [0.7, 0.8]}
    found = estimates(aligned(scores))
    assert found["settings that calibration improves"] == 50
    assert found["groups that calibration improves"] == 50
    assert found["mean change of alignment"] == pytest.approx(7.5)
    assert found["mean loss in the settings that fall"] == pytest.approx(5)
    assert found["standard deviation over settings, raw"] == pytest.approx(30 / np.sqrt(2))
    assert found["times by which it shrinks"] == pytest.approx(6)
    rows = claims(aligned(scores), seed=1)
    assert rows["n"].unique().to_list() == [2]
    assert rows["n_clusters"].unique().to_list() == [2]
    assert not any("few_shot" in claim for claim in found)


def test_spreads_within_settings_and_datasets_by_hand():
    """A's means are .5 and .7 raw, .6 and .65 calibrated; B's .4 and .8, then .7 and .8: 4 times in both.

    Within settings raw scores lie .2 apart (.1 in B's second), calibrated ones .1 (.2 in B's second).
    """
    rows = [
        ("A", ONE, (0.4, 0.6), (0.55, 0.65)),
        ("A", TWO, (0.6, 0.8), (0.60, 0.70)),
        ("B", ONE, (0.3, 0.5), (0.65, 0.75)),
        ("B", TWO, (0.75, 0.85), (0.70, 0.90)),
    ]
    frame = pl.concat(
        aligned({source: list(raw), f"{source}|ridge": list(calibrated)}, dataset)
        for dataset, source, raw, calibrated in rows
    )
    found = estimates(frame)
    assert found["times by which it shrinks in the dataset where it shrinks most"] == pytest.approx(4)
    assert found["settings whose own standard deviation falls"] == 75
    assert found["times by which their own standard deviation falls on average"] == pytest.approx((2 + 2 + 2 + 0.5) / 4)


def test_the_best_elicitation_by_hand():
    """Verbalized is best for model one; for two it ties with paraphrase, on the questions that both have."""
    three, four = "one|paraphrase|base|standard", "two|paraphrase|base|standard"
    scores = {ONE: [0.4, 0.6], three: [0.3, 0.5], TWO: [0.7, 0.9], four: [0.8, 0.8], f"{ONE}|ridge": [0.5, 0.5]}
    frame = aligned(scores | {f"{three}|ridge": [0.6, 0.6]})
    extra = aligned({four: [0.0, 0.0, 0.1]}).filter(pl.col("question") == "q2")
    rows = claims(pl.concat([frame, extra]), seed=1).filter(pl.col("claim").str.ends_with("best elicitation"))
    assert rows.sort("calibrator", "claim").select("calibrator", "claim", "estimate", "n").rows() == [
        (None, "settings where paraphrase is the best elicitation", 50, 2),
        (None, "settings where verbalized is the best elicitation", 100, 2),
        ("ridge", "settings where paraphrase is the best elicitation", 100, 1),
        ("ridge", "settings where verbalized is the best elicitation", 0, 1),
    ]


def test_everybody_and_intersections_are_no_groups_and_count_no_one_twice():
    scores = {ONE: [0.4, 0.6], f"{ONE}|ridge": [0.6, 0.8]}
    women = aligned(scores)
    others = [
        women.with_columns(demographic=pl.lit(name), alignment=1 - pl.col("alignment"))
        for name in ("all", "sex=F & age=old")
    ]
    assert claims(pl.concat([women, *others]), seed=1).equals(claims(women, seed=1))
    assert "groups that calibration improves" not in estimates(others[0])
    assert estimates(others[0])["mean change of alignment"] == pytest.approx(-20)


def test_calibration_by_examples_stands_beside_prompts_that_show_them():
    shown = "one|verbalized|base|few_shot-5"
    scores = {ONE: [0.4, 0.6], f"{ONE}|paper-5": [0.6, 0.8], shown: [0.5, 0.5]}
    assert estimates(aligned(scores))["mean of calibration over few_shot-5"] == pytest.approx(20)


def test_the_audit_counts_best_elicitations_as_the_paper_prints_them():
    """A second way: the highest printed figure of each data set, model and prompt of Table 7."""
    raw = of.paper.published().filter(~pl.col("summary"), table=7, variant="raw")
    complete = raw.join(
        of.paper.published().filter(~pl.col("summary"), table=7, variant="calibrated"),
        on=["dataset", "model", "prompt", "elicitation"],
        how="semi",
    )
    best = complete.filter(pl.col("value") == pl.col("value").max().over("dataset", "model", "prompt"))
    count = best.filter(elicitation="verbalized").height
    row = of.paper.audit().filter(pl.col("claim").str.contains("verbalized is the best elicitation"))
    assert row["recomputed"].item() == pytest.approx(100 * count / row["n"].item())
    assert row["recomputed"].item() > 50


def test_what_differs_by_rounding_alone_neither_improves_nor_shrinks():
    """A calibrator that returns what it is given, and one that gives every model the same answer."""
    scores = {ONE: [0.4, 0.6], TWO: [0.7, 0.9]}
    same = {f"{source}|same": [value + 1e-16 for value in values] for source, values in scores.items()}
    found = estimates(aligned(scores | same))
    assert found["settings that calibration improves"] == 0
    assert found["groups that calibration improves"] == 0
    assert found["mean loss in the settings that fall"] is None
    alone = {f"{ONE}|alone": [0.1 + 0.2, 0.8], f"{TWO}|alone": [0.3, 0.8]}
    assert estimates(aligned(scores | alone))["times by which it shrinks"] is None


def test_calibration_beside_prompts_with_examples_and_reasons():
    cot, shots = "one|verbalized|base|cot", "one|verbalized|base|few_shot"
    scores = {ONE: [0.4, 0.6], f"{ONE}|ridge": [0.6, 0.8], cot: [0.8, 0.9], shots: [0.5, 0.5]}
    found = estimates(aligned(scores))
    assert found["settings where calibration is above cot"] == 0
    assert found["mean of calibration over cot"] == pytest.approx(-15)
    assert found["mean of calibration over few_shot"] == pytest.approx(20)
    assert found["times by which it shrinks"] is None  # one setting has no spread


def test_data_sets_are_settings_of_their_own_and_the_codebook_names_them():
    easy, hard = (
        aligned({ONE: raw, f"{ONE}|ridge": calibrated}, name)
        for name, raw, calibrated in (("A", [0.4, 0.6], [0.6, 0.8]), ("B", [0.9, 0.9], [0.8, 0.8]))
    )
    both = pl.concat([easy, hard])
    assert estimates(both)["settings that calibration improves"] == 50
    book = pl.concat(
        of.codebook({key: {"text": key, "labels": ["a", "b"]} for key in ("q0" + name, "q1" + name)}, dataset=name)
        for name in "AB"
    )
    assert claims(both.drop("dataset"), book, seed=1).equals(claims(both, seed=1))


def test_intervals_hold_what_questions_would_move():
    """Five cells a question share their gain: the interval is that of 30 questions, not of 150 cells."""
    rng = np.random.default_rng(4)
    inside, widths = 0, []
    for _ in range(60):
        gains = np.repeat(rng.normal(0.1, 0.1, 30), 5)
        rows = [
            (f"q{i // 5}", f"g=c{i % 5}", source, 0.4 + gain * (source != ONE))
            for i, gain in enumerate(gains)
            for source in (ONE, f"{ONE}|ridge")
        ]
        frame = pl.DataFrame(rows, ["question", "demographic", "source", "alignment"], orient="row")
        low, high = (estimates(frame, name)["mean change of alignment"] for name in ("conf_low", "conf_high"))
        inside += low < 10 < high
        widths.append(high - low)
    assert inside >= 50
    assert np.mean(widths) == pytest.approx(2 * 1.96 * 10 / np.sqrt(30), rel=0.15)


def test_results_depend_on_neither_order_nor_chance():
    scores = {ONE: [0.4, 0.6, 0.5], f"{ONE}|ridge": [0.6, 0.8, 0.4]}
    frame = aligned(scores)
    assert claims(frame.sample(fraction=1, shuffle=True, seed=3), seed=1).equals(claims(frame, seed=1))


def test_nothing_to_claim_is_refused():
    with pytest.raises(FrameError, match="No calibrated source has its raw one beside it"):
        claims(aligned({ONE: [0.4, 0.6]}), seed=1)
