"""Codes of a codebook without any: microdata and a codebook go in; the codebook with a code per choice comes out."""

from collections.abc import Collection

import polars as pl

from opinionframe.microdata.codes import codes_as_text
from opinionframe.microdata.recode import CODE, LOW, needs_recode

WHOLE = r"^-?\d+$"
LISTED = "listed"


def with_choice_codes(
    codebook: pl.DataFrame, microdata: pl.DataFrame, no_answers: Collection[str] = ()
) -> pl.DataFrame:
    """`codebook` in which choice numbers are the codes of questions that hold these, and say no codes themselves.

    Such a question has neither codes nor bins, no label that is a number, none of its labels among the answers, and
    whole numbers alone, but for what `no_answers` names. So a 0 that nobody named is refused by `recode`, and does not
    pass for no answer.

    >>> book = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"]})
    >>> with_choice_codes(book, pl.DataFrame({"q": ["1", "2", None, "9"]}))["code"].to_list()
    ['1', '2']
    >>> with_choice_codes(book, pl.DataFrame({"q": ["Yes", "No"]})).columns
    ['question', 'choice', 'label']
    """
    described = [name for name in (CODE, LOW, LISTED) if name in codebook.columns]
    said = codebook.filter(pl.any_horizontal(pl.lit(value=False), *(pl.col(name).is_not_null() for name in described)))
    silent = [
        name
        for name in codebook["question"].unique(maintain_order=True)
        if name not in {*said["question"], *needs_recode(codebook)}
    ]
    numbered = [name for name in silent if _holds_numbers(microdata, codebook, name, no_answers)]
    if not numbered:
        return codebook
    book = codebook if CODE in codebook.columns else codebook.with_columns(pl.lit(None, pl.String).alias(CODE))
    number = pl.col("choice").cast(pl.String)
    return book.with_columns(pl.when(pl.col("question").is_in(numbered)).then(number).otherwise(CODE).alias(CODE))


def _holds_numbers(microdata: pl.DataFrame, codebook: pl.DataFrame, name: str, no_answers: Collection[str]) -> bool:
    labels = codebook.filter(question=name)["label"].str.strip_chars()
    answers = microdata.select(code=codes_as_text(name)).drop_nulls().unique()["code"]
    others = answers.filter(~answers.is_in(list(no_answers)))
    return bool(not answers.is_in(labels.implode()).any() and others.str.contains(WHOLE).all())
