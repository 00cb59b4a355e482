"""Rows in another engine score as they do in Polars."""

import shutil
from importlib.util import find_spec

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import opinionframe as of
from opinionframe.errors import FrameError, OptionError

KEY = ["question", "demographic", "source"]


@pytest.fixture(scope="module")
def spark():
    if find_spec("pyspark") is None or shutil.which("java") is None:
        pytest.skip("pyspark or java is not installed")
    from pyspark.sql import SparkSession

    session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    session = session.config("spark.sql.shuffle.partitions", "1").config("spark.driver.bindAddress", "127.0.0.1")
    # Plans of tests run once, on few rows: to compile them takes longer than to run them.
    session = session.config("spark.sql.codegen.wholeStage", "false").config("spark.sql.adaptive.enabled", "false")
    session = session.config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")
    session = session.config("spark.driver.host", "127.0.0.1").getOrCreate()
    yield session
    session.stop()


@pytest.fixture(params=["duckdb", "pyspark"])
def relation(request, tmp_path):
    """A function from a frame to a relation of the same rows."""
    path = str(tmp_path / "rows.parquet")
    if request.param == "duckdb":
        duckdb = pytest.importorskip("duckdb")
        connection = duckdb.connect()

        def read(frame):
            frame.write_parquet(path)
            return connection.read_parquet(path)
    else:
        session = request.getfixturevalue("spark")

        def read(frame):
            frame.with_columns(pl.col("choice").cast(pl.Int16)).write_parquet(path)
            return session.read.parquet(path)

    return read


@pytest.mark.filterwarnings("ignore")  # engines warn about each other's versions
@pytest.mark.parametrize("metric", ["wasserstein", "jensen_shannon"])
def test_the_same_numbers(relation, metric, opinions, codebook):
    rows = opinions.with_columns(nonresponse=pl.lit(0.1), run=pl.lit("r1"))
    there = of.align(relation(rows), codebook, metric=metric)
    assert_frame_equal(there.sort(KEY), of.align(rows, codebook, metric=metric).sort(KEY), abs_tol=1e-12)


@pytest.mark.filterwarnings("ignore")  # as above
def test_a_whole_study_gives_the_same_numbers(relation, world):
    there = of.align(relation(world.opinions), world.codebook)
    here = of.align(world.opinions, world.codebook)
    assert_frame_equal(there.sort(KEY), here.sort(KEY), abs_tol=1e-12)


BROKEN = {
    "a choice missing": lambda o: o.slice(1),
    "duplicate rows": lambda o: pl.concat([o, o.head(2)]),
    "a probability that is null or NaN": lambda o: o.with_columns(prob=pl.lit(float("nan"))),
    "do not sum to 1": lambda o: o.with_columns(pl.col("prob") * 0.5),
    "a negative": lambda o: o.with_columns(-pl.col("prob")),
    "n_eff or nonresponse": lambda o: o.with_columns(n_eff=pl.lit(-1.0)),
    "a malformed demographic": lambda o: o.with_columns(demographic=pl.lit("women")),
    "an empty key": lambda o: o.with_columns(demographic=pl.lit(None, dtype=pl.String)),
    "no reference": lambda o: o.filter(~((pl.col("source") == "human") & (pl.col("question") == "q2"))),
    "lacks 1 of its columns": lambda o: o.drop("prob"),
}


@pytest.mark.filterwarnings("ignore")  # as above
@pytest.mark.parametrize("reason", BROKEN)
def test_broken_rows_are_refused_with_the_reason(relation, reason, opinions, codebook):
    with pytest.raises(FrameError, match=reason):
        of.align(relation(BROKEN[reason](opinions)), codebook)


LINES = ["linear", "ridge", "lasso"]
ROW = ["question", "demographic", "source", "choice"]


def to_polars(relation):
    import narwhals

    rows = narwhals.from_native(relation).collect("polars").to_native()
    return rows.with_columns(pl.col("choice").cast(pl.UInt8)).sort(ROW)


@pytest.mark.filterwarnings("ignore")  # as above
@pytest.mark.parametrize("method", LINES)
def test_closed_forms_fit_the_same_lines(relation, method, world):
    there = of.fit(relation(world.opinions), world.codebook, method=method, seed=1)
    here = of.fit(world.opinions, world.codebook, method=method, seed=1)
    key = ["group", "name"]
    assert_frame_equal(there.parameters.sort(key), here.parameters.sort(key), abs_tol=1e-12, rel_tol=0)


@pytest.mark.filterwarnings("ignore")  # as above
@pytest.mark.parametrize("options", [{}, {"split": "row", "folds": 5}, {"split": "demographic", "by": "prompt"}])
def test_rows_are_calibrated_where_they_are(relation, options, world):
    rows = world.opinions.with_columns(nonresponse=pl.lit(0.1), run=pl.lit("r1"))
    there = of.calibrate(relation(rows), world.codebook, method=LINES, seed=1, **options)
    assert isinstance(there, type(relation(rows)))
    here = of.calibrate(rows, world.codebook, method=LINES, refits=False, seed=1, **options)
    assert to_polars(there).columns == here.columns
    assert_frame_equal(to_polars(there), here.sort(ROW), abs_tol=1e-12, rel_tol=0)


@pytest.mark.filterwarnings("ignore")  # as above
def test_own_columns_may_have_any_name(relation, opinions, codebook):
    names = ["target", "group", "fold", "k", "intercept", "slope", "n", "rows", "total"]
    asked = of.elicit(opinions.filter(source="human"), codebook, of.FakeModel(seed=1), prompt="sd", seed=1)
    rows = asked.with_columns(**{name: pl.lit(99) for name in names})
    options = {"method": "linear", "folds": 2, "seed": 1}
    there = to_polars(of.calibrate(relation(rows), codebook, **options))
    here = of.calibrate(rows, codebook, refits=False, **options)
    assert_frame_equal(there, here.sort(ROW), abs_tol=1e-12, check_dtypes=False)
    learnt = of.fit(rows, codebook, method="linear", seed=1)
    there = to_polars(of.apply(relation(rows), codebook, learnt))
    assert_frame_equal(there, of.apply(rows, codebook, learnt).sort(ROW), abs_tol=1e-12, check_dtypes=False)


def test_own_columns_called_as_those_of_lines_are_refused(relation, opinions, codebook):
    asked = of.elicit(opinions.filter(source="human"), codebook, of.FakeModel(seed=1), prompt="sd", seed=1)
    rows = asked.with_columns(pl.lit(1).alias("line fold"))
    with pytest.raises(FrameError, match="1 columns whose name begins with 'line '"):
        of.calibrate(relation(rows), codebook, method="linear", folds=2, seed=1)


@pytest.mark.filterwarnings("ignore")  # as above
def test_rows_without_human_answers_are_calibrated_too(relation, world):
    lacking = world.opinions.filter(pl.col("source") == "human")["question"].unique().sort()[:20].implode()
    rows = world.opinions.filter((pl.col("source") != "human") | ~pl.col("question").is_in(lacking))
    options = {"method": "ridge", "split": "question", "folds": 24, "seed": 1}
    here = of.calibrate(rows, world.codebook, refits=False, **options)
    assert_frame_equal(
        to_polars(of.calibrate(relation(rows), world.codebook, **options)), here.sort(ROW), abs_tol=1e-12
    )


@pytest.mark.filterwarnings("ignore")  # as above
def test_a_fit_is_applied_where_the_rows_are(relation, world):
    learnt = of.fit(world.opinions, world.codebook, method="ridge", seed=1)
    there = of.apply(relation(world.opinions), world.codebook, learnt)
    here = of.apply(world.opinions, world.codebook, learnt)
    assert_frame_equal(to_polars(there), here.sort(ROW), abs_tol=1e-12, rel_tol=0)
    few = of.fit(
        world.opinions.filter(~pl.col("source").str.contains("verbalized")), world.codebook, method="ridge", seed=1
    )
    with pytest.raises(FrameError, match="groups of rows were not part of the fit"):
        of.apply(relation(world.opinions), world.codebook, few)
    for again in (relation(here), here):
        with pytest.raises(FrameError, match="already has 9 of these calibrated sources"):
            of.apply(again, world.codebook, learnt)
        with pytest.raises(FrameError, match="already has 9 of these calibrated sources"):
            of.calibrate(again, world.codebook, method="ridge", seed=1)


@pytest.mark.filterwarnings("ignore")  # as above
@pytest.mark.parametrize("reason", [reason for reason in BROKEN if reason != "no reference"])
def test_fits_refuse_broken_rows(relation, reason, opinions, codebook):
    with pytest.raises(FrameError, match=reason):
        of.calibrate(relation(BROKEN[reason](opinions)), codebook, method="linear", seed=1)


@pytest.mark.filterwarnings("ignore")  # as above
def test_fits_refuse_what_they_cannot_do(relation, opinions, codebook):
    with pytest.raises(FrameError, match="0 elicited rows have a human answer"):
        of.fit(relation(opinions.filter(pl.col("source") != "human")), codebook, method="linear", seed=1)
    for verb in (of.fit, of.calibrate):
        with pytest.raises(OptionError, match="linear"):
            verb(relation(opinions), codebook, method="default", seed=1)
        with pytest.raises(OptionError, match="by names 1 columns that do not exist"):
            verb(relation(opinions), codebook, method="linear", by="demographic", seed=1)
    one = opinions.filter((pl.col("source") != "human") | (pl.col("question") == "q1"))
    with pytest.raises(FrameError, match="human answers in a single fold"):
        of.calibrate(relation(one), codebook, method="linear", folds=2, seed=1)
