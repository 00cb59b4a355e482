"""Frames of other libraries: one of pandas, Arrow, DuckDB, Spark or anything narwhals reads goes in, Polars comes out.

The only way in for them, used by the doors of the verbs. All go through Arrow.
"""

from collections.abc import Callable
from typing import Any

import polars as pl

from opinionframe.errors import FrameError
from opinionframe.schemas.from_arrow import from_arrow, refuse_doubled
from opinionframe.schemas.from_pandas import from_pandas

CODE = {
    "pandas": "pl.from_pandas({})",
    "pyarrow": "pl.from_arrow({})",
    "duckdb": "{}.pl()",
    "pyspark": "pl.from_arrow({}.toArrow())",
}
"""How a user makes a Polars frame of one of each library; others stream Arrow, which `pl.DataFrame` reads."""

READERS: dict[str, Callable[[Any, str, str], pl.DataFrame]] = {
    "pandas.DataFrame": from_pandas,
    "pyarrow.Table": from_arrow,
}
"""What is read without narwhals, which refuses names that stand twice in words of its own."""


def is_foreign(value: object) -> bool:
    """Whether `value` is a frame of a library other than Polars, or a stream of Arrow record batches."""
    if isinstance(value, pl.DataFrame | pl.LazyFrame | pl.Series):
        return False
    if _reader(value) or is_relation(value):
        return True
    kind = type(value)
    streams = hasattr(kind, "__arrow_c_stream__") or hasattr(kind, "__arrow_c_array__")
    if not (streams or hasattr(kind, "columns") or _library(value) == "narwhals"):
        return False
    return _narwhals_frame(value) is not None or (streams and _has_columns(value))


def is_relation(frame: object) -> bool:
    """Whether `frame` lies in DuckDB or Spark, where some verbs leave it and write a query."""
    library, kind = _library(frame), type(frame).__name__
    return (library == "duckdb" and kind == "DuckDBPyRelation") or (library == "pyspark" and kind == "DataFrame")


def check_relation(relation: Any, name: str) -> None:
    """Refuse two columns of one name, as a join may leave them, which no query could tell apart. Raises: FrameError."""
    refuse_doubled(list(relation.columns), name, called(relation))


def to_polars(frame: Any, name: str) -> pl.DataFrame | pl.LazyFrame:
    """`frame`, called `name` where it is refused, as Polars; relations of engines are fetched, readers read to the end.

    Missing values of pandas, its NaN among them, are null; Arrow's NaN stays NaN. Classes that are ordered become an
    Enum in their order, others Categorical.

    Raises: FrameError for columns that Polars cannot hold as they are, and for an index that would be lost.

    >>> import pandas as pd
    >>> degree = pd.Categorical(["BA", None, "PhD"], categories=["BA", "PhD"], ordered=True)
    >>> to_polars(pd.DataFrame({"degree": degree, "age": [31.0, None, 47.0]}), "people").schema
    Schema([('degree', Enum(categories=['BA', 'PhD'])), ('age', Int64)])
    """
    if read := _reader(frame):
        return read(frame, name, called(frame))
    if is_relation(frame):
        check_relation(frame, name)
    wrapped = _narwhals_frame(frame)
    if wrapped is None:
        return _from_stream(frame, name)
    native = wrapped.to_native()
    if isinstance(native, pl.DataFrame | pl.LazyFrame):
        return native
    if read := _reader(native):
        return read(native, name, called(native))
    library = wrapped.implementation
    if hasattr(wrapped, "to_pandas"):
        return from_pandas(wrapped.to_pandas(), name, called(native))
    table = wrapped.collect("pyarrow").to_native()
    return from_arrow(table, name, called(native), _declared_classes(native) if library.is_duckdb() else {})


def called(frame: object) -> str:
    """What a foreign frame is called where it is refused: its library and its class.

    >>> import pyarrow as pa
    >>> called(pa.table({}))
    'pyarrow.Table'
    """
    return f"{_library(frame)}.{type(frame).__name__}"


def conversion(frame: object, name: str) -> str:
    """The code that makes a Polars frame of a foreign one called `name`."""
    return CODE.get(_library(frame), "pl.DataFrame({})").format(name)


def _library(value: object) -> str:
    return _root(type(value))


def _root(kind: type) -> str:
    """The package of a class, without the line before the names of compiled ones."""
    module = kind.__module__.split(".")[0]
    return module if module.startswith("__") else module.removeprefix("_")


def _reader(value: object) -> Callable[[Any, str, str], pl.DataFrame] | None:
    """What reads `value` without narwhals, if anything does: by its class, or by one that this inherits from."""
    bases = (f"{_root(base)}.{base.__name__}" for base in type(value).__mro__)
    return next((READERS[base] for base in bases if base in READERS), None)


def _narwhals_frame(value: object) -> Any:
    """`value` as narwhals wraps it, or None where it knows no such frame."""
    import narwhals as nw

    wrapped: Any = nw.from_native(nw.to_native(value, pass_through=True), pass_through=True)
    return wrapped if isinstance(wrapped, nw.DataFrame | nw.LazyFrame) else None


def _has_columns(value: object) -> bool:
    """Whether what streams Arrow is a table, no single column; nothing is read from it."""
    import pyarrow as pa

    if isinstance(value, pa.RecordBatchReader | pa.RecordBatch):
        return True
    if isinstance(value, pa.Array | pa.ChunkedArray) or type(value).__name__ == "Series":
        return False
    if not hasattr(value, "__arrow_c_schema__"):
        return True  # the protocol leaves the schema to the stream
    try:
        pa.schema(value)
    except (pa.ArrowException, TypeError, ValueError):
        return False
    return True


def _from_stream(frame: Any, name: str) -> pl.DataFrame:
    """A record batch, a reader or another object that streams Arrow. Raises: FrameError."""
    import pyarrow as pa

    if isinstance(frame, pa.RecordBatch):
        return from_arrow(pa.Table.from_batches([frame]), name, called(frame))
    try:
        table = pa.table(frame)
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise FrameError(
            f"{name}: got {called(frame)}, which does not stream as a table: {error}. Read it first: {name} = "
            f"pl.DataFrame({name})."
        ) from error
    if not table.num_rows:
        raise FrameError(
            f"{name}: got {called(frame)} without a row. A stream can be read once: where it has been read before, "
            f"keep its rows instead, with {name}.read_all()."
        )
    return from_arrow(table, name, called(frame))


def _declared_classes(relation: Any) -> dict[str, list[str]]:
    """The classes of DuckDB's ENUM columns, which are ordered as they were declared."""
    types = zip(relation.columns, relation.types, strict=True)
    return {column: dtype.children[0][1] for column, dtype in types if dtype.id == "enum"}
