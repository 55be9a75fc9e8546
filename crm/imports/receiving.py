"""Uploads on their way in: what is too large for memory waits in the staging directory, not in the system's."""

import tempfile
from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler

from crm.imports import staging


class PrivateUpload(TemporaryUploadedFile):
    """An upload in a file of ours (mode 0600) that goes with the request; if that dies, `staging.clear` finds it."""

    def __init__(self, name: str | None, content_type: str | None, charset: str | None, extra: Any) -> None:
        file: Any = tempfile.NamedTemporaryFile(suffix=".upload", dir=staging.directory())  # noqa: SIM115 (it is closed by Django)
        UploadedFile.__init__(self, file, name, content_type, 0, charset, extra)


class StagingUploadHandler(TemporaryFileUploadHandler):
    """Django's handler of large uploads, with our place for them."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin a file."""
        # Not that of the parent class, which would begin one in the system's folder.
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = PrivateUpload(self.file_name, self.content_type, self.charset, self.content_type_extra)
