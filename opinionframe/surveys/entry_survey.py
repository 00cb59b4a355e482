"""The Survey of a registered entry: its codebook and microdata go in, with its human rows and terms it comes out."""

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from opinionframe.microdata.reference import human_opinions
from opinionframe.surveys.groups import entry_groups
from opinionframe.surveys.survey import SOURCE, Survey


def entry_survey(
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
    """The Survey of `microdata`, with human rows for the preset attributes, or `by`, under `weight`.

    Raises: FrameError, OptionError, as `reference`.
    """
    attributes = tuple(entry["demographics"])
    return Survey(
        name=name,
        opinions=human_opinions(microdata, codebook, attributes if by is None else by, weight=weight, min_n=min_n),
        codebook=codebook,
        microdata=microdata,
        demographics=attributes,
        weights=tuple(weights),
        notes=tuple(entry["notes"]),
        groups=entry_groups(entry, microdata),
        **source_facts(entry),
    )


def source_facts(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The title, citation, terms and address that a Survey carries."""
    return {key: entry[key] for key in SOURCE}
