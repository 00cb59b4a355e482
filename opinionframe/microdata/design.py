"""The design of a sample: its strata, units or replicate weights, from which standard errors are computed."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import polars as pl

from opinionframe.errors import OptionError, examples
from opinionframe.schemas.card import MOST_NAMES, card

STRATUM, PSU, REPLICATE = "stratum:", "psu:", "replicate:"
"""Columns of the long answers, under names that no question of a survey is likely to bear."""


@dataclass(frozen=True)
class Design:
    """The strata, primary sampling units or replicate weights of a sample, as names of columns of the microdata.

    Without replicates, standard errors are linearised (Taylor) for units drawn with replacement, a
    group being a domain of the whole sample; `Design()` alone takes each respondent as a unit.
    With `replicates` the variance is the sum of squared deviations of the replicates' shares from the share itself,
    times `scale` (R's `svrVar` with mse=TRUE); one that is all zero within a cell is left out of it.

    Attributes:
        strata: The column of strata.
        psu: The column of primary sampling units.
        replicates: The columns of replicate weights, in place of strata and units.
        scale: 1/R for BRR of R replicates, 1/(R (1-k)^2) for Fay's with factor k, (R-1)/R for the jackknife (JK1),
            1/(R-1) for the bootstrap, 4/R for SDR; or one for each replicate, as (m-1)/m for the stratified jackknife
            (JKn), m being the units of the stratum of which a replicate leaves one out.
        lonely: What becomes of a stratum with a single unit, which has no variance of its own: `refuse`, or
            `certainty`, where the unit was sure to be drawn and adds nothing.

    Raises: OptionError for an unknown `lonely`, replicates beside strata or units, named twice, or without `scale`.
    Reference: Wolter (2007), Introduction to Variance Estimation, chapters 3 to 6.

    >>> Design(strata="region", psu="village").columns
    ('region', 'village')
    >>> Design(replicates=("leave1", "leave2", "leave3"), scale=(1 / 2, 1 / 2, 0.9)).scales
    (0.5, 0.5, 0.9)
    """

    strata: str | None = None
    psu: str | None = None
    replicates: tuple[str, ...] = ()
    scale: float | Sequence[float] | None = None
    lonely: str = "refuse"

    def __repr__(self) -> str:
        return f"Design({', '.join(f'{name}={value}' for name, value in self._facts().items())})"

    def _repr_html_(self) -> str:
        return card("Design", "", self._facts() or {"Units": "each respondent"})

    def _facts(self) -> dict[str, str]:
        """What differs from the defaults, as a call spells it; of many replicates, how many."""
        each = {item.name: getattr(self, item.name) for item in fields(self)}
        given = {item.name: each[item.name] for item in fields(self) if each[item.name] != item.default}
        return {
            name: f"<{len(value)} of them, {value[0]!r} first>"
            if isinstance(value, tuple) and len(value) > MOST_NAMES
            else repr(value)
            for name, value in given.items()
        }

    def __post_init__(self) -> None:
        replicates = (self.replicates,) if isinstance(self.replicates, str) else tuple(self.replicates)
        object.__setattr__(self, "replicates", replicates)
        if self.scale is not None and not isinstance(self.scale, int | float):
            object.__setattr__(self, "scale", tuple(self.scale))
        if self.lonely not in ("refuse", "certainty"):
            raise OptionError(f"lonely={self.lonely!r} is not known. Allowed: certainty, refuse.")
        if self.replicates and (self.strata or self.psu):
            raise OptionError("Replicate weights carry the design: leave out strata and psu.")
        if twice := sorted({(name,) for name in self.replicates if self.replicates.count(name) > 1}):
            raise OptionError(f"{len(twice)} replicates are named twice, e.g. {examples(twice)}. Name each once.")
        if self.replicates and not (
            len(self.scales) == len(self.replicates) and min(self.scales) >= 0 < max(self.scales)
        ):
            raise OptionError(
                f"replicates need scale > 0, not {self.scale}: 1/R for BRR, 1/(R (1-k)^2) for Fay's, (R-1)/R for the "
                "jackknife, 1/(R-1) for the bootstrap, 4/R for SDR; or one for each of the "
                f"{len(self.replicates)} replicates."
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of classes that the design names: strata and units."""
        return tuple(dict.fromkeys(name for name in (self.strata, self.psu) if name))

    @property
    def scales(self) -> tuple[float, ...]:
        """The factor of each replicate's squared deviation."""
        if isinstance(self.scale, tuple):
            return self.scale
        return (float(self.scale or 0.0),) * len(self.replicates)  # type: ignore[arg-type]  # a number by __post_init__

    def answer_columns(self) -> dict[str, pl.Expr]:
        """Columns that stand beside every answer for the standard errors: replicate weights, or stratum and unit."""
        if self.replicates:
            return {
                f"{REPLICATE}{number}": pl.col(name).cast(pl.Float64) for number, name in enumerate(self.replicates)
            }
        stratum = pl.lit("") if self.strata is None else pl.col(self.strata).cast(pl.String)
        return {STRATUM: stratum.cast(pl.Categorical)} | (
            {PSU: pl.col(self.psu).cast(pl.String).cast(pl.Categorical)} if self.psu else {}
        )
