"""Prompts as a frame: human cells and a codebook go in, one row per text to be asked comes out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from opinionframe.elicitation.asked_cells import asked_cells, checked_opinions
from opinionframe.elicitation.prompting.options import listed_questions
from opinionframe.elicitation.prompting.phrases import classes_in, phrases
from opinionframe.elicitation.prompting.prompt_settings import SHOTS, PromptSettings, prompt_settings
from opinionframe.elicitation.prompting.texts import BY_NUMBER, TextParts, texts
from opinionframe.elicitation.prompting.wording import Wording
from opinionframe.errors import OpinionFrameWarning, examples, warn_user
from opinionframe.schemas import borders
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import HUMAN, PROMPTS, Prompts
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.printed_groups import unlabelled


@takes_frames
def prompts(  # noqa: PLR0913 - what a prompt depends on, each a keyword
    opinions: borders.AnyFrame,
    codebook: borders.AnyFrame,
    *,
    elicitation: str | Sequence[str] = ("logprob",),
    prompt: str | Sequence[str] = PROMPTS,
    variant: str | Sequence[str] = "standard",
    cells: borders.AnyFrame | None = None,
    wording: str | Path | Wording = "paper",
    orders: str = "given",
    shots: int = SHOTS,
    folds: pl.DataFrame | None = None,
    examples: borders.AnyFrame | None = None,
    seed: int | None = None,
    groups: borders.AnyFrame | None = None,
) -> pl.DataFrame:
    """One row per text to be asked, for every cell of the human rows (or of `cells`): look before you pay.

    A base prompt names nobody, so there is one per question, its demographic null. An sd prompt of
    the demographic `all` has nobody to imagine and is worded as the base prompt. Collects.

    Warns (NumberLabelsWarning) where labels are numbers other than their places, such as 0 to 10: prompts that ask
    for the number of an option then list them as `1: '0', 2: '1'`. Warns (GroupWordsWarning) where all that an sd
    prompt can say of a group is a column's name or a code ("your female is 0"). A name is taken for a column's where
    neither `groups` nor the wording say the attribute, unless it is a common noun such as `country`, or several words;
    so `educ2`, `born_again` and `hisp` are. A code is a bare number (but for ages, sizes, numbers of and years), a
    letter, two or three capitals, or yes and no. It warns too of classes that `groups` lack beside others.

    Args:
        opinions: Opinions. Its human rows say which cells are asked about, and answer the few-shot examples.
        codebook: Codebook of its questions.
        elicitation: One or several of `logprob`, `self_random`, `paraphrase` (a text per wording) and `verbalized`.
        prompt: `base`, `sd`, or both.
        variant: One or several of `standard`, `few_shot` (shows answered questions first) and `cot` (asks for
            reasoning first; not with `logprob`).
        cells: A frame with question and demographic, to ask about other cells than the human rows'.
        wording: `paper`, `question_first`, a TOML file of your own, or a Wording, as in `read_wording`.
        orders: Option orders, whose answers `to_opinions` averages, since small models answer by position: `given`;
            `both` the given and the reverse; `balanced` each option once in each place. Other wordings and
            orders mark the source: `model+balanced`.
        shots: How many other questions of the same dataset, with human answers of the same group, a `few_shot` prompt
            shows at most.
        folds: A frame with question and fold, and demographic where folds differ by group; a `few_shot` prompt then
            shows none of its question's fold.
        examples: What `of.draw_examples` returned: a `few_shot` prompt then shows, once per draw, the examples that
            teach its cell in `of.calibrate_few` (a base prompt none of its own question), as the paper's Table 4 asks,
            and its variant is `few_shot-5 draw 1`. Without, it shows other questions to its own group.
        seed: Draws the few-shot examples; needed for them alone.
        groups: Groups, such as `survey.groups` or what `of.groups` makes: a group is said by its phrase ("Imagine you
            are a woman"), else by the label of its class; a wording of your own that spells the attribute goes first.

    Returns: a Prompts frame, sorted by prompt_id: prompt_id, question, demographic (null for base), elicitation,
        prompt, variant, template, text, n_choices, options (the labels as listed) and order (their choices).
    Raises: FrameError, for a broken frame; OptionError, for an unknown option.

    >>> import polars as pl
    >>> codebook = pl.DataFrame({
    ...     "question": "tea", "choice": [1, 2], "label": ["yes", "no"], "position": [1.0, 2.0],
    ...     "text": "Do you like tea?", "scale": "ordinal", "topic": None, "dataset": None})
    >>> human = {"question": "tea", "demographic": "age=18-29", "choice": [1, 2], "source": "human", "prob": [0.5, 0.5]}
    >>> print(prompts(pl.DataFrame(human), codebook, prompt="sd")["text"][0][:68])
    Imagine your age is 18-29. Would you respond with ['yes', 'no'] to t
    """
    settings = prompt_settings(
        elicitation=elicitation,
        prompt=prompt,
        variant=variant,
        wording=wording,
        orders=orders,
        shots=shots,
        folds=folds,
        examples=examples,
        seed=seed,
        groups=groups,
    )
    codebook = borders.codebook_border(codebook)
    opinions = checked_opinions(opinions, codebook)
    return prompt_rows(opinions, codebook, asked_cells(opinions, codebook, cells), settings)


def prompt_rows(
    opinions: pl.DataFrame, codebook: pl.DataFrame, cells: pl.DataFrame, settings: PromptSettings
) -> pl.DataFrame:
    """The Prompts of `cells`, distinct (question, demographic); checked opinions and codebook are not checked again.

    The result is checked, because templates of a user's own write its texts.
    """
    human = opinions.filter(pl.col("source") == HUMAN)
    # Few-shot examples come from human cells that are not asked about too.
    known_cells = pl.concat([cells, human.select(GROUP)]).unique().sort(GROUP)
    questions = listed_questions(codebook, settings.wording, settings.orders).join(
        known_cells, on="question", how="semi", maintain_order="left"
    )
    _warn_of_numbers(questions, settings)
    if any(prompt == "sd" for _, prompt, _ in settings.combinations):
        _warn_of_unsaid(cells["demographic"].unique().to_list(), settings)
    parts = TextParts(
        questions=questions,
        cells=known_cells,
        phrases=phrases(known_cells["demographic"].unique().to_list(), settings.wording, settings.groups),
        human=human,
    )
    rows = pl.concat([texts(parts, settings, *combination) for combination in settings.combinations])
    prompted = pl.concat([cells, _base_cells(cells)])
    return borders.checked(
        rows.join(prompted, on=GROUP, how="semi", nulls_equal=True).sort("prompt_id"), Prompts, "prompts"
    )


class NumberLabelsWarning(OpinionFrameWarning):
    """Labels are numbers other than their places, so that a model may answer with either."""


class GroupWordsWarning(OpinionFrameWarning):
    """All that prompts can say of a group is a column's name or a code; or Groups lack a class of an attribute."""


def _warn_of_numbers(questions: pl.DataFrame, settings: PromptSettings) -> None:
    """Warn (NumberLabelsWarning) of questions whose options are listed with their places, and why."""
    by_number = any(elicitation in BY_NUMBER for elicitation, _, _ in settings.combinations)
    doubtful = questions.filter("is_misplaced")["question"].unique(maintain_order=True)
    if by_number and len(doubtful):
        warn_user(
            f"Labels that are numbers other than their places, in {len(doubtful)} of the questions, e.g. "
            f"{examples(doubtful.to_list())}: prompts list them as 1: '0', 2: '1', … and a number is read as a place. "
            "A model may mean the label all the same: give labels in words, or use elicitation='verbalized'.",
            NumberLabelsWarning,
        )


def _warn_of_unsaid(demographics: list[str], settings: PromptSettings) -> None:
    """Warn (GroupWordsWarning) of classes that prompts say by a column's name or a code, and of the remedy."""
    _warn_of_unlisted(demographics, settings.groups)
    classes = classes_in(demographics, settings.wording, settings.groups).values()
    unsaid = [each for each in classes if each.is_unsaid]
    if not unsaid:
        return
    counts = Counter(each.attribute for each in unsaid)
    columns = [f"{attribute} ({count} {'class' if count == 1 else 'classes'})" for attribute, count in counts.items()]
    first = {each.attribute: each.fragment("your") for each in reversed(unsaid)}
    warn_user(
        f"{len(unsaid)} of {len(classes)} classes have no words but a column's name or a code, in {len(counts)} columns"
        f": {', '.join(columns)}. A prompt says, e.g., {examples([(text,) for text in reversed(first.values())])}. "
        'Give groups=of.groups(…) with labels and phrases ("you are a woman"), or spell them in a wording of your own.',
        GroupWordsWarning,
    )


def _warn_of_unlisted(demographics: list[str], groups: pl.DataFrame) -> None:
    """Warn (GroupWordsWarning) of classes that Groups do not have, though they have others of the attribute."""
    named = set(groups["attribute"])
    unlisted = [pair for pair in unlabelled(demographics, groups) if pair.partition("=")[0] in named]
    if unlisted:
        what = "1 class is" if len(unlisted) == 1 else f"{len(unlisted)} classes are"
        warn_user(
            f"{what} not in groups, though others of the attribute are, e.g. {examples([(pair,) for pair in unlisted])}"
            ". Prompts say them as the rows spell them. Spell classes in groups as the rows do, or add them.",
            GroupWordsWarning,
        )


def _base_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """The (question, demographic) of base prompts: each question once, for nobody."""
    return cells.select("question", pl.lit(None, dtype=pl.String).alias("demographic")).unique()
