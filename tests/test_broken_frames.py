"""Every public verb refuses every broken frame in words of ours, never with a traceback from inside Polars."""

import polars as pl
import pytest

import opinionframe as of

RAW, CALIBRATED = "m|logprob|base|standard", "m|logprob|base|standard|ridge"

OPINIONS = {
    "a column is missing": lambda o: o.drop("prob"),
    "a column has another type": lambda o: o.with_columns(prob=pl.lit("x")),
    "a cell is there twice": lambda o: pl.concat([o, o.head(2)]),
    "a choice is missing": lambda o: o.slice(1),
    "a choice is unknown": lambda o: o.with_columns(pl.col("choice") + 1),
    "a question is unknown": lambda o: o.with_columns(question=pl.lit("q9")),
    "a probability is NaN": lambda o: o.with_columns(prob=pl.lit(float("nan"))),
    "probabilities are negative": lambda o: o.with_columns(prob=-pl.col("prob")),
    "probabilities do not sum to one": lambda o: o.with_columns(pl.col("prob") * 0.5),
    "a demographic is malformed": lambda o: o.with_columns(demographic=pl.lit("women")),
    "a key is null": lambda o: o.with_columns(source=pl.lit(None, dtype=pl.String)),
    "it is empty": lambda o: o.clear(),
    "it is no frame": lambda o: o.to_dict(as_series=False),
}

VERBS_OF_OPINIONS = {
    "align": of.align,
    "audit_split": lambda o, c: of.audit_split(o, c, folds=2, seed=1),
    "baselines": of.baselines,
    "bounds": of.bounds,
    "calibrate": lambda o, c: of.calibrate(o, c, folds=2, seed=1),
    "ceiling": of.ceiling,
    "compare_respondents": lambda o, c: of.compare_respondents(o, c, seed=1),
    "contrasts": of.contrasts,
    "diagnose": lambda o, c: of.diagnose(o, c, folds=2, seed=1),
    "draw_bias": of.draw_bias,
    "draw_examples": lambda o, c: of.draw_examples(o, c, n=1, draws=1, seed=1),
    "learning_curve": lambda o, c: of.learning_curve(o, c, sizes=(1,), draws=2, seed=1),
    "elicit": lambda o, c: of.elicit(o, c, of.FakeModel(seed=1), seed=1),
    "fit": lambda o, c: of.fit(o, c, seed=1),
    "denoise": of.denoise,
    "prompts": of.prompts,
    "stack": lambda o, c: of.stack(o, c, folds=2, seed=1),
    "stack_weights": lambda o, c: of.stack_weights(o, c, folds=2, seed=1),
    "figures.cell": lambda o, c: of.figures.cell(o, c, "q1", "sex=Female", source=RAW),
}
MAY_BE_EMPTY = {"align", "baselines", "bounds", "ceiling", "draw_bias", "elicit", "denoise", "prompts"}
"""Verbs for which no rows in gives no rows out."""

ALIGNED = {
    "a column is missing": lambda a: a.drop("alignment"),
    "a column has another type": lambda a: a.with_columns(alignment=pl.lit("x")),
    "a cell is there twice": lambda a: pl.concat([a, a.head(1)]),
    "a score is NaN": lambda a: a.with_columns(alignment=pl.lit(float("nan"))),
    "a score is out of range": lambda a: a.with_columns(pl.col("alignment") + 1),
    "a key is null": lambda a: a.with_columns(source=pl.lit(None, dtype=pl.String)),
    "it is no frame": lambda a: a.to_dict(as_series=False),
}

VERBS_OF_ALIGNED = {
    "compare": of.compare,
    "anova": of.anova,
    "minimum_detectable": of.minimum_detectable,
    "equivalence": lambda a: of.equivalence(a, margin=0.01),
    "intervals": of.intervals,
    "over_draws": of.over_draws,
    "summarize": of.summarize,
    "tables.alignment": of.tables.alignment,
    "tables.settings": of.tables.settings,
    "tables.demographics": of.tables.demographics,
    "figures.spread": of.figures.spread,
}

MICRODATA = {
    "a question is missing": lambda m: m.drop("q2"),
    "an attribute is missing": lambda m: m.drop("sex"),
    "a weight is negative": lambda m: m.with_columns(w=pl.lit(-1.0)),
    "a weight is null": lambda m: m.with_columns(w=pl.lit(None, dtype=pl.Float64)),
    "a code is unknown": lambda m: m.with_columns(q1=pl.lit(7)),
    "a code is text": lambda m: m.with_columns(q1=pl.lit("less")),
    "it is no frame": lambda m: m.to_dict(as_series=False),
}


@pytest.fixture
def study(opinions, codebook):
    """Raw and calibrated rows of two questions, beside their human ones."""
    raw = opinions.filter(pl.col("source") != "human")
    return pl.concat([opinions, raw.with_columns(source=pl.lit(CALIBRATED))])


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
@pytest.mark.parametrize("verb", VERBS_OF_OPINIONS)
@pytest.mark.parametrize("defect", OPINIONS)
def test_broken_opinions(defect, verb, lazy, study, codebook):
    if defect == "it is empty" and verb in MAY_BE_EMPTY:
        pytest.skip("nothing in, nothing out")
    broken = OPINIONS[defect](study)
    with pytest.raises(of.OpinionFrameError) as refused:
        collected(VERBS_OF_OPINIONS[verb](as_lazy(broken, lazy), codebook))
    assert len(str(refused.value)) > 30


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
@pytest.mark.parametrize("verb", VERBS_OF_ALIGNED)
@pytest.mark.parametrize("defect", ALIGNED)
def test_broken_aligned(defect, verb, lazy, study, codebook):
    broken = ALIGNED[defect](of.align(study, codebook))
    with pytest.raises(of.OpinionFrameError) as refused:
        collected(VERBS_OF_ALIGNED[verb](as_lazy(broken, lazy)))
    assert len(str(refused.value)) > 30


@pytest.mark.parametrize("lazy", [False, True], ids=["eager", "lazy"])
@pytest.mark.parametrize("verb", [of.reference, of.respondents])
@pytest.mark.parametrize("defect", MICRODATA)
def test_broken_microdata(defect, verb, lazy, codebook):
    good = pl.DataFrame({"sex": ["Female", "Male"], "w": [1.0, 2.0], "q1": [1, 3], "q2": [2, 1]})
    with pytest.raises(of.OpinionFrameError):
        collected(verb(as_lazy(MICRODATA[defect](good), lazy), codebook, by=["sex"], weight="w"))


@pytest.mark.parametrize("verb", VERBS_OF_OPINIONS)
def test_a_broken_codebook(verb, study, codebook):
    with pytest.raises(of.OpinionFrameError):
        collected(VERBS_OF_OPINIONS[verb](study, codebook.drop("text")))


def as_lazy(frame, lazy):
    return frame.lazy() if lazy and isinstance(frame, pl.DataFrame) else frame


def collected(result):
    return result.collect() if isinstance(result, pl.LazyFrame) else result
