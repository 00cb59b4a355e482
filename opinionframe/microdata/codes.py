"""Codes of a survey's file: how they are spelled and named, and columns with what stands for each of them.

Codes compare as text after trimming, whole numbers without decimals, so `1`, `1.0` and `" 1"` are one code.
"""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from numbers import Integral, Number

import polars as pl

from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.schemas.borders import AnyFrame
from opinionframe.schemas.columns import refuse_no_frame
from opinionframe.schemas.lazy import Frame, guarded, same_kind

Code = str | int | float
Codes = Code | Collection[Code]
"""One code, or several."""

CodesOf = Codes | Mapping[str, Codes]
"""Codes of every column, or those of each column by its name."""

CodeMap = Mapping[str, int | str | None]
"""What stands for each code of a column; the codes as `code_text` spells them."""

Bins = Sequence[tuple[float, float, int]]
"""The least value of each bin, the least value above it, and the choice that it is."""


def replace_codes(
    microdata: Frame, maps: Mapping[str, CodeMap], dtype: type[pl.DataType], bins: Mapping[str, Bins] | None = None
) -> Frame:
    """`microdata` with the codes of each column of `maps` replaced by what its map gives for them; null stays null.

    A number that its map lacks becomes the choice of its bin, where `bins` has one for it.

    Raises: FrameError for a column that is missing or a code that neither explains.
    """
    refuse_missing_columns(microdata, maps)
    if not maps:
        return microdata
    ranges = {column: (bins or {}).get(column, ()) for column in maps}
    lazy = microdata.lazy()
    broken = lazy.select(
        _unknown(column, codes, ranges[column]).implode().alias(column) for column, codes in maps.items()
    )
    replaced = lazy.with_columns(
        choice_of(column, codes, ranges[column], dtype).alias(column) for column, codes in maps.items()
    )
    if isinstance(microdata, pl.DataFrame):
        _refuse_unknown(broken.collect())
        return replaced.collect()
    return same_kind(guarded(replaced, broken, _refuse_unknown), microdata)


def choice_of(column: str, codes: CodeMap, bins: Bins, dtype: type[pl.DataType]) -> pl.Expr:
    """What stands for the codes of a column by its map and bins; null for a null, and for what neither explains."""
    text = codes_as_text(column)
    values = pl.Series(list(codes.values()), dtype=dtype)
    mapped = text.replace_strict(list(codes), values, default=None, return_dtype=dtype)
    if not bins:
        return mapped
    binned = pl.coalesce(pl.when(_is_in(text, low, above)).then(pl.lit(choice, dtype)) for low, above, choice in bins)
    return pl.when(text.is_in(list(codes))).then(mapped).otherwise(binned)


def code_text(code: Code) -> str:
    """How a code is compared: trimmed text, whole numbers without decimals; as Polars spells `true` and `NaN`.

    >>> code_text(1.0), code_text(" Very safe "), code_text(1.5), code_text(True), code_text(float("nan"))
    ('1', 'Very safe', '1.5', 'true', 'NaN')
    """
    if isinstance(code, str):
        return code.strip()
    if type(code).__name__ in ("bool", "bool_"):  # numpy's own is no bool
        return str(code).lower()
    if isinstance(code, Integral):
        return str(int(code))
    number = float(code)
    return "NaN" if math.isnan(number) else str(int(number)) if number.is_integer() else str(number)


def codes_as_text(column: str) -> pl.Expr:
    """The column's codes as `code_text` spells them; empty text is null."""
    trimmed = pl.col(column).cast(pl.String).str.strip_chars().str.replace(r"^(-?\d+)\.0*$", "$1").replace("-0", "0")
    return pl.when(trimmed != "").then(trimmed)


def code_list(codes: Codes) -> list[Code]:
    """One code or several, as a list.

    Raises: OptionError for what is no code: a null, a list within a list.
    """
    listed = [codes] if isinstance(codes, str | Number) or not isinstance(codes, Iterable) else list(codes)
    if wrong := [(code,) for code in listed if not isinstance(code, str | Number)]:
        raise OptionError(
            f"{len(wrong)} codes are neither text nor a number, e.g. {examples(wrong)}. Name codes as the file has "
            "them; a null is no code: reference(…, blank='nonresponse') counts it as nonresponse."
        )
    return listed


def codes_by_column(option: str, codes: CodesOf, columns: Iterable[str]) -> dict[str, list[Code]]:
    """The codes that `option` names for each of `columns`.

    Raises: OptionError for a mapping that names another column.

    >>> codes_by_column("nonresponse", {"lr": 88}, ["lr", "interest"])
    {'lr': [88], 'interest': []}
    """
    names = list(columns)
    if not isinstance(codes, Mapping):
        return {name: code_list(codes) for name in names}
    if unknown := [(name,) for name in codes if name not in names]:
        raise OptionError(
            f"{option} names {len(unknown)} columns that are not among the questions and classes, "
            f"e.g. {examples(unknown)}. They are: {examples([(name,) for name in names], 8)}."
        )
    return {name: code_list(codes.get(name, ())) for name in names}


def refuse_missing_columns(microdata: AnyFrame, columns: Iterable[str]) -> None:
    """Refuse what is no frame, or lacks one of `columns`, or holds no plain values in it.

    Raises: FrameError.
    """
    refuse_no_frame(microdata, "microdata")
    schema = microdata.collect_schema()
    named = list(columns)
    if missing := [(column,) for column in named if column not in schema]:
        raise FrameError(
            f"microdata lacks {len(missing)} columns, e.g. {examples(missing)}. It has {len(schema)}: "
            f"{examples([(name,) for name in schema], 8)}. Rename columns with .rename(…), or restrict the codebook."
        )
    if wrong := [(column, str(schema[column])) for column in named if not is_plain(schema[column])]:
        raise FrameError(
            f"microdata: {len(wrong)} columns hold no single codes, e.g. {examples(wrong)}. Give each answer a column "
            "of its own, with .explode(…), .unnest(…) or .cast(pl.String)."
        )


def is_plain(dtype: pl.DataType) -> bool:
    """Whether a column of this type holds one value for each respondent: no list, struct, span or Python object."""
    return not (dtype.is_nested() or dtype in (pl.Object, pl.Duration))


def _unknown(column: str, codes: CodeMap, bins: Bins) -> pl.Expr:
    text = codes_as_text(column)
    binned = (_is_in(text, low, above).fill_null(value=False) for low, above, _ in bins)
    return text.filter(text.is_not_null() & ~text.is_in(list(codes)) & ~pl.any_horizontal(pl.lit(value=False), *binned))


def _is_in(text: pl.Expr, low: float, above: float) -> pl.Expr:
    return text.cast(pl.Float64, strict=False).is_between(low, above, closed="left")


def _refuse_unknown(broken: pl.DataFrame) -> None:
    unknown = {column: codes for column, codes in broken.row(0, named=True).items() if codes}
    if unknown:
        pairs = sorted({(column, code) for column, codes in unknown.items() for code in codes})
        raise FrameError(
            f"microdata: {sum(map(len, unknown.values()))} values of {len(unknown)} columns are codes that nothing "
            f"explains, e.g. {examples(pairs)}. Add them to the codebook, or name them as nonresponse or not_asked; "
            "a reader takes codes that are no class as outside."
        )
