"""Fetching from a real server on the loopback: whole, cut off and resumed, wrong content, unsafe zips, offline."""

import hashlib
import http.server
import io
import threading
import zipfile
from pathlib import Path

import pytest

from opinionframe.errors import FetchError, OptionError
from opinionframe.surveys import fetch

CONTENT = b"respondent,answer\n" * 5000
HASH = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves `files`; cuts the first `cuts` answers in half, and keeps what was asked for in `asked`."""

    daemon_threads = True
    cuts = 0
    ranges = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.asked = []


class Handler(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self):
        self.answer(body=False)

    def do_GET(self):
        self.answer(body=True)

    def answer(self, *, body):
        content = self.server.files.get(self.path)
        start = self.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0]
        self.server.asked.append((self.command, self.path, int(start)))
        if content is None:
            self.send_error(404)
            return
        start = int(start) if self.server.ranges else 0
        if start and start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Connection", "close")
        self.end_headers()
        if body:
            rest = content[start:]
            if self.server.cuts > 0:
                self.server.cuts -= 1
                rest = rest[: len(rest) // 2]
            self.wfile.write(rest)

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


@pytest.fixture
def get(server, tmp_path, monkeypatch):
    """Fetches `content` as `file` from the server into an empty cache."""
    for switch in ("OPINIONFRAME_OFFLINE", "HF_HUB_OFFLINE", "OPINIONFRAME_CACHE"):
        monkeypatch.delenv(switch, raising=False)

    def run(content=CONTENT, sha256=HASH, file="survey.csv", **options):
        server.files[f"/{file}"] = content
        url = f"http://127.0.0.1:{server.server_port}/{file}"
        return fetch("mine", url=url, sha256=sha256, cache=tmp_path / "cache", **options)

    return run


def left(tmp_path):
    return sorted(path.relative_to(tmp_path / "cache").as_posix() for path in (tmp_path / "cache").rglob("*"))


def test_fetched_once_and_found_again(get, server, tmp_path):
    path = get()
    assert path.read_bytes() == CONTENT
    assert get() == path
    assert get(offline=True) == path
    assert server.asked == [("GET", "/survey.csv", 0)]
    assert left(tmp_path) == ["mine", "mine/survey.csv"]


def test_a_broken_line_is_picked_up(get, server):
    server.cuts = 2
    assert get().read_bytes() == CONTENT
    assert [start for _, _, start in server.asked] == [0, 45000, 67500]


def test_a_truncated_download_leaves_no_file_and_goes_on_next_time(get, server, tmp_path):
    server.cuts = 99
    with pytest.raises(FetchError, match=r"cut off after .* bytes are kept; call fetch again"):
        get()
    assert left(tmp_path) == ["mine", "mine/.partial", f"mine/.partial/{HASH}"]
    server.cuts = 0
    asked = len(server.asked)
    assert get().read_bytes() == CONTENT
    assert server.asked[asked][2] > 0
    assert left(tmp_path) == ["mine", "mine/survey.csv"]


def test_a_server_without_ranges_starts_over(get, server):
    server.cuts, server.ranges = 1, False
    assert get().read_bytes() == CONTENT


@pytest.mark.parametrize("content", [CONTENT + b"more", b"<html>moved</html>", b""])
def test_other_content_than_pinned_is_not_kept(get, tmp_path, content):
    with pytest.raises(FetchError, match="not the pinned"):
        get(content)
    assert left(tmp_path) == ["mine"]


def test_a_damaged_file_in_the_cache_is_replaced(get, tmp_path):
    path = get()
    path.write_bytes(b"damaged")
    assert get().read_bytes() == CONTENT


def test_what_the_server_does_not_have(get, server, tmp_path):
    with pytest.raises(FetchError, match="HTTP 404"):
        get(None)
    assert left(tmp_path) == ["mine"]
    server.server_close()
    with pytest.raises(FetchError, match="could not be fetched"):
        fetch("mine", url="http://127.0.0.1:9/x.csv", sha256=HASH, cache=tmp_path / "cache")


def test_offline(get, server, tmp_path, monkeypatch):
    with pytest.raises(FetchError, match="nothing is fetched offline"):
        get(offline=True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(FetchError, match="put the file of"):
        get()
    assert server.asked == []
    assert not (tmp_path / "cache").exists()


def zipped(*names, link=False):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o120777 if link else 0o100644) << 16
            archive.writestr(info, "content")
    return buffer.getvalue()


def test_zips_are_unpacked(get, tmp_path):
    content = zipped("data/a.csv", "b.csv")
    folder = get(content, hashlib.sha256(content).hexdigest(), "waves.zip")
    assert left(tmp_path) == [
        "mine", "mine/waves", "mine/waves.zip", "mine/waves/b.csv", "mine/waves/data", "mine/waves/data/a.csv",
    ]  # fmt: skip
    assert get(content, hashlib.sha256(content).hexdigest(), "waves.zip") == folder


@pytest.mark.parametrize("name", ["../outside.csv", "a/../../b.csv", "/etc/passwd", "C:\\x.csv", "..\\x.csv"])
def test_zips_that_climb_out_are_refused(get, tmp_path, name):
    content = zipped("good.csv", name)
    with pytest.raises(FetchError, match="1 members that would land outside"):
        get(content, hashlib.sha256(content).hexdigest(), "waves.zip")
    assert left(tmp_path) == ["mine", "mine/waves.zip"]
    assert not (tmp_path / "outside.csv").exists()


def test_zips_that_swell_are_refused_with_their_sizes(get, tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("zeros.csv", "w") as file:
        for _ in range(60):
            file.write(bytes(2**20))
    content = buffer.getvalue()
    with pytest.raises(FetchError, match=r"1 members of together 62,914,560 bytes, more than 100 times.*Nothing was"):
        get(content, hashlib.sha256(content).hexdigest(), "waves.zip")
    assert left(tmp_path) == ["mine", "mine/waves.zip"]


def test_zips_with_passwords_are_told_of(get, tmp_path):
    content = bytearray(zipped("a.csv"))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + flags] |= 1
    with pytest.raises(FetchError, match=r"cannot be unpacked here.*Unpack it by hand"):
        get(bytes(content), hashlib.sha256(bytes(content)).hexdigest(), "waves.zip")
    assert left(tmp_path) == ["mine", "mine/waves.zip"]


def test_zips_with_links_or_cut_short_are_refused(get, tmp_path):
    content = zipped("link", link=True)
    with pytest.raises(FetchError, match="or are links"):
        get(content, hashlib.sha256(content).hexdigest(), "waves.zip")
    content = zipped("a.csv")[:-30]
    with pytest.raises(FetchError, match="no complete zip"):
        get(content, hashlib.sha256(content).hexdigest(), "half.zip")
    assert left(tmp_path) == ["mine", "mine/half.zip", "mine/waves.zip"]


def test_hub_files_through_its_own_client(server, tmp_path, monkeypatch):
    pytest.importorskip("huggingface_hub")
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    server.files["/datasets/owner/name/resolve/v1/data/x.csv"] = CONTENT
    path = fetch("mine", url="hf://datasets/owner/name@v1/data/x.csv", cache=tmp_path)
    assert path == tmp_path / "mine" / "data" / "x.csv"
    assert path.read_bytes() == CONTENT
    assert fetch("mine", url="hf://datasets/owner/name@v1/data/x.csv", cache=tmp_path, offline=True) == path
    with pytest.raises(FetchError, match="could not be fetched"):
        fetch("mine", url="hf://datasets/owner/name/absent.csv", cache=tmp_path)
    with pytest.raises(FetchError, match="Nothing is fetched offline"):
        fetch("mine", url="hf://datasets/owner/name/absent.csv", cache=tmp_path, offline=True)


def test_surveys_that_need_a_form(tmp_path):
    with pytest.raises(FetchError, match=r"worldvaluessurvey.org.* and put it at .*wvs7"):
        fetch("wvs7", cache=tmp_path)
    target = tmp_path / "wvs7" / "WVS_Cross-National_Wave_7_csv_v6_0.csv"
    target.parent.mkdir()
    target.touch()
    assert fetch("wvs7", cache=tmp_path) == target


def test_where_files_go(monkeypatch, tmp_path):
    monkeypatch.setenv("OPINIONFRAME_CACHE", str(tmp_path / "named"))
    with pytest.raises(FetchError, match="named"):
        fetch("opinionqa")
    monkeypatch.delenv("OPINIONFRAME_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FetchError, match=str(Path("user") / "opinionframe")):
        fetch("opinionqa")
    (tmp_path / "datasets_cache").mkdir()
    with pytest.raises(FetchError, match="datasets_cache"):
        fetch("opinionqa")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "gss2018"}, "is shipped"),
        ({"name": "gss1999"}, "Allowed: .*gss2018"),
        ({"name": "x", "url": "https://x.org/a.csv"}, "needs sha256"),
        ({"name": "x", "url": "ftp://x.org/a.csv", "sha256": HASH}, "no direct link"),
        ({"name": "x", "url": "hf://datasets/owner"}, "Write hf://datasets/OWNER/NAME/PATH"),
    ],
)
def test_what_cannot_be_meant(options, message):
    with pytest.raises(OptionError, match=message):
        fetch(**options)


@pytest.mark.parametrize("name", ["../x", "..", ".", "", "a/b", "/etc", "a\\b", "C:x", "a\x00b", ". ."])
def test_a_name_is_one_folder_of_the_cache(name, tmp_path):
    for url in ("https://x.org/a.csv", "hf://datasets/owner/name/a.csv"):
        with pytest.raises(OptionError, match="must be the name of one folder of the cache"):
            fetch(name, url=url, sha256="0" * 64, cache=tmp_path / "cache", offline=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "sha256"),
    [
        ("hf://datasets/owner/name/../../a.csv", None),
        ("hf://datasets/owner/../a/b.csv", None),
        ("https://x.org/a.csv", "../" * 21 + "a"),
    ],
)
def test_neither_path_nor_hash_leaves_the_cache(url, sha256, tmp_path):
    with pytest.raises(OptionError, match=r"leaves the dataset|is no SHA-256"):
        fetch("mine", url=url, sha256=sha256, cache=tmp_path, offline=True)
    assert list(tmp_path.iterdir()) == []


def test_a_files_name_is_the_last_part_of_its_address():
    from opinionframe.surveys.fetching.fetch import _file_name

    names = {
        "https://x.org/a/b.csv?c=/d": "b.csv",
        "https://x.org/..\\..\\b.csv": "b.csv",
        "https://x.org/..": "download",
    }
    assert {url: _file_name(url) for url in names} == names
