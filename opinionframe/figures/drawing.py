"""A figure ready to print: an altair chart goes in; SVG, PNG, PDF and HTML come out, without a network."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from opinionframe import divergence
from opinionframe.errors import OptionError

if TYPE_CHECKING:
    import altair as alt

SUFFIXES = (".svg", ".png", ".pdf", ".html")
COLUMN_WIDTH = 250
"""Pixels of the plot itself, so that axes and plot together fill a printed column of 3.4 inches."""

PNG_SCALE = 3.2
"""Over the screen's 96 dots per inch: about 300 in print."""

RAW_COLOR, CALIBRATED_COLOR, HUMAN_COLOR, UNIFORM_COLOR = "#E69F00", "#0072B2", "#000000", "#6B6B6B"
"""Okabe and Ito (2008): told apart by readers with any colour vision, and by lightness in grey."""

ALIGNMENT = "Alignment with humans (%)"

MORE_COLORS = ("#56B4E9", "#009E73", "#CC79A7", "#D55E00")
FONT = "Helvetica, Arial, Liberation Sans, DejaVu Sans, sans-serif"


def alignment_title(metric: str | None, *more: str) -> list[str]:
    """The lines of the title of an axis of alignment: what it is, and `more`."""
    return [ALIGNMENT, *filter(None, (divergence.definition(metric, short=True), *more))]


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        chart: The altair chart, free to be changed further.
    """

    chart: alt.TopLevelMixin

    def save(self, path: str | Path) -> Path:
        """The path of the written `.svg`, `.png` (300 dots per inch), `.pdf` or `.html` (all scripts inside).

        Raises: OptionError for any other suffix.
        """
        target = Path(path)
        if target.suffix not in SUFFIXES:
            allowed = ", ".join(SUFFIXES)
            raise OptionError(f"A figure is saved as one of {allowed}, not {target.suffix!r} ({target.name}).")
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.suffix == ".html":
            target.write_text(self.as_html(), encoding="utf-8")
        else:
            self.chart.save(str(target), scale_factor=PNG_SCALE if target.suffix == ".png" else 1)
        return target

    def as_html(self) -> str:
        """The figure as a page that needs no network. Labels cannot end its script."""
        import altair as alt
        from altair.utils.html import spec_to_html

        return str(
            spec_to_html(
                self.chart.to_dict(),
                mode="vega-lite",
                vega_version=alt.VEGA_VERSION,
                vegalite_version=alt.VEGALITE_VERSION,
                vegaembed_version=alt.VEGAEMBED_VERSION,
                json_kwds={"cls": _ScriptSafe},
                template="inline",
            )
        )

    def _repr_mimebundle_(self, *args: Any, **kwargs: Any) -> Any:
        return self.chart._repr_mimebundle_(*args, **kwargs)


class _ScriptSafe(json.JSONEncoder):
    """JSON inside a script element, where the text `</script>` of a label would end it."""

    def encode(self, o: Any) -> str:
        return super().encode(o).replace("<", "\\u003c")


def styled(chart: Any) -> Figure:
    """The figure of a chart in the package's print style: small sans type, thin grey grid, no frame."""
    print_chart = (
        chart.configure(font=FONT, background="white")
        .configure_axis(labelFontSize=9, titleFontSize=10, titleFontWeight="normal", gridColor="#E6E6E6", tickSize=3)
        .configure_legend(labelFontSize=9, titleFontSize=9, orient="top", title=None, symbolSize=45, labelLimit=260)
        .configure_title(fontSize=11, fontWeight="normal", anchor="start")
        .configure_header(labelFontSize=10, titleFontSize=10)
        .configure_view(stroke=None)
    )
    return Figure(print_chart)
