"""Elicitation: opinions and a model go in, the same opinions and the model's rows come out."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from opinionframe.elicitation.ask import OnProgress, ask
from opinionframe.elicitation.cells import asked_cells, known_opinions
from opinionframe.elicitation.journal import Journal
from opinionframe.elicitation.models.protocol import Model
from opinionframe.elicitation.prompting.prompts import prompts
from opinionframe.elicitation.prompting.wording import Wording
from opinionframe.elicitation.to_opinions import extraction, to_opinions
from opinionframe.errors import FrameError, OpinionFrameWarning, examples
from opinionframe.schemas import borders
from opinionframe.schemas.frames import HUMAN, PROMPTS
from opinionframe.schemas.lazy import Frame
from opinionframe.schemas.own_columns import carry_own

LOW_MASS = 0.5
"""Below this mean probability on the options, a source describes a minority of what the model would say."""


class ExtractionWarning(OpinionFrameWarning):
    """Some of a model's answers could not be used, or little of its probability fell on the options."""


def elicit(  # noqa: PLR0913 - the options of its three steps, each a keyword
    opinions: Frame,
    codebook: borders.AnyFrame,
    model: Model,
    *,
    seed: int,
    elicitation: str | Sequence[str] = ("logprob",),
    prompt: str | Sequence[str] = PROMPTS,
    variant: str | Sequence[str] = "standard",
    cells: borders.AnyFrame | None = None,
    wording: str | Path | Wording = "paper",
    orders: str = "given",
    folds: pl.DataFrame | None = None,
    journal: str | Path | Journal | None = None,
    draws: Mapping[str, int] | None = None,
    progress: OnProgress | None = None,
) -> Frame:
    """`opinions` with the answers of `model` to every human cell (or to `cells`) appended, one source per method.

    `prompts`, `ask` and `to_opinions` are its steps. Eager: the model is asked now, also where a LazyFrame is
    given. Warns (ExtractionWarning) where cells got no readable answer, which then have no rows, or where
    the mean probability on the options is below 0.5.

    Args:
        opinions: Opinions. Without `cells`, every cell of its human rows is asked about.
        codebook: Codebook of its questions.
        model: A LocalModel, OpenAIModel or FakeModel, or an object of your own with `name`, `revision`,
            `parameters` and `answer`.
        seed: Fixes the draws of sampled answers and of few-shot examples.
        elicitation: One or several. `logprob`: the probability of each option's number; `self_random`: one
            sampled option; `paraphrase`: one option in each of several wordings; `verbalized`: percentages.
        prompt: `base`, which names nobody and is asked once per question, `sd`, which names the group, or both.
        variant: One or several of `standard`, `few_shot` and `cot` (reason first; not with `logprob`).
        cells: A frame with question and demographic, to ask about other cells than the human rows'.
        wording: `paper`, `question_first`, a TOML file of your own, or a Wording, as in `read_wording`.
        orders: Of the options: `given`, `both` (and the reverse) or `balanced` (each option once in each place).
        folds: A frame with question and fold, which keeps a question's fold out of its few-shot examples.
        journal: A folder, or an open Journal, in which answers are recorded and found again.
        draws: The number of draws per elicitation, where it is not the paper's (self_random 5, verbalized 3, else 1).
        progress: Called with a Progress before anything is asked, and after every answer.

    Returns:
        `opinions` and, per source, question, demographic, choice, source, prob, n_eff and nonresponse as in
        `to_opinions`; further columns as the human rows of the same cell have them.

    Raises:
        FrameError: A broken frame, or a source that `opinions` already has.
        OptionError: An unknown option. ModelError: a model that cannot answer.

    >>> import polars as pl
    >>> codebook = pl.DataFrame({
    ...     "question": "tea", "choice": [1, 2], "label": ["yes", "no"], "position": [1.0, 2.0],
    ...     "text": "Do you like tea?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> human = {"question": "tea", "demographic": "all", "choice": [1, 2], "source": "human", "prob": [0.5, 0.5]}
    >>> from opinionframe.elicitation import FakeModel
    >>> asked = elicit(pl.DataFrame(human), codebook, FakeModel(seed=1), prompt="base", seed=1)
    >>> asked["source"].unique(maintain_order=True).to_list()
    ['human', 'fake|logprob|base|standard']
    """
    book = borders.codebook_border(codebook)
    known = known_opinions(opinions, book)
    wanted = asked_cells(known, book, cells)
    chosen = prompts(
        known,
        book,
        elicitation=elicitation,
        prompt=prompt,
        variant=variant,
        cells=wanted,
        wording=wording,
        orders=orders,
        folds=folds,
        seed=seed,
    )
    answers = ask(chosen, model, seed=seed, journal=journal, draws=draws, progress=progress)
    rows = to_opinions(answers, chosen, book, cells=wanted)
    _refuse_twice(known, rows)
    _tell(extraction(answers, chosen))
    carried = carry_own(rows.lazy(), known.filter(pl.col("source") == HUMAN).lazy()).collect()
    whole = pl.concat([known, carried], how="diagonal_relaxed")
    return whole if isinstance(opinions, pl.DataFrame) else whole.lazy()


def _refuse_twice(opinions: pl.DataFrame, rows: pl.DataFrame) -> None:
    twice = rows.select("source").unique().join(opinions.select("source").unique(), on="source").sort("source")
    if twice.height:
        raise FrameError(
            f"opinions already has {twice.height} of these sources, e.g. {examples(twice.rows())}. "
            "Drop their rows first, or give the model another name."
        )


def _tell(told: pl.DataFrame) -> None:
    lost = told.filter(pl.col("extracted") < 1)
    if lost.height:
        shares = _shares(lost, "extracted")
        _warn(f"Some prompts got no readable answer and their cells no rows: {shares} extracted. See of.extraction.")
    low = told.filter(pl.col("option_mass") < LOW_MASS)
    if low.height:
        shares = _shares(low, "option_mass")
        _warn(f"Little probability fell on the options, so the model may not follow the format. Mean mass: {shares}.")


def _shares(told: pl.DataFrame, column: str) -> str:
    return "; ".join(f"{source} {share:.1%}" for source, share in told.select("source", column).rows())


def _warn(message: str) -> None:
    warnings.warn(message, ExtractionWarning, stacklevel=4)
