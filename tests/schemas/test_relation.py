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
    session = session.config("spark.sql.shuffle.partitions", "2").config("spark.driver.bindAddress", "127.0.0.1")
    session = session.config("spark.driver.host", "127.0.0.1").getOrCreate()
    yield session
    session.stop()


@pytest.fixture(params=["duckdb", "pyspark"])
def relation(request, tmp_path):
    """A function from a frame to a relation of the same rows."""
    if find_spec("narwhals") is None:
        pytest.skip("narwhals is not installed")
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
def test_real_rows_give_the_same_numbers(relation, oqa, oqa_opinions):
    there = of.align(relation(oqa_opinions), oqa["codebook"])
    here = of.align(oqa_opinions, oqa["codebook"])
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


@pytest.mark.filterwarnings("ignore")  # as above
@pytest.mark.parametrize("method", ["linear", "ridge", "lasso"])
def test_closed_forms_fit_the_same_lines(relation, method, oqa, oqa_opinions):
    there = of.fit(relation(oqa_opinions), oqa["codebook"], method=method, seed=1)
    here = of.fit(oqa_opinions, oqa["codebook"], method=method, seed=1)
    key = ["group", "name"]
    assert_frame_equal(there.parameters.sort(key), here.parameters.sort(key), abs_tol=1e-12, rel_tol=0)


@pytest.mark.filterwarnings("ignore")  # as above
def test_fits_refuse_broken_rows_and_other_methods(relation, opinions, codebook):
    with pytest.raises(FrameError, match="do not sum to 1"):
        of.fit(relation(BROKEN["do not sum to 1"](opinions)), codebook, method="linear", seed=1)
    with pytest.raises(FrameError, match="0 elicited rows have a human answer"):
        of.fit(relation(opinions.filter(pl.col("source") != "human")), codebook, method="linear", seed=1)
    with pytest.raises(OptionError, match="linear"):
        of.fit(relation(opinions), codebook, method="default", seed=1)
