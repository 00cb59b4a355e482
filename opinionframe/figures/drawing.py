"""A figure ready to print: a chart of Vega-Lite goes in; SVG, PNG, PDF and HTML come out, without a network."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape, quoteattr

from opinionframe import divergence
from opinionframe.errors import FrameError, OptionError, examples
from opinionframe.figures.vega_lite import SCHEMA, Spec, below_each_other, with_named_rows
from opinionframe.figures.wrapped import HEADING, LABEL, TITLE, lines, widest

if TYPE_CHECKING:
    import altair as alt

SUFFIXES = (".svg", ".png", ".pdf", ".html")
PNG_SCALE = 300 / 96
"""Dots to a pixel, of which 96 are an inch."""

POINTS = 72 / 96
"""Points to a pixel."""

HUMAN_COLOR, RAW_COLOR, CALIBRATED_COLOR, UNIFORM_COLOR = "#000000", "#C98500", "#0063AA", "#6B6B6B"
MORE_COLORS = ("#4B1D5E", "#008A70", "#8C1A12", "#101C30")
"""Those of calibrators after the first. All but uniform's are 9 or more of CIE lightness apart, 61 of raw, 41 of the
first calibrator, 0 of humans, so that grey tells them apart, and each has a contrast of 3:1 or more to white."""

ALIGNMENT = "Alignment with humans (%)"

CHANNELS = ("color", "fill", "stroke", "shape", "strokeDash")
SYMBOL, BETWEEN = 16.0, 12.0
"""Pixels of a legend's symbol with the gap behind it, and between two columns."""

SLACK = 0.15
"""How much wider names may be in a reader's font than in the one that a legend is laid out in, as a share."""

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

AS_PRINTED = "max-width:100%;height:auto;background:#fff"

NOTE_COLOR = "#4A4A4A"
MARGIN = 5.0
FONT = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"


PRINT: Spec = {
    "font": FONT,
    "background": "white",
    "padding": MARGIN,
    "axis": {
        "labelFontSize": LABEL,
        "titleFontSize": TITLE,
        "titleFontWeight": "normal",
        "gridColor": "#E6E6E6",
        "tickSize": 3,
    },
    "legend": {
        "labelFontSize": LABEL,
        "titleFontSize": LABEL,
        "orient": "top",
        "title": None,
        "symbolSize": 45,
        "labelLimit": 0,
    },
    "title": {"fontSize": HEADING, "fontWeight": "normal", "anchor": "start", "frame": "bounds"},
    "header": {"labelFontSize": TITLE, "titleFontSize": TITLE, "labelLimit": 0},
    "view": {"stroke": None},
}
"""The package's print style: small sans type, thin grey grid, no frame."""


def alignment_title(metric: str | None, *more: str) -> list[str]:
    """The lines of the title of an axis of alignment: what it is, and `more`."""
    return [ALIGNMENT, *filter(None, (divergence.definition(metric, short=True), *more))]


@dataclass(frozen=True, eq=False)
class Figure:
    """One figure.

    Attributes:
        spec: Its Vega-Lite specification, with its data.
        description: What it shows, in words, for those who do not see it: a first line that names it, then its values.
            It stands in SVG and HTML too, for screen readers.
    """

    spec: Mapping[str, Any]
    description: str = ""

    @cached_property
    def chart(self) -> alt.TopLevelMixin:
        """The figure as an altair chart, free to be changed further; what is saved then is the chart as it stands."""
        import altair as alt

        return alt.Chart.from_dict(dict(self.spec))

    def _drawn(self) -> dict[str, Any]:
        """The specification as it is drawn: that of the chart, where somebody asked for it."""
        return self.chart.to_dict() if "chart" in vars(self) else dict(self.spec)

    def save(self, path: str | Path) -> Path:
        """The path of the written `.svg`, `.png` (300 dots per inch), `.pdf` or `.html` (all scripts inside).

        Raises: OptionError for any other suffix.
        """
        target = Path(path)
        if target.suffix not in SUFFIXES:
            allowed = ", ".join(SUFFIXES)
            raise OptionError(f"A figure is saved as one of {allowed}, not {target.suffix!r} ({target.name}).")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".png":
            target.write_bytes(self._as_png())
        elif target.suffix == ".pdf":
            target.write_bytes(self._as_pdf())
        else:
            target.write_text(self.as_html() if target.suffix == ".html" else self.as_svg(), encoding="utf-8")
        return target

    def as_svg(self) -> str:
        """The figure as one `<svg>` element, an image to screen readers, with its description."""
        drawn = _svg(self._drawn()) if "chart" in vars(self) else self._svg_of_spec
        name = escape(self.description.partition("\n")[0])
        described = f"><title>{name}</title><desc>{escape(self.description)}</desc>" if name else ">"
        image = f' role="img" aria-label={quoteattr(self.description.partition(chr(10))[0])}' if name else ""
        return _NOT_XML.sub(" ", drawn.replace(">", image + described, 1))

    @cached_property
    def _svg_of_spec(self) -> str:
        """The specification drawn, once for all files of it."""
        return _svg(dict(self.spec))

    def _as_png(self) -> bytes:
        """The figure in pixels, 300 to an inch."""
        import vl_convert

        return bytes(vl_convert.svg_to_png(self.as_svg(), scale=PNG_SCALE))

    def _as_pdf(self) -> bytes:
        """The figure in points of print, not pixels."""
        import vl_convert

        head, size, rest = re.split(r'(width="[\d.]+" height="[\d.]+")', self.as_svg(), maxsplit=1)
        width, height = (float(length) * POINTS for length in re.findall(r"[\d.]+", size))
        return bytes(vl_convert.svg_to_pdf(f'{head}width="{width:g}" height="{height:g}"{rest}'))

    def as_html(self) -> str:
        """The figure as a page that needs no network. Labels cannot end its script."""
        import altair as alt
        from altair.utils.html import spec_to_html

        page = spec_to_html(
            self._drawn(),
            mode="vega-lite",
            vega_version=alt.VEGA_VERSION,
            vegalite_version=alt.VEGALITE_VERSION,
            vegaembed_version=alt.VEGAEMBED_VERSION,
            json_kwds={"cls": _ScriptSafe},
            template="inline",
        )
        name = escape(self.description.partition("\n")[0])
        return page.replace("<html>", '<html lang="en">', 1).replace("<head>", f"<head>\n<title>{name}</title>", 1)

    def __repr__(self) -> str:
        return self.description or "Figure without a description"

    def _repr_html_(self) -> str:
        """An image that needs neither scripts nor a network; its page is white, as in print, on a dark one too."""
        drawn = base64.b64encode(self.as_svg().encode()).decode()
        described = quoteattr(_NOT_XML.sub(" ", self.description))
        return f'<img src="data:image/svg+xml;base64,{drawn}" alt={described} style="{AS_PRINTED}">'


def _svg(spec: dict[str, Any]) -> str:
    """A specification drawn by the newest Vega-Lite 6 that there is."""
    import vl_convert

    version = [each for each in vl_convert.get_vegalite_versions() if each.startswith("6.")][-1]
    return str(vl_convert.vegalite_to_svg(spec, vl_version=version))


class _ScriptSafe(json.JSONEncoder):
    """JSON inside a script element, where the text `</script>` of a label would end it."""

    def encode(self, o: Any) -> str:
        return super().encode(o).replace("<", "\\u003c")


def styled(chart: Spec, description: str = "") -> Figure:
    """The figure of a chart in the package's print style: small sans type, thin grey grid, no frame.

    Args:
        chart: A chart of Vega-Lite.
        description: As in Figure.
    """
    described = {"description": description} if description else {}
    return Figure({"$schema": SCHEMA, "config": PRINT, **described, **with_named_rows(chart)}, description)


def framed(chart: Spec, width: float, *, title: str = "", below_title: str = "", notes: Sequence[str] = ()) -> Spec:
    """The chart between its title and its notes, which are wrapped to the `width` of the figure in pixels."""
    room = width - 3 * MARGIN
    notes_lines = [part for note in notes if note for part in lines(note, room)]
    heading = lines(title, room, HEADING) if title else []
    below = lines(below_title, room, TITLE) if below_title else []
    if notes_lines:
        below_it = {"orient": "bottom", "fontSize": LABEL, "color": NOTE_COLOR, "offset": 4}
        chart = _around(chart, {"text": notes_lines, **below_it})
    if heading:
        return _around(chart, {"text": heading, "subtitle": below, "subtitleFontSize": TITLE, "offset": 4})
    return _around(chart, {"text": below, "fontSize": TITLE, "offset": 4}) if below else chart


def _around(chart: Spec, title: Spec) -> Spec:
    """The chart with a title, inside of which its legends stay."""
    return below_each_other([chart], title=title, resolve={"legend": dict.fromkeys(CHANNELS, "independent")})


def legend(names: Iterable[str] | Mapping[str, str], room: float, **more: Any) -> Spec:
    """The legend of values by their names, in as many columns as fit the `room` in pixels beside each other.

    `names` are values that are printed as they are, or what each value is called. Those that are wider are wrapped.
    """
    labels = names if isinstance(names, Mapping) else {name: name for name in names}
    wrapped = {value: lines(label, max(room - SYMBOL, SYMBOL)) for value, label in labels.items()}
    widths = widest(line for each in wrapped.values() for line in each)
    between = BETWEEN + widths * SLACK
    columns = max(int((room + between) / (widths + SYMBOL + between)), 1)
    if any(each != [value] for value, each in wrapped.items()):
        more |= {"labelExpr": looked_up(wrapped)}
    return {"columns": columns, "columnPadding": between, "symbolOpacity": 1, "symbolLimit": 0, **more}


def looked_up(labels: Mapping[str, Sequence[str]]) -> str:
    """Vega's expression for the lines of the label of an axis, by its value.

    A text that is a word of Vega's or JavaScript's, such as `if` or `constructor`, cannot stand in it as it is: it
    would be taken for one. So each begins with the break of a line, behind which the lines are.
    """
    texts = {value: "\n".join(["", *text]) for value, text in labels.items()}
    return f"slice(split(({json.dumps(texts)})[datum.value], '\\n'), 1)"


def refuse_many(names: Collection[str], most: int, what: str) -> None:
    """Raises a FrameError where more names are to be told apart than there are looks."""
    if len(names) > most:
        raise FrameError(
            f"{len(names)} {what} are to be told apart, and there are looks for {most}: "
            f"{examples([(name,) for name in names])}. Filter some."
        )
