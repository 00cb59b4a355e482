"""What came out, in a sentence: where sources stand goes in; a verdict with its interval comes out."""

from dataclasses import dataclass

from opinionframe.reporting.page.contents import Panel
from opinionframe.reporting.page.numbers import count, interval, percent, points
from opinionframe.reporting.source_words import KNOWS, in_words


@dataclass(frozen=True)
class Finding:
    """The first sentences of a page.

    Attributes:
        name: The part that it is of; empty where there is one alone.
        verdict: Whether the best source is better than the baseline, in a few words.
        scores: The two scores and their difference, with its interval.
    """

    name: str
    verdict: str
    scores: str


def finding(panel: Panel) -> Finding:
    """The verdict on the best source of a part."""
    standing = panel.standing
    bar = in_words(standing.bar)
    means = {row["source"]: row for row in standing.means.to_dicts()}
    best, rival = means[standing.best], means[standing.bar]
    difference = standing.differences.filter(source=standing.best).row(0, named=True)
    at_once = standing.at_once.filter(source=standing.best).row(0, named=True)
    n_sources = standing.differences.height
    first = "The source" if n_sources == 1 else f"The best of {n_sources} sources"
    scores = (
        f"{first}, {in_words(standing.best)}, scores {percent(best['alignment'])} "
        f"({interval(best['conf_low'], best['conf_high'])}); the {bar}, {KNOWS[standing.bar]}, "
        f"{_beside(best, rival, difference)}. "
    )
    if difference["conf_low"] is None:
        reason = count(difference["n_clusters"] or 0, "cluster")
        verdict = f"Not tested against the {bar}, which uses no model"
        return Finding(panel.part.name, verdict, f"{scores}{_difference(difference)} has no interval from {reason}.")
    scores += f"{_difference(difference)} has the 95% interval {_interval(difference)}"
    return Finding(panel.part.name, *_judged(difference, at_once, bar, scores, n_sources))


def _beside(best: dict[str, float], rival: dict[str, float], difference: dict[str, float]) -> str:
    """The baseline's score on the cells of the best source, or on its own where it lacks some of them."""
    if best["n"] == rival["n"]:
        return percent(rival["alignment"])
    if best["n"] == difference["n"]:
        return f"{percent(best['alignment'] - difference['estimate'])} on the same cells"
    return f"{percent(rival['alignment'])}, on other cells: {count(int(difference['n']), 'cell')} are of both"


def _difference(test: dict[str, float]) -> str:
    return f"The difference of {points(test['estimate'])} points"


def _interval(test: dict[str, float]) -> str:
    return f"{points(test['conf_low'])} to {points(test['conf_high'])}"


def _judged(
    difference: dict[str, float], at_once: dict[str, float], bar: str, scores: str, n_sources: int
) -> tuple[str, str]:
    """The verdict, and the scores with what the choice of the best of several sources adds."""
    free = f"the {bar}, which uses no model"
    chosen = f"; as the best of {n_sources} was chosen, {_interval(at_once)}" if n_sources > 1 else ""
    if difference["conf_high"] < 0:
        return f"Worse than {free}", f"{scores}."
    if difference["conf_low"] <= 0:
        return f"No better than {free}", f"{scores}, which includes 0."
    if at_once["conf_low"] <= 0:
        return f"Not clearly better than {free}", f"{scores}{chosen}, which includes 0."
    return f"Better than {free}", f"{scores}{chosen}."
