"""Frames of a command: a file or standard input goes in as a typed frame; a frame goes out to a file or the shell."""

import codecs
import csv
import io
import re
import sys
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.cli.consoles import say
from opinionframe.cli.overwriting import STREAM
from opinionframe.cli.printing import Format, csv_text, print_data, print_table
from opinionframe.cli.typed_text import looks_like_text, typed_text
from opinionframe.errors import OptionError, examples
from opinionframe.exporting.frame_files import atomically
from opinionframe.schemas.frames import Schema

WRITTEN = {".csv": Format.CSV, ".json": Format.JSON, ".parquet": Format.PARQUET, ".arrow": Format.ARROW}
SHOWN = 20
"""Rows of a long frame that a terminal shows."""
SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}
"""What other programs put between the fields of a row, in words."""
BARE_NA = re.compile(rb"(?:^|[,\r\n])NA(?:[,\r\n]|$)")
"""What R writes for a missing value, and what others write for Namibia or for "not applicable"."""


def read_frame(
    place: str, what: str, schema: type[Schema] | None = None, *, texts: Collection[str] = ()
) -> pl.DataFrame:
    """The frame in a Parquet, Arrow or CSV file, or on standard input (`-`), which are told apart by their first bytes.

    In CSV an empty field, and an unquoted NA, is null, and a note counts those among text; columns of `schema` have its
    types, those named in `texts` stay text, whole and decimal numbers, true and false and ISO dates are read as such in
    others, and what is none of these stays text: 001 is no number.

    Raises: OptionError, where it cannot be read or has no row; FrameError, where a text is not of its column's type.
    """
    name = "standard input" if place == STREAM else place
    rows = _typed_rows(_bytes(place, what), name, what, schema, texts)
    if rows.is_empty():
        raise OptionError(f"{what}: {name} has columns and no row. Did the step before fail, or leave all rows out?")
    return rows


def _typed_rows(data: bytes, name: str, what: str, schema: type[Schema] | None, texts: Collection[str]) -> pl.DataFrame:
    try:
        if data.startswith(b"PAR1"):
            return pl.read_parquet(io.BytesIO(data))
        if data.startswith(b"ARROW1"):
            return pl.read_ipc(io.BytesIO(data))
        if data.startswith(b"\xff\xff\xff\xff"):
            return pl.read_ipc_stream(io.BytesIO(data))
    except (OSError, pl.exceptions.PolarsError) as error:
        raise OptionError(f"{what}: {name} is damaged ({error}). Write it anew.") from error
    rows, missing = _texts(data, name, what)
    _note_missing({column: count for column, count in missing.items() if looks_like_text(rows[column])}, what)
    return typed_text(rows, schema, what, texts)


def _bytes(place: str, what: str) -> bytes:
    if place == STREAM:
        if sys.stdin is None:
            raise OptionError(f"{what}: standard input is closed. Pipe rows into it, or name a file.")
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


def _texts(data: bytes, name: str, what: str) -> tuple[pl.DataFrame, dict[str, int]]:
    """A CSV as text, every row of which has a field for each column, and how many unquoted NA each column has.

    Raises: OptionError.
    """
    data = data.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    try:
        header = next(csv.reader(io.StringIO(data.decode("utf-8"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise OptionError(
            f"{what}: {name} is no UTF-8 text, Parquet or Arrow ({error}). Write it as one of these; respondents in an "
            "SPSS, Stata or Excel file are read by the file's name and ending, not through a pipe."
        ) from error
    if twice := sorted({column for column in header if header.count(column) > 1}):
        raise OptionError(f"{what}: {name} has {len(twice)} columns twice, e.g. {twice[0]!r}. Rename them.")
    if len(header) == 1 and (separator := next((sign for sign in SEPARATORS if sign in header[0]), None)):
        raise OptionError(
            f"{what}: {name} is separated by {SEPARATORS[separator]}. Write it with commas and decimal points."
        )
    kept = [column for column in header if column]
    if len(kept) < len(header):
        say(f"{what}: the column without a name, such as R's row names, is left out.")
    rows = _parsed(data, header, ["", "NA"], f"{what}: {name}")
    if not BARE_NA.search(data):
        return rows, {}
    with_na = _parsed(data, header, [""], f"{what}: {name}")
    counts = {column: rows[column].null_count() - with_na[column].null_count() for column in kept}
    return rows, {column: count for column, count in counts.items() if count}


def _parsed(data: bytes, header: Collection[str], nulls: list[str], what: str) -> pl.DataFrame:
    """The columns of a CSV that have a name, as text; unquoted fields in `nulls` are null. Raises: OptionError."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    columns = list(filter(None, header))
    try:
        table = arrow_csv.read_csv(
            io.BytesIO(data),
            # In a file of one column, an empty line is a row whose value is missing.
            parse_options=arrow_csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=len(header) > 1),
            convert_options=arrow_csv.ConvertOptions(
                column_types={column: pa.large_string() for column in columns},
                include_columns=columns,
                null_values=nulls,
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        raise OptionError(f"{what} is no whole CSV: {error}.") from error
    return pl.DataFrame(pl.from_arrow(table))


def _note_missing(counts: Mapping[str, int], what: str) -> None:
    if counts:
        say(
            f"{what}: {sum(counts.values()):,} unquoted NA in {len(counts)} columns of text are read as missing, e.g. "
            f"{examples([(column,) for column in counts])}. Quote those that are words, such as Namibia's code."
        )


def write_frame(frame: pl.DataFrame, output: str, form: Format | None, title: str) -> None:
    """`frame` in a file by its ending, or on standard output: as a table on a terminal, as CSV in a pipe.

    Raises: OptionError.
    """
    if output == STREAM:
        form = form or (Format.TABLE if sys.stdout and sys.stdout.isatty() else Format.CSV)
        _note_orders(frame, form)
        if form is Format.TABLE:
            _print_rows(frame, title)
        else:
            print_data(frame, form)
        return
    kind = WRITTEN.get(Path(output).suffix.lower())
    if kind is None or form not in (None, kind):
        raise OptionError(f"--output {output}: a frame goes to {', '.join(WRITTEN)}, and --format agrees with it.")
    _note_orders(frame, kind)
    writers: dict[Format, Any] = {
        Format.CSV: lambda part: part.write_text(csv_text(frame), encoding="utf-8"),
        Format.JSON: frame.write_json,
        Format.PARQUET: frame.write_parquet,
        Format.ARROW: frame.write_ipc,
    }
    try:
        atomically(Path(output), writers[kind])
    except OSError as error:
        raise OptionError(f"--output {output} cannot be written: {error.strerror or error}.") from error


def _note_orders(frame: pl.DataFrame, form: Format) -> None:
    ordered = [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Enum)]
    if ordered and form in (Format.CSV, Format.JSON):
        names = ", ".join(ordered)
        say(f"{form} does not keep the order of classes in {names}. Parquet does.")


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
