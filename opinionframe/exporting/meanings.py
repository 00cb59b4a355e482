"""Meanings of columns: frames go in; one row per column, with what it holds, comes out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

MEANINGS = {
    "question": "key of the question",
    "demographic": "group: attribute=class, joined with ' & ' for intersections, or 'all'",
    "choice": "answer, numbered 1..K in scale order",
    "source": "human, or model|elicitation|prompt|variant, after calibration |calibrator; uniform and the like",
    "prob": "share of this choice among substantive answers, in [0, 1]; sums to 1 over a cell",
    "n_eff": "effective number of respondents or draws behind the cell",
    "nonresponse": "share refused, don't know or not parsed, in [0, 1]",
    "label": "wording of the choice; of groups, what the class is called",
    "code": "how the survey's file spells the choice",
    "attribute": "what people are grouped by, as demographic spells it",
    "class": "a group of that attribute, as demographic spells it",
    "place": "where the class stands in the order of its attribute, from 1",
    "phrase": "how a prompt says the class, after Imagine; empty where nobody said how",
    "name": "what the attribute is called",
    "position": "place of the choice on its scale; distances use it",
    "text": "wording of the question, or of the prompt",
    "scale": "ordinal or nominal",
    "topic": "topic of the question",
    "dataset": "survey the question is from",
    "alignment": "agreement with the human distribution, in [0, 1]; 1 is the same distribution",
    "metric": "the distance that alignment is 1 less: wasserstein, total_variation and the like",
    "baseline": "alignment of the uniform distribution on the same cells",
    "ceiling": "expected alignment of a perfect model, which answers as the population does",
    "std_dev": "standard deviation of alignment over cells",
    "skill": "(alignment - baseline) / (1 - baseline): 0 is no better than uniform, 1 is the human distribution",
    "n": "number of cells; of respondents with a substantive answer, where respondents are counted",
    "n_asked": "number of respondents asked",
    "suppressed": "whether too few answered for the cell to be published",
    "n_questions": "number of questions",
    "n_clusters": "number of clusters",
    "covers": "what else could have been drawn, such as new questions for these groups, and what could not",
    "level": "how often the interval holds over what it covers: each by itself, or all of them at once",
    "class_place": "where the class stands in its Enum, from 1",
    "fit_influence": "what the question's part in the fits adds to the error of the source's mean alignment",
    "fit_split": "what was held out together from the fits of the source",
    "estimand": "what a mean is over, and what counts alike in it",
    "left_out": "cells of the source that are not in its mean, since other sources lack them",
    "coverage": "share of the cell's answers that are there and could be read",
    "worst": "the least alignment that missing answers allow",
    "best": "the most alignment that missing answers allow",
    "n_lost": "cells that one of the two sources lacks",
    "pair": "the comparison declared",
    "versus": "the source compared with",
    "method": "how the difference was tested; of estimates, how they were made",
    "estimate": "mean difference in alignment, source minus versus; of a share, before it was put on the simplex; of "
    "contrasts, what measure names",
    "measure": "what a contrast estimates: over population, explained, direction, size, slope or correlation",
    "bar": "what the estimate is where every group answers as everybody does",
    "n_unclear": "pairs of groups that do not count, since people differ by no more than noise",
    "human_spread": "standard deviation between groups of people, sampling noise taken off",
    "noise_known": "share of people's cells whose sampling noise is known and taken off, in [0, 1]",
    "std_error": "standard error of the estimate",
    "statistic": "test statistic",
    "p_value": "p-value, before correction",
    "p_adjusted": "p-value, corrected within its family",
    "conf_low": "lower end of the interval",
    "conf_high": "upper end of the interval",
    "mean": "mean on the scale of the question",
    "mean_error": "standard error of the mean",
    "mean_low": "lower end of the mean's interval",
    "mean_high": "upper end of the mean's interval",
    "gain": "how many times as many respondents would be needed for an estimate as precise without the model",
    "tuning": "weight of the predictions in the correction by known shares of groups",
    "own_weight": "weight of a group's own respondents against its prediction, in [0, 1]",
    "embedding": "a vector that says what the question's text means",
    "low": "least share of the choice in the region, in [0, 1]; of a codebook, where the choice's bin begins",
    "high": "largest share of the choice in the region, in [0, 1]",
    "radius": "distance from the predicted distribution within which the region lies, in [0, 1]",
    "worth": "respondents who would tell as much as the prediction does",
    "n_units": "topics or questions from whose errors the region was learnt",
    "conf": "share of cells whose region, or interval, holds",
    "holds": "what the region holds: the distribution of the population, or of a sample of it",
    "share": "share of the group in the population",
    "family": "the comparisons corrected for together",
    "adjust": "the correction",
    "prompt_id": "key of the prompt",
    "elicitation": "how the distribution was elicited",
    "prompt": "base (names nobody) or sd (names the group)",
    "variant": "standard, few_shot (few_shot-5 of drawn examples) or cot",
    "template": "wording the prompt was made from",
    "n_choices": "number of choices offered",
    "options": "wording of the choices, in the order in which the prompt lists them",
    "order": "the choices that the options stand for, in the same order",
    "model": "name of the model that answered",
    "draw": "number of the draw",
    "status": "answered, refused, cut off, filtered, unparsable or failed",
    "raw": "the model's answer, untouched",
    "finish": "why the answer ended, as the model says: stop, length, content_filter",
    "probs": "probabilities of the options, normalised",
    "raw_sum": "what the probabilities of the options summed to before",
    "reason": "why there are no probabilities, or that they were renormalised as in the paper",
    "parser": "what read the raw answer: the parser's version, or `paper` where lists are renormalised as in the paper",
    "renormalised": "number of answers that only the paper's parser reads, which renormalises any list",
    "option_mass": "probability that fell on the options, in [0, 1]",
    "tokens_in": "tokens of the prompt",
    "tokens_out": "tokens of the answer",
    "seconds": "wall time of the request",
}


def columns(frames: Mapping[str, Mapping[str, Any]]) -> pl.DataFrame:
    """One row per column of each frame: `frame`, `column`, `type`, `meaning` (empty for a user's own).

    Args:
        frames: By name, each with its `columns` by name and their types in words.
    """
    rows = [
        (name, column, kind, MEANINGS.get(column, ""))
        for name, frame in frames.items()
        for column, kind in frame["columns"].items()
    ]
    return pl.DataFrame(rows, schema=["frame", "column", "type", "meaning"], orient="row")
