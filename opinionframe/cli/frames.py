"""Frames of a command: a file or standard input goes in as a typed frame; a frame goes out to a file or the shell."""

import csv
import io
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
import typer

from opinionframe.cli.consoles import errors
from opinionframe.cli.printing import Format, print_data, print_table
from opinionframe.cli.typed_text import typed_text
from opinionframe.errors import OptionError
from opinionframe.exporting.frame_files import atomically, flat
from opinionframe.schemas.frames import Schema

STREAM = "-"
"""Standard input, or output."""
WRITTEN = {".csv": Format.CSV, ".json": Format.JSON, ".parquet": Format.PARQUET, ".arrow": Format.ARROW}
SHOWN = 20
"""Rows of a long frame that a terminal shows."""


def read_frame(place: str, what: str, schema: type[Schema] | None = None) -> pl.DataFrame:
    """The frame in a Parquet, Arrow or CSV file, or on standard input (`-`), which are told apart by their first bytes.

    In CSV an empty field, and an unquoted NA, is null; columns of `schema` have its types, whole and decimal numbers,
    true and false and ISO dates are read as such in others, and text stays text: 001 is no number.

    Raises: OptionError, where it cannot be read; FrameError, where a text is not of its column's type.
    """
    data = _bytes(place, what)
    name = "standard input" if place == STREAM else place
    try:
        if data.startswith(b"PAR1"):
            return pl.read_parquet(io.BytesIO(data))
        if data.startswith(b"ARROW1"):
            return pl.read_ipc(io.BytesIO(data))
        if data.startswith(b"\xff\xff\xff\xff"):
            return pl.read_ipc_stream(io.BytesIO(data))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise OptionError(f"{what}: {name} is damaged ({error}). Write it anew.") from error
    return typed_text(_texts(data, name, what), schema, what)


def _bytes(place: str, what: str) -> bytes:
    if place == STREAM:
        data = sys.stdin.buffer.read()
    else:
        try:
            data = Path(place).read_bytes()
        except OSError as error:
            raise OptionError(
                f"{what}: {place} cannot be read: {error.strerror or error}. Give a file, or -."
            ) from error
    if not data.strip():
        raise OptionError(
            f"{what}: {'standard input' if place == STREAM else place} is empty. Did the step before fail?"
        )
    return data


def _texts(data: bytes, name: str, what: str) -> pl.DataFrame:
    """A CSV as text, every row of which has a field for each column. Raises: OptionError."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    try:
        header = next(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise OptionError(f"{what}: {name} is no UTF-8 text, Parquet or Arrow ({error}).") from error
    if twice := sorted({column for column in header if header.count(column) > 1}):
        raise OptionError(f"{what}: {name} has {len(twice)} columns twice, e.g. {twice[0]!r}. Rename them.")
    if len(header) == 1 and ";" in header[0]:
        raise OptionError(f"{what}: {name} is separated by semicolons. Write it with commas and decimal points.")
    kept = [column for column in header if column]
    if len(kept) < len(header):
        errors.print(f"Note: {what}: the column without a name, such as R's row names, is left out.", soft_wrap=True)
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data),
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True),
            convert_options=arrow_csv.ConvertOptions(
                column_types={column: pa.large_string() for column in header},
                include_columns=kept,
                null_values=["", "NA"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise OptionError(f"{what}: {name} is no whole CSV: {error}.") from error
    return pl.DataFrame(pl.from_arrow(table))


def write_frame(frame: pl.DataFrame, output: str, form: Format | None, title: str) -> None:
    """`frame` in a file by its ending, or on standard output: as a table on a terminal, as CSV in a pipe.

    Raises: OptionError.
    """
    if output == STREAM:
        form = form or (Format.TABLE if sys.stdout.isatty() else Format.CSV)
        _note_orders(frame, form)
        if form is Format.TABLE:
            _print_rows(frame, title)
        elif form is Format.CSV:
            typer.echo(_csv(frame), nl=False)
        else:
            print_data(frame, form)
        return
    kind = WRITTEN.get(Path(output).suffix.lower())
    if kind is None or form not in (None, kind):
        raise OptionError(f"--output {output}: a frame goes to {', '.join(WRITTEN)}, and --format agrees with it.")
    _note_orders(frame, kind)
    writers: dict[Format, Any] = {
        Format.CSV: lambda part: part.write_text(_csv(frame), encoding="utf-8"),
        Format.JSON: frame.write_json,
        Format.PARQUET: frame.write_parquet,
        Format.ARROW: frame.write_ipc,
    }
    try:
        atomically(Path(output), writers[kind])
    except OSError as error:
        raise OptionError(f"--output {output} cannot be written: {error.strerror or error}.") from error


def _csv(frame: pl.DataFrame) -> str:
    """All text quoted, so that an NA that is a word is told from one that is none, and 001 from 1."""
    return flat(frame).write_csv(quote_style="non_numeric")


def _note_orders(frame: pl.DataFrame, form: Format) -> None:
    ordered = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Enum)]
    if ordered and form in (Format.CSV, Format.JSON):
        names = ", ".join(ordered)
        errors.print(f"Note: {form} does not keep the order of classes in {names}. Parquet does.", soft_wrap=True)


def _print_rows(frame: pl.DataFrame, title: str) -> None:
    """The first rows under a title that counts them all."""
    first = f", the first {SHOWN} of them" if frame.height > SHOWN else ""
    rows = [[_cell(value) for value in row] for row in frame.head(SHOWN).rows()]
    print_table(f"{title}: {frame.height:,} rows{first}", rows, frame.columns)


def _cell(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options that were given: those that are not None nor empty."""
    # A frame, which may be among them, cannot be compared with a list.
    return {
        name: value for name, value in options.items() if not (value is None or (type(value) is list and not value))
    }
