"""The pictures of docs/architecture.md are those of the code as it is, and can be read."""

import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType

import pytest
from script import loaded

DOCS = Path(__file__).parents[1] / "docs"
PICTURES = ("layers", "elicitation", "calibration")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

MEASURE = """
<script>
const page = document.querySelector("svg").getBoundingClientRect();
const texts = [...document.querySelectorAll("text")];
const box = new Map(texts.map(each => [each, each.getBoundingClientRect()]));
const outside = ({left, top, right, bottom}) => left < 0 || top < 0 || right > page.right || bottom > page.bottom;
const meet = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2;
const level = texts.filter(each => !each.hasAttribute("transform"));
const cut = texts.filter(each => outside(box.get(each))).map(each => each.textContent);
const over = level.flatMap((one, i) => level.slice(i + 1).filter(two => meet(box.get(one), box.get(two)))
  .map(two => one.textContent + " & " + two.textContent));
document.title = texts.length + " texts; cut: " + cut.join(", ") + "; over: " + over.join(", ");
</script>
"""
"""Leaves in the title which texts are cut and which lie over each other; those that are turned lean side by side."""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    return loaded(DOCS / "architecture.py")


@pytest.fixture(scope="module")
def drawn(script) -> dict[str, str]:
    return script.pictures()


@pytest.mark.parametrize("name", PICTURES)
def test_the_pictures_are_those_of_the_code(name, drawn):
    up_to_date = (DOCS / f"{name}.svg").read_text(encoding="utf-8") == drawn[f"{name}.svg"]
    assert up_to_date, f"docs/{name}.svg is not what the code is. Draw it anew: python docs/architecture.py"


def test_no_import_goes_back_up(drawn, script):
    assert not [name for name, picture in drawn.items() if script.BROKEN in picture]


def test_an_entry_without_a_room_is_refused(script):
    with pytest.raises(SystemExit, match="Rooms: architecture.toml and the code differ in attic"):
        script.svg(script.Picture("Rooms", [["cli"]], {"cli": {"makes": ""}, "attic": {}}, {"cli": set()}, ""))


def test_the_page_shows_every_picture_and_what_it_names_is_there(drawn):
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"\]\((\w+\.svg)\)", text)) == sorted(drawn) == sorted(f"{name}.svg" for name in PICTURES)
    package = DOCS.parent / "opinionframe"
    places = [place.removeprefix("opinionframe/") for place in re.findall(r"`([\w/]+/[\w/]+\.py)`", text)]
    rooms = (package, package / "elicitation", package / "calibration")
    named = [place for place in places if not place.startswith("docs/")]
    assert [place for place in named if not any((room / place).is_file() for room in rooms)] == []


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed")
@pytest.mark.parametrize("name", PICTURES)
def test_no_text_is_cut_or_lies_over_another(name, drawn, tmp_path):
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><body style='margin:0'>{drawn[f'{name}.svg']}{MEASURE}", encoding="utf-8")
    quiet = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", f"--user-data-dir={tmp_path / 'profile'}"]
    command = [str(CHROMIUM), *quiet, "--window-size=1100,1100", "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    [found] = re.findall(r"<title>(\d+ texts; [^<]*)</title>", dom)
    assert re.fullmatch(r"\d\d+ texts; cut: ; over: ", found), found
