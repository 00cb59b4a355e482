"""`poststratify`: opinions of groups and their known population shares go in; opinions of everybody come out."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.estimation.arrays import Flags, Floats, by_cell, diversity, one_hot
from opinionframe.estimation.raking import off_margins, raked
from opinionframe.schemas.borders import AnyFrame, checked, codebook_border, opinions_border
from opinionframe.schemas.demographic import ALL, ATTRIBUTE, attributes, demographic_name
from opinionframe.schemas.estimates import Margins
from opinionframe.schemas.keys import CELL, ROW
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.source import SEPARATOR

POSTSTRATIFIED = "poststratified"


@dataclass(frozen=True)
class Strata:
    """The groups that make up the population.

    Attributes:
        groups: Their demographics.
        members: For each margin a 1 where a group is of a class, shape (groups, classes); none where shares are known.
        known: For each margin the known shares of its classes; the shares of the groups themselves without margins.
    """

    groups: list[str]
    members: list[Floats]
    known: list[Floats]


def poststratify(opinions: Frame, margins: AnyFrame, codebook: AnyFrame, *, observed: AnyFrame | None = None) -> Frame:
    """Shares of everybody, in [0, 1]: each source's shares of groups, weighted by what is known of the population.

    With the share of every group of one attribute or intersection, these are its weights. With the margins of several
    attributes, the groups are the intersections of them all (`sex & age`), and their weights are raked: the nearest to
    those in the sample that have these margins.

    Args:
        opinions: Opinions of these groups, of one or several sources; other demographics are left aside. With a column
            `std_error`, as `reference(design=…)` and `rectify` make it, or `n_eff`, errors are carried.
        margins: Margins: the `share` of each class.
        codebook: Codebook of the questions.
        observed: Where margins are raked, the groups' shares in the sample, as Margins. Without it, they are taken as
            each question's `n_eff`, which is right where respondents weigh alike.

    Returns: Opinions of `all`, source `…|poststratified`, with `std_error` and `n_eff`, (1 - sum p^2) / sum of squared
        standard errors; both null where the groups' are not known. Groups count as independent of each other, as they
        are where respondents were drawn one by one. Raked errors leave out how weights and answers go together within
        a group, of which opinions say nothing.
    Raises: FrameError for broken frames, groups without opinions or margins that cannot be reached.
    Reference: Holt and Smith (1979), Post Stratification; Deville, Särndal and Sautory (1993) for raking.

    >>> codebook = pl.DataFrame({"question": "q", "choice": [1, 2], "label": ["Yes", "No"], "position": [1, 2],
    ...     "text": "Yes or no?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> opinions = pl.DataFrame({"question": "q", "demographic": ["sex=F", "sex=F", "sex=M", "sex=M"],
    ...     "choice": [1, 2] * 2, "source": "human", "prob": [0.8, 0.2, 0.2, 0.8], "n_eff": [40.0] * 4})
    >>> shares = pl.DataFrame({"demographic": ["sex=F", "sex=M"], "share": [0.6, 0.4]})
    >>> poststratify(opinions, shares, codebook).select("choice", pl.col("prob", "std_error").round(3)).rows()
    [(1, 0.56, 0.046), (2, 0.44, 0.046)]
    """
    book = codebook_border(codebook)
    rows = opinions_border(opinions, book).collect()
    known = checked(margins, Margins, "margins")
    strata = _strata(known)
    weights = None if observed is None else _observed(observed, strata)
    here = rows.filter(pl.col("demographic").is_in(strata.groups))
    cells = here.select("question", "source").unique().sort("question", "source")
    _refuse_missing(here, cells, strata)
    k = dict(book.group_by("question").len().rows())
    parts = [
        _total(here.filter(question=question, source=source), k[question], strata, weights)
        for question, source in cells.rows()
    ]
    named = pl.concat_str("source", pl.lit(SEPARATOR + POSTSTRATIFIED)).alias("source")
    result = pl.concat(parts).with_columns(named, pl.lit(ALL).alias("demographic"))
    return same_kind(result.select(*ROW, "prob", "n_eff", "std_error").sort(ROW).lazy(), opinions)


def _strata(known: pl.DataFrame) -> Strata:
    """The groups of the population, and what their weights are held to. Raises: FrameError without any class."""
    if not len(known):
        raise FrameError("margins have no row. Give the share of each class of at least one attribute.")
    by_attribute = known.with_columns(ATTRIBUTE.alias("attribute")).partition_by("attribute", maintain_order=True)
    if len(by_attribute) == 1:
        return Strata(known["demographic"].to_list(), [], [known["share"].to_numpy()])
    classes = [part["demographic"].to_list() for part in by_attribute]
    joint: list[dict[str, str]] = [{}]
    for names in classes:
        joint = [{**pairs, **dict(attributes(name))} for pairs in joint for name in names]
    groups = [demographic_name(pairs) for pairs in joint]
    members = [
        one_hot(
            np.array(
                [next(i for i, name in enumerate(names) if attributes(name)[0] in pairs.items()) for pairs in joint]
            ),
            len(names),
        )
        for names in classes
    ]
    return Strata(groups, members, [part["share"].to_numpy() for part in by_attribute])


def _observed(observed: AnyFrame, strata: Strata) -> Floats:
    """The groups' shares in the sample. Raises: FrameError where groups lack one."""
    shares = dict(checked(observed, Margins, "observed").select("demographic", "share").rows())
    if lacking := [(group,) for group in strata.groups if group not in shares]:
        raise FrameError(
            f"observed lacks {len(lacking)} of {len(strata.groups)} groups, e.g. {examples(lacking)}. Give each "
            "one its share in the sample, 0 where there is nobody."
        )
    return np.array([shares[group] for group in strata.groups])


def _refuse_missing(rows: pl.DataFrame, cells: pl.DataFrame, strata: Strata) -> None:
    """Raises: FrameError where a source lacks a group of a question."""
    if not len(cells):
        raise FrameError(
            f"opinions have no row of the {len(strata.groups)} groups of margins, e.g. "
            f"{examples([(group,) for group in strata.groups])}. Make them with reference(…, by=…)."
        )
    every = cells.join(pl.DataFrame({"demographic": strata.groups}), how="cross").select(CELL)
    missing = every.join(rows, on=CELL, how="anti").sort(CELL)
    if len(missing):
        raise FrameError(
            f"opinions lack {len(missing)} of {len(every)} cells that make up the population, e.g. "
            f"{examples(missing.rows())}. Merge small groups, or estimate them first with rectify(…)."
        )


def _total(rows: pl.DataFrame, k: int, strata: Strata, observed: Floats | None) -> pl.DataFrame:
    """Everybody's rows of one question and source."""
    cells = pl.DataFrame({"question": rows["question"][0], "demographic": strata.groups})
    shares = by_cell(rows, cells, k)
    size = _column(rows, cells, k, "n_eff")[:, 0]
    error = _column(rows, cells, k, "std_error")
    if "std_error" not in rows.columns:
        error = np.sqrt(shares * (1 - shares) / size[:, None])
    weight, variance = strata.known[0], error**2
    if strata.members:
        weight = raked(_seed(size, observed, rows), strata.members, strata.known)
        variance = variance + off_margins(shares, weight, strata.members) ** 2 / size[:, None]
    prob = weight @ shares
    counts: Flags = weight > 0
    total = (weight[counts] ** 2) @ variance[counts]
    spread, all_variance = float(diversity(prob)), float(total.sum())
    return pl.DataFrame(
        {
            "question": rows["question"][0],
            "source": rows["source"][0],
            "choice": np.arange(1, k + 1, dtype=np.uint8),
            "prob": prob,
            "std_error": np.sqrt(total),
            "n_eff": spread / all_variance if all_variance > 0 else np.nan,
        }
    ).with_columns(pl.col("std_error", "n_eff").fill_nan(None))


def _column(rows: pl.DataFrame, cells: pl.DataFrame, k: int, name: str) -> Floats:
    if name not in rows.columns:
        return np.full((len(cells), k), np.nan)
    return by_cell(rows.with_columns(pl.col(name).cast(pl.Float64)), cells, k, name)


def _seed(size: Floats, observed: Floats | None, rows: pl.DataFrame) -> Floats:
    """The groups' shares in the sample. Raises: FrameError where nothing tells them."""
    if observed is not None:
        return observed
    if not np.isfinite(size).all():
        raise FrameError(
            f"opinions of {rows['source'][0]!r} have no n_eff that would tell how many people the groups have. Add it, "
            "or pass observed=…, the groups' shares in the sample."
        )
    return size
