"""The pictures of architecture.md: layers as pyproject.toml holds them, imports as they are in the code.

`python docs/architecture.py` draws them anew. What a room is for stands in architecture.toml; a room without an entry
there, or an entry without a room, is an error.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import grimp

HERE = Path(__file__).parent
PACKAGE = "opinionframe"
OPENED = {"elicitation": ("models",), "calibration": ("methods",)}
"""The rooms whose inside has a picture, and those folders in them that are shown file by file."""

Bands = Sequence[Sequence[str]]
"""Names from top to bottom; those of one band do not see each other."""

WIDTH, ROW, HEAD, FOOT = 1000, 27, 88, 44
WAY, NAME, MAKES, LEAVES, MATRIX, END = 24, 44, 226, 458, 552, 962
"""Where the columns begin, and where the last one ends: the names above it lean over."""
INK, SOFT, PAPER, BAND, MAY, ACCENT, BROKEN = (
    "#1f2933",
    "#5b6770",
    "#ffffff",
    "#f1f4f6",
    "#dfe8ee",
    "#b4532a",
    "#d00000",
)
FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"


@dataclass(frozen=True)
class Picture:
    """Rows in `bands`, what each is for (`entries`), what imports what, and the line below."""

    title: str
    bands: Bands
    entries: Mapping[str, Mapping[str, Any]]
    imports: Mapping[str, set[str]]
    note: str
    joined: bool = False
    """Whether the steps are drawn as one way, from the bottom to the top."""


def pictures() -> dict[str, str]:
    """The SVG of every picture, by the name of its file."""
    graph = grimp.build_graph(PACKAGE, cache_dir=None)
    entries = tomllib.loads((HERE / "architecture.toml").read_text(encoding="utf-8"))
    layers = contract()
    rooms = {name: f"{PACKAGE}.{name}" for band in layers for name in band}
    note = "A dot: the row imports the column. Shaded: what the layers allow. Numbers: the way of a study."
    drawn = {"layers": Picture("Layers and rooms", layers, entries["rooms"], imports(graph, rooms), note, joined=True)}
    for room, opened in OPENED.items():
        bands = found_bands(graph, f"{PACKAGE}.{room}", opened)
        modules = {name: f"{PACKAGE}.{room}.{name.replace('/', '.')}" for band in bands for name in band}
        note = "A dot: the row imports the column. Shaded: what lies below it. Numbers: the way of a study."
        drawn[room] = Picture(f"Inside {room}", bands, entries[room], imports(graph, modules), note)
    return {f"{name}.svg": svg(picture) for name, picture in drawn.items()}


def contract() -> list[list[str]]:
    """The layers that import-linter holds, from top to bottom."""
    settings = tomllib.loads((HERE.parent / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    [layers] = [each["layers"] for each in settings["contracts"] if each["type"] == "layers"]
    return [[name.strip() for name in layer.split("|")] for layer in layers]


def found_bands(graph: grimp.ImportGraph, module: str, opened: Sequence[str]) -> list[list[str]]:
    """The parts of `module`, importers above what they import; those of an `opened` folder one by one."""
    parts = {child.rsplit(".", 1)[1]: child for child in graph.find_children(module)}
    below = imports(graph, parts)

    def height(part: str) -> int:
        return 1 + max((height(other) for other in below[part]), default=0)

    bands: list[list[str]] = []
    for level in sorted({height(part) for part in parts}, reverse=True):
        band = sorted(part for part in parts if height(part) == level)
        bands.append([part for part in band if part not in opened])
        for part in (part for part in band if part in opened):
            bands += [[f"{part}/{name}" for name in inner] for inner in found_bands(graph, parts[part], ())]
    return [band for band in bands if band]


def imports(graph: grimp.ImportGraph, modules: Mapping[str, str]) -> dict[str, set[str]]:
    """For each named module, which of the others it, or something in it, imports."""
    owner = {inner: name for name, module in modules.items() for inner in {module, *graph.find_descendants(module)}}
    found: dict[str, set[str]] = {name: set() for name in modules}
    for inner, name in owner.items():
        imported = graph.find_modules_directly_imported_by(inner)
        found[name] |= {owner[other] for other in imported if other in owner} - {name}
    return found


def svg(picture: Picture) -> str:
    """The picture: a row for each name, and what it imports as dots to its right."""
    names = [name for band in picture.bands for name in band]
    if set(names) != set(picture.entries):
        odd = ", ".join(sorted(set(names) ^ set(picture.entries)))
        raise SystemExit(f"{picture.title}: architecture.toml and the code differ in {odd}.")
    tall = HEAD + ROW * len(names) + FOOT
    size = f'viewBox="0 0 {WIDTH} {tall}" width="{WIDTH}" height="{tall}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FONT}" fill="{INK}">',
        f"<title>{escape(picture.title)}</title>",
        f'<rect width="{WIDTH}" height="{tall}" fill="{PAPER}"/>',
        text(14, 34, picture.title, size=19, weight="bold"),
        *_ground(picture, names),
        *_rows(picture, names),
        *_matrix(picture, names),
        text(14, tall - 16, picture.note, fill=SOFT),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def text(x: float, y: float, words: str, *, size: float = 12.5, weight: str = "normal", **more: str) -> str:
    """A line of text, its baseline at y."""
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in more.items())
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" font-weight="{weight}"{extra}>{escape(words)}</text>'


def _y(row: int) -> float:
    """The middle of a row."""
    return HEAD + ROW * (row + 0.5)


def _step(names: Sequence[str]) -> float:
    """The width of a column of the matrix."""
    return (END - MATRIX) / len(names)


def _ground(picture: Picture, names: Sequence[str]) -> Iterator[str]:
    """Bands, every second one tinted, and the cells that a row may import."""
    step = _step(names)
    for number, band in enumerate(picture.bands):
        first = names.index(band[0])
        height, y = ROW * len(band), HEAD + ROW * first
        if number % 2 == 0:
            yield f'<rect x="8" y="{y}" width="{MATRIX - 16}" height="{height}" rx="4" fill="{BAND}"/>'
        below = len(names) - first - len(band)
        if below:
            x = MATRIX + step * (first + len(band))
            yield f'<rect x="{x:g}" y="{y}" width="{step * below:g}" height="{height}" fill="{MAY}"/>'
    for place in range(len(names) + 1):
        x, y = MATRIX + step * place, HEAD + ROW * place
        yield f'<path d="M{x:g} {HEAD}V{HEAD + ROW * len(names)}M{MATRIX} {y}H{END}" stroke="{PAPER}"/>'


def _rows(picture: Picture, names: Sequence[str]) -> Iterator[str]:
    """Each name with its step, what it makes and the frame that leaves it."""
    stations = [_y(row) for row, name in enumerate(names) if "step" in picture.entries[name]]
    if picture.joined:
        yield f'<path d="M{WAY} {stations[-1]:g}V{stations[0]:g}" stroke="{ACCENT}" stroke-width="3" opacity="0.45"/>'
    for row, name in enumerate(names):
        entry, y = picture.entries[name], _y(row) + 4.5
        if "step" in entry:
            yield f'<circle cx="{WAY}" cy="{_y(row):g}" r="9.5" fill="{ACCENT}"/>'
            yield text(WAY, y, str(entry["step"]), weight="bold", fill=PAPER, text_anchor="middle")
        yield _name(name, y)
        yield text(MAKES, y, entry["makes"])
        if "leaves" in entry:
            yield text(LEAVES, y, f"→ {entry['leaves']}", fill=ACCENT)


def _name(name: str, y: float) -> str:
    """A name, its folder before it in a lighter hand."""
    folder, slash, file = name.rpartition("/")
    before = f'<tspan fill="{SOFT}" font-weight="normal">{folder}{slash}</tspan>' if slash else ""
    return f'<text x="{NAME}" y="{y:g}" font-size="13" font-weight="bold">{before}{escape(file)}</text>'


def _matrix(picture: Picture, names: Sequence[str]) -> Iterator[str]:
    """The names above the columns, and a dot for each import; one that goes back up is red."""
    step = _step(names)
    level = {name: number for number, band in enumerate(picture.bands) for name in band}
    for row, name in enumerate(names):
        x = MATRIX + step * (row + 0.5)
        turned = f"rotate(-48 {x + 3:g} {HEAD - 7})"
        yield text(x + 3, HEAD - 7, name.rpartition("/")[2], size=11.5, fill=SOFT, transform=turned)
        yield f'<path d="M{x - 4:g} {_y(row):g}h8" stroke="{SOFT}"/>'
        for other in (other for other in names if other in picture.imports[name]):
            colour = INK if level[other] > level[name] else BROKEN
            cx = MATRIX + step * (names.index(other) + 0.5)
            yield f'<circle cx="{cx:g}" cy="{_y(row):g}" r="5" fill="{colour}"/>'


if __name__ == "__main__":
    for file, drawing in pictures().items():
        (HERE / file).write_text(drawing, encoding="utf-8")
