"""What to know before believing a score: a part's frames go in; short lines with numbers come out."""

from dataclasses import dataclass

import polars as pl

from opinionframe import divergence
from opinionframe.reporting.page.contents import Contents, Panel
from opinionframe.reporting.page.numbers import count, listed, percent
from opinionframe.reporting.parts import rows_of
from opinionframe.schemas.demographic import ALL
from opinionframe.schemas.source import is_calibrated, is_elicited

LOW_MASS = 0.5
"""Below this share of probability on the options, a source describes a minority of what its model would say."""

ALL_MASS = 0.9995
"""From this share on, all probability fell on the options, in the digits of the page."""

FEW_QUESTIONS = 30
"""Below this number of questions, a page says first how few they are."""

UNREAD = 0.05
"""From this share of unreadable answers on, a page says so first."""

UNMARKED = "No score "
"""How the note of a table begins whose scores bear no mark."""

LOGPROB = "|logprob|"
LOST = ("refused", "cut_off", "filtered", "unparsable", "failed")

HELD_OUT = {
    "question": ("Whole questions", "no question is calibrated on human answers to itself"),
    "topic": ("Whole topics", "no question is calibrated on human answers to its own topic"),
    "battery": (
        "Whole batteries",
        "no question is calibrated on human answers to itself or to one worded almost alike",
    ),
    "dataset": ("Whole datasets", "no question is calibrated on human answers to its own survey"),
    "demographic": ("Whole groups", "every question was seen in other groups, so that scores say nothing of new ones"),
    "row": ("Single cells", "every question was seen in other groups, so that scores are too high for a new one"),
}
"""What each split holds out, and what follows."""


@dataclass(frozen=True)
class Caveat:
    """One line: its number in bold, what it says, and whether it has to be read before the score."""

    number: str
    text: str
    first: bool = False


def caveats(panel: Panel, contents: Contents) -> list[Caveat]:
    """The caveats of a part; those that have to be read first stand first."""
    lines = [
        *_mass(panel, contents),
        _questions(panel),
        *_readable(panel, contents),
        *_gains(panel),
        *_held_out(panel, contents),
        _metric(panel, contents),
        _intervals(panel),
        *_marks(panel),
    ]
    return sorted(lines, key=lambda caveat: not caveat.first)


def _mass(panel: Panel, contents: Contents) -> list[Caveat]:
    """How much probability fell on the options, where models gave probabilities."""
    extraction = _extraction(panel, contents)
    if extraction is not None:
        masses = extraction["option_mass"].drop_nulls()
    else:
        scored = panel.part.scores.filter(is_elicited() & pl.col("source").str.contains(LOGPROB, literal=True))
        if "nonresponse" not in scored.columns:
            return []
        masses = (
            1 - scored.drop_nulls("nonresponse").group_by("source").agg(pl.col("nonresponse").mean())["nonresponse"]
        )
    if masses.is_empty():
        return []
    least, most = float(str(masses.min())), float(str(masses.max()))
    texts = list(dict.fromkeys([percent(least), percent(most)]))
    low = least < LOW_MASS
    rest = "the model would mostly have said something else" if low else "the rest went to other words"
    more = "" if least > ALL_MASS else f"; {rest}, and scores are of that share alone"
    others = panel.part.scores.select(
        (is_elicited() & ~pl.col("source").str.contains(LOGPROB, literal=True)).any()
    ).item()
    where = " of log-prob. sources" if others else ""
    return [Caveat(" to ".join(texts), f"of the probability{where} fell on the answer options{more}.", first=low)]


def _questions(panel: Panel) -> Caveat:
    scores = panel.standing.cells.filter(source=panel.standing.best)
    questions = scores["question"].n_unique()
    groups = scores.filter(pl.col("demographic") != ALL)["demographic"].n_unique()
    where = f"in {count(groups, 'group')}" if groups else "asked of everybody"
    few = questions < FEW_QUESTIONS
    text = f"{where}: intervals rest on the number of questions, not on that of cells."
    return Caveat(f"{'Only ' if few else ''}{count(questions, 'question')}", text, first=few)


def _readable(panel: Panel, contents: Contents) -> list[Caveat]:
    """How many answers could not be read, and why."""
    extraction = _extraction(panel, contents)
    if extraction is None:
        return [Caveat("Readable answers", "are not on record here: give of.report the answers and their prompts.")]
    asked = int(extraction["answers"].sum())
    lost = {name: int(extraction[name].sum()) for name in LOST}
    unread = sum(lost.values())
    if not unread:
        return [Caveat(f"All {count(asked, 'answer')}", "could be read.")]
    reasons = listed([f"{number:,} {name.replace('_', ' ')}" for name, number in lost.items() if number])
    text = f"could not be read ({percent(unread / asked)}): {reasons}. They are in no score."
    return [Caveat(f"{unread:,} of {count(asked, 'answer')}", text, first=unread / asked >= UNREAD)]


def _gains(panel: Panel) -> list[Caveat]:
    """How many calibrated sources gained more than a placebo."""
    diagnosis = panel.part.diagnosis
    if diagnosis is None or diagnosis.is_empty():
        return []
    gained = diagnosis.filter(~pl.col("verdict").is_in(["collapsed", "placebo not exceeded"])).height
    collapsed = int(diagnosis["collapsed"].sum())
    more = f"; {collapsed} hardly read {'its' if collapsed == 1 else 'their'} answers any more" if collapsed else ""
    text = f"gained more than with answers to another question in place of the model's{more}."
    return [Caveat(f"{gained} of {count(diagnosis.height, 'calibrated source')}", text)]


def _held_out(panel: Panel, contents: Contents) -> list[Caveat]:
    """What calibration did not see, where something was calibrated."""
    if not panel.part.scores.select(is_calibrated().any()).item():
        return []
    split, folds = contents.design.split, contents.design.folds
    if split is None:
        return [Caveat("What was held out", "is not on record here: give of.report the split of the calibration.")]
    held, follows = HELD_OUT.get(
        split, (f"Whole values of {split}", "nothing is calibrated on human answers to its own")
    )
    dealt = "" if folds is None or split == "dataset" else f" in {folds} folds"
    return [Caveat(held, f"were held out{dealt} in calibration: {follows}.", first=split in ("row", "demographic"))]


def _metric(panel: Panel, contents: Contents) -> Caveat:
    what = divergence.definition(panel.part.metric, short=True)
    text = f"is what a score is, 100% for the human distribution; it is a {contents.results.estimand}."
    return Caveat(what or "Alignment", text)


def _intervals(panel: Panel) -> Caveat:
    """Over what the interval of the best source holds, or that it has none."""
    best = panel.standing.means.filter(source=panel.standing.best).row(0, named=True)
    if best["conf_low"] is None:
        return Caveat("No interval", f"can be made from {count(best['n_clusters'] or 0, 'cluster')}.", first=True)
    return Caveat("95% intervals", f"are clustered and hold over {best['covers']}, each by itself.")


def _marks(panel: Panel) -> list[Caveat]:
    """What the marks of the table of scores are, where some score bears one, or that none does."""
    notes = panel.tables["alignment"].notes
    signs = [note.partition(" ") for note in notes if note and not (note[0].isalnum() or note[0] in "([")]
    none = [note.removeprefix(UNMARKED) for note in notes if note.startswith(UNMARKED)]
    return [
        *(Caveat(sign, f"in the table of scores: {text}") for sign, _, text in signs),
        *(Caveat(UNMARKED.strip(), text) for text in none),
    ]


def _extraction(panel: Panel, contents: Contents) -> pl.DataFrame | None:
    """How much of each source was answered in the part's dataset, where that is on record."""
    extraction = contents.results.extraction
    return None if extraction is None else rows_of(extraction, panel.part.dataset)
