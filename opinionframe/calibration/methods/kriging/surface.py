"""A whole survey as arrays: human rows and a codebook go in; questions by groups by thresholds come out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.alike import IS_NOMINAL
from opinionframe.calibration.methods.cells import HALF_TRUST, Floats, distribution_function
from opinionframe.calibration.methods.kriging.embedding_cosines import embedding_cosines, with_vectors
from opinionframe.calibration.methods.kriging.text_cosines import text_cosines
from opinionframe.schemas.demographic import attribute_of, attributes
from opinionframe.schemas.vocabulary import EMBEDDING

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

READ = ("question", "choice", "label", "position", "text")
"""The columns of a codebook that arrays are made of, beside embeddings."""


@dataclass(frozen=True)
class Surface:
    """Q questions, G groups, T = K - 1 thresholds of the longest scale; `gap` is 0 past the end of a scale.

    Attributes:
        questions: The keys of the questions, in order.
        groups: The demographics, in order.
        attributes: The attribute of each group; all intersections are one.
        gap: Steps between neighbouring positions over their span, shape (Q, T), rows summing to 1.
        human: Human distribution functions, shape (Q, G, T), in [0, 1].
        trust: The weight of human answers, n_eff / (n_eff + 30), shape (Q, G), in [0, 1]; 0 where nobody answered.
        size: Number of choices, shape (Q,).
        layout: A code that questions with the same positions share, shape (Q,).
        wording: Cosine of the texts of two questions, shape (Q, Q), in [0, 1].
        labels: 1 where two questions have the same answer labels, else 0, shape (Q, Q).
        meaning: Cosine of the embeddings of two questions, shape (Q, Q), in [-1, 1]; None where there are none.
    """

    questions: tuple[str, ...]
    groups: tuple[str, ...]
    attributes: tuple[str, ...]
    gap: Floats
    human: Floats
    trust: Floats
    size: Ints
    layout: Ints
    wording: Floats
    labels: Floats
    meaning: Floats | None = None

    def shares(self, rows: pl.DataFrame, column: str = "prob") -> Floats:
        """A column of choice rows as an array (Q, G, K), 0 where there is no row."""
        table = np.zeros((*self.trust.shape, self.gap.shape[1] + 1))
        table[self.place(rows)] = rows[column].to_numpy()
        return table

    def part(self, questions: Ints) -> "Surface":
        """Some of the questions, by number."""
        return replace(
            self,
            questions=tuple(self.questions[number] for number in questions.tolist()),
            gap=self.gap[questions],
            human=self.human[questions],
            trust=self.trust[questions],
            size=self.size[questions],
            layout=self.layout[questions],
            wording=self.wording[np.ix_(questions, questions)],
            labels=self.labels[np.ix_(questions, questions)],
            meaning=None if self.meaning is None else self.meaning[np.ix_(questions, questions)],
        )

    def place(self, rows: pl.DataFrame) -> tuple[Ints, Ints, Ints]:
        """The indices of choice rows in an array (Q, G, K)."""
        question, group = _indices(rows["question"], self.questions), _indices(rows["demographic"], self.groups)
        return question, group, rows["choice"].to_numpy().astype(np.int64) - 1

    def cells(self, keys: pl.DataFrame) -> Bools:
        """Which cells (Q, G) are among the (question, demographic) of `keys`."""
        table = np.zeros(self.trust.shape, dtype=bool)
        question, group = _indices(keys["question"], self.questions), _indices(keys["demographic"], self.groups)
        table[question, group] = True
        return table


def ordinal_book(codebook: pl.DataFrame) -> pl.DataFrame:
    """The ordinal questions of a codebook, with the columns that `surface` reads and no others."""
    read = with_vectors(codebook.filter(~IS_NOMINAL))
    return read.select(pl.selectors.by_name(*READ, EMBEDDING, require_all=False))


def surface(human: pl.DataFrame, elicited: pl.DataFrame, codebook: pl.DataFrame) -> Surface:
    """The arrays of human rows, with the groups of elicited rows too. All questions are ordinal."""
    book = codebook.sort("question", "choice")
    questions = tuple(book["question"].unique().sort())
    groups = tuple(pl.concat([human["demographic"], elicited["demographic"]]).unique().sort())
    k = int(book["choice"].max())  # type: ignore[arg-type]  # a checked codebook has rows
    position = _positions(book, questions, k)
    by_question = book.group_by("question", maintain_order=True).agg(
        pl.col("label").str.to_lowercase().str.strip_chars().str.join("|"), pl.col("text").first()
    )
    label = by_question["label"].to_numpy()
    without_humans = Surface(
        questions=questions,
        groups=groups,
        attributes=tuple(_attribute(group) for group in groups),
        gap=np.nan_to_num(np.diff(position, axis=1)),
        human=np.zeros((len(questions), len(groups), k - 1)),
        trust=np.zeros((len(questions), len(groups))),
        size=np.isfinite(position).sum(axis=1),
        layout=np.unique(np.nan_to_num(position.round(9), nan=-1.0), axis=0, return_inverse=True)[1].ravel(),
        wording=text_cosines(by_question["text"].to_list(), sublinear=True),
        labels=np.equal.outer(label, label).astype(np.float64),
        meaning=embedding_cosines(book),
    )
    return _with_humans(without_humans, human)


def _attribute(demographic: str) -> str:
    """The attribute of a group; all intersections are pooled."""
    return "intersection" if len(attributes(demographic)) > 1 else attribute_of(demographic)


def _with_humans(without_humans: Surface, human: pl.DataFrame) -> Surface:
    """The arrays with human distribution functions and their trust filled in."""
    rows = human.with_columns(trust=(pl.col("n_eff") / (pl.col("n_eff") + HALF_TRUST)).fill_null(1.0))
    trust = without_humans.shares(rows, "trust").max(axis=2)
    return Surface(
        **{**vars(without_humans), "human": distribution_function(without_humans.shares(human)), "trust": trust}
    )


def _positions(book: pl.DataFrame, questions: Sequence[str], k: int) -> Floats:
    """Positions from 0 to 1, shape (Q, K), NaN past a scale's end."""
    place = pl.col("position")
    low, high = place.min().over("question"), place.max().over("question")
    spaced = book.select("question", "choice", unit=(place - low) / (high - low))
    table = np.full((len(questions), k), np.nan)
    table[_indices(spaced["question"], questions), spaced["choice"].to_numpy().astype(np.int64) - 1] = spaced["unit"]
    return table


def _indices(names: pl.Series, order: Sequence[str]) -> Ints:
    """The place of each name in `order`."""
    return names.cast(pl.Enum(order)).to_physical().to_numpy().astype(np.int64)
