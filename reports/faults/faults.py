"""What becomes of answers when a server fails: plans of faults on the loopback go in, a table of losses comes out.

python reports/faults/faults.py    writes faults.csv and faults.md beside this script; two minutes on two cores

Each plan is a server that answers a prompt and draw with a number that these alone decide, and fails as the plan says.
`ask` puts 40 requests to it, with a journal; where the plan stops a run, the same is run again against a sound server.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl

import opinionframe as of
from opinionframe.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
SECONDS = 60
"""A run that takes longer hangs: no plan needs half of it."""
TIMEOUT = 2.0
"""Seconds that the client waits for an answer."""
TRUTHS = ("1", "2", "3")

Key = tuple[str, int]


@dataclass
class Seen:
    """What a server was asked and sent, by text and seed: requests, whole answers in time, and those too late."""

    asked: Counter[Key] = field(default_factory=Counter)
    answered: Counter[Key] = field(default_factory=Counter)
    late: Counter[Key] = field(default_factory=Counter)
    again: int = 0


class Chat(BaseHTTPRequestHandler):
    """One request: counted, and handed to the plan."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        """Says that it is vLLM."""
        is_version = self.path == "/version"
        self.send(json.dumps({"version": "0.11.0"} if is_version else {}).encode(), 200 if is_version else 404)

    def do_POST(self) -> None:
        """Counts the request, and does what the plan says."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.key: Key = (body["messages"][0]["content"], body["seed"])
        with self.server.lock:
            seen = self.server.seen
            seen.again += bool(seen.answered[self.key] or seen.late[self.key])
            seen.asked[self.key] += 1
            tried, number = seen.asked[self.key], seen.asked.total()
        with suppress(OSError):
            self.server.plan(self, tried, number)

    def answer(self, *, late: bool = False, content_type: str = "application/json") -> None:
        """The whole answer."""
        with self.server.lock:
            (self.server.seen.late if late else self.server.seen.answered)[self.key] += 1
        self.send(completion(truth(self.key)), content_type=content_type)

    def send(
        self, data: bytes, status: int = 200, *, content_type: str = "application/json", wait: str | None = None
    ) -> None:
        """A reply."""
        self.send_response(status)
        headers = {"Content-Type": content_type, "Content-Length": str(len(data))}
        for name, value in (headers | ({"Retry-After": wait} if wait else {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def cut(self, data: bytes) -> None:
        """Half of a reply, and the end of the connection."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[: len(data) // 2])
        self.close_connection = True

    def log_message(self, *args: object) -> None:
        """Silent."""


Plan = Callable[[Chat, int, int], None]


class Server(ThreadingHTTPServer):
    """A server on the loopback that follows a plan."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, plan: Plan, seen: Seen) -> None:
        super().__init__(("127.0.0.1", 0), Chat)
        self.plan, self.seen, self.lock = plan, seen, threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is part of the plans."""


def truth(key: Key) -> str:
    """The answer to a text and seed: an option, and a note that no other answer has."""
    digest = hashlib.sha256(repr(key).encode()).hexdigest()
    return f"{TRUTHS[int(digest[:2], 16) % len(TRUTHS)]}\n\nNote {digest}."


def completion(text: str | None, finish: str = "stop") -> bytes:
    """A completion, as JSON."""
    choice = {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": text}}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return json.dumps({"id": "1", "object": "chat.completion", "choices": [choice], "usage": usage}).encode()


def error(message: str, **more: str) -> bytes:
    """The body of a refusal."""
    return json.dumps({"error": {"message": message, **more}}).encode()


def at_first(fault: Callable[[Chat], None], times: int = 1) -> Plan:
    """`fault` on the first tries of every third request, and the answer after them."""

    def plan(chat: Chat, tried: int, _number: int) -> None:
        hit = hashlib.sha256(repr(chat.key).encode()).digest()[1] % 3 == 0
        if hit and tried <= times:
            fault(chat)
        else:
            chat.answer()

    return plan


def midway(fault: Callable[[Chat], None]) -> Plan:
    """Twenty answers, and `fault` from then on."""

    def plan(chat: Chat, _tried: int, number: int) -> None:
        if number > 20:
            fault(chat)
        else:
            chat.answer()

    return plan


def slow(chat: Chat) -> None:
    """The answer, after the client's timeout."""
    time.sleep(TIMEOUT + 0.1)
    chat.answer(late=True)


def trickle(chat: Chat) -> None:
    """A byte now and then, and no end."""
    chat.send_response(200)
    chat.send_header("Content-Type", "application/json")
    chat.send_header("Content-Length", "1000")
    chat.end_headers()
    for _ in range(80):
        chat.wfile.write(b" ")
        chat.wfile.flush()
        time.sleep(0.1)


PLANS: dict[str, Plan] = {
    "no fault": lambda chat, *_: chat.answer(),
    "429 with Retry-After, twice": at_first(lambda chat: chat.send(error("slow down"), 429, wait="0.05"), 2),
    "429 without Retry-After": at_first(lambda chat: chat.send(error("slow down"), 429)),
    "500": at_first(lambda chat: chat.send(error("oops"), 500)),
    "503 with a page of HTML": at_first(lambda chat: chat.send(b"<html>busy</html>", 503, content_type="text/html")),
    "500 always": at_first(lambda chat: chat.send(error("oops"), 500), 1000),
    "reset before the answer": at_first(lambda chat: chat.connection.shutdown(2)),
    "reset within the answer": at_first(lambda chat: chat.cut(completion(truth(chat.key)))),
    "answer after the timeout": at_first(slow),
    "answer that trickles without end": at_first(trickle),
    "JSON cut short": at_first(lambda chat: chat.send(completion(truth(chat.key))[:-20])),
    "page of HTML in place of JSON": at_first(lambda chat: chat.send(b"<html>hello</html>", content_type="text/html")),
    "JSON called HTML": lambda chat, *_: chat.answer(content_type="text/html"),
    "no bytes": at_first(lambda chat: chat.send(b"")),
    "an error within 200": at_first(lambda chat: chat.send(error("overloaded"))),
    "empty answer": at_first(lambda chat: chat.send(completion("")), 1000),
    "content filter": at_first(lambda chat: chat.send(completion(None, "content_filter")), 1000),
    "400 of a content filter": at_first(lambda chat: chat.send(error("this prompt is filtered"), 400), 1000),
    "401 midway": midway(lambda chat: chat.send(error("key revoked"), 401)),
    "402 midway": midway(lambda chat: chat.send(error("insufficient credits"), 402)),
    "429 of a spent quota midway": midway(lambda chat: chat.send(error("quota", code="insufficient_quota"), 429)),
}


@contextmanager
def serving(plan: Plan) -> Iterator[Server]:
    """A server that follows `plan`."""
    server = Server(plan, Seen())
    threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.05}).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def prompts() -> pl.DataFrame:
    """Four prompts, of ten draws each."""
    survey = of.load("gss2018")
    human = survey.opinions.filter(demographic="all")
    asked = of.prompts(human, survey.codebook, elicitation="self_random", prompt="base")
    return asked.sort("prompt_id").head(4)


def trial(name: str) -> dict[str, Any]:
    """A row of the table: what became of the 40 requests under a plan."""
    outcome: dict[str, Any] = {"runs": 0, "ended": "hung"}
    with serving(PLANS[name]) as server, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        run = threading.Thread(target=_run, args=(server, folder, outcome), daemon=True)
        run.start()
        run.join(SECONDS)
        return {"plan": name, **_counts(server.seen, outcome, is_hung=run.is_alive())}


def _run(server: Server, folder: str, outcome: dict[str, Any]) -> None:
    """Asks; where that stops, asks the same of a sound server at the same address."""
    url = f"http://127.0.0.1:{server.server_port}/v1"
    model = of.OpenAIModel("m", base_url=url, timeout=TIMEOUT, retries=2, concurrency=4)
    for plan in (server.plan, PLANS["no fault"]):
        server.plan = plan
        outcome["runs"] += 1
        try:
            outcome["answers"] = of.ask(prompts(), model, seed=1, draws={"self_random": 10}, journal=folder)
            outcome["ended"] = "whole" if outcome["runs"] == 1 else "stopped with the server's words, then whole"
        except ModelError as stop:
            outcome["ended"] = str(stop)
        else:
            return


def _counts(seen: Seen, outcome: dict[str, Any], *, is_hung: bool) -> dict[str, Any]:
    none = pl.DataFrame(schema={"prompt_id": pl.String, "raw": pl.String, "status": pl.String})
    answers = outcome.get("answers", none).join(prompts().select("prompt_id", "text"), on="prompt_id")
    sent = Counter((key[0], truth(key)) for key in seen.answered)
    kept = Counter(answers.filter(status="answered").select("text", "raw").iter_rows())
    late = Counter((key[0], truth(key)) for key in seen.late)
    return {
        "requests": seen.asked.total(),
        "answered": sum(kept.values()),
        "failed": answers.filter(pl.col("status") != "answered").height,
        "lost": (sent - kept).total(),
        "asked twice": seen.again,
        "wrong": (kept - (sent | late)).total(),
        "hung": int(is_hung),
        "ended": outcome["ended"],
    }


def table(names: list[str]) -> pl.DataFrame:
    """One row per plan."""
    return pl.DataFrame([trial(name) for name in names])


def markdown(rows: pl.DataFrame) -> str:
    """The table and what its columns mean."""
    lines = ["# Faults of a server", "", *(__doc__ or "").splitlines()[2:]]
    lines += ["", "| " + " | ".join(rows.columns) + " |", "|---" + "|--:" * 7 + "|---|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in rows.iter_rows()]
    return "\n".join([*lines, "", NOTES])


NOTES = """\
**requests**: what the server was sent, of 40 draws. **answered** and **failed**: draws in the frame with an answer that
was read, and without. **lost**: whole answers that the server sent in time and the frame lacks. **asked twice**:
requests for a draw that the server had answered before. **wrong**: answers in the frame that the server did not send to
that prompt.
**hung**: runs of more than 60 seconds.

An answer that comes after the client's timeout (2 seconds here, 120 by default) is one that the client cannot have: it
is asked again, and counted under *asked twice*, since a vendor may charge for both. Empty and filtered answers are on
record as such and count as failed. Requests differ by a few from run to run where a plan stops runs.
"""


def main() -> None:
    """All plans, to faults.csv and faults.md."""
    rows = table(list(PLANS))
    rows.write_csv(HERE / "faults.csv")
    (HERE / "faults.md").write_text(markdown(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
