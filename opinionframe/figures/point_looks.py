"""How the points of a spread are told apart: points go in; a colour and a shape for each kind come out."""

from __future__ import annotations

import polars as pl

from opinionframe.errors import FrameError
from opinionframe.figures import drawing
from opinionframe.schemas.datasets import DATASET
from opinionframe.schemas.frames import UNIFORM

KIND = "kind"
ALL_SHAPES = (
    *("circle", "diamond", "triangle-up", "square", "triangle-down", "cross", "triangle-left", "triangle-right"),
    "M0,-1L0.29,-0.4L0.95,-0.31L0.48,0.15L0.59,0.81L0,0.5L-0.59,0.81L-0.48,0.15L-0.95,-0.31L-0.29,-0.4Z",  # star
    "M-0.85,-0.5L-0.5,-0.85L0,-0.35L0.5,-0.85L0.85,-0.5L0.35,0L0.85,0.5L0.5,0.85L0,0.35L-0.5,0.85L-0.85,0.5L-0.35,0Z",
    "M-0.8,-0.8L0.8,-0.8L-0.8,0.8L0.8,0.8Z",  # hourglass
    "M-0.8,-0.8L0.8,0.8L0.8,-0.8L-0.8,0.8Z",  # bow tie
    "M0,-0.95L0.9,-0.29L0.56,0.77L-0.56,0.77L-0.9,-0.29Z",  # pentagon
    "M-0.4,-0.95L0.4,-0.95L0.4,0.95L-0.4,0.95Z",  # upright bar
    "M-0.95,-0.4L0.95,-0.4L0.95,0.4L-0.95,0.4Z",  # flat bar
    "M-0.9,0.5A0.9,0.9,0,0,1,0.9,0.5Z",  # half moon
)
"""Shapes that are told apart without colour: Vega's own, then paths within a square from -1 to 1."""

SHAPES = (
    ("circle",),
    ("diamond", "triangle-up", "square", "triangle-down"),
    ("cross", "square", "triangle-left", "triangle-right"),
)
COLORS = (
    (drawing.RAW_COLOR,),
    (drawing.CALIBRATED_COLOR, *drawing.MORE_COLORS),
    (drawing.HUMAN_COLOR, drawing.UNIFORM_COLOR, "#8A8A8A"),
)
"""Looks of raw, calibrated and baseline points, in this order."""


def refuse_too_many(points: pl.DataFrame, shape: str) -> None:
    """Raises a FrameError where two values of `shape`, calibrators or baselines would look the same."""
    if points[shape].n_unique() > len(ALL_SHAPES) and shape != KIND:
        raise FrameError(
            f"aligned has {points[shape].n_unique()} values of {shape!r}, and there are {len(ALL_SHAPES)} shapes. "
            "Filter some, or choose another shape=…."
        )
    baselines = [(2, "baselines")] if shape in (KIND, DATASET) else []  # else each is a value of `shape` itself
    for order, names in ((1, "calibrators"), *baselines):
        looks = len(COLORS[order]) * (len(SHAPES[order]) if shape == KIND else 1)
        said = names if shape == KIND else f"{names} in colour alone"
        drawing.refuse_many(points.filter(order=order)[KIND].unique().sort(), looks, said)


def looks_of_kinds(points: pl.DataFrame) -> pl.DataFrame:
    """The legend's entries in order, each with its color and shape: raw, calibrated, then baselines."""
    kinds = points.select(KIND, "order").unique().sort("order", pl.col(KIND) != UNIFORM, KIND)
    rows = []
    for order in (0, 1, 2):
        names = kinds.filter(order=order)[KIND].to_list()
        colors, shapes = COLORS[order], SHAPES[order]
        rows += [(name, colors[i % len(colors)], shapes[i % len(shapes)]) for i, name in enumerate(names)]
    return pl.DataFrame(rows, schema=[KIND, "color", "shape"], orient="row")


def shapes_of(points: pl.DataFrame, by: str) -> pl.DataFrame:
    """The values of `by`, those of models first, each with a shape."""
    names = (
        points.group_by(by, maintain_order=True)
        .agg(pl.col("order").min())
        .sort("order", *([] if by == DATASET else [by]), maintain_order=True)[by]
    )
    return pl.DataFrame({by: names, "shape": ALL_SHAPES[: len(names)]})
