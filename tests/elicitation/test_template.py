"""Options of a chat template reach it and are part of the key; a model that thinks writes its picks out."""

from pathlib import Path

import polars as pl
import pytest

from opinionframe.elicitation import LocalModel, Request, ask, prompts
from opinionframe.elicitation.models.local.forward import Forward
from opinionframe.elicitation.models.local.next_token import is_brief
from opinionframe.elicitation.models.local.template import thinks
from opinionframe.errors import OptionError

THINKING = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and not enable_thinking %}<think>\n\n</think>\n\n{% endif %}"
)


@pytest.fixture
def tokenizer(smollm: LocalModel):
    """The real tokenizer, with the chat template of a model that can think."""
    real = smollm._forward.tokenizer
    before = real.chat_template
    real.chat_template = THINKING
    yield real
    real.chat_template = before


def test_a_template_s_options_switch_thoughts_off(tokenizer) -> None:
    pick = Request("Tea?", "pick", ("1", "2"), max_tokens=30)
    for template, thinking in (({}, True), ({"enable_thinking": True}, True), ({"enable_thinking": False}, False)):
        forward = Forward(None, tokenizer, "cpu", template)
        prompt = forward.prompt("Tea?", [pick])
        assert prompt.spelled.endswith("<think>\n\n</think>\n\n") != thinking
        assert forward.thinks == thinks(tokenizer, template) == thinking
        assert is_brief(forward, prompt, pick) != thinking
        assert is_brief(forward, prompt, Request("Tea?", "score", ("1", "2")))


def test_options_are_part_of_the_key_and_refused_where_nothing_reads_them(smollm: LocalModel) -> None:
    assert smollm.parameters == {"dtype": "float32"}
    assert smollm.thinks is False
    model = LocalModel(dtype="float32", template={"enable_thinking": False})
    assert model.parameters == {"dtype": "float32", "template": '{"enable_thinking": false}'}
    with pytest.raises(OptionError, match="template= gives enable_thinking, but SmolLM2-135M-Instruct has a chat"):
        _ = model.thinks


def test_a_local_text_says_why_it_ended(smollm: LocalModel) -> None:
    cut = Request("Count from 1 to 90 with commas.", "write", ("1", "2"), 0, 0.0, 5)
    stopped = Request("Count from 1 to 90 with commas.", "write", ("1", "2"), 0, 0.0, 60, ("5",))
    ended = Request("Say hello.", "write", ("1", "2"), 0, 0.0, 60)
    replies = {reply.request: reply.finish for reply in smollm.answer([cut, stopped, ended])}
    assert replies == {cut: "length", stopped: "stop", ended: "stop"}
    draws = [Request("Say 1 or 2.", "pick", ("1", "2"), draw, 1.0, 1, (), 1) for draw in range(40)]
    for reply in smollm.answer(draws):
        assert reply.finish == ("stop" if reply.raw.strip() in {"1", "2", "<|im_end|>"} else "first token")


def test_marks_of_channels_stay_in_a_local_text(smollm: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    from opinionframe.elicitation.models.local.writing import _Text

    class Marked:
        def decode(self, _tokens, *, skip_special_tokens=False):
            return (
                "analysis1final2"
                if skip_special_tokens
                else "<|channel|>analysis<|message|>1<|channel|>final<|message|>2"
            )

    monkeypatch.setattr(smollm._forward, "tokenizer", Marked())
    text = _Text(Request("?", "write", ("1", "2"), max_tokens=1), smollm._forward, 3)
    text.take(1)
    assert text.reply(3).raw.startswith("<|channel|>analysis")


def test_a_token_off_the_options_is_recorded_as_such_and_not_asked_again(
    smollm: LocalModel, human: pl.DataFrame, codebook: pl.DataFrame, tmp_path: Path
) -> None:
    # No option is its likely answer to this: most draws are of other tokens.
    off = prompts(human, codebook, elicitation="self_random", prompt="base").with_columns(
        text=pl.format("Name a fruit for {}.", "question")
    )
    answers = ask(off, smollm, seed=1, journal=tmp_path)
    lost = answers.filter(finish="first token")
    assert lost.height > 5
    assert lost.select("status", "reason").unique().rows() == [
        ("unparsable", "the one token that was drawn is no option")
    ]
    for ceiling in (1, 64, 5000):
        again = ask(off, smollm, seed=1, journal=tmp_path, max_tokens=ceiling)
        assert again.equals(answers)
    [file] = tmp_path.glob("*.jsonl")
    assert len(file.read_text().splitlines()) == answers.height
