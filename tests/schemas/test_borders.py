import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError

DROP_FIRST = pl.int_range(pl.len()) > 0

BROKEN = {
    "duplicate": (lambda o: pl.concat([o, o.head(1)]), "1 cells have duplicate rows"),
    "missing choice": (lambda o: o.filter(DROP_FIRST), "1 cells have a choice missing"),
    "unknown choice": (lambda o: o.with_columns(pl.col("choice") + 1), "a choice that is not in the codebook"),
    "choice too large": (lambda o: o.with_columns(pl.col("choice").cast(pl.Int64) * 300), "a choice outside 1..255"),
    "unknown question": (lambda o: o.with_columns(question=pl.lit("q9")), "not in the codebook"),
    "negative": (lambda o: o.with_columns(pl.col("prob") - 0.05), "negative or infinite"),
    "NaN": (lambda o: o.with_columns(pl.col("prob").replace(1.0, float("nan"))), "null or NaN"),
    "null": (lambda o: o.with_columns(pl.col("prob").replace(1.0, None)), "null or NaN"),
    "sum": (lambda o: o.with_columns(pl.col("prob") * 1.1), "6 cells have probabilities that do not sum to 1"),
    "demographic": (lambda o: o.with_columns(demographic=pl.lit("Female")), "attribute=class"),
    "null key": (lambda o: o.with_columns(demographic=pl.lit(None, dtype=pl.String)), "an empty key"),
    "n_eff": (lambda o: o.with_columns(n_eff=pl.lit(-1.0)), "n_eff or nonresponse"),
    "nonresponse": (lambda o: o.with_columns(nonresponse=pl.col("choice") / 10), "n_eff or nonresponse"),
    "column": (lambda o: o.drop("prob"), "lacks 1 of its columns: prob"),
    "type": (lambda o: o.with_columns(pl.lit("x").alias("prob")), "prob is String, not Float64"),
}

VERBS = {
    "align": of.align,
    "baselines": of.baselines,
    "calibrate": lambda o, c: of.calibrate(o, c, method="linear", folds=2, seed=1),
}


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("defect", BROKEN)
@pytest.mark.parametrize("lazy", [False, True])
def test_a_broken_frame_is_refused_with_the_reason(verb, defect, lazy, opinions, codebook):
    break_it, reason = BROKEN[defect]
    broken = break_it(opinions)
    with pytest.raises(FrameError, match=reason):
        VERBS[verb](broken.lazy() if lazy else broken, codebook).lazy().collect()


def test_a_refusal_counts_and_names_three_cells_at_most(opinions, codebook):
    with pytest.raises(FrameError) as refused:
        of.align(opinions.with_columns(pl.col("prob") * 2), codebook)
    message = str(refused.value)
    assert message.startswith("opinions: 6 cells have probabilities that do not sum to 1, e.g. ('q1', 'sex=Female',")
    assert message.count("('q1'") == 3
    assert "Renormalise" in message


def test_something_that_is_no_frame_is_refused(codebook):
    with pytest.raises(FrameError, match="not dict"):
        of.align({"question": []}, codebook)


@pytest.mark.parametrize(
    ("break_it", "reason"),
    [
        (lambda c: c.filter(DROP_FIRST), "choices run from 1 to k"),
        (lambda c: c.with_columns(position=pl.lit(1.0)), "positions rise with choice"),
        (lambda c: c.with_columns(position=-pl.col("position")), "positions rise with choice"),
        (lambda c: c.with_columns(scale=pl.lit("interval")), "scale"),
        (lambda c: pl.concat([c, c.head(1)]), "primary key"),
        (lambda c: c.with_columns(text=pl.col("label")), "one text, scale and dataset per question"),
        (lambda c: c.filter(pl.col("choice") == 1), "at least two choices"),
    ],
)
def test_a_broken_codebook_is_refused(break_it, reason, opinions, codebook):
    with pytest.raises(FrameError, match=reason):
        of.align(opinions, break_it(codebook))


def test_positions_may_be_out_of_a_nominal_question(opinions, codebook):
    nominal = codebook.with_columns(scale=pl.lit("nominal"), position=pl.lit(None, dtype=pl.Float64))
    with pytest.raises(FrameError, match="2 questions are nominal, e.g. 'q1', 'q2'"):
        of.align(opinions, nominal, metric="wasserstein")
    scored = of.align(opinions, nominal)
    assert scored.filter(question="q2")["alignment"].item() == pytest.approx(1)


def test_other_integer_and_float_types_and_extra_columns_pass(opinions, codebook):
    narrow = opinions.with_columns(
        pl.col("choice").cast(pl.Int64), pl.col("question").cast(pl.Categorical), run=pl.lit("r1")
    )
    aligned = of.align(narrow, codebook)
    assert aligned["run"].unique().to_list() == ["r1"]
