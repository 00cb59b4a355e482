"""What a server is told, so that it draws from the model's own distribution; and what of it the journal's key holds."""

import json
import math
import urllib.request
from collections import Counter
from pathlib import Path

import pytest
import scipy.stats

from opinionframe.elicitation import Journal, OpenAIModel, Reply, Request
from opinionframe.elicitation.models.protocol import parameters_for
from opinionframe.elicitation.models.server.address import Address
from opinionframe.elicitation.models.server.sampler import SETTINGS, ServerWarning, kind_of_server
from opinionframe.errors import ModelError, OptionError
from tests.elicitation.conftest import completion

PICK = Request("?", "pick", ("1", "2"), temperature=0.7, max_tokens=8, seed=1)
SCORE = Request("?", "score", ("1", "2"))
DIGITS = "Reply with one digit only: 1, 2, 3, 4 or 5. Digit:"
SAYS = {
    "vLLM": {"/version": {"version": "0.11.0"}},
    "SGLang": {"/get_server_info": {"model_path": "Qwen/Qwen2.5-7B-Instruct", "version": "0.5.2"}},
    "llama.cpp": {"/props": {"default_generation_settings": {"params": {"top_k": 40}}}},
}


def answering(says: dict[str, dict]):
    """Answers every chat, and says of itself what `says` has for a path."""

    def handle(server, body, chat) -> None:
        chat.send(completion("1", logprobs={"1": math.log(0.6), "2": math.log(0.4)}))

    handle.says = says
    return handle


def sent(server) -> list[dict]:
    return [
        {name: value for name, value in body.items() if name not in ("messages", "model")} for body in server.bodies
    ]


@pytest.mark.parametrize("kind", list(SAYS))
def test_a_server_of_ones_own_is_told_to_leave_its_sampler_off_in_its_own_spelling(serve, kind: str) -> None:
    server = serve(answering(SAYS[kind]))
    assert kind_of_server(Address.of(server.url), None) == kind
    list(OpenAIModel("m", base_url=server.url).answer([PICK]))
    list(OpenAIModel("m", base_url=server.url).answer([SCORE]))
    for body in sent(server):
        assert body["top_p"] == 1
        assert body["min_p"] == body["presence_penalty"] == body["frequency_penalty"] == 0
        assert body["top_k"] == (0 if kind == "llama.cpp" else -1)
        assert body["repeat_penalty" if kind == "llama.cpp" else "repetition_penalty"] == 1
        assert not {"repeat_penalty", "repetition_penalty"} <= set(body)


def test_a_server_that_does_not_say_what_it_is_is_told_all_and_the_run_says_so(serve) -> None:
    server = serve(answering({}))
    with pytest.warns(ServerWarning, match=r"does not say which server it is.*server=…: llama\.cpp, vLLM"):
        list(OpenAIModel("m", base_url=server.url).answer([PICK]))
    assert SETTINGS["own"].items() <= sent(server)[0].items()
    list(OpenAIModel("m", base_url=server.url, server="vendor").answer([PICK]))
    assert set(sent(server)[1]) == {"temperature", "max_tokens", "seed", "top_p"}


def test_openai_and_other_vendors_are_told_top_p_alone() -> None:
    assert kind_of_server(Address.of(None), None) == "vendor"
    assert SETTINGS["vendor"] == {"top_p": 1}
    assert not Address.of("https://api.together.xyz/v1").is_own
    for own in ("http://localhost:8000/v1", "http://192.168.1.4/v1", "http://gpu-7:8000/v1", "http://[::1]:8000/v1"):
        assert Address.of(own).is_own


def test_what_a_model_refuses_is_left_out_by_name_and_on_record(serve, tmp_path: Path) -> None:
    server = serve(answering(SAYS["vLLM"]))
    model = OpenAIModel(
        "m", base_url=server.url, leave_out=["top_p", "temperature"], limit="max_completion_tokens", send_seed=False
    )
    [reply] = model.answer([PICK])
    assert not {"top_p", "temperature", "seed"} & set(sent(server)[0])
    with Journal(tmp_path) as journal:
        journal.write(reply, model)
    [file] = tmp_path.glob("*.jsonl")
    parameters = json.loads(file.read_text())["parameters"]
    assert parameters["left_out"] == "temperature, top_p"
    assert parameters["address"] == server.url
    assert "top_p" not in parameters
    assert (parameters["top_k"], parameters["min_p"]) == (-1, 0)
    with pytest.raises(OptionError, match=r"leave_out: 1 are no parameters.*'tempreature'.*Allowed: .*temperature"):
        OpenAIModel("m", leave_out=["tempreature"])


def test_the_key_holds_what_touches_an_answer_and_nothing_else(serve) -> None:
    one, other = (serve(answering(SAYS["vLLM"])).url for _ in range(2))
    model = OpenAIModel("m", base_url=one)
    few = OpenAIModel("m", base_url=one, top_logprobs=5)
    assert PICK.key(few) == PICK.key(model)
    assert SCORE.key(few) != SCORE.key(model)
    same = OpenAIModel("m", base_url=f"{one}/", timeout=3, retries=1, concurrency=1, send_seed=False)
    assert PICK.key(same) == PICK.key(model)
    for differs in (
        OpenAIModel("m", base_url=other),
        OpenAIModel("m", base_url=one, extra={"top_k": 5}),
        OpenAIModel("m", base_url=one, leave_out=["min_p"]),
        OpenAIModel("m", base_url=one, server="vendor"),
    ):
        assert PICK.key(differs) != PICK.key(model)


def test_what_is_on_record_is_found_while_the_server_is_down(serve, tmp_path: Path) -> None:
    server = serve(answering(SAYS["llama.cpp"]))
    model = OpenAIModel("m", base_url=server.url)
    [reply] = model.answer([PICK])
    server.shutdown()
    server.server_close()
    with Journal(tmp_path) as journal:
        journal.write(reply, model)
        assert journal.find(PICK, OpenAIModel("m", base_url=server.url)).raw == "1"
        assert journal.find(PICK, OpenAIModel("m", base_url=server.url, server="vendor")) is None


def test_old_records_are_found_where_the_same_is_sent_as_then(tmp_path: Path) -> None:
    class Before:
        """The key of 0.1.0: no address, no sampler."""

        name = revision = "m"

        def __init__(self) -> None:
            self.parameters = {"top_logprobs": 20}

    with Journal(tmp_path) as journal:
        journal.write(Reply(PICK, "2"), Before())
        as_then = OpenAIModel("m", leave_out=["top_p"])
        assert journal.find(PICK, as_then).raw == "2"
        assert journal.find(PICK, OpenAIModel("m")) is None
        assert journal.find(PICK, OpenAIModel("m", leave_out=["top_p", "temperature"])) is None
        assert journal.find(PICK, OpenAIModel("m", base_url="http://10.0.0.1:9/v1", server="vLLM")) is None
    assert [*parameters_for(as_then, PICK)][1:] == [{"top_logprobs": 20}]


@pytest.mark.slow
def test_draws_of_a_real_server_follow_the_softmax_over_the_whole_vocabulary(gguf: OpenAIModel) -> None:
    draws, temperature = 2000, 0.7
    shares = whole_vocabulary(gguf, DIGITS, temperature)
    requests = [Request(DIGITS, "pick", tuple("12345"), draw, temperature, 1, (), 1) for draw in range(draws)]
    counts = Counter(reply.raw for reply in gguf.answer(requests))
    assert counts.total() == draws
    likely = [token for token in shares if token == token.strip() and draws * shares[token] >= 5]
    expected, observed = [draws * shares[token] for token in likely], [counts[token] for token in likely]
    # The rest is what a server's own cut-offs (top_k 40, top_p 0.95, min_p 0.05) would leave out.
    assert len(likely) > 20
    assert draws - sum(expected) > 50
    test = scipy.stats.chisquare([*observed, draws - sum(observed)], [*expected, draws - sum(expected)])
    assert test.pvalue > 0.001


def whole_vocabulary(model: OpenAIModel, text: str, temperature: float) -> Counter[str]:
    """The share of each token at the first place of the answer: softmax(logits / temperature)."""
    # The likeliest token is a whole character; with part of one, llama.cpp would send no log-probabilities.
    sampler = {"max_tokens": 1, "temperature": 0, "logprobs": True, "top_logprobs": 50_000}
    chat = {"messages": [{"role": "user", "content": text}], **sampler}
    request = urllib.request.Request(
        f"{model._base_url}/chat/completions", json.dumps(chat).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        top = json.loads(answer.read())["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    assert math.fsum(math.exp(entry["logprob"]) for entry in top) == pytest.approx(1, abs=1e-3)
    weights = [math.exp(entry["logprob"] / temperature) for entry in top]
    shares: Counter[str] = Counter()
    for entry, weight in zip(top, weights, strict=True):
        shares[entry["token"]] += weight / math.fsum(weights)
    return shares


def test_keys_of_a_server_that_is_down_are_not_asked_for_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def silent(address: Address, key: str | None) -> None:
        asked.append(address.url)

    monkeypatch.setattr("opinionframe.elicitation.models.server.openai_model.kind_of_server", silent)
    model = OpenAIModel("m", base_url="http://127.0.0.1:9/v1", retries=0)
    for _ in range(5):
        PICK.key(model)
    assert len(asked) == 1


def test_openais_key_goes_to_openai_alone(serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-mine")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-mine")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Secret: mine")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("TOWN_API_KEY", "town-key")
    headers: list[str] = []

    def handle(server, body, chat) -> None:
        headers.append(str(chat.headers))
        chat.send(completion("1"))

    url = serve(handle).url
    list(OpenAIModel("m", base_url=url).answer([PICK]))
    assert "mine" not in headers[0]
    list(OpenAIModel("m", base_url=url, key_env="TOWN_API_KEY").answer([PICK]))
    assert "Bearer town-key" in headers[1]
    assert "mine" not in headers[1]
    assert OpenAIModel("m")._to.key == "sk-mine"
    assert OpenAIModel("m")._to.address.url == "https://api.openai.com/v1"
    for elsewhere in (
        "http://api.openai.com/v1",
        "https://api.openai.com.evil.org/v1",
        "https://api.openai.com:444/v1",
    ):
        assert OpenAIModel("m", base_url=elsewhere)._to.key == "none"
    with pytest.raises(OptionError, match="goes to https://api.openai.com/v1 alone"):
        OpenAIModel("m", base_url=url, key_env="OPENAI_API_KEY")
    with pytest.raises(OptionError, match="key_env='NO_SUCH_KEY': there is no such environment variable"):
        OpenAIModel("m", base_url=url, key_env="NO_SUCH_KEY")
    with pytest.raises(OptionError, match="not both"):
        OpenAIModel("m", base_url=url, key_env="TOWN_API_KEY", api_key="x")
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ModelError, match="needs a key"):
        list(OpenAIModel("m").answer([PICK]))


@pytest.mark.parametrize(
    "url", ["http://me:sk-secret@host/v1", "https://host/v1?key=sk-secret", "sk-secret://host", "host:8000/sk-secret"]
)
def test_an_address_holds_no_secret(url: str) -> None:
    with pytest.raises(OptionError, match="base_url") as refused:
        OpenAIModel("m", base_url=url)
    assert "sk-secret" not in str(refused.value)
