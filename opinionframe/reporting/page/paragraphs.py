"""Paragraphs to paste into a paper: a study's facts go in; its methods and its limits, in sentences, come out."""

import polars as pl

from opinionframe import divergence
from opinionframe.calibration import calibrators
from opinionframe.reporting.page.caveats import FEW_QUESTIONS, HELD_OUT, caveats
from opinionframe.reporting.page.contents import Contents
from opinionframe.reporting.page.numbers import count, listed, percent
from opinionframe.reporting.source_words import in_words
from opinionframe.schemas.demographic import ALL, attributes
from opinionframe.schemas.keys import GROUP
from opinionframe.schemas.source import is_calibrated, is_elicited, split_source
from opinionframe.schemas.vocabulary import DRAWN_FEW_SHOT, EMBEDDING, HUMAN, OPTIONAL

ELICITED = {
    "logprob": "the probabilities of the option labels as next token",
    "verbalized": "shares that the model wrote out",
    "self_random": "repeated picks of one option",
    "paraphrase": "picks of one option under paraphrases of the question",
}
PROMPTED = {"base": "prompts that name nobody", "sd": "prompts that name the group"}
VARIED = {"few_shot": "examples of human answers", "cot": "a chain of thought"}
ORDERED = {
    "given": "Options were listed in the order of the questionnaire.",
    "both": "Options were listed in both directions, and the answers averaged.",
    "balanced": "Options were listed in balanced rotations, and the answers averaged.",
}
FEW_PEOPLE = 100
"""Below this effective number of respondents, the smallest cell is named among the limits."""


KRIGING = "kriging"
"""What the titles of calibrators name that read embeddings."""

KRIGING_BY_MEANING = (
    "Kriging told how alike wordings are from character n-grams, from the embeddings in the codebook or from half of "
    "each, whichever predicted left-out questions best."
)


def methods(contents: Contents) -> list[str]:
    """The methods, a paragraph each for what was asked, how it was calibrated, and how it was scored."""
    return [" ".join(_asked(contents)), *_calibrated(contents), " ".join(_scored(contents))]


def _sources(contents: Contents) -> pl.DataFrame:
    """The parts of every model's source."""
    rows = contents.results.opinions.lazy().filter(is_elicited() | is_calibrated()).select("source").unique()
    return split_source(rows).sort("source").collect()


def _compared(contents: Contents) -> pl.DataFrame:
    """The human rows of the cells in which some model answered."""
    opinions = contents.results.opinions
    answered = opinions.filter(is_elicited() | is_calibrated())
    return opinions.filter(source=HUMAN).join(answered, on=GROUP, how="semi")


def _asked(contents: Contents) -> list[str]:
    survey, sources = contents.survey, _sources(contents)
    human = _compared(contents)
    names = sorted({name for group in human["demographic"].unique() for name, _ in attributes(group)})
    called = dict(zip(survey.groups["attribute"], _attribute_names(survey.groups), strict=True))
    kinds = listed([called.get(name, name) for name in names])
    by = f" (by {kinds})" if kinds else ""
    groups = human.filter(pl.col("demographic") != ALL)["demographic"].n_unique()
    everybody = " and for everybody together" if ALL in human["demographic"] else ""
    people = "" if survey.microdata is None else f" from {count(len(survey.microdata), 'respondent')}"
    models = sources["model"].unique().sort().to_list()
    revisions = contents.design.models
    named = [f"{name} (revision {revisions[name]})" if revisions.get(name) else name for name in models]
    elicited = listed([ELICITED.get(name, name) for name in sources["elicitation"].unique().sort()])
    prompted = listed([PROMPTED.get(name, name) for name in sources["prompt"].unique().sort()])
    variants = sources["variant"].str.replace(DRAWN_FEW_SHOT, "few_shot").unique().sort()
    varied = [VARIED.get(name, name) for name in variants if name != "standard"]
    drawn = [f"{name} {number} times" for name, number in contents.design.draws.items() if name in ELICITED]
    compared = (
        f"We compared the answers of {listed(named)} with those of people in "
        f"{survey.title}{people}: {count(human['question'].n_unique(), 'question')} in {count(groups, 'group')}"
        f"{by}{everybody}."
    )
    orders = contents.design.orders
    return [
        compared,
        f"Distributions were elicited as {elicited}, with {prompted}.",
        *([f"Variants of the prompts added {listed(varied)}."] if varied else []),
        *([f"Answers were drawn: {listed(drawn)}."] if drawn else []),
        *([ORDERED[orders]] if orders in ORDERED else []),
    ]


def _attribute_names(groups: pl.DataFrame) -> list[str]:
    """What each class's attribute is called."""
    called = pl.coalesce("name", "attribute") if "name" in groups.columns else pl.col("attribute")
    return groups.select(called.alias("called"))["called"].to_list()


def _calibrated(contents: Contents) -> list[str]:
    names = _sources(contents)["calibrator"].drop_nulls().unique().sort().to_list()
    if not names:
        return []
    titles = dict(calibrators().select("name", "title").rows())
    called = listed([f"{titles[name]} ({name})" if name in titles else name for name in names])
    by_meaning = [KRIGING_BY_MEANING] if EMBEDDING in contents.survey.codebook.columns and KRIGING in called else []
    design = contents.design
    if design.split is None:
        return [" ".join([f"Answers were calibrated on human answers by {called}.", *by_meaning])]
    held, follows = HELD_OUT.get(design.split, (f"Whole values of {design.split}", "none saw its own"))
    folds = "" if design.folds is None or design.split == "dataset" else f" in {design.folds} folds"
    said = f"Answers were calibrated on human answers by {called}; {held.lower()} were held out{folds}: {follows}."
    return [" ".join([said, *by_meaning])]


def _scored(contents: Contents) -> list[str]:
    design, estimand = contents.design, contents.results.estimand
    metrics = listed([divergence.definition(name) for name in _metrics(contents)])
    cluster = listed([str(name) for name in design.cluster])
    tests = contents.results.tests
    pairs = [] if tests is None else tests["pair"].unique().sort().to_list()
    adjusted = f", p-values adjusted by {design.adjust} within each pair" if design.adjust else ""
    tested = [f"Sources were compared in pairs ({listed(pairs)}){adjusted}."] if pairs else []
    intervals = (
        "Intervals are 95%, from the cluster-robust t (CR2 standard errors, Satterthwaite's degrees of freedom) "
        f"clustered by {cluster}; those of means are symmetric in the log odds."
    )
    bars = listed(list(dict.fromkeys(in_words(panel.standing.bar) for panel in contents.panels)))
    best = (
        f"The best source was compared with the {bars}; uniform is the same share for every choice, and the ceiling "
        "what a perfect model would be expected to score."
    )
    made = f"Seed {design.seed}; made with opinionframe {contents.version}."
    return [
        f"Alignment is {metrics}; means are over {str(estimand).removeprefix('mean over ')}.",
        intervals,
        best,
        *tested,
        made,
    ]


def _metrics(contents: Contents) -> list[str]:
    return sorted({panel.part.metric for panel in contents.panels})


def limits(contents: Contents) -> list[str]:
    """The limits of the study, a sentence each."""
    human = _compared(contents)
    questions = human["question"].n_unique()
    asked = count(questions, "question")
    of_what = (
        f"Results are of {asked} of {contents.survey.title}, of the groups asked there and of the prompts and models "
        "named; they say nothing of other surveys, countries, languages or times."
    )
    lines = [of_what]
    if questions < FEW_QUESTIONS:
        lines.append(f"With {asked} intervals are wide, and a difference that they do not show may be there.")
    said = [caveat for panel in contents.panels for caveat in caveats(panel, contents) if caveat.first]
    first = {caveat.number: caveat.text for caveat in said if not caveat.number.startswith("Only")}
    lines += [f"{number} {text}" for number, text in first.items()]
    smallest, unsaid = (human[name] if name in human.columns else None for name in OPTIONAL)
    if smallest is not None and smallest.count() and float(str(smallest.min())) < FEW_PEOPLE:
        lines.append(
            f"The smallest cell of people rests on an effective {float(str(smallest.min())):.0f} respondents: its "
            "shares are uncertain themselves, and a perfect model would miss them by that much."
        )
    if unsaid is not None and unsaid.count():
        share = percent(float(str(unsaid.mean())))
        lines.append(f"Shares are of substantive answers; in the mean cell {share} of people gave none.")
    lines.append(
        "Answers of a model are not those of people and do not replace respondents; a model may have read reports of "
        "this survey in training."
    )
    return lines
