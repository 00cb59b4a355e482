"""The checks where frames enter a verb: a frame goes in, the same frame, typed and trusted, comes out.

An eager frame is refused at once; a lazy one when it is collected, by a guard inside its plan. A verb checks what it
is given once; the cores that verbs share trust.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from opinionframe.errors import FrameError
from opinionframe.schemas.columns import AnyFrame
from opinionframe.schemas.frames import Alignment, Codebook, Groups, Opinions, Schema

__all__ = ["AnyFrame", "alignment_border", "checked", "codebook_border", "groups_border", "opinions_border"]


def opinions_border(frame: AnyFrame, codebook: pl.DataFrame) -> pl.LazyFrame:
    """`frame` as Opinions that fit `codebook`: columns cast, every cell complete and summing to 1. Lazy.

    Raises: FrameError, at once for a DataFrame, on collect for a LazyFrame.
    """
    return Opinions.laws.within(codebook).sound(frame, Opinions, "opinions")


def alignment_border(frame: AnyFrame) -> pl.LazyFrame:
    """`frame` as Alignment: columns cast, every cell once, its scores in [0, 1]. Lazy.

    Raises: FrameError, at once for a DataFrame, on collect for a LazyFrame.
    """
    return Alignment.laws.sound(frame, Alignment, "aligned")


def codebook_border(frame: AnyFrame) -> pl.DataFrame:
    """`frame` as a Codebook, sorted. Collects, since a codebook is small and decides the shape of a plan.

    Raises: FrameError.
    """
    return checked(frame, Codebook, "codebook")


def groups_border(frame: AnyFrame | None) -> pl.DataFrame:
    """`frame` as Groups, sorted by attribute and place; without rows where there is no frame. Collects.

    Raises: FrameError.
    """
    if frame is None:
        return Groups.create_empty()
    if isinstance(frame, str | Path | Mapping) or isinstance(getattr(frame, "groups", None), pl.DataFrame):
        raise FrameError(
            f"groups is no frame but {type(frame).__name__}. Make one with of.groups(…), or use survey.groups."
        )
    return checked(frame, Groups, "groups")


def checked(frame: AnyFrame, schema: type[Schema], name: str) -> pl.DataFrame:
    """`frame`, called `name` where it is refused, with the columns of `schema` cast and its laws of rows checked.

    Collects. Raises: FrameError, naming each broken law with counts, example keys and the remedy.
    """
    return schema.laws.sound(frame, schema, name).collect()
