"""The site builds without a warning, no link in it is dead, and a real browser finds nothing wrong with its pages."""

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import threading
from html.parser import HTMLParser
from pathlib import Path
from typing import get_args
from urllib.parse import unquote, urlsplit

import pytest

from opinionframe.study import Study
from opinionframe.tables.browser import BROWSERS

pytest.importorskip("sphinx", reason="the extra docs is not installed")

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SITE = ROOT / "build" / "site"
COMMAND = ["-m", "sphinx", "-W", "--keep-going", "docs", "build/site"]
BUILD_SECONDS = 1800

HOSTS = {
    "huggingface.co",
    "localhost:8000",
    "pola.rs",
    "www.python.org",
    "www.sphinx-doc.org",
    "pydata-sphinx-theme.readthedocs.io",
}
"""Other hosts that pages link to. Whether these answer is not asked; a new one is added here once it was looked at."""

MADE_BY_SPHINX = {"genindex.html", "py-modindex.html", "search.html"}
"""Pages that no other need link to."""

NOT_OURS = {
    "definition-list",  # how Sphinx sets signatures of several lines
    "link-name",  # the cards of sphinx-gallery
    "scrollable-region-focusable",  # the frame of great-tables
    "summary-name",  # the arrows of the theme's navigation
}
"""Rules of axe that others' markup breaks."""

BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no browser is installed")
DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
LOOKED_AT = (
    "index",
    "start",
    "guides/calibration",
    "reference/alignment",
    "study_file",
    "examples/index",
    "examples/tables/all_scores",
)
"""The pages that axe reads."""


class Page(HTMLParser):
    """What a page links to, and the places in it that can be linked to."""

    def __init__(self, text):
        super().__init__()
        self.links, self.places = [], {"", "top"}
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.places |= {values[name] for name in ("id", "name") if values.get(name)}
        if tag != "form":
            self.links += [values[name] for name in ("href", "src") if values.get(name)]


def settings_of(annotation):
    """The settings that a type of pydantic's holds, wherever in it they stand."""
    if hasattr(annotation, "model_fields"):
        return [annotation]
    return [found for part in get_args(annotation) for found in settings_of(part)]


@pytest.fixture(scope="module")
def site():
    """The folder of the built site."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *COMMAND]
    built = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=BUILD_SECONDS
    )
    assert built.returncode == 0, built.stderr[-5000:]
    return SITE


@pytest.fixture(scope="module")
def pages(site):
    """Every page of the site, by its path in it."""
    paths = (path for path in sorted(site.rglob("*.html")) if "_static" not in path.parts)
    return {path.relative_to(site).as_posix(): Page(path.read_text(encoding="utf-8")) for path in paths}


@pytest.fixture(scope="module")
def served(site):
    """The address of the site on this machine."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chromium():
    """A browser for all tests of this file."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-quic"])
        yield browser
        browser.close()


def written(pages):
    """The pages but for those of highlighted source, whose links back Sphinx makes."""
    return [name for name in pages if not name.startswith("_modules/")]


def test_no_link_is_dead(site, pages):
    dead, hosts = [], set()
    for name in written(pages):
        for link in pages[name].links:
            parts = urlsplit(link)
            if parts.scheme in ("http", "https"):
                assert re.fullmatch(r"[\w-]+(\.[\w-]+)*(:\d+)?", parts.netloc), (name, link)
                hosts.add(parts.netloc)
            elif parts.scheme not in ("data", "mailto"):
                path, place = unquote(parts.path), unquote(parts.fragment)
                target = (site / name).parent / path if path else site / name
                target = target / "index.html" if target.is_dir() else target
                inside = pages.get(os.path.relpath(target, site))
                if not target.is_file() or (place and inside and place not in inside.places):
                    dead.append((name, link))
    assert dead == []
    assert hosts <= HOSTS


def test_pages_for_machines_are_served(site):
    links = re.findall(r"\]\(([^)]+)\)", (site / "llms.txt").read_text(encoding="utf-8"))
    assert len(links) > 15
    assert [link for link in links if not (site / link).is_file()] == []


def test_every_page_is_reached_from_the_first(site, pages):
    reached, waiting = set(), ["index.html"]
    while waiting:
        name = waiting.pop()
        if name in pages and name not in reached:
            reached.add(name)
            targets = [unquote(urlsplit(link).path) for link in pages[name].links if not urlsplit(link).scheme]
            waiting += [os.path.relpath((site / name).parent / target, site) for target in targets if target]
    assert sorted(set(written(pages)) - reached - MADE_BY_SPHINX) == []


def test_every_key_of_a_study_file_has_a_place(pages):
    places = pages["study_file.html"].places
    for name, field in Study.model_fields.items():
        for settings in settings_of(field.annotation):
            missing = {f"studykey-{name}.{key}" for key in settings.model_fields} - places
            assert missing <= {"studykey-model.own"}


@needs_browser
def test_no_page_says_a_word_to_the_console_or_asks_another_host(served, chromium, pages):
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    said, elsewhere = [], []
    page.on("console", lambda message: said.append((page.url, message.text)) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append((page.url, str(error))))
    page.on("request", lambda request: elsewhere.append(request.url))
    for name in written(pages):
        page.goto(served + name, wait_until="load")
    assert said == []
    assert [url for url in elsewhere if not url.startswith((served, "data:", "blob:"))] == []
    context.close()


@needs_browser
def test_no_page_scrolls_sideways_on_a_phone(served, chromium, pages):
    context = chromium.new_context(viewport=PHONE)
    page = context.new_page()
    wide = []
    for name in written(pages):
        page.goto(served + name, wait_until="load")
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            wide.append((name, width))
    assert wide == []
    context.close()


@needs_browser
def test_search_finds_a_verb(served, chromium):
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    page.goto(f"{served}search.html?q=align")
    page.wait_for_selector("#search-results ul.search li a")
    assert any("opinionframe.align" in text for text in page.locator("#search-results li").all_inner_texts())
    context.close()


@needs_browser
def test_a_reader_can_turn_the_lights_off(served, chromium):
    context = chromium.new_context(viewport=DESKTOP, color_scheme="light")
    page = context.new_page()
    page.goto(served + "index.html")
    lightness = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
    assert page.evaluate(lightness) > 700
    page.locator(".theme-switch-button").first.click()
    page.locator(".theme-change-button[data-mode=dark]").first.click()
    assert page.evaluate(lightness) < 150
    page.goto(served + "study_file.html")
    assert page.evaluate(lightness) < 150
    context.close()


@needs_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_axe_finds_nothing(served, chromium, name, scheme):
    from axe_playwright_python.sync_playwright import Axe

    context = chromium.new_context(viewport=DESKTOP, color_scheme=scheme)
    page = context.new_page()
    page.goto(f"{served}{name}.html")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]})
    violations = [each for each in found.response["violations"] if each["id"] not in NOT_OURS]
    assert [(each["id"], each["nodes"][0]["html"][:120]) for each in violations] == []
    assert len(found.response["passes"]) > 10
    context.close()
