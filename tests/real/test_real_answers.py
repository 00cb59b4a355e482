"""Numbers of the real answers. Each has a twin with a known truth, on the generated study, beside what it tests."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.calibration.batteries import batteries
from opinionframe.calibration.stacking.stack import stack
from opinionframe.diagnosis.learning.curve import learning_curve
from opinionframe.paper import published
from opinionframe.paper.make import make

pytestmark = pytest.mark.real

GPT = "gpt-3.5-turbo-0125|logprob|base|standard"
OWN = {"cells": "own", "overlap": "keep"}
"""Means over all cells that a source has, as the paper's are."""
LLAMA = "llama3-70b|verbalized|sd|standard"
SPLITS = ("question", "battery", "topic")
MEMBERS = [f"gpt-3.5-turbo-0125|{elicitation}|base|standard" for elicitation in ("logprob", "sequence", "verbalized")]


def rows_of(opinions: pl.DataFrame, *sources: str) -> pl.DataFrame:
    return opinions.filter(pl.col("source").is_in(["human", *sources]))


def scores(opinions: pl.DataFrame, codebook: pl.DataFrame) -> dict[str, float]:
    means = of.summarize(of.align(opinions, codebook), **OWN)
    return dict(means.select("source", "alignment").rows())


def test_the_answers_score_what_others_found(oqa, oqa_aligned):
    gpt = of.summarize(oqa_aligned, **OWN).filter(source=GPT)
    assert gpt["alignment"].item() == pytest.approx(0.76566, abs=5e-6)
    assert gpt["baseline"].item() == pytest.approx(0.81844, abs=6e-6)
    cells = oqa_aligned.filter(source=GPT).select("question", "demographic")
    uniform = oqa_aligned.filter(source="uniform").join(cells, on=["question", "demographic"])
    assert uniform["alignment"].mean() == pytest.approx(gpt["baseline"].item(), abs=1e-12)


def test_linear_whole_questions_held_out(oqa):
    calibrated = of.calibrate(rows_of(oqa.opinions, GPT), oqa.codebook, method="linear", seed=1)
    assert scores(calibrated, oqa.codebook)[f"{GPT}|linear"] == pytest.approx(0.834, abs=0.002)


def test_a_forest_gains_from_leaking_rows(oqa):
    found = {
        split: scores(
            of.calibrate(rows_of(oqa.opinions, GPT), oqa.codebook, method="forest", split=split, seed=1), oqa.codebook
        )[f"{GPT}|forest"]
        for split in ("row", "question")
    }
    assert found["row"] > found["question"] + 0.03


def test_labels_alone_go_a_long_way_and_the_question_itself_further(oqa):
    rows = of.baselines(oqa.opinions, oqa.codebook, which=["label-mean", "other-groups"])
    asked = oqa.llm.select("question", "demographic").unique()
    aligned = of.align(rows, oqa.codebook).join(asked, on=["question", "demographic"])
    found = dict(of.summarize(aligned, **OWN).select("source", "alignment").rows())
    assert found["label-mean"] == pytest.approx(0.854, abs=0.003)
    best_model = max(scores(oqa.opinions, oqa.codebook).values())
    assert found["other-groups"] > 0.93 > best_model


def test_answers_beat_their_placebo_and_say_what_they_know(oqa):
    found = of.diagnose(rows_of(oqa.opinions, GPT, LLAMA), oqa.codebook, method="linear", seed=1).sort("source")
    assert found["source"].to_list() == [f"{GPT}|linear", f"{LLAMA}|linear"]
    assert (found["over_placebo"] > 0.005).all()
    assert found["verdict"][1].startswith("knows")
    assert "labels" in found["verdict"][0]
    assert found["alignment"][0] < found["label_mean"][0]
    assert found["raw"].to_list() == pytest.approx([0.7657, 0.8761], abs=1e-4)


def test_a_row_split_leaks(oqa):
    row = of.audit_split(rows_of(oqa.opinions, GPT, LLAMA), oqa.codebook, split="row", seed=1)
    assert row["looked_up"].item() == 1
    assert row["leak"].item() > 0.07


def test_default_beats_linear_everywhere_and_never_falls_below_raw(oqa):
    """On all 18 sources, whole questions held out; the paper's selection scores below linear here."""
    found = scores(
        of.calibrate(oqa.opinions, oqa.codebook, method=["default", "linear"], refits=False, seed=1), oqa.codebook
    )
    raw = sorted(source for source in found if source.count("|") == 3)
    assert len(raw) == 18
    gains = [found[f"{source}|default"] - found[f"{source}|linear"] for source in raw]
    assert np.mean(gains) > 0.02
    assert min(found[f"{source}|default"] - found[source] for source in raw) > -0.002


@pytest.mark.parametrize(
    "method", ["default", "no-model", "power", "dirichlet", "cumulative", "linear", "ridge", "lasso"]
)
def test_a_fit_helps_with_other_questions(oqa, method):
    rows = rows_of(oqa.opinions, GPT, LLAMA)
    questions = rows.filter(source=GPT)["question"].unique().sort()
    later = pl.col("question").is_in(questions.tail(30).implode())
    learnt = of.fit(rows.filter(~later), oqa.codebook, method=method, seed=1)
    book = oqa.codebook.filter(later)
    new = of.apply(rows.filter(later, pl.col("source") != "human"), book, learnt)
    found = scores(pl.concat([rows.filter(later, source="human"), new], how="diagonal"), book)
    assert found[f"{GPT}|{method}"] > found[GPT] + 0.03


def test_learning_converges_as_the_paper_says_and_the_labels_catch_up(oqa):
    curves = learning_curve(rows_of(oqa.opinions, GPT), oqa.codebook, sizes=[1, 10, 200], draws=10, seed=1)
    found = {(m, n): (e, a) for m, n, e, a in curves.select("method", "n_train", "mse", "alignment").rows()}
    assert found["linear", 10][0] < 0.6 * found["raw", 10][0]
    assert found["linear", 10][0] < 1.15 * found["linear", 200][0]
    assert found["linear", 200][1] == pytest.approx(0.834, abs=0.012)
    assert found["mean-of-labels", 10][1] < found["linear", 10][1]
    assert found["mean-of-labels", 200][1] > found["linear", 200][1] - 0.005
    inside = curves.filter(pl.col("alignment").is_between("alignment_conf_low", "alignment_conf_high"))
    assert len(inside) == len(curves)


def test_members_are_worth_more_together(oqa):
    rows = rows_of(oqa.opinions, *MEMBERS)
    stacked = stack(rows, oqa.codebook, seed=1)
    assert_frame_equal(stacked.head(len(rows)), rows.select(stacked.columns))
    mean = rows.filter(pl.col("source") != "human").group_by("question", "demographic", "choice")
    mean = mean.agg(pl.col("prob").mean()).with_columns(
        pl.col("prob") / pl.col("prob").sum().over("question", "demographic"), source=pl.lit("mean")
    )
    found = scores(pl.concat([stacked, mean], how="diagonal"), oqa.codebook)
    mine = found["stack(gpt-3.5-turbo-0125)|mixed|base|standard"]
    assert mine > max(found[member] for member in MEMBERS) + 0.002
    assert mine > found["mean"] + 0.003


def test_the_packaged_file_is_what_its_script_makes(transcription: Path) -> None:
    packaged = published().select("entry", "table", "dataset", "model", *make(transcription).columns[4:])
    assert packaged.equals(make(transcription))


def test_no_model_beats_the_total_and_one_tells_differences_to_any_use(oqa):
    found = of.contrasts(rows_of(oqa.opinions, GPT, GPT.replace("base", "sd"), LLAMA), oqa.codebook)
    over = found.filter(measure="over population")
    assert (over["conf_high"] < 0).all()
    assert over.filter(source=LLAMA)["estimate"].item() == pytest.approx(-0.06, abs=0.02)
    explained = dict(found.filter(measure="explained").select("source", "estimate").rows())
    assert explained[LLAMA] > 0.1
    assert explained[GPT.replace("base", "sd")] < 0
    base = found.filter(pl.col("measure").is_in(["explained", "direction", "size", "slope"]), source=GPT)
    assert base["estimate"].to_list() == base["bar"].to_list()


def test_siblings_by_wording_are_of_one_wave_but_for_a_few(oqa):
    table = batteries(oqa.codebook).join(oqa.codebook.select("question", "topic").unique(), on="question")
    sizes = table.group_by("battery").agg(pl.len(), pl.col("topic").n_unique())
    assert sizes["len"].max() == 20
    assert (sizes["topic"] > 1).sum() == 6
    one = rows_of(oqa.opinions, LLAMA)
    siblings = {split: of.audit_split(one, oqa.codebook, split=split, seed=0)["siblings"].item() for split in SPLITS}
    assert siblings == {"question": 66, "battery": 0, "topic": 2}
