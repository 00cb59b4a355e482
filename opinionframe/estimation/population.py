"""Known shares of a population: Margins go in; what they say of the predictions of each group comes out."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.estimation.arrays import Flags, Floats, Ints
from opinionframe.estimation.known_shares import KnownMean
from opinionframe.estimation.sampled import People
from opinionframe.schemas.borders import AnyFrame, checked
from opinionframe.schemas.demographic import attribute_of, attributes
from opinionframe.schemas.estimates import Margins


@dataclass(frozen=True)
class Population:
    """Groups that a population consists of, each person in one, with their shares.

    Attributes:
        groups: Their demographics.
        share: Their shares, which sum to 1.
        n: On how many people the shares rest; infinite where they are known.
    """

    groups: list[str]
    share: Floats
    n: float

    def within(self, demographic: str) -> Ints:
        """The numbers of the groups that lie within a demographic; empty where its people are not told apart."""
        classes = attributes(demographic)
        own = {name for name, _ in attributes(self.groups[0])}
        if not {name for name, _ in classes} < own:
            return np.array([], dtype=np.int64)
        return np.array([i for i, group in enumerate(self.groups) if set(classes) <= set(attributes(group))])

    def known_mean(self, predictions: Floats, demographic: str) -> KnownMean | None:
        """What is known of `predictions` (groups, choices) among a demographic's people; None where nothing is."""
        inside = self.within(demographic)
        total = self.share[inside].sum()
        if len(inside) < 2 or total <= 0:
            return None
        share = self.share[inside] / total
        mean = share @ predictions[inside]
        deviations = predictions[inside] - mean
        return KnownMean(mean, (deviations * share[:, None]).T @ deviations, self.n * total)

    def group_of(self, people: People) -> Ints:
        """The number of the group of each respondent, shape (people,).

        Raises: FrameError for respondents that belong to none.
        """
        members = np.stack([people.belongs(group) for group in self.groups], axis=1)
        lost: Flags = np.asarray(~members.any(axis=1))
        if lost.any():
            names = [name for name, _ in attributes(self.groups[0])]
            rows = people.table.filter(pl.Series(lost)).select(names).unique(maintain_order=True).rows()
            raise FrameError(
                f"sample: {lost.sum()} of {len(lost)} respondents belong to none of the {len(self.groups)} groups of "
                f"population, by {', '.join(names)}: {examples(rows)}. Give them a class, or leave them out of the "
                "sample with .drop_nulls(…) and adapt the weights."
            )
        return np.asarray(members.argmax(axis=1))


def population(margins: AnyFrame) -> Population:
    """`margins` as the groups of a population.

    Raises: FrameError for a broken frame, shares of several attributes, or attributes with several sizes.
    """
    rows = checked(margins, Margins, "population")
    if not len(rows):
        raise FrameError("population has no row. Give each group's share, or leave population out.")
    groups = rows["demographic"].to_list()
    kinds = sorted({attribute_of(group) for group in groups})
    if len(kinds) > 1 or kinds == ["all"]:
        raise FrameError(
            f"population has shares of {len(kinds)} attributes: {examples([(kind,) for kind in kinds])}. Here each "
            "person is to be in one group: give those of a single attribute or intersection, such as `sex & age`."
        )
    return Population(groups, rows["share"].to_numpy(), known_on(rows))


def known_on(margins: pl.DataFrame) -> float:
    """On how many people the shares of one attribute rest; infinite where they are known.

    Raises: FrameError where that is not one number above 0.
    """
    sizes = margins["n"].unique() if "n" in margins.columns else pl.Series([None])
    size = sizes[0] if len(sizes) == 1 else np.nan
    if size is not None and not (isinstance(size, int | float) and size > 0):
        shown = examples([(each,) for each in sizes.sort()])
        raise FrameError(
            f"margins of {attribute_of(margins['demographic'][0])!r}: n is {shown}. It is one number above 0 for all "
            "classes of an attribute, the people on whom their shares rest; leave it out where shares are known."
        )
    return np.inf if size is None else float(size)
