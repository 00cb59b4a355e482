"""Kills of the whole process while a real model is asked: is anything on record lost, or asked again?

llama.cpp's server answers with SmolLM2 behind a door that counts what it is asked. A process of its own asks, is
killed at a random moment (kill -9) and started again, `--kills` times, and then runs to its end:

    python benchmarks/kills.py --kills 30

Prints a line per kill and the counts, and ends with status 1 where an answer was lost or asked for again.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import polars as pl

import opinionframe as of
from opinionframe.elicitation.requests import planned_requests

SEED, MAX_TOKENS = 1, 4
LONGEST_SECONDS = 6.0
"""A process is killed so long at most after its first answer."""

ASKING = """
import sys
import polars as pl
import opinionframe as of
model = of.OpenAIModel("SmolLM2", base_url=sys.argv[3], server="llama.cpp", concurrency=4)
prompts = pl.read_parquet(sys.argv[1])
of.ask(
    prompts, model, seed=int(sys.argv[4]), max_tokens=int(sys.argv[5]), journal=sys.argv[2],
    progress=lambda told: print(told.done, flush=True),
)
"""


class Door(ThreadingHTTPServer):
    """Hands requests on to the server at `url`, and notes which text and seed each had."""

    daemon_threads = True

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), _Hand)
        self.behind, self.asked, self.lock = url, [], threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_args: Any) -> None:
        """A client that was killed hangs up."""


class _Hand(BaseHTTPRequestHandler):
    server: Door

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.loads(data)
        with self.server.lock:
            self.server.asked.append((body["messages"][0]["content"], body["seed"]))
        request = urllib.request.Request(  # noqa: S310 - loopback
            f"{self.server.behind}/chat/completions", data, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request) as response:  # noqa: S310 - loopback
            answer = response.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args: object) -> None:
        """Silent."""


def main() -> int:
    """Kills, starts again and counts; the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--groups", type=int, default=12, help="groups that are asked about, 90 answers each")
    options = parser.parse_args()
    survey = of.load("gss2018")
    groups = survey.opinions["demographic"].unique().sort().head(options.groups)
    human = survey.opinions.filter(pl.col("demographic").is_in(groups.implode()))
    prompts = of.prompts(human, survey.codebook, elicitation="self_random", prompt="sd")
    with of.LlamaServer(threads=1) as served, tempfile.TemporaryDirectory() as folder:
        door = Door(str(served._base_url))  # noqa: SLF001
        return _counted(prompts, Path(folder), f"http://127.0.0.1:{door.server_port}/v1", door, options.kills)


def _counted(prompts: pl.DataFrame, folder: Path, url: str, door: Door, n_kills: int) -> int:
    model = of.OpenAIModel("SmolLM2", base_url=url, server="llama.cpp")
    _, requests = planned_requests(prompts, seed=SEED, max_tokens=MAX_TOKENS)
    by_body = {(request.text, model._body(request)["extra_body"]["seed"]): request for request in requests}  # noqa: SLF001
    prompts.write_parquet(folder / "prompts.parquet")
    journal = of.Journal(folder / "journal")
    arguments = [folder / "prompts.parquet", journal.folder, url, SEED, MAX_TOKENS]
    command = [sys.executable, "-c", ASKING, *map(str, arguments)]
    draw = random.Random(SEED)  # noqa: S311 - moments, no secret
    n_lost = n_again = 0
    on_record: set[Any] = set()
    for number in range(n_kills + 1):
        n_before = len(door.asked)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            n_told = _told(process, draw.uniform(0, LONGEST_SECONDS) if number < n_kills else None)
        journal.refresh()
        n_again += sum(asked in on_record for asked in door.asked[n_before:])
        now = {body for body, request in by_body.items() if journal.find(request, model) is not None}
        n_lost += len(on_record - now) + max(n_told - len(now), 0)
        on_record = now
        print(f"{number + 1:3} {process.returncode:4} {len(now):5} on record, {len(door.asked):5} requests", flush=True)
    print(
        f"{n_kills} kills, {len(requests)} answers: {len(on_record)} on record, {n_lost} lost, "
        f"{n_again} asked again though on record, {journal.doubles} recorded twice, "
        f"{len(door.asked) - len(requests)} requests that were under way when their process was killed"
    )
    return int(bool(n_lost or n_again or len(on_record) < len(requests)))


def _told(process: subprocess.Popen[str], seconds: float | None) -> int:
    """Reads how many answers a process says are on record, and kills it so many seconds after the first."""
    assert process.stdout is not None
    n_told = 0
    timer = None
    # The first line comes before anything is asked.
    for number, line in enumerate(process.stdout):
        if number == 1 and seconds is not None:
            timer = threading.Timer(seconds, process.kill)
            timer.start()
        # A line that the kill tore may have lost digits, and then says less.
        n_told = max(n_told, int(line))
    if timer is not None:
        timer.join()
    process.wait()
    return n_told


if __name__ == "__main__":
    start = time.time()
    status = main()
    print(f"{time.time() - start:.0f} seconds")
    sys.exit(status)
