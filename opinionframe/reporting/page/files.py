"""The files of a report: their paths go in; links with what each holds, and its checksum, come out."""

from dataclasses import dataclass
from urllib.parse import quote

from opinionframe.reporting.page.contents import Contents

HOLDS = {
    "alignment": "the table of scores",
    "diagnosis": "the table of what calibration gained",
    "ranked": "all sources and baselines with intervals",
    "spread": "means against their spread over cells",
    "groups": "the best source against the baseline, by group",
    "cell-highest": "the cell of the highest score",
    "cell-lowest": "the cell of the lowest score",
}
"""What files hold, by what their names begin with."""

DATA = {
    "aligned": "the score of every cell",
    "against_baseline": "every source against the baseline, with intervals",
    "against_baseline_by_group": "the best source against the baseline in every group",
    "bounds": "what cells could have scored where answers are missing",
    "codebook": "questions, choices and their places on the scale",
    "columns": "what every column means",
    "diagnosis": "what calibration gained beside a placebo",
    "extraction": "how much of each source was answered",
    "groups": "what groups are called and where they stand",
    "intervals": "the mean score of every source with its interval",
    "manifest": "versions, settings, seeds, revisions and checksums",
    "opinions": "the share of every choice, of people, models and baselines",
    "summary": "mean scores by source",
    "tests": "differences between sources",
}


@dataclass(frozen=True)
class File:
    """One file: its path in the report, as a link too, what it holds, and its SHA-256 where that is on record."""

    path: str
    link: str
    holds: str
    sha256: str


def listed_files(contents: Contents) -> list[File]:
    """The files of a report in the order in which they were written."""
    entries = contents.manifest.get("files", [])
    hashes = {str(entry["file"]): str(entry.get("sha256", "")) for entry in entries}
    rows = []
    for file in contents.files:
        path = file.relative_to(contents.folder)
        in_data = path.parts[0] == "data"
        holds = DATA.get(file.stem, "") if in_data else _holds(file.stem)
        checksum = hashes.get(file.name, "") if in_data else ""
        rows.append(File(path.as_posix(), quote(path.as_posix()), holds, checksum))
    return rows


def _holds(stem: str) -> str:
    return next((words for name, words in HOLDS.items() if stem.startswith(name)), "")
