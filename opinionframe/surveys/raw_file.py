"""Raw files as published: the path of a CSV, Parquet, Excel, SPSS or Stata file goes in, its table comes out."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, MissingPackageError, check_option

SEPARATORS = ",;\t|"
"""What may stand between the cells of a CSV; the one that its header has most of does."""
TAIL = 1 << 20
"""Bytes from the end of a CSV that surely hold its last row."""


def read_raw(path: str | Path, *, sheet: str | None = None, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The table in `path`, only `columns` where given and there; text cells stay text.

    Headers such as `Q260: Sex` are cut at the colon, as country releases spell them.

    Raises:
        FrameError: a file that is not there, truncated, of an unknown kind or without the sheet.
        MissingPackageError: for Excel, SPSS or Stata without the extra `surveys`.
    """
    file = existing(Path(path))
    check_option("file type", file.suffix.lower(), READERS)
    try:
        raw = READERS[file.suffix.lower()](file, sheet).rename(lambda name: name.split(":")[0].strip())
        names = raw.collect_schema().names()
        return raw.select(name for name in names if columns is None or name in columns).collect()
    except (FrameError, MissingPackageError):
        raise
    except Exception as error:  # each reader has its own exceptions; all mean the same here
        raise _unreadable(file, error) from error


def existing(path: Path) -> Path:
    """`path`, if there is a file or folder.

    Raises: FrameError.
    """
    if not path.exists():
        raise FrameError(f"There is no {path}. Give the path of the file or folder as downloaded.")
    return path


def _csv(path: Path, sheet: str | None) -> pl.LazyFrame:  # noqa: ARG001  readers share one signature
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        header = file.readline()
    separator = max(SEPARATORS, key=header.count)
    _refuse_cut(path, header, separator)
    return pl.scan_csv(path, separator=separator, infer_schema=False, encoding="utf8-lossy")


def _refuse_cut(path: Path, header: str, separator: str) -> None:
    """Refuse a CSV that ends within a row, whose missing cells would pass for questions not asked."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        tail = file.read().decode("utf-8", errors="replace")
    last = tail.splitlines()[-1] if tail else ""
    if not tail.endswith(("\n", "\r")) and last.count(separator) < header.count(separator):
        raise FrameError(
            f"{path} ends in the middle of a row: {last[-40:]!r}. The download is cut off; fetch it again."
        )


def _parquet(path: Path, sheet: str | None) -> pl.LazyFrame:  # noqa: ARG001  as above
    return pl.scan_parquet(path)


def _excel(path: Path, sheet: str | None) -> pl.LazyFrame:
    book = _package("fastexcel").read_excel(path)
    if sheet is not None and sheet not in book.sheet_names:
        raise FrameError(
            f"{path} has no sheet {sheet!r}, but: {', '.join(book.sheet_names)}. Is it the right workbook?"
        )
    table: pl.DataFrame = book.load_sheet(sheet or 0, dtypes="string").to_polars()
    return table.lazy()


def _spss(path: Path, sheet: str | None) -> pl.LazyFrame:  # noqa: ARG001  as above
    return labelled_table(path)[0].lazy()


def labelled_table(path: Path) -> tuple[pl.DataFrame, Any]:
    """The table of an SPSS or Stata file, and its metadata: labels of columns and of values."""
    spss = path.suffix.lower() != ".dta"
    reader = getattr(_package("pyreadstat"), "read_sav" if spss else "read_dta")
    # SPSS marks refusals as missing; they are nonresponse, so their codes are kept.
    try:
        table, meta = reader(path, output_format="polars", apply_value_formats=False, user_missing=spss)
    except Exception as error:  # as in read_raw
        raise _unreadable(path, error) from error
    return table, meta


def _unreadable(path: Path, error: Exception) -> FrameError:
    return FrameError(f"{path} cannot be read as {path.suffix}: {error}. Is the download complete? Fetch it again.")


def _package(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise MissingPackageError(
            f"Reading this file needs {name}. Install it with: pip install 'opinionframe[surveys]'."
        ) from error


READERS: dict[str, Callable[[Path, str | None], pl.LazyFrame]] = {
    ".csv": _csv,
    ".parquet": _parquet,
    ".xlsx": _excel,
    ".sav": _spss,
    ".zsav": _spss,
    ".dta": _spss,
}
