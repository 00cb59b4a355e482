"""Verdicts of a diagnosis: gains with their intervals go in; one in words comes out, and what each of them means."""

import polars as pl

VERDICTS = {
    "collapsed": "calibration hardly reads the model's answers: it comes to nearly the same with the answers to "
    "other questions in their place",
    "placebo not exceeded": "with the model's answers to other questions in their place, calibrated answers score "
    "about as high, so that the gain is not shown to be the model's",
    "knows less than the answer labels": "the label mean, which takes what people answered to other questions with "
    "the same labels and no model, scores higher",
    "knows no more than the answer labels": "the label mean, which takes what people answered to other questions with "
    "the same labels and no model, scores about as high",
    "knows no more than human answers to other questions": "the best that can be made of human answers to other "
    "questions without a model scores about as high",
    "knows more than human answers to other questions": "it scores higher than the best that can be made of human "
    "answers to other questions without a model",
}
"""What each verdict means, in the order in which they are looked for: the first that holds is given."""


def verdict() -> pl.Expr:
    """The verdict in words, from `collapsed` and the intervals of the gains."""
    collapsed, placebo, less, labels, no_more, more = VERDICTS
    return (
        pl.when("collapsed")
        .then(pl.lit(collapsed))
        .when(pl.col("over_placebo_conf_low").fill_null(0) <= 0)
        .then(pl.lit(placebo))
        .when(pl.col("over_labels_conf_high").fill_null(0) < 0)
        .then(pl.lit(less))
        .when(pl.col("over_labels_conf_low").fill_null(0) <= 0)
        .then(pl.lit(labels))
        .when(pl.col("over_no_model_conf_low").fill_null(0) <= 0)
        .then(pl.lit(no_more))
        .otherwise(pl.lit(more))
    )
