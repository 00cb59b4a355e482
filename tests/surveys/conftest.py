"""Writers of synthetic files of the three big surveys."""

import pytest
from survey_files import oqa_writer, wgm_writer, wvs_writer


@pytest.fixture
def wgm(tmp_path):
    """Writes WGM people as xlsx (two sheets), CSV or Parquet; returns the path."""
    return wgm_writer(tmp_path)


@pytest.fixture
def wvs(tmp_path):
    """Writes WVS people as CSV or .sav; returns the path."""
    return wvs_writer(tmp_path)


@pytest.fixture
def oqa(tmp_path):
    """Writes one OpinionQA wave; returns the folder that holds the waves."""
    return oqa_writer(tmp_path)
