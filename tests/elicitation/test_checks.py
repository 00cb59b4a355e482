"""Each frame is checked once per verb, and what is not checked again is right by construction."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from opinionframe.elicitation import (
    ExtractionWarning,
    FakeModel,
    Reply,
    Request,
    ask,
    dry_run,
    elicit,
    extraction,
    parse,
    prompts,
    to_opinions,
)
from opinionframe.elicitation.asked_cells import asked_cells
from opinionframe.elicitation.elicit import append_answers
from opinionframe.elicitation.prompting.prompt_settings import prompt_settings
from opinionframe.errors import ModelError, OptionError
from opinionframe.schemas import borders
from opinionframe.schemas.frames import Answers, Prompts
from opinionframe.schemas.keys import ROW

MODEL = FakeModel(seed=1)
METHODS = ["logprob", "self_random", "paraphrase", "verbalized"]


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each frame is checked from here on."""
    counts: Counter[str] = Counter()
    inside: list[str] = []

    def counting(check: Callable[..., object], frame_name: Callable[..., str]) -> Callable[..., object]:
        def counted(*args: object, **options: object) -> object:
            if not inside:  # a border that uses another is one check
                counts[frame_name(*args)] += 1
            inside.append("")
            try:
                return check(*args, **options)
            finally:
                inside.pop()

        return counted

    monkeypatch.setattr(borders, "checked", counting(borders.checked, lambda _frame, _schema, name: name))
    monkeypatch.setattr(borders, "codebook_border", counting(borders.codebook_border, lambda _frame: "codebook"))
    monkeypatch.setattr(borders, "opinions_border", counting(borders.opinions_border, lambda *_args: "opinions"))
    return counts


def test_every_verb_checks_each_frame_once(human: pl.DataFrame, codebook: pl.DataFrame, checks: Counter[str]) -> None:
    def counted(verb: Callable[[], object]) -> dict[str, int]:
        checks.clear()
        verb()
        return dict(checks)

    # The texts of `prompts` come from templates that may be a user's own, so they are checked when they are made.
    assert counted(lambda: prompts(human, codebook)) == {"opinions": 1, "codebook": 1, "prompts": 1}
    assert counted(lambda: elicit(human, codebook, MODEL, seed=1)) == {"opinions": 1, "codebook": 1, "prompts": 1}
    prompt_rows = prompts(human, codebook)
    answers = ask(prompt_rows, MODEL, seed=1)
    assert counted(lambda: ask(prompt_rows, MODEL, seed=1)) == {"prompts": 1}
    assert counted(lambda: dry_run(prompt_rows)) == {"prompts": 1}
    assert counted(lambda: parse(answers, prompt_rows)) == {"answers": 1, "prompts": 1}
    assert counted(lambda: extraction(answers, prompt_rows)) == {"answers": 1, "prompts": 1}
    # Here the opinions are the result: shares in a user's own answers may be no distribution.
    in_and_out = {"answers": 1, "prompts": 1, "codebook": 1, "opinions": 1}
    assert counted(lambda: to_opinions(answers, prompt_rows, codebook, cells=human)) == in_and_out


def test_checked_opinions_and_codebook_are_not_checked_again(
    human: pl.DataFrame, codebook: pl.DataFrame, checks: Counter[str]
) -> None:
    book = borders.codebook_border(codebook)
    opinions = borders.opinions_border(human, book).collect()
    checks.clear()
    result = append_answers(opinions, book, asked_cells(opinions, book), MODEL, prompt_settings(), seed=1)
    assert dict(checks) == {"prompts": 1}
    assert_frame_equal(result, elicit(human, codebook, MODEL, seed=1), rel_tol=0, abs_tol=1e-12)


class Drawn(FakeModel):
    """Answers what it is told to, in turn: texts, masses, failures or nothing at all."""

    def __init__(self, replies: list[object]) -> None:
        super().__init__(seed=1, name="drawn")
        self.replies = replies

    def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
        for number, request in enumerate(requests):
            kind, text, weights = self.replies[number % len(self.replies)]
            if kind == "failed":
                yield Reply(request, error=text)
            elif kind == "answered" and request.mode == "score":
                total = sum(weights) or 1.0
                yield Reply(request, text, tuple(0.9 * weight / total for weight in weights))
            elif kind == "answered":
                yield Reply(request, text)


TEXTS = st.one_of(
    st.text(max_size=30),
    st.integers(0, 5).map(str),
    st.lists(st.integers(0, 100), min_size=2, max_size=4).map(str),
    st.sampled_from(["Too little", "<ANS_START>2</ANS_END>", "I cannot answer.", "[0.2, 0.3, 0.5]"]),
)
REPLIES = st.tuples(
    st.sampled_from(["answered", "answered", "answered", "failed", "silent"]),
    TEXTS,
    st.lists(st.floats(0, 1, allow_subnormal=True), min_size=3, max_size=3),
)


@given(replies=st.lists(REPLIES, min_size=1, max_size=7))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.filterwarnings("ignore::opinionframe.elicitation.ExtractionWarning")
def test_whatever_a_model_replies_becomes_answers_and_opinions(
    replies: list[object], human: pl.DataFrame, codebook: pl.DataFrame
) -> None:
    model = Drawn(replies)
    for variant, methods in (("standard", METHODS), ("cot", METHODS[1:])):
        prompt_rows = prompts(human, codebook, elicitation=methods, variant=variant)
        assert_frame_equal(borders.checked(prompt_rows, Prompts, "prompts"), prompt_rows)
        answers = ask(prompt_rows, model, seed=1)
        assert_frame_equal(borders.checked(answers, Answers, "answers"), answers)
        again = parse(answers, prompt_rows)
        assert_frame_equal(borders.checked(again, Answers, "answers"), again)
        result = elicit(human, codebook, model, elicitation=methods, variant=variant, seed=1)
        book = borders.codebook_border(codebook)
        assert_frame_equal(borders.opinions_border(result, book).collect(), result)


def test_masses_that_are_no_probabilities_are_refused(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    class Wrong(FakeModel):
        masses: tuple[float, ...] = ()

        def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
            yield from (Reply(request, masses=self.masses) for request in requests)

    model, nan = Wrong(seed=1), float("nan")
    for masses in ((0.5, 0.5), (), (-0.1, 0.5, 0.5), (0.5, 0.5, 0.5), (nan, 0.1, 0.1), (0.1, nan, 0.1)):
        model.masses = masses
        with pytest.raises(ModelError, match="must give 3 probabilities"):
            elicit(human, codebook, model, seed=1)


def test_an_object_that_is_no_model_is_refused_before_it_is_asked(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    with pytest.raises(OptionError, match=r"model is the class FakeModel. Give an object of it, as FakeModel"):
        elicit(human, codebook, FakeModel, seed=1)
    for attribute, value, what in (("name", None, "text"), ("revision", 2, "text"), ("parameters", None, "a mapping")):
        model = SimpleNamespace(name="m", revision="1", parameters={}, answer=lambda _: iter(()))
        setattr(model, attribute, value)
        with pytest.raises(OptionError, match=f"A model's {attribute} must be {what}, not {value}"):
            elicit(human, codebook, model, seed=1)


def test_replies_of_other_kinds_are_taken_or_refused(
    human: pl.DataFrame, codebook: pl.DataFrame, tmp_path: Path
) -> None:
    class Loose(FakeModel):
        def answer(self, requests: Sequence[Request]) -> Iterator[Reply]:
            for request in requests:
                shares = np.array([0.5, 0.25, 0.125], dtype=np.float32)
                yield Reply(replace(request), masses=shares)  # an equal request, and an array

    for _ in range(2):
        result = elicit(human, codebook, Loose(seed=1), journal=tmp_path, seed=1)
        rows = result.filter(pl.col("source").str.contains("|", literal=True)).sort(*ROW)
        assert rows["prob"].to_list()[:3] == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    with pytest.raises(ModelError, match="asked to pick gave probabilities"):
        elicit(human, codebook, Loose(seed=1), elicitation="self_random", seed=1)

    class Texts(FakeModel):
        def answer(self, requests: Sequence[Request]) -> Iterator[str]:
            yield from ("1" for _ in requests)

    with pytest.raises(ModelError, match="must yield a Reply for each request, not str"):
        elicit(human, codebook, Texts(seed=1), seed=1)


def test_a_warning_of_losses_names_the_line_that_asked(human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    with pytest.warns(ExtractionWarning) as warned:
        elicit(human, codebook, Drawn([("failed", "dead", []), ("answered", "1", [1.0, 0, 0])]), seed=1)
    assert {warning.filename for warning in warned} == {__file__}


class Saying:
    """A model of one's own that replies the same to all."""

    name, revision, parameters = "saying", "1", {}

    def __init__(self, **said):
        self._said = said

    def answer(self, requests):
        return (Reply(request, **self._said) for request in requests)


ODD_REPLIES = [{"raw": b"1"}, {"raw": 1}, {"finish": 7}, {"error": b"no"}, {"tokens_in": -1}, {"tokens_out": 1.5},
               {"tokens_in": 2**32}]  # fmt: skip


@pytest.mark.parametrize("journal", [False, True])
@pytest.mark.parametrize("said", ODD_REPLIES, ids=str)
def test_what_a_model_says_is_text_and_counts(human, codebook, tmp_path, said, journal) -> None:
    prompt_rows = prompts(human, codebook, elicitation="verbalized", prompt="base")
    with pytest.raises(ModelError, match=rf"A model's {next(iter(said))} must be .* or None, not"):
        ask(prompt_rows, Saying(**({"raw": "1"} | said)), seed=1, journal=tmp_path if journal else None)


@pytest.mark.parametrize("journal", [False, True])
def test_halves_of_characters_are_replaced(human, codebook, tmp_path, journal) -> None:
    prompt_rows = prompts(human, codebook, elicitation="verbalized", prompt="base")
    model = Saying(raw="50 \ud83d or \ud83d\ude00", finish="st\udc00p", tokens_in=np.int64(3))
    answers = ask(prompt_rows, model, seed=1, journal=tmp_path if journal else None)
    assert answers.select("raw", "finish", "tokens_in").unique().row(0) == ("50 \ufffd or 😀", "st\ufffdp", 3)
