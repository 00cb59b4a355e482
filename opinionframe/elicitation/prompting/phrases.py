"""How a demographic reads in a sentence: demographics go in, one column per sentence fragment comes out."""

from __future__ import annotations

import polars as pl

from opinionframe.elicitation.prompting.wording import Wording, fill
from opinionframe.schemas.demographic import ALL, attributes

FRAGMENTS = ("your", "whose", "person", "attributes", "am")


def phrases(demographics: list[str], wording: Wording) -> pl.DataFrame:
    """One row per distinct demographic: `demographic` and its fragments `your`, `whose`, `person`, `attributes`, `am`.

    `all` has no attributes, and so no fragments to fill: its sd prompt is worded as the base prompt.
    """
    groups = sorted(set(demographics) - {ALL})
    columns = {name: [_fragment(group, name, wording) for group in groups] for name in FRAGMENTS}
    return pl.DataFrame(
        {"demographic": groups, **columns}, schema=dict.fromkeys(("demographic", *FRAGMENTS), pl.String)
    )


def _fragment(demographic: str, name: str, wording: Wording) -> str:
    shape = wording.data["fragments"][name]
    units = [_unit(attribute, label, name, wording) for attribute, label in attributes(demographic)]
    return str(shape["join"]).join(units)


def _unit(attribute: str, label: str, name: str, wording: Wording) -> str:
    spellings = wording.data["attributes"].get(attribute, {})
    unit = spellings.get(name, wording.data["fragments"][name]["unit"])
    spelled_class = spellings.get("classes", {}).get(label, label)
    return fill(unit, {"att": spellings.get("att", attribute.replace("_", " ")), "c": spelled_class})
