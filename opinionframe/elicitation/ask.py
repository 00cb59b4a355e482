"""Asking: prompts and a model go in, one row per answer comes out, each on record as it arrives."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

import polars as pl

from opinionframe.elicitation.journal import Journal, opened
from opinionframe.elicitation.losses import reasons_of
from opinionframe.elicitation.models.protocol import (
    Model,
    Progress,
    Reply,
    Request,
    check_model,
    check_recorded,
    checked_reply,
)
from opinionframe.elicitation.parsing.parse import parsed_rows
from opinionframe.elicitation.requests import Ceilings, is_written, may_think, planned_requests
from opinionframe.elicitation.unasked import rounds
from opinionframe.errors import OpinionFrameError
from opinionframe.schemas import borders
from opinionframe.schemas.doors import takes_frames
from opinionframe.schemas.frames import Answers, Prompts

AnswerStore = str | Path | Journal
"""Where answers are recorded: a folder, or an open Journal."""
OnProgress = Callable[[Progress], None]

NO_REPLY = "the model gave no reply"


@takes_frames
def ask(
    prompts: borders.AnyFrame,
    model: Model,
    *,
    seed: int,
    journal: AnswerStore | None = None,
    draws: Mapping[str, int] | None = None,
    max_tokens: Ceilings = None,
    temperature: Mapping[str, float] | None = None,
    progress: OnProgress | None = None,
) -> pl.DataFrame:
    """One row per prompt and draw: what `model` answered, raw and parsed. Collects, and talks to the model.

    Equal texts with equal settings are asked once. A model that thinks before it answers takes long and costs
    more: `of.LocalModel(…, template={"enable_thinking": False})` and, for a server that passes such options on,
    `of.OpenAIModel(…, extra={"chat_template_kwargs": {"enable_thinking": False}})` switch that off.

    Args:
        prompts: Prompts, as `prompts` makes them.
        model: A LocalModel, OpenAIModel or FakeModel, or an object of your own with `name`, `revision`,
            `parameters` and `answer`.
        seed: Fixes the draws of sampled answers; `logprob` and `paraphrase` have none.
        journal: A folder, or an open Journal: every answer is on record as it arrives, and one that is there
            is not asked again, nor one that another process with the same journal is asking. Without a journal, an
            interrupted run loses its answers.
        draws: The number of draws per elicitation, where it is not the paper's (self_random 5, verbalized 3, else 1).
        max_tokens: The most tokens of an answer, its thought included: one number, or one by elicitation. Without
            it, what answers of the format need, and 2,048 more unless the model says that it does not think. A text
            that ends there is `cut off`, and asked again once this is raised.
        temperature: Of sampling, by elicitation, where it is not ours (self_random 0.7, as in the paper; verbalized 0.7
            and paraphrase 0, of which it says nothing): a number from 0, the likeliest answer, to 2.
        progress: Called with a Progress once before anything is asked, and after every answer.

    Returns: an Answers frame, sorted by model, prompt_id and draw: model, prompt_id, draw (from 0), status, raw,
        finish (why the text ended), probs, raw_sum, option_mass (in [0, 1]), reason, parser, tokens_in, tokens_out
        and seconds. A request that got no answer has status `failed` and its reason.
    Raises: FrameError, for broken prompts; OptionError, for draws, a model or a journal that cannot be; ModelError,
        for a model that cannot answer.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> human = survey.opinions.filter(demographic="all")
    >>> prompts = of.prompts(human, survey.codebook, elicitation=["logprob", "self_random"], prompt="base")
    >>> answers = ask(prompts, of.FakeModel(seed=1), seed=1)
    >>> prompts.height, answers.height, answers["status"].unique().to_list()
    (36, 108, ['answered'])
    """
    prompts = borders.checked(prompts, Prompts, "prompts")
    return answer_rows(
        prompts,
        model,
        seed=seed,
        journal=journal,
        draws=draws,
        max_tokens=max_tokens,
        temperature=temperature,
        progress=progress,
    )


def answer_rows(
    prompts: pl.DataFrame,
    model: Model,
    *,
    seed: int,
    journal: AnswerStore | None = None,
    draws: Mapping[str, int] | None = None,
    max_tokens: Ceilings = None,
    temperature: Mapping[str, float] | None = None,
    progress: OnProgress | None = None,
) -> pl.DataFrame:
    """`ask` with checked Prompts. The result is Answers by construction: what a model replies is checked one by one."""
    check_model(model)
    check_recorded(model)
    thinks = is_written(prompts) and may_think(model)  # which a local model loads its tokenizer to tell
    plan, requests = planned_requests(
        prompts, seed=seed, draws=draws, max_tokens=max_tokens, temperature=temperature, thinks=thinks
    )
    replies = _replies(requests, model, journal, progress)
    rows = pl.DataFrame([_row(reply) for reply in replies], schema=_ROW).with_row_index("request")
    answers = plan.join(rows, on="request").with_columns(pl.lit(model.name).alias("model"), *outcomes())
    return parsed_rows(answers.select(Answers.column_names()), prompts)


_ROW: dict[str, pl.DataType | type[pl.DataType]] = {
    "raw": pl.String,
    "masses": pl.List(pl.Float64),
    "tokens_in": pl.UInt32,
    "tokens_out": pl.UInt32,
    "seconds": pl.Float64,
    "error": pl.String,
    "finish": pl.String,
}


def _row(reply: Reply) -> dict[str, object]:
    return {name: getattr(reply, name) for name in _ROW}


def outcomes() -> list[pl.Expr]:
    """The columns of Answers that masses and errors decide; texts are marked unread, for the parser to read."""
    mass = pl.col("masses").list.sum()
    scored = pl.when(mass > 0)
    status = pl.when(pl.col("error").is_not_null()).then(pl.lit("failed")).otherwise(scored.then(pl.lit("answered")))
    off_options = pl.when(mass == 0).then(pl.lit("no probability fell on the options"))
    return [
        status.fill_null("unparsable").alias("status"),
        scored.then(pl.col("masses") / mass).alias("probs"),
        mass.alias("raw_sum"),
        mass.alias("option_mass"),
        pl.coalesce("error", off_options).alias("reason"),
        pl.lit(0, dtype=pl.UInt8).alias("parser"),
    ]


def _replies(
    requests: Sequence[Request], model: Model, journal: AnswerStore | None, on_progress: OnProgress | None
) -> list[Reply]:
    """One reply per request, in order; one with an error where the model gave none."""
    with opened(journal) as records:
        recorded = {} if records is None else _on_record(requests, model, records)
        intake = _Intake(recorded, len(requests), model, records, on_progress)
        new = [request for request in requests if request not in recorded]
        with closing(_rounds(new, model, records, intake)) as parts:
            for part in parts:
                arriving = model.answer(part)
                try:
                    for reply in arriving:
                        intake.take(reply)
                except KeyboardInterrupt as stop:
                    _take_late(arriving, intake)
                    stop.add_note(_resumable(intake.n_answered, len(requests), records))
                    raise
                except OpinionFrameError as error:
                    for note in _notes(intake, len(requests), records):
                        error.add_note(note)
                    raise
                finally:
                    _stop(arriving)
    return [intake.replies.get(request, Reply(request, error=NO_REPLY)) for request in requests]


def _rounds(
    requests: Sequence[Request], model: Model, journal: Journal | None, intake: _Intake
) -> Generator[Sequence[Request]]:
    if journal is not None:
        yield from rounds(requests, model, journal, intake.take_recorded)
    elif requests:
        yield requests


class _Intake:
    """Replies by their request: those on record, then new ones, each checked and put on record."""

    def __init__(
        self,
        recorded: Mapping[Request, Reply],
        total: int,
        model: Model,
        journal: Journal | None,
        on_progress: OnProgress | None,
    ) -> None:
        self.replies = dict(recorded)
        self._model, self._journal, self._on_progress = model, journal, on_progress
        self._start = time.monotonic()
        self._progress = Progress(done=len(recorded), asked=0, total=total, seconds=0.0)
        self._tell()

    def take(self, reply: Reply) -> None:
        """Puts a new reply on record; the second of one request is none."""
        reply = checked_reply(reply)
        if reply.request in self.replies:
            return
        if self._journal is not None:
            self._journal.write(reply, self._model)
        self.replies[reply.request] = reply
        self._progress = self._progress.after(reply, time.monotonic() - self._start)
        self._tell()

    @property
    def n_answered(self) -> int:
        """How many requests have an answer."""
        return sum(reply.error is None for reply in self.replies.values())

    def take_recorded(self, reply: Reply) -> None:
        """Takes an answer that another process put on record."""
        self.replies[reply.request] = reply
        self._progress = replace(self._progress, done=self._progress.done + 1)
        self._tell()

    def _tell(self) -> None:
        if self._on_progress:
            self._on_progress(self._progress)


def _take_late(arriving: Iterator[Reply], intake: _Intake) -> None:
    """Takes what a model had under way when it was stopped, where it can still hand that over."""
    throw = getattr(arriving, "throw", None)
    with suppress(KeyboardInterrupt, StopIteration):
        if throw is not None:
            intake.take(throw(KeyboardInterrupt()))
            for reply in arriving:
                intake.take(reply)


def _stop(arriving: Iterator[Reply]) -> None:
    """Ends a model's iterator, whatever ended the taking: what it still sends would be paid for and lost."""
    if (close := getattr(arriving, "close", None)) is not None:
        close()


def _on_record(requests: Sequence[Request], model: Model, journal: Journal) -> dict[Request, Reply]:
    journal.refresh()
    replies = {request: journal.find(request, model) for request in requests}
    return {request: reply for request, reply in replies.items() if reply is not None}


def _notes(intake: _Intake, total: int, journal: Journal | None) -> Iterator[str]:
    """What is to be said of an error that ended a run: what failed before it, and what is kept."""
    errors = [reply.error for reply in intake.replies.values() if reply.error is not None]
    if errors:
        yield f"{len(errors):,} requests had failed before: {reasons_of(errors)}."
    if intake.n_answered:
        yield _resumable(intake.n_answered, total, journal)


def _resumable(done: int, total: int, journal: Journal | None) -> str:
    if journal is None:
        return f"{done} of {total} answers had come, and are lost: there was no journal=…"
    return (
        f"{done} of {total} answers are on record in {journal.folder}. Run the same again to ask for the others alone."
    )
