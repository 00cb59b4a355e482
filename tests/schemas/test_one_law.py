"""One law, one answer: the schema, eager and lazy verbs and another engine refuse a frame for the same reason."""

import re

import dataframely as dy
import polars as pl
import pytest

import opinionframe as of
from opinionframe.errors import FrameError
from tests.test_broken_frames import ALIGNED, CALIBRATED, OPINIONS

ROUTES = {
    "schema": lambda o, c: of.schemas.Opinions.validate(o, codebook=c),
    "schema, lazy": lambda o, c: of.schemas.Opinions.validate(o.lazy(), codebook=c).collect(),
    "eager verb": of.baselines,
    "lazy verb": lambda o, c: of.baselines(o.lazy(), c).collect(),
    "lazy verb that streams": lambda o, c: of.align(o.lazy(), c).collect(engine="streaming"),
    "verb that collects": lambda o, c: of.calibrate(o, c, method="linear", folds=2, seed=1),
    "engine, cells brought": lambda o, c: of.align(relation(o), c),
    "engine, rows left": lambda o, c: of.calibrate(relation(o), c, method="linear", folds=2, seed=1),
}
SAID_ELSEWHERE = {"it is empty", "it is no frame"}
"""An empty frame breaks no law, and what is no frame has no cells."""


def relation(frame):
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.register("opinions", frame.to_arrow())
    return connection.sql("select * from opinions")


def reasons(error):
    """What a refusal says of cells, without counts and examples; or its first sentence."""
    found = re.findall(r"(?:cells|rows) ((?:have|are|break) .*?)(?:, e\.g\.|\. )", str(error))
    return found or [str(error).split(".")[0]]


def refusal(route, *frames):
    with pytest.raises(FrameError) as refused:
        route(*frames)
    return reasons(refused.value)


@pytest.mark.parametrize("defect", sorted(set(OPINIONS) - SAID_ELSEWHERE))
def test_broken_opinions_are_refused_for_the_same_reason(defect, opinions, codebook):
    broken = OPINIONS[defect](opinions)
    found = {name: refusal(route, broken, codebook) for name, route in ROUTES.items()}
    assert len({tuple(reason) for reason in found.values()}) == 1, found
    assert not of.schemas.Opinions.is_valid(broken) or "unknown" in defect


OTHER = {
    "n_eff": lambda o: o.with_columns(n_eff=pl.lit(-1.0)),
    "n_eff varies": lambda o: o.with_columns(n_eff=pl.col("choice").cast(pl.Float64)),
    "n_eff is known in part": lambda o: o.with_columns(n_eff=pl.when(pl.col("choice") > 1).then(5.0)),
    "n_eff is NaN": lambda o: o.with_columns(n_eff=pl.lit(float("nan"))),
    "nonresponse": lambda o: o.with_columns(nonresponse=pl.lit(1.5)),
    "infinite": lambda o: o.with_columns(prob=pl.lit(float("inf"))),
    "two laws at once": lambda o: o.with_columns(demographic=pl.lit("women"), n_eff=pl.lit(-1.0), prob=pl.lit(0.7)),
    "two cells, two laws": lambda o: o.with_columns(
        demographic=pl.when(question="q2").then(pl.lit("women")).otherwise("demographic"),
        prob=pl.when(question="q2").then("prob").otherwise(-pl.col("prob")),
    ),
}


@pytest.mark.parametrize("defect", OTHER)
def test_other_broken_opinions_too(defect, opinions, codebook):
    broken = OTHER[defect](opinions)
    found = {name: refusal(route, broken, codebook) for name, route in ROUTES.items()}
    assert len({tuple(reason) for reason in found.values()}) == 1, found
    assert not of.schemas.Opinions.is_valid(broken)


def test_without_a_codebook_the_largest_choice_stands_for_k(opinions):
    of.schemas.Opinions.validate(opinions)
    short = opinions.filter(~((pl.col("choice") == 3) & (pl.col("source") == "human") & (pl.col("prob") == 0.2)))
    renewed = short.with_columns(pl.col("prob") / pl.col("prob").sum().over("question", "demographic", "source"))
    assert refusal(of.schemas.Opinions.validate, renewed) == ["have a choice missing"]


VERBS = {
    "schema": of.schemas.Alignment.validate,
    "schema, lazy": lambda a: of.schemas.Alignment.validate(a.lazy()).collect(),
    "summarize": of.summarize,
    "summarize, lazy": lambda a: of.summarize(a.lazy()).collect(),
    "compare": of.compare,
    "intervals": of.intervals,
    "minimum_detectable": of.minimum_detectable,
    "equivalence": lambda a: of.equivalence(a, margin=0.01),
    "anova": of.anova,
    "tables.alignment": of.tables.alignment,
    "figures.spread": of.figures.spread,
}
SCORES = {
    **{name: defect for name, defect in ALIGNED.items() if name != "it is no frame"},
    "a ceiling is too high": lambda a: a.with_columns(ceiling=pl.lit(1.5)),
    "a ceiling is NaN": lambda a: a.with_columns(ceiling=pl.lit(float("nan"))),
    "a baseline is negative": lambda a: a.with_columns(baseline=pl.lit(-0.2)),
    "a baseline is text": lambda a: a.with_columns(baseline=pl.lit("x")),
}


@pytest.mark.parametrize("defect", SCORES)
def test_broken_scores_are_refused_for_the_same_reason(defect, opinions, codebook):
    calibrated = opinions.filter(pl.col("source") != "human").with_columns(source=pl.lit(CALIBRATED))
    broken = SCORES[defect](of.align(pl.concat([opinions, calibrated]), codebook))
    found = {name: refusal(verb, broken) for name, verb in VERBS.items()}
    assert len({tuple(reason) for reason in found.values()}) == 1, found
    assert not of.schemas.Alignment.is_valid(broken)


def test_scores_may_lack_what_is_not_known(opinions, codebook):
    aligned = of.align(opinions, codebook)
    assert of.schemas.Alignment.is_valid(aligned.drop("baseline", "ceiling"))
    assert of.schemas.Alignment.is_valid(aligned.with_columns(baseline=pl.lit(None, pl.Float64)))


def test_rows_are_parted_by_the_same_laws(opinions, codebook):
    broken = opinions.with_columns(n_eff=pl.when(question="q2", source="human").then(-1.0).otherwise("n_eff"))
    sound, failure = of.schemas.Opinions.filter(broken)
    assert isinstance(failure, dy.FailureInfo)
    assert failure.counts() == {"have n_eff or nonresponse out of range or not constant": 2}
    assert sound.height == opinions.height - 2
    sound, failure = of.schemas.Codebook.filter(codebook.with_columns(scale=pl.lit("interval")))
    assert sound.is_empty()
    assert failure.counts() == {"scale is one of ordinal, nominal": 5}
    sound, failure = of.schemas.Alignment.filter(of.align(opinions, codebook).with_columns(ceiling=pl.lit(2.0)))
    assert failure.counts() == {"have a baseline or ceiling outside [0, 1]": 3}


@pytest.mark.parametrize(
    ("schema", "spoil", "verb"),
    [
        (of.schemas.Codebook, lambda c: c.with_columns(position=-pl.col("position")), None),
        (of.schemas.Codebook, lambda c: pl.concat([c, c.head(1)]), None),
        (of.schemas.Codebook, lambda c: c.with_columns(text=pl.lit("")), None),
    ],
)
def test_a_broken_codebook_has_one_answer(schema, spoil, verb, opinions, codebook):
    broken = spoil(codebook)
    assert refusal(schema.validate, broken) == refusal(of.align, opinions, broken)
    assert not schema.is_valid(broken)


def test_prompts_and_answers_have_one_answer(opinions, codebook):
    prompts = of.prompts(opinions, codebook)
    answers = of.ask(prompts, of.FakeModel(seed=1), seed=1)
    for broken in (prompts.with_columns(variant=pl.lit("odd")), prompts.vstack(prompts.head(1))):
        assert refusal(of.schemas.Prompts.validate, broken) == refusal(of.dry_run, broken)
    for broken in (answers.with_columns(status=pl.lit("odd")), answers.with_columns(option_mass=pl.lit(2.0))):
        assert refusal(of.schemas.Answers.validate, broken) == refusal(of.parse, broken, prompts)


def test_the_schema_holds_a_frame_to_its_codebook_in_every_answer(opinions, codebook):
    last = codebook.group_by("question").agg(pl.col("choice").max())
    short = opinions.join(last, on=["question", "choice"], how="anti")
    short = short.with_columns(pl.col("prob") / pl.col("prob").sum().over("question", "demographic", "source"))
    schema = of.schemas.Opinions
    assert schema.is_valid(short)
    assert not schema.is_valid(short, codebook=codebook)
    kept, failures = schema.filter(short, codebook=codebook)
    assert kept.is_empty()
    assert failures.invalid().height == short.height
    assert schema.filter(opinions, codebook=codebook)[0].height == opinions.height
    foreign = opinions.with_columns(pl.when(pl.int_range(pl.len()) >= 0).then(pl.lit("new")).alias("question"))
    assert schema.filter(foreign, codebook=codebook)[0].is_empty()
    with pytest.raises(TypeError):
        schema.is_valid(opinions, nonsense=1)


@pytest.mark.parametrize("name", ["n_eff", "nonresponse"])
@pytest.mark.parametrize("value", ["x", "100", [1.0]])
def test_a_column_that_may_be_there_has_to_be_a_number(name, value, opinions, codebook):
    column = pl.lit(value) if isinstance(value, str) else pl.concat_list(pl.lit(1.0))
    broken = opinions.with_columns(column.alias(name))
    routes = dict(ROUTES)
    if isinstance(value, list):
        routes = {route: verb for route, verb in routes.items() if "engine" not in route}
    for verb in routes.values():
        with pytest.raises(FrameError, match=f"1 columns of the wrong type: {name} is "):
            verb(broken, codebook)
    assert not of.schemas.Opinions.is_valid(broken)


def test_validate_says_whether_a_frame_or_a_plan_comes_out(opinions):
    schema = of.schemas.Opinions
    assert isinstance(schema.validate(opinions.lazy(), eager=True), pl.DataFrame)
    assert isinstance(schema.validate(opinions, eager=False), pl.LazyFrame)
    with pytest.raises(FrameError):
        schema.sample(4)
