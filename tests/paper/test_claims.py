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
