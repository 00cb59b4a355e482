"""A second real server: `transformers serve`, which draws greedily unless it is told to sample, at its own address."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from opinionframe.elicitation import OpenAIModel, ask, prompts
from opinionframe.elicitation.models.protocol import Request
from opinionframe.elicitation.models.server.sampler import SETTINGS
from opinionframe.errors import ModelError

OWN_SAMPLER = {"do_sample": True, "top_k": 2, "top_p": 0.4, "min_p": 0.3, "repetition_penalty": 5.0, "typical_p": 0.3}
"""What the model's own generation_config.json says, and no request is to be drawn with."""
START_SECONDS = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny Llama of random weights that spells in bytes, saved as a model of the Hub is."""
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    for package in ("fastapi", "uvicorn", "openai"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"the package {package} is not installed")
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocabulary = ["<s>", "</s>", *sorted(pre_tokenizers.ByteLevel.alphabet())]
    spelling = Tokenizer(models.BPE({token: place for place, token in enumerate(vocabulary)}, []))
    spelling.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    spelling.decoder = decoders.ByteLevel()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=spelling, bos_token="<s>", eos_token="</s>")
    tokenizer.chat_template = "{{ bos_token }}{% for message in messages %}{{ message['content'] }}{% endfor %}"
    torch.manual_seed(1)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = transformers.LlamaConfig(
        vocab_size=len(vocabulary), max_position_embeddings=4096, bos_token_id=0, eos_token_id=1,
        initializer_range=0.5, **sizes,
    )  # fmt: skip
    model = transformers.LlamaForCausalLM(config)
    model.generation_config = transformers.GenerationConfig(bos_token_id=0, eos_token_id=1, **OWN_SAMPLER)
    place = tmp_path_factory.mktemp("served") / "tiny-bytes"
    tokenizer.save_pretrained(place)
    model.save_pretrained(place)
    return place


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "transformers.cli.transformers", "serve", str(folder), "--host", "127.0.0.1"]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    log = (folder / "log").open("w")
    server = subprocess.Popen(
        [*command, "--port", str(port), "--device", "cpu"], stdout=log, stderr=log, env=environment
    )
    root = f"http://127.0.0.1:{port}"
    try:
        _wait(root, server, folder / "log")
        yield f"{root}/v1"
    finally:
        server.terminate()
        server.wait(30)
        log.close()


def _wait(root: str, server: subprocess.Popen, log: Path) -> None:
    for _ in range(2 * START_SECONDS):
        try:
            with urllib.request.urlopen(f"{root}/health", timeout=2):
                return
        except OSError:
            assert server.poll() is None, log.read_text()
            time.sleep(0.5)
    raise AssertionError(log.read_text())


def test_it_is_known_by_what_it_serves(address: str, folder: Path) -> None:
    model = OpenAIModel(str(folder), base_url=address)
    assert model.parameters["address"] == address
    told = json.loads(model.parameters["generation_config"])
    assert (told["do_sample"], told["top_k"]) == (True, 0)
    # Named in the call, it is told the same without being asked.
    assert OpenAIModel(str(folder), base_url=address, server="transformers").parameters == model.parameters


def test_draws_are_the_models_own_distribution(address: str, folder: Path) -> None:
    """400 first tokens against the softmax of the same weights; its own sampler would give two of them."""
    import torch
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    weights = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    text = "Answer with 1, 2 or 3:"
    with torch.no_grad():
        logits = weights(**tokenizer("<s>" + text, return_tensors="pt", add_special_tokens=False)).logits[0, -1]
    masses = torch.softmax(logits.double(), -1).numpy()
    spellings = [tokenizer.decode([token], skip_special_tokens=True) for token in range(len(masses))]
    expected: Counter[str] = Counter()
    for spelling, mass in zip(spellings, masses, strict=True):
        expected[spelling.strip() if spelling.isascii() else "?"] += mass
    draws = 400
    requests = [Request(text, "pick", ("1", "2", "3"), draw, 1.0, 1, seed=1) for draw in range(draws)]
    replies = list(OpenAIModel(str(folder), base_url=address, concurrency=1).answer(requests))
    assert {reply.error for reply in replies} == {None}
    drawn = Counter(reply.raw.strip() if reply.raw.isascii() else "?" for reply in replies)
    assert drawn.keys() <= expected.keys()
    common = sorted(spelling for spelling, mass in expected.items() if mass * draws >= 5)
    assert len(common) >= 6
    counts = np.array([drawn[spelling] for spelling in common])
    shares = np.array([expected[spelling] for spelling in common])
    observed, ideal = np.append(counts, draws - counts.sum()), draws * np.append(shares, 1 - shares.sum())
    assert stats.chisquare(observed, ideal).pvalue > 0.001


def test_at_temperature_0_it_says_the_likeliest(address: str, folder: Path) -> None:
    requests = [Request("Answer with 1, 2 or 3:", "pick", ("1", "2", "3"), draw, 0.0, 4, seed=draw) for draw in (0, 1)]
    replies = list(OpenAIModel(str(folder), base_url=address).answer(requests))
    assert len({reply.raw for reply in replies}) == 1
    assert {reply.error for reply in replies} == {None}


def test_every_elicitation_that_writes_is_answered(
    address: str, folder: Path, human: pl.DataFrame, codebook: pl.DataFrame, tmp_path: Path
) -> None:
    asked = prompts(
        human.filter(demographic="all"), codebook, elicitation=["self_random", "paraphrase", "verbalized"],
        prompt="base", variant=["standard", "cot"],
    ).filter(question="natspac")  # fmt: skip
    model = OpenAIModel(str(folder), base_url=address, concurrency=4)
    draws = {"self_random": 3, "verbalized": 2}
    answers = ask(asked, model, seed=1, draws=draws, max_tokens=12, journal=tmp_path)
    assert set(answers["status"].unique()) <= {"answered", "refused", "unparsable", "cut off"}
    assert set(answers["finish"].unique()) <= {"stop", "length"}
    assert (answers["tokens_in"] > 100).all()
    per_prompt = answers.filter(pl.col("prompt_id").str.contains("self_random")).group_by("prompt_id")
    assert (per_prompt.agg(pl.col("raw").n_unique())["raw"] == 3).all()
    again = ask(asked, model, seed=1, draws=draws, max_tokens=12, journal=tmp_path)
    assert again.drop("seconds").equals(answers.drop("seconds"))


def test_it_gives_no_probabilities_and_that_is_said(
    address: str, folder: Path, human: pl.DataFrame, codebook: pl.DataFrame
) -> None:
    asked = prompts(human, codebook, elicitation="logprob", prompt="sd")
    with pytest.raises(ModelError, match=r"sent no top_logprobs.*Use elicitation='self_random'"):
        ask(asked, OpenAIModel(str(folder), base_url=address), seed=1)


def test_what_another_kind_of_server_is_told_is_refused_in_its_words(address: str, folder: Path) -> None:
    assert "top_k" in SETTINGS["vLLM"]
    requests = [Request(f"{i}", "pick", ("1", "2"), 0, 1.0, 1) for i in range(9)]
    with pytest.raises(ModelError, match=r"answers 422: Unexpected fields in the request: .*top_k"):
        list(OpenAIModel(str(folder), base_url=address, server="vLLM").answer(requests))
