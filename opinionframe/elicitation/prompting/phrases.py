"""How a demographic reads in a sentence: demographics and Groups go in, one column per sentence fragment comes out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from opinionframe.elicitation.prompting.clauses import clause_as
from opinionframe.elicitation.prompting.wording import Wording
from opinionframe.schemas.demographic import ALL, attributes
from opinionframe.schemas.group_words import group_words, is_code, is_column_name, joined, known_attribute, said

FRAGMENTS = ("your", "whose", "person", "attributes", "am")


@dataclass(frozen=True)
class SaidClass:
    """One class of an attribute, and the words there are for it.

    Attributes:
        attribute: As `demographic` spells it.
        value: The class, as `demographic` spells it.
        label: What the class is called; itself where nobody said.
        phrase: A clause of one's own, such as `you are a woman`; none where the wording says the class.
        name: What the attribute is called, where somebody said.
        wording: What says whatever these do not.
    """

    attribute: str
    value: str
    label: str
    phrase: str | None
    name: str | None
    wording: Wording

    def fragment(self, name: str) -> str:
        """The class as one of FRAGMENTS."""
        if self.phrase is None or name == "attributes":
            called = "background" if name == "attributes" and self.name is None and self.is_column_name else self.name
            return said(self.attribute, self.label, name, self.wording.data, name=called, spelled=self.value)
        return clause_as(self.phrase, name)

    @property
    def is_column_name(self) -> bool:
        """Whether the attribute has no words, and its name may be that of a column."""
        return self.name is None and is_column_name(self.attribute, self.wording.data)

    @property
    def is_unsaid(self) -> bool:
        """Whether all that a prompt could say is the name of a column, or a code."""
        code = is_code(self.attribute, self.label, self.wording.data, self.name)
        return self.phrase is None and (self.is_column_name or code)


def phrases(demographics: Iterable[str], wording: Wording, groups: pl.DataFrame) -> pl.DataFrame:
    """One row per distinct demographic: `demographic` and its fragments `your`, `whose`, `person`, `attributes`, `am`.

    `all` has no attributes, and so no fragments to fill: its sd prompt is worded as the base prompt. `groups` are
    checked Groups, without rows where there are none.
    """
    said_classes = classes_in(demographics, wording, groups)
    distinct = sorted(set(demographics) - {ALL})
    columns = {
        name: [
            joined([said_classes[pair].fragment(name) for pair in attributes(group)], name, wording.data)
            for group in distinct
        ]
        for name in FRAGMENTS
    }
    return pl.DataFrame(
        {"demographic": distinct, **columns}, schema=dict.fromkeys(("demographic", *FRAGMENTS), pl.String)
    )


def classes_in(demographics: Iterable[str], wording: Wording, groups: pl.DataFrame) -> dict[tuple[str, str], SaidClass]:
    """Each attribute and class that demographics name, with the words for it.

    A wording of one's own that spells an attribute goes before the phrases of Groups, and these before the words of
    the package, which Groups repeat where nobody gave others.
    """
    names = groups["name"] if "name" in groups.columns else [None] * len(groups)
    keys = zip(groups["attribute"], groups["class"], strict=True)
    known = dict(zip(keys, zip(groups["label"], groups["phrase"], names, strict=True), strict=True))
    called = {attribute: name for attribute, name in zip(groups["attribute"], names, strict=True) if name}
    pairs = sorted({pair for demographic in demographics for pair in attributes(demographic)})

    def said_class(attribute: str, value: str) -> SaidClass:
        unlisted = (value, None, called.get(attribute))
        label, phrase, name = known.get((attribute, value), unlisted)
        return _said_class(attribute, value, label, phrase, name, wording)

    return {pair: said_class(*pair) for pair in pairs}


def _said_class(
    attribute: str, value: str, label: str, phrase: str | None, name: str | None, wording: Wording
) -> SaidClass:
    package = group_words()
    is_spelled = known_attribute(attribute, wording.data) != known_attribute(attribute, package)
    is_package = phrase == said(attribute, label, "your", package, name=name)
    return SaidClass(attribute, value, label, None if is_spelled or is_package else phrase, name, wording)
