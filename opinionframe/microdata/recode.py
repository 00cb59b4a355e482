"""Choice numbers for the codes and labels of a survey's file: microdata go in, the same with numbered answers come out.

A codebook says which code is which choice in its extra column `code`, or, without one, by `label`.
"""

from collections.abc import Collection, Mapping

import polars as pl

from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.microdata.tally import NO_ANSWER
from opinionframe.schemas.borders import AnyFrame, codebook_border
from opinionframe.schemas.lazy import Frame, guarded, same_kind

Code = str | int | float
CodeMap = Mapping[str, int | str | None]
"""What stands for each code of a column; the codes as `code_text` spells them."""

CODE = "code"


def recode(
    microdata: Frame,
    codebook: AnyFrame,
    *,
    nonresponse: Code | Collection[Code] = (),
    not_asked: Code | Collection[Code] = (),
) -> Frame:
    """`microdata` with each question's codes as choice numbers 1..K, 0 for no substantive answer, null for not asked.

    A null stays null. Codes compare as text after trimming, whole numbers without decimals, so `1`, `1.0`
    and `" 1"` are one code.

    Args:
        microdata: One row per respondent, a column per question.
        codebook: Codebook of the questions; its column `code` says which code is which choice, or without one `label`.
        nonresponse: The code or codes for refused and don't know.
        not_asked: The code or codes for a question that was not put.

    Raises:
        FrameError: a question that is no column, a code of two choices, or one that neither codebook nor options
            know; the last at once for a DataFrame, on collect for a LazyFrame.
        OptionError: a code that is a choice and nonresponse at once.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1, 2],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> recode(pl.DataFrame({"q": ["No", "Yes", "Refused"]}), codebook, nonresponse=["Refused"])["q"].to_list()
    [2, 1, 0]
    """
    return number_choices(microdata, codebook_border(codebook), nonresponse=nonresponse, not_asked=not_asked)


def number_choices(
    microdata: Frame,
    codebook: pl.DataFrame,
    *,
    nonresponse: Code | Collection[Code] = (),
    not_asked: Code | Collection[Code] = (),
) -> Frame:
    """`recode` for a codebook that is checked already. Raises: as `recode`."""
    no_choice = dict.fromkeys(_code_texts(not_asked)) | dict.fromkeys(_code_texts(nonresponse), NO_ANSWER)
    questions = codebook["question"].unique(maintain_order=True)
    return replace_codes(microdata, {name: _choices(codebook, name, no_choice) for name in questions}, pl.UInt8)


def replace_codes(microdata: Frame, maps: Mapping[str, CodeMap], dtype: type[pl.DataType]) -> Frame:
    """`microdata` with the codes of each column of `maps` replaced by what its map gives for them; null stays null.

    Raises: FrameError for a column that is missing or a code that its map lacks.
    """
    _refuse_missing(microdata, maps)
    if not maps:
        return microdata
    lazy = microdata.lazy()
    broken = lazy.select(_unknown(column, codes).implode().alias(column) for column, codes in maps.items())
    if isinstance(microdata, pl.DataFrame):
        _refuse_unknown(broken.collect())
    replaced = lazy.with_columns(_replaced(column, codes, dtype).alias(column) for column, codes in maps.items())
    return same_kind(guarded(replaced, broken, _refuse_unknown), microdata)


def code_text(code: Code) -> str:
    """How a code is compared: trimmed text, whole numbers without decimals.

    >>> code_text(1.0), code_text(" Very safe "), code_text(1.5)
    ('1', 'Very safe', '1.5')
    """
    if isinstance(code, str):
        return code.strip()
    return str(int(code)) if float(code).is_integer() else str(code)


def _code_texts(codes: Code | Collection[Code]) -> list[str]:
    return [code_text(code) for code in ([codes] if isinstance(codes, Code) else codes)]


def codes_as_text(column: str) -> pl.Expr:
    """The column's codes as `code_text` spells them; empty text is null."""
    trimmed = pl.col(column).cast(pl.String).str.strip_chars().str.replace(r"^(-?\d+)\.0*$", "$1")
    return pl.when(trimmed != "").then(trimmed)


def _choices(codebook: pl.DataFrame, question: str, no_choice: dict[str, int | None]) -> dict[str, int | None]:
    """The choice number of each code of a question, those of `no_choice` included."""
    rows = codebook.filter(pl.col("question") == question)
    codes = [code_text(code) for code in rows[CODE if CODE in codebook.columns else "label"]]
    if ambiguous := sorted({code for code in codes if code in no_choice}):
        raise OptionError(
            f"{question}: codes {', '.join(ambiguous)} are choices of the codebook and nonresponse or not asked. "
            "Name each code as one of them."
        )
    if repeated := sorted({code for code in codes if codes.count(code) > 1}):
        raise FrameError(
            f"{question}: {len(repeated)} codes stand for several choices, e.g. "
            f"{examples([(code,) for code in repeated])}. Give each choice a code, or a label, of its own."
        )
    return no_choice | dict(zip(codes, rows["choice"], strict=True))


def _replaced(column: str, codes: CodeMap, dtype: type[pl.DataType]) -> pl.Expr:
    values = pl.Series(list(codes.values()), dtype=dtype)
    return codes_as_text(column).replace_strict(list(codes), values, default=None, return_dtype=dtype)


def _unknown(column: str, codes: CodeMap) -> pl.Expr:
    text = codes_as_text(column)
    return text.filter(text.is_not_null() & ~text.is_in(list(codes)))


def _refuse_missing(microdata: AnyFrame, maps: Mapping[str, object]) -> None:
    if not isinstance(microdata, pl.DataFrame | pl.LazyFrame):
        raise FrameError(f"microdata must be a Polars DataFrame or LazyFrame, not {type(microdata).__name__}.")
    columns = microdata.collect_schema().names()
    if missing := [(column,) for column in maps if column not in columns]:
        raise FrameError(
            f"microdata lacks {len(missing)} columns, e.g. {examples(missing)}. It has: "
            f"{examples([(name,) for name in columns], 8)}. Rename columns with .rename(…), or restrict the codebook."
        )


def _refuse_unknown(broken: pl.DataFrame) -> None:
    unknown = {column: codes for column, codes in broken.row(0, named=True).items() if codes}
    if unknown:
        pairs = sorted({(column, code) for column, codes in unknown.items() for code in codes})
        raise FrameError(
            f"microdata: {sum(map(len, unknown.values()))} values of {len(unknown)} columns are codes that nothing "
            f"explains, e.g. {examples(pairs)}. Add them to the codebook, or name them as nonresponse or not_asked; "
            "a reader takes codes that are no class as outside."
        )
