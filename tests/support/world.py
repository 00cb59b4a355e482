"""A generated study whose truth is known: the same three frames as a real one, small enough to calibrate often.

56 questions in nine families of answer labels and six topics are answered by people of 12 groups, through a latent
mean of each question and group: every cell is a sample of `n_eff` people from a bell over the positions of its choices.
Nine sources answer 48 of these questions, each with a flaw that is known: see `SOURCES`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

ASKED, UNASKED = 48, 8
SEED = 20_251

FAMILIES = (
    ("Yes", "No"),
    ("Major reason", "Minor reason", "Not a reason"),
    ("Too little", "About right", "Too much"),
    ("Favor", "Oppose"),
    ("A great deal", "A fair amount", "Not too much", "Not at all"),
    ("Very important", "Somewhat important", "Not too important", "Not at all important"),
    ("Helps a lot", "Helps a little", "Neither helps nor hurts", "Hurts a little", "Hurts a lot"),
    ("Always", "Very often", "Often", "Sometimes", "Rarely", "Never"),
    ("Better", "No difference", "Worse"),
)
"""Answer labels in their order; questions of a family lean the same way. The last has half steps, as OpinionQA does."""

WORDINGS = (
    "How do you think about {subject} in your own life?",
    "Thinking of the country as a whole, what do you say about {subject}?",
    "Would you say this of {subject}?",
    "Here is a statement about {subject}. What is your view of it?",
)

SUBJECTS = {
    "work": ("robots at work", "pensions", "unpaid leave"),
    "family": ("raising children", "care of the old", "marriage"),
    "science": ("genes of babies", "space exploration", "vaccines"),
    "police": ("guns at home", "prisons", "local police"),
    "news": ("news on television", "social media", "the press"),
    "climate": ("solar panels", "fracking", "recycling"),
}

GROUPS = {
    "sex=Female": 0.15,
    "sex=Male": -0.15,
    "race=White": -0.1,
    "race=Black": 0.4,
    "race=Asian": 0.1,
    "race=Other": 0.0,
    "party=Democrat": 0.5,
    "party=Independent": 0.0,
    "party=Republican": -0.5,
    "age=18-29": 0.25,
    "age=30-64": 0.0,
    "age=65+": -0.25,
}
"""What a group's latent mean differs by, on the scale of -1 to 1; in which direction, the topic decides."""

SIZES = (25.0, 60.0, 150.0, 400.0, 900.0, 1500.0)

SHARP = "sharp|logprob|base|standard"
NOISY = "sharp|sequence|base|standard"
BIASED = "sharp|verbalized|base|standard"
CUBED = "sharp|logprob|sd|standard"
SQUARED = "sharp|logprob|sd|few_shot"
WISE = "wise|verbalized|sd|standard"
PARROT = "parrot|logprob|base|standard"
SURE = 10.0
"""What `SHARP` raises the shares of everybody to, before they sum to 1 again: log-probabilities are that sure."""

POWER = 3.0
"""What `CUBED` raises the shares of the group to; `SQUARED`, with few shots, does as its name says."""


COLUMNS = {
    "question": pl.String,
    "demographic": pl.String,
    "choice": pl.UInt8,
    "source": pl.String,
    "prob": pl.Float64,
    "n_eff": pl.Float64,
    "nonresponse": pl.Float64,
}


class Cell(NamedTuple):
    """What a source may know of a cell: the shares of its group, those of everybody, and chance."""

    group: NDArray[np.float64]
    everybody: NDArray[np.float64]
    rng: np.random.Generator


def _shares(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return weights / weights.sum()


def _drawn(shares: NDArray[np.float64], concentration: float, rng: np.random.Generator) -> NDArray[np.float64]:
    return rng.dirichlet(concentration * shares + 0.05)


def _first(shares: NDArray[np.float64], times: float) -> NDArray[np.float64]:
    """The first choice taken `times` as often."""
    return _shares(shares * np.where(np.arange(len(shares)) == 0, times, 1.0))


SOURCES: dict[str, Callable[[Cell], NDArray[np.float64]]] = {
    # Knows what everybody thinks, and is too sure of it: the same answer for every group.
    SHARP: lambda cell: _shares(cell.everybody**SURE),
    # The same, with noise of its own in every cell.
    NOISY: lambda cell: _drawn(_shares(cell.everybody**2), 6, cell.rng),
    # Takes the first choice ten times as often as it should.
    BIASED: lambda cell: _first(cell.everybody, 10),
    # Knows the groups too; few shots help it a little.
    CUBED: lambda cell: _shares(cell.group**POWER),
    SQUARED: lambda cell: _shares(cell.group**2),
    # Knows the groups well, with a little noise.
    WISE: lambda cell: _drawn(0.8 * cell.group + 0.2 / len(cell.group), 40, cell.rng),
    "wise|verbalized|base|standard": lambda cell: 0.5 * cell.everybody + 0.5 / len(cell.group),
    "wise|logprob|sd|standard": lambda cell: _first(_drawn(cell.group, 15, cell.rng), 3),
    # Knows nothing at all.
    PARROT: lambda cell: _drawn(np.full(len(cell.group), 1 / len(cell.group)), 3, cell.rng),
}
"""Each source as a function from what people think to what it says."""

SD_GROUPS = tuple(group for group in GROUPS if not group.startswith("age="))
"""With a sociodemographic prompt, the sources were asked about these alone."""


class World(NamedTuple):
    """The frames of a study; `opinions` are the human rows above those of the sources."""

    codebook: pl.DataFrame
    human: pl.DataFrame
    llm: pl.DataFrame
    opinions: pl.DataFrame


def generated() -> World:
    """The study: always the same."""
    rng = np.random.default_rng(SEED)
    codebook, latent = _questions(rng)
    human, llm = [], []
    for number, question in enumerate(latent):
        x, topic_sign = question.pop("x"), question.pop("sign")
        spread = rng.uniform(0.45, 0.8)
        by_group = {
            group: _bell(x, question["mean"] + topic_sign * tilt + rng.normal(0, 0.05), spread)
            for group, tilt in GROUPS.items()
        }
        everybody = np.mean(list(by_group.values()), axis=0)
        for group, shares in by_group.items():
            # As in real surveys, a small group was not asked everything.
            if group == "race=Other" and number % 9 == 0:
                continue
            n = float(rng.choice(SIZES))
            seen = rng.multinomial(int(n), shares) / n
            human += _rows(question["question"], group, "human", seen, n, round(rng.uniform(0, 0.05), 4))
            if number < ASKED:
                cell = Cell(shares, everybody, rng)
                for source, answer in SOURCES.items():
                    if "|base|" in source or group in SD_GROUPS:
                        llm += _rows(question["question"], group, source, answer(cell))
    people = pl.DataFrame(human, COLUMNS, orient="row")
    models = pl.DataFrame(llm, COLUMNS, orient="row").drop("n_eff", "nonresponse")
    return World(codebook, people, models, pl.concat([people, models], how="diagonal"))


def _questions(rng: np.random.Generator) -> tuple[pl.DataFrame, list[dict[str, object]]]:
    lean = rng.normal(0, 0.35, len(FAMILIES))
    places = [(topic, subject) for topic, subjects in SUBJECTS.items() for subject in subjects]
    direction = dict(zip(SUBJECTS, rng.choice([-1, 1], len(SUBJECTS)), strict=True))
    about = rng.normal(0, 0.25, len(places))
    rows, latent = [], []
    for number in range(ASKED + UNASKED):
        family, place = number % len(FAMILIES), (5 * number) % len(places)
        topic, subject = places[place]
        labels = FAMILIES[family]
        positions = np.arange(1.0, len(labels) + 1)
        if "No difference" in labels:
            positions = (positions + 1) / 2
        name = f"{topic.upper()}{number:02d}"
        rows.append(
            pl.DataFrame(
                {
                    "question": name,
                    "choice": pl.Series(range(1, len(labels) + 1), dtype=pl.UInt8),
                    "label": labels,
                    "position": positions,
                    "text": WORDINGS[number % len(WORDINGS)].format(subject=subject),
                    "scale": "ordinal",
                    "topic": topic,
                    "dataset": "generated",
                }
            )
        )
        mean = lean[family] + about[place] + rng.normal(0, 0.3)
        x = 2 * (positions - positions.min()) / np.ptp(positions) - 1
        latent.append({"question": name, "mean": mean, "x": x, "sign": direction[topic]})
    return pl.concat(rows), latent


def _bell(x: NDArray[np.float64], mean: float, spread: float) -> NDArray[np.float64]:
    return _shares(np.exp(-((x - mean) ** 2) / (2 * spread**2)) + 0.01)


def _rows(
    question: str,
    demographic: str,
    source: str,
    shares: NDArray[np.float64],
    n_eff: float | None = None,
    nonresponse: float | None = None,
) -> list[tuple[str, str, int, str, float, float | None, float | None]]:
    return [(question, demographic, j, source, float(p), n_eff, nonresponse) for j, p in enumerate(shares, 1)]
