"""A program with an API key, as a test plays it."""

from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from consent import places
from consent.models import ApiKey, CollectionPoint

ROOT = "/api/v1"
NDJSON = "application/x-ndjson"


class Program:
    """What speaks for a collection point: it has a key of its own, with every scope unless some are named."""

    def __init__(self, place: CollectionPoint, *scopes: str, per_minute: int = 300) -> None:
        now = timezone.now()
        self.place = place
        self.key, self.text = places.issue_key(
            place=place,
            name="test",
            scopes=scopes or ApiKey.Scope.values,
            expires_at=now + timedelta(days=1),
            created_by=None,
            at=now,
            per_minute=per_minute,
        )
        # A fault of ours is an answer as well.
        self.client = Client(raise_request_exception=False, headers={"Authorization": f"Bearer {self.text}"})

    def post(self, path: str, body: Any, *, type: str = "application/json", **headers: str) -> Any:
        """Return the answer to a POST of what stands for JSON, or of bytes as they are."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(ROOT + path, body, content_type=type, headers=named)

    def get(self, path: str, **query: str) -> Any:
        """Return the answer to a GET."""
        return self.client.get(ROOT + path, query)


def faults(answer: Any) -> list[tuple[str, str]]:
    """Return the fields that a problem names, and their codes."""
    assert answer.status_code == 422, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return [(error.get("pointer", error.get("parameter")), error["code"]) for error in answer.json()["errors"]]
