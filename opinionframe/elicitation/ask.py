"""Asking: prompts and a model go in, one row per answer comes out, each on record as it arrives."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from pathlib import Path

import polars as pl

from opinionframe.elicitation.journal import Journal
from opinionframe.elicitation.models.protocol import Model, Progress, Reply, Request
from opinionframe.elicitation.parsing.parse import parse
from opinionframe.elicitation.requests import planned_requests
from opinionframe.errors import ModelError, OptionError
from opinionframe.schemas import borders
from opinionframe.schemas.frames import Prompts
from opinionframe.schemas.source import SEPARATOR

OnProgress = Callable[[Progress], None]
_MOST = 1 + 1e-6
"""Rounding of a softmax."""


def ask(
    prompts: borders.AnyFrame,
    model: Model,
    *,
    seed: int,
    journal: str | Path | Journal | None = None,
    draws: Mapping[str, int] | None = None,
    progress: OnProgress | None = None,
) -> pl.DataFrame:
    """One row per prompt and draw: what `model` answered, raw and parsed. Collects, and talks to the model.

    Equal texts with equal settings are asked once.

    Args:
        prompts: Prompts, as `prompts` makes them.
        model: A LocalModel, OpenAIModel or FakeModel, or an object of your own with `name`, `revision`,
            `parameters` and `answer`.
        seed: Fixes the draws of sampled answers; `logprob` and `paraphrase` have none.
        journal: A folder, or an open Journal: every answer is on record as it arrives, and one that is there
            is not asked again. Without one, an interrupted run loses its answers.
        draws: The number of draws per elicitation, where it is not the paper's (self_random 5, verbalized 3, else 1).
        progress: Called with a Progress once before anything is asked, and after every answer.

    Returns: an Answers frame; a request that got no answer has status `failed` and its reason.
    Raises: FrameError, OptionError, ModelError.

    >>> import opinionframe as of
    >>> survey = of.load("gss2018")
    >>> human = survey.opinions.filter(demographic="all")
    >>> asked = of.prompts(human, survey.codebook, elicitation=["logprob", "self_random"], prompt="base")
    >>> answers = ask(asked, of.FakeModel(seed=1), seed=1)
    >>> asked.height, answers.height, answers["status"].unique().to_list()
    (36, 108, ['answered'])
    """
    asked = borders.checked(prompts, Prompts, "prompts")
    _check_model(model)
    plan, requests = planned_requests(asked, seed=seed, draws=draws)
    with _opened(journal) as book:
        replies: dict[int, Reply] = {}
        try:
            replies.update((id(reply.request), reply) for reply in _replies(requests, model, book, progress))
        except KeyboardInterrupt as stop:
            stop.add_note(_resumable(len(replies), len(requests), book))
            raise
    silent = "the model gave no reply"
    said = [replies.get(id(request), Reply(request, error=silent)) for request in requests]
    rows = pl.DataFrame([_row(reply) for reply in said], schema=_ROW)
    answers = plan.join(rows.with_row_index("request"), on="request")
    return parse(_outcomes(answers).with_columns(pl.lit(model.name).alias("model")), asked)


_ROW: dict[str, pl.DataType | type[pl.DataType]] = {
    "raw": pl.String,
    "masses": pl.List(pl.Float64),
    "tokens_in": pl.UInt32,
    "tokens_out": pl.UInt32,
    "seconds": pl.Float64,
    "error": pl.String,
}


def _row(reply: Reply) -> dict[str, object]:
    return {name: getattr(reply, name) for name in _ROW}


def _outcomes(replies: pl.DataFrame) -> pl.DataFrame:
    """The columns of Answers: what the masses say; texts are marked unread, for the parser to read."""
    mass = pl.col("masses").list.sum()
    scored = pl.when(mass > 0)
    status = pl.when(pl.col("error").is_not_null()).then(pl.lit("failed")).otherwise(scored.then(pl.lit("answered")))
    off = pl.when(mass == 0).then(pl.lit("no probability fell on the options"))
    return replies.with_columns(
        status.fill_null("unparsable").alias("status"),
        scored.then(pl.col("masses") / mass).alias("probs"),
        mass.alias("raw_sum"),
        mass.alias("option_mass"),
        pl.coalesce("error", off).alias("reason"),
        pl.lit(0, dtype=pl.UInt8).alias("parser"),
    ).drop("request", "masses", "error")


def _opened(journal: str | Path | Journal | None) -> Journal | nullcontext[Journal | None]:
    if isinstance(journal, Journal):
        return nullcontext(journal)  # the caller keeps it open
    return nullcontext(None) if journal is None else Journal(journal)


def _resumable(done: int, wanted: int, journal: Journal | None) -> str:
    if journal is None:
        return f"{done} of {wanted} answers had come, and are lost: there was no journal=…"
    return (
        f"{done} of {wanted} answers are on record in {journal.folder}. Run the same again to ask for the others alone."
    )


def _check_model(model: Model) -> None:
    if not callable(getattr(model, "answer", None)):
        raise OptionError(
            f"model must be a model, such as of.LocalModel(…) or of.OpenAIModel(…), not {type(model).__name__}."
        )
    if SEPARATOR in model.name:
        raise OptionError(f"Model name {model.name!r} contains '|', which separates the parts of a source. Give name=…")


def _check(reply: Reply) -> None:
    wanted = len(reply.request.labels)
    if reply.masses is not None and (len(reply.masses) != wanted or min(reply.masses) < 0 or sum(reply.masses) > _MOST):
        raise ModelError(
            f"A model must give {wanted} probabilities, 0 or more and 1 together at most, not {reply.masses}: "
            "one for each of the request's labels."
        )


def _replies(
    requests: list[Request], model: Model, journal: Journal | None, progress: OnProgress | None
) -> Iterator[Reply]:
    start = time.monotonic()
    known = {id(request): journal.find(request, model) for request in requests} if journal is not None else {}
    done = failed = tokens_in = tokens_out = 0
    for reply in filter(None, known.values()):
        done += 1
        yield reply
    if progress:
        progress(Progress(done=done, asked=0, total=len(requests), seconds=0.0))
    waiting = [request for request in requests if known.get(id(request)) is None]
    for asked, reply in enumerate(model.answer(waiting), start=1):
        _check(reply)
        if journal is not None:
            journal.write(reply, model)
        failed += reply.error is not None
        tokens_in, tokens_out = tokens_in + (reply.tokens_in or 0), tokens_out + (reply.tokens_out or 0)
        if progress:
            seconds = time.monotonic() - start
            progress(Progress(done + asked, asked, len(requests), seconds, failed, tokens_in, tokens_out))
        yield reply
