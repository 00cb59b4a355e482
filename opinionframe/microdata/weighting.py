"""Weights by question: microdata and a codebook go in; the parts that share a weight and a design come out."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import polars as pl

from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.microdata.codes import refuse_missing_columns
from opinionframe.microdata.design import Design
from opinionframe.schemas.lazy import Frame, guarded

Weight = str | Mapping[str, str | None] | None
"""The column of weights of all questions, or of each by name, where None counts everybody 1; None for none at all."""

Designs = Design | Mapping[str, Design] | None
"""The design behind all questions, or behind each by name."""


Value = TypeVar("Value")


@dataclass(frozen=True)
class Weighted(Generic[Frame]):
    """The questions of `codebook` that have one weight and design, and the respondents who have that weight."""

    microdata: Frame
    codebook: pl.DataFrame
    weight: str | None
    design: Design | None


def weighted_parts(
    microdata: Frame, codebook: pl.DataFrame, weight: Weight, design: Designs
) -> Iterator[Weighted[Frame]]:
    """The parts of a survey: one, unless `weight` or `design` are given by question.

    A respondent whose weight is null is no part of a sample that is weighted by question: not asked, and no unit.

    Raises: OptionError for a question without weight or design; FrameError for a column that is missing, or an answer
        of a respondent without weight, at once for a DataFrame, on collect for a LazyFrame.
    """
    _refuse_others(weight, design)
    if not isinstance(weight, Mapping) and not isinstance(design, Mapping):
        yield Weighted(microdata, codebook, weight, design)
        return
    if codebook.is_empty():
        raise FrameError("codebook holds no question. Describe at least one, or loosen the filter on it.")
    questions: list[str] = codebook["question"].unique(maintain_order=True).to_list()
    weights: dict[str, str | None] = _of_each("weight", weight, questions)
    designs: dict[str, Design | None] = _of_each("design", design, questions)
    _refuse_shared_replicates(weights, designs)
    names: list[str] = [name for name in weights.values() if name is not None]
    refuse_missing_columns(microdata, [*questions, *names])
    for shared in dict.fromkeys((weights[question], designs[question]) for question in questions):
        own = [question for question in questions if (weights[question], designs[question]) == shared]
        people = _with_weight(microdata, own, shared[0]) if isinstance(weight, Mapping) else microdata
        yield Weighted(people, codebook.filter(pl.col("question").is_in(own)), *shared)


def weight_columns(weight: Weight) -> list[str]:
    """The columns that `weight` names, each once."""
    names = weight.values() if isinstance(weight, Mapping) else [weight]
    return list(dict.fromkeys(name for name in names if name is not None))


def design_columns(design: Designs) -> list[str]:
    """The columns that `design` names, each once."""
    designs = design.values() if isinstance(design, Mapping) else [design]
    named = [name for one in designs if isinstance(one, Design) for name in (*one.columns, *one.replicates)]
    return list(dict.fromkeys(named))


def _refuse_others(weight: object, design: object) -> None:
    """Refuse what can be no weight and no design. Raises: OptionError."""
    named = weight.values() if isinstance(weight, Mapping) else [weight]
    if wrong := [(name,) for name in named if not (name is None or isinstance(name, str))]:
        raise OptionError(
            f"weight: {len(wrong)} values are no name of a column, e.g. {examples(wrong)}. Write weight='w', or the "
            "column of each question: weight={'trust': 'w'}."
        )
    designs = list(design.values()) if isinstance(design, Mapping) else [] if design is None else [design]
    if strange := [(value,) for value in designs if not isinstance(value, Design)]:
        raise OptionError(
            f"design: {len(strange)} values are no Design, e.g. {examples(strange)}. Write "
            "design=of.Design(strata=…, psu=…), or one of each question: design={'trust': of.Design(…)}."
        )


def _of_each(option: str, value: Value | Mapping[str, Value], questions: Iterable[str]) -> dict[str, Value]:
    """`value` for each question. Raises: OptionError for a mapping that lacks some."""
    if not isinstance(value, Mapping):
        return dict.fromkeys(questions, value)
    if missing := [(question,) for question in questions if question not in value]:
        raise OptionError(
            f"{option} names {len(value)} questions, but {len(missing)} others of the codebook have none, e.g. "
            f"{examples(missing)}. Name one for each; for no weight at all, None."
        )
    return {question: value[question] for question in questions}


def _refuse_shared_replicates(weights: Mapping[str, str | None], designs: Mapping[str, Design | None]) -> None:
    for design in {design for design in designs.values() if design is not None and design.replicates}:
        shared = sorted({str(weights[question]) for question in designs if designs[question] == design})
        if len(shared) > 1:
            raise OptionError(
                f"One set of replicates stands beside {len(shared)} weights, e.g. "
                f"{examples([(name,) for name in shared])}, and can belong to one alone. Give the replicates of each: "
                "design={'question': of.Design(replicates=…, scale=…), …}."
            )


def _with_weight(microdata: Frame, questions: Iterable[str], weight: str | None) -> Frame:
    """The respondents who have the weight. Raises: FrameError where others have answers."""
    if weight is None:
        return microdata
    lacking = microdata.lazy().filter(pl.col(weight).is_null())
    answered = lacking.select(pl.col(name).is_not_null().sum() for name in questions)

    def refuse(row: pl.DataFrame) -> None:
        counts = {name: count for name, count in row.row(0, named=True).items() if count}
        if counts:
            raise FrameError(
                f"microdata: {sum(counts.values())} answers to {len(counts)} questions are of respondents whose weight "
                f"{weight!r} is null, e.g. {examples(list(counts.items()))}. Name the weight of these questions, or "
                "make the answers null."
            )

    people = microdata.filter(pl.col(weight).is_not_null())
    if isinstance(microdata, pl.DataFrame):
        refuse(answered.collect())
        return people
    return guarded(people, answered, refuse)
