"""Wide frames: one row per cell and a column per choice, named by label or by place, come in and go out."""

from collections.abc import Collection, Sequence

import polars as pl

from opinionframe.errors import FrameError, check_option, examples
from opinionframe.schemas.borders import codebook_border, opinions_border
from opinionframe.schemas.columns import AnyFrame, typed_columns
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.keys import CELL, CHOICE

COLUMNS = ("label", "place")
WORKING = ("choice", "prob", "column")
PLACES = ("choice", "listed")
LISTED = "listed"
"""The column of a codebook that has each choice's place in the user's own list, where some differ from the scale's."""


@takes_frames
def from_wide(wide: AnyFrame, codebook: AnyFrame, *, prefix: str = "p", places: str | None = None) -> pl.DataFrame:
    """Opinions from one row per cell: question, demographic, source, and a column of shares per choice. Collects.

    The columns are named by the labels of the codebook, or by place: `p1`…`pK`. Where a question's labels were listed
    in another order than that of the scale, places could be either, and labels or `places` have to say.

    Args:
        wide: One row per cell. Questions without a choice leave its column empty; further columns, such as `n_eff`,
            travel along.
        codebook: Codebook of its questions.
        prefix: How the names of the share columns begin, where they are named by place.
        places: What places count: `choice`, the codebook's choice numbers, in scale order, or `listed`, the labels as
            they were listed for `codebook`.

    Raises: FrameError, also for shares of a label that its question does not have; OptionError.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> cell = {"question": ["natspac"], "demographic": ["all"], "source": ["mine"]}
    >>> shares = {"p1": [0.2], "p2": [0.3], "p3": [0.5]}
    >>> from_wide(pl.DataFrame(cell | shares), survey.codebook)["prob"].to_list()
    [0.2, 0.3, 0.5]
    >>> labels = {"Too much": [0.5], "About right": [0.3], "Too little": [0.2]}
    >>> from_wide(pl.DataFrame(cell | labels), survey.codebook)["prob"].to_list()
    [0.2, 0.3, 0.5]
    """
    rows = typed_columns(wide, dict.fromkeys(CELL, pl.String()), "wide").collect()
    book = codebook_border(codebook)
    names = [name for name in rows.columns if name not in CELL]
    numbered = [name for name in names if name.startswith(prefix) and name.removeprefix(prefix).isdigit()]
    labels = set(book["label"])
    labelled = [name for name in names if name in labels and name not in numbered]
    _refuse_unclear(rows, numbered, labelled, prefix)
    _refuse_both([name for name in numbered if name in labels])
    choices = _by_label(book, labelled) if labelled else _by_place(book, rows, numbered, prefix, places)
    shares = labelled or numbered
    extra = [name for name in names if name not in shares]
    if taken := [(name,) for name in extra if name in WORKING]:
        raise FrameError(
            f"wide: {len(taken)} columns of its own bear the names of what is made, e.g. {examples(taken)}."
        )
    columns = {f"share {number}": name for number, name in enumerate(shares)}  # a label may be called prob
    parts = rows.rename({name: column for column, name in columns.items()})
    long = parts.unpivot(list(columns), index=[*CELL, *extra], variable_name="column", value_name="prob")
    named = long.drop_nulls("prob").with_columns(pl.col("column").replace_strict(columns, return_dtype=pl.String))
    placed = named.join(choices, on=["question", "column"], how="left")
    _refuse_unplaced(placed.filter(pl.col("choice").is_null()), book)
    return opinions_border(placed.select(*CHOICE, "source", "prob", *extra).sort("source", *CHOICE), book).collect()


@takes_frames
def to_wide(opinions: AnyFrame, codebook: AnyFrame, *, columns: str = "label", prefix: str = "p") -> pl.DataFrame:
    """One row per cell: question, demographic, source, and a column of shares per choice. Collects.

    Args:
        opinions: Opinions of any sources.
        codebook: Codebook of their questions.
        columns: How columns are named: by `label`, or by `place`: `p1`…`pK`, the codebook's choice numbers.
        prefix: How their names begin, where they are named by place.

    Returns: Further columns that are constant within a cell, such as `n_eff`, travel along, others such as `std_error`
        have no place in it; a choice that a question does not have is null. `from_wide` reads it back, by place with
        `places="choice"`.

    Raises: FrameError, also for two choices of a question with one label; OptionError.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> everyone = survey.opinions.filter(question="natspac", demographic="all")
    >>> to_wide(everyone, survey.codebook).columns
    ['question', 'demographic', 'source', 'n_eff', 'nonresponse', 'Too little', 'About right', 'Too much']
    """
    check_option("columns", columns, COLUMNS)
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).collect()
    name = pl.format("{}{}", pl.lit(prefix), "choice") if columns == "place" else pl.col("label")
    names = book.select("question", "choice", name.alias("column"))
    _refuse_twice(names)
    varying = [column for column in rows.columns if column not in {*CHOICE, "source", "prob"}]
    kept = rows.group_by(CELL).agg(pl.col(varying).n_unique() == 1).select(pl.col(varying).all()) if varying else None
    constant = [column for column in varying if kept is not None and kept[column][0]]
    if taken := [(label,) for label in sorted({*CELL, *constant} & set(names["column"]))]:
        raise FrameError(
            f"{len(taken)} labels are the names of other columns, e.g. {examples(taken)}. "
            "Name columns by place: columns='place'."
        )
    order = names["column"].unique(maintain_order=True).to_list() if columns == "label" else _in_number(names, prefix)
    wide = rows.join(names, on=["question", "choice"]).pivot("column", index=[*CELL, *constant], values="prob")
    return wide.select(*CELL, *constant, *(column for column in order if column in wide.columns)).sort(CELL)


def _by_place(
    book: pl.DataFrame, rows: pl.DataFrame, numbered: Sequence[str], prefix: str, places: str | None
) -> pl.DataFrame:
    """The choice of each question's numbered columns. Raises: FrameError, OptionError."""
    if places is not None:
        check_option("places", places, PLACES)
    own = pl.col(LISTED).fill_null(pl.col("choice")) if LISTED in book.columns else pl.col("choice")
    moved = book.filter(own != pl.col("choice"), pl.col("question").is_in(rows["question"].implode()))
    if places is None and len(moved):
        questions = moved.select("question").unique().sort("question").rows()
        raise FrameError(
            f"wide: {len(questions)} questions list their labels in another order than that of the scale, e.g. "
            f"{examples(questions)}: {prefix}1, {prefix}2, … could be either. Name the columns by the labels, or say "
            "places='listed' or places='choice'."
        )
    place = own if places == "listed" else pl.col("choice")
    return book.select("question", pl.format("{}{}", pl.lit(prefix), place).alias("column"), "choice").filter(
        pl.col("column").is_in(list(numbered))
    )


def _by_label(book: pl.DataFrame, labelled: Sequence[str]) -> pl.DataFrame:
    """The choice of each question's labels. Raises: FrameError for one label of two choices."""
    choices = book.select("question", pl.col("label").alias("column"), "choice").filter(
        pl.col("column").is_in(list(labelled))
    )
    _refuse_twice(choices)
    return choices


def _in_number(names: pl.DataFrame, prefix: str) -> list[str]:
    return [f"{prefix}{number}" for number in names["choice"].unique().sort()]


def _refuse_unclear(rows: pl.DataFrame, numbered: Collection[str], labelled: Collection[str], prefix: str) -> None:
    if numbered and labelled:
        raise FrameError(
            f"wide has columns by label, e.g. {examples([(name,) for name in labelled])}, and by place, e.g. "
            f"{examples([(name,) for name in numbered])}. Drop or rename one of them."
        )
    if not numbered and not labelled:
        raise FrameError(
            f"wide has no share column {prefix}1, {prefix}2, …, and none named by a label of the codebook: it has "
            f"{rows.width} columns, {', '.join(rows.columns)}. Rename them, or set prefix=…."
        )


def _refuse_both(names: Collection[str]) -> None:
    if names:
        raise FrameError(
            f"wide: {len(names)} columns are named as a label is and as a place is, e.g. "
            f"{examples([(name,) for name in names])}: either could be meant. Set prefix='…' to another than theirs, "
            "and rename the columns if they are places."
        )


def _refuse_unplaced(unplaced: pl.DataFrame, book: pl.DataFrame) -> None:
    if len(unplaced):
        pairs = unplaced.select("question", "column").unique().sort("question", "column").rows()
        has = book.filter(question=pairs[0][0])["label"].to_list()
        raise FrameError(
            f"wide: {len(unplaced)} shares are of choices that their question does not have, e.g. {examples(pairs)}. "
            f"{pairs[0][0]!r} has: {examples([(label,) for label in has], 8) or 'no row in the codebook'}."
        )


def _refuse_twice(names: pl.DataFrame) -> None:
    twice = names.filter(pl.struct("question", "column").is_duplicated()).select("question", "column").unique()
    if len(twice):
        raise FrameError(
            f"codebook: {len(twice)} labels stand for two choices of a question, e.g. "
            f"{examples(twice.sort('question', 'column').rows())}. Name columns by place."
        )
