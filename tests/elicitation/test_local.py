"""The local path against a real small model: batching, caching and label tokens change nothing."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from opinionframe.elicitation import ExtractionWarning, LocalModel, ask, elicit, prompts
from opinionframe.elicitation.models.local.batches import halving
from opinionframe.elicitation.models.local.next_token import drawn_tokens
from opinionframe.elicitation.models.local.prefix import shared_batches, shared_length, shared_plan
from opinionframe.elicitation.models.local.roomy_cache import ROOM
from opinionframe.elicitation.models.protocol import Request, uniforms
from opinionframe.errors import ModelError

BATCHED = 1e-4
"""What padding and the order of sums may move a float32 probability by."""


def test_batched_equals_one_at_a_time(smollm: LocalModel, human: pl.DataFrame, codebook: pl.DataFrame) -> None:
    asked = prompts(human, codebook).filter(question="natrace")
    together = ask(asked, smollm, seed=1)
    alone = ask(asked, LocalModel(dtype="float32", batch_tokens=1), seed=1)
    for column in ("option_mass", "probs"):
        pairs = zip(together[column], alone[column], strict=True)
        assert max(np.abs(np.subtract(*pair)).max() for pair in pairs) < BATCHED
    assert (together["raw"] == alone["raw"]).all()


def test_labels_score_as_their_whole_token_sequences(smollm: LocalModel) -> None:
    import torch

    labels = tuple(str(number) for number in range(1, 13))
    text = "Pick a number between 1 and 12. Reply with the number only."
    [reply] = smollm.answer([Request(text, "score", labels)])
    forward = smollm._forward
    prompt = forward.prompt(text, []).tokens

    def chance(spelling: str) -> float:
        tokens = forward.tokenizer.encode(spelling, add_special_tokens=False)
        with torch.inference_mode():
            logits = forward.model(torch.tensor([prompt + tokens])).logits[0].double().log_softmax(-1)
        return sum(logits[len(prompt) - 1 + i, token].item() for i, token in enumerate(tokens))

    expected = [np.exp(chance(label)) + np.exp(chance(f" {label}")) for label in labels]
    # 2..9 are decided by their first token; 10..12 by two; 1 is what is left of its token when no digit follows.
    np.testing.assert_allclose(reply.masses[1:], expected[1:], atol=2 * 1e-4)
    digits = [token for token in range(len(forward.tokenizer)) if forward.tokenizer.decode([token])[:1].isdigit()]
    one = [*prompt, *forward.tokenizer.encode("1", add_special_tokens=False)]
    ended = 1 - float(forward.next_token([one])[0, digits].sum())
    assert reply.masses[0] == pytest.approx(expected[0] * ended, abs=2 * 1e-4)
    assert sum(reply.masses) <= 1 + 1e-9


def test_one_text_is_answered_once_for_everybody_who_asks_it(
    smollm: LocalModel, human: pl.DataFrame, codebook: pl.DataFrame
) -> None:
    seen = []
    chosen = {"elicitation": ["logprob", "self_random"], "prompt": ["base", "sd"]}
    extracted, mass = r"self_random\|sd\|standard \d+\.\d% extracted", "Mean mass"
    with pytest.warns(ExtractionWarning, match=extracted), pytest.warns(ExtractionWarning, match=mass):
        rows = elicit(human, codebook, smollm, seed=1, progress=seen.append, **chosen)
    # 2 questions x (4 groups, of which `all` is worded as base); one score and five draws of each text.
    assert seen[-1].total == seen[-1].done == 2 * 4 * (1 + 5)
    scored = rows.filter(pl.col("source").str.contains("logprob"))
    assert scored.height == 2 * 4 * 3 * 2
    base = scored.filter(pl.col("source").str.contains("base"))
    assert base.group_by("question", "choice").agg(pl.col("prob").n_unique())["prob"].to_list() == [1] * 6
    assert (scored["nonresponse"] > 0.5).all()
    assert scored["n_eff"].null_count() == scored.height


def test_the_default_model_is_the_known_file(smollm: LocalModel) -> None:
    assert smollm.name == "SmolLM2-135M-Instruct"
    assert smollm.revision == "sha256:b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
    loads = "import opinionframe.elicitation, sys; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", loads], check=False, env=os.environ).returncode == 0


def test_a_model_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    for missing in (tmp_path / "no.gguf", tmp_path / "nowhere"):
        with pytest.raises(ModelError, match="There is no"):
            LocalModel(missing)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(ModelError, match="could not be loaded"):
        list(LocalModel(empty).answer([Request("?", "score", ("1", "2"))]))


def test_running_out_of_memory_halves_the_batch() -> None:
    runs: list[int] = []

    def run(group: list[int]) -> list[int]:
        runs.append(len(group))
        if len(group) > 3:
            raise MemoryError
        return [index * 10 for index in group]

    outcomes = [
        pair
        for group, found in halving(list(range(10)), run, (MemoryError,))
        for pair in zip(group, found, strict=True)
    ]
    assert outcomes == [(index, index * 10) for index in range(10)]
    assert runs == [10, 5, 2, 3, 5, 2, 3]
    with pytest.raises(MemoryError):
        list(halving([1], lambda group: [0] * (1 << 62), (MemoryError,)))


def test_lazy_opinions_are_asked_about_at_once(human: pl.DataFrame, codebook: pl.DataFrame, tmp_path: Path) -> None:
    from opinionframe.elicitation import FakeModel

    eager = elicit(human, codebook, FakeModel(seed=2), seed=1, journal=tmp_path)
    lazy = elicit(human.lazy(), codebook, FakeModel(seed=2), seed=1, journal=tmp_path)
    assert_frame_equal(lazy.collect(), eager)


def test_written_answers_do_not_depend_on_their_batch(smollm: LocalModel) -> None:
    texts = ["List three fruits.", "Say yes.", "Give me a list of 3 numbers that sum to 100, such as [20, 30, 50]."]
    requests = [
        Request(text, "write", ("1", "2"), draw, heat, 12, (), 7)
        for text in texts
        for draw, heat in ((0, 0.0), (0, 0.7), (1, 0.7))
    ]
    together = {reply.request: reply for reply in smollm.answer(requests)}
    alone = {request: reply for request in requests for reply in smollm.answer([request])}
    assert {request: reply.raw for request, reply in together.items()} == {
        request: reply.raw for request, reply in alone.items()
    }
    assert len({reply.raw for reply in together.values()}) > len(texts)
    assert max(reply.tokens_out for reply in together.values()) <= 12


def test_greedy_writing_is_what_transformers_generates(smollm: LocalModel) -> None:
    import torch

    # More tokens than the cache makes room for at once.
    request = Request("Tell me a long story of a fox.", "write", ("1", "2"), 0, 0.0, ROOM + 6)
    [reply] = smollm.answer([request])
    forward = smollm._forward
    prompt = torch.tensor([forward.prompt(request.text, []).tokens])
    written = forward.model.generate(
        prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=ROOM + 6, do_sample=False
    )
    expected = forward.tokenizer.decode(written[0, prompt.shape[1] :], skip_special_tokens=True)
    assert reply.raw == expected
    assert reply.tokens_out > ROOM


def test_writing_stops_at_its_stop_string_and_picks_of_two_digits_are_written(smollm: LocalModel) -> None:
    stop = Request("Count from 1 to 9 with commas.", "write", ("1", "2"), 0, 0.0, 60, ("5",))
    labels = tuple(str(number) for number in range(1, 13))
    pick = Request("Pick a number from 1 to 12.", "pick", labels, 0, 0.7, 8)
    stopped, picked = smollm.answer([stop, pick])
    assert {stopped.request, picked.request} == {stop, pick}
    texts = {reply.request: reply for reply in (stopped, picked)}
    assert texts[stop].raw.rstrip().endswith("5")
    assert texts[pick].tokens_out <= 8


def test_draws_of_a_token_follow_the_heated_probabilities(smollm: LocalModel) -> None:
    text = "Reply with one word."
    draws = [Request(text, "pick", ("1", "2"), draw, 0.7, 1, (), 3) for draw in range(2000)]
    said = pl.Series([reply.raw for reply in smollm.answer(draws)])
    forward = smollm._forward
    heated = forward.next_token([forward.prompt(text, []).tokens])[0].numpy() ** (1 / 0.7)
    best = int(heated.argmax())
    share = heated[best] / heated.sum()
    error = 4 * np.sqrt(share * (1 - share) / len(said))
    assert (said == forward.tokenizer.decode([best])).mean() == pytest.approx(share, abs=error)


def test_beginnings_read_once_change_nothing(smollm: LocalModel) -> None:
    forward = smollm._forward
    texts = [
        f"Imagine you are {who}. Do you like {what}?" for who in ("old", "young") for what in ("tea", "black coffee")
    ]
    rows = [forward.prompt(text, []).tokens for text in texts]
    shared = shared_length(rows)
    assert shared > 20
    alone = np.concatenate([forward.next_token([row]) for row in rows])
    np.testing.assert_allclose(forward.next_token(rows, shared), alone, atol=BATCHED)
    assert sorted(i for group in shared_batches(rows, shared, 60) for i in group) == [0, 1, 2, 3]


def test_a_model_out_of_memory_goes_on_with_fewer_prompts(smollm: LocalModel, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    texts = [f"Do {who} like tea? Reply with 1 for yes and 2 for no." for who in ("men", "women", "old men", "you")]
    requests = [Request(text, "score", ("1", "2")) for text in texts]
    requests += [Request(text, "write", ("1", "2"), 0, 0.0, 6) for text in texts]
    whole = {reply.request: reply for reply in smollm.answer(requests)}
    model, sizes = smollm._forward.model, []

    def small(*args: object, input_ids: "torch.Tensor", **options: object) -> object:
        sizes.append(input_ids.shape[0])
        if input_ids.shape[0] > 3:
            raise torch.OutOfMemoryError
        return model(*args, input_ids=input_ids, **options)

    small.config, small.dtype, small.generation_config = model.config, model.dtype, model.generation_config
    monkeypatch.setattr(smollm._forward, "model", small)
    halved = {reply.request: reply for reply in smollm.answer(requests)}
    assert sizes.count(4) >= 2  # once for the scores, and once for what is written
    assert whole.keys() == halved.keys() == set(requests)
    for request in requests:
        assert halved[request].error is None
        assert halved[request].raw == whole[request].raw
        if request.mode == "score":
            np.testing.assert_allclose(halved[request].masses, whole[request].masses, atol=BATCHED)


def test_tokens_are_drawn_as_by_hand() -> None:
    import torch

    shares = torch.tensor([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]], dtype=torch.float64)
    picks = [
        (row, Request(f"text {row}", "pick", ("1", "2"), draw, heat, 1, (), 5))
        for row in (1, 0)
        for heat in (0.5, 1.0, 0.0)
        for draw in range(20)
    ]
    asked = [*picks, (0, Request("text 0", "score", ("1", "2"), 0, 1.0))]
    expected = []
    for row, request in asked:
        if request.mode == "score" or request.temperature == 0:
            expected.append((0, 2)[row])
            continue
        heated = shares[row].numpy() ** (1 / request.temperature)
        level = next(uniforms(request)) * heated.sum()
        expected.append(sum(level >= step for step in heated.cumsum()))
    assert drawn_tokens(shares, asked) == expected
    assert set(expected) == {0, 1, 2}


def test_a_temperature_near_0_draws_the_likeliest_of_many_unlikely_tokens() -> None:
    import torch

    shares = torch.full((1, 50_000), 1.0, dtype=torch.float64)
    shares[0, 3] = 2.0
    shares /= shares.sum()  # 2e-5 at most: to the power of 1000 nothing is left of it
    cold = [(0, Request("text", "pick", ("1", "2"), draw, 0.001)) for draw in range(5)]
    assert drawn_tokens(shares, cold) == [3] * 5


def test_a_beginning_is_shared_where_it_saves_more_than_a_pass_costs() -> None:
    rows = [[1] * 40 + [10 + template] * 5 + [i, *range(60)] for template in range(3) for i in range(40)]
    assert {shared for shared, _ in shared_plan(rows, 2000)} == {45}
    assert {shared for shared, _ in shared_plan(rows, 2000, start=100_000)} == {0}
    for start in (0, 700, 100_000):
        assert sorted(i for _, group in shared_plan(rows, 2000, start) for i in group) == list(range(120))


def test_a_model_that_passes_its_output_layer_by_is_read_at_the_same_tokens(
    smollm: LocalModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    forward, rows = smollm._forward, [[5, 6, 7], [5, 6]]
    expected = forward.next_token(rows)
    for head in (torch.nn.Identity(), None):
        monkeypatch.setattr(forward, "_head", head)
        np.testing.assert_allclose(forward.next_token(rows), expected, atol=BATCHED)
