"""`tables.tests`: Tests go in; differences in points with intervals, p-values and what they rest on come out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from opinionframe.errors import FrameError
from opinionframe.schemas import Tests
from opinionframe.schemas.borders import AnyFrame, checked, codebook_border, groups_border
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.one_metric import METRIC, metric_in, refuse_mixed
from opinionframe.schemas.source import PARTS, SEPARATOR
from opinionframe.tables import marks, tests_notes
from opinionframe.tables.by_values import COLUMN_NAMES, by_values, keys_of, refuse_twice
from opinionframe.tables.cell_values import EXACT
from opinionframe.tables.document import Table
from opinionframe.tables.group_notes import group_notes
from opinionframe.tables.said_once import said_once
from opinionframe.tables.scores import metric_notes
from opinionframe.tables.source_columns import SOURCE_LABELS, between, source_columns

TRIPLE, MARGIN = "triple", "margin"
LABELS = {
    **SOURCE_LABELS,
    "versus": "Against",
    "method": "Test",
    "estimate": "Difference",
    "p": "p",
    MARGIN: "Margin",
    "n": "Cells",
    "n_clusters": "Clusters",
}
WORDS = (*SOURCE_LABELS, "versus", "method")
ONCE = (*WORDS, MARGIN, "n", "n_clusters")
SMALLEST_P = 0.001


@takes_frames
def tests(
    tests: AnyFrame,
    *,
    by: str | Sequence[str] | None = None,
    groups: AnyFrame | None = None,
    codebook: AnyFrame | None = None,
    title: str | None = None,
    note: str = "",
) -> Table:
    """Tests of any kind: differences in points of alignment with intervals, p, test, cells and clusters. Collects.

    A row is a comparison: a source, and what it is compared with, by one test. Values of `by`, such as groups or
    topics, are sections; where each has a single comparison, they are the rows.

    Args:
        tests: Tests of `compare`, `anova`, `equivalence` or `compare_respondents`, or several together.
        by: The columns that tests were made by; where not given, those in front of `pair`, where verbs put them.
        groups: Groups, such as `survey.groups`, which order and name the classes.
        codebook: Codebook, whose texts stand beside questions where tests are by question.
        title: Printed above.
        note: Printed below.

    Raises: FrameError for a broken frame, no rows, several metrics that `by` does not keep apart, or a comparison that
        is there twice; OptionError for a column that is not there.

    >>> cells = {"question": ["q1", "q2", "q3"] * 2, "demographic": ["all"] * 6}
    >>> cells |= {"source": ["a"] * 3 + ["b"] * 3, "alignment": [0.6, 0.5, 0.8, 0.8, 0.8, 0.9]}
    >>> import opinionframe as of
    >>> table = tests(of.compare(pl.DataFrame(cells), pair=[("b", "a")]))
    >>> table.cells.select("method", "estimate", "p").rows()[1]
    ('cluster-robust t', '20.0 [\u22124.8, 44.8]', '0.074')
    """
    rows = checked(tests, Tests, "tests")
    if rows.is_empty():
        raise FrameError("tests has no rows, so there is nothing to print. Check the filters behind of.compare.")
    keys = keys_of(tests, by, "pair")
    refuse_mixed(rows, keys, name="tests")
    refuse_twice(rows, [*keys, "pair", "source", "versus", "method"], "tests")
    named = groups_border(groups)
    apart = rows.with_columns(_triple()) if TRIPLE in keys else rows
    book = None if codebook is None else codebook_border(codebook)
    parts = source_columns(_with_margin(apart)).with_columns(_versus())
    shown = parts.join(by_values(apart, keys, named, book), on=keys, how="left", nulls_equal=True) if keys else parts
    are_rows = bool(keys) and shown.height > 1 and not shown["place"].is_duplicated().any()
    cells = _cells(shown, keys, are_rows=are_rows)
    names = {"label": COLUMN_NAMES.get(keys[-1], keys[-1].capitalize()), **LABELS} if are_rows else LABELS
    labels, said = said_once(cells, names, ONCE, ["label", *WORDS])
    has_sections = "section" in cells.columns
    return Table(
        cells=cells,
        labels=labels,
        title=title or "Differences in alignment, and tests of them",
        notes=(
            *(metric_notes(metric_in(rows)) if METRIC not in keys else []),
            *tests_notes.notes(rows),
            *said,
            *(group_notes(rows["demographic"].drop_nulls(), named) if "demographic" in keys else []),
            *([note] if note else []),
        ),
        group="section" if has_sections else None,
        text=frozenset({*WORDS, "label"}),
    )


def _triple() -> pl.Expr:
    """A triple as it is printed: the parts of its calibrated source."""
    return pl.col(TRIPLE).str.replace_all(SEPARATOR, ", ", literal=True).str.replace(", standard", "", literal=True)


def _with_margin(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with `margin`, null where tests have none."""
    return rows if MARGIN in rows.columns else rows.with_columns(pl.lit(None, pl.Float64).alias(MARGIN))


def _versus() -> pl.Expr:
    """What a source is compared with, by the parts in which it differs: `raw`, `base`, or a name."""
    other = pl.col("versus").str.splitn(SEPARATOR, len(PARTS)).struct
    own = pl.col("source").str.splitn(SEPARATOR, len(PARTS)).struct
    *parts, (calibrator, own_calibrator) = [(other.field(f"field_{i}"), own.field(f"field_{i}")) for i in range(5)]
    differing = [pl.when(value.ne_missing(mine)).then(value) for value, mine in parts]
    is_standard = other.field("field_3") == "standard"
    is_raw = calibrator.is_null() & own_calibrator.is_not_null() & is_standard
    method = pl.when(is_raw).then(pl.lit("raw")).when(calibrator.ne_missing(own_calibrator)).then(calibrator)
    names = pl.concat_str([*differing, method], separator=", ", ignore_nulls=True)
    return marks.cleaned(pl.when(names == "").then("versus").otherwise(names)).alias("versus")


def _cells(shown: pl.DataFrame, keys: list[str], *, are_rows: bool) -> pl.DataFrame:
    """The printed rows, in the order of their sections; limits, errors and p-values to all their digits too."""
    points = {"estimate": "estimate", "estimate_low": "conf_low", "estimate_high": "conf_high"}
    estimate, low, high = (100 * pl.col(column) for column in points.values())
    section = ["above" if are_rows else "heading"] if keys else []
    has_headings = bool(section) and (shown[section[0]] != "").any()
    p = pl.when(pl.col("adjust") == "none").then("p_value").otherwise("p_adjusted")
    in_order = shown.sort(*(["place"] if keys else []), "source", "pair", "versus", maintain_order=True)
    return in_order.select(
        *([pl.col(section[0]).alias("section")] if has_headings else []),
        *(["label"] if are_rows else []),
        *SOURCE_LABELS,
        "versus",
        marks.cleaned(pl.col("method")),
        between(estimate, low, high).alias("estimate"),
        _p_text(p).alias("p"),
        marks.number(100 * pl.col(MARGIN)).alias(MARGIN),
        *(marks.number(pl.col(count), 0).alias(count) for count in ("n", "n_clusters")),
        *((100 * pl.col(column)).alias(f"{name}{EXACT}") for name, column in points.items()),
        p.alias(f"p{EXACT}"),
        (100 * pl.col("std_error")).alias("std_error"),
        pl.col("statistic"),
    )


def _p_text(p: pl.Expr) -> pl.Expr:
    """A p-value with three decimals."""
    return pl.when(p < SMALLEST_P).then(pl.lit(f"< {SMALLEST_P}")).otherwise(marks.number(p, 3))
