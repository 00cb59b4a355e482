"""A whole survey as arrays: questions by groups by thresholds of the scale."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from opinionframe.calibration.methods.cells import HALF_TRUST, Floats, distribution_function
from opinionframe.schemas.demographic import attribute_of, attributes

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Surface:
    """Q questions, G groups, T = K - 1 thresholds of the longest scale; everything past a scale's end is 0.

    `gap` (Q, T): step between neighbouring positions over their span. `human` (Q, G, T): human distribution
    functions, and `trust` (Q, G) = n_eff / (n_eff + 30), 0 where nobody answered. `size` (Q,): choices.
    `layout` (Q,): code of the vector of positions. `wording`, `labels` (Q, Q): cosine of the texts, and
    whether the answer labels are the same. `attributes` (G,): each group's attribute.
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

    def shares(self, rows: pl.DataFrame, column: str = "prob") -> Floats:
        """A column of choice rows as an array (Q, G, K), 0 where there is no row."""
        table = np.zeros((*self.trust.shape, self.gap.shape[1] + 1))
        table[self.place(rows)] = rows[column].to_numpy()
        return table

    def place(self, rows: pl.DataFrame) -> tuple[Ints, Ints, Ints]:
        """The indices of choice rows in an array (Q, G, K)."""
        question, group = _numbers(rows["question"], self.questions), _numbers(rows["demographic"], self.groups)
        return question, group, rows["choice"].to_numpy().astype(np.int64) - 1

    def cells(self, keys: pl.DataFrame) -> Bools:
        """Which cells (Q, G) are among the (question, demographic) of `keys`."""
        table = np.zeros(self.trust.shape, dtype=bool)
        question, group = _numbers(keys["question"], self.questions), _numbers(keys["demographic"], self.groups)
        table[question, group] = True
        return table


def surface(human: pl.DataFrame, asked: pl.DataFrame, codebook: pl.DataFrame) -> Surface:
    """The arrays of human rows and of the groups that models were asked about. Nominal choices are equally spaced."""
    book = codebook.sort("question", "choice")
    questions = tuple(book["question"].unique().sort())
    groups = tuple(pl.concat([human["demographic"], asked["demographic"]]).unique().sort())
    k = int(book["choice"].max())  # type: ignore[arg-type]  # a checked codebook has rows
    position = _positions(book, questions, k)
    by_question = book.group_by("question", maintain_order=True).agg(
        pl.col("label").str.to_lowercase().str.strip_chars().str.join("|"), pl.col("text").first()
    )
    label = by_question["label"].to_numpy()
    empty = Surface(
        questions=questions,
        groups=groups,
        attributes=tuple(_attribute(group) for group in groups),
        gap=np.nan_to_num(np.diff(position, axis=1)),
        human=np.zeros((len(questions), len(groups), k - 1)),
        trust=np.zeros((len(questions), len(groups))),
        size=np.isfinite(position).sum(axis=1),
        layout=np.unique(np.nan_to_num(position.round(9), nan=-1.0), axis=0, return_inverse=True)[1].ravel(),
        wording=_cosine(by_question["text"].to_list()),
        labels=np.equal.outer(label, label).astype(np.float64),
    )
    return _with_humans(empty, human)


def _attribute(demographic: str) -> str:
    """The attribute of a group; all intersections are pooled."""
    return "intersection" if len(attributes(demographic)) > 1 else attribute_of(demographic)


def _with_humans(empty: Surface, human: pl.DataFrame) -> Surface:
    trusted = human.with_columns(trust=(pl.col("n_eff") / (pl.col("n_eff") + HALF_TRUST)).fill_null(1.0))
    trust = empty.shares(trusted, "trust").max(axis=2)
    return Surface(**{**vars(empty), "human": distribution_function(empty.shares(human)), "trust": trust})


def _positions(book: pl.DataFrame, questions: Sequence[str], k: int) -> Floats:
    """Positions from 0 to 1, shape (Q, K), NaN past a scale's end."""
    place = pl.when(pl.col("scale") == "nominal").then(pl.col("choice").cast(pl.Float64)).otherwise("position")
    low, high = place.min().over("question"), place.max().over("question")
    unit = book.select("question", "choice", unit=(place - low) / (high - low))
    table = np.full((len(questions), k), np.nan)
    table[_numbers(unit["question"], questions), unit["choice"].to_numpy().astype(np.int64) - 1] = unit["unit"]
    return table


def _numbers(names: pl.Series, known: Sequence[str]) -> Ints:
    return names.replace_strict(list(known), range(len(known)), return_dtype=pl.Int64).to_numpy()


def _cosine(texts: list[str]) -> Floats:
    """Cosine of TF-IDF over character 3- to 5-grams: stems and spellings, in any language, without a model."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    matrix = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit_transform(texts)
    return np.asarray((matrix @ matrix.T).todense())
