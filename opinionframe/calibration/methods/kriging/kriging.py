"""The kriging calibrator: labelled rows go in; human answers to other questions, moved by the model's, come out.

Each question's distribution function is predicted from those of other questions, weighted by how alike their wordings
and answer labels are (`smoother`: ordinary kriging over questions); what the source says moves that baseline
(`correction`: a robust ridge over a dozen features, the external drift).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from opinionframe.calibration.calibrator import Calibrator
from opinionframe.calibration.held_out_people import GROUPS_HELD_OUT
from opinionframe.calibration.methods.by_scale import of_scale
from opinionframe.calibration.methods.cells import Floats
from opinionframe.calibration.methods.kriging.correction import (
    MIDDLE,
    Answers,
    Correction,
    fit_correction,
    predict_correction,
)
from opinionframe.calibration.methods.kriging.embedding_cosines import refuse_other_vectors
from opinionframe.calibration.methods.kriging.settings import Settings
from opinionframe.calibration.methods.kriging.smoother import Prior, fit_prior
from opinionframe.calibration.methods.kriging.surface import Bools, Ints, Surface, ordinal_book, surface
from opinionframe.calibration.saved import Calibration, read_scalars, scalars
from opinionframe.calibration.supervision import DEALT, Folds, Pair, Supervision, groups, held_out_sets, is_among
from opinionframe.schemas.keys import CHOICE, ROW

BASELINES = "baselines"
"""Under which name the last ones are kept."""

PLACE = "place of the row"

ANSWERS = [*CHOICE, "prob", "n_eff"]
"""The columns of human rows that baselines read, beside the fold."""


class Kriging(Calibrator):
    """Kriging over questions: each is predicted from human answers to questions like it, moved by the model's answers.

    Kriging is the best linear prediction of a value at one place from values at others, by how alike the places are;
    here places are questions. Its sill (the variance of questions) is one, and its nugget (the part of it that no
    likeness explains) and what likeness rests on, wording or answer labels, are chosen by leaving questions out. It
    has no range, since likeness is a cosine and no function of distance. With `human_only` the model's answers take
    no part. Where the codebook has embeddings of its texts, likeness of wording is that of n-grams, of embeddings or
    half of each, chosen in the same way. Nominal questions have no distribution function: they are not
    predicted, and teach nothing.

    Reference: Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, section 2.2.
    """

    needs_people = True
    needs_order = True

    def __init__(self, name: str, *, human_only: bool = False) -> None:
        self.name = name
        self.title = "kriging over questions" + (", without a model" if human_only else "")
        self._human_only = human_only

    def fit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """One row per group and coefficient of its correction, and `middle`."""
        supervision = of_scale(supervision, nominal=False)
        arrays = surface(supervision.human, supervision.rows, supervision.codebook)
        training = arrays.trust > 0
        prior = fit_prior(arrays, training, _blocks(supervision.human, supervision.split, arrays))
        fits = []
        for rows in groups(supervision.rows):
            sources = [Answers(arrays.shares(part)) for part in _by_source(rows)]
            correction = fit_correction(arrays, prior, sources, training, seed=seed, human_only=self._human_only)
            fits.append(scalars(rows["group"][0], correction.coefficients | {MIDDLE: correction.middle}))
        return pl.concat(fits)

    def predict(self, rows: pl.DataFrame, codebook: pl.DataFrame, calibration: Calibration) -> pl.DataFrame:
        """`rows` with `prob` predicted, the baseline from the fit's human rows to other questions.

        A question that both codebooks have, with another number of choices or nominal in one, is another question.
        """
        remembered, book = (ordinal_book(each) for each in (calibration.codebook, codebook))
        refuse_other_vectors(remembered, book)
        other_book = remembered.join(codebook, on="question", how="anti")
        common = _sizes(remembered).join(_sizes(book), on=["question", "len"], how="semi")
        questions = pl.concat([other_book.select("question").unique(), common.select("question")])
        human = calibration.human.join(questions, on="question", how="semi")
        arrays = surface(human, rows, pl.concat([book, other_book], how="diagonal_relaxed"))
        prior = fit_prior(arrays, arrays.trust > 0, _blocks(human, calibration.split, arrays))
        parts = []
        for part in groups(rows):
            parameters = read_scalars(calibration.parameters, part["group"][0])
            coefficients = {name: value for name, value in parameters.items() if name != MIDDLE}
            correction = Correction(coefficients, parameters[MIDDLE])
            for own in _by_source(part):
                values = predict_correction(arrays, prior, correction, arrays.shares(own))
                parts.append(own.with_columns(prob=pl.Series(values[arrays.place(own)])))
        return pl.concat(parts)

    def crossfit(self, supervision: Supervision, seed: int) -> pl.DataFrame:
        """The rows with `prob` predicted; a fold's human rows enter neither its baseline nor its corrections."""
        supervision = of_scale(supervision, nominal=False)
        (prob,) = self.crossfit_rounds(supervision, [[]], seed)
        predicted = supervision.rows.with_columns(prob=pl.Series(prob))
        in_order = dict.fromkeys(("group", "source", "fold", *ROW))
        return predicted.filter(pl.col("fold").is_in(supervision.predicted_folds)).sort(list(in_order))

    def crossfit_rounds(
        self, supervision: Supervision, rounds: Iterable[Iterable[Pair]], seed: int
    ) -> Iterator[Floats]:
        """For each round `prob` with the folds of pairs held out together; all rounds share arrays and inverses."""
        numbered = replace(supervision, rows=supervision.rows.with_row_index(PLACE))
        ordinal = of_scale(numbered, nominal=False)
        baselines = _baselines(ordinal)
        fits = _shared_fits(ordinal.rows, baselines.arrays)
        for pairs in rounds:
            prob = np.full(len(supervision.rows), np.nan)
            for out in held_out_sets(ordinal, list(pairs)):
                self._predict_left_out(prob, fits, baselines, out, seed)
            yield prob

    def _predict_left_out(
        self, prob: Floats, fits: "list[_Fit]", baselines: "_Baselines", out: Folds, seed: int
    ) -> None:
        """Writes what fits without the folds `out` predict of them into `prob`, one per row."""
        training, prior = baselines.without(out)
        corrections: dict[object, Correction] = {}
        for number, fit in enumerate(fits):
            # Without a model, sources that answer the same cells have the same correction.
            alike = fit.answered if self._human_only else number
            own = prior.part(fit.asked)
            if alike not in corrections:
                sources = [source.answers for source in fit.sources]
                corrections[alike] = fit_correction(
                    fit.arrays, own, sources, training[fit.asked], seed=seed, human_only=self._human_only
                )
            for source in fit.sources:
                rows, questions = source.of_folds(out)
                values = predict_correction(
                    fit.arrays.part(questions),
                    own.part(questions),
                    corrections[alike],
                    source.answers.shares[questions],
                )
                prob[source.row[rows]] = source.values_of(rows, questions, values)


class _Baselines:
    """What human answers alone say, without each fold: the same for all sources, and with or without a model."""

    def __init__(self, supervision: Supervision, last: "_Baselines | None") -> None:
        """The arrays are those of the `last` where only folds have changed since."""
        self.human, self._codebook = supervision.human, supervision.codebook
        self._groups = _group_names(supervision)
        same = last is not None and last.have_answers_of(supervision)
        arrays = last.arrays if last and same else surface(self.human, supervision.rows, supervision.codebook)
        self.arrays: Surface = arrays
        self.settings: Settings = last.settings if last and same else Settings(arrays)
        self._block = _blocks(self.human, supervision.split, self.arrays)
        self._split = supervision.split
        self._most = supervision.rows["fold"].n_unique()
        self._is_human = arrays.cells(self.human)
        self._fold = _folds_of_cells(self.human, arrays)
        self._made: dict[Folds, tuple[Bools, Prior]] = {}

    def are_of(self, supervision: Supervision) -> bool:
        """Whether they rest on the same human answers, folds and groups."""
        return (
            self._split == supervision.split
            and self.human.equals(supervision.human)
            and self.have_answers_of(supervision)
        )

    def have_answers_of(self, supervision: Supervision) -> bool:
        """Whether they rest on the same human answers, codebook and groups."""
        return (
            self._groups == _group_names(supervision)
            and self._codebook.equals(supervision.codebook)
            and self.human.select(ANSWERS).equals(supervision.human.select(ANSWERS))
        )

    def without(self, out: Folds) -> tuple[Bools, Prior]:
        """Which cells (Q, G) are in none of the folds `out`, and the baseline that they give.

        As many are kept as there are folds: those of a round, for kriging with and without the model.
        """
        if out not in self._made:
            training = self._is_human & ~is_among(self._fold, out)
            if len(self._made) >= self._most:
                del self._made[next(iter(self._made))]
            self._made[out] = training, fit_prior(self.arrays, training, self._block, self.settings)
        return self._made[out]


def _baselines(supervision: Supervision) -> _Baselines:
    """The baselines of an ordinal supervision; the last ones are kept beside it, for kriging without the model."""
    kept = supervision.kept.get(BASELINES)
    last = kept if isinstance(kept, _Baselines) else None
    if last is None or not last.are_of(supervision):
        last = supervision.kept[BASELINES] = _Baselines(supervision, last)
    return last


def _folds_of_cells(human: pl.DataFrame, arrays: Surface) -> Ints:
    """The fold that holds each cell out, shape (Q, G); -1 where none does."""
    table = np.full(arrays.trust.shape, -1)
    question, group, _ = arrays.place(human)
    table[question, group] = human["fold"].cast(pl.Int64).fill_null(-1).to_numpy()
    return table


def _by_source(rows: pl.DataFrame) -> list[pl.DataFrame]:
    """The rows of each source of one group: a cell has the answers of one source alone."""
    return rows.partition_by("source", maintain_order=True)


def _group_names(supervision: Supervision) -> list[str]:
    """The groups that some row has."""
    both = pl.concat([supervision.human["demographic"], supervision.rows["demographic"]])
    return both.unique().sort().to_list()


@dataclass(frozen=True)
class _Fit:
    """The sources that share a fit, with the arrays of the questions that some of them was `asked`, by number."""

    asked: Ints
    arrays: Surface
    sources: list["_Source"]

    @property
    def answered(self) -> tuple[bytes, ...]:
        """Which cells have answers, of each source."""
        return (self.asked.tobytes(), *(source.answered for source in self.sources))


def _shared_fits(rows: pl.DataFrame, arrays: Surface) -> list[_Fit]:
    """One for each group of the rows."""
    parts: dict[bytes, Surface] = {}
    fits = []
    for own in groups(rows):
        asked = np.unique(arrays.place(own)[0])
        part = parts[asked.tobytes()] = parts.get(asked.tobytes()) or arrays.part(asked)
        fits.append(_Fit(asked, part, [_Source(each, part) for each in _by_source(own)]))
    return fits


class _Source:
    """The rows of one source in the arrays of its fit: `row` says which of all rows they are."""

    def __init__(self, rows: pl.DataFrame, arrays: Surface) -> None:
        self.answers = Answers(arrays.shares(rows))
        self.answered = self.answers.given.tobytes()
        self.row = rows[PLACE].to_numpy()
        self._fold = rows["fold"].to_numpy()
        self._question, self._group, self._choice = arrays.place(rows)

    def of_folds(self, folds: Folds) -> tuple[Bools, Ints]:
        """Which rows are in some folds, and the numbers of their questions."""
        rows = is_among(self._fold, folds)
        return rows, np.unique(self._question[rows])

    def values_of(self, rows: Bools, questions: Ints, values: Floats) -> Floats:
        """What values (questions, G, K) say of the rows."""
        question = np.searchsorted(questions, self._question[rows])
        return np.asarray(values[question, self._group[rows], self._choice[rows]], dtype=np.float64)


def _blocks(human: pl.DataFrame, split: str, arrays: Surface) -> Ints | None:
    """Which questions are held out together, shape (Q,): those of a fold; none where single questions or groups are.

    Where folds are joined in pairs, what trains leaves out its own fold alone, as in the fit that misses none.
    """
    dealt = DEALT if DEALT in human.columns else "fold"
    if split in ("", "question", "row", GROUPS_HELD_OUT) or dealt not in human.columns:
        return None
    folds = human.drop_nulls(dealt).group_by("question").agg(pl.col(dealt).n_unique().alias("fold"), block=dealt)
    if folds["fold"].max() != 1:
        return None
    known = dict(folds.select("question", pl.col("block").list.first()).rows())
    return np.array([known.get(question, -1 - number) for number, question in enumerate(arrays.questions)])


def _sizes(codebook: pl.DataFrame) -> pl.DataFrame:
    """One row per question with its number of choices, `len`."""
    return codebook.group_by("question").len()
