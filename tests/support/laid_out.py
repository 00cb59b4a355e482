"""Figures as a browser lays them out: SVG goes in; the boxes of its text and ink, in pixels of its page, come out."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from itertools import combinations
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
QUIET += ["--disable-background-networking", "--disable-component-update", "--virtual-time-budget=5000"]
MEASURE = """
const pages = {};
for (const holder of document.querySelectorAll("div[data-name]")) {
  const svg = holder.querySelector("svg"), page = svg.getBoundingClientRect();
  const box = (e) => { const r = e.getBoundingClientRect();
    return [r.left - page.left, r.top - page.top, r.right - page.left, r.bottom - page.top]; };
  const texts = [...svg.querySelectorAll("text")].filter((e) => e.textContent.trim() && +(getComputedStyle(e).opacity));
  const ink = [...svg.querySelectorAll("path, line, rect")]
    .filter((e) => !e.classList.contains("background") && !e.closest("defs"))
    .filter((e) => getComputedStyle(e).stroke != "none" || getComputedStyle(e).fill != "none");
  const said = (e) => e.querySelector("tspan") ? [...e.querySelectorAll("tspan")].map((t) => t.textContent).join(" ")
    : e.textContent;
  pages[holder.dataset.name] = {width: page.width, height: page.height,
    texts: texts.map((e) => [said(e), parseFloat(getComputedStyle(e).fontSize), ...box(e)]),
    ink: ink.map((e) => [e.getAttribute("aria-label") || e.parentNode.getAttribute("class") || "", 0, ...box(e)])};
}
document.title = JSON.stringify(pages);
"""


@dataclass(frozen=True)
class Box:
    """What is printed, its size of type in pixels, and its ends from the left and the top of the page."""

    said: str
    size: float
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box", by: float = 1.0) -> bool:
        """Whether the boxes share more than `by` pixels in width and 2.5 times that in height: lines stand close."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return wide > by and high > 2.5 * by


@dataclass(frozen=True)
class Page:
    """A figure as a browser shows it, in pixels."""

    width: float
    height: float
    texts: list[Box]
    ink: list[Box]

    @property
    def overprinted(self) -> list[tuple[str, str]]:
        """The pairs of texts that are printed over one another."""
        return [(one.said, other.said) for one, other in combinations(self.texts, 2) if one.meets(other)]

    @property
    def outside(self) -> list[Box]:
        """What is printed beyond the page, by more than half a pixel."""
        return [
            box
            for box in (*self.texts, *self.ink)
            if box.left < -0.5 or box.top < -0.5 or box.right > self.width + 0.5 or box.bottom > self.height + 0.5
        ]

    @property
    def smallest(self) -> float:
        """The least size of type in points of print."""
        return min(box.size for box in self.texts) * 72 / 96

    def says(self, text: str) -> bool:
        """Whether a text is printed in full, whatever its lines."""
        printed = re.sub(r"\s+", "", "".join(box.said for box in self.texts))
        return re.sub(r"\s+", "", text) in printed


def laid_out(svgs: Mapping[str, str], folder: Path) -> dict[str, Page]:
    """The pages of figures by their names, each laid out in Chromium in the fonts that are there."""
    held = "".join(f'<div data-name="{name}">{svg}</div>' for name, svg in svgs.items())
    page = folder / "laid_out.html"
    page.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{held}<script>{MEASURE}</script>", encoding="utf-8")
    command = [str(CHROMIUM), *QUIET, f"--user-data-dir={folder / 'profile'}", "--dump-dom", page.as_uri()]
    dom = subprocess.run(command, capture_output=True, text=True, check=True, timeout=90).stdout
    measured = json.loads(unescape(re.search(r"<head>.*?<title>(.*?)</title>", dom, re.DOTALL)[1]))
    return {
        name: Page(
            each["width"],
            each["height"],
            [Box(*box) for box in each["texts"]],
            [Box(*box) for box in each["ink"]],
        )
        for name, each in measured.items()
    }


def lightness(color: str) -> float:
    """CIE lightness of `#rrggbb`, 0 for black to 100 for white: what is left of a colour in grey."""
    return 116 * _luminance(color) ** (1 / 3) - 16 if _luminance(color) > 0.008856 else 903.3 * _luminance(color)


def contrast(color: str, ground: str = "#FFFFFF") -> float:
    """The ratio of luminances by WCAG 2.2, from 1 to 21."""
    light, dark = sorted((_luminance(color), _luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: str) -> float:
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
