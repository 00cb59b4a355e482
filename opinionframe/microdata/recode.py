"""Choice numbers for the codes and labels of a survey's file: microdata go in, the same with numbered answers come out.

A codebook says which code is which choice in its extra column `code`, and by `label` where a question has none; in
`low` and `above` it says which numbers are which choice, where a question is binned.
"""

import re
from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.microdata.codes import (
    Bins,
    Code,
    CodeMap,
    CodesOf,
    code_text,
    codes_as_text,
    codes_by_column,
    refuse_missing_columns,
    replace_codes,
)
from opinionframe.microdata.tally import NO_ANSWER
from opinionframe.microdata.unused_codes import warned_of_unused
from opinionframe.schemas.borders import AnyFrame, codebook_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.lazy import Frame

CODE, LOW, ABOVE = "code", "low", "above"
"""Columns of a codebook: a choice's code in the file, or the least number that is the choice and the least above it."""

CODED = pl.UInt8
"""The type of a column of choice numbers: what `recode` makes, and what raw files are not read as."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")


@takes_frames
def recode(microdata: Frame, codebook: AnyFrame, *, nonresponse: CodesOf = (), not_asked: CodesOf = ()) -> Frame:
    """`microdata` with each question's codes as choice numbers 1..K, 0 for no substantive answer, null for not asked.

    A null stays null. Codes compare as text after trimming, whole numbers without decimals, so `1`, `1.0`
    and `" 1"` are one code. A column that is UInt8 is numbered already, since `recode` makes that type and files are
    not read as it: it is refused, so that running `recode` twice cannot turn a scale around.

    Args:
        microdata: One row per respondent, a column per question.
        codebook: Codebook of the questions; its column `code` says which code is which choice, `label` where a
            question has no code; `low` and `above` which numbers are, where it has bins.
        nonresponse: The code or codes for refused and don't know, of all questions, or those of each question by name:
            `{"interest": [8], "leftright": [88]}`.
        not_asked: The code or codes for a question that was not put, likewise. A code of either that no respondent
            has brings an OpinionFrameWarning.

    Raises:
        FrameError: a question that is no column, or is numbered already, a code of two choices, codes for some of a
            question's choices only, or a code that neither codebook nor options know; the last at once for a
            DataFrame, on collect for a LazyFrame.
        OptionError: a code that is a choice and nonresponse at once, a question that is not in the codebook.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1, 2],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> recode(pl.DataFrame({"q": ["No", "Yes", "Refused"]}), codebook, nonresponse=["Refused"])["q"].to_list()
    [2, 1, 0]
    """
    book = codebook_border(codebook)
    maps, bins = code_maps(microdata, book, nonresponse=nonresponse, not_asked=not_asked)
    numbered = replace_codes(microdata, maps, CODED, bins)
    return warned_of_unused(numbered, microdata, list(maps), (nonresponse, not_asked))


def code_maps(
    microdata: AnyFrame, codebook: pl.DataFrame, *, nonresponse: CodesOf, not_asked: CodesOf
) -> tuple[dict[str, CodeMap], dict[str, Bins]]:
    """The choice number of each code of each question, and its bins. Raises: as `recode`, but for unknown codes."""
    questions = _questions(codebook)
    refuse_missing_columns(microdata, questions)
    _refuse_numbered(microdata, questions)
    return _maps(codebook, nonresponse, not_asked)


def number_choices(
    microdata: Frame, codebook: pl.DataFrame, *, nonresponse: CodesOf = (), not_asked: CodesOf = ()
) -> Frame:
    """`recode` for a codebook that is checked already, of columns that are codes. Raises: as `recode`."""
    maps, bins = _maps(codebook, nonresponse, not_asked)
    return replace_codes(microdata, maps, CODED, bins)


def _maps(
    codebook: pl.DataFrame, nonresponse: CodesOf, not_asked: CodesOf
) -> tuple[dict[str, CodeMap], dict[str, Bins]]:
    questions = _questions(codebook)
    refused = codes_by_column("nonresponse", nonresponse, questions)
    unasked = codes_by_column("not_asked", not_asked, questions)
    maps: dict[str, CodeMap] = {}
    bins: dict[str, Bins] = {}
    for (question,), rows in codebook.group_by("question", maintain_order=True):
        no_choice = _no_choice(str(question), refused[str(question)], unasked[str(question)])
        maps[str(question)] = _choices(str(question), rows, no_choice)
        bins[str(question)] = _bins(rows)
    return maps, bins


def needs_recode(codebook: pl.DataFrame) -> list[str]:
    """The questions whose codes in the file differ from the numbers of their choices, or are binned.

    Where a question has no code, its labels are the codes: those that are numbers could pass for choice numbers.
    """
    label = codes_as_text("label")
    number = pl.when(label.str.contains(f"^{_NUMBER.pattern}$")).then(label)
    code = pl.coalesce(codes_as_text(CODE), number) if CODE in codebook.columns else number
    differs = (code != pl.col("choice").cast(pl.String)).fill_null(value=False)
    if LOW in codebook.columns:
        differs = differs | pl.col(LOW).is_not_null()
    return codebook.filter(differs)["question"].unique(maintain_order=True).to_list()


def _questions(codebook: pl.DataFrame) -> list[str]:
    return codebook["question"].unique(maintain_order=True).to_list()


def _refuse_numbered(microdata: AnyFrame, questions: Sequence[str]) -> None:
    schema = microdata.collect_schema()
    if numbered := [(name,) for name in questions if schema[name] == CODED]:
        raise FrameError(
            f"microdata: {len(numbered)} questions are UInt8, and so numbered already by recode, "
            f"e.g. {examples(numbered)}. Go on with of.reference(…). If they hold the file's own codes after all, "
            "cast them first with .cast(pl.Int64)."
        )


def _no_choice(question: str, nonresponse: Sequence[Code], not_asked: Sequence[Code]) -> dict[str, int | None]:
    """What codes that are no choice become. Raises: OptionError for one that is named as both."""
    refused, unasked = ([code_text(code) for code in codes] for codes in (nonresponse, not_asked))
    if "" in (*refused, *unasked):
        raise OptionError(
            f"{question}: empty text is no code, since it is read as null, as not asked. "
            "reference(…, blank='nonresponse') counts nulls as nonresponse."
        )
    if both := [(code,) for code in refused if code in unasked]:
        raise OptionError(
            f"{question}: codes {examples(both)} are named as nonresponse and as not_asked. Name each as one of them."
        )
    return dict.fromkeys(unasked) | dict.fromkeys(refused, NO_ANSWER)


def _choices(question: str, rows: pl.DataFrame, no_choice: dict[str, int | None]) -> dict[str, int | None]:
    """The choice number of each code of a question, those of `no_choice` included."""
    coded = rows.filter(pl.col(LOW).is_null()) if LOW in rows.columns else rows
    codes = _codes(question, coded)
    labels = [str(label).strip() for label in rows["label"]]
    if named := sorted(
        code for code in no_choice if code in codes or _is_label(code, labels) or _is_binned(code, rows)
    ):
        raise OptionError(
            f"{question}: codes {', '.join(named)} are choices of the codebook and nonresponse or not asked. "
            "Name each code as one of them; where a code is an answer to one question and none to another, name it by "
            f"question: nonresponse={{'{question}': […]}}."
        )
    if repeated := sorted({code for code in codes if codes.count(code) > 1}):
        raise FrameError(
            f"{question}: {len(repeated)} codes stand for several choices, e.g. "
            f"{examples([(code,) for code in repeated])}. Give each choice a code, or a label, of its own."
        )
    return no_choice | dict(zip(codes, coded["choice"], strict=True))


def _codes(question: str, rows: pl.DataFrame) -> list[str]:
    """How the file spells each of the choices `rows`: by code, or by label where the question has none."""
    given = rows[CODE].drop_nulls() if CODE in rows.columns else pl.Series([], dtype=pl.String)
    if given.len() not in (0, rows.height):
        raise FrameError(
            f"{question}: {given.len()} of {rows.height} choices have a code. Give every choice of a question one, "
            "or none, where the file holds labels."
        )
    return [code_text(code) for code in (given if given.len() else rows["label"])]


def _bins(rows: pl.DataFrame) -> Bins:
    if not {LOW, ABOVE} <= set(rows.columns):
        return ()
    return rows.select(LOW, ABOVE, "choice").drop_nulls().rows()


def _is_label(code: str, labels: Sequence[str]) -> bool:
    """Whether a name is a choice's label in words; one that is a number is a code."""
    return code in labels and not _NUMBER.fullmatch(code)


def _is_binned(code: str, rows: pl.DataFrame) -> bool:
    return bool(_NUMBER.fullmatch(code)) and any(low <= float(code) < above for low, above, _ in _bins(rows))
