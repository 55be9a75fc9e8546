"""The guard at the door: while the database is older than the journal of erasures, nobody is served.

Whoever was erased since the backup stands in it again, and would be shown, called and texted.
"""

import logging
from threading import Thread

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin

from consent import journal

log = logging.getLogger(__name__)

# Whoever keeps watch must be able to ask what is wrong.
HEALTH = "/health/"
RETRY_AFTER_SECONDS = 120
_BEHIND = "The database is older than the journal of erasures: nothing is served until replay_erasures has run."


class RefuseWhileBehind(MiddlewareMixin):
    """Answers 503 to everything but the health page; providers of messages deliver what they have again."""

    def __init__(self, get_response: object) -> None:
        super().__init__(get_response)  # type: ignore[arg-type]
        # In a thread, which has a connection of its own: ours may be inherited by workers that are forked from here.
        teller = Thread(target=_tell_whoever_starts_it)
        teller.start()
        teller.join()

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        """Return the refusal, or None to go on."""
        if request.path == HEALTH or not journal.is_behind_for_now():
            return None
        return HttpResponse(
            "This service is being restored. Please try again later.\n",
            status=503,
            content_type="text/plain; charset=utf-8",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS), "Cache-Control": "no-store"},
        )


def _tell_whoever_starts_it() -> None:
    try:
        if journal.is_behind():
            log.critical(_BEHIND)
    except (DatabaseError, OSError) as error:
        log.critical("Whether the database is older than the journal is not known: %s", type(error).__name__)
    finally:
        connection.close()
