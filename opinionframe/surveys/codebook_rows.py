"""Rows of a codebook that are listed: a CSV or a frame goes in; one row per choice, its texts trimmed, comes out."""

from pathlib import Path

import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.columns import refuse_no_frame
from opinionframe.surveys.raw_file import existing, header_of

NEEDED = ("question", "label", "text")
TEXTS = ("question", "label", "code", "position")
"""Columns read as they are spelled: a code 01 is not 1, and a position may have a decimal comma."""


def listed_rows(source: str | Path | AnyFrame) -> pl.DataFrame:
    """The rows of a CSV or a frame with the columns question, label, text, and any of a codebook's others.

    Rows without any value are left out.

    Raises: FrameError for a file that is not there or no CSV in UTF-8, a column that is missing or twice in the header,
        a position that is no number.
    """
    if isinstance(source, str | Path):
        name, rows = str(source), _csv(Path(source))
    else:
        refuse_no_frame(source, "codebook")
        name, rows = "codebook", source.lazy().collect()
    if missing := [column for column in NEEDED if column not in rows.columns]:
        raise FrameError(f"{name} lacks the columns {', '.join(missing)}. It has: {', '.join(rows.columns)}.")
    texts = [column for column in TEXTS if column in rows.columns]
    trimmed = rows.with_columns(pl.col(texts).cast(pl.String).str.strip_chars())
    filled = trimmed.filter(pl.any_horizontal(pl.all().is_not_null()))
    return _with_positions(filled, name) if "position" in texts else filled


def _csv(path: Path) -> pl.DataFrame:
    try:
        separator, names = header_of(existing(path))
        texts = {name: pl.String for name in names if name.strip() in TEXTS}
        rows = pl.read_csv(path, separator=separator, schema_overrides=texts, infer_schema_length=None)
    except (pl.exceptions.PolarsError, UnicodeError, OSError) as error:
        raise FrameError(f"{path} cannot be read as CSV: {error}. Save it as CSV in UTF-8.") from error
    return rows.rename(dict(zip(rows.columns, (name.strip() for name in names), strict=True)))


def _with_positions(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    text = pl.col("position").str.replace(",", ".", literal=True)
    placed = rows.with_columns(text.cast(pl.Float64, strict=False).alias("place"))
    wrong = placed.filter(pl.col("place").is_null() & (pl.col("position") != ""))
    if len(wrong):
        raise FrameError(
            f"{name}: {len(wrong)} positions are no numbers, e.g. "
            f"{examples(wrong.select('question', 'position').rows())}. Give each choice its place on the scale."
        )
    return placed.with_columns(pl.col("place").alias("position")).drop("place")
