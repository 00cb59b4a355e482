"""Elicitation: opinions and a model go in, the same opinions and the model's rows come out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import polars as pl

from opinionframe.elicitation.ask import AnswerStore, OnProgress, answer_rows
from opinionframe.elicitation.asked_cells import asked_cells, checked_opinions
from opinionframe.elicitation.extraction import extraction_rows, warn_of_losses
from opinionframe.elicitation.journal import folder_of
from opinionframe.elicitation.models.protocol import Model
from opinionframe.elicitation.parsing.parse import parsed_rows
from opinionframe.elicitation.parsing.response import PAPER, PARSERS
from opinionframe.elicitation.prompting.prompt_settings import PromptSettings, prompt_settings
from opinionframe.elicitation.prompting.prompts import prompt_rows
from opinionframe.elicitation.prompting.wording import Wording
from opinionframe.elicitation.requests import Ceilings
from opinionframe.elicitation.to_opinions import opinion_rows
from opinionframe.errors import FrameError, check_option, examples
from opinionframe.schemas import borders
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN, PROMPTS
from opinionframe.schemas.lazy import Frame, same_kind
from opinionframe.schemas.own_columns import carry_own


@takes_frames
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
    examples: borders.AnyFrame | None = None,
    groups: borders.AnyFrame | None = None,
    journal: AnswerStore | None = None,
    draws: Mapping[str, int] | None = None,
    max_tokens: Ceilings = None,
    temperature: Mapping[str, float] | None = None,
    parser: str = "strict",
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
        elicitation: One or several. `logprob`: the probability of each option's number; `self_random`: one option,
            sampled at a temperature of 0.7, as in the paper; `paraphrase`: one option in each of several wordings;
            `verbalized`: percentages. The paper gives no temperature for the last two: here 0, since the wording varies
            in place of the sampling, and 0.7, since draws are averaged.
        prompt: `base`, which names nobody and is asked once per question, `sd`, which names the group, or both.
        variant: One or several of `standard`, `few_shot` and `cot` (reason first; not with `logprob`).
        cells: A frame with question and demographic, to ask about other cells than the human rows'.
        wording: `paper`, `question_first`, a TOML file of your own, or a Wording, as in `read_wording`.
        orders: Of the options: `given`, `both` (and the reverse) or `balanced` (each option once in each place).
        folds: A frame with question and fold, which keeps a question's fold out of its few-shot examples; with
            demographic too, where folds differ by group, as in a split by rows.
        examples: What `of.draw_examples` returned, which few-shot prompts then show, once per draw, in place of other
            questions to their own group; sources have the variant `few_shot-5 draw 1`, and `of.over_draws` averages
            their scores.
        groups: Groups, such as `survey.groups` or what `of.groups` makes, in whose words sd prompts say a group; as in
            `prompts`, which warns (GroupWordsWarning) where a column's name or a code is all there is.
        journal: A folder, or an open Journal, in which answers are recorded and found again.
        draws: The number of draws per elicitation, where it is not the paper's (self_random 5, verbalized 3, else 1).
        max_tokens: The most tokens of an answer, its thought included: one number, or one by elicitation. Without
            it, what answers of the format need, and 2,048 more unless the model says that it does not think. A text
            that ends there is `cut off`, and asked again once this is raised.
        parser: `strict`, or `paper`, which renormalises any list of as many numbers as there are options, as the paper
            does; the rows then say so and how many answers that is, as in `to_opinions`.
        temperature: Of sampling, by elicitation, where it is not ours (self_random 0.7, as in the paper; verbalized 0.7
            and paraphrase 0, of which it says nothing): a number from 0, the likeliest answer, to 2.
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
    >>> opinions = elicit(pl.DataFrame(human), codebook, FakeModel(seed=1), prompt="base", seed=1)
    >>> opinions["source"].unique(maintain_order=True).to_list()
    ['human', 'fake|logprob|base|standard']
    """
    check_option("parser", parser, PARSERS)
    book = borders.codebook_border(codebook)
    eager = checked_opinions(opinions, book)
    distinct = asked_cells(eager, book, cells)
    settings = prompt_settings(
        elicitation=elicitation,
        prompt=prompt,
        variant=variant,
        wording=wording,
        orders=orders,
        folds=folds,
        examples=examples,
        seed=seed,
        groups=groups,
    )
    result = append_answers(
        eager,
        book,
        distinct,
        model,
        settings,
        seed=seed,
        journal=journal,
        draws=draws,
        max_tokens=max_tokens,
        temperature=temperature,
        parser=parser,
        progress=progress,
    )
    return same_kind(result.lazy(), opinions)


def append_answers(  # noqa: PLR0913 - as elicit
    opinions: pl.DataFrame,
    codebook: pl.DataFrame,
    cells: pl.DataFrame,
    model: Model,
    settings: PromptSettings,
    *,
    seed: int,
    journal: AnswerStore | None = None,
    draws: Mapping[str, int] | None = None,
    max_tokens: Ceilings = None,
    temperature: Mapping[str, float] | None = None,
    parser: str = "strict",
    progress: OnProgress | None = None,
    on_answers: Callable[[pl.DataFrame, pl.DataFrame], None] | None = None,
) -> pl.DataFrame:
    """`elicit` for a caller whose `opinions`, `codebook` and `cells` are checked already: they are not again.

    Args:
        opinions: Checked Opinions, to which the model's rows are appended.
        codebook: Checked Codebook of its questions.
        cells: Distinct question and demographic, as `asked_cells` gives them.
        model: Asked now.
        settings: How each cell is asked, as `prompt_settings` gives it.
        seed: Fixes the draws of sampled answers.
        journal: As in `elicit`.
        draws: As in `elicit`.
        max_tokens: As in `elicit`.
        temperature: As in `elicit`.
        parser: As in `elicit`.
        progress: As in `elicit`.
        on_answers: Called with Answers and their Prompts once all have come.

    Returns: `opinions` and the rows of the model's sources, as `elicit` gives them.
    Raises: FrameError, OptionError and ModelError, as `elicit`.
    """
    prompts = prompt_rows(opinions, codebook, cells, settings)
    answers = answer_rows(
        prompts,
        model,
        seed=seed,
        journal=journal,
        draws=draws,
        max_tokens=max_tokens,
        temperature=temperature,
        progress=progress,
    )
    if parser == PAPER:
        answers = parsed_rows(answers, prompts, parser)
    if on_answers:
        on_answers(answers, prompts)
    rows = opinion_rows(answers, prompts, cells, parser)
    _refuse_repeated_sources(opinions, rows)
    folder = folder_of(journal)
    warn_of_losses(extraction_rows(answers, prompts), answers, folder)
    human = opinions.lazy().filter(pl.col("source") == HUMAN)
    return pl.concat([opinions, carry_own(rows.lazy(), human).collect()], how="diagonal_relaxed")


def _refuse_repeated_sources(opinions: pl.DataFrame, rows: pl.DataFrame) -> None:
    repeated = rows.select("source").unique().join(opinions.select("source").unique(), on="source").sort("source")
    if repeated.height:
        raise FrameError(
            f"opinions already has {repeated.height} of these sources, e.g. {examples(repeated.rows())}. "
            "Drop their rows first, or give the model another name."
        )
