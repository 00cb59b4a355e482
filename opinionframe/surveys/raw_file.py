"""Raw files as published: the path of a CSV, Parquet, Excel, SPSS or Stata file goes in, its table comes out."""

import csv
from collections.abc import Callable, Collection, Iterable, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from opinionframe.errors import FrameError, MissingPackageError, OpinionFrameWarning, check_option, examples, warn_user

SEPARATORS = ",;\t|"
"""What may stand between the cells of a CSV; the one that its header has most of does."""
_ENCODING = ("encoding", "character set", "codec")
"""Words by which the messages of a package that reads SPSS and Stata files tell an encoding that does not fit."""
TAIL = 1 << 20
"""Bytes from the end of a CSV that surely hold its last row."""


def read_raw(path: str | Path, *, sheet: str | None = None, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """The table in `path`, only `columns` where given; text cells stay text.

    Headers such as `Q260: Sex` are cut at the colon, as country releases spell them, unless that makes two alike.

    Raises:
        FrameError: a file that is not there, truncated, of an unknown kind, without the sheet or one of `columns`.
        MissingPackageError: for Excel, SPSS or Stata without the extra `surveys`.
    """
    file = existing(Path(path))
    check_option("file type", file.suffix.lower(), READERS)
    try:
        table = READERS[file.suffix.lower()](file, sheet)
        raw = table.rename(_short_names(table.collect_schema().names()))
        if columns is not None:
            refuse_missing(raw.collect_schema().names(), columns)
            raw = raw.select(list(dict.fromkeys(columns)))
        rows = raw.collect()
    except (FrameError, MissingPackageError):
        raise
    except Exception as error:  # each reader has its own exceptions; all mean the same here
        raise _unreadable(file, error) from error
    return _warned_of_garbled(rows, file)


def refuse_missing(names: Collection[str], columns: Iterable[str]) -> None:
    """Refuse a file, whose columns are `names`, without the `columns` that its survey should have.

    Raises: FrameError.
    """
    if missing := [(column,) for column in dict.fromkeys(columns) if column not in names]:
        raise FrameError(
            f"The file lacks {len(missing)} of the survey's columns, e.g. {examples(missing)}. It has "
            f"{len(names)}: {examples([(name,) for name in names], 8)}. Is it the right file, and the right sheet?"
        )


def _warned_of_garbled(rows: pl.DataFrame, path: Path) -> pl.DataFrame:
    """`rows`, with a warning of text that is no UTF-8, whose letters are lost."""
    texts = [name for name, dtype in rows.schema.items() if dtype == pl.String]
    garbled = rows.select(pl.col(texts).str.contains("\ufffd", literal=True).sum())
    if counts := {name: cells for name, cells in zip(texts, garbled.row(0) if texts else (), strict=True) if cells}:
        name = next(iter(counts))
        shown = rows.filter(pl.col(name).str.contains("\ufffd", literal=True))[name].unique().sort()
        warn_user(
            f"{path}: {sum(counts.values())} cells of {len(counts)} columns hold text that is not UTF-8, e.g. "
            f"{examples([(name, text) for text in shown])}. Save it as CSV in UTF-8; Windows programs write cp1252.",
            OpinionFrameWarning,
        )
    return rows


def _short_names(names: Sequence[str]) -> dict[str, str]:
    """Each header cut at its colon, whole where another is cut to the same."""
    cut = [name.split(":")[0].strip() for name in names]
    return {name: short if cut.count(short) == 1 else name for name, short in zip(names, cut, strict=True)}


def existing(path: Path) -> Path:
    """`path`, if there is a file or folder.

    Raises: FrameError.
    """
    if not path.exists():
        raise FrameError(f"There is no {path}. Give the path of the file or folder as downloaded.")
    return path


def _csv(path: Path, sheet: str | None) -> pl.LazyFrame:  # noqa: ARG001  readers share one signature
    separator, names = header_of(path)
    _refuse_cut(path, len(names) - 1, separator)
    return pl.scan_csv(path, separator=separator, infer_schema=False, encoding="utf8-lossy")


def header_of(path: Path) -> tuple[str, list[str]]:
    """What stands between the cells of a CSV, and the names in its first row.

    Raises: FrameError for UTF-16, or a name that stands there twice, since either column could be meant.
    """
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        separator = max(SEPARATORS, key=file.readline().count)
        file.seek(0)
        names = next(csv.reader(file, delimiter=separator), [])
    if any("\0" in name for name in names):
        raise FrameError(f"{path} cannot be read as CSV: its text is UTF-16. Save it as CSV in UTF-8.")
    if twice := [(name,) for name in dict.fromkeys(names) if name and names.count(name) > 1]:
        raise FrameError(
            f"{path} has {len(twice)} names of columns twice, e.g. {examples(twice)}. Rename or drop one of each."
        )
    return separator, names


def _refuse_cut(path: Path, separators: int, separator: str) -> None:
    """Refuse a CSV that ends within a row, whose missing cells would pass for questions not asked."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL))
        tail = file.read().decode("utf-8", errors="replace")
    last = tail.splitlines()[-1] if tail else ""
    if not tail.endswith(("\n", "\r")) and last.count(separator) < separators:
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


def labelled_table(
    path: Path, *, encoding: str | None = None, lettered: Sequence[str] | None = None
) -> tuple[pl.DataFrame, Any]:
    """The table of an SPSS or Stata file, and its metadata: labels of columns and of values.

    With the names of columns in `lettered`, these alone, and Stata's missing values .a to .z are in them as letters
    beside numbers; without it these are null.
    """
    spss = path.suffix.lower() != ".dta"
    reader = getattr(_package("pyreadstat"), "read_sav" if spss else "read_dta")
    # SPSS marks refusals as missing; they are nonresponse, so their codes are kept.
    options = {"output_format": "polars", "apply_value_formats": False, "user_missing": spss or lettered is not None}
    if lettered is not None:
        options["usecols"] = list(lettered)
    try:
        table, meta = reader(path, **options, encoding=encoding)
    except Exception as error:  # as in read_raw
        raise _unreadable(path, error) from error
    return table, meta


def _unreadable(path: Path, error: Exception) -> FrameError:
    if isinstance(error, UnicodeError | LookupError) or any(word in str(error) for word in _ENCODING):
        return FrameError(
            f"{path} holds text in another encoding than it says: {error}. Name its encoding, for instance "
            "of.read_labelled(…, encoding='latin1') for Western Europe, 'cp1250' for Central Europe, 'cp1251' for "
            "Cyrillic."
        )
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
