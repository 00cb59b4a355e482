"""A calibrator of one's own works wherever a name does: in every verb that calibrates, and in study files."""

import polars as pl
import pytest

import opinionframe as of
from opinionframe.calibration.methods import registry
from opinionframe.errors import OptionError
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
    with pytest.raises(OptionError, match="method='plain' is not known. Allowed: cumulative"):
        of.fit(*asked, method=Plain(), seed=1)


@pytest.mark.parametrize(
    ("method", "says"),
    [
        ("rigde", "method='rigde' is not known. Allowed: .*kriging.*ridge"),
        (object(), "is neither a name nor a calibrator. Subclass of.Calibrator"),
        (of.Calibrator(), "needs a name without '|'"),
    ],
)
def test_what_is_no_calibrator_is_refused(asked, method, says):
    with pytest.raises(OptionError, match=says):
        of.calibrate(*asked, method=method, seed=1)


def test_a_shipped_name_is_taken_and_an_engine_needs_sums(asked, known):
    impostor = Shrunk()
    impostor.name = "ridge"
    with pytest.raises(OptionError, match="'ridge' is a calibrator of the package"):
        known(impostor)
    duckdb = pytest.importorskip("duckdb")
    connection = duckdb.connect()
    connection.register("rows", asked[0].to_arrow())
    with pytest.raises(OptionError, match="method='shrunk' is not known. Allowed: lasso, linear, ridge"):
        of.calibrate(connection.sql("select * from rows"), asked[1], method=Shrunk(), seed=1)


def test_the_default_has_a_name_of_its_own(asked):
    rows = of.calibrate(*asked, method=["default", "kriging"], folds=9, seed=1)
    source = "m1|logprob|sd|standard"
    assert shares(rows, f"{source}|default").to_list() == pytest.approx(shares(rows, f"{source}|kriging").to_list())
    listed = of.calibrators()
    assert listed.filter(name="default")["title"].to_list() == listed.filter(name="kriging")["title"].to_list()
