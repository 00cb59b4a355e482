"""Tables in a real pdflatex: fragments or a document go in; what does not fit its place comes out."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PDFLATEX, PDFTOTEXT = shutil.which("pdflatex"), shutil.which("pdftotext")
T1 = r"\usepackage[T1]{fontenc}"
CLASSES = {
    "article": r"\documentclass{article}" + T1,
    "twocolumn": r"\documentclass[twocolumn]{article}" + T1,
    # The measures and fonts of acl.sty.
    "acl": r"\documentclass[11pt,twocolumn]{article}\usepackage{times}"
    r"\usepackage[a4paper,textwidth=455.24pt,columnsep=17.24pt,textheight=702pt]{geometry}" + T1,
    # Where its Libertine is not installed, some letters have no font that microtype could stretch.
    "acmart": r"\PassOptionsToPackage{expansion=false}{microtype}\documentclass[sigconf]{acmart}" + T1,
}
"""The first lines of documents of each class that tables have to fit."""

DOCUMENT = r"""%s
\usepackage{array,booktabs,graphicx,longtable,pdflscape}
\begin{document}
\title{Tables}\author{}\maketitle
%s
\end{document}
"""
FAULT = re.compile(r"Overfull \\[hv]box .*|LaTeX Warning: Float too large.*|! .*")


def faults(name: str, fragments: list[str], folder: Path) -> list[str]:
    """What a document of a class says of fragments in its folder, one after the other, that do not fit.

    What it says of its own title, before the first, is left out.
    """
    if name == "acmart" and subprocess.run(["kpsewhich", "acmart.cls"], check=False, capture_output=True).returncode:
        pytest.skip("acmart is not installed")
    typed = [rf"\typeout{{AT {fragment}}}\input{{{fragment}}}\clearpage" for fragment in fragments]
    (folder / "all.tex").write_text(DOCUMENT % (CLASSES[name], "\n".join(typed)), encoding="utf-8")
    return [fault for fault in document_faults(folder / "all.tex") if not fault.startswith(": Overfull")]


def document_faults(code: Path, *, runs: int = 1) -> list[str]:
    """What pdflatex says of a document that does not fit, after the file where it was said."""
    command = [str(PDFLATEX), "-interaction=nonstopmode", "-no-shell-escape", code.name]
    for _ in range(runs):
        done = subprocess.run(command, check=False, cwd=code.parent, capture_output=True, timeout=120)
    log = done.stdout.decode(errors="replace")
    if "Output written on" not in log:
        return [log[-2000:]]
    at, said = "", []
    for line in log.splitlines():
        at = line if line.startswith("AT ") else at
        said += [f"{at}: {line}"] if FAULT.match(line) else []
    return said + words_off_the_page(code.with_suffix(".pdf"))


def words_off_the_page(pdf: Path) -> list[str]:
    """The boxes of words that are not wholly on their page."""
    command = [str(PDFTOTEXT), "-bbox", pdf.name, "-"]
    shown = subprocess.run(command, check=True, cwd=pdf.parent, capture_output=True, timeout=60).stdout
    page = shown.decode(errors="replace")
    width, height = (float(re.search(rf'<page .*?{side}="([\d.]+)"', page).group(1)) for side in ("width", "height"))
    words = re.findall("<word [^>]*>[^<]*", page)
    boxes = [(word, [float(edge) for edge in re.findall(r'="(-?[\d.]+)"', word)]) for word in words]
    return [word for word, box in boxes if min(box) < 0 or max(box[0::2]) > width or max(box[1::2]) > height]
