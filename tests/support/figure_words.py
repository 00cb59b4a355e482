"""What a figure says in words, wherever its lines break."""

import json
import re

from opinionframe.figures.drawing import Figure


def words_of_svg(svg: str) -> str:
    """All texts of an SVG, one after the other."""
    return " ".join(re.findall(r">([^<>]+)<", svg))


def words_of_figure(figure: Figure) -> str:
    """All titles and notes of a figure, their lines put together."""
    found: list[str] = []

    def read(part: object) -> None:
        if isinstance(part, dict):
            text = part.get("text")
            found.extend([text] if isinstance(text, str) else [" ".join(text)] if isinstance(text, list) else [])
            for value in part.values():
                read(value)
        elif isinstance(part, list):
            for value in part:
                read(value)

    read(json.loads(figure.chart.to_json()))
    return " ".join(found)
