"""A staging directory for each test, so that it can say what is left in it."""

import pytest


@pytest.fixture(autouse=True)
def _staging_directory(settings, tmp_path):
    settings.STAGING_DIR = tmp_path / "staging"
