"""A nightly run that is killed around the commit of its second chunk: `python -m tests.consent.journal.dying before`.

Or `after`: then it is committed, and nobody says so.
"""

import os
import signal
import sys
from typing import Any

import django

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from consent import retention  # noqa: E402
from consent.models import JournalMark  # noqa: E402
from crm.models import NIGHTLY  # noqa: E402

create, on_commit = JournalMark.objects.create, transaction.on_commit


def marked(**values: Any) -> JournalMark:
    """Mark, and die if that is to be before the commit; or else when the commit has been made."""
    mark = create(**values)
    if values["seq"] == 2 and sys.argv[1] == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    if values["seq"] == 2:
        on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
    return mark


JournalMark.objects.create = marked  # type: ignore[method-assign]
retention.run(as_of=timezone.now(), actor=NIGHTLY)
