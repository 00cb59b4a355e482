"""Surveys: those inside the package, readers for those that are not, and how to get them."""

from opinionframe.datasets.codebooks import codebook
from opinionframe.datasets.fetch import fetch
from opinionframe.datasets.labels import read_labelled
from opinionframe.datasets.opinionqa.read import read_opinionqa
from opinionframe.datasets.shipped import available, load
from opinionframe.datasets.survey import Survey
from opinionframe.datasets.wgm2018.read import read_wgm
from opinionframe.datasets.wvs7.read import read_wvs

__all__ = [
    "Survey",
    "available",
    "codebook",
    "fetch",
    "load",
    "read_labelled",
    "read_opinionqa",
    "read_wgm",
    "read_wvs",
]
