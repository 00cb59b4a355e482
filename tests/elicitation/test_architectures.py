"""Tiny random models of other architectures: together, shared or written on, a row says what it says by itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from opinionframe.elicitation import LocalModel
from opinionframe.elicitation.models.local.abilities import can_share, can_write_together
from opinionframe.elicitation.models.local.forward import Forward, LocalPrompt
from opinionframe.elicitation.models.local.labels import LabelTree
from opinionframe.elicitation.models.local.writing import write
from opinionframe.elicitation.models.protocol import Request
from opinionframe.errors import ModelError

VOCABULARY = 120
ROUNDING = 1e-5
PLAIN = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 256,
}
GPT = {"vocab_size": VOCABULARY, "n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 256}
STATES = {"vocab_size": VOCABULARY, "hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}
MIXED = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_n_groups": 1, "mamba_d_state": 8}
TOLD = {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
KINDS: dict[str, tuple[dict[str, Any], bool, bool]] = {
    # What it is made of; whether beginnings are shared; whether rows are written on from a cache.
    "gpt2": (GPT, True, True),
    "bloom": ({"vocab_size": VOCABULARY, "hidden_size": 32, "n_layer": 2, "n_head": 4}, True, True),
    "mixtral": ({**PLAIN, "num_local_experts": 4}, True, True),
    "mistral": ({**PLAIN, "sliding_window": 6}, False, True),
    "gemma2": ({**PLAIN, "sliding_window": 6, "final_logit_softcapping": 3.0}, False, True),
    "cohere": ({**PLAIN, "logit_scale": 0.25}, True, True),
    "lfm2": ({**PLAIN, "layer_types": ["conv", "full_attention"]}, False, True),
    "falcon_h1": ({**PLAIN, **MIXED, "mamba_d_ssm": 64}, False, True),
    "mamba": (STATES, False, False),
    "openai-gpt": (GPT, False, False),  # keeps no cache at all
    "roberta": ({**PLAIN, "is_decoder": True}, True, False),  # its positions begin behind that of the padding
}


class Numbers:
    """A tokenizer whose tokens are spelled as their numbers."""

    chat_template, eos_token_id = None, None

    def decode(self, tokens: list[int], **_options: Any) -> str:
        return " ".join(map(str, tokens))


def random_model(kind: str, **made_of: Any) -> Any:
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **TOLD, **made_of)).float().eval()
    with torch.no_grad():
        for weights in model.parameters():
            if weights.dim() > 1:  # as they are made, they hardly tell one token from another
                weights.normal_(std=0.8 / weights.shape[-1] ** 0.5)
    return model


def alone(model: Any, row: list[int]) -> np.ndarray:
    import torch

    with torch.inference_mode():
        return model(torch.tensor([row])).logits[0, -1].double().softmax(-1).numpy()


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_says_in_a_batch_what_it_says_by_itself(kind: str) -> None:
    made_of, shares, together = KINDS[kind]
    model = random_model(kind, **made_of)
    forward = Forward(model, Numbers(), "cpu")
    forward.__dict__["end_tokens"] = set()
    random = np.random.default_rng(1)
    beginnings = random.integers(5, VOCABULARY, (2, 9)).tolist()
    rows = [beginnings[i % 2] + random.integers(5, VOCABULARY, n).tolist() for i, n in enumerate((1, 2, 17, 5))]
    expected = np.stack([alone(model, row) for row in rows])
    assert np.abs(expected[0] - expected[1]).sum() > 0.05
    np.testing.assert_allclose(forward.next_token(rows), expected, atol=ROUNDING)
    assert can_share(forward) is shares
    if shares:
        np.testing.assert_allclose(forward.next_token(rows, 9), expected, atol=ROUNDING)
    assert can_write_together(forward) is together
    lengths = (12, 3, 70, 1)  # rows end at different times, and one outgrows the room made at first
    requests = [Request(str(i), "write", ("1", "2"), 0, 0.0, length) for i, length in enumerate(lengths)]
    prompts = [LocalPrompt(str(i), row[-1 - 6 * i :], [requests[i]]) for i, row in enumerate(rows)]
    for prompt, reply in zip(prompts, write(forward, prompts), strict=True):
        written = list(map(int, reply.raw.split()))
        assert len(written) == reply.request.max_tokens
        for place, token in enumerate(written):
            chances = alone(model, prompt.tokens + written[:place])
            assert chances[token] > chances.max() - ROUNDING, (kind, place)


def test_a_shared_beginning_is_not_read_again_for_labels_of_several_tokens() -> None:
    model = random_model("gpt2", **GPT)
    forward = Forward(model, Numbers(), "cpu")
    random = np.random.default_rng(2)
    beginning = random.integers(5, VOCABULARY, 60).tolist()
    rows = [beginning + random.integers(5, VOCABULARY, 3).tolist() for _ in range(8)]
    tree = LabelTree()
    for label, spelled in enumerate(([7, 8], [7, 9], [10])):
        tree.add(label, spelled)
    forward.__dict__["_digits"] = []
    shares, read = forward.next_token(rows), []
    hook = model.register_forward_pre_hook(
        lambda _model, _args, given: read.append(given["input_ids"].numel()), with_kwargs=True
    )
    masses = forward.label_masses(rows, shares, tree, 60)
    shared, read[:] = sum(read), []
    np.testing.assert_allclose(masses, forward.label_masses(rows, shares, tree), atol=ROUNDING)
    hook.remove()
    assert (shared, sum(read)) == (60 + 8 * 4, 8 * 64)
    by_hand = [alone(model, row)[7] * alone(model, [*row, 7])[8] for row in rows]
    np.testing.assert_allclose(masses[:, 0], by_hand, atol=ROUNDING)


def test_a_model_that_reads_what_stands_behind_is_refused(smollm: LocalModel, tmp_path: Path) -> None:
    tokenizer = smollm._forward.tokenizer
    random_model("bert", **{**PLAIN, "vocab_size": len(tokenizer)}).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = LocalModel(tmp_path, device="cpu", dtype="float32")
    with pytest.raises(ModelError, match="BertLMHeadModel is not causal"):
        list(model.answer([Request("Do you like tea?", "score", ("1", "2"))]))


@pytest.fixture(scope="module")
def short(smollm: LocalModel, tmp_path_factory: pytest.TempPathFactory) -> LocalModel:
    """A model of learned positions that reads 32 tokens; its tokenizer has no chat template."""
    import copy

    tokenizer = copy.deepcopy(smollm._forward.tokenizer)
    tokenizer.chat_template = None
    folder = tmp_path_factory.mktemp("short")
    random_model("gpt2", **{**GPT, "vocab_size": len(tokenizer), "n_positions": 32}).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return LocalModel(folder, device="cpu", dtype="float32", name="short")


def test_what_a_model_cannot_read_is_said_and_the_rest_is_answered(
    short: LocalModel, caplog: pytest.LogCaptureFixture
) -> None:
    texts = {"": "no token to read", "tea " * 40: "tokens, and the model reads 32", "Tea?": None}
    kinds = (("score", 1), ("pick", 1), ("write", 80))
    asked = [Request(text, mode, ("1", "2"), 0, 0.5, most) for text in texts for mode, most in kinds]
    replies = {reply.request: reply for reply in short.answer(asked)}
    assert set(replies) == set(asked)
    for request, reply in replies.items():
        expected = texts[request.text]
        assert expected in reply.error if expected else reply.error is None, request
    assert "attention_mask" not in caplog.text
    # Tokens 1 to 32 are read, and the one after them is written.
    whole = replies[asked[-1]]
    assert (whole.tokens_in + whole.tokens_out, whole.finish) == (33, "length")


def test_a_stop_string_of_many_tokens_ends_an_answer(short: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request("Tea?", "write", ("1", "2"), 0, 0.0, 28)
    [whole] = short.answer([request])
    tokens = short._forward.tokenizer.encode(whole.raw, add_special_tokens=False)
    stop = short._forward.tokenizer.decode(tokens[1:22])
    [stopped] = short.answer([Request("Tea?", "write", ("1", "2"), 0, 0.0, 28, (stop,))])
    assert stopped.finish == "stop"
    assert stopped.raw.endswith(stop)
    assert stopped.tokens_out < whole.tokens_out


@pytest.mark.parametrize(
    ("kind", "made_of", "expected"),
    [
        # 2 layers x 2 x 2 heads x 8, then 8 x 32 and 4 x the inner width.
        ("mixtral", PLAIN, 64 + 256 + 4 * 48),
        ("mamba", {**STATES, "expand": 2}, 256 + 4 * 64),
        ("gpt_neo", {"hidden_size": 32, "num_layers": 2, "num_heads": 4, "attention_types": [[["global"], 2]]}, 896),
        ("gemma3", {"text_config": PLAIN}, 64 + 256 + 4 * 48),
    ],
)
def test_a_batch_is_sized_for_any_architecture(kind: str, made_of: dict[str, Any], expected: int) -> None:
    from transformers import AutoConfig

    from opinionframe.elicitation.models.local.batches import _bytes_per_token

    assert _bytes_per_token(AutoConfig.for_model(kind, **made_of), 2) == 2 * expected
