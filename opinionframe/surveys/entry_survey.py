"""A Survey from its parts: the human rows are the reference of its microdata."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from opinionframe.microdata import reference
from opinionframe.surveys.survey import Survey

ABOUT = ("title", "citation", "licence", "redistribution", "url")


def assembled(
    name: str,
    entry: Mapping[str, Any],
    codebook: pl.DataFrame,
    microdata: pl.DataFrame,
    *,
    by: Sequence[str] | None,
    weights: Sequence[str],
    weight: str | None,
    min_n: int,
) -> Survey:
    """The Survey of `microdata`, its human rows by the preset attributes, or `by`, under `weight`."""
    attributes = tuple(entry["demographics"])
    return Survey(
        name=name,
        opinions=reference(microdata, codebook, attributes if by is None else by, weight=weight, min_n=min_n),
        codebook=codebook,
        microdata=microdata,
        demographics=attributes,
        weights=tuple(weights),
        notes=tuple(entry["notes"]),
        **about(entry),
    )


def about(entry: Mapping[str, Any]) -> dict[str, str]:
    """What a Survey says of its source."""
    return {key: entry[key] for key in ABOUT}
