"""Codes that are named and occur nowhere: microdata and what was named go in; a warning comes out, once rows do."""

from collections.abc import Mapping, Sequence

import polars as pl

from opinionframe.errors import OpinionFrameWarning, examples, warn_user
from opinionframe.microdata.codes import CodesOf, code_list, code_text, codes_as_text, codes_by_column
from opinionframe.schemas.lazy import Frame, guarded


def warned_of_unused(
    numbered: Frame, microdata: Frame, questions: Sequence[str], options: tuple[CodesOf, CodesOf]
) -> Frame:
    """`numbered`, made of `microdata`, with a warning of codes of `options` (nonresponse, not_asked) that nobody has.

    At once for a DataFrame, on collect for a LazyFrame. A code named for all questions need occur in one of them.
    """
    if not any(isinstance(option, Mapping) or code_list(option) for option in options):
        return numbered
    present = microdata.lazy().select(codes_as_text(name).unique().implode().alias(name) for name in questions)

    def warn(row: pl.DataFrame) -> None:
        codes = {name: set(row[name][0].to_list()) for name in questions}
        unused = [name for option in options for name in _unused(option, codes)]
        if unused:
            warn_user(
                f"recode: {len(unused)} codes named as nonresponse or not_asked occur nowhere, e.g. "
                f"{examples(unused)}. Look for a slip in them; where nobody gave such an answer, all is well.",
                OpinionFrameWarning,
            )

    if isinstance(numbered, pl.DataFrame):
        warn(present.collect())
        return numbered
    return guarded(numbered, present, warn)


def _unused(option: CodesOf, codes: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """The codes of an option that are not among `codes`: of their question, or of any where they name none."""
    by_question = {name: map(code_text, named) for name, named in codes_by_column("option", option, codes).items()}
    if isinstance(option, Mapping):
        return [(name, code) for name, named in by_question.items() for code in named if code not in codes[name]]
    everywhere = set().union(*codes.values())
    first = next(iter(by_question.values()), ())
    return [(code,) for code in first if code not in everywhere]
