"""Labels of choices: frames go in; those with shares of choices come out with `label` beside each choice."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from opinionframe.surveys import Survey

CHOICE = ("question", "choice")
"""What a codebook labels."""

LABEL = "label"
CODEBOOK = "codebook"
"""The name under which a codebook is exported."""


def with_labels(frames: Mapping[str, pl.DataFrame], survey: Survey | None) -> dict[str, pl.DataFrame]:
    """`frames`, of which those with shares of choices have `label` after `choice`; null where no codebook has one.

    The labels are those of the survey, else of the frame `codebook`; without either, frames stay as they are.

    >>> codebook = pl.DataFrame({"question": ["q"], "choice": [1], "label": ["yes"]})
    >>> opinions = pl.DataFrame({"question": ["q", "q"], "choice": [1, 2], "prob": [0.25, 0.75]})
    >>> with_labels({"opinions": opinions, "codebook": codebook}, None)["opinions"].rows()
    [('q', 1, 'yes', 0.25), ('q', 2, None, 0.75)]
    """
    book = survey.codebook if survey is not None else frames.get(CODEBOOK)
    if book is None or not {*CHOICE, LABEL} <= set(book.columns):
        return dict(frames)
    labels = book.select(*_keys(), LABEL).unique(CHOICE, keep="none")
    return {name: _labelled(frame, labels) for name, frame in frames.items()}


def _keys() -> tuple[pl.Expr, pl.Expr]:
    return pl.col("question").cast(pl.String), pl.col("choice").cast(pl.Int64, strict=False)


def _labelled(frame: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    if not {*CHOICE, "prob"} <= set(frame.columns) or LABEL in frame.columns or frame["choice"].dtype.is_nested():
        return frame
    label = frame.select(*_keys()).join(labels, on=CHOICE, how="left", maintain_order="left")[LABEL]
    return frame.clone().insert_column(frame.get_column_index("choice") + 1, label)
