"""Groups held out with their people: folded rows go in; predictions by fits that saw none of these come out.

Groups hold each other's people: everybody's answers are the women's too, and those of women of 18 to 29. Where groups
are held out, so are `all`, intersections and the groups of a held-out intersection; a group of another attribute alone,
such as an age, stays, though some of its people are women.
"""

from dataclasses import replace

import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.folds import UntrainedError
from opinionframe.calibration.supervision import Supervision
from opinionframe.errors import examples
from opinionframe.schemas.demographic import attributes

GROUPS_HELD_OUT = "demographic"
"""The split that holds out groups."""


def crossfitted(calibrator: Calibrator, folded: Supervision, seed: int) -> pl.DataFrame:
    """The rows of `folded` with `prob` predicted by fits that saw neither their fold nor the people in it.

    Raises: FrameError where groups that hold none of a fold's people are too few to learn from.
    """
    withheld = withheld_groups(folded.rows, folded.human) if folded.split == GROUPS_HELD_OUT else {}
    if not any(withheld.values()):
        return calibrator.crossfit(folded, seed).lazy().collect()
    parts = []
    for fold, groups in sorted(withheld.items()):
        part = without_groups(folded, groups)
        _refuse_untaught(part.rows, fold)
        parts.append(calibrator.crossfit(part, seed).lazy().filter(fold=fold).collect())
    return pl.concat(parts)


def withheld_groups(rows: pl.DataFrame, human: pl.DataFrame) -> dict[int, list[str]]:
    """For each `fold` of `rows`, the groups of both frames in another fold, or in none, that hold people of its own."""
    fold_of = dict(rows.select("demographic", "fold").unique().sort("demographic").rows())
    names = sorted({*fold_of, *human["demographic"]})
    return {fold: [name for name in names if _is_withheld(name, fold, fold_of)] for fold in set(fold_of.values())}


def _is_withheld(name: str, fold: int, fold_of: dict[str, int]) -> bool:
    held_out = [group for group, number in fold_of.items() if number == fold]
    return fold_of.get(name) != fold and any(holds_people_of(name, group) for group in held_out)


def holds_people_of(group: str, held_out: str) -> bool:
    """Whether `group` is to be withheld where another is held out; nothing is where that is everybody.

    >>> holds_people_of("all", "sex=Female"), holds_people_of("sex=Female", "all")
    (True, False)
    >>> holds_people_of("sex=Female & age=18-29", "sex=Female"), holds_people_of("sex=Male & age=18-29", "sex=Female")
    (True, False)
    >>> holds_people_of("sex=Female", "sex=Female & age=18-29"), holds_people_of("age=18-29", "sex=Female")
    (True, False)
    """
    own, other = attributes(group), dict(attributes(held_out))
    if not other:
        return False
    if len(own) == 1:
        return len(other) > 1 and other.get(own[0][0]) == own[0][1]
    return all(other.get(attribute, label) == label for attribute, label in own)


def without_groups(folded: Supervision, groups: list[str]) -> Supervision:
    """`folded` without the rows of `groups`."""
    stays = ~pl.col("demographic").is_in(groups)
    return replace(folded, rows=folded.rows.filter(stays), human=folded.human.filter(stays))


def _refuse_untaught(rows: pl.DataFrame, fold: int) -> None:
    """Raises a FrameError where sources have no label outside the fold."""
    labels = rows.group_by("group").agg(
        pl.col("fold").filter(pl.col("fold") != fold, pl.col("target").is_not_null()).n_unique().alias("folds"),
        (pl.col("fold") == fold).any().alias("is_predicted"),
    )
    untaught = labels.filter("is_predicted", folds=0).sort("group")
    if len(untaught):
        held_out = examples(rows.filter(fold=fold).select("demographic").unique().sort("demographic").rows())
        raise UntrainedError(
            f"split='demographic' leaves {len(untaught)} sources nothing to learn from where {held_out} are held out, "
            f"e.g. {examples(untaught.select('group').rows())}: all other groups hold the same people. Leave out `all` "
            "and intersections, or use split='question'.",
            untaught["group"].to_list(),
        )
