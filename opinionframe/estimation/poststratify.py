"""`poststratify`: opinions of groups and their known population shares go in; opinions of everybody come out."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from opinionframe.errors import FrameError, examples
from opinionframe.estimation.arrays import Flags, Floats, by_cell, diversity, one_hot
from opinionframe.estimation.population import known_on
from opinionframe.estimation.raking import main_effects, raked
from opinionframe.estimation.sources import COMPOSITE, PREDICTION
from opinionframe.schemas.borders import AnyFrame, checked, codebook_border, opinions_border
from opinionframe.schemas.demographic import ALL, ATTRIBUTE, attributes, demographic_name
from opinionframe.schemas.doors import takes_frames
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
        n: For each margin on how many people its shares rest; infinite where they are known.
    """

    groups: list[str]
    members: list[Floats]
    known: list[Floats]
    n: list[float]


@takes_frames
def poststratify(opinions: Frame, margins: AnyFrame, codebook: AnyFrame, *, observed: AnyFrame | None = None) -> Frame:
    """Shares of everybody, in [0, 1]: each source's shares of groups, weighted by what is known of the population.

    With the share of every group of one attribute or intersection, these are its weights. With the margins of several
    attributes, the groups are the intersections of them all (`sex & age`), and their weights are raked: the nearest to
    those in the sample that have these margins.

    Args:
        opinions: Opinions of these groups, of one or several sources; other demographics are left aside. With a column
            `std_error`, as `reference(design=…)` and `rectify` make it, or `n_eff`, errors are carried.
        margins: Margins: the `share` of each class; with a column `n` where those of an attribute rest on so many
            people, drawn independently, whose error is then added.
        codebook: Codebook of the questions.
        observed: Where margins are raked, the groups' shares in the sample, as Margins. Without it, they are taken as
            each question's `n_eff`, which is right where respondents weigh alike; composites need it.

    Returns: Opinions of `all`, source `…|poststratified`, with `std_error` and `n_eff`, (1 - sum p^2) / sum of squared
        standard errors; both null where the groups' are not known. Groups count as independent of each other, as they
        are where respondents were drawn one by one; but composites of `rectify` lean on the same total, whose
        error they share: that of their sum is found from the rows of `all` among the opinions, and without these is an
        upper limit, the weighted sum of the groups' standard errors. Raked errors leave out how weights and answers go
        together within a group, of which opinions say nothing.
    Raises: FrameError for broken frames, groups without opinions, margins that cannot be reached, or composites to be
        raked without `observed`.
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
    _refuse_broken_errors(here)
    cells = here.select("question", "source").unique().sort("question", "source")
    _refuse_missing(here, cells, strata)
    k = dict(book.group_by("question").len().rows())
    parts = [
        _total(rows.filter(question=question, source=source), k[question], strata, weights)
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
    sizes = [known_on(part) for part in by_attribute]
    if len(by_attribute) == 1:
        return Strata(known["demographic"].to_list(), [], [known["share"].to_numpy()], sizes)
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
    return Strata(groups, members, [part["share"].to_numpy() for part in by_attribute], sizes)


def _observed(observed: AnyFrame, strata: Strata) -> Floats:
    """The groups' shares in the sample. Raises: FrameError where groups lack one."""
    shares = dict(checked(observed, Margins, "observed").select("demographic", "share").rows())
    if lacking := [(group,) for group in strata.groups if group not in shares]:
        raise FrameError(
            f"observed lacks {len(lacking)} of {len(strata.groups)} groups, e.g. {examples(lacking)}. Give each "
            "one its share in the sample, 0 where there is nobody."
        )
    return np.array([shares[group] for group in strata.groups])


def _refuse_broken_errors(rows: pl.DataFrame) -> None:
    """Raises: FrameError where standard errors are no numbers of 0 or more."""
    if "std_error" not in rows.columns:
        return
    if not (rows["std_error"].dtype.is_numeric() or rows["std_error"].dtype == pl.Null):
        raise FrameError(f"opinions: std_error is {rows['std_error'].dtype}, no number. Cast it, or drop the column.")
    broken = rows.filter((pl.col("std_error") < 0) | pl.col("std_error").is_infinite())
    if len(broken):
        raise FrameError(
            f"opinions: {len(broken)} of {len(rows)} standard errors are negative or infinite, e.g. "
            f"{examples(broken.select(ROW).sort(ROW).rows())}. Correct them, or make those not known null."
        )


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
    """Everybody's rows of one question and source, from all its opinions."""
    cells = pl.DataFrame({"question": rows["question"][0], "demographic": strata.groups})
    everybody, rows = rows.filter(demographic=ALL), rows.filter(pl.col("demographic").is_in(strata.groups))
    shares = by_cell(rows, cells, k)
    size = _column(rows, cells, k, "n_eff")[:, 0]
    error = _column(rows, cells, k, "std_error")
    if "std_error" not in rows.columns:
        error = np.sqrt(shares * (1 - shares) / size[:, None])
    leans = "method" in rows.columns and rows["method"].is_in([COMPOSITE, PREDICTION]).any()
    weight, of_margins, effects = strata.known[0], np.zeros(k), [shares]
    if strata.members:
        weight = raked(_seed(size, observed, rows, leans=leans), strata.members, strata.known)
        effects = main_effects(shares, weight, strata.members)
        fitted = sum(member @ effect for member, effect in zip(strata.members, effects, strict=True))
        error = np.sqrt(error**2 + (shares - fitted) ** 2 / size[:, None])
    for share, effect, n in zip(strata.known, effects, strata.n, strict=True):
        of_margins = of_margins + share @ (effect - share @ effect) ** 2 / n
    prob = weight @ shares
    counts: Flags = weight > 0
    own, errors = weight[counts], error[counts]
    total = own**2 @ errors**2
    if leans:
        total = _leaning(own, errors, _column(rows, cells, k, "own_weight")[counts], everybody)
    total = total + of_margins
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


def _leaning(weight: Floats, errors: Floats, own_weight: Floats, everybody: pl.DataFrame) -> Floats:
    """The squared error of a sum of composites: that of the total on which they lean is theirs in common.

    `errors` and `own_weight` have the shape (groups, choices). Without the total, all may err alike.
    """
    if everybody["std_error"].null_count() or not len(everybody):
        return np.asarray((weight @ errors) ** 2)
    of_total = everybody.sort("choice")["std_error"].cast(pl.Float64).to_numpy() ** 2
    leans = 1 - np.where(np.isfinite(own_weight), own_weight, 1.0)
    rest = np.maximum(errors**2 - leans**2 * of_total, 0.0)
    return np.asarray((weight @ leans) ** 2 * of_total + weight**2 @ rest)


def _column(rows: pl.DataFrame, cells: pl.DataFrame, k: int, name: str) -> Floats:
    if name not in rows.columns:
        return np.full((len(cells), k), np.nan)
    return by_cell(rows.with_columns(pl.col(name).cast(pl.Float64)), cells, k, name)


def _seed(size: Floats, observed: Floats | None, rows: pl.DataFrame, *, leans: bool) -> Floats:
    """The groups' shares in the sample. Raises: FrameError where nothing tells them."""
    if observed is not None:
        return observed
    if leans:
        raise FrameError(
            f"opinions of {rows['source'][0]!r} are composites, whose n_eff counts the model too and says nothing of "
            "how many people the groups have. Pass observed=…, the groups' shares in the sample."
        )
    if not np.isfinite(size).all():
        raise FrameError(
            f"opinions of {rows['source'][0]!r} have no n_eff that would tell how many people the groups have. Add it, "
            "or pass observed=…, the groups' shares in the sample."
        )
    return size
