"""Human rows of Opinions: microdata and a codebook go in; shares of every group, or the counts behind them, come out.

Microdata hold one row per respondent. The column of a question holds choice numbers 1..K as the
codebook numbers them, 0 (`NO_ANSWER`) for asked but no substantive answer (refused, don't know),
and null. What a null means is the keyword `blank`: "not asked" (default), or "nonresponse".
"""

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import OptionError, check_option
from opinionframe.microdata.broken_values import refuse_respondents
from opinionframe.microdata.design import Design
from opinionframe.microdata.groups import group_labels
from opinionframe.microdata.microdata_border import microdata_border, refuse_uncoded
from opinionframe.microdata.replication import replicate_errors, warned_of_empty
from opinionframe.microdata.shares import cells, human_rows, shares, with_errors
from opinionframe.microdata.tally import LongAnswers, long_answers, tally
from opinionframe.microdata.taylor import taylor_errors
from opinionframe.schemas.borders import AnyFrame, codebook_border
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.lazy import Frame, guarded, same_kind

BLANKS = ("not asked", "nonresponse")


def reference(
    microdata: Frame,
    codebook: AnyFrame,
    by: str | Sequence[str] = (),
    *,
    weight: str | None = None,
    blank: str = "not asked",
    everyone: bool = True,
    min_n: int = 1,
    design: Design | None = None,
) -> Frame:
    """Opinions with source `human`: the share of each choice in each group, in [0, 1].

    Args:
        microdata: One row per respondent; a question's column holds choice numbers 1..K, 0 for no substantive
            answer, and null.
        codebook: Codebook of the questions.
        by: Columns of classes, or intersections of them (`"sex & age"`); a respondent without a class belongs to
            none of that column's groups.
        weight: The column of weights, zero or more; everybody counts 1 without.
        blank: What a null in a question's column is: `not asked`, or `nonresponse`.
        everyone: Whether there is also the group `all`.
        min_n: A group with fewer substantive answers of positive weight to a question has no cell: `respondents`
            lists them.
        design: Strata, units or replicate weights, where you have them. A replicate that is all zero within a cell is
            left out of it, with an OpinionFrameWarning.

    Returns:
        question, demographic, choice, source, prob, n_eff (Kish: (sum w)^2 / sum w^2 over substantive
        answers), nonresponse (weighted share of those asked who gave none). With a `design` also
        std_error of prob, and n_eff by the design: (1 - sum p^2) / sum of squared standard errors (Kish's where
        nothing varies, or no replicate has weight, which leaves std_error null).

    Raises:
        FrameError: a column missing or of the wrong type, a code that is no choice, a weight
            negative, infinite, NaN or null; at once for a DataFrame, on collect for a LazyFrame. A question whose
            codes in the file are other numbers than its choices, by the codebook, and whose column is not UInt8,
            as `recode` makes it.
        OptionError: an unknown option, or `by` misspelled.

    >>> microdata = pl.DataFrame({"q": [1, 2, 2, 0], "sex": ["F", "F", "M", "M"], "w": [1.0, 3.0, 2.0, 2.0]})
    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1, 2],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> human = reference(microdata, codebook, "sex", weight="w", everyone=False)
    >>> human.select("demographic", "choice", "prob", "nonresponse").rows()
    [('sex=F', 1, 0.25, 0.0), ('sex=F', 2, 0.75, 0.0), ('sex=M', 1, 0.0, 0.5), ('sex=M', 2, 1.0, 0.5)]
    """
    book = codebook_border(codebook)
    return human_opinions(
        microdata, book, by, weight=weight, blank=blank, everyone=everyone, min_n=min_n, design=design
    )


def respondents(
    microdata: Frame,
    codebook: AnyFrame,
    by: str | Sequence[str] = (),
    *,
    weight: str | None = None,
    blank: str = "not asked",
    everyone: bool = True,
    min_n: int = 1,
) -> Frame:
    """Every (question, demographic) that `reference` considers, kept or suppressed, with its counts.

    Args:
        microdata: One row per respondent; a question's column holds choice numbers 1..K, 0 for no substantive
            answer, and null.
        codebook: Codebook of the questions.
        by: Columns of classes, or intersections of them (`"sex & age"`); a respondent without a class belongs to
            none of that column's groups.
        weight: The column of weights, zero or more; everybody counts 1 without.
        blank: What a null in a question's column is: `not asked`, or `nonresponse`.
        everyone: Whether there is also the group `all`.
        min_n: The fewest substantive answers of positive weight that make a cell.

    Returns:
        question, demographic, n_asked and n (respondents asked, and with a substantive answer), n_eff,
        nonresponse, suppressed (whether `reference` with the same options leaves the cell out).

    Raises: as `reference`.

    >>> microdata = pl.DataFrame({"q": [1, 2, 0], "sex": ["F", "F", "M"]})
    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1, 2],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> respondents(microdata, codebook, "sex").select("demographic", "n_asked", "n", "suppressed").rows()
    [('all', 3, 2, False), ('sex=F', 2, 2, False), ('sex=M', 1, 0, True)]
    """
    book = codebook_border(codebook)
    answers, broken = _answers(microdata, book, by, weight, blank, everyone=everyone)
    rows = (
        cells(tally(answers), _smallest(min_n))
        .select(*GROUP, "n_asked", "n", "n_eff", "nonresponse", "suppressed")
        .sort(GROUP)
    )
    return same_kind(guarded(rows, broken, refuse_respondents), microdata)


def human_opinions(
    microdata: Frame,
    codebook: pl.DataFrame,
    by: str | Sequence[str] = (),
    *,
    weight: str | None = None,
    blank: str = "not asked",
    everyone: bool = True,
    min_n: int = 1,
    design: Design | None = None,
) -> Frame:
    """`reference` for a codebook that is checked already. Raises: as `reference`."""
    answers, broken = _answers(microdata, codebook, by, weight, blank, everyone=everyone, design=design)
    group_shares = shares(tally(answers), codebook, _smallest(min_n))
    if design is None:
        return same_kind(guarded(human_rows(group_shares), broken, refuse_respondents), microdata)
    errors = _errors(answers, microdata.lazy(), group_shares, design)
    opinions = guarded(human_rows(with_errors(group_shares, errors)), broken, refuse_respondents)
    return same_kind(warned_of_empty(opinions, errors, design) if design.replicates else opinions, microdata)


def _answers(
    microdata: AnyFrame,
    codebook: pl.DataFrame,
    by: str | Sequence[str],
    weight: str | None,
    blank: str,
    *,
    everyone: bool,
    design: Design | None = None,
) -> tuple[LongAnswers, pl.LazyFrame]:
    """The answers in long form, and the row of broken values that a lazy plan guards itself with."""
    check_option("blank", blank, BLANKS)
    attributes, labels = group_labels(by, everyone=everyone)
    sizes = codebook.group_by("question").len().sort("question").rows()
    n_choices = {str(question): int(size) for question, size in sizes}
    broken = microdata_border(microdata, n_choices, attributes, weight, design)
    refuse_uncoded(microdata.collect_schema(), codebook)
    answers = long_answers(
        microdata.lazy(),
        list(n_choices),
        labels,
        weight,
        blank_is_nonresponse=blank == "nonresponse",
        design_columns=design.answer_columns() if design else {},
    )
    return answers, broken


def _errors(answers: LongAnswers, microdata: pl.LazyFrame, group_shares: pl.LazyFrame, design: Design) -> pl.LazyFrame:
    if design.replicates:
        return replicate_errors(answers, group_shares, design)
    return taylor_errors(answers, microdata, group_shares, design)


def _smallest(min_n: int) -> int:
    if min_n < 1:
        raise OptionError(f"min_n={min_n} is below 1. A cell needs at least one substantive answer.")
    return min_n
