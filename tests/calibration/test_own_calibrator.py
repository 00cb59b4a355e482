"""A calibrator of one's own works wherever a name does: in every verb that calibrates, and in study files."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.calibration.methods import registry
from opinionframe.errors import FrameError, OptionError
from opinionframe.study import run_study
from opinionframe.study.settings import parse_study

CELL = ("question", "demographic", "source")


class Shrunk(of.Calibrator):
    """Every answer moved a fitted share of the way to uniform: the share of least squared error."""

    name = "shrunk"

    def fit(self, supervision, seed):
        flat = 1 / pl.len().over(CELL)
        away, wanted = pl.col("prob") - flat, pl.col("target") - flat
        rows = supervision.rows.with_columns(away=away, wanted=wanted)
        kept = (pl.col("away") * pl.col("wanted")).sum() / (pl.col("away") ** 2).sum()
        fits = rows.group_by("group").agg(kept.clip(-1, 1).alias("value"))
        return fits.select("group", name=pl.lit("kept"), at=pl.lit(None, pl.Float64), value="value")

    def predict(self, rows, codebook, calibration):
        kept = calibration.parameters.select("group", kept="value")
        flat = 1 / pl.len().over(CELL)
        moved = flat + pl.col("kept") * (pl.col("prob") - flat)
        return rows.join(kept, on="group", how="left").with_columns(prob=moved).drop("kept")


@pytest.fixture
def known():
    """Registers calibrators, and forgets them again."""
    before = dict(registry._REGISTRY)
    yield of.register_calibrator
    registry._REGISTRY.clear()
    registry._REGISTRY.update(before)


@pytest.fixture(scope="module")
def asked():
    """GSS 2018, two models that know nothing, and the codebook."""
    survey = of.load("gss2018")
    groups = ["all", "sex=Female", "sex=Male", "age=18-29"]
    opinions = survey.opinions.filter(pl.col("demographic").is_in(groups))
    for seed in (1, 2):
        opinions = of.elicit(opinions, survey.codebook, of.FakeModel(seed=seed, name=f"m{seed}"), prompt="sd", seed=1)
    return opinions, survey.codebook


def shares(rows, source):
    return rows.filter(source=source).sort("question", "demographic", "choice")["prob"]


def test_calibrate_predicts_out_of_fold(asked):
    rows = of.calibrate(*asked, method=[Shrunk(), "linear"], folds=9, seed=1)
    assert {f"m{i}|logprob|sd|standard|{name}" for i in (1, 2) for name in ("shrunk", "linear")} <= set(rows["source"])
    question = pl.col("question") == "natspac"
    turned = pl.when(question & (pl.col("source") == "human")).then(
        pl.col("prob").reverse().over("question", "demographic", "source")
    )
    other = asked[0].with_columns(prob=turned.otherwise("prob"))
    again = of.calibrate(other, asked[1], method=Shrunk(), folds=9, seed=1)
    source = "m1|logprob|sd|standard|shrunk"
    mine = (shares(frame.filter(question), source) for frame in (rows, again))
    assert next(mine).to_list() == pytest.approx(next(mine).to_list(), abs=1e-12)
    assert shares(rows, source).to_list() != pytest.approx(shares(again, source).to_list(), abs=1e-6)


def test_fit_apply_save_and_read(asked, known, tmp_path):
    known(Shrunk())
    learnt = of.fit(*asked, method="shrunk", seed=1)
    kept = dict(learnt.parameters.select("group", "value").rows())
    again = of.read_calibration(learnt.save(tmp_path))
    applied = of.apply(asked[0], asked[1], again)
    source = "m1|logprob|sd|standard"
    expected = 1 / 3 + kept[source] * (shares(asked[0], source) - 1 / 3)
    assert shares(applied, f"{source}|shrunk").to_list() == pytest.approx(expected.to_list())


def test_diagnose_and_learning_curve(asked):
    found = of.diagnose(*asked, method=Shrunk(), folds=9, seed=1)
    assert found["source"].to_list() == [f"m{i}|logprob|sd|standard|shrunk" for i in (1, 2)]
    assert not found["verdict"].str.contains("knows more").any()
    curves = of.learning_curve(*asked, method=["linear", Shrunk()], sizes=[5, 20], draws=2, seed=1)
    assert curves.filter(method="shrunk").height == 2 * 2
    assert curves.filter(method="shrunk")["alignment"].is_between(0, 1).all()


def test_a_study_file_names_it(known, tmp_path):
    known(Shrunk())
    text = "[survey]\ndemographics = ['sex']\n[[model]]\nkind = 'fake'\n[calibrate]\nmethod = ['shrunk']\nfolds = 3\n"
    study = parse_study(text, "study.toml").model_copy(update={"output": tmp_path / "out"})
    report = run_study(study)
    assert "fake|logprob|sd|standard|shrunk" in set(report.summary["source"])
    assert set(report.diagnosis["source"].str.split("|").list.last()) == {"shrunk"}


class Plain:
    """Not a Calibrator by descent, but by what it can do."""

    name = "plain"

    def crossfit(self, supervision, seed):
        return supervision.rows


def test_an_object_of_another_class_calibrates_too(asked):
    rows = of.calibrate(*asked, method=Plain(), seed=1)
    source = "m1|logprob|sd|standard"
    assert shares(rows, f"{source}|plain").to_list() == pytest.approx(shares(rows, source).to_list())
    with pytest.raises(OptionError, match="method='plain' keeps no parameters: it has no fit and predict"):
        of.fit(*asked, method=Plain(), seed=1)


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("rigde", "method='rigde' is not known. Allowed: .*kriging.*ridge"),
        (object(), "is neither a name nor a calibrator, which has crossfit, or fit and predict. Subclass"),
        (of.Calibrator(), "is neither a name nor a calibrator"),
        (Shrunk, "method=Shrunk is a class. Give an object of it, as Shrunk"),
        (["ridge", "linear", "ridge"], "method has 1 names more than once, e.g. 'ridge'"),
        ([Shrunk(), Shrunk()], "method has 1 names more than once, e.g. 'shrunk'"),
    ],
)
def test_what_is_no_calibrator_is_refused(asked, method, says):
    with pytest.raises(OptionError, match=says):
        of.calibrate(*asked, method=method, seed=1)


def named(name):
    own = Shrunk()
    own.name = name
    return own


@pytest.mark.parametrize("name", ["", " ", "a|b", "two\nlines", "raw", "uniform", "few_shot"])
def test_a_name_that_no_source_can_end_in_is_refused(asked, name):
    with pytest.raises(OptionError, match=r"without '\|'|means something else"):
        of.calibrate(*asked, method=named(name), seed=1)


def test_any_other_name_and_any_sequence_of_methods_do(asked):
    rows = of.calibrate(*asked, method=named("a{}b"), folds=9, seed=1)
    assert "m1|logprob|sd|standard|a{}b" in set(rows["source"])
    for methods in (pl.Series(["ridge", "power"]), {"ridge": 1, "power": 2}.keys(), iter(["ridge", "power"])):
        rows = of.calibrate(*asked, method=methods, folds=9, seed=1)
        assert rows["source"].str.ends_with("|power").any()


def test_apply_finds_the_object_that_was_fitted(asked, known):
    with pytest.raises(OptionError, match="is not registered, and apply finds a calibrator by its name"):
        of.fit(*asked, method=Shrunk(), seed=1)
    mine = Shrunk()
    known(mine)
    assert of.fit(*asked, method=mine, seed=1).method == "shrunk"
    with pytest.raises(OptionError, match="is not registered"):
        of.fit(*asked, method=Shrunk(), seed=1)


def test_a_prediction_sees_no_human_answer(asked):
    class Peeking(Shrunk):
        name = "peeking"

        def predict(self, rows, codebook, calibration):
            seen.append(set(rows.columns))
            return rows

    seen = []
    of.calibrate(*asked, method=Peeking(), folds=9, seed=1)
    of.learning_curve(*asked, method=Peeking(), sizes=[5], draws=1, seed=1)
    assert len(seen) > 10
    assert not any(columns & {"target", "n_eff", "fold"} for columns in seen)


FIRST = (pl.col("question") == "natspac") & (pl.col("demographic") == "all")
RETURNS = {
    "rows twice": (lambda rows: pl.concat([rows, rows]), "repeats"),
    "a choice is missing": (lambda rows: rows.filter(pl.col("choice") != 2), "leaves out"),
    "a question is missing": (lambda rows: rows.filter(pl.col("question") != "natspac"), "leaves out 24 of"),
    "other groups": (lambda rows: rows.with_columns(demographic=pl.lit("age=0")), "leaves out"),
    "more groups": (
        lambda rows: pl.concat([rows, rows.filter(FIRST).with_columns(demographic=pl.lit("age=0"))]),
        "adds 6 of",
    ),
    "NaN": (
        lambda rows: rows.with_columns(prob=pl.when(FIRST).then(float("nan")).otherwise("prob")),
        "gives no finite probability to 6 of",
    ),
    "null": (lambda rows: rows.with_columns(prob=pl.when(FIRST).then(None).otherwise("prob")), "no finite probability"),
    "infinite": (lambda rows: rows.with_columns(prob=pl.lit(float("inf"))), "no finite probability"),
    "text": (lambda rows: rows.with_columns(prob=pl.lit("much")), "no finite probability"),
    "no prob": (lambda rows: rows.drop("prob"), "lacks 1 columns: prob"),
    "no source": (lambda rows: rows.drop("source"), "lacks 1 columns: source"),
    "an array": (lambda rows: rows["prob"].to_numpy(), "must return a Polars DataFrame or LazyFrame, not ndarray"),
    "nothing": (lambda rows: None, "not NoneType"),
}


@pytest.mark.parametrize("case", RETURNS)
def test_what_it_returns_is_checked(asked, case):
    changed, says = RETURNS[case]

    class Own:
        name = "own"

        def crossfit(self, supervision, seed):
            return changed(supervision.rows)

    with pytest.raises(FrameError, match=says):
        of.calibrate(*asked, method=Own(), seed=1)
    with pytest.raises(FrameError, match=says):
        of.diagnose(*asked, method=Own(), seed=1)


def test_other_integers_a_lazy_frame_and_another_order_are_no_fault(asked):
    class Loose:
        name = "loose"

        def crossfit(self, supervision, seed):
            return (
                supervision.rows.lazy()
                .reverse()
                .select(
                    "source",
                    pl.col("choice").cast(pl.Int64),
                    "demographic",
                    "question",
                    pl.col("prob").cast(pl.Float32),
                )
            )

    rows = of.calibrate(*asked, method=Loose(), seed=1)
    source = "m1|logprob|sd|standard"
    assert shares(rows, f"{source}|loose").to_list() == pytest.approx(shares(rows, source).to_list(), abs=1e-6)
    assert rows.schema["choice"] == pl.UInt8


def test_the_parameters_it_returns_are_checked_and_kept(asked, known, tmp_path):
    class Whole(Shrunk):
        name = "whole"

        def fit(self, supervision, seed):
            return super().fit(supervision, seed).with_columns(value=pl.lit(1, pl.Int32))

    known(Whole())
    learnt = of.fit(*asked, method="whole", seed=1)
    assert of.read_calibration(learnt.save(tmp_path)).parameters.equals(learnt.parameters)

    class Nameless(Shrunk):
        name = "nameless"

        def fit(self, supervision, seed):
            return super().fit(supervision, seed).with_columns(group=pl.lit(None, pl.String))

    with pytest.raises(FrameError, match="returned 1 of 1 parameters without a group, name or number"):
        of.learning_curve(*asked, method=Nameless(), sizes=[5], draws=1, seed=1)


def test_a_fit_of_all_draws_at_once_has_sources_too(asked):
    class AtOnce(Shrunk):
        name, fits_at_once = "at-once", True

    curves = [of.learning_curve(*asked, method=own, sizes=[5, 20], draws=2, seed=1) for own in (AtOnce(), Shrunk())]
    own = [curve.filter(pl.col("method").is_in(["at-once", "shrunk"]))["mse"].to_list() for curve in curves]
    assert own[0] == pytest.approx(own[1])


def test_a_shipped_name_is_taken_and_an_engine_needs_sums(asked, known):
    impostor = named("ridge")
    for use in (
        known,
        lambda own: of.calibrate(*asked, method=own, seed=1),
        lambda own: of.fit(*asked, method=own, seed=1),
    ):
        with pytest.raises(OptionError, match="'ridge' is a calibrator of the package"):
            use(impostor)
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.register("rows", asked[0].to_arrow())
    with pytest.raises(OptionError, match="method='shrunk' cannot be fitted in another engine, only lasso, linear"):
        of.calibrate(connection.sql("select * from rows"), asked[1], method=Shrunk(), seed=1)


def test_the_default_has_a_name_of_its_own(asked):
    rows = of.calibrate(*asked, method=["default", "blend"], folds=9, refits=False, seed=1)
    source = "m1|logprob|sd|standard"
    assert shares(rows, f"{source}|default").to_list() == pytest.approx(shares(rows, f"{source}|blend").to_list())
    listed = of.calibrators()
    assert listed.filter(name="default")["title"].to_list() == listed.filter(name="blend")["title"].to_list()
