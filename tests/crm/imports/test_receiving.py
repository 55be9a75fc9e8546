"""Where an upload is while it arrives."""

import stat
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from crm.imports import upload as uploads
from crm.models import ImportBatch
from tests import factories
from tests.factories import number
from tests.files import csv_file, staged_files

pytestmark = pytest.mark.django_db


def test_a_large_upload_waits_in_the_staging_directory_for_us_alone_and_goes(
    client: Client, settings, tmp_path, monkeypatch
):
    settings.STAGING_DIR = tmp_path / "staging"
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "system"))
    found: list[tuple[Path, int]] = []
    stage = uploads.stage

    def watched(content, **how):
        found.extend((path, stat.S_IMODE(path.stat().st_mode)) for path in settings.STAGING_DIR.glob("*.upload"))
        return stage(content, **how)

    monkeypatch.setattr(uploads, "stage", watched)
    client.force_login(factories.user("ida", role="Importer"))
    file = SimpleUploadedFile("people.csv", csv_file(("Name", "Phone"), ("Ann", number(0))))

    client.post("/admin/crm/importbatch/add/", {"source": factories.source().pk, "file": file})

    assert [mode for _path, mode in found] == [0o600]
    assert [path.name for path in staged_files()] == [ImportBatch.objects.get().staged_name]
