"""A broken frame or option is refused by name, with counts and the remedy: never by a traceback of Polars."""

import polars as pl
import pytest

from opinionframe.elicitation import FakeModel, ask, dry_run, elicit, extraction, parse, prompts, to_opinions
from opinionframe.errors import FrameError, OpinionFrameError, OptionError

MODEL = FakeModel(seed=1)


@pytest.mark.parametrize("kind", ["eager", "lazy"])
def test_broken_opinions_are_refused_before_anything_is_asked(
    human: pl.DataFrame, codebook: pl.DataFrame, kind: str
) -> None:
    broken = human.with_columns(pl.when(question="natspac").then(-0.1).otherwise("prob").alias("prob"))
    frame = broken.lazy() if kind == "lazy" else broken
    for verb in (prompts, lambda *args: elicit(*args, MODEL, seed=1)):
        with pytest.raises(FrameError, match="4 cells have a negative"):
            verb(frame, codebook)
        with pytest.raises(FrameError, match="lacks 1 of its columns: prob"):
            verb(frame.drop("prob"), codebook)
        with pytest.raises(FrameError, match="codebook lacks"):
            verb(human, codebook.drop("label"))


def test_broken_prompts_and_answers_are_refused(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    prompt_rows = prompts(human, codebook)
    answers = ask(prompt_rows, MODEL, seed=1)
    for broken in (
        prompt_rows.drop("text"),
        prompt_rows.vstack(prompt_rows.head(1)),
        prompt_rows.with_columns(variant=pl.lit("odd")),
        "no frame",
    ):
        for verb in (lambda p: ask(p, MODEL, seed=1), dry_run, lambda p: to_opinions(answers, p, codebook)):
            with pytest.raises(FrameError, match="prompts"):
                verb(broken)
    for broken in (answers.drop("status"), answers.with_columns(status=pl.lit("odd")), answers.vstack(answers.head(2))):
        for verb in (
            lambda a: to_opinions(a, prompt_rows, codebook),
            lambda a: extraction(a, prompt_rows),
            lambda a: parse(a, prompt_rows),
        ):
            with pytest.raises(FrameError, match="answers"):
                verb(broken)
    with pytest.raises(FrameError, match="cells lacks"):
        to_opinions(answers, prompt_rows, codebook, cells=human.drop("demographic"))


def test_wrong_options_list_what_is_allowed(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    prompt_rows = prompts(human, codebook)
    with pytest.raises(OptionError, match="model must be a model"):
        ask(prompt_rows, "gpt-4o", seed=1)
    with pytest.raises(OptionError, match="contains '|'"):
        ask(prompt_rows, FakeModel(seed=1, name="a|b"), seed=1)
    with pytest.raises(OptionError, match="is not possible"):
        ask(prompt_rows, MODEL, seed=1, draws={"logprob": 2})
    with pytest.raises(OptionError, match="Allowed: logprob"):
        ask(prompt_rows, MODEL, seed=1, draws={"guess": 2})
    with pytest.raises(OptionError, match="together, or neither"):
        dry_run(prompt_rows, model=MODEL)
    with pytest.raises(OpinionFrameError, match="folds lacks fold"):
        prompts(human, codebook, variant="few_shot", folds=human.select("question"), seed=1)
