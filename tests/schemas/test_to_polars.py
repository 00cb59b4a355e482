"""What frames of pandas, Arrow and DuckDB hold arrives in Polars as it is, or is refused with the remedy."""

import datetime as dt
import decimal

import duckdb
import narwhals
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import opinionframe as of
from opinionframe.errors import FrameError, OpinionFrameWarning
from opinionframe.schemas.to_polars import is_foreign, to_polars

ORDER = ["none", "some", "much"]
STAMP = dt.datetime(2020, 6, 1, 12, tzinfo=dt.UTC)
ENUM = pl.Enum(ORDER)


def ordered(values, classes):
    return pd.Categorical(values, classes, ordered=True)


HELD = {
    "ordered classes": (ordered(["much", None], ORDER), ENUM, ["much", None]),
    "classes": (pd.Categorical(["much", None], ORDER), pl.Categorical(), ["much", None]),
    "classes that are numbers": (ordered([3, None], [1, 2, 3]), pl.Int64, [3, None]),
    "numbers in an order of their own": (ordered([3, None], [3, 1]), pl.Enum(["3", "1"]), ["3", None]),
    "classes that are true or false": (pd.Categorical([True, None]), pl.Boolean, [True, None]),
    "text": (["a", np.nan], pl.String, ["a", None]),
    "text as objects": (pd.Series(["a", np.nan], dtype=object), pl.String, ["a", None]),
    "floats": ([0.5, np.nan], pl.Float64, [0.5, None]),
    "whole numbers with gaps": ([2.0, np.nan], pl.Int64, [2, None]),
    "whole numbers with gaps as objects": (pd.Series([2.0, np.nan], dtype=object), pl.Int64, [2, None]),
    "floats that are whole": ([2.0, 3.0], pl.Float64, [2.0, 3.0]),
    "beyond whole numbers": ([2.0**60, np.nan], pl.Float64, [2.0**60, None]),
    "infinite": ([np.inf, np.nan], pl.Float64, [np.inf, None]),
    "nullable whole numbers": (pd.array([2, None], "UInt8"), pl.UInt8, [2, None]),
    "nullable floats": (pd.array([2.0, None], "Float64"), pl.Float64, [2.0, None]),
    "nullable truth": (pd.array([True, None], "boolean"), pl.Boolean, [True, None]),
    "nothing": ([None, None], pl.Null, [None, None]),
    "a day": ([dt.date(2020, 6, 1), None], pl.Date, [dt.date(2020, 6, 1), None]),
    "a time and its zone": ([STAMP, None], pl.Datetime("us", "UTC"), [STAMP, None]),
    "decimals": ([decimal.Decimal("1.5"), None], pl.Decimal(2, 1), [decimal.Decimal("1.5"), None]),
    "numbers of two types": (pd.Series([1, 2.5, None], dtype=object), pl.Float64, [1.0, 2.5, None]),
    "lists": (pd.Series([np.array([0.5, 0.5]), None]), pl.List(pl.Float64), [[0.5, 0.5], None]),
}


@pytest.mark.parametrize("kind", HELD)
def test_columns_of_pandas_arrive_as_they_are(kind):
    values, dtype, expected = HELD[kind]
    rows = to_polars(pd.DataFrame({"x": values}), "people")
    assert rows.schema == {"x": dtype}
    assert rows["x"].to_list() == expected


REFUSED = {
    "several kinds": (
        {"x": pd.Series([1, "a", None], dtype=object)},
        r"1 columns .*'x' is object of int \(1\), str \(1\)",
    ),
    "classes of several kinds": ({"x": pd.Categorical(["a", 1.5])}, r"'x' is category of float \(1\), str \(1\)"),
    "truth of numpy and numbers": ({"x": pd.Series([*np.array([True]), 1], dtype=object)}, r"of bool \(1\), int \(1\)"),
    "days and times": ({"x": pd.Series([STAMP.date(), STAMP], dtype=object)}, r"'x' is object of date \(1\), datetime"),
    "times with a zone and without": (
        {"x": pd.Series([STAMP, STAMP.replace(tzinfo=None)], dtype=object)},
        r"of datetime \(1\), datetime with a zone \(1\)",
    ),
    "text and bytes": ({"x": pd.Series(["a", b"b"], dtype=object)}, r"of bytes \(1\), str \(1\)"),
    "numbers and truth": ({"x": pd.Series([0.5, True], dtype=object)}, r"of bool \(1\), float \(1\)"),
    "ordered classes that are floats": (
        {"x": ordered([0.5], [0.5, 1.5])},
        r"'x' is category.*rename_categories\(str\)",
    ),
    "intervals": ({"x": pd.cut([1, 2, 3], 2)}, r"'x' is category.*labels=\[…\]"),
    "periods": ({"x": pd.period_range("2020-01", periods=3, freq="M")}, r"'x' is period\[M\].*astype\(str\)"),
    "sparse": ({"x": pd.arrays.SparseArray([0.0, 1.0])}, r"'x' is Sparse"),
    "complex": ({"x": [1j]}, r"'x' is complex128"),
    "objects": ({"x": [object()]}, r"'x' is object of object \(1\)"),
    "names that are numbers": (
        {0: [1], 1: [2]},
        r"2 columns whose names are no text, e.g. 0, 1.*rename",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_columns_that_would_be_lost_are_refused(kind):
    columns, message = REFUSED[kind]
    with pytest.raises(FrameError, match=f"people: got pandas.DataFrame with .*{message}"):
        to_polars(pd.DataFrame(columns), "people")


def test_names_that_stand_twice_are_refused():
    class Kept(pd.DataFrame):
        """A frame of one's own, as geopandas has them."""

    columns = {"columns": ["x", "x"]}
    relation = duckdb.sql("select 1 as x, 2 as x")
    for frame in (
        pd.DataFrame([[1, 2]], **columns),
        Kept([[1, 2]], **columns),
        pa.table([[1], [2]], names=["x", "x"]),
        relation,
    ):
        assert is_foreign(frame)
        with pytest.raises(FrameError, match="1 names that several columns bear, e.g. 'x'"):
            to_polars(frame, "people")
    with pytest.raises(
        FrameError, match="opinions: got duckdb.DuckDBPyRelation with 1 names that several columns bear"
    ):
        of.align(relation, of.load("gss2018").codebook)


def test_a_connection_is_no_relation():
    with pytest.raises(FrameError, match="opinions must be a Polars DataFrame .* not DuckDBPyConnection"):
        of.align(duckdb.connect().execute("select 1 as x"), of.load("gss2018").codebook)


def test_an_index_is_lost_only_where_it_counts_rows():
    frame = pd.DataFrame({"x": [1, 2, 3, 4], "id": ["a", "b", "c", "d"]})
    assert to_polars(frame, "people").columns == ["x", "id"]
    with pytest.raises(FrameError, match=r"an index that is no column: 'id'.*people\.reset_index\(\), or drop"):
        to_polars(frame.set_index("id"), "people")
    with pytest.raises(FrameError, match=r"an index that is no column: 'x', 'id'"):
        to_polars(frame.set_index(["x", "id"]), "people")
    with pytest.raises(FrameError, match=r"an index that is no column: 'r', 's', 't', …"):
        to_polars(frame.set_axis(["r", "s", "t", "u"]), "people")
    assert to_polars(pd.DataFrame({"x": []}, index=pd.Index([], dtype=object)), "people").columns == ["x"]
    with pytest.warns(OpinionFrameWarning, match=r"people: .* index of 3 row numbers.*reset_index\(drop=True\)"):
        assert to_polars(frame[frame["x"] != 3], "people")["x"].to_list() == [1, 2, 4]


def test_dictionaries_of_arrow_keep_their_order():
    def column(*, is_ordered):
        chunks = [
            pa.DictionaryArray.from_arrays(pa.array([at, None], pa.int8()), pa.array(ORDER), ordered=is_ordered)
            for at in (2, 0)
        ]
        return pa.table({"x": pa.chunked_array(chunks)})

    rows = to_polars(column(is_ordered=True), "people")
    assert rows.schema == {"x": ENUM}
    assert rows["x"].to_list() == ["much", None, "none", None]
    assert to_polars(column(is_ordered=False), "people").schema == {"x": pl.Categorical()}


def test_chunks_of_arrow_agree_on_the_order_of_classes():
    def chunks(*orders):
        parts = [pa.DictionaryArray.from_arrays(pa.array([0], pa.int8()), pa.array(o), ordered=True) for o in orders]
        return pa.table({"x": pa.chunked_array(parts)})

    rows = to_polars(chunks(["none", "much"], ORDER, ["some"]), "people")
    assert rows.schema == {"x": ENUM}
    assert rows["x"].to_list() == ["none", "none", "some"]
    for other in (["much", "none"], ["none", "few"]):
        with pytest.raises(
            FrameError, match=r"people: got pyarrow.Table with chunks that order the classes of 'x' diff"
        ):
            to_polars(chunks(ORDER, other), "people")


def test_what_arrow_says_is_not_a_number_stays_so():
    assert to_polars(pa.table({"x": [0.5, float("nan"), None]}), "x")["x"].is_nan().to_list() == [False, True, None]


def test_types_of_arrow_that_polars_lacks_are_refused():
    spans = pa.array([(1, 2, 3)], pa.month_day_nano_interval())
    inside = pa.array([[(1, 2, 3)]], pa.list_(pa.month_day_nano_interval()))
    table = pa.table({"x": spans, "y": pa.array([1], pa.decimal256(50, 2)), "z": inside})
    with pytest.raises(
        FrameError, match=r"with 3 columns .*'x' is month_day_nano_interval; 'y' is decimal.*'z' is list"
    ):
        to_polars(table, "people")


def test_streams_are_read_once_and_said_to_be_empty_after():
    table = pa.table({"x": [1, 2]})
    reader = table.to_reader()
    for stream in (table.to_batches()[0], reader, Streamed(table), Told(table)):
        assert is_foreign(stream)
        assert to_polars(stream, "people")["x"].to_list() == [1, 2]
    with pytest.raises(FrameError, match=r"got pyarrow.RecordBatchReader without a row. .*read_all\(\)"):
        to_polars(reader, "people")


class Streamed:
    """What speaks Arrow and is of no library that is known."""

    def __init__(self, table):
        self._table = table

    def __arrow_c_stream__(self, requested_schema=None):
        return self._table.__arrow_c_stream__(requested_schema)


class Told(Streamed):
    """The same, which says what it holds before it is read."""

    def __arrow_c_schema__(self):
        return self._table.schema.__arrow_c_schema__()


def test_enums_of_duckdb_keep_their_order():
    connection = duckdb.connect()
    connection.execute("create type degree as enum ('none', 'some', 'much')")
    relation = connection.sql("select 'much'::degree as x, sum(i)::double as y from range(3) t(i)")
    rows = to_polars(relation, "people")
    assert rows.schema == {"x": ENUM, "y": pl.Float64}
    assert rows.row(0) == ("much", 3.0)


def test_what_narwhals_wraps_is_unwrapped():
    frame = pl.DataFrame({"x": [1]})
    assert to_polars(narwhals.from_native(frame), "people") is frame
    assert to_polars(narwhals.from_native(frame.to_pandas()), "people").equals(frame)


def test_what_is_no_frame_is_left_alone():
    for other in (
        None,
        1,
        "x",
        {"x": [1]},
        [1],
        np.zeros(2),
        pd.Series([1]),
        pl.Series([1]),
        pa.array([1]),
        of.FakeModel(seed=1),
    ):
        assert not is_foreign(other)


def test_a_refusal_says_what_came_and_how_it_was_read(opinions, codebook):
    broken = opinions.with_columns(prob=pl.lit(float("nan"))).to_pandas()
    with pytest.raises(FrameError) as refused:
        of.align(broken, codebook=codebook.to_arrow())
    first, *_, last = str(refused.value).splitlines()
    assert "cells" in first
    assert "opinions as pandas.DataFrame, codebook as pyarrow.Table" in last
    assert "opinions = pl.from_pandas(opinions), codebook = pl.from_arrow(codebook)" in last


def test_microdata_of_pandas_from_codes_to_shares():
    people = pd.DataFrame(
        {
            "degree": ordered(["some", "none", "much", "some"], ORDER),
            "party": pd.Categorical(["B", "A", None, "B"]),
            "doctors": [1, 2, np.nan, 9],
            "weight": [1.0, 2.0, 1.0, 1.0],
        }
    )
    book = of.codebook({"doctors": {"text": "Trust doctors?", "labels": ["Yes", "No"], "codes": [1, 2]}})
    coded = of.recode(people, book, nonresponse=9)
    assert coded["doctors"].to_list() == [1, 2, None, 0]
    human = of.reference(coded, book, by=["degree", "party"], weight="weight")
    everyone = human.filter(demographic="all")
    assert everyone["prob"].to_list() == pytest.approx([1 / 3, 2 / 3])
    assert everyone["nonresponse"].to_list() == pytest.approx([1 / 4] * 2)
    assert of.groups(people, ["degree"])["class"].to_list() == ORDER


def test_a_survey_of_pandas_frames(opinions, codebook):
    survey = of.Survey("toy", "Toy", opinions.to_pandas(), codebook.to_pandas(), ("sex",))
    assert survey.opinions.equals(opinions)
    assert survey.codebook.equals(codebook)


def test_a_survey_of_lazy_frames_is_one_of_eager_ones(opinions, codebook):
    people = pl.LazyFrame({"sex": ["Female", "Male"]})
    survey = of.Survey("toy", "Toy", opinions.lazy(), codebook.lazy(), "sex", microdata=people)
    assert survey.opinions.equals(opinions)
    assert survey.demographics == ("sex",)
    assert repr(survey).endswith("2 respondents)")
    with pytest.raises(FrameError, match="microdata must be a Polars DataFrame or LazyFrame.* not list"):
        of.Survey("toy", "Toy", opinions, codebook, ("sex",), microdata=[1])
    with pytest.raises(FrameError, match="opinions must be a Polars DataFrame or LazyFrame.* not NoneType"):
        of.Survey("toy", "Toy", None, codebook, ("sex",))


def test_the_way_home_keeps_every_value():
    survey = of.load("gss2018")
    aligned = of.align(of.baselines(survey.opinions, survey.codebook), survey.codebook)
    for home in (aligned.to_pandas(), aligned.to_arrow()):
        assert to_polars(home, "aligned").equals(aligned)
